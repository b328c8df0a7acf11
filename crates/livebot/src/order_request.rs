//! Order requests from JavaScript's numbers.

use hftbacktest::types::{OrdType, OrderRequest, Side, TimeInForce};

use crate::error::CommandError;

/// An order request from hftbacktest's numbers, as JavaScript passes them: side 1 or -1, time in force 0 to
/// 3, order type 0 or 1.
///
/// # Errors
/// [`CommandError::InvalidArgument`] for any other number.
pub fn order_request(
    order_id: u64,
    side: i8,
    price: f64,
    qty: f64,
    time_in_force: u8,
    order_type: u8,
) -> Result<OrderRequest, CommandError> {
    Ok(OrderRequest {
        order_id,
        price,
        qty,
        side: match side {
            1 => Side::Buy,
            -1 => Side::Sell,
            _ => return Err(CommandError::InvalidArgument),
        },
        time_in_force: match time_in_force {
            0 => TimeInForce::GTC,
            1 => TimeInForce::GTX,
            2 => TimeInForce::FOK,
            3 => TimeInForce::IOC,
            _ => return Err(CommandError::InvalidArgument),
        },
        order_type: match order_type {
            0 => OrdType::Limit,
            1 => OrdType::Market,
            _ => return Err(CommandError::InvalidArgument),
        },
    })
}
