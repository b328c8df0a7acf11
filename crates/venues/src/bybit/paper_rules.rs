//! Bybit's rules for orders, for paper trading: limits of the instrument, numbers of rejects.

use hbl_exchange::{Limits, Reject as ExchangeReject};

use crate::bybit::frames::rest::InstrumentItem;
use crate::bybit::frames::text::Text;

/// The limits of an instrument. A number that is absent or cannot be read is the one in `base`.
pub fn limits(item: &InstrumentItem<'_>, is_spot: bool, base: Limits) -> Limits {
    let (lot, px, risk) = (
        &item.lot_size_filter,
        &item.price_filter,
        &item.risk_parameters,
    );
    // Spot's `maxOrderQty` is the older of two names.
    let max_qty = number(&lot.max_limit_order_qty).or(number(&lot.max_order_qty));
    let max_market = number(&lot.max_mkt_order_qty).or(number(&lot.max_market_order_qty));
    let band = number(&risk.price_limit_ratio_x).or(number(&risk.price_limit_ratio_y));
    let max_value = number(&lot.max_order_amt).or(max_qty.map(|_| f64::INFINITY));
    Limits {
        min_qty: number(&lot.min_order_qty).unwrap_or(base.min_qty),
        max_qty: max_qty.unwrap_or(base.max_qty),
        max_market_qty: max_market.or(max_qty).unwrap_or(base.max_market_qty),
        min_notional: number(&lot.min_notional_value)
            .or(number(&lot.min_order_amt))
            .unwrap_or(base.min_notional),
        max_notional: max_value.unwrap_or(base.max_notional),
        min_px: number(&px.min_price).unwrap_or(base.min_px),
        max_px: number(&px.max_price).unwrap_or(base.max_px),
        band_up: band.unwrap_or(base.band_up),
        band_down: band.unwrap_or(base.band_down),
        max_leverage: number(&item.leverage_filter.max_leverage).unwrap_or(base.max_leverage),
        is_spot,
        ..base
    }
}

/// A positive number.
fn number(text: &Text<'_>) -> Option<f64> {
    let value: f64 = text.get()?.parse().ok()?;
    (value > 0.0 && value.is_finite()).then_some(value)
}

/// The number of a reason in the category `linear`.
pub fn linear_code(reason: ExchangeReject) -> Option<i64> {
    Some(match reason {
        ExchangeReject::InsufficientBalance => 110_007,
        ExchangeReject::UnknownOrder => 110_001,
        ExchangeReject::PriceRange | ExchangeReject::PriceTooHigh | ExchangeReject::PriceTooLow => {
            110_003
        }
        ExchangeReject::QtyZero => 110_017,
        ExchangeReject::NotionalTooSmall => 110_094,
        ExchangeReject::TooManyOrders => 110_020,
        ExchangeReject::PriceTick
        | ExchangeReject::QtyLot
        | ExchangeReject::QtyRange
        | ExchangeReject::QtyTooSmall
        | ExchangeReject::QtyTooLarge
        | ExchangeReject::NotionalTooLarge
        | ExchangeReject::InvalidTimeInForce
        | ExchangeReject::NoChange => 10_001,
        _ => return None,
    })
}

/// The number of a reason in the category `spot`.
pub fn spot_code(reason: ExchangeReject) -> Option<i64> {
    Some(match reason {
        ExchangeReject::InsufficientBalance => 170_131,
        ExchangeReject::UnknownOrder => 170_213,
        ExchangeReject::PriceTooHigh => 170_132,
        ExchangeReject::PriceTooLow => 170_133,
        ExchangeReject::PriceTick => 170_134,
        ExchangeReject::QtyTooLarge => 170_135,
        ExchangeReject::QtyZero | ExchangeReject::QtyTooSmall => 170_136,
        ExchangeReject::QtyLot => 170_137,
        ExchangeReject::NotionalTooSmall => 170_140,
        other => return linear_code(other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bybit::frames::rest::instruments;

    #[test]
    fn limits_come_from_the_list_of_instruments_and_what_it_leaves_out_from_the_base() {
        let body = br#"{"retCode":0,"result":{"list":[{"symbol":"LTCUSDT","leverageFilter":{"maxLeverage":"75"},"priceFilter":{"minPrice":"0.01","maxPrice":"19999.98","tickSize":"0.01"},"lotSizeFilter":{"maxOrderQty":"15000","maxMktOrderQty":"3000","minOrderQty":"0.1","qtyStep":"0.1","minNotionalValue":"5"},"riskParameters":{"priceLimitRatioX":"0.03","priceLimitRatioY":"0.1"}},
            {"symbol":"XUSDT","priceFilter":{"tickSize":"0.01"},"lotSizeFilter":{"basePrecision":"0.1","maxLimitOrderQty":"7","maxMarketOrderQty":"3","minOrderAmt":"5","maxOrderAmt":"9000","minOrderQty":"oops"}}]}}"#;
        let answer = instruments(body).unwrap();
        let base = Limits {
            min_qty: 0.5,
            band_up: 0.2,
            max_notional: 1e6,
            max_orders: 500,
            ..Limits::default()
        };
        let linear = limits(&answer.result.items[0], false, base);
        let expected = Limits {
            min_qty: 0.1,
            max_qty: 15_000.0,
            max_market_qty: 3000.0,
            min_notional: 5.0,
            max_notional: f64::INFINITY,
            min_px: 0.01,
            max_px: 19_999.98,
            band_up: 0.03,
            band_down: 0.03,
            max_orders: 500,
            max_leverage: 75.0,
            is_spot: false,
        };
        assert_eq!(linear, expected);
        let spot = limits(&answer.result.items[1], true, base);
        assert_eq!(
            (spot.min_qty, spot.max_qty, spot.max_market_qty),
            (0.5, 7.0, 3.0)
        );
        assert_eq!((spot.min_notional, spot.max_notional), (5.0, 9000.0));
        assert_eq!((spot.band_up, spot.is_spot), (0.2, true));
    }

    #[test]
    fn numbers_are_those_that_the_venue_refuses_for_certain() {
        use crate::bybit::session::ret_code::{Outcome, outcome};
        for reason in [
            ExchangeReject::InsufficientBalance,
            ExchangeReject::PriceTooHigh,
            ExchangeReject::PriceTooLow,
            ExchangeReject::QtyTooSmall,
            ExchangeReject::QtyTooLarge,
            ExchangeReject::NotionalTooSmall,
            ExchangeReject::TooManyOrders,
        ] {
            for code in [linear_code(reason), spot_code(reason)] {
                assert_eq!(outcome(code.unwrap()), Outcome::Refused, "{reason:?}");
            }
        }
        assert_eq!(linear_code(ExchangeReject::Halted), None);
    }
}
