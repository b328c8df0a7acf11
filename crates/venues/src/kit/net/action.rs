//! Actions that a protocol asks of the network: connections, frames and REST calls.

use std::fmt;
use std::time::Duration;

/// Names one of a protocol's sockets; the protocol numbers them as it likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(pub u16);

/// Which connection of which socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub socket: SocketId,
    pub conn: u64,
}

/// A text that may hold a key or a signature: `Debug` shows only how long it is.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    /// Takes the text in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the wire only.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The text, for the wire only.
    pub fn into_inner(self) -> String {
        self.0
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for SecretText {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0.len())
    }
}

/// Method of a REST call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// DELETE.
    Delete,
}

/// A REST call, exactly as it has to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpCall {
    /// Names the call in its answer.
    pub id: u64,
    /// Method.
    pub method: Method,
    /// `http://` or `https://` and everything after it, query string included. Sent as it is.
    pub url: String,
    /// Headers besides `Host`, `User-Agent`, `Content-Length` and `Accept`.
    pub headers: Vec<(&'static str, SecretText)>,
    /// Body; empty for none.
    pub body: SecretText,
    /// When to give up, connecting included.
    pub timeout: Duration,
}

/// The query string of a venue may be signed, and the path may hold a listen key.
impl fmt::Debug for HttpCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpCall")
            .field("id", &self.id)
            .field("method", &self.method)
            .field("to", &origin(&self.url))
            .field("headers", &self.headers)
            .field("body", &self.body)
            .field("timeout", &self.timeout)
            .finish()
    }
}

/// An action for the network, carried out in the order given.
#[derive(Clone, PartialEq, Eq)]
pub enum NetAction {
    /// Opens a connection, reported by this number from now on. A socket has one connection at a
    /// time: an older one is closed.
    Connect {
        /// Socket.
        socket: SocketId,
        /// Number of the connection, never used twice for a socket.
        conn: u64,
        /// `ws://` or `wss://`.
        url: String,
    },
    /// Sends a text frame on the socket's connection. Before it is open it waits for that; after
    /// its end it is dropped, and the end was reported.
    Send {
        /// Socket.
        socket: SocketId,
        /// The text.
        text: SecretText,
    },
    /// Closes this connection. It is not reported any more.
    Close {
        /// Socket.
        socket: SocketId,
        /// Number of the connection.
        conn: u64,
    },
    /// Makes a REST call.
    Rest(HttpCall),
}

impl fmt::Debug for NetAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect { socket, conn, url } => {
                write!(f, "Connect({socket:?}, {conn}, {})", origin(url))
            }
            Self::Send { socket, text } => write!(f, "Send({socket:?}, {text:?})"),
            Self::Close { socket, conn } => write!(f, "Close({socket:?}, {conn})"),
            Self::Rest(call) => call.fmt(f),
        }
    }
}

/// Scheme, host and port of a URL: what may be shown.
pub(super) fn origin(url: &str) -> &str {
    let from = url.find("://").map_or(0, |at| at + 3);
    let end = url[from..]
        .find(['/', '?', '#'])
        .map_or(url.len(), |at| from + at);
    &url[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_texts_nor_queries_nor_paths() {
        let call = HttpCall {
            id: 1,
            method: Method::Post,
            url: "https://api.example.com/v5/x?signature=canary1".into(),
            headers: vec![("X-KEY", "canary2".into())],
            body: "canary3".into(),
            timeout: Duration::from_secs(1),
        };
        let socket = SocketId(1);
        let actions = [
            NetAction::Rest(call),
            NetAction::Send {
                socket,
                text: "canary4".into(),
            },
            NetAction::Connect {
                socket,
                conn: 1,
                url: "wss://x.example/ws/canary5?canary6".into(),
            },
        ];
        let text = format!("{actions:?}");
        assert!(
            !text.contains("canary") && text.contains("wss://x.example"),
            "{text}"
        );
        assert!(text.contains("X-KEY"), "{text}");
    }
}
