//! Conversion of errors to JavaScript errors; nothing else in the crate makes one.

use hbl_livebot::LiveBotError;
use hbl_wire::WireError;
use napi::{JsError, Status};

/// A JavaScript error with a stable `code`.
pub type CodedError = napi::Error<Code>;
/// A result with a coded error.
pub type Result<T, E = CodedError> = core::result::Result<T, E>;

/// The `code` of an error.
#[derive(Clone, Copy, Debug)]
pub enum Code {
    /// An argument is out of range.
    InvalidArg,
    /// The object is closed.
    Closed,
    /// Another process runs under this name or id.
    AlreadyRunning,
    /// Shared memory cannot be opened or used.
    SharedMemory,
    /// A connector of the bot's own thread cannot be opened.
    Connector,
    /// A bug: a panic, or a broken invariant.
    Internal,
}

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        match self {
            Self::InvalidArg => "InvalidArg",
            Self::Closed => "Closed",
            Self::AlreadyRunning => "AlreadyRunning",
            Self::SharedMemory => "SharedMemory",
            Self::Connector => "Connector",
            Self::Internal => "Internal",
        }
    }
}

impl From<Status> for Code {
    fn from(status: Status) -> Self {
        match status {
            Status::InvalidArg
            | Status::NumberExpected
            | Status::BigintExpected
            | Status::ObjectExpected => Self::InvalidArg,
            _ => Self::Internal,
        }
    }
}

/// An error about an argument; `what` starts with its path.
pub fn invalid(what: impl Into<String>) -> CodedError {
    CodedError::new(Code::InvalidArg, what.into())
}

/// The error of a method called after `close()`.
pub fn closed(what: &str) -> CodedError {
    CodedError::new(
        Code::Closed,
        format!("the {what} is closed; make a new one"),
    )
}

/// An error of the core.
pub fn from_core(error: &LiveBotError) -> CodedError {
    let code = match error {
        LiveBotError::InvalidArgument(_)
        | LiveBotError::Wire(WireError::Name { .. } | WireError::Config { .. }) => Code::InvalidArg,
        LiveBotError::Closed => Code::Closed,
        LiveBotError::Wire(WireError::AlreadyRunning { .. }) => Code::AlreadyRunning,
        LiveBotError::Wire(_) => Code::SharedMemory,
    };
    CodedError::new(code, error.to_string())
}

const _: fn(CodedError) -> JsError<Code> = JsError::from;
