//! The kinds of venues there are.

use crate::kit::kind::VenueKind;
use crate::{binance, bybit, replay, sim};

/// Every kind, in the order of `--help`. A venue is added here and nowhere else.
pub static KINDS: &[&VenueKind] = &[
    &sim::open::KIND,
    &replay::open::KIND,
    &bybit::open::KIND,
    &binance::open::KIND,
];

/// The kind of a word; `None` when there is none.
pub fn kind_of(word: &str) -> Option<&'static VenueKind> {
    KINDS.iter().copied().find(|kind| kind.word == word)
}
