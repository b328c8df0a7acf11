//! Queries for orders whose state is unconfirmed: the answer to the creation is ambiguous or did not
//! come, a cancellation found nothing, a fill is missing.
//!
//! The venue is asked by `orderLinkId` until the state is known. A request is never sent a second
//! time.

use hftbacktest::types::Status;

use crate::bybit::orders::followed_order::UnconfirmedRequest;
use crate::bybit::orders::order_table::{FILLS_NS, OrderTable};
use crate::kit::codes;
use crate::kit::venue::{Reject, VenueEvent};

const SECOND_NS: u64 = 1_000_000_000;
/// How long the venue may take to report an accepted order.
const SHOW_NS: u64 = 5 * SECOND_NS;
/// A query without an answer is repeated after this long.
const ANSWER_NS: u64 = 10 * SECOND_NS;
/// An order that the venue refused with "too many requests" is not under way after this long.
const REFUSED_NS: u64 = 3 * SECOND_NS;
/// Answers without the order until it counts as gone.
const MISSES_MIN: u32 = 3;
/// Orders asked for at once, and the pause before the next ones: queries have a quota as well.
const ASKS_MAX: usize = 10;
const ASKS_PAUSE_NS: u64 = SECOND_NS / 4;
/// A query that the venue refused or lost is repeated after this long.
const ASK_AGAIN_NS: u64 = SECOND_NS;

/// A query for one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderQuery {
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

impl OrderQuery {
    /// The same query, for the next page.
    pub fn next_page(&self, cursor: String) -> Self {
        Self {
            cursor: Some(cursor),
            pages: self.pages + 1,
            ..self.clone()
        }
    }
}

impl OrderTable {
    /// The venue accepted the order: its report is expected, and asked for when it stays away.
    pub fn accepted(&mut self, now: u64, handle: u64, order_id: &str, out: &mut Vec<VenueEvent>) {
        self.learn(order_id, handle, out);
        if let Some(entry) = self.entries.get_mut(&handle)
            && !entry.order.is_known()
        {
            entry.ask_at = Some(now + SHOW_NS);
            self.asked.insert(handle);
        }
    }

    /// The venue accepted a cancellation or amendment: a report is expected, and asked for when it
    /// stays away.
    pub fn expect_report(&mut self, now: u64, handle: u64) {
        if let Some(entry) = self.entries.get_mut(&handle)
            && !entry.order.has_ended()
        {
            entry.ask_at.get_or_insert(now + SHOW_NS);
            self.asked.insert(handle);
        }
    }

    /// The state of the order is unconfirmed: it is asked for from now on.
    pub fn unconfirmed(&mut self, now: u64, handle: u64) {
        if let Some(entry) = self.entries.get_mut(&handle)
            && !entry.order.has_ended()
        {
            entry.ask_at = Some(now);
            entry.until_answered = true;
            self.asked.insert(handle);
        }
    }

    /// The venue refused the order for too many requests. It should not have executed it; since that
    /// is not certain, the order is asked for, and ends with this reject when it is not there.
    pub fn unconfirmed_reject(&mut self, now: u64, handle: u64, reject: Reject) {
        self.unconfirmed(now, handle);
        if let Some(entry) = self.entries.get_mut(&handle) {
            entry.arrives_by = now + REFUSED_NS;
            entry.reject = Some(reject);
        }
    }

    /// The outcome of a cancellation is unconfirmed. When the order turns out to be open, the bot
    /// gets `reject`, so that it may cancel again.
    pub fn unconfirmed_cancel(&mut self, now: u64, handle: u64, reject: Reject) {
        self.unconfirmed_request(now, handle, UnconfirmedRequest::new(reject, false));
    }

    /// The outcome of an amendment is unconfirmed. When the order turns out to be as it was asked for,
    /// the bot gets its report; otherwise as with a cancellation.
    pub fn unconfirmed_amend(&mut self, now: u64, handle: u64, reject: Reject) {
        self.unconfirmed_request(now, handle, UnconfirmedRequest::new(reject, true));
    }

    fn unconfirmed_request(&mut self, now: u64, handle: u64, request: UnconfirmedRequest) {
        if let Some(entry) = self.entries.get_mut(&handle)
            && !entry.order.has_ended()
        {
            entry.request = Some(request);
            entry.ask_at = Some(now);
            entry.until_answered = true;
            self.asked.insert(handle);
        }
    }

    /// Adds the queries that are due to `out`.
    pub fn due_queries(&mut self, now: u64, out: &mut Vec<OrderQuery>) {
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
            out.push(OrderQuery {
                handle,
                symbol: order.symbol,
                link_id: order.link_id.clone(),
                executions: order.lacks_fills() || entry.wants_fills,
                cursor: None,
                pages: 0,
            });
        }
    }

    /// A query was not answered, or with an error; it is repeated.
    pub fn query_failed(&mut self, now: u64, handle: u64) {
        if let Some(entry) = self.entries.get_mut(&handle)
            && entry.ask_at.is_some()
        {
            entry.ask_at = Some(now + ASK_AGAIN_NS);
        }
    }

    /// When the next query is due.
    pub fn next_due(&self) -> Option<u64> {
        let at = |handle: &u64| self.entries.get(handle)?.ask_at;
        let due = self.asked.iter().filter_map(at).min();
        due.map(|at| at.max(self.asks_from))
    }

    /// The venue has answered with the order, and its report was applied.
    pub fn found(&mut self, now: u64, handle: u64, out: &mut Vec<VenueEvent>) {
        let Some(entry) = self.entries.get_mut(&handle) else {
            return;
        };
        entry.misses = 0;
        entry.reject = None;
        entry.until_answered = false;
        // An end answers every request, also one whose executions have not come yet.
        if let Some(mut request) = entry.request.take()
            && !entry.order.is_end_known()
        {
            if request.is_amend && entry.is_as_wanted() {
                // It arrived. Reported again, because the first report may have come before this.
                out.push(VenueEvent::Order(entry.order.now()));
            } else if request.is_amend && !request.asked_again {
                // The answer may be older than the amendment.
                request.asked_again = true;
                entry.request = Some(request);
                entry.until_answered = true;
                entry.ask_at = Some(now + ASK_AGAIN_NS);
                return;
            } else {
                let reject = request.reject;
                out.push(VenueEvent::RequestReject { handle, reject });
            }
        }
        if !entry.order.lacks_fills() {
            entry.ask_at = None;
        }
    }

    /// The venue has answered with the executions, and they were applied. When some still lack after
    /// the second time, they are reported at the average price.
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
            let first = match entry.reject {
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
        let reject = |code: i64, text: &str| Reject {
            code,
            text: text.to_owned(),
        };
        let (status, reason) = match entry.reject.take() {
            _ if entry.order.is_known() => {
                let text = "the venue does not know the order any more";
                (Status::Canceled, reject(codes::LOST, text))
            }
            Some(answer) => (Status::Rejected, answer),
            None => {
                let text = "the venue never got the order";
                (Status::Rejected, reject(codes::NEVER_ARRIVED, text))
            }
        };
        let had_ended = entry.order.has_ended();
        entry.order.end_as(status, Some(reason), out);
        entry.ask_at = None;
        self.note_end(handle, had_ended);
    }
}

#[cfg(test)]
#[path = "order_queries_tests.rs"]
mod tests;
