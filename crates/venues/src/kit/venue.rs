//! The trait `Venue`: market data, orders and account of an exchange, as the dispatcher uses them.
//!
//! A venue neither waits nor touches shared memory: it is given the time, takes requests, and returns
//! events. A venue on the network runs its sockets on other threads, queues what arrives, and wakes
//! the bus through its [`Wake`].

use std::sync::Arc;

pub use hbl_wire::{Balance, VenueSocket};
use hftbacktest::types::{Event, OrdType, Side, Status, TimeInForce};

use crate::kit::clock::Now;
use crate::kit::error::VenueError;
use crate::kit::notice::Notice;
use crate::kit::order_rules::OrderRules;
pub use crate::kit::reject::Reject;

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
            reject: Some(reject),
        }
    }
}

/// An execution of an recovered order, made before it was recovered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PastFill {
    /// Quantity.
    pub qty: f64,
    /// Price in ticks.
    pub price_tick: i64,
    /// True when the order was resting.
    pub maker: bool,
    /// When, Unix nanoseconds.
    pub exch_ts: i64,
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
    /// That bot was hftbacktest's own, see [`Venue::meet_upstream_bot`].
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

/// Whether an order of a previous session that is not followed can still be open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// It is proven not to be open, and cannot arrive any more; the text says by what.
    Gone(String),
    /// It may be open, or arrive yet; the text says why, and what to do.
    Unknown(String),
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

/// Wakes the bus from another thread. Arrivals must be queued before the call.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// A market place. Every call comes from the one bus thread.
pub trait Venue {
    /// Accepts a symbol with the tick and lot size of a bot, or says why not. Called again for a
    /// symbol that is `Suspended`, or whose sizes are other ones now: the index stays the same, what
    /// exists stays in the unit that it was made with, and the symbol is served in the new one.
    ///
    /// # Errors
    /// When the venue does not have the symbol, or not with these sizes.
    fn register(&mut self, now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Reject>;

    /// Why the venue cannot judge a registration of this symbol yet (its instruments are still being
    /// read); `None`: it can. The bus keeps such a registration and asks again.
    fn pending_reason(&self, _symbol: &str) -> Option<String> {
        None
    }

    /// Tick and lot size of a symbol, where the venue itself knows them; `None`: it does not have the
    /// symbol, or does not know its instruments yet. A venue that wraps another one passes it on.
    fn sizes(&self, _symbol: &str) -> Option<(f64, f64)> {
        None
    }

    /// The venue's rules for orders of a symbol, for a fill simulator in its place; `None`: it
    /// says nothing of it. A venue that wraps another one passes it on.
    fn order_rules(&self, _symbol: &str) -> Option<OrderRules> {
        None
    }

    /// True when open orders stay at the venue after the connector has stopped; otherwise they end
    /// with it, and the bus reports that.
    fn keeps_orders(&self) -> bool {
        false
    }

    /// Looks for an order of a previous session of the connector that was not reported as [`Recovered`].
    /// Asked again until it is [`Sought::Gone`] or shows up; what is found is reported as recovered. A
    /// venue that wraps another one whose orders it takes passes it on.
    fn look_for(&mut self, _now: Now, _symbol: u32, _owner: u64, _order_id: u64) -> Sought {
        match self.keeps_orders() {
            true => Sought::Unknown(
                "this venue cannot be asked for it; look at the account".to_owned(),
            ),
            false => Sought::Gone(
                "orders of this connector are filled in its own process and ended with its previous session"
                    .to_owned(),
            ),
        }
    }

    /// Why the account's orders and position are not known here though there may be some, and what
    /// to do; `None`: they are known. Bots are notified then that the state of orders without a report
    /// is unknown. A venue that wraps another one answers for itself.
    fn orders_unknown(&self) -> Option<&str> {
        None
    }

    /// This owner is an upstream bot, which cannot be distinguished from a dead one. A venue whose
    /// orders outlive the process notes it with each order, and says so as [`Recovered::is_upstream`]. A
    /// venue that wraps another one passes it on.
    fn meet_upstream_bot(&mut self, _owner: u64) {}

    /// Sends a new order.
    fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder);

    /// Cancels an order.
    fn cancel(&mut self, now: Now, symbol: u32, handle: u64);

    /// True while a request about an order waits to be sent, or for its answer: a stopping connector
    /// waits for it. A venue that wraps another one answers for itself.
    fn has_requests_under_way(&self) -> bool {
        false
    }

    /// Changes price and total quantity of an order.
    fn amend(&mut self, now: Now, symbol: u32, change: &Amendment);

    /// Cancels several orders of one symbol.
    fn cancel_all(&mut self, now: Now, symbol: u32, handles: &[u64]) {
        for handle in handles {
            self.cancel(now, symbol, *handle);
        }
    }

    /// Hands out what has happened up to `now`.
    fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>);

    /// When `poll` has something to do again, on the monotonic clock; `None`: not by itself.
    fn next_due_ns(&self) -> Option<u64>;

    /// True when something from another thread waits to be looked at by `poll`.
    fn has_arrivals(&self) -> bool {
        false
    }

    /// Takes what wakes the bus, for venues with threads of their own. Called once, before `poll`.
    /// A venue that wraps another one passes it on.
    fn wake_with(&mut self, _wake: Wake) {}

    /// Appends the book of a symbol, as it was published, as level events.
    fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>);

    /// True when that book is synced; otherwise `FeedLive` follows when it is. Until then, for a
    /// while, the bus keeps the answers to registrations.
    fn is_book_synced(&self, _symbol: u32) -> bool {
        true
    }

    /// The account's position in a symbol; `None` when it is not known. Then bots are notified, and
    /// the venue says so by a notice.
    fn position(&self, symbol: u32) -> Option<f64>;

    /// Appends the account's balances as far as they are known.
    fn balances(&self, _now: Now, _out: &mut Vec<Balance>) {}

    /// Goes one step forward, for venues that are stepped by hand.
    fn step(&mut self) {}

    /// True when there will never be anything more.
    fn is_finished(&self) -> bool {
        false
    }

    /// The parts of the venue's data that could not be read, as a text, once it is finished; `None`: none.
    fn unread(&self) -> Option<String> {
        None
    }

    /// An error when the venue's data is at its end and a part of it could not be read.
    ///
    /// # Errors
    /// [`VenueError::Unread`].
    fn all_read(&self) -> Result<(), VenueError> {
        match self.unread() {
            Some(text) if self.is_finished() => Err(VenueError::Unread(text)),
            _ => Ok(()),
        }
    }
}
