//! Suggestions for a mistyped name: the known names nearest to it.

/// Longer names are not compared: they are no typing mistakes.
const LONGEST: usize = 64;
/// A shorter word is one slip away from almost anything.
const SLIP_LEAST: usize = 4;
const START_LEAST: usize = 3;
/// Names in one hint.
const NAMES_MAX: usize = 3;

/// `; did you mean X?` with the names that are near, or nothing.
pub fn hint<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(wrong, known).as_slice() {
        [] => String::new(),
        names => format!("; did you mean {}?", names.join(" or ")),
    }
}

/// The names that a wrong one was most likely meant to be, the nearest first, at most three. Case and
/// punctuation do not count. Next come names that are one slip of the fingers away, then those that
/// the wrong one begins, or that begin it.
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = plain(wrong);
    if wanted.is_empty() || wrong.len() > LONGEST {
        return Vec::new();
    }
    let found = known.into_iter();
    let found = found.filter_map(|name| Some((distance(&wanted, &plain(name))?, name)));
    let mut found: Vec<_> = found.collect();
    found.sort_unstable();
    let least = found.first().map(|((kind, _), _)| *kind);
    let alike = found.iter().filter(|((kind, _), _)| Some(*kind) == least);
    let mut names: Vec<_> = alike.map(|(_, name)| *name).collect();
    names.dedup();
    names.truncate(NAMES_MAX);
    names
}

/// Capital letters and digits: `btc-usdt` is `BTCUSDT`.
fn plain(name: &str) -> Vec<char> {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_uppercase).collect()
}

/// In which way two names are near, and by how many letters their lengths differ.
fn distance(wanted: &[char], name: &[char]) -> Option<(u8, usize)> {
    let (short, long) = match wanted.len() < name.len() {
        true => (wanted, name),
        false => (name, wanted),
    };
    let differ = long.len() - short.len();
    let kind = if wanted == name {
        0
    } else if short.len() >= SLIP_LEAST && is_one_slip(wanted, name) {
        1
    } else if short.len() >= START_LEAST && long.starts_with(short) {
        2
    } else {
        return None;
    };
    Some((kind, differ))
}

/// True when one letter was left out, put in, changed, or changed places with its neighbour.
pub fn is_one_slip<T: PartialEq>(word: &[T], known: &[T]) -> bool {
    let same = word.iter().zip(known).take_while(|(a, b)| a == b).count();
    let (word, known) = (&word[same..], &known[same..]);
    let swapped = match (word, known) {
        ([a, b, after @ ..], [c, d, rest @ ..]) => a == d && b == c && after == rest,
        _ => false,
    };
    let (after_word, after_known) = (word.get(1..), known.get(1..));
    swapped
        || after_word == Some(known)
        || after_known == Some(word)
        || (after_word.is_some() && after_word == after_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: [&str; 8] = [
        "ETHUSDT",
        "BTCUSDT",
        "BTCUSDC",
        "BTCPERP",
        "SOLUSDT",
        "1000PEPEUSDT",
        "X",
        "币安人生USDT",
    ];

    #[test]
    fn case_and_punctuation_come_before_slips_and_slips_before_beginnings() {
        for (wrong, names) in [
            ("btcusdt", vec!["BTCUSDT"]),
            ("BTC-USDT", vec!["BTCUSDT"]),
            ("SOL/USDT", vec!["SOLUSDT"]),
            ("BCTUSDT", vec!["BTCUSDT"]),
            ("BTCUSD", vec!["BTCUSDC", "BTCUSDT"]),
            ("ETHUSDTT", vec!["ETHUSDT"]),
            ("ETH", vec!["ETHUSDT"]),
            ("BTC", vec!["BTCPERP", "BTCUSDC", "BTCUSDT"]),
            ("SOLUSDT.PERP", vec!["SOLUSDT"]),
            ("币安人生usd", vec!["币安人生USDT"]),
        ] {
            assert_eq!(nearest(wrong, LIST), names, "{wrong}");
        }
        let said = hint("BTCUSD", LIST);
        assert_eq!(said, "; did you mean BTCUSDC or BTCUSDT?");
    }

    #[test]
    fn what_is_near_to_nothing_gets_no_name() {
        let long = "BTCUSDT".repeat(10);
        for wrong in ["", "-", "Y", "XRPUSD", "NOSUCH", "PEPE", &long] {
            assert_eq!(hint(wrong, LIST), "", "{wrong}");
        }
        assert_eq!(hint("BTCUSDT", []), "");
    }
}
