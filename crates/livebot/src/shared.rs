//! State shared by the channel inside `LiveBot` and the owner of the bot.

use std::{
    collections::{HashSet, VecDeque},
    hint,
    rc::Rc,
    sync::Arc,
    thread,
};

use hbl_wire::{BotControlBlock, Clock, Ringer, VirtualClock};
use hftbacktest::types::LiveEvent;

use crate::{
    book_state::BookCheck,
    connector_session::ConnectorSession,
    idle::Waiter,
    order_destination::Requirement,
    pending_work::PendingWork,
    record::Record,
    remote::Remote,
    resync_orders::ResyncOrders,
    sink::{Sink, Stats},
    trades::LastTrades,
    unconfirmed::UnconfirmedOrders,
};

/// Interval between two checks of the links.
pub(crate) const LINK_CHECK_NS: u64 = 10_000_000;

/// The same under a virtual clock: connectors of this thread end in a turn of theirs, and each check is a step
/// of the time.
pub(crate) const VIRTUAL_LINK_CHECK_NS: u64 = 50_000_000;

/// Work of a connector on this thread that is due sooner than this is waited for without a sleep.
const DUE_SPIN_NS: u64 = 30_000;

/// A registration without an answer, because one of the two was lost, is sent again after this time.
pub(crate) const ANSWER_TIMEOUT_NS: u64 = 1_000_000_000;

/// How `recv_timeout` ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Takes at most this many messages that are there, and never waits.
    Drain { left: u32 },
    /// Waits up to the time-out for each message, as hftbacktest does.
    Forward,
    /// Takes the events that the bot itself has made, and nothing else.
    Apply,
}

/// State of one instrument. The fields that every market data message reads are in the first cache line.
#[repr(C, align(64))]
pub(crate) struct Asset {
    pub(crate) tick_size: f64,
    pub(crate) session: usize,
    /// The connector rejected the registration; it is sent again only when the connector comes back.
    pub(crate) refused: bool,
    /// Something of it changed since the state block was refreshed.
    pub(crate) touched: bool,
    /// Registered, without an answer yet.
    pub(crate) unanswered: bool,
    pub(crate) trades: LastTrades,
    pub(crate) lot_size: f64,
    pub(crate) symbol: String,
    pub(crate) check: BookCheck,
    pub(crate) resync_orders: ResyncOrders,
    pub(crate) unconfirmed: UnconfirmedOrders,
    /// Open orders that were sent to earlier runs of the connector and that this run has not reported.
    pub(crate) earlier: HashSet<u64>,
    /// When it was registered last, monotonic.
    pub(crate) registered_ns: u64,
    /// The position was reported; before that, the 0 in `LiveBot` means nothing.
    pub(crate) position_reported: bool,
    /// Request, exchange and response of the last order update, Unix ns, under a virtual clock: `LiveBot`
    /// takes the response's time from the machine's.
    pub(crate) order_latency: Option<(i64, i64, i64)>,
}

