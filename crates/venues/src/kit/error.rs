//! Errors that keep a venue from being opened, or end it.

use std::path::PathBuf;

use crate::kit::net::NetError;

/// An error that keeps a venue from being opened, or ends it. `Display` states the remedy.
#[derive(Debug, thiserror::Error)]
pub enum VenueError {
    /// An option, a symbol or a file cannot be used with this venue.
    #[error("{0}")]
    Usage(String),
    /// A configuration file cannot be used.
    #[error("{path}: {reason}")]
    Config {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line where it is known.
        reason: String,
    },
    /// A recording cannot be used.
    #[error("{path}: {reason}")]
    Data {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// All recordings were played, but not all of them could be read.
    #[error("{0}; what could be read was played")]
    Unread(String),
    /// The simulated exchange refuses its settings.
    #[error("exchange settings: {0}")]
    Exchange(#[from] hbl_exchange::SetupError),
    /// The network.
    #[error(transparent)]
    Net(#[from] NetError),
    /// Another process of this machine trades on the account with the same prefix.
    #[error(
        "a connector with order_prefix {prefix} works on this account already ({category}, on this machine): each would take the other's orders for its own; give one of them another order_prefix, or stop it"
    )]
    AccountInUse {
        /// The prefix.
        prefix: String,
        /// The category.
        category: String,
    },
    /// The operating system refuses something that the venue needs.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// The system's error.
        source: std::io::Error,
    },
}
