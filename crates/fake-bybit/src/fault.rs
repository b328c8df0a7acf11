//! Faults of one kind of socket, points where a connection is cut, and rules that falsify answers.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Socket {
    /// Public WebSocket, linear.
    Public,
    /// Public WebSocket, spot.
    Spot,
    Private,
    Trade,
    Rest,
}

impl Socket {
    pub const ALL: [Self; 5] = [
        Self::Public,
        Self::Spot,
        Self::Private,
        Self::Trade,
        Self::Rest,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Spot => "spot",
            Self::Private => "private",
            Self::Trade => "trade",
            Self::Rest => "rest",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AuthMode {
    /// The signature is checked.
    Normal,
    /// Refused, the socket stays open. On REST: retCode 10003.
    Refuse,
    /// Refused, then closed. On REST: as `refuse`.
    RefuseAndClose,
    /// Not answered. On REST: as `refuse`.
    Silent,
}

/// Faults of one kind of socket. Shares are 0 to 1, drawn for each frame the venue sends from the
/// venue's seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Faults {
    /// New connections are reset before any byte.
    pub refuse: bool,
    /// New connections are reset until this many ms have passed since it was set. 0: none.
    pub refuse_ms: u64,
    /// New connections are answered with this HTTP status and an HTML body (403, 503). 0: none.
    /// On REST, every request is.
    pub http_status: u16,
    /// Number of requests or upgrades that get `http_status`; 0: all.
    pub http_count: u32,
    /// Nothing is sent, pongs included, and nothing is closed. What was held is sent when it ends.
    /// REST requests are not answered.
    pub stall: bool,
    /// Nothing that the client sends is read.
    pub deaf: bool,
    /// Data is not sent; pongs and acknowledgements are.
    pub silent: bool,
    /// Share of frames that are dropped.
    pub drop: f64,
    /// Share of frames that are sent twice.
    pub duplicate: f64,
    /// Share of frames that leave after the next one.
    pub reorder: f64,
    /// Delay of every frame, ms.
    pub delay_ms: u64,
    /// Random delay on top, ms. Frames keep their order.
    pub jitter_ms: u64,
    /// Number of the next data frames that are dropped.
    pub drop_next: u32,
    /// Pings are not answered.
    pub no_pong: bool,
    pub auth: AuthMode,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            refuse: false,
            refuse_ms: 0,
            http_status: 0,
            http_count: 0,
            stall: false,
            deaf: false,
            silent: false,
            drop: 0.0,
            duplicate: 0.0,
            reorder: 0.0,
            delay_ms: 0,
            jitter_ms: 0,
            drop_next: 0,
            no_pong: false,
            auth: AuthMode::Normal,
        }
    }
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum End {
    /// TCP reset.
    Reset,
    /// TCP end without a close frame.
    #[default]
    Drop,
    /// Close frame 1001, then TCP end.
    Close,
    /// Half a frame, then TCP end.
    MidFrame,
    /// The venue stops sending (TCP FIN of its side), but goes on reading.
    HalfClose,
}

/// A point of the protocol where a socket can be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Point {
    /// TCP accepted, no byte sent.
    Accept,
    /// WebSocket open, nothing received.
    Open,
    /// Login received, not answered.
    Auth,
    /// Login answered.
    AuthReply,
    /// Subscription received, nothing done.
    Subscribe,
    /// Subscription answered.
    SubscribeReply,
    /// Instead of the next data frame.
    Data,
    /// Order request (or REST request) received, nothing done.
    Request,
    /// Order request executed, not answered. On REST too.
    Reply,
    /// Order request answered.
    ReplySent,
    /// Ping received, not answered.
    Ping,
}

/// A cut that waits for its point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CutPoint {
    pub socket: Socket,
    pub point: Point,
    /// How. Default: dropped without a close frame.
    #[serde(default)]
    pub end: End,
    /// Number of times. Default 1.
    #[serde(default = "one")]
    pub count: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReplyShape {
    /// As Bybit documents it.
    #[default]
    Normal,
    /// None at all. On REST the connection is closed.
    None,
    /// Without `reqId` (trade socket).
    NoReqId,
    /// `{"success":false,"ret_msg":…,"conn_id":…}` without any id (trade socket).
    Snake,
    /// Text that is not JSON.
    NotJson,
}

/// Falsifies the answers to the next requests that match.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplyRule {
    /// Only on this socket (`trade` or `rest`); `None`: on both.
    pub socket: Option<Socket>,
    /// Only for this operation: `order.create`, `order.amend`, `order.cancel`, their `-batch`
    /// forms, `order.cancel-all`, or a REST path. Empty: for all.
    pub op: String,
    /// The code to answer instead of the real one; `None`: the real one.
    pub ret_code: Option<i64>,
    /// The text that goes with it. Empty: a standard one.
    pub ret_msg: String,
    /// Whether the request is executed. Default: only when there is no `ret_code`.
    pub execute: Option<bool>,
    pub shape: ReplyShape,
    /// HTTP status of the answer; 0: 200. With 403, 429 and 5xx the body is HTML.
    pub http_status: u16,
    /// Extra delay of the answer, ms.
    pub delay_ms: u64,
    /// How the connection ends after the answer; `None`: it goes on.
    pub then: Option<End>,
    /// Number of times; 0: once.
    pub count: u32,
}

const fn one() -> u32 {
    1
}
