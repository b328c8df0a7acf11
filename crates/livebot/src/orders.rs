//! Orders across a registration: which of them the connector no longer knows.

use std::collections::{HashMap, HashSet};

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

/// What the bot knew of an order when it registered its instrument again.
#[derive(Clone, Copy, Debug)]
struct Known {
    exch_ts: i64,
    leaves_qty: f64,
    qty: f64,
    /// When it was sent, Unix nanoseconds, while nothing was heard of it.
    sent_ts: Option<i64>,
}

/// How much the clocks of bot and venue may differ.
const CLOCKS_NS: i64 = 1_000_000_000;

/// Orders that were open when the instrument was registered again.
///
/// The connector's answer names the open orders, and before them what the bot may not have heard:
/// orders that have ended, and single executions of orders of an earlier run of the connector. Each
/// says how much was left then. So what the bot knows already is recognised, and what it does not
/// know becomes exactly the missing fills. Orders that the answer does not name are not open any
/// more, and nobody knows how they ended.
#[derive(Debug, Default)]
pub struct Awaited {
    known: HashMap<u64, Known>,
    unnamed: HashSet<u64>,
    active: bool,
}

impl Awaited {
    /// Begins to wait for the answer, with the orders that may be open.
    pub fn start<'a>(&mut self, orders: impl Iterator<Item = &'a Order>) {
        self.known.clear();
        self.unnamed.clear();
        for order in orders {
            let known = Known {
                exch_ts: order.exch_timestamp,
                leaves_qty: order.leaves_qty,
                qty: order.qty,
                sent_ts: (!order.active()).then_some(order.local_timestamp),
            };
            self.known.insert(order.order_id, known);
            self.unnamed.insert(order.order_id);
        }
        self.active = true;
    }

    /// True until [`finish`](Self::finish).
    pub const fn is_active(&self) -> bool {
        self.active
    }

    /// True for an order that the answer has to name and did not yet.
    pub fn awaits(&self, order_id: u64) -> bool {
        self.active && self.unnamed.contains(&order_id)
    }

    /// An update that is no part of the answer.
    pub fn seen(&mut self, order: &Order) {
        self.unnamed.remove(&order.order_id);
        if let Some(known) = self.known.get_mut(&order.order_id) {
            known.learn(order);
        }
    }

    /// Judges an update of the answer and makes of it what the bot has to see: the execution shrinks
    /// to what is missing, and the time is not before what the bot has seen. False when it is no news.
    pub fn judge(&mut self, order: &mut Order) -> bool {
        let is_step = order.exec_qty > 0.0;
        let Some(known) = self.known.get_mut(&order.order_id) else {
            // Of an order that this bot does not follow only the open state matters.
            return !is_step && !is_final(order.status);
        };
        // Of an earlier order of the same id, which had ended when this one was sent.
        let is_older = |sent_ts| order.exch_timestamp.saturating_add(CLOCKS_NS) < sent_ts;
        if known.sent_ts.is_some_and(is_older) {
            return false;
        }
        let missing = known.leaves_qty - order.leaves_qty;
        if is_step {
            if missing <= known.qty.max(order.qty) * 1e-9 {
                return false;
            }
            order.exec_qty = missing;
        }
        order.exch_timestamp = order.exch_timestamp.max(known.exch_ts.saturating_add(1));
        known.learn(order);
        self.unnamed.remove(&order.order_id);
        if is_final(order.status) {
            self.known.remove(&order.order_id);
        }
        true
    }

    /// Ends the wait and gives the ids that were not named.
    pub fn finish(&mut self) -> Vec<u64> {
        self.active = false;
        self.known.clear();
        self.unnamed.drain().collect()
    }
}

impl Known {
    fn learn(&mut self, order: &Order) {
        self.exch_ts = self.exch_ts.max(order.exch_timestamp);
        self.leaves_qty = order.leaves_qty;
        self.qty = order.qty;
        self.sent_ts = None;
    }
}

/// True for an order that was sent and of which nothing was heard.
pub(crate) fn is_unheard(order: &Order) -> bool {
    order.status == Status::None
}

fn is_final(status: Status) -> bool {
    matches!(
        status,
        Status::Filled | Status::Canceled | Status::Expired | Status::Rejected
    )
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

#[cfg(test)]
mod tests {
    use super::*;
    use hftbacktest::types::{OrdType, Side, TimeInForce};

    fn order(id: u64, status: Status, leaves_qty: f64, exec_qty: f64, at: i64) -> Order {
        let (side, tif) = (Side::Buy, TimeInForce::GTC);
        let mut order = Order::new(id, 100, 0.1, 10.0, side, OrdType::Limit, tif);
        order.status = status;
        order.leaves_qty = leaves_qty;
        order.exec_qty = exec_qty;
        order.exch_timestamp = at;
        order
    }

    fn awaiting(orders: &[Order]) -> Awaited {
        let mut awaited = Awaited::default();
        awaited.start(orders.iter());
        awaited
    }

    #[test]
    fn fills_that_were_counted_are_no_news_and_missing_ones_are_exact() {
        let mut awaited = awaiting(&[order(1, Status::PartiallyFilled, 7.0, 0.0, 50)]);
        let mut told = Vec::new();
        // Executions of 2, 3 and 5, of which the bot has seen 3 lots.
        for (leaves, exec, at) in [(8.0, 2.0, 40), (5.0, 3.0, 45), (0.0, 5.0, 60)] {
            let mut step = order(1, Status::PartiallyFilled, leaves, exec, at);
            if awaited.judge(&mut step) {
                told.push((step.exec_qty, step.leaves_qty, step.exch_timestamp));
            }
        }
        let mut end = order(1, Status::Filled, 0.0, 0.0, 60);
        assert!(awaited.judge(&mut end));
        assert_eq!(told, [(2.0, 5.0, 51), (5.0, 0.0, 60)]);
        assert!(end.exch_timestamp > 60);
        assert!(awaited.finish().is_empty());
    }

    #[test]
    fn the_past_of_an_order_that_is_not_followed_stays_the_past() {
        let mut awaited = awaiting(&[]);
        assert!(!awaited.judge(&mut order(1, Status::PartiallyFilled, 5.0, 5.0, 1)));
        assert!(!awaited.judge(&mut order(2, Status::Canceled, 5.0, 0.0, 1)));
        assert!(awaited.judge(&mut order(1, Status::PartiallyFilled, 5.0, 0.0, 1)));
    }

    #[test]
    fn an_unheard_order_does_not_get_the_end_of_an_older_one_of_its_id() {
        let mut unheard = order(1, Status::None, 10.0, 0.0, 0);
        unheard.req = Status::New;
        unheard.local_timestamp = 10 * CLOCKS_NS;
        assert!(is_unheard(&unheard));
        let mut awaited = awaiting(&[unheard]);
        assert!(!awaited.judge(&mut order(1, Status::Canceled, 10.0, 0.0, 8 * CLOCKS_NS)));
        assert_eq!(awaited.finish(), [1]);
    }

    #[test]
    fn what_is_told_between_registration_and_answer_counts_as_known() {
        let mut awaited = awaiting(&[order(1, Status::New, 10.0, 0.0, 5)]);
        awaited.seen(&order(1, Status::PartiallyFilled, 6.0, 4.0, 6));
        assert!(!awaited.judge(&mut order(1, Status::PartiallyFilled, 6.0, 4.0, 6)));
        assert!(awaited.finish().is_empty());
    }
}
