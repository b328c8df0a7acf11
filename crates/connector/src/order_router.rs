//! Whose order is which, and what its owner has been told.
//!
//! Bots name orders by an id of their own, unique per bot; venues know them by a handle that is
//! unique in this process. The router holds both, the state of each order, and who may touch it.

use std::collections::{HashMap, VecDeque};

use hbl_wire::TO_ALL;
use hftbacktest::types::{Order, Status};

use crate::venue::OrderReport;

/// What is known of the process behind a bot id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerState {
    /// It runs.
    Alive,
    /// It is gone, and its id was made up for that one run: others may take over its orders.
    Orphaned,
    /// It is gone, but may come back under the same id.
    Dead,
    /// hftbacktest's own bot, of which nothing can be known.
    Stock,
}

/// How many ended orders are remembered, to answer late requests.
const ENDED_MAX: usize = 4096;

/// An order that the router follows.
#[derive(Clone, Debug)]
struct Tracked {
    owner: u64,
    /// Updates go to everyone, as hftbacktest's connector sends them.
    broadcast: bool,
    symbol: u32,
    order: Order,
}

/// An update ready to be sent.
#[derive(Clone, Debug)]
pub struct Routed {
    /// Bot id, or [`TO_ALL`].
    pub to: u64,
    /// Index of the symbol.
    pub symbol: u32,
    /// The order as its owner has to see it.
    pub order: Order,
}

/// Follows the orders of all bots.
#[derive(Debug, Default)]
pub struct OrderRouter {
    tracked: HashMap<u64, Tracked>,
    by_id: HashMap<(u64, u32, u64), u64>,
    ended: VecDeque<u64>,
    last_handle: u64,
}

impl OrderRouter {
    /// Follows a new order and names its handle; `None` when the bot has an open order of this id.
    pub fn submit(
        &mut self,
        owner: u64,
        state: OwnerState,
        symbol: u32,
        order: &Order,
    ) -> Option<u64> {
        let key = (owner, symbol, order.order_id);
        let known = self
            .by_id
            .get(&key)
            .and_then(|handle| self.tracked.get(handle));
        if known.is_some_and(|tracked| !is_final(tracked.order.status)) {
            return None;
        }
        self.last_handle += 1;
        let mut order = order.clone();
        order.status = Status::None;
        order.req = Status::None;
        order.leaves_qty = order.qty;
        order.exec_qty = 0.0;
        order.exec_price_tick = 0;
        order.exch_timestamp = 0;
        let broadcast = state == OwnerState::Stock;
        self.tracked.insert(
            self.last_handle,
            Tracked {
                owner,
                broadcast,
                symbol,
                order,
            },
        );
        self.by_id.insert(key, self.last_handle);
        Some(self.last_handle)
    }

    /// The order that a bot means by an id. A stock bot also reaches orders of other stock bots: a
    /// restarted one has another id and must be able to cancel what it left.
    pub fn find(&self, owner: u64, state: OwnerState, symbol: u32, order_id: u64) -> Option<u64> {
        if let Some(handle) = self.by_id.get(&(owner, symbol, order_id)) {
            return Some(*handle);
        }
        if state != OwnerState::Stock {
            return None;
        }
        let is_same = |tracked: &Tracked| {
            tracked.broadcast && tracked.symbol == symbol && tracked.order.order_id == order_id
        };
        self.tracked
            .iter()
            .filter(|(_, tracked)| is_same(tracked))
            .map(|(handle, _)| *handle)
            .max()
    }

    /// The order as its owner knows it, with a later time, so that it can be told again.
    pub fn retell(&mut self, handle: u64, unix_ns: i64) -> Option<Routed> {
        let tracked = self.tracked.get_mut(&handle)?;
        tracked.order.exch_timestamp = next_time(&tracked.order, unix_ns);
        tracked.order.exec_qty = 0.0;
        tracked.order.exec_price_tick = 0;
        Some(tracked.routed())
    }

    /// Takes a report of the venue. `None` when the order is unknown or has ended before.
    pub fn apply(&mut self, report: &OrderReport) -> Option<Routed> {
        let tracked = self.tracked.get_mut(&report.handle)?;
        let order = &mut tracked.order;
        if is_final(order.status) {
            return None;
        }
        order.status = match report.status {
            Status::Rejected => Status::Expired,
            // An amended order is open like any other for hftbacktest.
            Status::Replaced if report.leaves_qty < report.qty => Status::PartiallyFilled,
            Status::Replaced => Status::New,
            status => status,
        };
        if report.price_tick != 0 {
            order.price_tick = report.price_tick;
        }
        if report.qty > 0.0 {
            order.qty = report.qty;
        }
        order.leaves_qty = report.leaves_qty;
        order.exec_qty = report.exec_qty;
        order.exec_price_tick = report.exec_price_tick;
        order.maker = report.maker;
        order.req = Status::None;
        order.exch_timestamp = next_time(order, report.exch_ts);
        let routed = tracked.routed();
        if is_final(routed.order.status) {
            self.end(report.handle);
        }
        Some(routed)
    }

