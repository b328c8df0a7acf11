//! The unit of recorded times.

use super::parse_error::ParseError;

/// Nanoseconds of a Unix time that is written in digits. Their number gives the unit: from 2001 to
/// 2286 there are 10 of seconds, 13 of milliseconds, 16 of microseconds and 19 of nanoseconds.
///
/// # Errors
/// When it is no number, or one of other units.
pub fn from_digits(text: &str) -> Result<i64, ParseError> {
    let value: i64 = text.parse().map_err(|_| ParseError::Line)?;
    let unit = unit_ns(value).ok_or(ParseError::Time(text.len()))?;
    value.checked_mul(unit).ok_or(ParseError::Time(text.len()))
}

/// The nanoseconds of the unit that a Unix time is in, `None` when the unit is unclear.
pub fn unit_ns(time: i64) -> Option<i64> {
    match time {
        1_000_000_000..=9_999_999_999 => Some(1_000_000_000),
        1_000_000_000_000..=9_999_999_999_999 => Some(1_000_000),
        1_000_000_000_000_000..=9_999_999_999_999_999 => Some(1_000),
        1_000_000_000_000_000_000.. => Some(1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_digits_gives_the_unit() {
        for (text, ns) in [
            ("1723075200", 1_723_075_200_000_000_000),
            ("1723075200103", 1_723_075_200_103_000_000),
            ("1723075200103456", 1_723_075_200_103_456_000),
            ("1723075200103456789", 1_723_075_200_103_456_789),
        ] {
            assert_eq!(from_digits(text).unwrap(), ns, "{text}");
        }
    }

    #[test]
    fn another_number_of_digits_is_refused_in_words() {
        for text in ["5", "172307520", "17230752001", "172307520010345678"] {
            let error = from_digits(text).unwrap_err();
            assert!(matches!(error, ParseError::Time(_)), "{text}: {error}");
            assert!(error.to_string().contains("milliseconds"), "{error}");
        }
        for text in [
            "",
            "x",
            "9999999999",
            "-1723075200103456789",
            "99999999999999999999",
        ] {
            assert!(from_digits(text).is_err(), "{text}");
        }
    }
}
