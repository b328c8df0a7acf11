//! Errors that keep the network from starting.

use std::path::PathBuf;

/// An error that keeps the network from starting.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The system refuses a thread or an event queue.
    #[error("the network thread could not be started: {0}")]
    Thread(#[from] std::io::Error),
    /// TLS could not be set up.
    #[error("TLS could not be set up: {0}")]
    Tls(String),
    /// The authorities to trust cannot be had.
    #[error(
        "ca_file {path} {reason}; name a PEM file with the certificates of the authorities to trust, or leave it out"
    )]
    CaFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}
