//! Messages as bytes: bincode's standard configuration, as hftbacktest encodes them, checked on
//! the way in.

use bincode::{
    BorrowDecode, Encode,
    config::{Configuration, Fixint, Limit, LittleEndian, Varint},
};
use hftbacktest::types::{Event, LiveError, LiveRequest, Order};
use thiserror::Error;

use crate::{
    ExecutionDetails,
    service::{PREFIX_BYTES, SLOT_BYTES, TAIL_BYTES},
};

/// Longest message in hftbacktest's encoding that leaves room for what programs of this package write around it.
pub const MAX_MESSAGE_BYTES: usize = SLOT_BYTES - TAIL_BYTES - PREFIX_BYTES;

/// Forged lengths inside a message cannot make the decoder allocate more than this.
const DECODE_LIMIT: usize = 64 * 1024;

type WireConfig = Configuration<LittleEndian, Varint, Limit<DECODE_LIMIT>>;

const fn wire_config() -> WireConfig {
    bincode::config::standard().with_limit::<DECODE_LIMIT>()
}

// Names the encoding so that a change of bincode's default cannot slip in.
const _: fn() -> Configuration<LittleEndian, Varint> = bincode::config::standard;
const _: fn() -> Configuration<LittleEndian, Fixint> = bincode::config::legacy;

/// Why bytes from shared memory are not a message.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// The length cannot be that of a message, or is larger than the slot.
    #[error("{0} bytes are no message")]
    Length(usize),
    /// A kind of message that this version does not know.
    #[error("messages of kind {0} are unknown")]
    Kind(u8),
    /// The symbol is no text.
    #[error("the symbol is no text: {0}")]
    Symbol(#[from] core::str::Utf8Error),
    /// The bytes are not a message of this protocol.
    #[error("not a message of this protocol: {0}")]
    Bytes(#[from] bincode::error::DecodeError),
}

/// hftbacktest's `LiveEvent`, with symbols borrowed from the slot, and behind its variants what only programs of
/// this package send each other.
#[derive(Debug, BorrowDecode)]
pub enum WireEvent<'a> {
    /// Events that belong together start.
    BatchStart,
    /// Events that belong together end.
    BatchEnd,
    /// A market data event of a symbol.
    Feed {
        /// Symbol as the connector names it.
        symbol: &'a str,
        event: Event,
    },
    /// State of an order.
    Order {
        /// Symbol as the connector names it.
        symbol: &'a str,
        order: Order,
    },
    /// Position of the account.
    Position {
        /// Symbol as the connector names it.
        symbol: &'a str,
        /// Signed quantity, negative is short.
        qty: f64,
        /// Exchange time, Unix nanoseconds.
        exch_ts: i64,
    },
    /// An error of the connector.
    Error(LiveError),
    /// More of the execution that the next message, the state of the same order, reports.
    Execution {
        /// Symbol as the connector names it.
        symbol: &'a str,
        order_id: u64,
        /// Exchange time of that state, Unix nanoseconds: no other one of the order has it.
        exch_ts: i64,
        details: ExecutionDetails,
    },
}

/// [`WireEvent`] by reference, to encode without cloning.
#[derive(Debug, Encode)]
pub enum WireEventRef<'a> {
    /// See [`WireEvent::BatchStart`].
    BatchStart,
    /// See [`WireEvent::BatchEnd`].
    BatchEnd,
    /// See [`WireEvent::Feed`].
    Feed {
        /// Symbol as the bots registered it.
        symbol: &'a str,
        event: &'a Event,
    },
    /// See [`WireEvent::Order`].
    Order {
        /// Symbol as the bots registered it.
        symbol: &'a str,
        order: &'a Order,
    },
    /// See [`WireEvent::Position`].
    Position {
        /// Symbol as the bots registered it.
        symbol: &'a str,
        /// Signed quantity, negative is short.
        qty: f64,
        /// Exchange time, Unix nanoseconds.
        exch_ts: i64,
    },
    /// See [`WireEvent::Error`].
    Error(&'a LiveError),
    /// See [`WireEvent::Execution`]; never sent to hftbacktest's bots.
    Execution {
        /// Symbol as the bots registered it.
        symbol: &'a str,
        order_id: u64,
        /// Exchange time of that state, Unix nanoseconds.
        exch_ts: i64,
        details: &'a ExecutionDetails,
    },
}

/// Encodes a message into a slot and returns its length.
///
/// # Errors
/// bincode's error when it does not fit.
pub fn encode<T: Encode>(
    message: &T,
    slot: &mut [u8],
) -> Result<usize, bincode::error::EncodeError> {
    bincode::encode_into_slice(message, slot, bincode::config::standard())
}

fn message(payload: &[u8], len: usize) -> Result<&[u8], DecodeError> {
    payload.get(..len).ok_or(DecodeError::Length(len))
}

/// Decodes a message for a bot from a slot whose header claims `len` bytes.
///
/// # Errors
/// [`DecodeError`] for a false length or foreign bytes.
pub fn decode_event(payload: &[u8], len: usize) -> Result<WireEvent<'_>, DecodeError> {
    let bytes = message(payload, len)?;
    Ok(bincode::borrow_decode_from_slice(bytes, wire_config())?.0)
}

/// Decodes a request of a bot.
///
/// # Errors
/// [`DecodeError`] for a false length or foreign bytes.
pub fn decode_request(payload: &[u8], len: usize) -> Result<LiveRequest, DecodeError> {
    decode_owned(payload, len)
}

pub(crate) fn decode_owned<T: bincode::Decode<()>>(
    payload: &[u8],
    len: usize,
) -> Result<T, DecodeError> {
    let bytes = message(payload, len)?;
    Ok(bincode::decode_from_slice(bytes, wire_config())?.0)
}

/// Cuts a text at a character boundary so that it fits a message.
pub(crate) fn clip(text: &str, max_bytes: usize) -> &str {
    if text.len() <= max_bytes {
        return text;
    }
    let mut end = max_bytes;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
