//! One WebSocket connection on the network thread, from its upgrade to its end.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::action::Line;
use super::inbox::{Inbox, What};
use super::protocol::Closed;
use super::proxy::Proxies;
use super::stream::{self, Stream};
use crate::kit::clock::Now;

/// How long a write may be held up by a peer that does not read.
const WRITE_MAX: Duration = Duration::from_secs(5);
/// How long a closing connection waits for its close frame to leave.
const CLOSE_MAX: Duration = Duration::from_millis(200);

/// State shared by all connections of a venue.
pub(super) struct Shared {
    pub inbox: Arc<Inbox>,
    pub tls: Arc<rustls::ClientConfig>,
    pub frame_max: usize,
    pub connect_max: Duration,
    pub proxies: Arc<Proxies>,
}

/// Opens a connection, serves it to its end and reports that end, unless the bus gave it up: then
/// `texts` has ended, and `given_up` with it.
pub(super) async fn serve(
    shared: Arc<Shared>,
    line: Line,
    url: String,
    texts: UnboundedReceiver<String>,
    given_up: oneshot::Receiver<()>,
) {
    let opening = timeout(shared.connect_max, open(&shared, &url));
    let opened = tokio::select! {
        opened = opening => opened.unwrap_or_else(|_| Err(late())),
        _ = given_up => return,
    };
    match opened {
        Ok(Socket::Plain(socket)) => talk(&shared, line, *socket, texts).await,
        Ok(Socket::Tls(socket)) => talk(&shared, line, *socket, texts).await,
        Err(end) => shared
            .inbox
            .push(Now::read(), What::Closed(line.socket, line.conn, end)),
    }
}

/// Opens names, TCP and TLS of a connection and hands it over, or reports that it could not be opened,
/// unless it was given up.
pub(super) async fn dial(
    shared: Arc<Shared>,
    line: Line,
    url: String,
    given_up: oneshot::Receiver<()>,
) {
    let dialing = async {
        let uri = parse(&url)?;
        let stream = stream::connect(&uri, &shared.tls, &shared.proxies).await;
        Ok((uri, stream.map_err(|reason| closed(&reason))?))
    };
    let dialed = tokio::select! {
        dialed = timeout(shared.connect_max, dialing) => dialed.unwrap_or_else(|_| Err(late())),
        _ = given_up => return,
    };
    let what = match dialed {
        Ok((uri, stream)) => What::Dialed(line, uri, Box::new(stream)),
        Err(end) => What::Closed(line.socket, line.conn, end),
    };
    shared.inbox.push(Now::read(), what);
}

enum Socket {
    Plain(Box<WebSocketStream<tokio::net::TcpStream>>),
    Tls(Box<WebSocketStream<tokio_rustls::client::TlsStream<tokio::net::TcpStream>>>),
}

async fn open(shared: &Shared, url: &str) -> Result<Socket, Closed> {
    let uri = parse(url)?;
    let stream = stream::connect(&uri, &shared.tls, &shared.proxies)
        .await
        .map_err(|reason| closed(&reason))?;
    let config = Some(
        WebSocketConfig::default()
            .max_message_size(Some(shared.frame_max))
            .max_frame_size(Some(shared.frame_max)),
    );
    match stream {
        Stream::Plain(tcp) => tokio_tungstenite::client_async_with_config(uri, tcp, config)
            .await
            .map(|(socket, _)| Socket::Plain(Box::new(socket))),
        Stream::Tls(tls) => tokio_tungstenite::client_async_with_config(uri, *tls, config)
            .await
            .map(|(socket, _)| Socket::Tls(Box::new(socket))),
    }
    .map_err(refused)
}

fn parse(url: &str) -> Result<http::Uri, Closed> {
    url.parse().map_err(|_| closed("the URL cannot be read"))
}

pub(super) fn refused(error: Error) -> Closed {
    match error {
        // Not the answer itself: it is as long as the venue likes.
        Error::Http(answer) => Closed {
            http_status: Some(answer.status().as_u16()),
            reason: format!(
                "the venue refused the connection with HTTP status {}",
                answer.status().as_u16()
            ),
        },
        error => closed(&error.to_string()),
    }
}

fn late() -> Closed {
    closed("no connection in time")
}

/// The venue has closed the connection with this frame.
pub(super) fn end_of(frame: Option<&CloseFrame>) -> Closed {
    let code = frame.map_or(1005, |frame| u16::from(frame.code));
    closed(&format!("the venue closed it with code {code}"))
}

/// The venue has ended the connection without a word.
pub(super) fn ended() -> Closed {
    closed("the venue ended it")
}

pub(super) fn closed(reason: &str) -> Closed {
    Closed {
        http_status: None,
        reason: reason.to_owned(),
    }
}

/// Carries frames both ways and reports how that ended, unless the bus gave the connection up.
async fn talk<S>(
    shared: &Shared,
    line: Line,
    mut socket: WebSocketStream<S>,
    mut texts: UnboundedReceiver<String>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    shared
        .inbox
        .push(Now::read(), What::Opened(line.socket, line.conn));
    let end = loop {
        tokio::select! {
            biased;
            text = texts.recv() => {
                let Some(text) = text else {
                    break None;
                };
                if let Err(reason) = write(&mut socket, text, &mut texts).await {
                    break Some(closed(&reason));
                }
            }
            message = socket.next() => {
                let at = Now::read();
                let bytes: Bytes = match message {
                    Some(Ok(Message::Text(text))) => text.into(),
                    Some(Ok(Message::Binary(bytes))) => bytes,
                    Some(Ok(Message::Close(frame))) => break Some(end_of(frame.as_ref())),
                    Some(Ok(_)) => continue,
                    Some(Err(error)) => break Some(closed(&error.to_string())),
                    None => break Some(ended()),
                };
                if !shared.inbox.push_frame(at, line.socket, line.conn, bytes) {
                    break Some(closed("more arrived than could be taken in"));
                }
            }
        }
    };
    // Reported before the farewell, which may take a while.
    if let Some(end) = end {
        shared
            .inbox
            .push(Now::read(), What::Closed(line.socket, line.conn, end));
    }
    let _ = timeout(CLOSE_MAX, socket.close(None)).await;
}

/// Writes a text and those that wait behind it in one go.
async fn write<S>(
    socket: &mut WebSocketStream<S>,
    first: String,
    texts: &mut UnboundedReceiver<String>,
) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let all = async {
        socket.feed(Message::from(first)).await?;
        while let Ok(text) = texts.try_recv() {
            socket.feed(Message::from(text)).await?;
        }
        socket.flush().await
    };
    match timeout(WRITE_MAX, all).await {
        Ok(written) => written.map_err(|error| error.to_string()),
        Err(_) => Err("the venue does not read".to_owned()),
    }
}
