//! `(x).round() as i64` without the call into the C library that `round` is on older processors.

/// The greatest number below a half: adding it to a number below a half does not reach one.
const BELOW_HALF: f64 = 0.5 - f64::EPSILON / 4.0;

/// The price in ticks: `(price / tick_size).round() as i64`, bit for bit.
#[inline]
pub(crate) fn tick_of(price: f64, tick_size: f64) -> i64 {
    round(price / tick_size)
}

#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "what is out of range is the outermost tick, and NaN is tick 0"
)]
fn round(number: f64) -> i64 {
    (number + BELOW_HALF.copysign(number)) as i64
}

/// What a quantity does to a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lots {
    /// At least one lot: the level is there.
    Some,
    /// Less than half a lot, or NaN: the level goes.
    None,
    /// Half a lot or more below zero. hftbacktest takes the level away and its price for a best one.
    Negative,
}

impl Lots {
    /// The sign of `(qty / lot_size).round() as i64`.
    #[inline]
    pub(crate) fn of(qty: f64, lot_size: f64) -> Self {
        let lots = qty / lot_size;
        if lots >= 0.5 {
            Self::Some
        } else if lots <= -0.5 {
            Self::Negative
        } else {
            Self::None
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rounds_alike(number: f64) {
        assert_eq!(round(number), number.round() as i64, "{number:e}");
        let lots = match number.round() as i64 {
            0 => Lots::None,
            n if n > 0 => Lots::Some,
            _ => Lots::Negative,
        };
        assert_eq!(Lots::of(number, 1.0), lots, "{number:e}");
    }

    #[test]
    fn odd_numbers_round_as_the_standard_library_rounds_them() {
        let below_half = 0.5f64.next_down();
        assert_eq!(BELOW_HALF, below_half);
        for number in [
            0.0,
            below_half,
            0.5,
            1.5,
            2.5,
            2.5f64.next_down(),
            2f64.powi(51) + 0.5,
            2f64.powi(52) - 0.5,
            2f64.powi(52) + 1.0,
            2f64.powi(53) - 1.0,
            2f64.powi(53) + 2.0,
            9.3e18,
            f64::MAX,
            f64::INFINITY,
            f64::NAN,
            f64::MIN_POSITIVE,
        ] {
            rounds_alike(number);
            rounds_alike(-number);
        }
    }

    proptest! {
        #[test]
        fn every_number_rounds_as_the_standard_library_rounds_it(
            any in any::<f64>(),
            halves in -(1i64 << 53)..(1 << 53),
            step in 0u8..3,
        ) {
            rounds_alike(any);
            let number = halves as f64 / 2.0;
            rounds_alike([number, number.next_down(), number.next_up()][usize::from(step)]);
        }
    }
}
