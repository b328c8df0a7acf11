//! Errors.

/// Why a venue did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A market of the configuration is not possible.
    #[error("market: {0}")]
    Market(#[from] hbl_exchange::SetupError),
    /// A port of 127.0.0.1 could not be opened.
    #[error("listen: {0}")]
    Listen(#[from] std::io::Error),
}

/// Why a command was not executed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The command, or a field of it, is not understood.
    #[error("{0}")]
    Invalid(String),
    /// There is no such market, topic, order or position.
    #[error("unknown: {0}")]
    Unknown(String),
    /// The venue refused it, with the code a client would get.
    #[error("refused with {code}: {text}")]
    Refused {
        /// Bybit's `retCode`.
        code: i64,
        /// Bybit's `retMsg`.
        text: String,
    },
}
