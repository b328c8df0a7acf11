//! Finds API keys that were copied together with quotes or blanks.

/// The message about such a key, after its name. The key itself is not repeated.
pub const UNCLEAN: &str =
    "has quotes or blanks around it or inside; nothing was sent: write it without them";

const QUOTES: [char; 7] = ['"', '\'', '`', '“', '”', '‘', '’'];

/// True for a key that the venue would refuse, and count against the address: with a quote at an end,
/// or a blank or unreadable sign anywhere. Nothing, or only blanks, is no key and clean.
pub fn is_unclean(key: &str) -> bool {
    let is_blank = |c: char| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}' | '\u{fffd}');
    !key.trim().is_empty()
        && (key.contains(is_blank) || key.starts_with(QUOTES) || key.ends_with(QUOTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_blanks_make_a_key_unclean_and_nothing_is_no_key() {
        for key in [
            " k",
            "k ",
            "k\n",
            "\tk",
            "a b",
            "\"k\"",
            "'k'",
            "`k",
            "k'",
            "“k”",
            "k\u{a0}",
            "\u{feff}k",
        ] {
            assert!(is_unclean(key), "{key:?}");
        }
        for key in ["", " ", "\n", "k", "aB3-_x", "a'b"] {
            assert!(!is_unclean(key), "{key:?}");
        }
    }
}
