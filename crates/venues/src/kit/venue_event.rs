//! What a venue is asked for about orders, and what it reports: orders, account, market data, links.

use std::sync::Arc;

pub use hbl_wire::{Balance, ExecutionDetails, VenueSocket};
use hftbacktest::types::{Event, OrdType, Side, Status, TimeInForce};

use crate::kit::notice::Notice;
use crate::kit::reject::Reject;

/// Handles of recovered orders begin here, so that they never meet those of the bus.
pub const RECOVERED_HANDLES: u64 = 1 << 63;

/// A new order as a venue sees it. `handle` names it in everything that follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewOrder {
    /// The bus's own number of the order, never used twice; below [`RECOVERED_HANDLES`].
    pub handle: u64,
    /// Bot that owns it.
    pub owner: u64,
    /// The bot's own id of it.
    pub order_id: u64,
    /// Price in ticks.
    pub price_tick: i64,
    /// Quantity.
    pub qty: f64,
    /// Side.
    pub side: Side,
    /// Type.
    pub order_type: OrdType,
    /// Time in force.
    pub time_in_force: TimeInForce,
    /// Not sent after this time, monotonic, ns: a venue where it may wait rejects it then.
    /// `u64::MAX`: it is never too late.
    pub deadline_ns: u64,
}

/// A change of an order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amendment {
    /// The order.
    pub handle: u64,
    /// Price in ticks.
    pub price_tick: i64,
    /// Total quantity.
    pub qty: f64,
    /// As [`NewOrder::deadline_ns`].
    pub deadline_ns: u64,
}

/// A report of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderReport {
    /// The order.
    pub handle: u64,
    /// hftbacktest's status; `Rejected` comes with `reject`.
    pub status: Status,
    /// Limit price in ticks as it is now; 0 keeps what is known.
    pub price_tick: i64,
    /// Ordered quantity as it is now; 0 keeps what is known.
    pub qty: f64,
    /// Quantity still open.
    pub leaves_qty: f64,
    /// Quantity of this execution, 0 when this is none.
    pub exec_qty: f64,
    /// Price of this execution in ticks, 0 when this is none.
    pub exec_price_tick: i64,
    /// True when this execution was passive.
    pub maker: bool,
    /// When it happened at the venue, Unix nanoseconds; 0 when the venue gives no time, as in most
    /// rejects: bots then get the time of this machine's clock at which the bus got it.
    pub exch_ts: i64,
    /// What the venue says of this execution; `None` when this is none, when the venue says nothing, and when
    /// several executions are reported as one.
    pub details: Option<Arc<ExecutionDetails>>,
    /// Why the venue ended or rejected the order.
    pub reject: Option<Reject>,
}

impl OrderReport {
    /// An order that was not sent, or not taken: all of it is left. `exch_ts` is in Unix nanoseconds.
    pub fn rejected(order: &NewOrder, exch_ts: i64, reject: Reject) -> Self {
        Self {
            handle: order.handle,
            status: Status::Rejected,
            price_tick: 0,
            qty: 0.0,
            leaves_qty: order.qty,
            exec_qty: 0.0,
            exec_price_tick: 0,
            maker: false,
            exch_ts,
            details: None,
            reject: Some(reject),
        }
    }
}

/// An execution of a recovered order, made before it was recovered.
#[derive(Clone, Debug, PartialEq)]
pub struct PastFill {
    /// Quantity.
    pub qty: f64,
    /// Price in ticks.
    pub price_tick: i64,
    /// True when the order was resting.
    pub maker: bool,
    /// When, Unix nanoseconds.
    pub exch_ts: i64,
    /// What the venue says of it.
    pub details: Option<Arc<ExecutionDetails>>,
}

