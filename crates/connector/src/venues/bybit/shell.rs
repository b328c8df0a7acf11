//! The protocol core on the network: which URL a socket has, and how a call is signed and sent.

use std::time::Duration;

use hbl_wire::Balance;
use hftbacktest::types::Event;

use super::core::{
    Action, BybitCore, Method as CoreMethod, RestAnswer, RestCall, RestFailure as CoreFailure,
    Socket,
};
use super::frames::trade::Quota;
use crate::clock::Now;
use crate::venue::{NewOrder, Refusal, Venue, VenueEvent};
use crate::venues::net::{
    Closed, HttpAnswer, HttpCall, Method, NetAction, Protocol, RestFailure, SocketId,
};

/// Where the venue is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urls {
    /// Market data socket of the category.
    pub public: String,
    /// Private socket.
    pub private: String,
    /// Order entry socket.
    pub trade: String,
    /// REST, without a path and without a slash at its end.
    pub rest: String,
}

/// The venue's protocol as the network carries it.
pub struct BybitShell {
    core: BybitCore,
    urls: Urls,
    rest_max: Duration,
    /// Symbols to subscribe before any bot registers them.
    wanted: Vec<String>,
}

impl BybitShell {
    /// Puts a core on the network. `symbols` are subscribed as soon as the instruments are known;
    /// `rest_max` is how long a call may take.
    pub fn new(core: BybitCore, urls: Urls, symbols: &[String], rest_max: Duration) -> Self {
        Self {
            core,
            urls,
            rest_max,
            wanted: symbols.to_vec(),
        }
    }

    /// The core.
    pub fn core(&self) -> &BybitCore {
        &self.core
    }

    fn url(&self, socket: Socket) -> &str {
        match socket {
            Socket::Public => &self.urls.public,
            Socket::Private => &self.urls.private,
            Socket::Trade => &self.urls.trade,
        }
    }

    fn http(&self, call: RestCall) -> HttpCall {
        let headers = self.core.rest_headers(Now::read(), &call);
        let mut url = format!("{}{}", self.urls.rest, call.path);
        if !call.query.is_empty() {
            url.push('?');
            url.push_str(&call.query);
        }
        HttpCall {
            id: call.id,
            method: match call.method {
                CoreMethod::Get => Method::Get,
                CoreMethod::Post => Method::Post,
            },
            url,
            headers: headers
                .into_iter()
                .map(|(name, value)| (name, value.into()))
                .collect(),
            body: call.body.into(),
            timeout: self.rest_max,
        }
    }

    /// Subscribes what the command line names.
    fn warm_up(&mut self, now: Now) {
        if self.wanted.is_empty() || self.core.not_yet("").is_some() {
            return;
        }
        for symbol in std::mem::take(&mut self.wanted) {
            let Some((tick, lot)) = self.core.sizes(&symbol) else {
                tracing::warn!(symbol, "there is no such instrument at the venue");
                continue;
            };
            if let Err(refusal) = self.core.register(now, &symbol, tick, lot) {
                tracing::warn!(symbol, reason = %refusal.text, "not subscribed");
            }
        }
    }
}

/// Numbers of the sockets on the network.
fn id_of(socket: Socket) -> SocketId {
    SocketId(match socket {
        Socket::Public => 0,
        Socket::Private => 1,
        Socket::Trade => 2,
    })
}

fn socket_of(id: SocketId) -> Option<Socket> {
    match id.0 {
        0 => Some(Socket::Public),
        1 => Some(Socket::Private),
        2 => Some(Socket::Trade),
        _ => None,
    }
}

fn quota(answer: &HttpAnswer<'_>) -> Quota {
    fn number<T: std::str::FromStr>(text: Option<&str>) -> Option<T> {
        text.and_then(|text| text.trim().parse().ok())
    }
    Quota {
        limit: number(answer.header("X-Bapi-Limit")),
        left: number(answer.header("X-Bapi-Limit-Status")),
        reset_ms: number(answer.header("X-Bapi-Limit-Reset-Timestamp")),
        time_ms: number(answer.header("Timenow")),
    }
}

impl Protocol for BybitShell {
    fn take_actions(&mut self, out: &mut Vec<NetAction>) {
        for action in self.core.take_actions() {
            out.push(match action {
                Action::Connect(socket, conn) => NetAction::Connect {
                    socket: id_of(socket),
                    conn,
                    url: self.url(socket).to_owned(),
                },
                Action::Send(socket, text) => NetAction::Send {
                    socket: id_of(socket),
                    text: text.into(),
                },
                Action::Close(socket, conn) => NetAction::Close {
                    socket: id_of(socket),
                    conn,
                },
                Action::Rest(call) => NetAction::Rest(self.http(call)),
            });
        }
    }

    fn on_opened(&mut self, now: Now, socket: SocketId, conn: u64) {
        if let Some(socket) = socket_of(socket) {
            self.core.on_opened(now, socket, conn);
        }
    }

    fn on_frame(&mut self, now: Now, socket: SocketId, conn: u64, bytes: &[u8]) {
        if let Some(socket) = socket_of(socket) {
            self.core.on_frame(now, socket, conn, bytes);
        }
    }

    fn on_closed(&mut self, now: Now, socket: SocketId, conn: u64, closed: &Closed) {
        if let Some(socket) = socket_of(socket) {
            let (status, reason) = (closed.http_status, closed.reason.as_str());
            self.core
                .on_closed_because(now, socket, conn, status, reason);
        }
    }

    fn on_rest(&mut self, now: Now, id: u64, answer: Result<HttpAnswer<'_>, RestFailure>) {
        let answer = match answer {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(RestAnswer {
                body: answer.body,
                quota: quota(&answer),
            }),
            Ok(answer) => Err(CoreFailure::Http(answer.status)),
            Err(RestFailure::NotSent(reason)) => Err(CoreFailure::NotSent(reason)),
            Err(failure) => Err(CoreFailure::Network(failure.to_string())),
        };
        self.core.on_rest(now, id, answer);
    }
}

impl Venue for BybitShell {
    fn register(&mut self, now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Refusal> {
        self.core.register(now, symbol, tick, lot)
    }

    fn not_yet(&self, symbol: &str) -> Option<String> {
        self.core.not_yet(symbol)
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        self.core.sizes(symbol)
    }

    fn keeps_orders(&self) -> bool {
        true
    }

    fn orders_unknown(&self) -> Option<&str> {
        self.core.orders_unknown()
    }

    fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        self.core.submit(now, symbol, order);
    }

    fn cancel(&mut self, now: Now, symbol: u32, handle: u64) {
        self.core.cancel(now, symbol, handle);
    }

    fn amend(&mut self, now: Now, symbol: u32, handle: u64, price_tick: i64, qty: f64) {
        self.core.amend(now, symbol, handle, price_tick, qty);
    }

    fn cancel_all(&mut self, now: Now, symbol: u32, handles: &[u64]) {
        self.core.cancel_all(now, symbol, handles);
    }

    fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        self.warm_up(now);
        self.core.poll(now, out);
    }

    fn next_due_ns(&self) -> Option<u64> {
        self.core.next_due_ns()
    }

    fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>) {
        self.core.book(now, symbol, out);
    }

    fn has_whole_book(&self, symbol: u32) -> bool {
        self.core.has_whole_book(symbol)
    }

    fn balances(&self, now: Now, out: &mut Vec<Balance>) {
        self.core.balances(now, out);
    }

    fn position(&self, symbol: u32) -> f64 {
        self.core.position(symbol)
    }
}
