//! All orders that are followed, and which of them have to be asked for.
//!
//! An order is *in doubt* when its fate is unknown: the answer to its creation is ambiguous or did
//! not come, a cancellation found nothing, a fill is missing. Then the venue is asked by
//! `orderLinkId` until it is known. Nothing is ever sent a second time.

mod earlier;

use std::collections::{HashMap, HashSet, VecDeque};

use hftbacktest::types::{Side, Status};

use self::earlier::Earlier;
use super::codes;
use super::frames::execution::Fill;
use super::frames::order::OrderUpdate;
use super::venue_order::{FillEffect, VenueOrder};
use crate::venue::{Refusal, VenueEvent};

const SECOND_NS: u64 = 1_000_000_000;
/// How long the venue may take to tell of an accepted order.
const SHOW_NS: u64 = 5 * SECOND_NS;
/// How long executions may lag behind the order's own report.
const FILLS_NS: u64 = 3 * SECOND_NS;
/// An answer to a question that takes longer is asked for again.
const ANSWER_NS: u64 = 10 * SECOND_NS;
/// An order that the venue does not have this long after it was sent cannot arrive any more: it is
/// past the receive window.
const ARRIVAL_NS: u64 = 15 * SECOND_NS;
/// The same for an order that the venue has answered with "too many requests": it is not under way.
const REFUSED_NS: u64 = 3 * SECOND_NS;
const MISSES_MIN: u32 = 3;
/// Orders asked for at once, and the pause before the next ones: questions have a quota as well.
const ASKS_MAX: usize = 10;
const ASKS_PAUSE_NS: u64 = SECOND_NS / 4;
/// A question that the venue refused or lost is asked again after this long.
const ASK_AGAIN_NS: u64 = SECOND_NS;
/// Executions kept whose order is not known yet.
const ORPHANS_MAX: usize = 1024;
/// Ended orders kept for late reports.
const ENDED_MAX: usize = 4096;

/// A question to the venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The order.
    pub handle: u64,
    /// Its symbol.
    pub symbol: u32,
    /// Its id.
    pub link_id: String,
    /// True: its executions; false: the order itself.
    pub executions: bool,
    /// Page of the executions; `None`: the first.
    pub cursor: Option<String>,
    /// Pages before this one.
    pub pages: u32,
}

impl Ask {
    /// The same question, for the next page.
    pub fn next_page(&self, cursor: String) -> Self {
        Self {
            cursor: Some(cursor),
            pages: self.pages + 1,
            ..self.clone()
        }
    }
}

#[derive(Debug)]
struct Entry {
    order: VenueOrder,
    /// When an order that the venue does not have cannot arrive any more.
    arrives_by: u64,
    /// What the venue said of an order that it most likely did not take.
    refusal: Option<Refusal>,
    /// When to ask next, while in doubt.
    ask_at: Option<u64>,
    /// Only an answer to the question ends the doubt: reports that come by themselves may be old.
    until_answered: bool,
    misses: u32,
    /// A cancellation or amendment whose fate is unknown.
    request: Option<Refusal>,
    fills_asked: u32,
    /// Executions have to be read even though none is known to lack.
    wants_fills: bool,
    /// Of an earlier run, and not told yet: nothing about it is told.
    earlier: Option<Earlier>,
}

/// All orders that are followed: those of this run, and those of earlier ones that were taken over.
#[derive(Debug, Default)]
pub struct OrderTable {
    entries: HashMap<u64, Entry>,
    /// Every order with a time to ask at, and some that had one: so that nobody looks through all
    /// orders of the past for each message.
    asked: HashSet<u64>,
    by_link: HashMap<String, u64>,
    by_venue_id: HashMap<String, u64>,
    orphans: VecDeque<Fill>,
    ended: VecDeque<u64>,
    /// Orders of earlier runs so far.
    adopted: u64,
    /// Nothing is asked before this.
    asks_from: u64,
}