/// An order of a previous session of the connector.
///
/// An open one is followed from now on: reports about its handle come as for any other order. One
/// that has ended is reported once, because the bot that owns it may have missed the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovered {
    /// Its number, from [`RECOVERED_HANDLES`] up.
    pub handle: u64,
    /// Bot that sent it.
    pub owner: u64,
    /// That bot was hftbacktest's own, see [`Venue::meet_upstream_bot`](crate::kit::venue::Venue::meet_upstream_bot).
    pub is_upstream: bool,
    /// Index of the symbol; it may be one that no bot has registered yet.
    pub symbol: u32,
    /// The bot's own id of it.
    pub order_id: u64,
    /// Side.
    pub side: Side,
    /// Type.
    pub order_type: OrdType,
    /// Time in force.
    pub time_in_force: TimeInForce,
    /// Tick size of the symbol.
    pub tick_size: f64,
    /// Quantity step of the symbol.
    pub lot_size: f64,
    /// Limit price in ticks as it is now; 0 for a market order.
    pub price_tick: i64,
    /// Ordered quantity as it is now.
    pub qty: f64,
    /// Quantity that is not filled, also of an order that has ended.
    pub leaves_qty: f64,
    /// Its status; `Rejected` never occurs, such an order has expired.
    pub status: Status,
    /// When that was, Unix nanoseconds.
    pub exch_ts: i64,
    /// Its executions as far as they are known, oldest first; those before them are missing, never
    /// those after.
    pub fills: Vec<PastFill>,
}

/// An event of a venue.
#[derive(Clone, Debug, PartialEq)]
pub enum VenueEvent {
    /// The feed events up to `FeedBatchEnd` belong to one change and one symbol.
    FeedBatchStart {
        /// Index of the symbol.
        symbol: u32,
    },
    /// See `FeedBatchStart`.
    FeedBatchEnd {
        /// Index of the symbol.
        symbol: u32,
    },
    /// Market data.
    Feed {
        /// Index of the symbol.
        symbol: u32,
        /// The event as bots apply it.
        event: Event,
    },
    /// An order changed.
    Order(OrderReport),
    /// An order of a previous session.
    Recovered(Box<Recovered>),
    /// A cancellation or amendment was rejected; the order is as before.
    RequestReject {
        /// The order.
        handle: u64,
        /// Why.
        reject: Reject,
    },
    /// The account's position changed.
    Position {
        /// Index of the symbol.
        symbol: u32,
        /// Signed quantity.
        qty: f64,
        /// When, Unix nanoseconds.
        exch_ts: i64,
    },
    /// The account's position in a symbol is not known any more.
    PositionUnknown {
        /// Index of the symbol.
        symbol: u32,
    },
    /// A balance of the account changed.
    Balance(Balance),
    /// A connection with the venue was lost, or can be used again. Comes before `Down` and `Up`,
    /// which say whether all of it works.
    Socket {
        /// Which one.
        socket: VenueSocket,
        /// True when it can be used.
        up: bool,
        /// Why it was lost, empty when it is up.
        text: String,
    },
    /// The link with the venue is down.
    Down(String),
    /// The link with the venue is up again.
    Up,
    /// The feed of a symbol is stale: its book must not be relied on.
    FeedStale {
        /// Index of the symbol.
        symbol: u32,
    },
    /// The feed of a symbol is live again, and its book synced.
    FeedLive {
        /// Index of the symbol.
        symbol: u32,
    },
    /// New orders of a symbol are rejected from now on, with this number and text: the venue has
    /// changed it. A registration with the sizes of now, or `Resumed`, ends that.
    Suspended {
        /// Index of the symbol.
        symbol: u32,
        /// Why, and what to do.
        reject: Reject,
    },
    /// New orders of a symbol are accepted again.
    Resumed {
        /// Index of the symbol.
        symbol: u32,
    },
    /// Something else that bots must know.
    Notice(Notice),
    /// Something that the owner of an order must know and that does not change the order.
    OrderNotice {
        /// The order.
        handle: u64,
        /// The notice.
        notice: Notice,
    },
}
