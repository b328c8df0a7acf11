//! `NetVenue`: a protocol and its sockets as one `Venue` for the bus.
//!
//! Every live venue runs in one. The protocol is only called on the bus thread; the sockets live on the
//! network thread, and arrivals cross in the inbox.

use std::collections::{HashMap, VecDeque};
use std::os::fd::RawFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hftbacktest::types::Event;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tracing::{debug, warn};

use super::action::{Line, NetAction, SocketId};
use super::connection::{self, Shared};
use super::error::NetError;
use super::http::Http;
use super::inbox::{Arrival, Inbox, What};
use super::protocol::{HttpAnswer, Protocol};
use super::proxy::Proxies;
use super::socket_loop::SocketLoop;
use super::thread::NetThread;
use super::tls;
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::notice::Notice;
use crate::kit::order_rules::OrderRules;
use crate::kit::venue::{
    Amendment, Balance, MarketData, NewOrder, Reject, Sought, Venue, VenueEvent, Wake,
};

/// Arrivals handed to the protocol before the bus publishes: what they cause leaves no later than
/// this many frames after it came.
const BURST_MAX: usize = 64;

/// Limits of the network side.
#[derive(Clone, Debug)]
pub struct NetSettings {
    /// Frames that may wait for the bus; more end the connection.
    pub inbox_frames: usize,
    /// Bytes of frames that may wait for the bus; more end the connection.
    pub inbox_bytes: usize,
    /// Longest message taken from a socket.
    pub frame_max: usize,
    /// Longest body taken from a REST call.
    pub body_max: usize,
    /// How long name look-up, TCP, TLS and upgrade may take together.
    pub connect_max: Duration,
    /// PEM file of authorities that are trusted besides those that browsers trust.
    pub ca_file: Option<PathBuf>,
    /// Proxies on the way to the venue.
    pub proxies: Proxies,
}

impl Default for NetSettings {
    fn default() -> Self {
        Self {
            inbox_frames: 65_536,
            inbox_bytes: 64 << 20,
            frame_max: 8 << 20,
            body_max: 32 << 20,
            connect_max: Duration::from_secs(10),
            ca_file: None,
            proxies: Proxies::default(),
        }
    }
}

/// Counters of the network side since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetCounters {
    /// Connections asked for.
    pub connects: u64,
    /// Messages handed to the protocol.
    pub frames: u64,
    /// REST calls made.
    pub calls: u64,
    /// Connections given up because the bus did not keep up.
    pub overflows: u64,
}

struct Open {
    conn: u64,
    /// To the network thread; `None`: the socket is on this thread.
    texts: Option<UnboundedSender<String>>,
    /// Ends an attempt to connect by being dropped.
    _wanted: oneshot::Sender<()>,
}

/// A protocol with its sockets.
pub struct NetVenue<P> {
    protocol: P,
    inbox: Arc<Inbox>,
    shared: Arc<Shared>,
    http: Arc<Http>,
    open: HashMap<SocketId, Open>,
    /// The sockets, where this thread reads and writes them; `None`: the network thread does.
    sockets: Option<SocketLoop>,
    arrivals: VecDeque<Arrival>,
    actions: Vec<NetAction>,
    counters: NetCounters,
    overflows_reported: u64,
    /// Symbols to register as soon as the instruments are known.
    followed: Vec<String>,
    /// Last: its threads end when the channels above are gone.
    thread: NetThread,
}

impl<P: Protocol> NetVenue<P> {
    /// Starts the network thread. Nothing is connected until the protocol asks for it.
    ///
    /// # Errors
    /// When the system refuses the thread, TLS cannot be set up, or `ca_file` cannot be used.
    pub fn new(protocol: P, settings: &NetSettings) -> Result<Self, NetError> {
        let tls = tls::client_config(settings.ca_file.as_deref())?;
        let inbox = Arc::new(Inbox::new(settings.inbox_frames, settings.inbox_bytes));
        let proxies = Arc::new(settings.proxies.clone());
        let http = Arc::new(Http::new(&tls, settings.body_max, &proxies));
        let shared = Arc::new(Shared {
            inbox: Arc::clone(&inbox),
            tls,
            frame_max: settings.frame_max,
            connect_max: settings.connect_max,
            proxies,
        });
        Ok(Self {
            protocol,
            inbox,
            shared,
            http,
            open: HashMap::new(),
            sockets: None,
            arrivals: VecDeque::new(),
            actions: Vec::new(),
            counters: NetCounters::default(),
            overflows_reported: 0,
            followed: Vec::new(),
            thread: NetThread::start()?,
        })
    }