    /// The open orders that a registering bot gets: its own, those of orphans (which become its own),
    /// and those of stock bots.
    pub fn orders_for(
        &mut self,
        bot: u64,
        symbol: u32,
        state_of: impl Fn(u64) -> OwnerState,
    ) -> Vec<Order> {
        let mut handles: Vec<u64> = self
            .tracked
            .iter()
            .filter(|(_, t)| t.symbol == symbol && is_open(t.order.status))
            .map(|(handle, _)| *handle)
            .collect();
        handles.sort_unstable();
        let takes_over = state_of(bot) == OwnerState::Alive;
        let mut orders = Vec::new();
        for handle in handles {
            let Some(tracked) = self.tracked.get_mut(&handle) else {
                continue;
            };
            let state = if tracked.owner == bot {
                OwnerState::Alive
            } else {
                state_of(tracked.owner)
            };
            let key = (bot, symbol, tracked.order.order_id);
            let included = tracked.owner == bot
                || tracked.broadcast
                || state == OwnerState::Orphaned && !self.by_id.contains_key(&key);
            if !included {
                continue;
            }
            if tracked.owner != bot && !tracked.broadcast && takes_over {
                self.by_id
                    .remove(&(tracked.owner, symbol, tracked.order.order_id));
                tracked.owner = bot;
                self.by_id.insert(key, handle);
            }
            let mut order = tracked.order.clone();
            order.exec_qty = 0.0;
            order.exec_price_tick = 0;
            orders.push(order);
        }
        orders
    }

    /// Handles of the open orders of a bot on a symbol, oldest first.
    pub fn open_of(&self, bot: u64, symbol: u32) -> Vec<u64> {
        let mut handles: Vec<u64> = self
            .tracked
            .iter()
            .filter(|(_, t)| t.owner == bot && t.symbol == symbol && !is_final(t.order.status))
            .map(|(handle, _)| *handle)
            .collect();
        handles.sort_unstable();
        handles
    }

    /// Handles of all open orders, oldest first.
    pub fn open(&self) -> Vec<u64> {
        let mut handles: Vec<u64> = self
            .tracked
            .iter()
            .filter(|(_, t)| !is_final(t.order.status))
            .map(|(handle, _)| *handle)
            .collect();
        handles.sort_unstable();
        handles
    }

    /// Whom to tell about an order (a bot, or [`TO_ALL`]), its symbol and its id there; `None` when
    /// it is not remembered.
    pub fn owner_of(&self, handle: u64) -> Option<(u64, u32, u64)> {
        let tracked = self.tracked.get(&handle)?;
        let to = if tracked.broadcast {
            TO_ALL
        } else {
            tracked.owner
        };
        Some((to, tracked.symbol, tracked.order.order_id))
    }

    /// The order behind a handle.
    pub fn order(&self, handle: u64) -> Option<&Order> {
        self.tracked.get(&handle).map(|tracked| &tracked.order)
    }

    fn end(&mut self, handle: u64) {
        self.ended.push_back(handle);
        if self.ended.len() > ENDED_MAX
            && let Some(oldest) = self.ended.pop_front()
            && let Some(tracked) = self.tracked.remove(&oldest)
        {
            let key = (tracked.owner, tracked.symbol, tracked.order.order_id);
            if self.by_id.get(&key) == Some(&oldest) {
                self.by_id.remove(&key);
            }
        }
    }
}

impl Tracked {
    fn routed(&self) -> Routed {
        let to = if self.broadcast { TO_ALL } else { self.owner };
        Routed {
            to,
            symbol: self.symbol,
            order: self.order.clone(),
        }
    }
}

/// True for the statuses after which a bot takes no further update.
pub fn is_final(status: Status) -> bool {
    matches!(status, Status::Filled | Status::Canceled | Status::Expired)
}

fn is_open(status: Status) -> bool {
    matches!(status, Status::New | Status::PartiallyFilled)
}

