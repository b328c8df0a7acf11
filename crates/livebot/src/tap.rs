//! The tap: every message of a connector becomes a record, and the part that concerns `LiveBot` goes on to it.

use hbl_wire::{Slot, TO_ALL, WireEvent};
use hftbacktest::{
    live::BotError,
    types::{ErrorKind, LiveError, LiveEvent, Value},
};

use crate::{
    connector_session::{ConnectorSession, Execution},
    error::ErrorCode,
    feed, orders,
    record::{FLAG_IN_BATCH, FLAG_SNAPSHOT, Record, RecordKind},
    shared::{Shared, index},
};

impl Shared {
    /// Takes and taps messages up to the first one for `LiveBot`; `Ok(None)` when there is none.
    pub(crate) fn next(&mut self) -> Result<Option<(usize, LiveEvent)>, BotError> {
        if let Some(event) = self.injected.pop_front().or_else(|| self.held.take()) {
            return Ok(Some(event));
        }
        for _ in 0..self.sessions.len() {
            let at = self.next_session;
            self.next_session = if at + 1 == self.sessions.len() {
                0
            } else {
                at + 1
            };
            // Stays with one connector while it has messages for this bot, so that its batches are not
            // mixed with another's.
            while let Some((slot, lost)) = self.receive(at)? {
                if lost > 0 {
                    self.lose(at, lost);
                }
                if slot.to() != TO_ALL && slot.to() != self.id {
                    continue;
                }
                if let Some(event) = self.read(at, slot) {
                    if self.sessions[at].in_batch {
                        self.next_session = at;
                    }
                    if self.pending.clear.is_empty() {
                        return Ok(Some(event));
                    }
                    self.held = Some(event);
                    return Ok(None);
                }
                if self.pending.is_due() {
                    return Ok(None);
                }
            }
            self.drain_side(at);
        }
        Ok(None)
    }

    fn receive(&mut self, at: usize) -> Result<Option<(Slot, u64)>, BotError> {
        match self.sessions[at].port.recv() {
            Ok(received) => Ok(received),
            Err(error) => Err(BotError::Custom(error.to_string())),
        }
    }

    /// Takes messages of a slot up to the first that `LiveBot` must see, or that makes work pending.
    fn read(&mut self, at: usize, mut slot: Slot) -> Option<(usize, LiveEvent)> {
        let mut found = None;
        while found.is_none() && !self.pending.is_due() {
            let stamp = Stamp::new(&self.sessions[at], &slot);
            let to = slot.to();
            let Some(message) = slot.next_message() else {
                break;
            };
            self.stats.received += 1;
            match message {
                Ok(event) => found = self.take(at, to, &stamp, event),
                Err(_) => self.cannot_read(at, None),
            }
        }
        if slot.is_torn() {
            self.lose(at, u64::from(slot.left()));
        }
        self.sessions[at].port.put_back(slot);
        found
    }

    /// Messages of a connector were lost: none of its books is synced any more.
    pub(crate) fn lose(&mut self, at: usize, lost: u64) {
        self.stats.lost = self.stats.lost.saturating_add(lost);
        self.stats.gaps += 1;
        // A lost end of a batch must not leave everything after it inside the batch.
        self.sessions[at].in_batch = false;
        self.sessions[at].in_answer = false;
        for asset in 0..self.assets.len() {
            if self.assets[asset].session == at {
                self.push(&Record {
                    kind: RecordKind::Gap as u8,
                    asset: index(asset),
                    recv_mono_ns: self.clock.monotonic_ns(),
                    value: i64::try_from(lost).unwrap_or(i64::MAX),
                    ..Record::default()
                });
                self.assets[asset].check.gapped = true;
                self.judge_book(asset);
                self.request_resync(asset);
            }
        }
    }

