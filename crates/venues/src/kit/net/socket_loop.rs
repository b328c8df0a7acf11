//! The sockets of a venue on the thread that calls it: its bot's own.
//!
//! Names, TCP and TLS are opened on the network thread, which may wait; the connected stream is handed over,
//! and from its upgrade on nothing of it waits. The system says which sockets can go on (epoll on Linux).

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, RawFd};
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use mio::{Events, Interest, Poll, Token};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::ClientHandshake;
use tokio_tungstenite::tungstenite::handshake::{HandshakeError, MidHandshake};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, WebSocket};

use super::action::{Line, SocketId};
use super::connection::{closed, end_of, ended, refused};
use super::inbox::{Arrival, What};
use super::link_stream::LinkStream;
use super::protocol::Closed;
use super::stream::Stream;
use crate::kit::clock::Now;

/// How long a write may be held up by a peer that does not read.
const WRITE_MAX_NS: u64 = 5_000_000_000;
/// Readiness taken from the system at once.
const EVENTS_MAX: usize = 64;

enum Phase {
    /// The network thread opens it.
    Dialing,
    Upgrading(Box<MidHandshake<ClientHandshake<LinkStream>>>),
    Open(Box<WebSocket<LinkStream>>),
    /// Between two phases.
    Turning,
}

struct Link {
    line: Line,
    phase: Phase,
    /// Texts for a connection that is not open yet.
    early: Vec<String>,
    /// The system may have something for it.
    is_ready: bool,
    /// It holds bytes that the system did not take, or that nobody has tried to send.
    is_unsent: bool,
    /// Since when the system takes no bytes, monotonic.
    held_up_ns: Option<u64>,
}

/// WebSockets that are read and written by the thread that owns this.
pub(super) struct SocketLoop {
    poll: Poll,
    events: Events,
    /// A handful, one for each socket.
    links: Vec<Link>,
    /// The link that is looked at next, so that a busy one does not keep others waiting.
    next: usize,
    ended: VecDeque<Arrival>,
    frame_max: usize,
}

impl SocketLoop {
    /// Without a socket yet. `frame_max`: longest message, in bytes.
    ///
    /// # Errors
    /// When the system has no descriptor left for it.
    pub(super) fn new(frame_max: usize) -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(EVENTS_MAX),
            links: Vec::new(),
            next: 0,
            ended: VecDeque::new(),
            frame_max,
        })
    }

    /// Readable while [`look`](Self::look) would find something.
    pub(super) fn descriptor(&self) -> RawFd {
        self.poll.as_raw_fd()
    }

    /// A connection that the network thread opens. An older one of the socket ends without a report.
    pub(super) fn dialing(&mut self, line: Line) {
        self.remove(line.socket);
        self.links.push(Link {
            line,
            phase: Phase::Dialing,
            early: Vec::new(),
            is_ready: false,
            is_unsent: false,
            held_up_ns: None,
        });
    }

    /// The network thread has opened it: begins the upgrade.
    pub(super) fn dialed(&mut self, line: Line, url: &Uri, stream: Stream) {
        let Some(at) = self.position(line) else {
            return;
        };
        match self.upgrade(line, url, stream) {
            Ok(phase) => {
                self.links[at].phase = phase;
                self.links[at].is_ready = true;
            }
            Err(end) => self.end(at, end),
        }
    }

    fn upgrade(&self, line: Line, url: &Uri, stream: Stream) -> Result<Phase, Closed> {
        let fail = |error: io::Error| closed(&error.to_string());
        let mut stream = LinkStream::of(stream).map_err(fail)?;
        let interest = Interest::READABLE | Interest::WRITABLE;
        self.poll
            .registry()
            .register(stream.tcp(), Token(usize::from(line.socket.0)), interest)
            .map_err(fail)?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(self.frame_max))
            .max_frame_size(Some(self.frame_max));
        let request = url.clone().into_client_request().map_err(refused)?;
        let begun = ClientHandshake::start(stream, request, Some(config)).map_err(refused)?;
        Ok(Phase::Upgrading(Box::new(begun)))
    }

    /// Takes a text for the socket's connection; [`flush`](Self::flush) sends it. Dropped when there is none:
    /// its end was reported, or is about to be.
    pub(super) fn send(&mut self, socket: SocketId, text: String) {
        let Some(at) = self.links.iter().position(|it| it.line.socket == socket) else {
            return;
        };
        let link = &mut self.links[at];
        let Phase::Open(open) = &mut link.phase else {
            link.early.push(text);
            return;
        };
        link.is_unsent = true;
        if let Err(end) = written(open.write(Message::from(text))) {
            self.end(at, end);
        }
    }

    /// True while the system has not taken everything.
    pub(super) fn has_unsent(&self) -> bool {
        self.links.iter().any(|link| link.is_unsent)
    }

    /// Hands what was taken to the system.
    pub(super) fn flush(&mut self, now: Now) {
        let mut at = 0;
        while at < self.links.len() {
            let link = &mut self.links[at];
            let sent = match &mut link.phase {
                Phase::Open(open) if link.is_unsent => open.flush(),
                _ => Ok(()),
            };
            match sent {
                Ok(()) => {
                    link.is_unsent = false;
                    link.held_up_ns = None;
                    at += 1;
                }
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                    let since_ns = *link.held_up_ns.get_or_insert(now.mono_ns);
                    if now.mono_ns.saturating_sub(since_ns) < WRITE_MAX_NS {
                        at += 1;
                    } else {
                        self.end(at, closed("the venue does not read"));
                    }
                }
                Err(error) => self.end(at, closed(&error.to_string())),
            }
        }
    }

    /// Closes a connection; it is not reported any more.
    pub(super) fn close(&mut self, socket: SocketId, conn: u64) {
        if self.position(Line { socket, conn }).is_some() {
            self.remove(socket);
        }
    }

    /// Asks the system, without waiting, which sockets can go on.
    pub(super) fn look(&mut self, now: Now) {
        match self.poll.poll(&mut self.events, Some(Duration::ZERO)) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // It has not happened; then every socket is tried.
            Err(_) => self.links.iter_mut().for_each(|link| link.is_ready = true),
        }
        for event in &self.events {
            let token = event.token().0;
            let mut named = self
                .links
                .iter_mut()
                .filter(|link| usize::from(link.line.socket.0) == token);
            if let Some(link) = named.next() {
                link.is_ready = true;
            }
        }
        if self.has_unsent() {
            self.flush(now);
        }
    }

    /// True when [`next`](Self::next) may have something without another [`look`](Self::look).
    pub(super) fn has_ready(&self) -> bool {
        !self.ended.is_empty() || self.links.iter().any(|link| link.is_ready)
    }

    /// When a connection whose peer does not read is given up, monotonic.
    pub(super) fn next_due_ns(&self) -> Option<u64> {
        let held_up = self.links.iter().filter_map(|link| link.held_up_ns);
        held_up.min().map(|since_ns| since_ns + WRITE_MAX_NS)
    }

    /// The next thing that a socket has brought.
    pub(super) fn next(&mut self) -> Option<Arrival> {
        if let Some(ended) = self.ended.pop_front() {
            return Some(ended);
        }
        for _ in 0..self.links.len() {
            let at = self.next % self.links.len();
            self.next = at + 1;
            if !self.links[at].is_ready {
                continue;
            }
            match self.links[at].step() {
                Ok(Some(what)) => {
                    return Some(Arrival {
                        at: Now::read(),
                        what,
                    });
                }
                Ok(None) => self.links[at].is_ready = false,
                Err(end) => {
                    self.end(at, end);
                    return self.ended.pop_front();
                }
            }
        }
        None
    }

    fn position(&self, line: Line) -> Option<usize> {
        self.links.iter().position(|link| link.line == line)
    }

    fn end(&mut self, at: usize, end: Closed) {
        let link = self.links.swap_remove(at);
        self.ended.push_back(Arrival {
            at: Now::read(),
            what: What::Closed(link.line.socket, link.line.conn, end),
        });
        link.bid_farewell();
    }

    fn remove(&mut self, socket: SocketId) {
        if let Some(at) = self.links.iter().position(|it| it.line.socket == socket) {
            self.links.swap_remove(at).bid_farewell();
        }
    }
}

