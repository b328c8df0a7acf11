//! All orders that are followed, found by handle, by `orderLinkId` and by the venue's id.
//!
//! Reports and executions are applied here. `order_queries` asks for orders whose state is
//! unconfirmed, `recovered` takes in orders of previous sessions.

use std::collections::{HashMap, HashSet, VecDeque};

use hftbacktest::types::{Side, Status};

use crate::bybit::frames::execution::Fill;
use crate::bybit::frames::order::OrderUpdate;
use crate::bybit::orders::followed_order::FollowedOrder;
use crate::bybit::orders::venue_order::{FillEffect, VenueOrder};
use crate::kit::codes;
use crate::kit::notice::Notice;
use crate::kit::venue::{Reject, VenueEvent};

/// How long executions may lag behind the order's own report.
pub(super) const FILLS_NS: u64 = 3_000_000_000;
/// Executions kept whose order is not known yet.
const ORPHANS_MAX: usize = 1024;
/// Ended orders kept for late reports.
const ENDED_MAX: usize = 4096;

/// All orders that are followed: those of this session, and those recovered from previous ones.
#[derive(Debug, Default)]
pub struct OrderTable {
    pub(super) entries: HashMap<u64, FollowedOrder>,
    /// Every order with a time to ask at, and some that had one: a message must not cost a look at
    /// all orders of the past.
    pub(super) asked: HashSet<u64>,
    by_link: HashMap<String, u64>,
    by_venue_id: HashMap<String, u64>,
    orphans: VecDeque<Fill>,
    ended: VecDeque<u64>,
    /// Orders whose end was not reported.
    open: usize,
    /// Orders of previous sessions so far.
    pub(super) recovered: u64,
    /// Nothing is asked before this.
    pub(super) asks_from: u64,
}

impl OrderTable {
    /// Follows an order from now on.
    pub fn insert(&mut self, now: u64, order: VenueOrder) {
        let handle = order.handle;
        self.by_link.insert(order.link_id.clone(), handle);
        self.open += 1;
        let entry = FollowedOrder::new(now, order);
        self.entries.insert(handle, entry);
    }

    /// A new order was sent just now: when the venue does not have it by then, it never arrived.
    pub fn sent(&mut self, handle: u64, arrives_by: u64) {
        if let Some(entry) = self.entries.get_mut(&handle) {
            entry.arrives_by = arrives_by;
        }
    }

    /// An amendment was asked for: price in ticks and total quantity.
    pub fn wants(&mut self, handle: u64, terms: (i64, f64)) {
        if let Some(entry) = self.entries.get_mut(&handle) {
            entry.wanted = Some(terms);
        }
    }

    /// The order behind a handle.
    pub fn get(&self, handle: u64) -> Option<&VenueOrder> {
        self.entries.get(&handle).map(|entry| &entry.order)
    }

    /// The handle of the order with this `orderLinkId`.
    pub fn by_link(&self, link_id: &str) -> Option<u64> {
        self.by_link.get(link_id).copied()
    }

    /// The handle of the order with this `orderLinkId`, or else with this id of the venue.
    pub fn find(&self, link_id: &str, order_id: &str) -> Option<u64> {
        let by_venue = || self.by_venue_id.get(order_id).copied();
        self.by_link(link_id).or_else(by_venue)
    }

    /// Handles of the orders whose end was not reported, ascending.
    pub fn open(&self) -> Vec<u64> {
        let open = self.entries.iter().filter(|(_, e)| !e.order.has_ended());
        let mut handles: Vec<u64> = open.map(|(handle, _)| *handle).collect();
        handles.sort_unstable();
        handles
    }

    /// True when the end of any order was not reported.
    pub fn has_open(&self) -> bool {
        self.open > 0
    }

    /// True when the order is followed and its end was not reported.
    pub fn is_open(&self, handle: u64) -> bool {
        self.get(handle).is_some_and(|order| !order.has_ended())
    }

    /// The quantity that open orders of one side may still fill on one leg of a position.
    pub fn open_qty(&self, symbol: u32, side: Side, position_idx: usize) -> f64 {
        let open = self.entries.values().map(|entry| &entry.order);
        let open = open.filter(|order| !order.has_ended() && order.symbol == symbol);
        open.filter(|order| order.side == side && order.position_idx == position_idx)
            .map(VenueOrder::leaves_qty)
            .sum()
    }

    /// Sets the leg of the position that an order is on.
    pub fn set_position_idx(&mut self, handle: u64, position_idx: i64) {
        if let Some(entry) = self.entries.get_mut(&handle) {
            let idx = usize::try_from(position_idx);
            entry.order.position_idx = idx.unwrap_or(entry.order.position_idx);
        }
    }

    /// Takes a report about an order. False when it is not followed here.
    pub fn on_order(&mut self, now: u64, update: &OrderUpdate, out: &mut Vec<VenueEvent>) -> bool {
        let Some(handle) = self.find(&update.link_id, &update.order_id) else {
            return false;
        };
        let Some(entry) = self.entries.get_mut(&handle) else {
            return false;
        };
        let had_ended = entry.order.has_ended();
        let mut unreported = Vec::new();
        let reports = match entry.gathered {
            Some(_) => &mut unreported,
            None => &mut *out,
        };
        entry.unread = None;
        entry.unread_times = 0;
        entry.order.on_order(update, reports);
        if !entry.order.lacks_fills() {
            if !entry.until_answered && !entry.wants_fills {
                entry.ask_at = None;
            }
        } else {
            entry.ask_at.get_or_insert(now + FILLS_NS);
            self.asked.insert(handle);
        }
        self.learn(&update.order_id, handle, out);
        self.note_end(handle, had_ended);
        true
    }

