//! Prices from ticks, as people write them.

/// The price of a tick, rounded as its decimals would be: 499 471 ticks of 0.1 are 49 947.1, where
/// the product alone gives 49 947.100000000006.
///
/// Exact for tick sizes that are whole numbers or one part of a whole number (0.5, 0.1, 0.00025);
/// the plain product for others.
#[must_use]
#[inline]
#[expect(
    clippy::cast_precision_loss,
    reason = "ticks of a price are far below 2^53"
)]
pub fn price_of(tick: i64, tick_size: f64) -> f64 {
    let parts = 1.0 / tick_size;
    let whole = parts.round();
    if tick_size < 1.0 && (parts - whole).abs() <= whole * 1e-12 {
        tick as f64 / whole
    } else {
        tick as f64 * tick_size
    }
}

#[cfg(test)]
mod tests {
    use super::price_of;

    #[test]
    fn a_price_is_the_decimal_that_people_write() {
        for (tick, tick_size, price) in [
            (499_471, 0.1, 49_947.1),
            (5_000_057, 0.01, 50_000.57),
            (-3, 0.1, -0.3),
            (7, 0.00025, 0.00175),
            (3, 0.5, 1.5),
            (11, 25.0, 275.0),
            (3, 2.5, 7.5),
        ] {
            assert_eq!(price_of(tick, tick_size), price, "{tick} x {tick_size}");
        }
    }
}
