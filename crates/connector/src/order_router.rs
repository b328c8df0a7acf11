//! Whose order is which, and what its owner has been told.
//!
//! Bots name orders by an id of their own, unique per bot; venues know them by a handle that is
//! unique in this process. The router holds both, the state of each order, and who may touch it.

use std::collections::{HashMap, VecDeque};

use hbl_wire::TO_ALL;
use hftbacktest::types::{Order, Status};

use crate::venue::{Adopted, OrderReport};

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
/// How many ended orders a registering bot is told of, the newest ones. Venues have fewer open
/// orders of one symbol, so whatever ended while nobody listened is among them.
const ENDED_TOLD_MAX: usize = 512;

/// An order that the router follows.
#[derive(Clone, Debug)]
struct Tracked {
    owner: u64,
    /// Updates go to everyone, as hftbacktest's connector sends them.
    broadcast: bool,
    symbol: u32,
    order: Order,
    /// What the order was after each execution of an earlier run, and after each report since
    /// while its owner was not told of it, oldest first.
    past: Vec<Order>,
    /// Its owner knows what this run knows of it. False for an order of an earlier run until the
    /// answer to its owner's registration: an update that came before that answer would be newer
    /// than what the answer tells, and the fills made meanwhile would be taken for old ones.
    told: bool,
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
    /// False: not to be sent, the answer to its owner's registration will tell it.
    pub told: bool,
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
                past: Vec::new(),
                told: true,
            },
        );
        self.by_id.insert(key, self.last_handle);
        Some(self.last_handle)
    }

    /// Takes in an order of an earlier run. `None` when it was taken in before.
    pub fn adopt(&mut self, adopted: &Adopted) -> Option<Routed> {
        if self.tracked.contains_key(&adopted.handle) {
            return None;
        }
        let (order, past) = orders_of(adopted);
        let tracked = Tracked {
            owner: adopted.owner,
            broadcast: false,
            symbol: adopted.symbol,
            order,
            past,
            told: false,
        };
        let routed = tracked.routed();
        let key = (adopted.owner, adopted.symbol, adopted.order_id);
        self.tracked.insert(adopted.handle, tracked);
        let is_open = |handle: &u64| {
            let known = self.tracked.get(handle);
            known.is_some_and(|tracked| !is_final(tracked.order.status))
        };
        // An id belongs to the open order that has it.
        let is_taken = self.by_id.get(&key).is_some_and(is_open);
        if !is_taken || !is_final(routed.order.status) {
            self.by_id.insert(key, adopted.handle);
        }
        if is_final(routed.order.status) {
            self.end(adopted.handle);
        }
        Some(routed)
    }

    /// The owner of an order of an earlier run has been told of it.
    pub fn was_told(&mut self, handle: u64) {
        if let Some(tracked) = self.tracked.get_mut(&handle) {
            tracked.told = true;
        }
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
        if !tracked.told {
            tracked.past.push(routed.order.clone());
        }
        if is_final(routed.order.status) {
            self.end(report.handle);
        }
        Some(routed)
    }

    /// What a registering bot is told: the open orders that are its own, those of orphans (which
    /// become its own), and those of stock bots. A bot of ours is told before them what it may not
    /// have heard: its orders that have ended, newest last, and each execution of orders of earlier
    /// runs. Every update says how much is left, so a bot takes from it what it does not know yet.
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
        let mut orders = if takes_over {
            self.ended_of(bot, symbol)
        } else {
            Vec::new()
        };
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
                tracked.past.clear();
                self.by_id.insert(key, handle);
            }
            if tracked.owner == bot {
                tracked.told = true;
            }
            if takes_over && tracked.owner == bot {
                orders.extend(tracked.past.iter().cloned());
            }
            let mut order = tracked.order.clone();
            order.exec_qty = 0.0;
            order.exec_price_tick = 0;
            orders.push(order);
        }
        orders
    }

    /// The orders of a bot that have ended, the one that ended last at the end, each with what its
    /// executions made of it. Of orders that had the same id only the last one counts.
    fn ended_of(&self, bot: u64, symbol: u32) -> Vec<Order> {
        let is_meant = |handle: &&u64| {
            self.tracked.get(handle).is_some_and(|tracked| {
                let key = (bot, symbol, tracked.order.order_id);
                tracked.owner == bot
                    && tracked.symbol == symbol
                    && !tracked.broadcast
                    && self.by_id.get(&key) == Some(*handle)
            })
        };
        let mut handles: Vec<u64> = self
            .ended
            .iter()
            .rev()
            .filter(is_meant)
            .take(ENDED_TOLD_MAX)
            .copied()
            .collect();
        handles.reverse();
        let mut orders = Vec::new();
        for tracked in handles.iter().filter_map(|handle| self.tracked.get(handle)) {
            orders.extend(tracked.past.iter().cloned());
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
            told: self.told,
        }
    }
}

/// An adopted order as it is, and what it was after each of its executions.
fn orders_of(adopted: &Adopted) -> (Order, Vec<Order>) {
    let mut order = Order::new(
        adopted.order_id,
        adopted.price_tick,
        adopted.tick_size,
        adopted.qty,
        adopted.side,
        adopted.order_type,
        adopted.time_in_force,
    );
    let told: f64 = adopted.fills.iter().map(|fill| fill.qty).sum();
    // What is filled beyond the known executions was filled before them.
    let mut leaves_qty = adopted.leaves_qty + told;
    let mut past = Vec::with_capacity(adopted.fills.len());
    order.status = Status::PartiallyFilled;
    for fill in &adopted.fills {
        leaves_qty -= fill.qty;
        order.leaves_qty = leaves_qty;
        order.exec_qty = fill.qty;
        order.exec_price_tick = fill.price_tick;
        order.maker = fill.maker;
        order.exch_timestamp = next_time(&order, fill.exch_ts);
        past.push(order.clone());
    }
    order.status = adopted.status;
    order.leaves_qty = adopted.leaves_qty;
    order.exec_qty = 0.0;
    order.exec_price_tick = 0;
    order.exch_timestamp = next_time(&order, adopted.exch_ts);
    (order, past)
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
#[path = "order_router_tests.rs"]
mod tests;
