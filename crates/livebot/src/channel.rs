//! hftbacktest's `Channel` over [`BotPort`]s: drains without waiting, taps everything.

use std::{
    cell::{RefCell, RefMut},
    collections::{HashMap, VecDeque},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use hbl_wire::{BotPage, BotPort, SideEvent, Slot, TO_ALL, Tail, WireEvent, clock::monotonic_ns};
use hftbacktest::{
    live::{BotError, Instrument, ipc::Channel},
    types::{BuildError, ErrorKind, LiveError, LiveEvent, LiveRequest, Order, Value},
};

use crate::{
    error::ErrorCode,
    feed, orders,
    record::{FLAG_IN_BATCH, FLAG_SNAPSHOT, FLAG_SYNTHETIC, LinkStatus, Record, RecordKind},
    remote::Remote,
    sink::{Sink, Stats},
    trades::LastTrades,
    wait::Waiter,
};

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
    pub(crate) assets: HashMap<String, usize>,
    in_batch: bool,
    /// The batch is addressed to this bot alone: the answer to a registration.
    in_answer: bool,
    /// Instruments that the answer spoke of.
    answered: Vec<usize>,
}

impl Peer {
    pub(crate) fn new(port: BotPort) -> Self {
        Self {
            port,
            status: LinkStatus::Waiting,
            assets: HashMap::new(),
            in_batch: false,
            in_answer: false,
            answered: Vec::new(),
        }
    }
}

/// What the channel knows of one instrument.
pub(crate) struct Asset {
    pub(crate) peer: usize,
    pub(crate) symbol: String,
    pub(crate) tick_size: f64,
    pub(crate) lot_size: f64,
    pub(crate) trades: LastTrades,
    /// The book is whole: nothing was lost since the last answer.
    pub(crate) trusted: bool,
    pub(crate) awaited: orders::Awaited,
    /// Registered, and the answer has not begun.
    pub(crate) unanswered: bool,
    /// When it was registered last, monotonic.
    pub(crate) registered_ns: u64,
    /// Something of it changed since the state block was refreshed.
    pub(crate) touched: bool,
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
    held: Option<(usize, LiveEvent)>,
    pub(crate) next_link_check_ns: u64,
    next_peer: usize,
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

    pub(crate) fn has_messages(&self) -> bool {
        self.peers.iter().any(|peer| peer.port.has_messages())
    }

    fn look_at_links(&mut self, now_ns: u64) -> bool {
        if now_ns >= self.next_link_check_ns {
            self.attention.links_due = true;
        }
        self.attention.links_due
    }

    /// Takes the next message of any connector and taps it; gives what `LiveBot` must see of it.
    /// `Ok(None)` when nothing is there.
    fn next(&mut self) -> Result<Option<(usize, LiveEvent)>, BotError> {
        if let Some(event) = self.injected.pop_front().or_else(|| self.held.take()) {
            return Ok(Some(event));
        }
        for _ in 0..self.peers.len() {
            let at = self.next_peer;
            self.next_peer = if at + 1 == self.peers.len() {
                0
            } else {
                at + 1
            };
            // Stays with one connector while it has something for this bot, so that its batches
            // are not torn apart by another's.
            loop {
                let received = self.peers[at]
                    .port
                    .recv()
                    .map_err(|e| BotError::Custom(e.to_string()))?;
                let Some((slot, lost)) = received else { break };
                if lost > 0 {
                    self.lose(at, lost);
                }
                if slot.to() != TO_ALL && slot.to() != self.id {
                    continue;
                }
                self.stats.received += 1;
                if let Some(event) = self.take(at, &slot) {
                    if self.peers[at].in_batch {
                        self.next_peer = at;
                    }
                    if self.attention.clear.is_empty() {
                        return Ok(Some(event));
                    }
                    self.held = Some(event);
                    return Ok(None);
                }
                if self.attention.is_wanted() {
                    return Ok(None);
                }
            }
            self.drain_side(at);
        }
        Ok(None)
    }

