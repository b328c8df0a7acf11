//! What ends the connector, each with its exit code.

use std::path::PathBuf;

use hbl_wire::WireError;

use crate::venues::net::NetError;

/// What ends the connector. `Display` says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConnectorError {
    /// The command line cannot be understood.
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
    /// The simulated exchange refuses its settings.
    #[error("exchange settings: {0}")]
    Exchange(#[from] hbl_exchange::SetupError),
    /// The network.
    #[error(transparent)]
    Net(#[from] NetError),
    /// Shared memory.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The operating system refuses something that the process needs.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// The system's error.
        source: std::io::Error,
    },
}

impl ConnectorError {
    /// The exit code of the process.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Config { .. } | Self::Exchange(_) => 2,
            Self::Wire(WireError::Name { .. }) | Self::Net(NetError::CaFile { .. }) => 2,
            Self::Wire(WireError::AlreadyRunning { .. }) => 3,
            Self::Wire(_) => 4,
            Self::Data { .. } => 5,
            Self::System { .. } | Self::Net(_) => 1,
        }
    }
}
