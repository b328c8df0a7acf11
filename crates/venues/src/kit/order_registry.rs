//! Registry of orders: the owner of each, its state, and which reports the owner has received.
//!
//! A bot names an order by an id of its own, unique per bot; a venue names it by a handle, unique in
//! this process. The registry maps both, and decides which bot may touch an order.

use std::collections::{HashMap, VecDeque};

use hbl_wire::TO_ALL;
use hftbacktest::types::{Order, Status};

use crate::kit::sizes::is_same;
use crate::kit::venue::{OrderReport, Recovered};
pub use tracked::{OrderState, Routed, is_final};
use tracked::{Tracked, is_open, next_time, orders_of};

mod tracked;

/// The state of the process behind a bot id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerState {
    /// It runs.
    Alive,
    /// It runs and is read-only: it gets no orders of other bots.
    ReadOnly,
    /// It is gone, and its id was made up for that one process: others may take over its orders.
    Orphaned,
    /// It is gone, but may come back under the same id.
    Dead,
    /// An upstream bot: hftbacktest's own, which shows no sign of life.
    Upstream,
}

/// How many ended orders are remembered, to answer late requests.
const ENDED_MAX: usize = 4096;
/// Most ended orders in the answer to a registration, the newest ones. Venues have fewer open
/// orders of one symbol, so any order that ended while its bot was away is among them.
const ENDED_REPORTED_MAX: usize = 512;

/// The registry's knowledge of an order that a bot asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It has a state.
    State(u64),
    /// It is followed, and the venue has not answered.
    Pending,
    /// Its past has to be reported first, with the answer to its owner's registration.
    Unreported,
    /// It ended and was forgotten, or never came.
    Ended,
    /// This run never got it.
    Never,
    /// It is not followed here, or for another bot.
    Not,
}

/// Follows the orders of all bots.
#[derive(Debug, Default)]
pub struct OrderRegistry {
    tracked: HashMap<u64, Tracked>,
    by_id: HashMap<(u64, u32, u64), u64>,
    ended: VecDeque<u64>,
    /// Per bot, when the newest of its orders that were forgotten was sent: all of them had ended.
    forgotten: HashMap<u64, i64>,
    last_handle: u64,
}