    /// Messages of a connector were lost: none of its books can be trusted.
    fn lose(&mut self, at: usize, lost: u64) {
        self.stats.lost += lost;
        self.stats.gaps += 1;
        // A lost end of a batch must not leave everything after it inside the batch.
        self.peers[at].in_batch = false;
        self.peers[at].in_answer = false;
        for asset in 0..self.assets.len() {
            if self.assets[asset].peer == at {
                self.push(&Record {
                    kind: RecordKind::Gap as u8,
                    asset: index(asset),
                    recv_mono_ns: monotonic_ns(),
                    value: i64::try_from(lost).unwrap_or(i64::MAX),
                    ..Record::default()
                });
                self.ask_resync(asset);
            }
        }
    }

    pub(crate) fn ask_resync(&mut self, asset: usize) {
        if !self.attention.resync.contains(&asset) {
            self.attention.resync.push(asset);
        }
    }

    /// Decodes and taps one message.
    fn take(&mut self, at: usize, slot: &Slot) -> Option<(usize, LiveEvent)> {
        let Ok(event) = slot.event() else {
            self.stats.decode_errors += 1;
            return None;
        };
        let stamp = Stamp::new(&self.peers[at], slot.tail());
        match event {
            WireEvent::BatchStart => {
                let peer = &mut self.peers[at];
                peer.in_batch = true;
                peer.in_answer = slot.to() == self.id;
                peer.answered.clear();
                self.push(&stamp.on(Record {
                    kind: RecordKind::BatchStart as u8,
                    ..Record::default()
                }));
                Some((0, LiveEvent::BatchStart))
            }
            WireEvent::BatchEnd => {
                self.push(&stamp.on(Record {
                    kind: RecordKind::BatchEnd as u8,
                    ..Record::default()
                }));
                let peer = &mut self.peers[at];
                peer.in_batch = false;
                if core::mem::take(&mut peer.in_answer) {
                    self.attention.answered.append(&mut peer.answered);
                }
                Some((0, LiveEvent::BatchEnd))
            }
            WireEvent::Feed { symbol, mut event } => {
                let asset = self.asset(at, symbol)?;
                feed::normalise(&mut event);
                if !feed::is_sane(&event, self.assets[asset].tick_size) {
                    self.stats.decode_errors += 1;
                    return None;
                }
                if let Some(record) = feed::record_of(&event) {
                    let record = stamp.on(Record {
                        asset: index(asset),
                        ..record
                    });
                    self.push(&record);
                    if record.kind == RecordKind::Trade as u8 {
                        self.assets[asset].trades.push(&record);
                    } else if !self.peers[at].port.is_ours()
                        && !self.peers[at].in_answer
                        && !self.assets[asset].trusted
                    {
                        // A connector of hftbacktest says no more of a book than its next level.
                        self.assets[asset].unanswered = false;
                        self.attention.answered.push(asset);
                    }
                }
                Some((
                    asset,
                    LiveEvent::Feed {
                        symbol: String::new(),
                        event,
                    },
                ))
            }
            WireEvent::Order { symbol, order } => {
                // Its reason was sent before it, on the side channel.
                self.drain_side(at);
                let asset = self.asset(at, symbol)?;
                self.assets[asset].awaited.seen(order.order_id);
                self.push(&stamp.on(Record {
                    asset: index(asset),
                    ..orders::record_of(&order)
                }));
                Some((
                    asset,
                    LiveEvent::Order {
                        symbol: String::new(),
                        order,
                    },
                ))
            }
            WireEvent::Position {
                symbol,
                qty,
                exch_ts,
            } => {
                let asset = self.asset(at, symbol)?;
                self.push(&stamp.on(Record {
                    kind: RecordKind::Position as u8,
                    asset: index(asset),
                    exch_ts_ns: exch_ts,
                    qty,
                    ..Record::default()
                }));
                Some((
                    asset,
                    LiveEvent::Position {
                        symbol: String::new(),
                        qty,
                        exch_ts,
                    },
                ))
            }
            WireEvent::Error(error) => {
                self.drain_side(at);
                let (record, text) = error_record(&error);
                let asset = self.first_asset(at);
                self.push_text(stamp.on(Record { asset, ..record }), &text);
                Some((0, LiveEvent::Error(error)))
            }
        }
    }

