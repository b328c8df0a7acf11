//! Requests of an account: new order, cancel, amend, cancel all.

use crate::order::{OrderState, OrderType, Side, TimeInForce};

/// A request of an account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Request {
    New(NewOrder),
    Cancel(CancelOrder),
    /// Changes price or quantity of an order.
    Amend(AmendOrder),
    /// Cancels all orders, or those of one instrument.
    CancelAll(CancelAll),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewOrder {
    /// Owner; exists from its first request on.
    pub account: u64,
    /// Index of the instrument.
    pub symbol: u32,
    /// The owner's id, unique among the owner's open orders.
    pub client_id: u64,
    pub side: Side,
    pub order_type: OrderType,
    /// Time in force; a market order takes `Gtc` as `Ioc`.
    pub tif: TimeInForce,
    /// Limit price in price units; ignored for a market order.
    pub px: f64,
    pub qty: f64,
}

impl NewOrder {
    #[must_use]
    pub fn limit(
        account: u64,
        symbol: u32,
        client_id: u64,
        side: Side,
        px: f64,
        qty: f64,
        tif: TimeInForce,
    ) -> Self {
        Self {
            account,
            symbol,
            client_id,
            side,
            order_type: OrderType::Limit,
            tif,
            px,
            qty,
        }
    }

    #[must_use]
    pub fn market(account: u64, symbol: u32, client_id: u64, side: Side, qty: f64) -> Self {
        let (order_type, tif) = (OrderType::Market, TimeInForce::Ioc);
        Self {
            account,
            symbol,
            client_id,
            side,
            order_type,
            tif,
            px: 0.0,
            qty,
        }
    }

    /// The order at this price and quantity: nothing of it is filled, and the exchange's id is missing.
    pub(crate) const fn state(&self, px_tick: i64, qty_lots: i64) -> OrderState {
        OrderState {
            account: self.account,
            client_id: self.client_id,
            order_id: 0,
            symbol: self.symbol,
            side: self.side,
            order_type: self.order_type,
            tif: self.tif,
            px_tick,
            qty_lots,
            leaves_lots: qty_lots,
            cum_lots: 0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelOrder {
    pub account: u64,
    /// Index of the instrument; must be the order's.
    pub symbol: u32,
    /// The client's own id of the order.
    pub client_id: u64,
}

/// Changes an order.
///
/// A smaller quantity at the same price keeps the place in the queue; everything else loses it, and
/// may trade at once. The order is canceled when the quantity is not above what is filled already,
/// and expires when it is post-only and would take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AmendOrder {
    pub account: u64,
    /// Index of the instrument; must be the order's.
    pub symbol: u32,
    /// The client's own id of the order.
    pub client_id: u64,
    /// New limit price in price units; `None` keeps it.
    pub px: Option<f64>,
    /// New total quantity (filled included) in quantity units; `None` keeps it.
    pub qty: Option<f64>,
}

/// Cancels all orders of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelAll {
    pub account: u64,
    /// Only this instrument; `None`: all.
    pub symbol: Option<u32>,
}

impl Request {
    /// The account that asks.
    #[must_use]
    pub const fn account(&self) -> u64 {
        match self {
            Self::New(r) => r.account,
            Self::Cancel(r) => r.account,
            Self::Amend(r) => r.account,
            Self::CancelAll(r) => r.account,
        }
    }
}

impl From<NewOrder> for Request {
    fn from(request: NewOrder) -> Self {
        Self::New(request)
    }
}
impl From<CancelOrder> for Request {
    fn from(request: CancelOrder) -> Self {
        Self::Cancel(request)
    }
}
impl From<AmendOrder> for Request {
    fn from(request: AmendOrder) -> Self {
        Self::Amend(request)
    }
}
impl From<CancelAll> for Request {
    fn from(request: CancelAll) -> Self {
        Self::CancelAll(request)
    }
}