impl OrderRegistry {
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
        let broadcast = state == OwnerState::Upstream;
        self.tracked.insert(
            self.last_handle,
            Tracked {
                owner,
                broadcast,
                symbol,
                order,
                past: VecDeque::new(),
                is_reported: true,
                wanted: None,
            },
        );
        self.by_id.insert(key, self.last_handle);
        Some(self.last_handle)
    }

    /// Follows an order of a previous session. `None` when it is followed already.
    pub fn recover(&mut self, recovered: &Recovered) -> Option<Routed> {
        if self.tracked.contains_key(&recovered.handle) {
            return None;
        }
        let (order, past) = orders_of(recovered);
        let tracked = Tracked {
            owner: recovered.owner,
            broadcast: recovered.is_upstream,
            symbol: recovered.symbol,
            order,
            past,
            // Upstream bots take no past states.
            is_reported: recovered.is_upstream,
            wanted: None,
        };
        let routed = tracked.routed();
        let key = (recovered.owner, recovered.symbol, recovered.order_id);
        self.tracked.insert(recovered.handle, tracked);
        let is_open = |handle: &u64| {
            let known = self.tracked.get(handle);
            known.is_some_and(|tracked| !is_final(tracked.order.status))
        };
        // An id belongs to the open order that has it.
        let is_taken = self.by_id.get(&key).is_some_and(is_open);
        if !is_taken || !is_final(routed.order.status) {
            self.by_id.insert(key, recovered.handle);
        }
        if is_final(routed.order.status) {
            self.end(recovered.handle);
        }
        Some(routed)
    }

    /// Marks an order as reported to its owner.
    pub fn mark_reported(&mut self, handle: u64) {
        if let Some(tracked) = self.tracked.get_mut(&handle) {
            tracked.is_reported = true;
        }
    }

    /// The order that a bot means by an id. An upstream bot also reaches orders of other upstream bots: a
    /// restarted one has another id and must be able to cancel what it left.
    pub fn find(&self, owner: u64, state: OwnerState, symbol: u32, order_id: u64) -> Option<u64> {
        if let Some(handle) = self.by_id.get(&(owner, symbol, order_id)) {
            return Some(*handle);
        }
        if state != OwnerState::Upstream {
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

    /// The state of an order that `bot` asks for. `sent_ts` says when it was sent, Unix
    /// nanoseconds, and distinguishes it from an older one of its id; 0: a report has reached the bot.
    pub fn known(
        &self,
        (bot, state): (u64, OwnerState),
        symbol: u32,
        order_id: u64,
        (sent_ts, to_this_run): (i64, bool),
    ) -> Known {
        let handle = self.find(bot, state, symbol, order_id);
        let found = handle.and_then(|handle| Some((handle, self.tracked.get(&handle)?)));
        if let Some((handle, tracked)) = found.filter(|(_, tracked)| tracked.is_of(sent_ts)) {
            return match tracked.order.status {
                Status::None => Known::Pending,
                _ if !tracked.is_reported => Known::Unreported,
                _ => Known::State(handle),
            };
        }
        if !to_this_run || self.is_of_another(bot, symbol, order_id, sent_ts) {
            return Known::Not;
        }
        match self.forgotten.get(&bot) {
            Some(newest) if sent_ts == 0 || *newest >= sent_ts => Known::Ended,
            _ if sent_ts == 0 => Known::Not,
            _ => Known::Never,
        }
    }

    /// True when an open order of this id is followed for another bot: it may have been taken over.
    pub fn is_of_another(&self, bot: u64, symbol: u32, order_id: u64, sent_ts: i64) -> bool {
        self.tracked.values().any(|tracked| {
            tracked.symbol == symbol
                && tracked.order.order_id == order_id
                && tracked.owner != bot
                && !is_final(tracked.order.status)
                && tracked.is_of(sent_ts)
        })
    }

    /// Ids of the bot's orders on a symbol that the venue has not answered, oldest first.
    pub fn pending_of(&self, bot: u64, symbol: u32) -> Vec<u64> {
        let is_meant = |(_, t): &(&u64, &Tracked)| {
            t.owner == bot && t.symbol == symbol && t.order.status == Status::None
        };
        let mut pending: Vec<_> = self.tracked.iter().filter(is_meant).collect();
        pending.sort_unstable_by_key(|(handle, _)| **handle);
        pending.into_iter().map(|(_, t)| t.order.order_id).collect()
    }

    /// An amendment goes out with these terms, or (`None`) a cancellation.
    pub fn ask_terms(&mut self, handle: u64, terms: Option<(i64, f64)>) {
        if let Some(tracked) = self.tracked.get_mut(&handle) {
            tracked.wanted = terms;
        }
    }

    /// True when the order has the terms of the last amendment, which therefore arrived, whatever
    /// is said of the request afterwards.
    pub fn has_wanted_terms(&self, handle: u64) -> bool {
        self.tracked.get(&handle).is_some_and(|tracked| {
            let order = &tracked.order;
            tracked.wanted.is_some_and(|(price_tick, qty)| {
                price_tick == order.price_tick && is_same(order.qty, qty)
            })
        })
    }

    /// The order as its owner knows it, with a later time, so that it can be reported again; not to be
    /// sent while the venue has not answered.
    pub fn report_again(&mut self, handle: u64, unix_ns: i64) -> Option<Routed> {
        let tracked = self.tracked.get_mut(&handle)?;
        if tracked.order.status == Status::None {
            // On its way: it has no state, and a bot that gets this one takes the order for not open.
            return Some(Routed {
                is_reported: false,
                ..tracked.routed()
            });
        }
        tracked.order.exch_timestamp = next_time(&tracked.order, unix_ns);
        tracked.order.exec_qty = 0.0;
        tracked.order.exec_price_tick = 0;
        Some(tracked.routed())
    }

    /// Takes a report of the venue. `None` when the order is unknown or has ended before.
    pub fn apply(&mut self, report: &OrderReport) -> Option<Routed> {
        let tracked = self.tracked.get_mut(&report.handle)?;
        tracked.amend_past(report.qty);
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
        let mut routed = tracked.routed();
        routed.details = report.details.clone().filter(|_| report.exec_qty > 0.0);
        if !tracked.is_reported || report.exec_qty > 0.0 {
            tracked.remember(OrderState {
                order: routed.order.clone(),
                details: routed.details.clone(),
            });
        }
        if is_final(routed.order.status) {
            self.end(report.handle);
        }
        Some(routed)
    }

    /// The orders for the answer to a registration: the bot's own open orders, those of orphans (which
    /// become its own, unless it is read-only), and those of upstream bots. For any other than an
    /// upstream bot, reports that it may have missed come first: its orders that have ended, newest
    /// last, and each execution of recovered orders. Every update carries the open quantity, so a bot
    /// applies only what is new to it.
    pub fn orders_for(
        &mut self,
        bot: u64,
        symbol: u32,
        state_of: impl Fn(u64) -> OwnerState,
    ) -> Vec<OrderState> {
        let mut handles: Vec<u64> = self
            .tracked
            .iter()
            .filter(|(_, t)| t.symbol == symbol && is_open(t.order.status))
            .map(|(handle, _)| *handle)
            .collect();
        handles.sort_unstable();
        let registering = state_of(bot);
        let may_trade = registering != OwnerState::ReadOnly;
        let takes_over = matches!(registering, OwnerState::Alive | OwnerState::ReadOnly);
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
                || may_trade && state == OwnerState::Orphaned && !self.by_id.contains_key(&key);
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
                tracked.is_reported = true;
            }
            if takes_over && tracked.owner == bot {
                orders.extend(tracked.past.iter().cloned());
            }
            orders.push(tracked.without_execution());
        }
        orders
    }

    /// The orders of a bot that have ended, the one that ended last at the end, each with what its
    /// executions made of it. Of orders that had the same id only the last one counts.
    fn ended_of(&mut self, bot: u64, symbol: u32) -> Vec<OrderState> {
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
            .take(ENDED_REPORTED_MAX)
            .copied()
            .collect();
        handles.reverse();
        let mut orders = Vec::new();
        for handle in &handles {
            let Some(tracked) = self.tracked.get_mut(handle) else {
                continue;
            };
            tracked.is_reported = true;
            orders.extend(tracked.past.iter().cloned());
            orders.push(tracked.without_execution());
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

    /// The receiver of reports about an order (a bot, or [`TO_ALL`]), its symbol and its id there; `None` when
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
            let sent_ts = tracked.order.local_timestamp;
            let newest = self.forgotten.entry(tracked.owner).or_insert(sent_ts);
            *newest = sent_ts.max(*newest);
            let key = (tracked.owner, tracked.symbol, tracked.order.order_id);
            if self.by_id.get(&key) == Some(&oldest) {
                self.by_id.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests;
