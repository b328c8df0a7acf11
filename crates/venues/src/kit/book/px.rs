//! Exact decimal prices.

/// A price as a whole number of billionths, so that levels compare exactly and need no tick size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Px(i64);

impl Px {
    /// How many units make 1.0.
    pub const SCALE: i64 = 1_000_000_000;
    const DIGITS: u32 = 9;

    /// Makes a price from its raw units.
    pub const fn from_raw(raw: i64) -> Self {
        Self(raw)
    }

    /// The raw units (billionths).
    pub const fn raw(self) -> i64 {
        self.0
    }

    /// Reads a plain decimal such as `61800.20`; `None` for anything else, for more than nine
    /// significant decimals and for what does not fit (about 9.2 billion).
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let mut value: i64 = 0;
        let mut decimals: Option<u32> = None;
        let mut seen = false;
        for byte in digits {
            match byte {
                b'0'..=b'9' => {
                    seen = true;
                    let digit = i64::from(byte - b'0');
                    match &mut decimals {
                        Some(count) if *count == Self::DIGITS => {
                            if digit != 0 {
                                return None;
                            }
                            continue;
                        }
                        Some(count) => *count += 1,
                        None => {}
                    }
                    value = value.checked_mul(10)?.checked_add(digit)?;
                }
                b'.' if decimals.is_none() => decimals = Some(0),
                _ => return None,
            }
        }
        if !seen {
            return None;
        }
        let missing = Self::DIGITS - decimals.unwrap_or(0);
        let value = value.checked_mul(10i64.pow(missing))?;
        Some(Self(if negative { -value } else { value }))
    }

    /// The nearest price to a float; `None` when it is not finite or does not fit.
    pub fn from_f64(value: f64) -> Option<Self> {
        let scaled = value * Self::SCALE as f64;
        if !scaled.is_finite() || scaled.abs() >= i64::MAX as f64 {
            return None;
        }
        Some(Self(scaled.round() as i64))
    }

    /// The float nearest to this price (exact decimal input gives the same float as parsing it).
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / Self::SCALE as f64
    }
}

/// The greatest step of which both numbers are multiples; 0 counts as "nothing known".
pub fn common_step(a: i64, b: i64) -> i64 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i64::try_from(a).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_gives_the_same_float_as_parsing_it() {
        for text in [
            "61800.20",
            "0.1",
            "0.001",
            "1000",
            "58710.2",
            "0.000000001",
            "9999999.99",
        ] {
            let px = Px::parse(text).unwrap();
            assert_eq!(px.to_f64(), text.parse::<f64>().unwrap(), "{text}");
        }
        assert_eq!(Px::parse("-1.5").unwrap().to_f64(), -1.5);
        assert_eq!(
            Px::parse("1.5000000000").unwrap(),
            Px::parse("1.5").unwrap()
        );
    }

    #[test]
    fn what_is_no_plain_decimal_is_refused() {
        for text in [
            "",
            ".",
            "-",
            "1e5",
            "1,5",
            "1.2.3",
            "NaN",
            "0.0000000001",
            "99999999999",
        ] {
            assert_eq!(Px::parse(text), None, "{text}");
        }
        assert_eq!(Px::from_f64(f64::NAN), None);
        assert_eq!(Px::from_f64(1e300), None);
    }

    #[test]
    fn floats_come_back_to_their_decimal() {
        assert_eq!(Px::from_f64(61800.2), Px::parse("61800.20"));
        assert_eq!(Px::from_f64(0.1 + 0.2), Px::parse("0.3"));
    }

    #[test]
    fn the_common_step_divides_both() {
        assert_eq!(common_step(600, 450), 150);
        assert_eq!(common_step(0, 7), 7);
    }
}
