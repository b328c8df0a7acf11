//! The meaning of a `retCode` for an order operation.

/// What is known of a request after its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Accepted; the `order` topic reports the outcome.
    Accepted,
    /// Not executed, and never will be.
    Refused,
    /// The order it was about is not open any more, or never was: query it, then report it.
    Gone,
    /// It may have been executed: query by `orderLinkId` until it is known, never send again.
    Ambiguous,
    /// Surely not executed, because the account or its key may not; it will not get better by itself.
    Fatal,
    /// Not executed now; may be sent again (cancel of an order that is being worked on).
    Busy,
}

/// Sorts a code into its class. Codes that are not listed are ambiguous: to take an order for dead
/// that lives costs more than to ask.
pub fn outcome(code: i64) -> Outcome {
    match code {
        0 | 110_025 | 110_043 => Outcome::Accepted,
        10_001 | 10_002 | 10_404 => Outcome::Refused,
        10_003 | 10_004 | 10_005 | 10_007 | 10_010 => Outcome::Fatal,
        110_001 | 110_008 | 110_010 | 170_213 | 170_139 | 170_142 => Outcome::Gone,
        110_079 => Outcome::Busy,
        110_003
        | 110_004
        | 110_007
        | 110_012
        | 110_017
        | 110_020
        | 110_044
        | 110_045
        | 110_094
        | 170_131..=170_137
        | 170_140 => Outcome::Refused,
        // Rate limits count as ambiguous too: the venue says "not executed", clients do not rely
        // on it. Its answer makes the query short, see `is_rate_limit`.
        _ => Outcome::Ambiguous,
    }
}

/// True for the codes that say "too many requests". An order refused so is not expected to live, and
/// nothing of it is still on its way.
pub fn is_rate_limit(code: i64) -> bool {
    matches!(
        code,
        10_006 | 10_018 | 10_403 | 10_429 | 20_003 | 170_005 | 170_222
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_code_has_its_class() {
        for (codes, class) in [
            (&[0, 110_025, 110_043][..], Outcome::Accepted),
            (
                &[10_001, 10_002, 10_404, 110_003, 110_007, 110_017, 170_131],
                Outcome::Refused,
            ),
            (&[10_003, 10_004, 10_005, 10_010], Outcome::Fatal),
            (&[110_001, 110_008, 110_010, 170_213], Outcome::Gone),
            (&[110_079], Outcome::Busy),
            (
                &[
                    429, 10_000, 10_006, 10_016, 10_019, 10_403, 10_429, 20_003, 20_006, 110_072,
                    170_001, 170_005, 170_007, 170_032, 170_141, 500_000, -1, 424_242,
                ],
                Outcome::Ambiguous,
            ),
        ] {
            for code in codes {
                assert_eq!(outcome(*code), class, "{code}");
            }
        }
        assert!(is_rate_limit(10_006) && !is_rate_limit(10_016));
    }
}
