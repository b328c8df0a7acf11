//! Errors that end the connector, each with its exit code.

use hbl_venues::kit::error::VenueError;
use hbl_venues::kit::net::NetError;
use hbl_wire::WireError;

/// What ends the connector. `Display` says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConnectorError {
    /// The command line cannot be understood.
    #[error("{0}")]
    Usage(String),
    /// The venue cannot be opened, or has ended.
    #[error(transparent)]
    Venue(#[from] VenueError),
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
            Self::Usage(_) => 2,
            Self::Venue(error) => of_venue(error),
            Self::Wire(WireError::Name { .. }) => 2,
            Self::Wire(WireError::AlreadyRunning { .. }) => 3,
            Self::Wire(_) => 4,
            Self::System { .. } => 1,
        }
    }
}

fn of_venue(error: &VenueError) -> u8 {
    match error {
        VenueError::Usage(_) | VenueError::Config { .. } | VenueError::Exchange(_) => 2,
        VenueError::Net(NetError::CaFile { .. }) => 2,
        VenueError::AccountInUse { .. } => 3,
        VenueError::Data { .. } => 5,
        VenueError::Unread(_) => 6,
        VenueError::System { .. } | VenueError::Net(_) => 1,
    }
}