    /// A report or an answer about an order cannot be read: the order is there, so it is asked for
    /// again, the later the more often that happened. True when `text` is news.
    pub fn unreadable(&mut self, now: u64, handle: u64, text: &str) -> bool {
        let Some(entry) = self.entries.get_mut(&handle) else {
            return false;
        };
        if entry.order.has_ended() {
            return false;
        }
        entry.order.was_shown();
        entry.misses = 0;
        entry.reject = None;
        entry.until_answered = true;
        entry.ask_at = Some(now + entry.next_try());
        self.asked.insert(handle);
        entry.is_news(text)
    }

    /// An execution of an order cannot be read: its executions are asked for again. True when `text`
    /// is news.
    pub fn unreadable_fill(&mut self, now: u64, handle: u64, text: &str) -> bool {
        let Some(entry) = self.entries.get_mut(&handle) else {
            return false;
        };
        entry.order.was_shown();
        if !entry.order.has_ended() {
            entry.wants_fills = true;
            entry.ask_at = Some(now + entry.next_try());
            self.asked.insert(handle);
        }
        entry.is_news(text)
    }

    /// Takes an execution; returns its order and the effect. It is kept when its order is not known
    /// yet.
    pub fn on_fill(&mut self, fill: &Fill, out: &mut Vec<VenueEvent>) -> Option<(u64, FillEffect)> {
        let by_link = self.by_link.get(&fill.link_id);
        let Some(handle) = by_link.or(self.by_venue_id.get(&fill.order_id)).copied() else {
            if self.orphans.len() == ORPHANS_MAX {
                self.orphans.pop_front();
            }
            self.orphans.push_back(fill.clone());
            return None;
        };
        let effect = self.fill(handle, fill, out);
        self.learn(&fill.order_id, handle, out);
        effect.map(|effect| (handle, effect))
    }

    fn fill(&mut self, handle: u64, fill: &Fill, out: &mut Vec<VenueEvent>) -> Option<FillEffect> {
        let entry = self.entries.get_mut(&handle)?;
        let had_ended = entry.order.has_ended();
        let mut unreported = Vec::new();
        let reports = match entry.gathered {
            Some(_) => &mut unreported,
            None => &mut *out,
        };
        let effect = entry.order.on_fill(fill, reports);
        if let Some(gathered) = &mut entry.gathered {
            if effect == FillEffect::Counted {
                gathered.fills.push(fill.clone());
            }
        } else if effect == FillEffect::Late {
            let text = format!("{} came after the end of its order", fill.exec_id);
            let notice = Notice::of(codes::LATE_FILL, text);
            out.push(VenueEvent::OrderNotice { handle, notice });
        }
        if !entry.order.lacks_fills() && !entry.until_answered && !entry.wants_fills {
            entry.ask_at = None;
        }
        self.note_end(handle, had_ended);
        Some(effect)
    }

    /// The venue's id of an order has become known: executions that waited for it are applied.
    pub(super) fn learn(&mut self, order_id: &str, handle: u64, out: &mut Vec<VenueEvent>) {
        if order_id.is_empty() || self.by_venue_id.contains_key(order_id) {
            return;
        }
        self.by_venue_id.insert(order_id.to_owned(), handle);
        if self.orphans.iter().any(|fill| fill.order_id == order_id) {
            let (ours, others) = std::mem::take(&mut self.orphans)
                .into_iter()
                .partition(|fill| fill.order_id == order_id);
            self.orphans = others;
            let ours: VecDeque<Fill> = ours;
            for fill in ours {
                self.fill(handle, &fill, out);
            }
        }
    }

    /// The venue rejected the order: it does not live.
    pub fn refused(&mut self, handle: u64, reject: Reject, out: &mut Vec<VenueEvent>) {
        if let Some(entry) = self.entries.get_mut(&handle) {
            let had_ended = entry.order.has_ended();
            entry.order.end_as(Status::Rejected, Some(reject), out);
            self.note_end(handle, had_ended);
        }
    }

    pub(super) fn note_end(&mut self, handle: u64, had_ended: bool) {
        let Some(entry) = self.entries.get_mut(&handle) else {
            return;
        };
        if had_ended || !entry.order.has_ended() {
            return;
        }
        entry.ask_at = None;
        entry.request = None;
        self.open = self.open.saturating_sub(1);
        self.ended.push_back(handle);
        if self.ended.len() > ENDED_MAX
            && let Some(oldest) = self.ended.pop_front()
            && let Some(entry) = self.entries.remove(&oldest)
        {
            self.by_link.remove(&entry.order.link_id);
            if let Some(id) = entry.order.order_id {
                self.by_venue_id.remove(&id);
            }
        }
    }
}

#[cfg(test)]
#[path = "order_table_tests.rs"]
mod tests;
