//! Orders across a registration: which of them the connector no longer knows.

use std::collections::HashSet;

use hbl_wire::price_of;
use hftbacktest::types::{Order, Status};

use crate::record::{Record, RecordKind};

/// The record of an order's state.
pub(crate) fn record_of(order: &Order) -> Record {
    Record {
        kind: RecordKind::Order as u8,
        side: side_code(order.side as i8),
        status: order.status as u8,
        exch_ts_ns: order.exch_timestamp,
        local_ts_ns: order.local_timestamp,
        px: price_of(order.price_tick, order.tick_size),
        qty: order.qty,
        order_id: order.order_id,
        leaves_qty: order.leaves_qty,
        exec_qty: order.exec_qty,
        exec_px: price_of(order.exec_price_tick, order.tick_size),
        value: order.price_tick,
        time_in_force: order.time_in_force as u8,
        order_type: order.order_type as u8,
        req: order.req as u8,
        maker: u8::from(order.maker),
        ..Record::default()
    }
}

/// 0 none, 1 buy, 2 sell.
pub(crate) const fn side_code(side: i8) -> u8 {
    match side {
        1 => 1,
        -1 => 2,
        _ => 0,
    }
}

/// Orders that were open when the instrument was registered again. Those that the connector's
/// answer does not name are not open any more, and their last word was lost.
#[derive(Default)]
pub(crate) struct Awaited {
    ids: HashSet<u64>,
    active: bool,
}

impl Awaited {
    pub(crate) fn start(&mut self, ids: impl Iterator<Item = u64>) {
        self.ids.clear();
        self.ids.extend(ids);
        self.active = true;
    }

    pub(crate) const fn is_active(&self) -> bool {
        self.active
    }

    pub(crate) fn seen(&mut self, id: u64) {
        self.ids.remove(&id);
    }

    /// Ends the wait and gives the ids that were not named.
    pub(crate) fn finish(&mut self) -> Vec<u64> {
        self.active = false;
        self.ids.drain().collect()
    }
}

/// The last word on an order that the connector no longer knows.
pub(crate) fn expired(order: &Order) -> Order {
    let mut order = order.clone();
    order.status = Status::Expired;
    order.req = Status::None;
    order.leaves_qty = 0.0;
    order.exch_timestamp = order.exch_timestamp.saturating_add(1);
    order
}
