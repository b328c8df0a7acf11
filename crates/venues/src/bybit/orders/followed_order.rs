//! One followed order with the state of its queries: when it is asked for next, and why.

use hftbacktest::types::{OrdType, TimeInForce};

use crate::bybit::frames::execution::Fill;
use crate::bybit::orders::arrival::ARRIVAL_NS;
use crate::bybit::orders::link_id::LinkId;
use crate::bybit::orders::venue_order::VenueOrder;
use crate::kit::sizes::is_same;
use crate::kit::venue::Reject;

const SECOND_NS: u64 = 1_000_000_000;
/// An unreadable order is asked for again after this long, twice as long each time, up to the
/// second number.
const UNREAD_NS: u64 = SECOND_NS;
const UNREAD_MAX_NS: u64 = 15 * SECOND_NS;

/// An entry of the order table, which `order_table`, `order_queries` and `recovered` change.
#[derive(Debug)]
pub(super) struct FollowedOrder {
    pub(super) order: VenueOrder,
    /// Until when an order that the venue does not have may still arrive.
    pub(super) arrives_by: u64,
    /// The venue's answer to an order that it most likely did not take.
    pub(super) reject: Option<Reject>,
    /// When to ask next; `None`: the state is confirmed.
    pub(super) ask_at: Option<u64>,
    /// Only the answer to a query confirms the state: reports of the stream may be older.
    pub(super) until_answered: bool,
    /// Answers in a row without the order.
    pub(super) misses: u32,
    /// A cancellation or amendment whose outcome is unconfirmed.
    pub(super) request: Option<UnconfirmedRequest>,
    /// Price in ticks and quantity that the last amendment asked for.
    pub(super) wanted: Option<(i64, f64)>,
    pub(super) fills_asked: u32,
    /// Executions have to be read even though none is known to be missing.
    pub(super) wants_fills: bool,
    /// Set until an order of a previous session is reported: nothing about it is reported before.
    pub(super) gathered: Option<Gathered>,
    /// The last reading error, as reported, and how often in a row there was one.
    pub(super) unread: Option<String>,
    pub(super) unread_times: u32,
}

/// What is kept of an order of a previous session until it is reported.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) id: LinkId,
    pub(super) terms: (OrdType, TimeInForce),
    /// Executions that were counted.
    pub(super) fills: Vec<Fill>,
}

/// A cancellation or amendment whose outcome is unconfirmed.
#[derive(Debug)]
pub(super) struct UnconfirmedRequest {
    /// Sent to the bot when the request turns out not to have been executed.
    pub(super) reject: Reject,
    pub(super) is_amend: bool,
    /// The venue showed the order as before once; an amendment is looked for once more.
    pub(super) asked_again: bool,
}

impl UnconfirmedRequest {
    pub(super) fn new(reject: Reject, is_amend: bool) -> Self {
        Self {
            reject,
            is_amend,
            asked_again: false,
        }
    }
}

impl FollowedOrder {
    /// An order that is sent at `now`, with nothing to ask for.
    pub(super) fn new(now: u64, order: VenueOrder) -> Self {
        Self {
            order,
            arrives_by: now + ARRIVAL_NS,
            reject: None,
            ask_at: None,
            until_answered: false,
            misses: 0,
            request: None,
            wanted: None,
            fills_asked: 0,
            wants_fills: false,
            gathered: None,
            unread: None,
            unread_times: 0,
        }
    }

    /// True when the order is what the last amendment asked for.
    pub(super) fn is_as_wanted(&self) -> bool {
        let (tick, qty) = self.order.terms();
        self.wanted
            .is_some_and(|(price, wanted)| price == tick && is_same(wanted, qty))
    }

    /// How long until an unreadable order is asked for again.
    pub(super) fn next_try(&mut self) -> u64 {
        let wait = UNREAD_NS << self.unread_times.min(5);
        self.unread_times = self.unread_times.saturating_add(1);
        wait.min(UNREAD_MAX_NS)
    }

    /// Remembers a reading error. True when it is another one than the last.
    pub(super) fn is_news(&mut self, text: &str) -> bool {
        let is_news = self.unread.as_deref() != Some(text);
        self.unread = Some(text.to_owned());
        is_news
    }
}
