//! Prices and quantities as people write them, and whether they are on their grid.

/// How far from the grid, as a share of a step, still counts as on it: floating-point noise.
const GRID_TOLERANCE: f64 = 1e-6;
/// The same as a share of the number of steps, for values of so many that noise is above that.
const RELATIVE_TOLERANCE: f64 = 1e-12;
/// Beyond this share of a step, noise cannot be distinguished from a wrong value.
const TOLERANCE_MAX: f64 = 0.1;
/// Most decimals of a step that is no part of a whole number.
const DECIMALS_MAX: usize = 15;
const POW10: [f64; DECIMALS_MAX + 1] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
];

/// The price of a tick, rounded as its decimals would be: 499 471 ticks of 0.1 are 49 947.1, where
/// the product alone gives 49 947.100000000006. Quantities of lots alike.
///
/// Exact while the digits of the result stay below 2^53; beyond that the plain product.
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
    } else if tick_size.fract() == 0.0 {
        tick as f64 * tick_size
    } else {
        of_decimals(tick as f64, tick_size)
    }
}

/// The price at a step such as 0.3 or 2.5, whose digits and their power of ten are whole numbers.
#[cold]
fn of_decimals(tick: f64, tick_size: f64) -> f64 {
    for scale in &POW10[1..] {
        let digits = tick_size * scale;
        if (digits - digits.round()).abs() <= digits * 1e-14 {
            return tick * digits.round() / scale;
        }
    }
    tick * tick_size
}

/// The whole number of steps of a value, `None` when it is less than one or lies between two. The
/// noise of sums and products of floats is no distance: a millionth of a step, or a 10^-12th of the
/// value where that is more.
#[must_use]
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "compared with what an i64 holds"
)]
pub fn steps_of(value: f64, step: f64) -> Option<i64> {
    let steps = value / step;
    let whole = steps.round();
    let tolerance = (whole * RELATIVE_TOLERANCE).clamp(GRID_TOLERANCE, TOLERANCE_MAX);
    let is_on_grid = (steps - whole).abs() <= tolerance && (1.0..9e18).contains(&whole);
    is_on_grid.then_some(whole as i64)
}

/// A value that is on the grid but for noise, without the noise; any other as it is.
#[must_use]
#[inline]
pub fn without_noise(value: f64, step: f64) -> f64 {
    steps_of(value, step).map_or(value, |steps| price_of(steps, step))
}

#[cfg(test)]
mod tests {
    use super::{price_of, steps_of, without_noise};

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
            (3, 0.3, 0.9),
            (7, 0.07, 0.49),
            (3, 1.1, 3.3),
            (3, 1000.0, 3000.0),
        ] {
            assert_eq!(price_of(tick, tick_size), price, "{tick} x {tick_size}");
        }
    }

    #[test]
    fn every_grid_gives_the_decimal_and_knows_its_noise() {
        for exponent in -8..=3_i32 {
            for digits in [1_i64, 2, 3, 5, 7, 25, 125] {
                let step: f64 = format!("{digits}e{exponent}").parse().unwrap();
                for steps in [1_i64, 2, 3, 7, 29, 999, 18_000, 499_471, 123_456_789] {
                    let text = format!("{}e{exponent}", i128::from(steps * digits));
                    let decimal: f64 = text.parse().unwrap();
                    let what = format!("{steps} of {step}");
                    assert_eq!(price_of(steps, step), decimal, "{what}");
                    assert_eq!(steps_of(decimal, step), Some(steps), "{what}");
                    let noisy = steps as f64 * step;
                    assert_eq!(without_noise(noisy, step), decimal, "{what}");
                    let sum = decimal + step + step - step - step;
                    assert_eq!(without_noise(sum, step), decimal, "{what}");
                    for off in [0.5, 0.01, -0.3] {
                        assert_eq!(steps_of((steps as f64 + off) * step, step), None, "{what}");
                    }
                }
            }
        }
        for bad in [0.0, -0.1, 0.04, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(steps_of(bad, 0.1), None, "{bad}");
        }
    }
}
