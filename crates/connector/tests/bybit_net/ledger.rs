//! The state of one symbol as a bot sees it, from messages alone.

use std::collections::BTreeMap;

use hbl_wire::ControlEvent;
use hftbacktest::types::{
    Event, LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT, LOCAL_BUY_TRADE_EVENT, Order, Status,
    TRADE_EVENT,
};

/// What is known of one order.
#[derive(Clone, Debug)]
pub struct Known {
    pub last: Order,
    /// Sum of the reported executions.
    pub filled: f64,
    pub fills: usize,
    pub statuses: Vec<Status>,
}

impl Known {
    pub fn has_ended(&self) -> bool {
        matches!(
            self.last.status,
            Status::Filled | Status::Canceled | Status::Expired
        )
    }
}

#[derive(Debug, Default)]
pub struct Ledger {
    tick: f64,
    /// Bids and asks: price in ticks to quantity.
    pub book: [BTreeMap<i64, f64>; 2],
    pub orders: BTreeMap<u64, Known>,
    pub position: f64,
    pub trades: Vec<(f64, f64, bool)>,
    pub sides: Vec<ControlEvent>,
    pub stale: bool,
    in_batch: bool,
    /// Violations that were seen, as text.
    pub faults: Vec<String>,
}

impl Ledger {
    pub fn new(tick: f64) -> Self {
        Self {
            tick,
            ..Self::default()
        }
    }

    pub fn batch(&mut self, start: bool) {
        self.in_batch = start;
        if !start {
            self.check_crossed();
        }
    }

    fn check_crossed(&mut self) {
        if let (Some(bid), Some(ask)) = (self.best(0), self.best(1))
            && bid >= ask
        {
            self.faults.push(format!("crossed book: {bid} {ask}"));
        }
    }

    /// Best price in ticks of a side, 0 the bids.
    pub fn best(&self, side: usize) -> Option<i64> {
        let mut ticks = self.book[side].keys();
        if side == 0 {
            ticks.next_back().copied()
        } else {
            ticks.next().copied()
        }
    }

    pub fn feed(&mut self, event: &Event) {
        if event.is(TRADE_EVENT) {
            let buy = event.is(LOCAL_BUY_TRADE_EVENT);
            self.trades.push((event.px, event.qty, buy));
            return;
        }
        let side = if event.is(LOCAL_BID_DEPTH_EVENT) {
            0
        } else if event.is(LOCAL_ASK_DEPTH_EVENT) {
            1
        } else {
            self.faults
                .push(format!("an event that bots ignore: {event:?}"));
            return;
        };
        #[expect(clippy::cast_possible_truncation, reason = "ticks")]
        let tick = (event.px / self.tick).round() as i64;
        if event.qty > 0.0 {
            self.book[side].insert(tick, event.qty);
        } else {
            self.book[side].remove(&tick);
        }
        if !self.in_batch {
            self.check_crossed();
        }
    }

    pub fn order(&mut self, order: &Order) {
        let known = self.orders.entry(order.order_id).or_insert_with(|| Known {
            last: Order {
                status: Status::None,
                exch_timestamp: 0,
                ..order.clone()
            },
            filled: 0.0,
            fills: 0,
            statuses: Vec::new(),
        });
        if known.has_ended() && (known.last.status != order.status || order.exec_qty > 0.0) {
            self.faults.push(format!("after its end: {order:?}"));
        }
        if order.exec_qty > 0.0 {
            known.filled += order.exec_qty;
            known.fills += 1;
        }
        if order.exch_timestamp < known.last.exch_timestamp {
            self.faults.push(format!("time runs back: {order:?}"));
        }
        if known.statuses.last() != Some(&order.status) {
            known.statuses.push(order.status);
        }
        known.last = order.clone();
    }

    pub fn side(&mut self, event: ControlEvent) {
        match &event {
            ControlEvent::FeedStale { .. } => self.stale = true,
            ControlEvent::FeedLive { .. } => self.stale = false,
            _ => {}
        }
        self.sides.push(event);
    }

    pub fn is(&self, id: u64, status: Status) -> bool {
        self.orders
            .get(&id)
            .is_some_and(|known| known.last.status == status)
    }

    /// Codes of the rejects and notices so far.
    pub fn codes(&self) -> Vec<i64> {
        let code = |event: &ControlEvent| match event {
            ControlEvent::Reject { code, .. }
            | ControlEvent::RegisterRefused { code, .. }
            | ControlEvent::Notice { code, .. } => Some(*code),
            _ => None,
        };
        self.sides.iter().filter_map(code).collect()
    }

    pub fn count(&self, is: impl Fn(&ControlEvent) -> bool) -> usize {
        self.sides.iter().filter(|event| is(event)).count()
    }
}

pub fn is_depth(event: &Event) -> bool {
    event.is(LOCAL_BID_DEPTH_EVENT) || event.is(LOCAL_ASK_DEPTH_EVENT)
}
