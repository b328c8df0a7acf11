//! Events of an exchange: market data, order reports, positions, balances.

use crate::{
    order::{OrderType, Side, TimeInForce},
    reject::Reject,
};

/// An event. Times are Unix nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExchangeEvent {
    /// When it happened at the exchange. Order events of one account have strictly growing times
    /// (moved by 1 ns where they would be equal).
    pub exch_ts_ns: i64,
    /// When it reaches the client.
    pub deliver_ts_ns: i64,
    pub body: EventBody,
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventBody {
    /// A level of the book changed.
    Level(LevelUpdate),
    Trade(Trade),
    /// An order changed, or was refused.
    Order(OrderReport),
    /// A cancellation or an amendment was refused; the order, if there is one, is as before.
    CancelReject(CancelReject),
    Position(PositionReport),
    Balance(BalanceReport),
}

/// A level of the book changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelUpdate {
    /// Index of the instrument.
    pub symbol: u32,
    pub side: Side,
    pub px_tick: i64,
    /// Quantity of the level now, in lots; 0: the level is gone.
    pub qty_lots: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Index of the instrument.
    pub symbol: u32,
    /// Side of the aggressor.
    pub aggressor: Side,
    pub px_tick: i64,
    pub qty_lots: i64,
    /// Ascending from 1 over all instruments.
    pub trade_id: u64,
}

/// Status of an order in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderStatus {
    /// Accepted, nothing executed.
    New,
    PartiallyFilled,
    Filled,
    /// Canceled by a request, or by the exchange (see `reason`).
    Canceled,
    /// Ended by its own terms, see `reason`.
    Expired,
    /// Refused, see `reason`.
    Rejected,
    /// Amended: price and quantities are the new ones.
    Replaced,
}

impl OrderStatus {
    /// Whether the order is over.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(
            self,
            Self::Filled | Self::Canceled | Self::Expired | Self::Rejected
        )
    }
}

/// An order changed, or was refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrderReport {
    pub account: u64,
    /// The client's own id of the order.
    pub client_id: u64,
    /// The exchange's id; 0 when rejected.
    pub order_id: u64,
    /// Index of the instrument.
    pub symbol: u32,
    pub status: OrderStatus,
    /// Why it was rejected, expired, or canceled by the exchange; else `None`.
    pub reason: Option<Reject>,
    pub side: Side,
    pub order_type: OrderType,
    pub tif: TimeInForce,
    /// Whether this execution was passive; `false` when there is none.
    pub maker: bool,
    /// Limit price in ticks; 0 for a market order, and when a rejected price has no tick.
    pub px_tick: i64,
    /// Ordered quantity in lots; 0 when a rejected quantity has no number of lots.
    pub qty_lots: i64,
    /// Open quantity in lots; 0 when the order is over.
    pub leaves_lots: i64,
    /// Executed so far, in lots.
    pub cum_lots: i64,
    /// Price of this execution in ticks; 0 when this is none.
    pub last_px_tick: i64,
    /// Quantity of this execution in lots; 0 when this is none.
    pub last_lots: i64,
    /// Fee of this execution in quote currency, negative is a rebate; 0 when this is none.
    pub fee: f64,
    /// The trade of this execution; 0 when this is none.
    pub trade_id: u64,
}

/// Which request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestOp {
    Cancel,
    Amend,
}

/// A cancellation or an amendment was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelReject {
    pub account: u64,
    /// Index of the instrument, as asked.
    pub symbol: u32,
    /// The owner's id, as asked.
    pub client_id: u64,
    pub op: RequestOp,
    pub reason: Reject,
}

/// A position after a fill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PositionReport {
    pub account: u64,
    /// Index of the instrument.
    pub symbol: u32,
    /// Position in lots, negative is short.
    pub qty_lots: i64,
    /// Average entry price in price units; 0 when flat.
    pub entry_px: f64,
    /// Realised profit before fees, in quote currency, since the beginning.
    pub realized_pnl: f64,
    /// Fees paid, in quote currency, since the beginning; negative is a rebate.
    pub fees: f64,
}

/// A balance after a fill.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BalanceReport {
    pub account: u64,
    /// Cash in quote currency: initial − Σ price × quantity × direction − fees.
    pub cash: f64,
    /// Wallet balance in quote currency: initial + realised profit − fees.
    pub wallet: f64,
    /// Fees paid over all instruments, in quote currency.
    pub fees: f64,
}
