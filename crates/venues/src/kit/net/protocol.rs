//! The trait `Protocol`: market data, or a whole venue, without sockets, and the results of its connections and calls.

use super::action::{NetAction, SocketId};
use crate::kit::clock::Now;
use crate::kit::market_data::MarketData;

/// How a connection ended, or why it could not be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Status of the answer, when the venue refused the upgrade with one (403, 429, 503 …).
    pub http_status: Option<u16>,
    /// What happened, without a secret.
    pub reason: String,
}

/// The failure of a REST call without an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestFailure {
    /// No answer in time; it may have reached the venue.
    #[error("no answer in time")]
    Timeout,
    /// The connection was lost; it may have reached the venue. The text holds no secret.
    #[error("{0}")]
    Network(String),
    /// It surely did not reach the venue. The text holds no secret.
    #[error("{0}")]
    NotSent(String),
}

/// The answer of a REST call, whatever its status.
#[derive(Clone, Copy, Debug)]
pub struct HttpAnswer<'a> {
    /// HTTP status.
    pub status: u16,
    /// The body, which need not be what the protocol expects.
    pub body: &'a [u8],
    headers: &'a http::HeaderMap,
}

impl<'a> HttpAnswer<'a> {
    /// Puts an answer together.
    pub fn new(status: u16, headers: &'a http::HeaderMap, body: &'a [u8]) -> Self {
        Self {
            status,
            body,
            headers,
        }
    }

    /// A header by its name in any case; `None` when it is missing or not text.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A venue's protocol without its sockets. Everything is called from the bus thread, in the order
/// in which it arrived; `now` is when the network thread read it, so it may lie a little before the
/// `now` of an earlier call. What comes from a connection that was closed or replaced is held back
/// as far as it is known, yet a protocol compares `conn` itself.
pub trait Protocol: MarketData {
    /// Appends what has to be done, oldest first.
    fn take_actions(&mut self, out: &mut Vec<NetAction>);

    /// A connection is open.
    fn on_opened(&mut self, now: Now, socket: SocketId, conn: u64);

    /// A text or binary message came. The bytes of a text message are valid UTF-8.
    fn on_frame(&mut self, now: Now, socket: SocketId, conn: u64, bytes: &[u8]);

    /// A connection is gone, or could not be opened. Nothing follows from it.
    fn on_closed(&mut self, now: Now, socket: SocketId, conn: u64, closed: &Closed);

    /// A REST call ended.
    fn on_rest(&mut self, now: Now, id: u64, answer: Result<HttpAnswer<'_>, RestFailure>);
}
