//! Venue decimals as whole numbers of ticks and lots, without floats.

use std::fmt::Write as _;

/// Most decimals that a venue's number may have.
const DECIMALS_MAX: u32 = 18;

/// Most steps of a number: what a float still counts exactly.
const UNITS_MAX: i64 = 1 << 53;

/// A decimal that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not digits with at most one dot (exponents, NaN, empty text).
    #[error("not a plain decimal")]
    Malformed,
    /// Too many digits for the range that is kept.
    #[error("decimal out of range")]
    Range,
    /// Not a multiple of the step.
    #[error("not a multiple of the step")]
    OffStep,
}

/// A plain decimal: `mantissa / 10^decimals`, trailing zeros after the dot removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Decimal {
    mantissa: i64,
    decimals: u32,
}

impl Decimal {
    #[inline]
    fn parse(text: &str) -> Result<Self, DecimalError> {
        let bytes = text.as_bytes();
        let (negative, digits) = match bytes {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let (mut mantissa, mut decimals, mut zeros) = (0i64, 0u32, 0u32);
        let (mut seen, mut dot) = (false, false);
        for byte in digits {
            match byte {
                b'0' if dot => {
                    // Held back: it only counts when another digit follows.
                    seen = true;
                    zeros += 1;
                }
                b'0'..=b'9' => {
                    seen = true;
                    let steps = if dot { zeros + 1 } else { 1 };
                    if dot {
                        decimals += steps;
                        zeros = 0;
                        if decimals > DECIMALS_MAX {
                            return Err(DecimalError::Range);
                        }
                    }
                    let factor = POW10[steps as usize];
                    mantissa = mantissa
                        .checked_mul(factor)
                        .and_then(|m| m.checked_add(i64::from(byte - b'0')))
                        .ok_or(DecimalError::Range)?;
                }
                b'.' if !dot => dot = true,
                _ => return Err(DecimalError::Malformed),
            }
        }
        if !seen {
            return Err(DecimalError::Malformed);
        }
        let mantissa = if negative { -mantissa } else { mantissa };
        Ok(Self { mantissa, decimals })
    }
}

/// Powers of ten that fit an `i64`; one more than [`DECIMALS_MAX`] can be asked for.
const POW10: [i64; 19] = {
    let mut table = [1i64; 19];
    let mut i = 1;
    while i < table.len() {
        table[i] = table[i - 1] * 10;
        i += 1;
    }
    table
};

/// Appends the digits that the bytes begin with to a number, and returns how many they are. More than 18
/// digits wrap around.
#[inline]
fn digits(mut number: u64, bytes: &[u8]) -> (u64, usize) {
    let mut count = 0;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
        count += 1;
    }
    (number, count)
}

/// A tick size or quantity step, exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    mantissa: i64,
    decimals: u32,
}