    /// Registers these symbols as soon as the instruments are known, so that the first bot finds a
    /// book. One that the venue does not have is reported.
    #[must_use]
    pub fn follow(mut self, symbols: &[String]) -> Self {
        self.followed = symbols.to_vec();
        self
    }

    /// The protocol.
    pub fn protocol(&self) -> &P {
        &self.protocol
    }

    /// The counters since the start.
    pub fn counters(&self) -> NetCounters {
        NetCounters {
            overflows: self.inbox.overflows(),
            ..self.counters
        }
    }

    fn take_in(&mut self, now: Now) {
        if self.arrivals.is_empty() {
            self.inbox.take(&mut self.arrivals);
        }
        if let Some(sockets) = &mut self.sockets {
            sockets.look(now);
        }
        for _ in 0..BURST_MAX {
            let Some(Arrival { at, what }) = self.next_arrival() else {
                break;
            };
            match what {
                What::Dialed(line, url, stream) => {
                    if let Some(sockets) = &mut self.sockets {
                        sockets.dialed(line, &url, *stream);
                    }
                }
                What::Frame(socket, conn, bytes) => {
                    self.counters.frames += 1;
                    if self.is_current(socket, conn) {
                        self.protocol.on_frame(at, socket, conn, &bytes);
                    }
                }
                What::Opened(socket, conn) => {
                    if self.is_current(socket, conn) {
                        debug!(socket = socket.0, conn, "connection open");
                        self.protocol.on_opened(at, socket, conn);
                    }
                }
                What::Closed(socket, conn, closed) => {
                    if self.is_current(socket, conn) {
                        debug!(socket = socket.0, conn, reason = %closed.reason, "connection closed");
                        self.open.remove(&socket);
                        if let Some(sockets) = &mut self.sockets {
                            sockets.close(socket, conn);
                        }
                        self.protocol.on_closed(at, socket, conn, &closed);
                    }
                }
                What::Rest(id, Ok(answer)) => {
                    let status = answer.status().as_u16();
                    let answer = HttpAnswer::new(status, answer.headers(), answer.body());
                    self.protocol.on_rest(at, id, Ok(answer));
                }
                What::Rest(id, Err(failure)) => {
                    debug!(id, ?failure, "a call has no answer");
                    self.protocol.on_rest(at, id, Err(failure));
                }
            }
            // After an arrival that closes a connection, the rest of that connection is dropped.
            self.act();
        }
    }

    fn next_arrival(&mut self) -> Option<Arrival> {
        match self.arrivals.pop_front() {
            Some(arrival) => Some(arrival),
            None => self.sockets.as_mut()?.next(),
        }
    }

    fn is_current(&self, socket: SocketId, conn: u64) -> bool {
        self.open.get(&socket).is_some_and(|open| open.conn == conn)
    }

    fn act(&mut self) {
        self.protocol.take_actions(&mut self.actions);
        for action in self.actions.drain(..) {
            match action {
                NetAction::Connect { socket, conn, url } => {
                    self.counters.connects += 1;
                    debug!(
                        socket = socket.0,
                        conn,
                        to = super::action::origin(&url),
                        "connecting"
                    );
                    let (_wanted, given_up) = oneshot::channel();
                    let line = Line { socket, conn };
                    let shared = Arc::clone(&self.shared);
                    let texts = if let Some(sockets) = &mut self.sockets {
                        sockets.dialing(line);
                        self.thread
                            .spawn(connection::dial(shared, line, url, given_up));
                        None
                    } else {
                        let (texts, queue) = unbounded_channel();
                        self.thread
                            .spawn(connection::serve(shared, line, url, queue, given_up));
                        Some(texts)
                    };
                    self.open.insert(
                        socket,
                        Open {
                            conn,
                            texts,
                            _wanted,
                        },
                    );
                }
                NetAction::Send { socket, text } => {
                    if let Some(sockets) = &mut self.sockets {
                        sockets.send(socket, text.into_inner());
                    } else if let Some(texts) =
                        self.open.get(&socket).and_then(|open| open.texts.as_ref())
                    {
                        // An error means that the end of the connection is in the inbox.
                        let _ = texts.send(text.into_inner());
                    }
                }
                NetAction::Close { socket, conn } => {
                    if self.open.get(&socket).is_some_and(|open| open.conn == conn) {
                        self.open.remove(&socket);
                        if let Some(sockets) = &mut self.sockets {
                            sockets.close(socket, conn);
                        }
                    }
                }
                NetAction::Rest(call) => {
                    self.counters.calls += 1;
                    let (http, inbox) = (Arc::clone(&self.http), Arc::clone(&self.inbox));
                    self.thread.spawn(http.call(inbox, call));
                }
            }
        }
        if let Some(sockets) = self.sockets.as_mut().filter(|it| it.has_unsent()) {
            sockets.flush(Now::read());
        }
    }