impl OrderTable {
    /// Follows an order from now on.
    pub fn insert(&mut self, now: u64, order: VenueOrder) {
        let handle = order.handle;
        self.by_link.insert(order.link_id.clone(), handle);
        let entry = Entry {
            order,
            arrives_by: now + ARRIVAL_NS,
            refusal: None,
            ask_at: None,
            until_answered: false,
            misses: 0,
            request: None,
            fills_asked: 0,
            wants_fills: false,
            earlier: None,
        };
        self.entries.insert(handle, entry);
    }

    /// The order behind a handle.
    pub fn get(&self, handle: u64) -> Option<&VenueOrder> {
        self.entries.get(&handle).map(|entry| &entry.order)
    }

    /// The handle of an id of ours.
    pub fn by_link(&self, link_id: &str) -> Option<u64> {
        self.by_link.get(link_id).copied()
    }

    /// Handles of the orders whose end was not told, ascending.
    pub fn open(&self) -> Vec<u64> {
        let open = self.entries.iter().filter(|(_, e)| !e.order.has_ended());
        let mut handles: Vec<u64> = open.map(|(handle, _)| *handle).collect();
        handles.sort_unstable();
        handles
    }

    /// True when the order is followed and its end was not told.
    pub fn is_open(&self, handle: u64) -> bool {
        self.get(handle).is_some_and(|order| !order.has_ended())
    }

    /// Lots that open orders of one side may still fill on one leg of a position.
    pub fn open_lots(&self, symbol: u32, side: Side, position_idx: usize) -> i64 {
        let open = self.entries.values().map(|entry| &entry.order);
        let open = open.filter(|order| !order.has_ended() && order.symbol == symbol);
        open.filter(|order| order.side == side && order.position_idx == position_idx)
            .map(VenueOrder::leaves_lots)
            .sum()
    }

    /// The venue has told which leg an order is on.
    pub fn set_position_idx(&mut self, handle: u64, position_idx: i64) {
        if let Some(entry) = self.entries.get_mut(&handle) {
            let idx = usize::try_from(position_idx);
            entry.order.position_idx = idx.unwrap_or(entry.order.position_idx);
        }
    }

