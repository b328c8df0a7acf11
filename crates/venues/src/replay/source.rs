//! A stream of recorded messages.

use std::path::PathBuf;

use super::parse_error::ParseError;
use super::symbols::Symbols;
use super::unread::Unread;
use crate::kit::book::message::Message;

/// The reason for which a recording gave no message.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// One line cannot be read; the next may be.
    #[error("{path} line {line}: {error}")]
    Line {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1.
        line: u64,
        /// What is wrong.
        error: ParseError,
    },
    /// The file cannot be read on.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: std::io::Error,
    },
}

impl SourceError {
    /// True when nothing more can come from this file.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::File { .. })
    }
}

/// A stream of recorded messages.
pub trait Source {
    /// The next message, `None` at the end.
    ///
    /// # Errors
    /// When a line or the file cannot be read.
    fn next(&mut self, symbols: &mut Symbols) -> Result<Option<Message>, SourceError>;

    /// Unreadable parts up to now, without the lines that were reported as [`SourceError::Line`].
    fn unread(&self) -> Unread {
        Unread::default()
    }
}