    fn register_followed(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        if self.followed.is_empty() || self.protocol.pending_reason("").is_some() {
            return;
        }
        for symbol in std::mem::take(&mut self.followed) {
            // Without sizes the venue does not have the symbol, and says so.
            let (tick, lot) = self.protocol.sizes(&symbol).unwrap_or((1.0, 1.0));
            if let Err(reject) = self.protocol.register(now, &symbol, tick, lot) {
                warn!(symbol, reason = %reject.text, "not subscribed");
                out.push(VenueEvent::Notice(reject.into()));
            }
        }
    }

    fn report_overflow(&mut self, out: &mut Vec<VenueEvent>) {
        let overflows = self.inbox.overflows();
        if overflows > self.overflows_reported {
            self.overflows_reported = overflows;
            let text = format!(
                "more arrived than could be taken in: a connection was given up ({overflows} so far)"
            );
            warn!("{text}");
            out.push(VenueEvent::Notice(Notice::of(codes::INBOX_OVERFLOW, text)));
        }
    }
}

impl<P: Protocol> MarketData for NetVenue<P> {
    fn register(&mut self, now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Reject> {
        let index = self.protocol.register(now, symbol, tick, lot);
        self.act();
        index
    }

    fn pending_reason(&self, symbol: &str) -> Option<String> {
        self.protocol.pending_reason(symbol)
    }

    fn order_rules(&self, symbol: &str) -> Option<OrderRules> {
        self.protocol.order_rules(symbol)
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        self.protocol.sizes(symbol)
    }

    fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        self.take_in(now);
        self.register_followed(now, out);
        self.protocol.poll(now, out);
        self.act();
        self.report_overflow(out);
    }

    fn next_due_ns(&self) -> Option<u64> {
        let sockets = self.sockets.as_ref().and_then(SocketLoop::next_due_ns);
        let due = [self.protocol.next_due_ns(), sockets];
        due.into_iter().flatten().min()
    }

    fn has_arrivals(&self) -> bool {
        !self.arrivals.is_empty()
            || self.inbox.has_arrivals()
            || self.sockets.as_ref().is_some_and(SocketLoop::has_ready)
    }

    fn take_sockets(&mut self) -> Option<RawFd> {
        if self.sockets.is_none() && self.open.is_empty() {
            let sockets = SocketLoop::new(self.shared.frame_max);
            self.sockets = sockets
                .inspect_err(|error| warn!(%error, "sockets stay on a thread of their own"))
                .ok();
        }
        self.sockets.as_ref().map(SocketLoop::descriptor)
    }

    fn wake_with(&mut self, wake: Wake) {
        self.inbox.wake_with(wake);
    }

    fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>) {
        self.protocol.book(now, symbol, out);
    }

    fn is_book_synced(&self, symbol: u32) -> bool {
        self.protocol.is_book_synced(symbol)
    }

    fn step(&mut self) {
        self.protocol.step();
    }

    fn is_finished(&self) -> bool {
        self.protocol.is_finished()
    }
}

impl<P: Protocol + Venue> Venue for NetVenue<P> {
    fn keeps_orders(&self) -> bool {
        self.protocol.keeps_orders()
    }

    fn meet_upstream_bot(&mut self, owner: u64) {
        self.protocol.meet_upstream_bot(owner);
    }

    fn look_for(&mut self, now: Now, symbol: u32, owner: u64, order_id: u64) -> Sought {
        self.protocol.look_for(now, symbol, owner, order_id)
    }

    fn orders_unknown(&self) -> Option<&str> {
        self.protocol.orders_unknown()
    }

    fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        self.protocol.submit(now, symbol, order);
        self.act();
    }

    fn cancel(&mut self, now: Now, symbol: u32, handle: u64) {
        self.protocol.cancel(now, symbol, handle);
        self.act();
    }

    fn amend(&mut self, now: Now, symbol: u32, change: &Amendment) {
        self.protocol.amend(now, symbol, change);
        self.act();
    }

    fn has_requests_under_way(&self) -> bool {
        self.protocol.has_requests_under_way()
    }

    fn cancel_all(&mut self, now: Now, symbol: u32, handles: &[u64]) {
        self.protocol.cancel_all(now, symbol, handles);
        self.act();
    }

    fn position(&self, symbol: u32) -> Option<f64> {
        self.protocol.position(symbol)
    }

    fn balances(&self, now: Now, out: &mut Vec<Balance>) {
        self.protocol.balances(now, out);
    }
}

#[cfg(test)]
#[path = "net_venue_tests.rs"]
mod tests;
