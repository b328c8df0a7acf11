//! The core on the network: which URL a socket has, and how a call is signed and sent.

use std::time::Duration;

use super::{
    Action, BybitCore, Method as CoreMethod, RestAnswer, RestCall, RestFailure as CoreFailure,
    Socket,
};
use crate::bybit::frames::trade::Quota;
use crate::kit::clock::Now;
use crate::kit::net::{
    Closed, HttpAnswer, HttpCall, Method, NetAction, Protocol, RestFailure, SocketId,
};

/// How long a REST call may take unless the configuration says otherwise.
const REST_MAX: Duration = Duration::from_secs(8);

/// Where the venue is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// How the core reaches the venue; without addresses in tests that play the network themselves.
pub(super) struct Network {
    urls: Urls,
    rest_max: Duration,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            urls: Urls::default(),
            rest_max: REST_MAX,
        }
    }
}

impl BybitCore {
    /// Puts the core on the network: where the venue is, and how long a REST call may take.
    #[must_use]
    pub fn at(mut self, urls: Urls, rest_max: Duration) -> Self {
        self.network.urls = urls;
        self.network.rest_max = rest_max;
        self
    }

    fn url(&self, socket: Socket) -> &str {
        match socket {
            Socket::Public => &self.network.urls.public,
            Socket::Private => &self.network.urls.private,
            Socket::Trade => &self.network.urls.trade,
        }
    }

    fn http(&self, call: RestCall) -> HttpCall {
        let headers = self.rest_headers(Now::read(), &call);
        let mut url = format!("{}{}", self.network.urls.rest, call.path);
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
            timeout: self.network.rest_max,
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

impl Protocol for BybitCore {
    fn take_actions(&mut self, out: &mut Vec<NetAction>) {
        for action in BybitCore::take_actions(self) {
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
            BybitCore::on_opened(self, now, socket, conn);
        }
    }

    fn on_frame(&mut self, now: Now, socket: SocketId, conn: u64, bytes: &[u8]) {
        if let Some(socket) = socket_of(socket) {
            BybitCore::on_frame(self, now, socket, conn, bytes);
        }
    }

    fn on_closed(&mut self, now: Now, socket: SocketId, conn: u64, closed: &Closed) {
        if let Some(socket) = socket_of(socket) {
            let (status, reason) = (closed.http_status, closed.reason.as_str());
            self.on_closed_because(now, socket, conn, status, reason);
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
        BybitCore::on_rest(self, now, id, answer);
    }
}
