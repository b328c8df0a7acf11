//! REST calls: method, signature, and the purpose of each call that waits for its answer.

use std::collections::HashMap;

use crate::bybit::core::{Action, BybitCore};
use crate::bybit::frames::trade::Quota;
use crate::bybit::orders::order_queries::OrderQuery;
use crate::bybit::orders::reconcile::Step;
use crate::kit::clock::Now;

/// HTTP method of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// What is signed is the query.
    Get,
    /// What is signed is the body.
    Post,
}

/// A REST call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestCall {
    /// Names the call in its answer.
    pub id: u64,
    /// Method.
    pub method: Method,
    /// Path.
    pub path: &'static str,
    /// Query string exactly as it has to be signed and sent; may be empty.
    pub query: String,
    /// JSON body of a POST exactly as it has to be signed and sent; empty for a GET.
    pub body: String,
    /// True when it has to be signed.
    pub signed: bool,
}

/// The answer to a call that the venue answered with a 2xx status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestAnswer<'a> {
    /// The body.
    pub body: &'a [u8],
    /// What the headers say of the quota: `X-Bapi-Limit`, `X-Bapi-Limit-Status`,
    /// `X-Bapi-Limit-Reset-Timestamp`; absent ones are `None`.
    pub quota: Quota,
}

impl<'a> RestAnswer<'a> {
    /// An answer whose headers say nothing of the quota.
    pub fn new(body: &'a [u8]) -> Self {
        Self {
            body,
            quota: Quota::default(),
        }
    }
}

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestFailure {
    /// The connection failed or it took too long; the request may have arrived.
    Network(String),
    /// The request surely was not written.
    NotSent(String),
    /// The venue's HTTP edge answered with this status.
    Http(u16),
}

impl std::fmt::Display for RestFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Network(text) | Self::NotSent(text) => f.write_str(text),
            Self::Http(status) => write!(f, "HTTP status {status}"),
        }
    }
}

/// The use of a call's answer.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    Time(Now),
    /// A page of one reading of them.
    Instruments(u64),
    /// One symbol of them.
    Instrument(String),
    Reconcile(Step),
    Order(OrderQuery),
    History(OrderQuery),
    /// An order of a previous session that could not be read, by its id; `true`: in the history.
    Unreadable(String, bool),
    /// Executions of an order.
    Executions(OrderQuery),
    /// The account that the key is of.
    Account,
    /// Position mode of a symbol.
    Mode(String),
    /// An order request, by its id.
    Request(String),
}

/// Calls that wait for their answer.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) out: HashMap<u64, Purpose>,
    pub(super) last: u64,
    /// The question of a step that is waited for; answers to earlier ones say nothing new.
    pub(super) asked_step: u64,
    /// Settle coins of the step that is under way.
    pub(super) coins: Vec<String>,
    /// When the step began that reads positions, or the wallet.
    pub(super) holdings_from: Option<Now>,
    /// Handles of the orders that the open-orders step has listed.
    pub(super) listed: Vec<u64>,
    /// The open orders that it has to list, taken when it began.
    pub(super) expected: Vec<u64>,
    /// Legs that the positions step has listed: symbol and index, `None` when that cannot be read.
    pub(super) legs: Vec<(String, Option<usize>)>,
}

impl BybitCore {
    /// Makes a call; `payload` is the query of a GET and the body of a POST.
    pub(super) fn call(
        &mut self,
        method: Method,
        path: &'static str,
        payload: String,
        signed: bool,
        purpose: Purpose,
    ) {
        self.calls.last += 1;
        let id = self.calls.last;
        self.calls.out.insert(id, purpose);
        let (query, body) = match method {
            Method::Get => (payload, String::new()),
            Method::Post => (String::new(), payload),
        };
        let call = RestCall {
            id,
            method,
            path,
            query,
            body,
            signed,
        };
        self.actions.push(Action::Rest(call));
    }

    /// The headers that a call has to carry, in order: they hold the key and the signature, so they
    /// are never logged. Of a GET that is not signed there are none.
    pub fn rest_headers(&self, now: Now, call: &RestCall) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        if call.method == Method::Post {
            headers.push(("Content-Type", "application/json".to_owned()));
        }
        let Some(credentials) = self.settings.credentials.as_ref().filter(|_| call.signed) else {
            return headers;
        };
        let (ms, window) = (self.clock.server_ms(now), self.settings.recv_window_ms);
        let payload = match call.method {
            Method::Get => &call.query,
            Method::Post => &call.body,
        };
        let sign = credentials.sign_rest(ms, window, payload);
        headers.extend([
            ("X-BAPI-API-KEY", credentials.key.reveal().to_owned()),
            ("X-BAPI-TIMESTAMP", ms.to_string()),
            ("X-BAPI-RECV-WINDOW", window.to_string()),
            ("X-BAPI-SIGN", sign),
        ]);
        headers
    }
}