/// State shared by the channel and the owner of the bot.
pub(crate) struct Shared {
    pub(crate) id: u64,
    pub(crate) clock: Clock,
    pub(crate) block: Rc<BotControlBlock>,
    pub(crate) sessions: Vec<ConnectorSession>,
    pub(crate) assets: Vec<Asset>,
    /// The destination that the program requires of every connector.
    pub(crate) requirement: Requirement,
    pub(crate) sink: Sink,
    pub(crate) stats: Stats,
    pub(crate) waiter: Waiter,
    pub(crate) remote: Option<Arc<Remote>>,
    pub(crate) mode: Mode,
    /// End of a wait of `LiveBot` under a virtual clock: it measures its waits by the machine's.
    pub(crate) forward_until_ns: Option<u64>,
    pub(crate) records_max: usize,
    pub(crate) pending: PendingWork,
    /// Events made by the bot itself, applied before anything else.
    pub(crate) injected: VecDeque<(usize, LiveEvent)>,
    /// Comes after `injected`: the event whose book had to be cleared first.
    pub(crate) held: Option<(usize, LiveEvent)>,
    pub(crate) next_link_check_ns: u64,
    pub(crate) next_session: usize,
    /// Every request of `LiveBot` fails to be sent.
    #[cfg(test)]
    pub(crate) fails_to_send: bool,
    pub(crate) only_looks: bool,
    /// Time from a request to its deadline; `None`: no deadline.
    pub(crate) order_deadline_ns: Option<u64>,
    /// Of the order that `LiveBot` is about to send, monotonic.
    pub(crate) deadline_ns: u64,
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
        (id, clock): (u64, Clock),
        block: BotControlBlock,
        sessions: Vec<ConnectorSession>,
        assets: Vec<Asset>,
        waiter: Waiter,
    ) -> Self {
        Self {
            id,
            clock,
            block: Rc::new(block),
            sessions,
            assets,
            requirement: Requirement::default(),
            sink: Sink::default(),
            stats: Stats::default(),
            waiter,
            remote: None,
            mode: Mode::Forward,
            forward_until_ns: None,
            records_max: usize::MAX,
            pending: PendingWork::default(),
            injected: VecDeque::new(),
            held: None,
            next_link_check_ns: 0,
            next_session: 0,
            #[cfg(test)]
            fails_to_send: false,
            only_looks: false,
            order_deadline_ns: None,
            deadline_ns: u64::MAX,
        }
    }

    /// Deadline of a request that is made now, monotonic.
    pub(crate) fn deadline_from_now(&self) -> u64 {
        self.order_deadline_ns.map_or(u64::MAX, |time| {
            self.clock.monotonic_ns().saturating_add(time)
        })
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

    /// Waits until there may be something to do, at most until `until_ns`. Returns at once when there is
    /// something already, and may return early without a reason.
    pub(crate) fn wait_work(&mut self, until_ns: u64) {
        if let Some(clock) = self.clock.as_virtual().cloned() {
            self.pass_time(&clock, until_ns);
            return;
        }
        if Ringer::take_woken() {
            thread::yield_now();
        }
        loop {
            for session in &mut self.sessions {
                session.port.turn();
            }
            if self.has_messages() {
                self.waiter.reset();
                return;
            }
            let now_ns = self.clock.monotonic_ns();
            if now_ns >= until_ns
                || self.is_stopped()
                || self.has_commands()
                || self.look_at_links(now_ns)
            {
                return;
            }
            let due_ns = self.next_due_ns();
            if due_ns <= now_ns + DUE_SPIN_NS {
                // A sleep would end too late.
                hint::spin_loop();
                continue;
            }
            let until_ns = until_ns
                .min(self.next_link_check_ns)
                .min(due_ns - DUE_SPIN_NS / 2);
            let doorbell = self
                .sessions
                .iter()
                .all(|session| session.port.has_doorbell());
            let Self {
                waiter,
                block,
                sessions,
                remote,
                ..
            } = self;
            waiter.pause(now_ns, until_ns, block, doorbell, || {
                sessions.iter().any(|session| session.port.has_arrivals())
                    || remote
                        .as_ref()
                        .is_some_and(|remote| remote.has_commands() || remote.is_stopped())
            });
        }
    }

    /// A wait under a virtual clock: time passes at once, up to what is due first.
    fn pass_time(&mut self, clock: &VirtualClock, until_ns: u64) {
        for session in &mut self.sessions {
            session.port.turn();
        }
        let now_ns = clock.monotonic_ns();
        if self.has_messages()
            || now_ns >= until_ns
            || self.is_stopped()
            || self.has_commands()
            || self.look_at_links(now_ns)
        {
            return;
        }
        let due_ns = self.next_due_ns().min(self.next_link_check_ns);
        // What is due and does not come must not stop the time.
        clock.advance_to(due_ns.max(now_ns + 1).min(until_ns));
    }

    /// True inside a batch: the next message belongs to it.
    pub(crate) fn is_in_batch(&self) -> bool {
        let inside = |session: &ConnectorSession| session.in_batch && session.port.has_messages();
        self.held.is_some() || self.sessions.iter().any(inside)
    }

    pub(crate) fn has_messages(&self) -> bool {
        self.sessions
            .iter()
            .any(|session| session.port.has_messages())
    }

    /// When a connector of this thread has something to do by itself, monotonic.
    pub(crate) fn next_due_ns(&self) -> u64 {
        let due = self
            .sessions
            .iter()
            .filter_map(|session| session.port.next_due_ns());
        due.min().unwrap_or(u64::MAX)
    }

    fn look_at_links(&mut self, now_ns: u64) -> bool {
        if now_ns >= self.next_link_check_ns {
            self.pending.links_due = true;
        }
        self.pending.links_due
    }
}

/// An instrument's number as records carry it.
pub(crate) fn index(asset: usize) -> u32 {
    u32::try_from(asset).unwrap_or(u32::MAX)
}