/// Bots ignore an update that is not newer than what they have.
fn next_time(order: &Order, exch_ts: i64) -> i64 {
    exch_ts.max(order.exch_timestamp + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hftbacktest::types::{OrdType, Side, TimeInForce};

    const BOT: u64 = 7;

    fn order(id: u64) -> Order {
        Order::new(
            id,
            100,
            0.1,
            2.0,
            Side::Buy,
            OrdType::Limit,
            TimeInForce::GTC,
        )
    }

    fn report(handle: u64, status: Status, exch_ts: i64) -> OrderReport {
        OrderReport {
            handle,
            status,
            price_tick: 0,
            qty: 0.0,
            leaves_qty: 2.0,
            exec_qty: 0.0,
            exec_price_tick: 0,
            maker: false,
            exch_ts,
            refusal: None,
        }
    }

    fn opened(router: &mut OrderRouter, owner: u64, state: OwnerState, id: u64) -> u64 {
        let handle = router.submit(owner, state, 0, &order(id)).unwrap();
        router.apply(&report(handle, Status::New, 10)).unwrap();
        handle
    }

    #[test]
    fn updates_go_to_the_owner_and_those_of_stock_bots_to_all() {
        let mut router = OrderRouter::default();
        let own = router.submit(BOT, OwnerState::Alive, 0, &order(1)).unwrap();
        assert_eq!(router.apply(&report(own, Status::New, 10)).unwrap().to, BOT);
        let stock = router.submit(8, OwnerState::Stock, 0, &order(1)).unwrap();
        assert_eq!(
            router.apply(&report(stock, Status::New, 10)).unwrap().to,
            TO_ALL
        );
    }

    #[test]
    fn an_open_id_cannot_be_used_twice_and_an_ended_one_can() {
        let mut router = OrderRouter::default();
        let first = opened(&mut router, BOT, OwnerState::Alive, 1);
        assert_eq!(router.submit(BOT, OwnerState::Alive, 0, &order(1)), None);
        assert!(
            router.submit(9, OwnerState::Alive, 0, &order(1)).is_some(),
            "another bot may"
        );
        router.apply(&report(first, Status::Canceled, 11)).unwrap();
        assert!(
            router
                .submit(BOT, OwnerState::Alive, 0, &order(1))
                .is_some()
        );
    }

    #[test]
    fn times_of_an_order_always_grow_and_no_request_is_pending() {
        let mut router = OrderRouter::default();
        let mut new = order(1);
        new.req = Status::New;
        let handle = router.submit(BOT, OwnerState::Alive, 0, &new).unwrap();
        let first = router
            .apply(&report(handle, Status::New, 50))
            .unwrap()
            .order;
        let second = router
            .apply(&report(handle, Status::PartiallyFilled, 40))
            .unwrap()
            .order;
        assert_eq!((first.exch_timestamp, second.exch_timestamp), (50, 51));
        assert_eq!(second.req, Status::None);
        assert_eq!(router.retell(handle, 0).unwrap().order.exch_timestamp, 52);
    }

    #[test]
    fn a_rejected_order_ends_as_expired_and_nothing_follows() {
        let mut router = OrderRouter::default();
        let handle = router.submit(BOT, OwnerState::Alive, 0, &order(1)).unwrap();
        let routed = router.apply(&report(handle, Status::Rejected, 10)).unwrap();
        assert_eq!(routed.order.status, Status::Expired);
        assert!(router.apply(&report(handle, Status::New, 11)).is_none());
    }

    #[test]
    fn an_amended_order_stays_open() {
        let mut router = OrderRouter::default();
        let handle = opened(&mut router, BOT, OwnerState::Alive, 1);
        let amended = OrderReport {
            price_tick: 120,
            qty: 5.0,
            leaves_qty: 5.0,
            ..report(handle, Status::Replaced, 20)
        };
        let order = router.apply(&amended).unwrap().order;
        assert_eq!(
            (order.status, order.price_tick, order.qty),
            (Status::New, 120, 5.0)
        );
        let partly = OrderReport {
            leaves_qty: 3.0,
            qty: 5.0,
            ..report(handle, Status::Replaced, 21)
        };
        assert_eq!(
            router.apply(&partly).unwrap().order.status,
            Status::PartiallyFilled
        );
    }

    #[test]
    fn orders_of_an_orphan_move_to_the_bot_that_registers() {
        let mut router = OrderRouter::default();
        opened(&mut router, 1, OwnerState::Alive, 11);
        opened(&mut router, 2, OwnerState::Alive, 12);
        opened(&mut router, 3, OwnerState::Stock, 13);
        opened(&mut router, 4, OwnerState::Alive, 14);
        opened(&mut router, BOT, OwnerState::Alive, 15);
        let state = |id| match id {
            1 => OwnerState::Orphaned,
            2 => OwnerState::Dead,
            3 => OwnerState::Stock,
            _ => OwnerState::Alive,
        };
        let ids = |orders: Vec<Order>| orders.iter().map(|o| o.order_id).collect::<Vec<_>>();
        assert_eq!(ids(router.orders_for(BOT, 0, state)), [11, 13, 15]);
        assert_eq!(ids(router.orders_for(BOT, 1, state)), [0u64; 0]);
        let handle = router.find(BOT, OwnerState::Alive, 0, 11).unwrap();
        assert_eq!(
            router
                .apply(&report(handle, Status::Canceled, 30))
                .unwrap()
                .to,
            BOT
        );
        assert_eq!(
            router.find(BOT, OwnerState::Alive, 0, 13),
            None,
            "a stock order stays shared"
        );
        assert!(router.find(99, OwnerState::Stock, 0, 13).is_some());
    }

    #[test]
    fn the_memory_of_ended_orders_is_bounded() {
        let mut router = OrderRouter::default();
        for id in 0..(ENDED_MAX as u64 + 50) {
            let handle = opened(&mut router, BOT, OwnerState::Alive, id);
            router.apply(&report(handle, Status::Canceled, 11)).unwrap();
        }
        assert_eq!(router.tracked.len(), ENDED_MAX);
        assert_eq!(router.by_id.len(), ENDED_MAX);
    }
}
