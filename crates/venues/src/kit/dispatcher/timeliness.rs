//! Deadlines of requests, and bots that may not trade.

use hbl_wire::Asked;
use hftbacktest::types::Order;

use super::Dispatcher;
use crate::kit::bot_publisher::BotPublisher;
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::order_registry::OwnerState;
use crate::kit::venue::Venue;

/// An order that says it was sent longer ago than this has another clock than ours.
const CLOCKS_DIFFER_NS: i64 = 3_600_000_000_000;

impl<V: Venue + ?Sized> Dispatcher<V> {
    /// Changes how long orders of bots that name no deadline are good for, monotonic. Default 5 s.
    pub fn orders_are_good_for(&mut self, time_ns: u64) {
        self.order_deadline_ns = time_ns;
    }

    /// When a request must not be carried out any more.
    pub(super) fn deadline(&self, asked: Asked) -> u64 {
        asked
            .deadline_mono_ns
            .unwrap_or_else(|| asked.sent_mono_ns.saturating_add(self.order_deadline_ns))
    }

    /// The same for an order. An order of an upstream bot carries its time on the wall clock,
    /// which counts as long as it can be true.
    pub(super) fn order_deadline<O: BotPublisher>(
        &self,
        now: Now,
        bot: u64,
        order: &Order,
        asked: Asked,
        out: &O,
    ) -> u64 {
        let mut asked = asked;
        let age_ns = now.unix_ns.saturating_sub(order.local_timestamp);
        if asked.deadline_mono_ns.is_none()
            && order.local_timestamp > 0
            && (0..CLOCKS_DIFFER_NS).contains(&age_ns)
            && out.owner_state(bot) == OwnerState::Upstream
        {
            let sent_ns = now.mono_ns.saturating_sub(age_ns.unsigned_abs());
            asked.sent_mono_ns = asked.sent_mono_ns.min(sent_ns);
        }
        self.deadline(asked)
    }

    /// The reason for which an order or amendment of a bot is not carried out; `None`: it is.
    pub(super) fn hindrance<O: BotPublisher>(
        &self,
        now: Now,
        bot: u64,
        deadline_ns: u64,
        out: &O,
    ) -> Option<(i64, String)> {
        if self.is_stopping() {
            let text = "the connector stops: it was not sent";
            return Some((codes::STOPS, text.to_owned()));
        }
        if out.owner_state(bot) == OwnerState::ReadOnly {
            let text = format!("bot {bot:#018x} has registered as read-only, so it may not trade");
            return Some((codes::READ_ONLY, text));
        }
        (now.mono_ns > deadline_ns).then(|| too_late(now, deadline_ns))
    }
}

/// A request whose deadline is over.
pub(crate) fn too_late(now: Now, deadline_ns: u64) -> (i64, String) {
    let late_ms = now.mono_ns.saturating_sub(deadline_ns) / 1_000_000;
    let text = format!("too late by {late_ms} ms: its deadline was over before it could be sent");
    (codes::TOO_LATE, text)
}
