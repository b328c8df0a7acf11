//! The control channel of a connector: rejects, notices, balances, states of its connections.

use hbl_wire::{ControlEvent, VenueSocket};

use crate::{
    error::ErrorCode,
    record::{LinkStatus, Record, RecordKind},
    shared::{Shared, index},
};

/// Code of a connector that does not know an order, see its `codes`.
const ORDER_UNKNOWN: i64 = 3006;
/// Code of a connector that does not know the account's orders.
const ORDERS_UNKNOWN: i64 = 3110;

impl Shared {
    pub(crate) fn drain_side(&mut self, at: usize) {
        while let Some(event) = self.sessions[at].port.recv_control() {
            match event {
                Ok(event) => self.take_side(at, event),
                Err(()) => self.stats.decode_errors += 1,
            }
        }
    }

    pub(crate) fn take_side(&mut self, at: usize, event: ControlEvent) {
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
            ControlEvent::OrdersUnknown { text } => {
                self.sessions[at].orders_unknown = Some(text);
                return;
            }
            ControlEvent::OrdersKnown => {
                if self.sessions[at].orders_unknown.take().is_some() {
                    let served = |asset: &usize| self.assets[*asset].session == at;
                    let assets: Vec<usize> = (0..self.assets.len()).filter(served).collect();
                    for asset in assets {
                        self.request_resync(asset);
                    }
                }
                return;
            }
            ControlEvent::OrderFate {
                symbol,
                order_id,
                fate,
                text,
            } => {
                if let Some(asset) = self.sessions[at].assets.get(&symbol) {
                    self.take_fate(asset, order_id, fate, &text);
                }
                return;
            }
            ControlEvent::Reject {
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
            ControlEvent::VenueDown { text } => (None, link(LinkStatus::VenueDown), text),
            ControlEvent::VenueUp => (None, link(LinkStatus::VenueUp), String::new()),
            ControlEvent::FeedStale { symbol } => {
                self.note_feed(at, &symbol, true);
                (Some(symbol), link(LinkStatus::FeedStale), String::new())
            }
            ControlEvent::FeedLive { symbol } => {
                self.note_feed(at, &symbol, false);
                (Some(symbol), link(LinkStatus::FeedLive), String::new())
            }
            ControlEvent::RegisterRefused {
                symbol,
                code,
                text,
                sizes,
            } => {
                let (tick_size, lot_size) = sizes.unwrap_or_default();
                let record = Record {
                    px: tick_size,
                    qty: lot_size,
                    ..error(code)
                };
                if let Some(asset) = self.sessions[at].assets.get(&symbol) {
                    let asset = &mut self.assets[asset];
                    (asset.refused, asset.unanswered) = (true, false);
                }
                (Some(symbol), record, text)
            }
            ControlEvent::Notice {
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
            ControlEvent::Balance(balance) => {
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
            ControlEvent::Socket { socket, up, text } => {
                if socket == VenueSocket::Public {
                    self.sessions[at].feed_down = !up;
                }
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
            Some(symbol) => match self.sessions[at].assets.get(&symbol) {
                Some(asset) => index(asset),
                None => return,
            },
        };
        self.push_text(
            Record {
                asset,
                recv_mono_ns: self.clock.monotonic_ns(),
                ..record
            },
            &text,
        );
        if record.kind == RecordKind::Reject as u8
            && !self.clear_request(asset as usize, record.order_id)
            && matches!(record.value, ORDER_UNKNOWN | ORDERS_UNKNOWN)
        {
            self.pending.unknown.push((asset as usize, record.order_id));
        }
        if record.kind == RecordKind::Link as u8 {
            self.judge_books(at);
        }
    }

    fn note_feed(&mut self, at: usize, symbol: &str, is_stale: bool) {
        if let Some(asset) = self.sessions[at].assets.get(symbol) {
            self.assets[asset].check.stale = is_stale;
        }
    }
}
