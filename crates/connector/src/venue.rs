//! What a market place offers to the bus.
//!
//! A venue does no waiting and no shared memory: it is told the time, takes requests and hands out
//! what has happened. A venue on the network runs its sockets on other threads, queues what they
//! hear, and wakes the bus through a `Ringer`.

use std::sync::Arc;

pub use hbl_wire::{Balance, VenueSocket};
use hftbacktest::types::{Event, OrdType, Side, Status, TimeInForce};

use crate::clock::Now;

/// Handles of adopted orders begin here, so that they never meet those of the bus.
pub const ADOPTED_HANDLES: u64 = 1 << 63;

/// A new order as a venue sees it. `handle` names it in everything that follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewOrder {
    /// The bus's own number of the order, never used twice; below [`ADOPTED_HANDLES`].
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
}

/// Why something was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Stable number.
    pub code: i64,
    /// What is wrong and what to do.
    pub text: String,
}

/// What an order has become.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderReport {
    /// The order.
    pub handle: u64,
    /// hftbacktest's status; `Rejected` comes with `refusal`.
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
    /// refusals: bots then get the time of this machine's clock at which the bus heard of it.
    pub exch_ts: i64,
    /// Why the venue ended or refused the order.
    pub refusal: Option<Refusal>,
}

impl OrderReport {
    /// An order that was not sent, or not taken: all of it is left. `exch_ts` is in Unix nanoseconds.
    pub fn refused(order: &NewOrder, exch_ts: i64, refusal: Refusal) -> Self {
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
            refusal: Some(refusal),
        }
    }
}

/// An execution of an adopted order, made before it was adopted.
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

/// An order of an earlier run of the connector.
///
/// An open one is followed from now on: reports about its handle come as for any other order. One
/// that has ended is told so that its owner, which may not have heard of it, can be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Adopted {
    /// Its number, from [`ADOPTED_HANDLES`] up.
    pub handle: u64,
    /// Bot that sent it.
    pub owner: u64,
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
    /// Limit price in ticks as it is now; 0 for a market order.
    pub price_tick: i64,
    /// Ordered quantity as it is now.
    pub qty: f64,
    /// Quantity that is not filled, also of an order that has ended.
    pub leaves_qty: f64,
    /// What it is now; `Rejected` never occurs, such an order has expired.
    pub status: Status,
    /// When that was, Unix nanoseconds.
    pub exch_ts: i64,
    /// Its executions as far as they are known, oldest first; those before them are missing, never
    /// those after.
    pub fills: Vec<PastFill>,
}

/// Something that a venue tells.
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
    /// An order of an earlier run.
    Adopted(Box<Adopted>),
    /// A cancellation or amendment was refused; the order is as before.
    RequestRefused {
        /// The order.
        handle: u64,
        /// Why.
        refusal: Refusal,
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
    /// The book of a symbol cannot be relied on.
    FeedStale {
        /// Index of the symbol.
        symbol: u32,
    },
    /// The book of a symbol can be relied on again.
    FeedFresh {
        /// Index of the symbol.
        symbol: u32,
    },
    /// Something else that bots must know; `codes::severity` says how much it matters.
    Notice(Refusal),
    /// Something that the owner of an order must know and that does not change the order.
    OrderNotice {
        /// The order.
        handle: u64,
        /// What is the matter.
        notice: Refusal,
    },
}

/// Wakes the bus from another thread. What it shall find must be there before.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// A market place. Every call comes from the one bus thread.
pub trait Venue {
    /// Accepts a symbol with the tick and lot size of a bot, or says why not. Called once per
    /// symbol; later registrations are compared with the first one by the bus.
    ///
    /// # Errors
    /// When the venue does not have the symbol, or not with these sizes.
    fn register(&mut self, now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Refusal>;

    /// Why the venue cannot judge a registration of this symbol yet (its instruments are still being
    /// read); `None`: it can. The bus keeps such a registration and asks again.
    fn not_yet(&self, _symbol: &str) -> Option<String> {
        None
    }

    /// Tick and lot size of a symbol, where the venue itself knows them; `None`: it does not have the
    /// symbol, or does not know its instruments yet. A venue that wraps another one passes it on.
    fn sizes(&self, _symbol: &str) -> Option<(f64, f64)> {
        None
    }

    /// True when open orders stay at the venue after the connector has stopped; otherwise they end
    /// with it, and the bus tells so.
    fn keeps_orders(&self) -> bool {
        false
    }

    /// Why the account's orders and position are not known here though there may be some, and what
    /// to do; `None`: they are known. Bots are told then that the state of what they do not hear of
    /// is unknown. A venue that wraps another one answers for itself.
    fn orders_unknown(&self) -> Option<&str> {
        None
    }

    /// Sends a new order.
    fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder);

    /// Cancels an order.
    fn cancel(&mut self, now: Now, symbol: u32, handle: u64);

    /// Changes price and total quantity of an order.
    fn amend(&mut self, now: Now, symbol: u32, handle: u64, price_tick: i64, qty: f64);

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

    /// Appends the whole book of a symbol, as far as it was published, as level events.
    fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>);

    /// True when that book is whole; otherwise `FeedFresh` tells when it is. Until then, for a
    /// while, the bus keeps the answers to registrations.
    fn has_whole_book(&self, _symbol: u32) -> bool {
        true
    }

    /// The account's position in a symbol.
    fn position(&self, symbol: u32) -> f64;

    /// Appends the account's balances as far as they are known.
    fn balances(&self, _now: Now, _out: &mut Vec<Balance>) {}

    /// Goes one step forward, for venues that are stepped by hand.
    fn step(&mut self) {}

    /// True when there will never be anything more.
    fn is_finished(&self) -> bool {
        false
    }
}
