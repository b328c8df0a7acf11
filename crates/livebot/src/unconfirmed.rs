//! Open orders whose state has to be asked for: the connector has not reported them since it came.
//!
//! They stay in `LiveBot` as they were last reported, can be cancelled, and count as open. Only a proof
//! ends one: its own final report, or the connector's answer that it never got the order or that the
//! order is gone. A connector without a key, or on paper, cannot know orders that went to the venue:
//! those are elsewhere, and it is not asked for them.

use std::collections::HashMap;

use hftbacktest::types::Order;

use crate::orders;

/// The first pause between two questions about an order; it doubles.
const ASK_AGAIN_NS: u64 = 1_000_000_000;
/// The pause between two questions about an order grows up to this.
const ASK_AGAIN_MAX_NS: u64 = 30_000_000_000;

#[derive(Debug)]
struct Unconfirmed {
    /// As it was last reported.
    order: Order,
    /// When it was sent, Unix nanoseconds; 0 for an order that was acknowledged.
    sent_ts: i64,
    /// The present connector cannot know it.
    is_elsewhere: bool,
    /// Its state was reported as unknown.
    reported: bool,
    /// The connector answered the last question: it follows the order.
    is_followed: bool,
    /// When the connector is asked next, monotonic.
    ask_at_ns: u64,
    pause_ns: u64,
}

/// A question about an unconfirmed order that is due.
pub(crate) struct Question {
    pub(crate) order_id: u64,
    /// When the order was sent, Unix nanoseconds; 0 for an order that was acknowledged.
    pub(crate) sent_ts: i64,
    /// It was asked before, and not answered.
    pub(crate) is_unanswered: bool,
}

/// The unconfirmed orders of one instrument.
#[derive(Debug, Default)]
pub(crate) struct UnconfirmedOrders(HashMap<u64, Unconfirmed>);

impl UnconfirmedOrders {
    /// True for an order of which the present connector can know nothing.
    pub(crate) fn is_elsewhere(&self, order_id: u64) -> bool {
        !self.0.is_empty()
            && self
                .0
                .get(&order_id)
                .is_some_and(|entry| entry.is_elsewhere)
    }

    /// When an unacked order was sent: `LiveBot` overwrites that time at a cancellation.
    pub(crate) fn sent_ts(&self, order_id: u64) -> Option<i64> {
        self.0.get(&order_id).map(|entry| entry.sent_ts)
    }

    /// The connector has reported the order.
    pub(crate) fn remove(&mut self, order_id: u64) {
        if !self.0.is_empty() {
            self.0.remove(&order_id);
        }
    }

    /// Those that the connector does not follow, as they were last reported.
    pub(crate) fn unfollowed(&self) -> impl Iterator<Item = &Order> {
        let unfollowed = self.0.values().filter(|entry| !entry.is_followed);
        unfollowed.map(|entry| &entry.order)
    }

    /// When the next question is due, monotonic.
    pub(crate) fn next_due_ns(&self) -> u64 {
        let asked = self.0.values().filter(|entry| !entry.is_elsewhere);
        asked.map(|entry| entry.ask_at_ns).min().unwrap_or(u64::MAX)
    }

    /// The connector follows this order and has no state of it yet.
    pub(crate) fn follow(&mut self, order_id: u64) {
        if let Some(entry) = self.0.get_mut(&order_id) {
            entry.is_followed = true;
        }
    }

    pub(crate) fn contains(&self, order_id: u64) -> bool {
        self.0.contains_key(&order_id)
    }

    /// Removes an order, as it was last reported.
    pub(crate) fn take(&mut self, order_id: u64) -> Option<Order> {
        self.0.remove(&order_id).map(|entry| entry.order)
    }

    /// True once per order: its state is to be reported as unknown.
    pub(crate) fn mark_reported(&mut self, order_id: u64) -> bool {
        let entry = self.0.get_mut(&order_id);
        entry.is_some_and(|entry| !core::mem::replace(&mut entry.reported, true))
    }

    /// Removes the pending request of an order; the order as it is then.
    pub(crate) fn clear_request(&mut self, order_id: u64) -> Option<Order> {
        let entry = self.0.get_mut(&order_id)?;
        entry.order = orders::without_request(&entry.order);
        Some(entry.order.clone())
    }

    /// The questions that are due, by their orders' ids. The pause before the next one doubles with each.
    pub(crate) fn take_due(&mut self, now_ns: u64) -> Vec<Question> {
        let is_due = |entry: &&mut Unconfirmed| !entry.is_elsewhere && entry.ask_at_ns <= now_ns;
        let due = self.0.values_mut().filter(is_due);
        let questions = due.map(|entry| {
            let was_followed = core::mem::take(&mut entry.is_followed);
            let is_unanswered = entry.ask_at_ns > 0 && !entry.reported && !was_followed;
            entry.ask_at_ns = now_ns + entry.pause_ns;
            entry.pause_ns = (2 * entry.pause_ns).min(ASK_AGAIN_MAX_NS);
            Question {
                order_id: entry.order.order_id,
                sent_ts: entry.sent_ts,
                is_unanswered,
            }
        });
        let mut questions: Vec<Question> = questions.collect();
        questions.sort_unstable_by_key(|question| question.order_id);
        questions
    }

    pub(crate) fn put(&mut self, order: Order, is_elsewhere: bool) {
        let sent_ts = if orders::is_unacked(&order) {
            order.local_timestamp
        } else {
            0
        };
        let entry = self.0.entry(order.order_id).or_insert(Unconfirmed {
            order,
            sent_ts,
            is_elsewhere,
            reported: false,
            is_followed: false,
            ask_at_ns: 0,
            pause_ns: ASK_AGAIN_NS,
        });
        if entry.is_elsewhere != is_elsewhere {
            // Another connector than before.
            entry.is_elsewhere = is_elsewhere;
            (entry.ask_at_ns, entry.pause_ns) = (0, ASK_AGAIN_NS);
        }
    }
}