    fn asset(&mut self, at: usize, symbol: &str) -> Option<usize> {
        let Some(asset) = self.peers[at].assets.get(symbol).copied() else {
            self.stats.unknown_symbols += 1;
            return None;
        };
        self.assets[asset].touched = true;
        if self.peers[at].in_answer {
            self.note_answer(at, asset);
            if core::mem::take(&mut self.assets[asset].unanswered) {
                // What came between the registration and its answer is older than the answer.
                self.push_edge(RecordKind::BookReset, asset, 0);
                self.attention.clear.push(asset);
            }
        }
        Some(asset)
    }

    /// A record that only names an instrument.
    pub(crate) fn push_edge(&mut self, kind: RecordKind, asset: usize, flags: u8) {
        self.push(&Record {
            kind: kind as u8,
            flags,
            asset: index(asset),
            recv_mono_ns: monotonic_ns(),
            ..Record::default()
        });
    }

    fn note_answer(&mut self, at: usize, asset: usize) {
        let answered = &mut self.peers[at].answered;
        if !answered.contains(&asset) {
            answered.push(asset);
        }
    }

    pub(crate) fn first_asset(&self, at: usize) -> u32 {
        index(
            self.assets
                .iter()
                .position(|asset| asset.peer == at)
                .unwrap_or(0),
        )
    }

    fn drain_side(&mut self, at: usize) {
        while let Some(event) = self.peers[at].port.recv_side() {
            match event {
                Ok(event) => self.take_side(at, event),
                Err(()) => self.stats.decode_errors += 1,
            }
        }
    }

    fn take_side(&mut self, at: usize, event: SideEvent) {
        let link = |status: LinkStatus| Record {
            kind: RecordKind::Link as u8,
            status: status as u8,
            ..Record::default()
        };
        let error = |code: i64| Record {
            kind: RecordKind::Error as u8,
            status: ErrorCode::Custom as u8,
            value: code,
            ..Record::default()
        };
        let (symbol, record, text) = match event {
            SideEvent::Reject {
                symbol,
                order_id,
                code,
                text,
            } => {
                let record = Record {
                    kind: RecordKind::Reject as u8,
                    order_id,
                    value: code,
                    ..Record::default()
                };
                (Some(symbol), record, text)
            }
            SideEvent::VenueDown { text } => (None, link(LinkStatus::VenueDown), text),
            SideEvent::VenueUp => (None, link(LinkStatus::VenueUp), String::new()),
            SideEvent::FeedStale { symbol } => {
                (Some(symbol), link(LinkStatus::FeedStale), String::new())
            }
            SideEvent::FeedFresh { symbol } => {
                (Some(symbol), link(LinkStatus::FeedFresh), String::new())
            }
            SideEvent::RegisterRefused { symbol, code, text } => (Some(symbol), error(code), text),
            SideEvent::Notice { code, text } => (None, error(code), text),
        };
        let asset = match symbol {
            None => self.first_asset(at),
            Some(symbol) => match self.peers[at].assets.get(&symbol) {
                Some(asset) => index(*asset),
                None => return,
            },
        };
        self.push_text(
            Record {
                asset,
                recv_mono_ns: monotonic_ns(),
                ..record
            },
            &text,
        );
    }

    /// Taps and queues an order update made here.
    pub(crate) fn inject_order(&mut self, asset: usize, order: Order, code: i64, text: &str) {
        let now = monotonic_ns();
        let about = Record {
            kind: RecordKind::Reject as u8,
            flags: FLAG_SYNTHETIC,
            asset: index(asset),
            recv_mono_ns: now,
            order_id: order.order_id,
            value: code,
            ..Record::default()
        };
        self.push_text(about, text);
        self.push(&Record {
            asset: index(asset),
            flags: FLAG_SYNTHETIC,
            recv_mono_ns: now,
            ..orders::record_of(&order)
        });
        self.injected.push_back((
            asset,
            LiveEvent::Order {
                symbol: String::new(),
                order,
            },
        ));
    }
}

/// What every record of one message has in common.
struct Stamp {
    flags: u8,
    tail: Tail,
    recv_mono_ns: u64,
}

impl Stamp {
    fn new(peer: &Peer, tail: Option<Tail>) -> Self {
        let flags =
            (u8::from(peer.in_batch) * FLAG_IN_BATCH) | (u8::from(peer.in_answer) * FLAG_SNAPSHOT);
        Self {
            flags,
            tail: tail.unwrap_or(Tail {
                seq: 0,
                sent_mono_ns: 0,
            }),
            recv_mono_ns: monotonic_ns(),
        }
    }