impl Step {
    /// Reads a step such as `0.05`.
    ///
    /// # Errors
    /// When it is no positive plain decimal.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let Decimal { mantissa, decimals } = Decimal::parse(text)?;
        if mantissa <= 0 {
            return Err(DecimalError::Range);
        }
        Ok(Self { mantissa, decimals })
    }

    /// How many steps a decimal is.
    ///
    /// # Errors
    /// When it is no plain decimal, does not fit, or lies between two steps.
    #[inline]
    pub fn units(&self, text: &str) -> Result<i64, DecimalError> {
        let units = match self.units_of_short(text.as_bytes()) {
            Some(units) => units,
            None => self.units_of_any(text)?,
        };
        if units.unsigned_abs() > UNITS_MAX.unsigned_abs() {
            return Err(DecimalError::Range);
        }
        Ok(units)
    }

    /// The usual form of numbers in a book: at most 18 digits without a sign, and on the step.
    /// `None` for anything else, also for errors.
    #[inline]
    fn units_of_short(&self, bytes: &[u8]) -> Option<i64> {
        let (units, length) = self.units_at_start(bytes)?;
        (length == bytes.len()).then_some(units)
    }

    /// How many steps the decimal is that the bytes begin with, and its length; it ends where neither
    /// a digit nor the first dot comes. `None` for a sign, for more than 18 digits, and for
    /// everything that [`units`](Self::units) refuses.
    #[inline]
    pub fn units_at_start(&self, bytes: &[u8]) -> Option<(i64, usize)> {
        let (mut mantissa, whole) = digits(0, bytes);
        let (mut decimals, mut length) = (0, whole);
        if bytes.get(whole) == Some(&b'.') {
            (mantissa, decimals) = digits(mantissa, &bytes[whole + 1..]);
            length += 1 + decimals;
        }
        // At most 18 digits: below 2^63, so nothing has wrapped around.
        if !(1..=18).contains(&(whole + decimals)) {
            return None;
        }
        while decimals > self.decimals as usize {
            // Decimals after the step's can only be zeros.
            if !mantissa.is_multiple_of(10) {
                return None;
            }
            mantissa /= 10;
            decimals -= 1;
        }
        let missing = self.decimals as usize - decimals;
        let scaled = i64::try_from(mantissa).ok()?.checked_mul(POW10[missing])?;
        let units = match self.mantissa {
            1 => scaled,
            step if scaled % step == 0 => scaled / step,
            _ => return None,
        };
        (units <= UNITS_MAX).then_some((units, length))
    }

    fn units_of_any(&self, text: &str) -> Result<i64, DecimalError> {
        let value = Decimal::parse(text)?;
        if value.mantissa == 0 {
            return Ok(0);
        }
        // Trailing zeros are gone, so more decimals than the step has cannot be a multiple of it.
        let Some(missing) = self.decimals.checked_sub(value.decimals) else {
            return Err(DecimalError::OffStep);
        };
        let scaled = value
            .mantissa
            .checked_mul(POW10[missing as usize])
            .ok_or(DecimalError::Range)?;
        if self.mantissa == 1 {
            return Ok(scaled);
        }
        if scaled % self.mantissa != 0 {
            return Err(DecimalError::OffStep);
        }
        Ok(scaled / self.mantissa)
    }

    /// The whole steps nearest to a decimal; for averages, which need not lie on a step.
    ///
    /// # Errors
    /// When it is no plain decimal or does not fit.
    pub fn nearest(&self, text: &str) -> Result<i64, DecimalError> {
        let value = Decimal::parse(text)?;
        let num = i128::from(value.mantissa) * i128::from(POW10[self.decimals as usize]);
        let den = i128::from(self.mantissa) * i128::from(POW10[value.decimals as usize]);
        let half = if num < 0 { -den / 2 } else { den / 2 };
        i64::try_from((num + half) / den)
            .ok()
            .filter(|units| units.unsigned_abs() <= UNITS_MAX.unsigned_abs())
            .ok_or(DecimalError::Range)
    }

    /// The decimal of so many steps, as the venue wants it; `None` when it does not fit.
    pub fn text(&self, units: i64) -> Option<String> {
        let value = units.checked_mul(self.mantissa)?;
        let mut text = String::new();
        if value < 0 {
            text.push('-');
        }
        let scale = POW10[self.decimals as usize].unsigned_abs();
        let magnitude = value.unsigned_abs();
        write!(text, "{}", magnitude / scale).ok()?;
        if self.decimals > 0 {
            let width = self.decimals as usize;
            write!(text, ".{:0width$}", magnitude % scale).ok()?;
        }
        Some(text)
    }

    /// The coarsest step on which the multiples of this one and a decimal lie.
    ///
    /// # Errors
    /// When the text is no plain decimal, or no such step fits.
    pub fn refined(&self, text: &str) -> Result<Self, DecimalError> {
        let Decimal { mantissa, decimals } = Decimal::parse(text)?;
        if mantissa == 0 {
            return Ok(*self);
        }
        let mantissa = mantissa.checked_abs().ok_or(DecimalError::Range)?;
        self.common(&Self { mantissa, decimals })
            .ok_or(DecimalError::Range)
    }

    /// The coarsest step on which the multiples of both lie; `None` when it does not fit.
    pub fn common(&self, other: &Self) -> Option<Self> {
        let decimals = self.decimals.max(other.decimals);
        let at = |step: &Self| {
            let missing = decimals - step.decimals;
            step.mantissa.checked_mul(POW10[missing as usize])
        };
        let (mut a, mut b) = (at(self)?, at(other)?);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let (mut mantissa, mut decimals) = (a, decimals);
        while decimals > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            decimals -= 1;
        }
        Some(Self { mantissa, decimals })
    }

    /// How many of a finer step make one of these; `None` when that is no whole number.
    pub fn ratio(&self, finer: &Self) -> Option<i64> {
        let decimals = self.decimals.max(finer.decimals);
        let at = |step: &Self| {
            let missing = decimals - step.decimals;
            step.mantissa.checked_mul(POW10[missing as usize])
        };
        let (this, finer) = (at(self)?, at(finer)?);
        (this % finer == 0).then_some(this / finer)
    }

    /// The step as a float, for comparing with what a bot registered.
    #[expect(clippy::cast_precision_loss, reason = "steps have few digits")]
    pub fn to_f64(&self) -> f64 {
        self.mantissa as f64 / POW10[self.decimals as usize] as f64
    }

    /// Whole steps of a float that was made from a decimal; `None` when it lies between steps.
    pub fn units_of_f64(&self, value: f64) -> Option<i64> {
        let units = value / self.to_f64();
        let whole = units.round();
        let tolerance = (whole.abs() * 1e-12).clamp(1e-6, 0.1);
        if !units.is_finite() || whole.abs() > 9.0e15 || (units - whole).abs() > tolerance {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "checked just above")]
        Some(whole as i64)
    }

    /// A count of steps as a float quantity: exact decimals give the float nearest to them.
    #[expect(
        clippy::cast_precision_loss,
        reason = "quantities are far below 2^53 steps"
    )]
    pub fn f64_of(&self, units: i64) -> f64 {
        let mantissa = match units.checked_mul(self.mantissa) {
            Some(mantissa) => mantissa as f64,
            None => units as f64 * self.mantissa as f64,
        };
        mantissa / POW10[self.decimals as usize] as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn step(text: &str) -> Step {
        Step::parse(text).unwrap()
    }

    #[test]
    fn decimals_become_whole_steps() {
        for (size, text, units) in [
            ("0.05", "3011.20", 60_224),
            ("0.05", "3011.2", 60_224),
            ("0.05", "3011.2000000000", 60_224),
            ("0.5", "27450.00", 54_900),
            ("5", "25", 5),
            ("0.000001", "0.000003", 3),
            ("0.01", "0", 0),
            ("0.01", "0.0000000000000000000000000", 0),
            ("0.01", "-1.50", -150),
        ] {
            assert_eq!(step(size).units(text), Ok(units), "{text} in {size}");
        }
    }

    #[test]
    fn what_is_off_the_step_or_no_decimal_is_an_error() {
        for (text, error) in [
            ("3011.21", DecimalError::OffStep),
            ("3011.201", DecimalError::OffStep),
            ("", DecimalError::Malformed),
            (".", DecimalError::Malformed),
            ("-", DecimalError::Malformed),
            ("1e5", DecimalError::Malformed),
            ("NaN", DecimalError::Malformed),
            ("+1", DecimalError::Malformed),
            ("1.2.3", DecimalError::Malformed),
            ("99999999999999999999", DecimalError::Range),
            ("9223372036854775807", DecimalError::Range),
            ("0.0000000000000000001", DecimalError::Range),
        ] {
            assert_eq!(step("0.05").units(text), Err(error), "{text}");
        }
        assert!(Step::parse("0").is_err());
        assert!(Step::parse("-0.1").is_err());
    }

    #[test]
    fn a_long_run_of_zeros_is_harmless() {
        let long = format!("1.{}1", "0".repeat(100_000));
        assert_eq!(step("0.1").units(&long), Err(DecimalError::Range));
        let zeros = format!("1.{}", "0".repeat(100_000));
        assert_eq!(step("0.1").units(&zeros), Ok(10));
    }

    #[test]
    fn a_step_is_refined_until_a_decimal_lies_on_it() {
        for (size, text, finer, ratio) in [
            ("0.1", "0.25", "0.05", 2),
            ("0.2", "59910.1", "0.1", 2),
            ("0.001", "0.0005", "0.0005", 2),
            ("1", "10", "1", 1),
            ("0.1", "0", "0.1", 1),
            ("0.1", "-0.01", "0.01", 10),
            ("25", "30", "5", 5),
        ] {
            let refined = step(size).refined(text).unwrap();
            assert_eq!(refined, step(finer), "{size} with {text}");
            assert_eq!(step(size).ratio(&refined), Some(ratio));
            assert!(refined.units(text).is_ok());
        }
        assert_eq!(step("0.1").ratio(&step("0.2")), None);
        assert!(step("0.1").refined("x").is_err());
        assert!(step("1").refined("0.0000000000000000001").is_err());
    }

    #[test]
    fn averages_go_to_the_nearest_step() {
        assert_eq!(step("0.05").nearest("3641.075"), Ok(72_822));
        assert_eq!(step("0.05").nearest("3641.07"), Ok(72_821));
        assert_eq!(step("0.5").nearest("-0.75"), Ok(-2));
    }

    #[test]
    fn floats_come_back_to_their_steps() {
        let lot = step("0.001");
        assert_eq!(lot.units_of_f64(0.3), Some(300));
        assert_eq!(lot.units_of_f64(0.1 + 0.2), Some(300));
        assert_eq!(lot.units_of_f64(0.0005), None);
        assert_eq!(lot.units_of_f64(f64::NAN), None);
        assert_eq!(lot.units_of_f64(1e300), None);
        assert_eq!(lot.f64_of(300), 0.3);
    }

    proptest! {
        #[test]
        fn text_and_units_are_inverse(units in -1_000_000_000i64..1_000_000_000, at in 0usize..6) {
            let step = step(["0.05", "0.1", "1", "25", "0.000001", "0.00025"][at]);
            let text = step.text(units).unwrap();
            prop_assert_eq!(step.units(&text), Ok(units));
            prop_assert_eq!(step.nearest(&text), Ok(units));
            prop_assert_eq!(step.f64_of(units), text.parse::<f64>().unwrap());
        }

        #[test]
        fn the_short_way_agrees_with_the_long_one(text in "[0-9.]{0,20}", at in 0usize..4) {
            let step = step(["0.05", "1", "0.001", "25"][at]);
            if let Some(units) = step.units_of_short(text.as_bytes()) {
                prop_assert_eq!(step.units_of_any(&text), Ok(units));
            }
        }

        #[test]
        fn a_decimal_is_read_up_to_its_end(text in "[0-9.]{0,22}", rest in "(\"|,|x|-)[0-9.]{0,3}", at in 0usize..4) {
            let step = step(["0.05", "1", "0.001", "25"][at]);
            let read = step.units_at_start(format!("{text}{rest}").as_bytes());
            let Some((units, length)) = read else {
                return Ok(());
            };
            prop_assert_eq!(step.units(&text[..length]), Ok(units));
            prop_assert!(length == text.len() || text[length..].starts_with('.'));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,40}") {
            let _ = step("0.05").units(&text);
            let _ = step("0.05").nearest(&text);
            let _ = Step::parse(&text);
        }
    }
}
