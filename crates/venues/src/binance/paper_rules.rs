//! The codes with which Binance USD-M futures reject an order, for paper trading.

use hbl_exchange::Reject as ExchangeReject;

/// The venue's number of a reason.
pub fn code(reason: ExchangeReject) -> Option<i64> {
    Some(match reason {
        ExchangeReject::InsufficientBalance => -2019,
        ExchangeReject::UnknownOrder => -2011,
        ExchangeReject::PriceTick => -4014,
        ExchangeReject::PriceRange | ExchangeReject::PriceTooHigh => -4016,
        ExchangeReject::PriceTooLow => -4024,
        ExchangeReject::QtyZero => -4003,
        ExchangeReject::QtyTooSmall => -4004,
        ExchangeReject::QtyTooLarge | ExchangeReject::QtyRange => -4005,
        ExchangeReject::QtyLot => -4023,
        ExchangeReject::NotionalTooSmall => -4164,
        ExchangeReject::TooManyOrders => -2025,
        _ => return None,
    })
}