    const fn on(&self, mut record: Record) -> Record {
        record.flags |= self.flags;
        record.seq = self.tail.seq;
        record.sent_mono_ns = self.tail.sent_mono_ns;
        record.recv_mono_ns = self.recv_mono_ns;
        record
    }
}

pub(crate) fn index(asset: usize) -> u32 {
    u32::try_from(asset).unwrap_or(u32::MAX)
}

fn error_record(error: &LiveError) -> (Record, String) {
    let (status, mut value) = match error.kind {
        ErrorKind::ConnectionInterrupted => (ErrorCode::ConnectionInterrupted, 0),
        ErrorKind::CriticalConnectionError => (ErrorCode::CriticalConnectionError, 0),
        ErrorKind::OrderError => (ErrorCode::OrderError, 0),
        ErrorKind::Custom(number) => (ErrorCode::Custom, number),
    };
    let text = match &error.value {
        Value::String(text) => text.clone(),
        Value::Map(map) => {
            if let Some(code) = map.get("code").and_then(Value::get_int) {
                value = code;
            }
            map.get("msg")
                .and_then(Value::get_str)
                .unwrap_or_default()
                .to_owned()
        }
        Value::Empty => String::new(),
        other => format!("{other:?}"),
    };
    let record = Record {
        kind: RecordKind::Error as u8,
        status: status as u8,
        value,
        ..Record::default()
    };
    (record, text)
}

/// hftbacktest's `Channel`; its state is shared with the owner of the bot.
pub struct TapChannel {
    shared: Rc<RefCell<Shared>>,
}

thread_local! {
    /// `Channel::build` cannot see the names inside hftbacktest's instruments, so the channel is
    /// made before and handed over here.
    static NEXT: RefCell<Option<Rc<RefCell<Shared>>>> = const { RefCell::new(None) };
}

/// The channel that the next `build` on this thread returns.
pub(crate) fn set_next(shared: Rc<RefCell<Shared>>) {
    NEXT.with(|next| *next.borrow_mut() = Some(shared));
}

impl TapChannel {
    fn shared(&self) -> RefMut<'_, Shared> {
        self.shared.borrow_mut()
    }
}

impl Channel for TapChannel {
    fn build<MD>(_instruments: &[Instrument<MD>]) -> Result<Self, BuildError> {
        NEXT.with(|next| next.borrow_mut().take())
            .map(|shared| Self { shared })
            .ok_or(BuildError::BuilderIncomplete("LiveCore"))
    }

    fn recv_timeout(
        &mut self,
        _id: u64,
        timeout: Duration,
    ) -> Result<(usize, LiveEvent), BotError> {
        let mut shared = self.shared();
        if let Mode::Drain { left } = &mut shared.mode {
            if *left == 0 {
                return Err(BotError::Timeout);
            }
            *left -= 1;
            let max = shared.records_max;
            if shared.attention.is_wanted() || !shared.sink.has_room(max) {
                return Err(BotError::Timeout);
            }
            return shared.next()?.ok_or(BotError::Timeout);
        }
        let timeout_ns = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
        let until_ns = monotonic_ns().saturating_add(timeout_ns);
        loop {
            if shared.attention.is_wanted() {
                return Err(BotError::Timeout);
            }
            if let Some(event) = shared.next()? {
                return Ok(event);
            }
            if shared.is_stopped() {
                return Err(BotError::Interrupted);
            }
            if shared.attention.is_wanted() || monotonic_ns() >= until_ns {
                return Err(BotError::Timeout);
            }
            shared.wait_work(until_ns);
            if shared.has_commands() {
                return Err(BotError::Timeout);
            }
        }
    }

    fn send(&mut self, _id: u64, inst_no: usize, request: LiveRequest) -> Result<(), BotError> {
        // Registrations are sent when the connector is there, not when the bot is built.
        if matches!(request, LiveRequest::RegisterInstrument { .. }) {
            return Ok(());
        }
        let shared = self.shared();
        let asset = shared
            .assets
            .get(inst_no)
            .ok_or(BotError::InstrumentNotFound)?;
        shared.peers[asset.peer]
            .port
            .send(&request)
            .map_err(|error| BotError::Custom(error.to_string()))
    }
}
