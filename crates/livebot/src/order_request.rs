//! New orders from JavaScript's numbers.

use hftbacktest::types::{OrdType, OrderRequest, Side, TimeInForce};

use crate::error::CommandError;

/// A new order in hftbacktest's numbers, as JavaScript passes them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrderNumbers {
    /// 1 buy, -1 sell.
    pub side: i8,
    /// Limit price.
    pub price: f64,
    pub qty: f64,
    /// 0 `GTC`, 1 `GTX`, 2 `FOK`, 3 `IOC`.
    pub time_in_force: u8,
    /// 0 limit, 1 market.
    pub order_type: u8,
}

impl OrderNumbers {
    /// The request of the order with this id.
    ///
    /// # Errors
    /// [`CommandError::InvalidArgument`] for any other number.
    pub fn request(&self, order_id: u64) -> Result<OrderRequest, CommandError> {
        Ok(OrderRequest {
            order_id,
            price: self.price,
            qty: self.qty,
            side: match self.side {
                1 => Side::Buy,
                -1 => Side::Sell,
                _ => return Err(CommandError::InvalidArgument),
            },
            time_in_force: match self.time_in_force {
                0 => TimeInForce::GTC,
                1 => TimeInForce::GTX,
                2 => TimeInForce::FOK,
                3 => TimeInForce::IOC,
                _ => return Err(CommandError::InvalidArgument),
            },
            order_type: match self.order_type {
                0 => OrdType::Limit,
                1 => OrdType::Market,
                _ => return Err(CommandError::InvalidArgument),
            },
        })
    }
}
