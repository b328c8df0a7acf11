//! What keeps the network from starting.

/// What keeps the network from starting.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The system refuses a thread or an event queue.
    #[error("the network thread could not be started: {0}")]
    Thread(#[from] std::io::Error),
    /// TLS could not be set up.
    #[error("TLS could not be set up: {0}")]
    Tls(String),
}
