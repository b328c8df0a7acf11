//! What the channel inside `LiveBot` and the owner of the bot share.

mod symbols;

use std::{collections::VecDeque, rc::Rc, sync::Arc, thread};

use hbl_wire::{BotPage, BotPort, Ringer, clock::monotonic_ns};
use hftbacktest::types::LiveEvent;

use crate::{
    orders,
    record::{LinkStatus, Record},
    remote::Remote,
    sink::{Sink, Stats},
    trades::LastTrades,
    unseen::Unseen,
    wait::Waiter,
};
use symbols::Symbols;

/// The link of each connector is looked at this often.
pub(crate) const LINK_CHECK_NS: u64 = 10_000_000;

/// A registration that nobody answered, because it or its answer was lost, is sent again.
pub(crate) const ANSWER_TIMEOUT_NS: u64 = 1_000_000_000;

/// How `recv_timeout` ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Takes what is there, at most this many messages, and never waits.
    Drain { left: u32 },
    /// Waits up to the time-out for each message, as hftbacktest does.
    Forward,
}

/// What the owner of the bot must do before it goes on.
#[derive(Default)]
pub(crate) struct Attention {
    /// Registrations to send, with a cleared book.
    pub(crate) resync: Vec<usize>,
    /// Books to clear before `held` is applied: the answer to their registration begins.
    pub(crate) clear: Vec<usize>,
    /// Instruments whose registration was answered in full.
    pub(crate) answered: Vec<usize>,
    /// The links must be looked at.
    pub(crate) links_due: bool,
}

impl Attention {
    pub(crate) fn is_wanted(&self) -> bool {
        self.links_due
            || !(self.resync.is_empty() && self.clear.is_empty() && self.answered.is_empty())
    }
}

/// One connector.
pub(crate) struct Peer {
    pub(crate) port: BotPort,
    pub(crate) status: LinkStatus,
    pub(crate) assets: Symbols,
    pub(crate) in_batch: bool,
    /// The batch is addressed to this bot alone: the answer to a registration.
    pub(crate) in_answer: bool,
    /// Instruments that the answer spoke of.
    pub(crate) answered: Vec<usize>,
    /// Orders go to a venue; false on paper and before the first connection.
    pub(crate) is_real: bool,
    /// Why it does not know the account's orders; `None`: it does.
    pub(crate) orders_unknown: Option<String>,
}

impl Peer {
    pub(crate) fn new(port: BotPort) -> Self {
        Self {
            port,
            status: LinkStatus::Waiting,
            assets: Symbols::default(),
            in_batch: false,
            in_answer: false,
            answered: Vec::new(),
            is_real: false,
            orders_unknown: None,
        }
    }
}

/// What the channel knows of one instrument. What every message of market data reads stands in the
/// first cache line.
#[repr(C, align(64))]
pub(crate) struct Asset {
    pub(crate) tick_size: f64,
    pub(crate) peer: usize,
    /// The connector refused to serve it; asked again only when the connector comes back.
    pub(crate) refused: bool,
    /// Something of it changed since the state block was refreshed.
    pub(crate) touched: bool,
    /// The book is whole: nothing was lost since the last answer.
    pub(crate) trusted: bool,
    /// Registered, and the answer has not begun.
    pub(crate) unanswered: bool,
    pub(crate) trades: LastTrades,
    pub(crate) lot_size: f64,
    pub(crate) symbol: String,
    pub(crate) awaited: orders::Awaited,
    pub(crate) unseen: Unseen,
    /// When it was registered last, monotonic.
    pub(crate) registered_ns: u64,
}

/// Everything that the channel and the owner of the bot share.
pub(crate) struct Shared {
    pub(crate) id: u64,
    pub(crate) page: Rc<BotPage>,
    pub(crate) peers: Vec<Peer>,
    pub(crate) assets: Vec<Asset>,
    pub(crate) sink: Sink,
    pub(crate) stats: Stats,
    pub(crate) waiter: Waiter,
    pub(crate) remote: Option<Arc<Remote>>,
    pub(crate) mode: Mode,
    pub(crate) records_max: usize,
    pub(crate) attention: Attention,
    /// Events made here, applied before anything else.
    pub(crate) injected: VecDeque<(usize, LiveEvent)>,
    /// Comes after `injected`: the event whose book had to be cleared first.
    pub(crate) held: Option<(usize, LiveEvent)>,
    pub(crate) next_link_check_ns: u64,
    pub(crate) next_peer: usize,
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(remote) = &self.remote {
            remote.unbind();
        }
    }
}

impl Shared {
    pub(crate) fn new(
        id: u64,
        page: BotPage,
        peers: Vec<Peer>,
        assets: Vec<Asset>,
        waiter: Waiter,
    ) -> Self {
        Self {
            id,
            page: Rc::new(page),
            peers,
            assets,
            sink: Sink::default(),
            stats: Stats::default(),
            waiter,
            remote: None,
            mode: Mode::Forward,
            records_max: usize::MAX,
            attention: Attention::default(),
            injected: VecDeque::new(),
            held: None,
            next_link_check_ns: 0,
            next_peer: 0,
        }
    }

    /// Starts a wait.
    pub(crate) fn begin(&mut self) {
        self.sink.begin(&mut self.stats);
    }

    pub(crate) fn push(&mut self, record: &Record) {
        self.sink.push(record, &mut self.stats);
    }

    pub(crate) fn push_text(&mut self, record: Record, text: &str) {
        self.sink.push_text(record, text, &mut self.stats);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.remote
            .as_ref()
            .is_some_and(|remote| remote.is_stopped())
    }

    pub(crate) fn has_commands(&self) -> bool {
        self.remote
            .as_ref()
            .is_some_and(|remote| remote.has_commands())
    }

    /// Waits until there may be something to do, at most until `until_ns`. Returns at once when
    /// there is. May return early for no reason.
    pub(crate) fn wait_work(&mut self, until_ns: u64) {
        if Ringer::take_woken() {
            thread::yield_now();
        }
        loop {
            if self.has_messages() {
                self.waiter.reset();
                return;
            }
            let now_ns = monotonic_ns();
            if now_ns >= until_ns
                || self.is_stopped()
                || self.has_commands()
                || self.look_at_links(now_ns)
            {
                return;
            }
            let until_ns = until_ns.min(self.next_link_check_ns);
            let doorbell = self.peers.iter().all(|peer| peer.port.has_doorbell());
            let Self {
                waiter,
                page,
                peers,
                remote,
                ..
            } = self;
            waiter.pause(now_ns, until_ns, page, doorbell, || {
                peers.iter().any(|peer| peer.port.has_messages())
                    || remote
                        .as_ref()
                        .is_some_and(|remote| remote.has_commands() || remote.is_stopped())
            });
        }
    }

    /// True when what comes next belongs to what came before.
    pub(crate) fn is_in_batch(&self) -> bool {
        let inside = |peer: &Peer| peer.in_batch && peer.port.has_messages();
        self.held.is_some() || self.peers.iter().any(inside)
    }

    pub(crate) fn has_messages(&self) -> bool {
        self.peers.iter().any(|peer| peer.port.has_messages())
    }

    fn look_at_links(&mut self, now_ns: u64) -> bool {
        if now_ns >= self.next_link_check_ns {
            self.attention.links_due = true;
        }
        self.attention.links_due
    }
}

/// An instrument's number as records carry it.
pub(crate) fn index(asset: usize) -> u32 {
    u32::try_from(asset).unwrap_or(u32::MAX)
}