impl Drop for SocketLoop {
    fn drop(&mut self) {
        for link in self.links.drain(..) {
            link.bid_farewell();
        }
    }
}

impl Link {
    /// Goes on with what the system has; `None` when it has nothing more.
    fn step(&mut self) -> Result<Option<What>, Closed> {
        let Line { socket, conn } = self.line;
        match std::mem::replace(&mut self.phase, Phase::Turning) {
            Phase::Upgrading(rest) => match rest.handshake() {
                Ok((mut open, _)) => {
                    for text in self.early.drain(..) {
                        self.is_unsent = true;
                        written(open.write(Message::from(text)))?;
                    }
                    self.phase = Phase::Open(Box::new(open));
                    Ok(Some(What::Opened(socket, conn)))
                }
                Err(HandshakeError::Interrupted(rest)) => {
                    self.phase = Phase::Upgrading(Box::new(rest));
                    Ok(None)
                }
                Err(HandshakeError::Failure(error)) => Err(refused(error)),
            },
            Phase::Open(mut open) => {
                let read = read(&mut open);
                self.phase = Phase::Open(open);
                Ok(read?.map(|bytes| What::Frame(socket, conn, bytes)))
            }
            other => {
                self.phase = other;
                Ok(None)
            }
        }
    }

    /// The close frame is sent as far as the system takes it at once.
    fn bid_farewell(self) {
        if let Phase::Open(mut open) = self.phase {
            let _ = open.close(None);
            let _ = open.flush();
        }
    }
}

/// What the system does not take now waits in the socket's own buffer.
fn written(written: Result<(), Error>) -> Result<(), Closed> {
    match written {
        Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        written => written.map_err(|error| closed(&error.to_string())),
    }
}

fn read(open: &mut WebSocket<LinkStream>) -> Result<Option<Bytes>, Closed> {
    loop {
        match open.read() {
            Ok(Message::Text(text)) => return Ok(Some(text.into())),
            Ok(Message::Binary(bytes)) => return Ok(Some(bytes)),
            Ok(Message::Close(frame)) => return Err(end_of(frame.as_ref())),
            Ok(_) => {}
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(Error::ConnectionClosed | Error::AlreadyClosed) => return Err(ended()),
            Err(error) => return Err(closed(&error.to_string())),
        }
    }
}