    pub(crate) fn request_resync(&mut self, asset: usize) {
        if !self.pending.resync.contains(&asset) {
            self.pending.resync.push(asset);
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
                    // Whether the answer contains every order was sent before it.
                    self.drain_side(at);
                }
                let session = &mut self.sessions[at];
                session.in_batch = true;
                session.in_answer = to == self.id;
                session.answered.clear();
                self.push(&stamp.on(Record {
                    kind: RecordKind::BatchStart as u8,
                    ..Record::default()
                }));
                Some((0, LiveEvent::BatchStart))
            }
            WireEvent::BatchEnd => {
                if self.sessions[at].in_answer {
                    // Balances and the like are part of the answer, on the control channel.
                    self.drain_side(at);
                }
                self.push(&stamp.on(Record {
                    kind: RecordKind::BatchEnd as u8,
                    ..Record::default()
                }));
                let session = &mut self.sessions[at];
                session.in_batch = false;
                if core::mem::take(&mut session.in_answer) {
                    self.pending.answered.append(&mut session.answered);
                }
                Some((0, LiveEvent::BatchEnd))
            }
            WireEvent::Feed { symbol, mut event } => {
                let asset = self.asset(at, symbol)?;
                if self.assets[asset].refused {
                    // The connector rejected this registration: its data is on the grid of other bots.
                    return None;
                }
                feed::normalise(&mut event, &self.clock);
                if !feed::is_sane(&event, self.assets[asset].tick_size) {
                    self.cannot_read(at, Some(asset));
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
                    } else if !self.sessions[at].port.is_ours()
                        && !self.sessions[at].in_answer
                        && !self.assets[asset].check.synced
                    {
                        // hftbacktest's connectors do not mark the end of an answer: the first level counts as it.
                        self.assets[asset].unanswered = false;
                        self.pending.answered.push(asset);
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
                // Its reason was sent before it, on the control channel.
                self.drain_side(at);
                let execution = self.sessions[at].execution.take();
                let asset = self.asset(at, symbol)?;
                let one = &mut self.assets[asset];
                orders::clean(&mut order, one.lot_size);
                if !self.sessions[at].is_real && one.unconfirmed.is_elsewhere(order.order_id) {
                    // "There is no such order" says nothing about an order that is elsewhere.
                    return None;
                }
                one.unconfirmed.remove(order.order_id);
                if !one.earlier.is_empty() {
                    one.earlier.remove(&order.order_id);
                }
                let reported = (order.exch_timestamp, order.exec_qty);
                let is_answer = self.sessions[at].in_answer && self.sessions[at].port.is_ours();
                let resync_orders = &mut self.assets[asset].resync_orders;
                if !is_answer {
                    resync_orders.seen(&order);
                } else if !resync_orders.judge(&mut order) {
                    return None;
                }
                // A part of an execution has no fee of its own.
                if let Some(Execution { details, .. }) = execution.filter(|execution| {
                    (execution.asset, execution.order_id) == (asset, order.order_id)
                        && (execution.exch_ts, order.exec_qty) == reported
                        && order.exec_qty > 0.0
                }) {
                    let (record, text) = orders::execution_record(&order, &details);
                    let asset = index(asset);
                    self.push_text(stamp.on(Record { asset, ..record }), &text);
                }
                if self.clock.as_virtual().is_some() {
                    let now = self.clock.unix_ns();
                    let times = (order.local_timestamp, order.exch_timestamp, now);
                    self.assets[asset].order_latency = Some(times);
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
            WireEvent::Execution {
                symbol,
                order_id,
                exch_ts,
                details,
            } => {
                // Of a symbol that this bot does not trade: the order that follows counts it.
                let asset = self.sessions[at].assets.get(symbol)?;
                self.sessions[at].execution = Some(Execution {
                    asset,
                    order_id,
                    exch_ts,
                    details,
                });
                None
            }
            WireEvent::Position {
                symbol,
                qty,
                exch_ts,
            } => {
                let asset = self.asset(at, symbol)?;
                if self.sessions[at].in_answer && self.sessions[at].orders_unknown.is_some() {
                    return None;
                }
                let one = &mut self.assets[asset];
                one.position_reported = true;
                let qty = orders::clean_qty(qty, one.lot_size);
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
        let Some(asset) = self.sessions[at].assets.get(symbol) else {
            self.stats.unknown_symbols += 1;
            return None;
        };
        self.assets[asset].touched = true;
        if self.sessions[at].in_answer {
            self.note_answer(at, asset);
            if core::mem::take(&mut self.assets[asset].unanswered) {
                // Levels from between the registration and its answer are older than the answer.
                self.push_edge(RecordKind::BookReset, asset, 0);
                self.pending.clear.push(asset);
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
            recv_mono_ns: self.clock.monotonic_ns(),
            ..Record::default()
        });
    }

    /// The book of an instrument is synced. `status` is 1 when the connector does not know the account's
    /// orders, so that an order missing from its answer may still be open.
    pub(crate) fn push_ready(&mut self, asset: usize, flags: u8) {
        let session = &self.sessions[self.assets[asset].session];
        let status = u8::from(session.orders_unknown.is_some());
        self.push(&Record {
            kind: RecordKind::BookReady as u8,
            status,
            flags,
            asset: index(asset),
            recv_mono_ns: self.clock.monotonic_ns(),
            ..Record::default()
        });
    }

    pub(crate) fn note_answer(&mut self, at: usize, asset: usize) {
        let answered = &mut self.sessions[at].answered;
        if !answered.contains(&asset) {
            answered.push(asset);
        }
    }

    pub(crate) fn first_asset(&self, at: usize) -> u32 {
        index(
            self.assets
                .iter()
                .position(|asset| asset.session == at)
                .unwrap_or(0),
        )
    }
}

/// The fields that all records of one message share.
struct Stamp {
    flags: u8,
    seq: u64,
    sent_mono_ns: u64,
    recv_mono_ns: u64,
}

impl Stamp {
    /// For the slot's next message.
    fn new(session: &ConnectorSession, slot: &Slot) -> Self {
        let flags = (u8::from(session.in_batch) * FLAG_IN_BATCH)
            | (u8::from(session.in_answer) * FLAG_SNAPSHOT);
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
