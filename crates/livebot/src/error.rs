//! Errors of a bot.

use hbl_wire::WireError;
use hftbacktest::live::BotError;
use thiserror::Error;

/// Why a bot could not be built, or was used wrongly.
#[derive(Debug, Error)]
pub enum LiveBotError {
    /// Shared memory. Becomes a JS error with code `Wire`.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// An argument is out of range. Becomes a JS error with code `InvalidArg`.
    #[error("{0}")]
    InvalidArgument(String),
    /// The bot is closed. Becomes a JS error with code `Closed`.
    #[error("the bot is closed; make a new one")]
    Closed,
}

/// `status` of an `Error` record: hftbacktest's `ErrorKind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ErrorCode {
    /// A connection was interrupted.
    ConnectionInterrupted = 0,
    /// A connection cannot be made.
    CriticalConnectionError = 1,
    /// A request about an order failed.
    OrderError = 2,
    /// The connector's own number.
    Custom = 3,
}

/// Why a command about orders was not carried out. Numbers up to 19 are hftbacktest's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[repr(u8)]
pub enum CommandError {
    /// The bot already holds an order of this id.
    #[error("an order of this id exists")]
    OrderIdExist = 10,
    /// The bot holds no order of this id.
    #[error("no order of this id")]
    OrderNotFound = 12,
    /// The order is final, or has a request pending.
    #[error("the order is final or has a request pending")]
    InvalidOrderStatus = 14,
    /// No instrument of this number.
    #[error("no instrument of this number")]
    InstrumentNotFound = 16,
    /// No answer came in time.
    #[error("nothing came in time")]
    Timeout = 17,
    /// The bot was stopped.
    #[error("the bot was stopped")]
    Interrupted = 18,
    /// Any other failure.
    #[error("the bot failed")]
    Custom = 19,
    /// The connector is not there.
    #[error("the connector is not there")]
    ConnectorDown = 32,
    /// The connector does not offer this.
    #[error("the connector does not offer this")]
    Unsupported = 33,
    /// The bot is closed.
    #[error("the bot is closed")]
    Closed = 34,
    /// An argument is out of range.
    #[error("an argument is out of range")]
    InvalidArgument = 35,
    /// The request could not be written to shared memory.
    #[error("the request did not get into shared memory")]
    SendFailed = 36,
    /// The book of the instrument is not live, see [`BookState`](crate::BookState).
    #[error("the book of the instrument is not live")]
    BookNotLive = 37,
    /// The bot was made with `only_looks`: it sends no orders.
    #[error("the bot is read-only")]
    OnlyLooks = 38,
    /// The deadline of the request has passed; it was not sent.
    #[error("the request came too late to be carried out")]
    TooLate = 39,
    /// A price or quantity is not on the grid of its instrument.
    #[error("the price is not on a tick, or the quantity not on a lot")]
    OffGrid = 40,
    /// The destination of orders has changed, and the program has not agreed.
    #[error("orders go elsewhere than before, and the program has not agreed")]
    OrdersChanged = 41,
    /// The destination of orders is not the required one.
    #[error("orders go elsewhere than the program demands")]
    OrdersNotAsRequired = 42,
}

impl From<BotError> for CommandError {
    fn from(error: BotError) -> Self {
        match error {
            BotError::OrderIdExist => Self::OrderIdExist,
            BotError::InstrumentNotFound => Self::InstrumentNotFound,
            BotError::OrderNotFound => Self::OrderNotFound,
            BotError::InvalidOrderStatus => Self::InvalidOrderStatus,
            BotError::Timeout => Self::Timeout,
            BotError::Interrupted => Self::Interrupted,
            BotError::Custom(_) => Self::Custom,
        }
    }
}

impl From<&WireError> for CommandError {
    fn from(error: &WireError) -> Self {
        match error {
            WireError::Unsupported { .. } => Self::Unsupported,
            _ => Self::SendFailed,
        }
    }
}
