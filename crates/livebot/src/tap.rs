//! The tap: every message becomes a record, and what `LiveBot` must see of it goes on.

use hbl_wire::{SideEvent, Slot, TO_ALL, WireEvent, clock::monotonic_ns};
use hftbacktest::{
    live::BotError,
    types::{ErrorKind, LiveError, LiveEvent, Order, Value},
};

use crate::{
    error::ErrorCode,
    feed, orders,
    record::{FLAG_IN_BATCH, FLAG_SNAPSHOT, FLAG_SYNTHETIC, LinkStatus, Record, RecordKind},
    shared::{Peer, Shared, index},
};

impl Shared {
    /// Takes the next message of any connector and taps it; gives what `LiveBot` must see of it.
    /// `Ok(None)` when nothing is there.
    pub(crate) fn next(&mut self) -> Result<Option<(usize, LiveEvent)>, BotError> {
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
            while let Some((slot, lost)) = self.receive(at)? {
                if lost > 0 {
                    self.lose(at, lost);
                }
                if slot.to() != TO_ALL && slot.to() != self.id {
                    continue;
                }
                if let Some(event) = self.read(at, slot) {
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

    fn receive(&mut self, at: usize) -> Result<Option<(Slot, u64)>, BotError> {
        let received = self.peers[at].port.recv();
        received.map_err(|error| BotError::Custom(error.to_string()))
    }

    /// Takes messages of a slot up to the first that `LiveBot` must see, or that needs attention.
    fn read(&mut self, at: usize, mut slot: Slot) -> Option<(usize, LiveEvent)> {
        let mut found = None;
        while found.is_none() && !self.attention.is_wanted() {
            let stamp = Stamp::new(&self.peers[at], &slot);
            let to = slot.to();
            let Some(message) = slot.next_message() else {
                break;
            };
            self.stats.received += 1;
            match message {
                Ok(event) => found = self.take(at, to, &stamp, event),
                Err(_) => self.stats.decode_errors += 1,
            }
        }
        if slot.is_torn() {
            self.lose(at, u64::from(slot.left()));
        }
        self.peers[at].port.put_back(slot);
        found
    }

    /// Messages of a connector were lost: none of its books can be trusted.
    pub(crate) fn lose(&mut self, at: usize, lost: u64) {
        self.stats.lost = self.stats.lost.saturating_add(lost);
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

    /// Taps one message.
    fn take(
        &mut self,
        at: usize,
        to: u64,
        stamp: &Stamp,
        event: WireEvent<'_>,
    ) -> Option<(usize, LiveEvent)> {
        match event {
            WireEvent::BatchStart => {
                if to == self.id {
                    // Whether the answer names every order was sent before it.
                    self.drain_side(at);
                }
                let peer = &mut self.peers[at];
                peer.in_batch = true;
                peer.in_answer = to == self.id;
                peer.answered.clear();
                self.push(&stamp.on(Record {
                    kind: RecordKind::BatchStart as u8,
                    ..Record::default()
                }));
                Some((0, LiveEvent::BatchStart))
            }
            WireEvent::BatchEnd => {
                if self.peers[at].in_answer {
                    // Balances and the like are part of the answer, on the side channel.
                    self.drain_side(at);
                }
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
                if self.assets[asset].refused {
                    // What it publishes for other bots is on another grid than ours.
                    return None;
                }
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
            WireEvent::Order { symbol, mut order } => {
                // Its reason was sent before it, on the side channel.
                self.drain_side(at);
                let asset = self.asset(at, symbol)?;
                if self.peers[at].is_real {
                    self.assets[asset].unseen.remove(order.order_id);
                } else if self.assets[asset].unseen.contains(order.order_id) {
                    // "There is no such order" is no word on an order that is elsewhere.
                    return None;
                }
                let is_answer = self.peers[at].in_answer && self.peers[at].port.is_ours();
                let awaited = &mut self.assets[asset].awaited;
                if !is_answer {
                    awaited.seen(&order);
                } else if !awaited.judge(&mut order) {
                    return None;
                }
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
                if self.peers[at].in_answer && self.peers[at].orders_unknown.is_some() {
                    return None;
                }
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

    pub(crate) fn asset(&mut self, at: usize, symbol: &str) -> Option<usize> {
        let Some(asset) = self.peers[at].assets.get(symbol) else {
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

    /// The book of an instrument is whole. `status` is 1 when the connector does not know the
    /// account's orders, so that nothing follows from those that it did not name.
    pub(crate) fn push_ready(&mut self, asset: usize, flags: u8) {
        let peer = &self.peers[self.assets[asset].peer];
        let status = u8::from(peer.orders_unknown.is_some());
        self.push(&Record {
            kind: RecordKind::BookReady as u8,
            status,
            flags,
            asset: index(asset),
            recv_mono_ns: monotonic_ns(),
            ..Record::default()
        });
    }

    pub(crate) fn note_answer(&mut self, at: usize, asset: usize) {
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

    pub(crate) fn drain_side(&mut self, at: usize) {
        while let Some(event) = self.peers[at].port.recv_side() {
            match event {
                Ok(event) => self.take_side(at, event),
                Err(()) => self.stats.decode_errors += 1,
            }
        }
    }

    pub(crate) fn take_side(&mut self, at: usize, event: SideEvent) {
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
            SideEvent::OrdersUnknown { text } => {
                self.peers[at].orders_unknown = Some(text);
                return;
            }
            SideEvent::OrdersKnown => {
                if self.peers[at].orders_unknown.take().is_some() {
                    let served = |asset: &usize| self.assets[*asset].peer == at;
                    let assets: Vec<usize> = (0..self.assets.len()).filter(served).collect();
                    for asset in assets {
                        self.ask_resync(asset);
                    }
                }
                return;
            }
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
            SideEvent::RegisterRefused { symbol, code, text } => {
                if let Some(asset) = self.peers[at].assets.get(&symbol) {
                    let asset = &mut self.assets[asset];
                    (asset.refused, asset.unanswered) = (true, false);
                }
                (Some(symbol), error(code), text)
            }
            SideEvent::Notice {
                severity,
                code,
                symbol,
                order_id,
                text,
            } => {
                let about = !symbol.is_empty();
                let record = Record {
                    kind: RecordKind::Notice as u8,
                    status: severity as u8,
                    order_id: if about { order_id } else { 0 },
                    value: code,
                    ..Record::default()
                };
                (about.then_some(symbol), record, text)
            }
            SideEvent::Balance(balance) => {
                let record = Record {
                    kind: RecordKind::Balance as u8,
                    exch_ts_ns: balance.exch_ts,
                    px: balance.equity,
                    qty: balance.wallet_balance,
                    leaves_qty: balance.available,
                    exec_qty: balance.initial_margin,
                    exec_px: balance.maintenance_margin,
                    extra: balance.unrealised_pnl,
                    ..Record::default()
                };
                (None, record, balance.coin)
            }
            SideEvent::Socket { socket, up, text } => {
                let status = if up {
                    LinkStatus::SocketUp
                } else {
                    LinkStatus::SocketDown
                };
                let record = Record {
                    value: socket as i64,
                    ..link(status)
                };
                (None, record, text)
            }
        };
        let asset = match symbol {
            None => self.first_asset(at),
            Some(symbol) => match self.peers[at].assets.get(&symbol) {
                Some(asset) => index(asset),
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
        if record.kind == RecordKind::Reject as u8 {
            self.unpend_unseen(asset as usize, record.order_id);
        }
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
    seq: u64,
    sent_mono_ns: u64,
    recv_mono_ns: u64,
}

impl Stamp {
    /// For the slot's next message.
    fn new(peer: &Peer, slot: &Slot) -> Self {
        let flags =
            (u8::from(peer.in_batch) * FLAG_IN_BATCH) | (u8::from(peer.in_answer) * FLAG_SNAPSHOT);
        Self {
            flags,
            seq: slot.next_seq(),
            sent_mono_ns: slot.tail().map_or(0, |tail| tail.sent_mono_ns),
            recv_mono_ns: slot.received_mono_ns(),
        }
    }

    const fn on(&self, mut record: Record) -> Record {
        record.flags |= self.flags;
        record.seq = self.seq;
        record.sent_mono_ns = self.sent_mono_ns;
        record.recv_mono_ns = self.recv_mono_ns;
        record
    }
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
