//! The state of one symbol in a replay.

use super::super::detect::{Format, Recording};
use super::super::steps::Steps;
use super::super::symbol_feed::SymbolFeed;

/// One symbol of the recordings.
pub(super) struct Track {
    pub(super) feed: SymbolFeed,
    pub(super) steps: Steps,
}

impl Track {
    /// Begins with an empty book.
    pub(super) fn new(recording: &Recording) -> Self {
        let numbering = match recording.format {
            Format::Text(numbering) => Some(numbering),
            Format::Array => None,
        };
        Self {
            feed: SymbolFeed::new(numbering),
            steps: Steps::default(),
        }
    }
}
