//! The words of the command line: NAME, CONNECTOR and the rest.

use hbl_venues::kinds::{KINDS, kind_of};
use hbl_venues::kit::kind::VenueKind;
use hbl_venues::kit::nearest::is_one_slip;

use crate::error::ConnectorError;

/// A kind of upstream's connector that this one does not have.
const PLANNED: [&str; 1] = ["binancespot"];

/// The words by their meaning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Words<'a> {
    /// Name that bots connect to.
    pub name: &'a str,
    /// Kind of connector.
    pub kind: &'static VenueKind,
    /// Symbols and files.
    pub rest: &'a [String],
}

/// `NAME CONNECTOR …` or `CONNECTOR …`. A second word that is a kind makes the first word the NAME,
/// whatever that is: `bybit sim` is a simulator of the name `bybit`. Only otherwise a first word that
/// is a kind is NAME and CONNECTOR in one.
///
/// # Errors
/// [`ConnectorError::Usage`] when neither is a kind, or the second word is nearly one.
pub fn split(words: &[String]) -> Result<Words<'_>, ConnectorError> {
    let kind_at = |place: usize| words.get(place).and_then(|word| kind_of(word));
    if let Some(kind) = kind_at(1) {
        let (name, rest) = (&words[0], &words[2..]);
        return Ok(Words { name, kind, rest });
    }
    let mut both = words.iter().take(2).rev();
    if let Some(word) = both.find(|word| PLANNED.contains(&word.as_str())) {
        return Err(usage(format!(
            "the connector kind `{word}` is not available in this version; there is {}",
            there_is()
        )));
    }
    let Some(kind) = kind_at(0) else {
        return Err(match words.iter().take(2).next_back() {
            Some(word) => unknown(word),
            None => usage(format!("name a CONNECTOR; there is {}", there_is())),
        });
    };
    let (name, rest) = (&words[0], &words[1..]);
    match rest.first().and_then(|word| Some((word, nearly(word)?))) {
        Some((word, meant)) => Err(usage(format!(
            "`{word}` is nearly the kind `{meant}`: write `connector {name} {meant}` for a `{meant}` of \
             the name `{name}`, or, if it is a symbol, `connector {name} {name} {word}`"
        ))),
        None => Ok(Words { name, kind, rest }),
    }
}

/// The kind that a word in the place of one nearly is: in other letters, or one slip of the fingers
/// away. Symbols have capital letters, so a slip counts in small ones only.
fn nearly(word: &str) -> Option<&'static str> {
    let small = word.to_ascii_lowercase();
    let words = || KINDS.iter().map(|kind| kind.word).chain(PLANNED);
    words().find(|kind| *kind == small).or_else(|| {
        words().find(|kind| small == word && is_one_slip(small.as_bytes(), kind.as_bytes()))
    })
}

fn unknown(word: &str) -> ConnectorError {
    let meant = nearly(word).map(|kind| format!("; did you mean `{kind}`?"));
    usage(format!(
        "`{word}` is not a kind of connector{}; there is {} (see --help)",
        meant.unwrap_or_default(),
        there_is()
    ))
}

/// The kinds, in words.
fn there_is() -> String {
    let words: Vec<_> = KINDS
        .iter()
        .map(|kind| format!("`{}`", kind.word))
        .collect();
    let (last, others) = words.split_last().unwrap_or((&words[0], &[]));
    format!("{} and {last}", others.join(", "))
}

fn usage(text: String) -> ConnectorError {
    ConnectorError::Usage(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<(String, &'static VenueKind, Vec<String>), String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        split(&words)
            .map(|split| (split.name.to_owned(), split.kind, split.rest.to_vec()))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_second_word_decides_for_every_pair_of_kinds() {
        let names: Vec<_> = KINDS.iter().map(|kind| kind.word).collect();
        for name in names.into_iter().chain(["mine", "binancespot", "BYBIT"]) {
            for kind in KINDS.iter().copied() {
                let with = |rest: &[&str]| read(&[&[name, kind.word], rest].concat()).unwrap();
                assert_eq!(with(&[]), (name.to_owned(), kind, vec![]));
                assert_eq!(with(&["BTCUSDT"]).2, ["BTCUSDT"]);
                // Behind both there are symbols only, whatever they look like.
                assert_eq!(with(&["sim", "SIM"]).2, ["sim", "SIM"]);
            }
        }
    }

    #[test]
    fn a_kind_alone_is_its_own_name() {
        for kind in KINDS.iter().copied() {
            let word = kind.word;
            assert_eq!(read(&[word]).unwrap(), (word.to_owned(), kind, vec![]));
            for symbol in ["BTCUSDT", "SUM", "sui", "btcusdt", "a.toml"] {
                let read = read(&[word, symbol]).unwrap();
                assert_eq!(read, (word.to_owned(), kind, vec![symbol.to_owned()]));
            }
        }
    }

    #[test]
    fn a_second_word_that_is_nearly_a_kind_starts_nothing() {
        for first in KINDS.iter().map(|kind| kind.word) {
            for slip in [
                "smi",
                "siim",
                "si",
                "Sim",
                "SIM",
                "bybti",
                "Bybit",
                "raplay",
                "binancespot",
            ] {
                let refused = read(&[first, slip]).unwrap_err();
                assert!(refused.contains(&format!("`{slip}`")), "{refused}");
            }
        }
        assert!(
            read(&["bybit", "smi"])
                .unwrap_err()
                .contains("`connector bybit sim`")
        );
    }

    #[test]
    fn mistakes_say_what_there_is() {
        assert!(
            read(&["binancespot", "x"])
                .unwrap_err()
                .contains("not available")
        );
        assert!(
            read(&["mine", "binancespot"])
                .unwrap_err()
                .contains("`binancefutures`")
        );
        assert!(
            read(&["mine", "nothing"])
                .unwrap_err()
                .contains("`nothing`")
        );
        assert!(
            read(&["mine", "Bybit"])
                .unwrap_err()
                .contains("did you mean `bybit`")
        );
        assert!(read(&["mine"]).unwrap_err().contains("sim"));
        assert!(read(&[]).is_err());
    }
}