    /// Takes a report about an order. False when it is not followed here.
    pub fn on_order(&mut self, now: u64, update: &OrderUpdate, out: &mut Vec<VenueEvent>) -> bool {
        let by_venue = || self.by_venue_id.get(&update.order_id).copied();
        let Some(handle) = self.by_link(&update.link_id).or_else(by_venue) else {
            return false;
        };
        let Some(entry) = self.entries.get_mut(&handle) else {
            return false;
        };
        let had_ended = entry.order.has_ended();
        let mut silence = Vec::new();
        let told = match entry.earlier {
            Some(_) => &mut silence,
            None => &mut *out,
        };
        entry.order.on_order(update, told);
        if !entry.order.lacks_fills() {
            if !entry.until_answered {
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

    /// Takes an execution. It is kept when its order is not known yet.
    pub fn on_fill(&mut self, fill: &Fill, out: &mut Vec<VenueEvent>) {
        let by_link = self.by_link.get(&fill.link_id);
        let Some(handle) = by_link.or(self.by_venue_id.get(&fill.order_id)).copied() else {
            if self.orphans.len() == ORPHANS_MAX {
                self.orphans.pop_front();
            }
            self.orphans.push_back(fill.clone());
            return;
        };
        self.fill(handle, fill, out);
        self.learn(&fill.order_id, handle, out);
    }

    fn fill(&mut self, handle: u64, fill: &Fill, out: &mut Vec<VenueEvent>) {
        let Some(entry) = self.entries.get_mut(&handle) else {
            return;
        };
        let had_ended = entry.order.has_ended();
        let mut silence = Vec::new();
        let told = match entry.earlier {
            Some(_) => &mut silence,
            None => &mut *out,
        };
        let effect = entry.order.on_fill(fill, told);
        if let Some(earlier) = &mut entry.earlier {
            if effect == FillEffect::Counted {
                earlier.fills.push(fill.clone());
            }
        } else if effect == FillEffect::Late {
            let text = format!("{} came after the end of its order", fill.exec_id);
            let code = codes::LATE_FILL;
            let notice = Refusal { code, text };
            out.push(VenueEvent::OrderNotice { handle, notice });
        }
        if !entry.order.lacks_fills() && !entry.until_answered {
            entry.ask_at = None;
        }
        self.note_end(handle, had_ended);
    }

    /// The venue's id of an order has become known: executions that waited for it are applied.
    fn learn(&mut self, order_id: &str, handle: u64, out: &mut Vec<VenueEvent>) {
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

    /// The venue accepted the order; it will tell of it, or is asked.
    pub fn accepted(&mut self, now: u64, handle: u64, order_id: &str, out: &mut Vec<VenueEvent>) {
        self.learn(order_id, handle, out);
        if let Some(entry) = self.entries.get_mut(&handle)
            && !entry.order.is_known()
        {
            entry.ask_at = Some(now + SHOW_NS);
            self.asked.insert(handle);
        }
    }

    /// The venue accepted a cancellation; it will tell of the end, or is asked.
    pub fn expect_end(&mut self, now: u64, handle: u64) {
        if let Some(entry) = self.entries.get_mut(&handle)
            && !entry.order.has_ended()
        {
            entry.ask_at.get_or_insert(now + SHOW_NS);
            self.asked.insert(handle);
        }
    }

    /// The order surely does not live.
    pub fn refused(&mut self, handle: u64, refusal: Refusal, out: &mut Vec<VenueEvent>) {
        if let Some(entry) = self.entries.get_mut(&handle) {
            let had_ended = entry.order.has_ended();
            entry.order.end_as(Status::Rejected, Some(refusal), out);
            self.note_end(handle, had_ended);
        }
    }

    /// The fate of the order is unknown: it is asked for from now on.
    pub fn doubt(&mut self, now: u64, handle: u64) {
        if let Some(entry) = self.entries.get_mut(&handle)
            && !entry.order.has_ended()
        {
            entry.ask_at = Some(now);
            entry.until_answered = true;
            self.asked.insert(handle);
        }
    }

    /// The venue refused the order for too many requests, which means that it was not executed, and
    /// is not always believed: it is asked for, and ends with this refusal when it is not there.
    pub fn doubt_refused(&mut self, now: u64, handle: u64, refusal: Refusal) {
        self.doubt(now, handle);
        if let Some(entry) = self.entries.get_mut(&handle) {
            entry.arrives_by = now + REFUSED_NS;
            entry.refusal = Some(refusal);
        }
    }

    /// The fate of a cancellation or amendment is unknown. When the order turns out to be open, the
    /// bot is told with `refusal` so that it may ask again.
    pub fn doubt_request(&mut self, now: u64, handle: u64, refusal: Refusal) {
        if let Some(entry) = self.entries.get_mut(&handle)
            && !entry.order.has_ended()
        {
            entry.request = Some(refusal);
            entry.ask_at = Some(now);
            entry.until_answered = true;
            self.asked.insert(handle);
        }
    }

    /// Questions that are due.
    pub fn asks(&mut self, now: u64, out: &mut Vec<Ask>) {
        if now < self.asks_from {
            return;
        }
        let entries = &self.entries;
        let at = |handle: &u64| entries.get(handle)?.ask_at;
        self.asked.retain(|handle| at(handle).is_some());
        let due = self.asked.iter().map(|handle| (at(handle), *handle));
        let due = due.filter_map(|(at, handle)| at.filter(|at| now >= *at).map(|at| (at, handle)));
        let mut due: Vec<(u64, u64)> = due.collect();
        due.sort_unstable();
        if due.len() > ASKS_MAX {
            due.truncate(ASKS_MAX);
            self.asks_from = now + ASKS_PAUSE_NS;
        }
        for (_, handle) in due {
            let Some(entry) = self.entries.get_mut(&handle) else {
                continue;
            };
            entry.ask_at = Some(now + ANSWER_NS);
            let order = &entry.order;
            out.push(Ask {
                handle,
                symbol: order.symbol,
                link_id: order.link_id.clone(),
                executions: order.lacks_fills() || entry.wants_fills,
                cursor: None,
                pages: 0,
            });
        }
    }

    /// A question was not answered, or with an error; it is asked again.
    pub fn ask_failed(&mut self, now: u64, handle: u64) {
        if let Some(entry) = self.entries.get_mut(&handle)
            && entry.ask_at.is_some()
        {
            entry.ask_at = Some(now + ASK_AGAIN_NS);
        }
    }

    /// When the next question is due.
    pub fn next_due(&self) -> Option<u64> {
        let at = |handle: &u64| self.entries.get(handle)?.ask_at;
        let due = self.asked.iter().filter_map(at).min();
        due.map(|at| at.max(self.asks_from))
    }

    /// The venue has answered with the order, and its report was applied.
    pub fn found(&mut self, handle: u64, out: &mut Vec<VenueEvent>) {
        let Some(entry) = self.entries.get_mut(&handle) else {
            return;
        };
        entry.misses = 0;
        entry.refusal = None;
        entry.until_answered = false;
        if let Some(refusal) = entry.request.take()
            && !entry.order.has_ended()
        {
            out.push(VenueEvent::RequestRefused { handle, refusal });
        }
        if !entry.order.lacks_fills() {
            entry.ask_at = None;
        }
    }

    /// The venue has answered with the executions, and they were applied. When some still lack after
    /// the second time, they are told at the average price.
    pub fn fills_answered(&mut self, now: u64, handle: u64, out: &mut Vec<VenueEvent>) {
        let Some(entry) = self.entries.get_mut(&handle) else {
            return;
        };
        if std::mem::take(&mut entry.wants_fills) {
            entry.ask_at = None;
        }
        if !entry.order.lacks_fills() {
            return;
        }
        entry.fills_asked += 1;
        if entry.fills_asked < 2 {
            entry.ask_at = Some(now + FILLS_NS);
            self.asked.insert(handle);
            return;
        }
        let had_ended = entry.order.has_ended();
        entry.order.fill_up(out);
        entry.ask_at = None;
        self.note_end(handle, had_ended);
    }

    /// The venue does not have the order, neither open nor in its history.
    pub fn missed(&mut self, now: u64, handle: u64, out: &mut Vec<VenueEvent>) {
        let Some(entry) = self.entries.get_mut(&handle) else {
            return;
        };
        entry.misses += 1;
        let enough = entry.misses >= MISSES_MIN && now >= entry.arrives_by;
        if !enough {
            let first = match entry.refusal {
                Some(_) => SECOND_NS,
                None => 2 * SECOND_NS,
            };
            let at = now + (first << (entry.misses - 1).min(3));
            // Asked once more when it cannot arrive any more, and not later.
            let is_before = now < entry.arrives_by && entry.misses + 1 >= MISSES_MIN;
            self.asked.insert(handle);
            entry.ask_at = Some(if is_before {
                at.min(entry.arrives_by)
            } else {
                at
            });
            return;
        }
        let told = |code: i64, text: &str| Refusal {
            code,
            text: text.to_owned(),
        };
        let (status, refusal) = match entry.refusal.take() {
            _ if entry.order.is_known() => {
                let text = "the venue does not know the order any more";
                (Status::Canceled, told(codes::LOST, text))
            }
            Some(refusal) => (Status::Rejected, refusal),
            None => {
                let text = "the venue never got the order";
                (Status::Rejected, told(codes::NEVER_ARRIVED, text))
            }
        };
        let had_ended = entry.order.has_ended();
        entry.order.end_as(status, Some(refusal), out);
        entry.ask_at = None;
        self.note_end(handle, had_ended);
    }

    fn note_end(&mut self, handle: u64, had_ended: bool) {
        let Some(entry) = self.entries.get_mut(&handle) else {
            return;
        };
        if had_ended || !entry.order.has_ended() {
            return;
        }
        entry.ask_at = None;
        entry.request = None;
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
