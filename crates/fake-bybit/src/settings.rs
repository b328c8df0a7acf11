//! Switches of the whole venue.

use serde::{Deserialize, Serialize};

/// How a post-only order that would take ends. The acknowledgement is retCode 0 either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PostOnlyEnd {
    /// `Rejected`.
    Rejected,
    /// `Cancelled`.
    Cancelled,
}

/// Order of the `order` and `execution` messages of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StreamOrder {
    /// All `order` messages first.
    OrderFirst,
    /// All `execution` messages first.
    ExecutionFirst,
    /// One of the two, drawn each time.
    Random,
}

/// Switches of the whole venue, all changeable while it runs. Every field has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// The venue's clock minus the machine's, in ms. Default 0.
    pub clock_skew_ms: i64,
    /// How long acknowledgements of orders (trade socket and REST) wait, ms. Default 0.
    pub ack_delay_ms: u64,
    /// How long private messages wait, ms. Default 1: after the acknowledgement.
    pub private_delay_ms: u64,
    /// Order of `order` and `execution` messages. Default: orders first.
    pub stream_order: StreamOrder,
    /// End of a post-only order that would take. Default: `Rejected`.
    pub post_only_end: PostOnlyEnd,
    /// Each execution is sent twice (same execId). Default no.
    pub duplicate_executions: bool,
    /// After `Filled`, a second one with `CancelByUser` and `EC_OrigClOrdIDDoesNotExist`. Default no.
    pub duplicate_filled: bool,
    /// An order that is filled at once goes straight to its last state. Default no.
    pub skip_new: bool,
    /// One message carries all items of one request. Default no: one item each.
    pub coalesce: bool,
    /// Optional fields of orders and positions are left out. Default no.
    pub lean: bool,
    /// A `position` message follows every create, amend and cancel. Default yes.
    pub position_on_order: bool,
    /// Number of the next cancellations that come too late: the order is filled first, and the answer
    /// is 110001. Default 0.
    pub cancel_races: u32,
    /// Book frames carry no `cts`. Default no.
    pub missing_cts: bool,
    /// Snapshots leave before the subscribe acknowledgement. Default no.
    pub snapshot_before_ack: bool,
    /// Topics that are refused with `handler not found`. Default none.
    pub refuse_topics: Vec<String>,
    /// Orders per second, for each of create, amend and cancel (linear; spot has twice as many).
    /// Default 10.
    pub order_rate: u32,
    /// Reads per second, for each private GET call. Default 50.
    pub read_rate: u32,
    /// REST requests in 5 s before HTTP 403. Default 600.
    pub ip_rate: u32,
    /// Connects in 5 min, over all sockets, before they are answered with HTTP 403. Default 500.
    pub connect_rate: u32,
    /// How long HTTP 403 lasts after a breach, ms. Default 600 000.
    pub ban_ms: u64,
    /// Hedge mode instead of one-way mode (linear). Change it while flat. Default no.
    pub hedge: bool,
    /// REST lists of orders, positions and executions show the state of the moment this was
    /// switched on. Default no.
    pub stale_rest: bool,
    /// The background market stands still; requests still work. Default no.
    pub paused: bool,
    /// An idle private or trade socket is closed after this, ms. Default 600 000.
    pub idle_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            clock_skew_ms: 0,
            ack_delay_ms: 0,
            private_delay_ms: 1,
            stream_order: StreamOrder::OrderFirst,
            post_only_end: PostOnlyEnd::Rejected,
            duplicate_executions: false,
            duplicate_filled: false,
            skip_new: false,
            coalesce: false,
            lean: false,
            position_on_order: true,
            cancel_races: 0,
            missing_cts: false,
            snapshot_before_ack: false,
            refuse_topics: Vec::new(),
            order_rate: 10,
            read_rate: 50,
            ip_rate: 600,
            connect_rate: 500,
            ban_ms: 600_000,
            hedge: false,
            stale_rest: false,
            paused: false,
            idle_ms: 600_000,
        }
    }
}
