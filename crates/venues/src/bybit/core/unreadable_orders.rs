//! Orders of previous sessions that could not be read: each is asked for by its id until it can be
//! read or is gone. Until then bots are notified that not all of their orders are known.

use std::collections::BTreeMap;

use crate::bybit::core::BybitCore;
use crate::bybit::core::calls::{Method, Purpose};
use crate::bybit::frames::{FrameError, rest};
use crate::bybit::options::OnConnect;
use crate::kit::clock::Now;
use crate::kit::codes;

const SECOND_NS: u64 = 1_000_000_000;
/// A query without an answer is repeated after this long.
const UNANSWERED_NS: u64 = 10 * SECOND_NS;
/// Answers without the order until it counts as gone.
const MISSES_MIN: u32 = 3;

/// The unreadable orders by `orderLinkId`.
#[derive(Debug, Default)]
pub(super) struct UnreadableOrders(BTreeMap<String, UnreadableOrder>);

/// One of them, with its queries.
#[derive(Debug)]
struct UnreadableOrder {
    /// The notice about it.
    text: String,
    name: String,
    /// When it is queried next.
    at: u64,
    times: u32,
    /// How often in a row the venue did not have it.
    misses: u32,
}

impl UnreadableOrders {
    /// The order was read, or is followed. True when it was among these.
    pub(super) fn remove(&mut self, link_id: &str) -> bool {
        self.0.remove(link_id).is_some()
    }

    /// When the next query is due.
    pub(super) fn next_due(&self) -> u64 {
        let times = self.0.values().map(|order| order.at);
        times.min().unwrap_or(u64::MAX)
    }

    /// The notice about the first of them.
    pub(super) fn text(&self) -> Option<&str> {
        let first = self.0.values().next()?;
        Some(first.text.as_str())
    }
}

impl BybitCore {
    /// Takes an unreadable order that is not followed. With this connector's prefix it is asked for
    /// until it can be read; without any id, all orders are read again soon.
    pub(super) fn previous_unreadable(
        &mut self,
        now: Now,
        link_id: &str,
        name: &str,
        error: &FrameError,
    ) {
        let is_followed = self.settings.on_connect != OnConnect::None;
        if link_id.is_empty() || !is_followed {
            self.unreadable("an order", error);
            self.audit_soon(now);
            return;
        }
        self.frame_errors += 1;
        let words = self.describe_link(link_id, name);
        let text = format!(
            "{words}, which a previous session has sent, cannot be read: {error}; it is asked for again, and its state is unknown until then"
        );
        let unread = self.previous.unreadable.0.get_mut(link_id);
        let (is_news, times) = match &unread {
            Some(unread) => (unread.text != text, unread.times),
            None => (true, 0),
        };
        let at = now.mono_ns + (SECOND_NS << times.min(4));
        let unread = UnreadableOrder {
            text: text.clone(),
            name: name.to_owned(),
            at,
            times: times.saturating_add(1),
            misses: 0,
        };
        self.previous
            .unreadable
            .0
            .insert(link_id.to_owned(), unread);
        if is_news {
            self.notice(codes::FRAME_UNREADABLE, text);
        }
    }

    /// Sends the queries that are due.
    pub(super) fn query_unreadable(&mut self, now: Now) {
        let mut due = Vec::new();
        for (link_id, unread) in &mut self.previous.unreadable.0 {
            if now.mono_ns >= unread.at {
                unread.at = now.mono_ns + UNANSWERED_NS;
                due.push(link_id.clone());
            }
        }
        for link_id in due {
            self.query_one_unreadable(link_id, false);
        }
    }

    fn query_one_unreadable(&mut self, link_id: String, ended: bool) {
        let category = &self.settings.category;
        let query = format!("category={category}&orderLinkId={link_id}");
        let path = match ended {
            true => "/v5/order/history",
            false => "/v5/order/realtime",
        };
        let purpose = Purpose::Unreadable(link_id, ended);
        self.call(Method::Get, path, query, true, purpose);
    }

    /// Takes the answer to such a query; `ended`: from the order history. False: it is sent again.
    pub(super) fn unreadable_answer(
        &mut self,
        now: Now,
        link_id: &str,
        ended: bool,
        body: &[u8],
    ) -> Result<bool, FrameError> {
        let answer = rest::orders(body)?;
        if answer.code != 0 || !self.previous.unreadable.0.contains_key(link_id) {
            return Ok(answer.code == 0);
        }
        let reported_ns = answer.time_ms.saturating_mul(1_000_000);
        for item in &answer.result.items {
            self.order_item(now, item, reported_ns);
        }
        if !answer.result.items.is_empty() {
            return Ok(true);
        }
        if !ended {
            self.query_one_unreadable(link_id.to_owned(), true);
            return Ok(true);
        }
        let Some(unread) = self.previous.unreadable.0.get_mut(link_id) else {
            return Ok(true);
        };
        unread.misses += 1;
        unread.at = now.mono_ns + UNANSWERED_NS;
        if unread.misses >= MISSES_MIN {
            let name = unread.name.clone();
            self.previous.unreadable.0.remove(link_id);
            let words = self.describe_link(link_id, &name);
            let text = format!(
                "{words}, which could not be read, is not at the venue any more; look at the account for its outcome"
            );
            self.notice(codes::LOST, text);
        }
        Ok(true)
    }
}
