//! Orders across a registration: the connector's answer is compared with what the bot knew.

use std::collections::{HashMap, HashSet};

use hbl_wire::without_noise;
use hftbacktest::types::Order;

use crate::orders;

/// What the bot knew of an order when it registered its instrument again.
#[derive(Clone, Copy, Debug)]
struct Known {
    exch_ts: i64,
    leaves_qty: f64,
    qty: f64,
    /// When it was sent, Unix nanoseconds, until it is acknowledged.
    sent_ts: Option<i64>,
}

/// Largest difference between the clocks of bot and venue.
const CLOCKS_NS: i64 = 1_000_000_000;

/// Orders that were open when the instrument was registered again.
///
/// The connector's answer contains the open orders, and before them what the bot may have missed: orders
/// that have ended, and single executions of orders of an earlier run of the connector. Each carries the
/// quantity that was left then, so known executions are recognised and unknown ones become exactly the
/// missing fills. An order that the answer does not contain may still be open: the connector is asked
/// for it.
#[derive(Debug, Default)]
pub struct ResyncOrders {
    known: HashMap<u64, Known>,
    unconfirmed: HashSet<u64>,
    /// Of the instrument.
    lot_size: f64,
    active: bool,
}

impl ResyncOrders {
    /// Begins to wait for the answer. `orders` are those that may be open, quantities are multiples of
    /// `lot_size`.
    pub fn start<'a>(&mut self, orders: impl Iterator<Item = &'a Order>, lot_size: f64) {
        self.lot_size = lot_size;
        self.known.clear();
        self.unconfirmed.clear();
        for order in orders {
            let known = Known {
                exch_ts: order.exch_timestamp,
                leaves_qty: order.leaves_qty,
                qty: order.qty,
                sent_ts: orders::is_unacked(order).then_some(order.local_timestamp),
            };
            self.known.insert(order.order_id, known);
            self.unconfirmed.insert(order.order_id);
        }
        self.active = true;
    }

    /// True until [`finish`](Self::finish).
    pub const fn is_active(&self) -> bool {
        self.active
    }

    /// The connector follows this order and has no state of it yet.
    pub fn confirm(&mut self, order_id: u64) {
        self.unconfirmed.remove(&order_id);
    }

    /// Takes an update that is not part of the answer.
    pub fn seen(&mut self, order: &Order) {
        self.unconfirmed.remove(&order.order_id);
        if let Some(known) = self.known.get_mut(&order.order_id) {
            known.learn(order);
        }
    }

    /// Takes an update of the answer and reduces its execution to what the bot misses; its time is never
    /// earlier than the bot's last. False when the bot knows all of it already.
    pub fn judge(&mut self, order: &mut Order) -> bool {
        let is_step = order.exec_qty > 0.0;
        let Some(known) = self.known.get_mut(&order.order_id) else {
            // Of an order that this bot does not hold, only the open state matters.
            return !is_step && !orders::is_final(order.status);
        };
        // The update is of an earlier order of the same id, which had ended when this one was sent.
        let is_older = |sent_ts| order.exch_timestamp.saturating_add(CLOCKS_NS) < sent_ts;
        if known.sent_ts.is_some_and(is_older) {
            return false;
        }
        // Compares filled quantities, because an amendment changes the open one.
        let missing = (order.qty - order.leaves_qty) - (known.qty - known.leaves_qty);
        if is_step {
            let noise = known.qty.max(order.qty) * 1e-9;
            if missing <= noise {
                return false;
            }
            // A difference of floats is off the grid: where all of the execution is missing, its own
            // quantity is kept, and a part of it is put on the grid.
            if (missing - order.exec_qty).abs() > noise {
                order.exec_qty = without_noise(missing, self.lot_size);
            }
        }
        // Never later than that: `LiveBot` ignores updates older than its own state, and the connector's
        // next one may have this very time.
        order.exch_timestamp = order.exch_timestamp.max(known.exch_ts);
        known.learn(order);
        self.unconfirmed.remove(&order.order_id);
        if orders::is_final(order.status) {
            self.known.remove(&order.order_id);
        }
        true
    }

    /// Ends the wait and gives the orders that the answer did not contain, by their ids.
    pub fn finish(&mut self) -> Vec<u64> {
        self.active = false;
        self.known.clear();
        let mut missing: Vec<u64> = self.unconfirmed.drain().collect();
        missing.sort_unstable();
        missing
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

#[cfg(test)]
mod tests {
    use super::*;
    use hftbacktest::types::{OrdType, Side, Status, TimeInForce};

    fn order(id: u64, status: Status, leaves_qty: f64, exec_qty: f64, at: i64) -> Order {
        let (side, tif) = (Side::Buy, TimeInForce::GTC);
        let mut order = Order::new(id, 100, 0.1, 10.0, side, OrdType::Limit, tif);
        order.status = status;
        order.leaves_qty = leaves_qty;
        order.exec_qty = exec_qty;
        order.exch_timestamp = at;
        order
    }

    fn started(orders: &[Order]) -> ResyncOrders {
        let mut resync = ResyncOrders::default();
        resync.start(orders.iter(), 0.1);
        resync
    }

    #[test]
    fn fills_that_were_counted_are_no_news_and_missing_ones_are_exact() {
        let mut resync = started(&[order(1, Status::PartiallyFilled, 7.0, 0.0, 50)]);
        let mut reported = Vec::new();
        // Executions of 2, 3 and 5, of which the bot has seen 3 lots.
        for (leaves, exec, at) in [(8.0, 2.0, 40), (5.0, 3.0, 45), (0.0, 5.0, 60)] {
            let mut step = order(1, Status::PartiallyFilled, leaves, exec, at);
            if resync.judge(&mut step) {
                reported.push((step.exec_qty, step.leaves_qty, step.exch_timestamp));
            }
        }
        let mut end = order(1, Status::Filled, 0.0, 0.0, 60);
        assert!(resync.judge(&mut end));
        assert_eq!(reported, [(2.0, 5.0, 50), (5.0, 0.0, 60)]);
        assert_eq!(end.exch_timestamp, 60, "what follows must not be older");
        assert!(resync.finish().is_empty());
    }

    #[test]
    fn the_past_of_an_order_that_is_not_followed_stays_the_past() {
        let mut resync = started(&[]);
        assert!(!resync.judge(&mut order(1, Status::PartiallyFilled, 5.0, 5.0, 1)));
        assert!(!resync.judge(&mut order(2, Status::Canceled, 5.0, 0.0, 1)));
        assert!(resync.judge(&mut order(1, Status::PartiallyFilled, 5.0, 0.0, 1)));
    }

    #[test]
    fn an_unacked_order_does_not_get_the_end_of_an_older_one_of_its_id() {
        let mut unacked = order(1, Status::New, 10.0, 0.0, 0);
        unacked.req = Status::New;
        unacked.local_timestamp = 10 * CLOCKS_NS;
        assert!(orders::is_unacked(&unacked));
        let mut resync = started(&[unacked]);
        assert!(!resync.judge(&mut order(1, Status::Canceled, 10.0, 0.0, 8 * CLOCKS_NS)));
        assert_eq!(resync.finish(), [1]);
    }

    #[test]
    fn an_order_on_its_way_that_the_connector_names_is_not_asked_for() {
        let mut unacked = order(1, Status::New, 10.0, 0.0, 0);
        unacked.req = Status::New;
        let mut resync = started(&[unacked]);
        resync.confirm(1);
        assert!(resync.finish().is_empty());
    }

    #[test]
    fn a_missing_part_of_an_execution_is_a_whole_number_of_lots() {
        // 0.3 of 1 were seen; an execution of 0.6 up to 0.7 lacks 0.4, which no difference of floats is.
        let mut known = order(1, Status::PartiallyFilled, 0.7, 0.0, 50);
        known.qty = 1.0;
        let mut resync = started(&[known]);
        let mut step = order(1, Status::PartiallyFilled, 0.3, 0.6, 60);
        step.qty = 1.0;
        assert!(resync.judge(&mut step));
        assert_eq!(
            step.exec_qty.to_bits(),
            0.4_f64.to_bits(),
            "{}",
            step.exec_qty
        );
    }

    #[test]
    fn an_amended_quantity_makes_no_fill_and_hides_none() {
        // Filled 3 of 10, then amended to 20: 17 are left.
        let mut known = order(1, Status::PartiallyFilled, 17.0, 0.0, 50);
        known.qty = 20.0;
        let mut resync = started(&[known]);
        assert!(!resync.judge(&mut order(1, Status::PartiallyFilled, 7.0, 3.0, 40)));
        let mut later = order(1, Status::PartiallyFilled, 13.0, 4.0, 60);
        later.qty = 20.0;
        assert!(resync.judge(&mut later));
        assert_eq!(later.exec_qty, 4.0);
    }

    #[test]
    fn a_report_between_registration_and_answer_counts_as_known() {
        let mut resync = started(&[order(1, Status::New, 10.0, 0.0, 5)]);
        resync.seen(&order(1, Status::PartiallyFilled, 6.0, 4.0, 6));
        assert!(!resync.judge(&mut order(1, Status::PartiallyFilled, 6.0, 4.0, 6)));
        assert!(resync.finish().is_empty());
    }
}
