//! Exact decimals: whole numbers of 10⁻¹².

/// 1 in 10⁻¹².
pub(crate) const ONE: i128 = 1_000_000_000_000;

/// Reads a plain decimal of at most 12 decimals, without sign and exponent.
pub(crate) fn parse(text: &str) -> Option<i128> {
    if text.is_empty() || text.len() > 30 {
        return None;
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if fraction.len() > 12 || !digits(whole) || !digits(fraction) {
        return None;
    }
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: i128 = if whole.is_empty() {
        0
    } else {
        whole.parse().ok()?
    };
    let fraction: i128 = format!("{fraction:0<12}").parse().ok()?;
    Some(whole * ONE + fraction)
}

/// Writes a value with `decimals` decimals; what is finer is cut off.
pub(crate) fn format(value: i128, decimals: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let value = value.unsigned_abs();
    let one = ONE.unsigned_abs();
    let whole = value / one;
    if decimals == 0 {
        return format!("{sign}{whole}");
    }
    let fraction = format!("{:012}", value % one);
    format!("{sign}{whole}.{}", &fraction[..decimals.min(12)])
}

/// Number of decimals of a decimal text.
pub(crate) fn decimals(text: &str) -> usize {
    text.split_once('.')
        .map_or(0, |(_, fraction)| fraction.len())
}

/// Writes a float with at most 8 decimals and no zeros at the end.
pub(crate) fn trimmed(value: f64) -> String {
    let text = format!("{value:.8}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".into()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_and_written_exactly() {
        assert_eq!(parse("3010.25"), Some(3_010_250_000_000_000));
        assert_eq!(parse("0.000001"), Some(1_000_000));
        assert_eq!(format(parse("3010.25").unwrap(), 2), "3010.25");
        assert_eq!(format(-1_500_000_000_000, 1), "-1.5");
        assert_eq!(format(7 * ONE, 0), "7");
        for bad in [
            "",
            ".",
            "-1",
            "1e5",
            "NaN",
            "1.2.3",
            " 1",
            "1.0000000000001",
            "+1",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn floats_lose_the_zeros_at_their_end() {
        assert_eq!(trimmed(3010.0), "3010");
        assert_eq!(trimmed(0.1204), "0.1204");
        assert_eq!(trimmed(-0.0), "0");
    }
}
