//! Reasons of rejected requests and expired orders.

use serde::{Deserialize, Serialize};

/// Why a request was refused, or why an order expired. The numbers are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(i64)]
#[non_exhaustive]
pub enum Reject {
    /// No instrument has this index.
    UnknownSymbol = 1001,
    /// The price is NaN, infinite, zero, negative or too large.
    PriceRange = 1002,
    /// The price is not a multiple of the tick size.
    PriceTick = 1003,
    /// The quantity is NaN, infinite, negative or too large.
    QtyRange = 1004,
    /// The quantity is not a multiple of the lot size.
    QtyLot = 1005,
    /// The quantity is zero.
    QtyZero = 1006,
    /// An open order of the account has this client id.
    DuplicateId = 1007,
    /// No open order of the account has this client id.
    UnknownOrder = 1008,
    /// The order type does not go with the time in force (a post-only market order).
    InvalidTimeInForce = 1009,
    /// The account is reserved for the background flow.
    ReservedAccount = 1010,
    /// The account's equity times its leverage does not carry the order with its fee; on a spot market,
    /// its coins do not.
    InsufficientBalance = 1011,
    /// An amendment that changes nothing, or asks for nothing.
    NoChange = 1012,
    /// The market is halted: its book cannot be relied on. Cancellations work.
    Halted = 1013,
    /// The quantity is below the instrument's smallest.
    QtyTooSmall = 1014,
    /// The quantity is above the instrument's largest.
    QtyTooLarge = 1015,
    /// Price × quantity is below the instrument's smallest value.
    NotionalTooSmall = 1016,
    /// Price × quantity is above the instrument's largest value.
    NotionalTooLarge = 1017,
    /// The price is above the instrument's highest, or a buy is too far above the market.
    PriceTooHigh = 1018,
    /// The price is below the instrument's lowest, or a sell is too far below the market.
    PriceTooLow = 1019,
    /// The account has as many open orders in the instrument as it may.
    TooManyOrders = 1020,
    /// A post-only order would have taken liquidity (the order expires).
    PostOnlyWouldCross = 2001,
    /// A fill-or-kill order could not be filled at once in full (the order expires).
    FokUnfilled = 2002,
    /// The rest of an immediate-or-cancel or market order found no liquidity (the order expires).
    NoLiquidity = 2003,
    /// The order would have traded with an order of its own account (the order expires).
    SelfTrade = 2004,
    /// An amendment left nothing to fill (the order is canceled).
    QtyBelowFilled = 2005,
    /// An injected fault, see [`Faults`](crate::Faults).
    SystemBusy = 9001,
}

impl Reject {
    /// The stable number.
    #[must_use]
    pub const fn code(self) -> i64 {
        self as i64
    }

    /// The reason in English, without a full stop.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::UnknownSymbol => "unknown symbol",
            Self::PriceRange => "price is not a positive finite number within range",
            Self::PriceTick => "price is not a multiple of the tick size",
            Self::QtyRange => "quantity is not a positive finite number within range",
            Self::QtyLot => "quantity is not a multiple of the lot size",
            Self::QtyZero => "quantity is zero",
            Self::DuplicateId => "an open order has this client id",
            Self::UnknownOrder => "no open order has this client id",
            Self::InvalidTimeInForce => "order type and time in force do not go together",
            Self::ReservedAccount => "the account is reserved",
            Self::InsufficientBalance => "insufficient balance",
            Self::NoChange => "the amendment changes nothing",
            Self::Halted => "the market is halted, its book cannot be relied on now",
            Self::QtyTooSmall => "quantity is below the minimum of the instrument",
            Self::QtyTooLarge => "quantity is above the maximum of the instrument",
            Self::NotionalTooSmall => "value of the order is below the minimum of the instrument",
            Self::NotionalTooLarge => "value of the order is above the maximum of the instrument",
            Self::PriceTooHigh => "price is above what the instrument allows now",
            Self::PriceTooLow => "price is below what the instrument allows now",
            Self::TooManyOrders => "too many open orders in the instrument",
            Self::PostOnlyWouldCross => "post-only order would take liquidity",
            Self::FokUnfilled => "fill-or-kill order cannot be filled in full",
            Self::NoLiquidity => "no liquidity for the rest of the order",
            Self::SelfTrade => "order would trade with the same account",
            Self::QtyBelowFilled => "amended quantity is not above the filled quantity",
            Self::SystemBusy => "system busy (injected fault)",
        }
    }
}

impl std::fmt::Display for Reject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for Reject {}
