//! REST calls: the clock, the instruments, and questions about single orders.

use std::collections::HashMap;

use super::{BybitCore, HOLD_NS, Login};
use crate::clock::Now;
use crate::venues::bybit::codes;
use crate::venues::bybit::frames::trade::Quota;
use crate::venues::bybit::frames::{FrameError, rest};
use crate::venues::bybit::order_table::Ask;
use crate::venues::bybit::reconcile::Step;
use crate::venues::bybit::ret_code::{Outcome, outcome};

const SECOND_NS: u64 = 1_000_000_000;
const INSTRUMENTS_EVERY_NS: u64 = 3600 * SECOND_NS;
const INSTRUMENTS_RETRY_NS: u64 = 10 * SECOND_NS;
/// Pages of one order's executions; more are told at the average price.
const EXECUTION_PAGES_MAX: u32 = 50;

/// HTTP method of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// What is signed is the query.
    Get,
    /// What is signed is the body.
    Post,
}

/// A call for the shell.
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
    /// The venue's gate answered with this HTTP status.
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

#[derive(Clone, Debug)]
pub(super) enum Purpose {
    Time(Now),
    Instruments,
    Reconcile(Step, Now),
    Order(Ask),
    History(Ask),
    /// Executions of an order.
    Executions(Ask),
    /// Position mode of a symbol.
    Mode(String),
    /// An order request, by its id.
    Request(String),
}

/// Calls that wait for their answer.
#[derive(Debug, Default)]
pub(super) struct Calls {
    out: HashMap<u64, Purpose>,
    last: u64,
    /// Handles of our orders that the open-orders step has named.
    pub(super) named: Vec<u64>,
    /// The open orders that it has to name, taken when it began.
    pub(super) expected: Vec<u64>,
    /// Legs that the positions step has named: (symbol, index).
    pub(super) legs: Vec<(String, usize)>,
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
        self.actions.push(super::Action::Rest(call));
    }

    pub(super) fn rest_due(&self) -> u64 {
        let reconcile = self.reconcile.next_due().unwrap_or(u64::MAX);
        let asks = if self.private == Login::Yes {
            let orders = self.orders.next_due().unwrap_or(u64::MAX);
            let audit = match self.reconcile.is_idle() {
                true => self.audit_at,
                false => u64::MAX,
            };
            orders.min(self.positions.next_due()).min(audit)
        } else {
            u64::MAX
        };
        [self.clock.next_due(), self.instruments_at, reconcile, asks]
            .into_iter()
            .min()
            .unwrap_or(u64::MAX)
            .max(self.rest_from)
    }

    pub(super) fn tick_rest(&mut self, now: Now) {
        if now.mono_ns < self.rest_from {
            return;
        }
        if self.clock.take_ask(now) {
            let path = "/v5/market/time";
            self.call(Method::Get, path, String::new(), false, Purpose::Time(now));
        }
        if now.mono_ns >= self.instruments_at {
            self.instruments_at = now.mono_ns + INSTRUMENTS_RETRY_NS;
            self.ask_instruments(None);
        }
        if self.private == Login::Yes && now.mono_ns >= self.audit_at {
            self.reconcile.repeat(now.mono_ns);
        }
        // Without instruments nothing that is read could be understood.
        if !self.scales.is_empty()
            && let Some((step, cursor)) = self.reconcile.take_ask(now.mono_ns)
        {
            self.ask_step(now, step, cursor);
        }
        if self.private == Login::Yes {
            let mut asks = Vec::new();
            self.orders.asks(now.mono_ns, &mut asks);
            for ask in asks {
                self.ask_order(ask);
            }
        }
    }

    fn ask_instruments(&mut self, cursor: Option<&str>) {
        let mut query = format!("category={}&limit=1000", self.settings.category);
        if let Some(cursor) = cursor {
            query.push_str("&cursor=");
            query.push_str(cursor);
        }
        let path = "/v5/market/instruments-info";
        self.call(Method::Get, path, query, false, Purpose::Instruments);
    }

    /// Why nothing can be registered yet.
    pub(super) fn instruments_wait(&self) -> String {
        let text = "the venue's instruments are not known yet";
        match &self.instruments_trouble {
            Some(trouble) => format!("{text}: {trouble}"),
            None => text.to_owned(),
        }
    }

    fn ask_order(&mut self, ask: Ask) {
        let category = &self.settings.category;
        let query = format!("category={category}&orderLinkId={}", ask.link_id);
        if ask.executions {
            let cursor = ask.cursor.as_deref();
            let cursor = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
            let query = format!("{query}&limit=100{cursor}");
            let path = "/v5/execution/list";
            self.call(Method::Get, path, query, true, Purpose::Executions(ask));
        } else {
            let path = "/v5/order/realtime";
            self.call(Method::Get, path, query, true, Purpose::Order(ask));
        }
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

    /// A call was answered with this body.
    pub fn on_rest(&mut self, now: Now, id: u64, answer: Result<RestAnswer<'_>, RestFailure>) {
        let Some(purpose) = self.calls.out.remove(&id) else {
            return;
        };
        let read = match answer {
            Ok(answer) => self.rest_answer(now, &purpose, answer),
            Err(failure) => {
                if failure == RestFailure::Http(403) {
                    self.gate_closed(now);
                } else if failure == RestFailure::Http(401) {
                    self.key_refused(now, None, "a REST call is refused with HTTP 401");
                }
                match &purpose {
                    Purpose::Request(id) => self.request_failed(now, id, &failure),
                    Purpose::Instruments => self.instruments_trouble = Some(failure.to_string()),
                    _ => {}
                }
                Ok(false)
            }
        };
        let done = read.unwrap_or_else(|error| {
            self.unreadable("a REST answer", &error);
            false
        });
        if done {
            return;
        }
        match purpose {
            Purpose::Reconcile(step, _) => self.reconcile.failed(now.mono_ns, step),
            Purpose::Order(ask) | Purpose::History(ask) | Purpose::Executions(ask) => {
                self.orders.ask_failed(now.mono_ns, ask.handle);
            }
            _ => {}
        }
    }

    /// False when the venue answered with an error; what was asked for is asked again later.
    fn rest_answer(
        &mut self,
        now: Now,
        purpose: &Purpose,
        answer: RestAnswer<'_>,
    ) -> Result<bool, FrameError> {
        let body = answer.body;
        match purpose {
            Purpose::Request(id) => {
                self.request_answer(now, id, body, answer.quota)?;
                Ok(true)
            }
            Purpose::Mode(name) => {
                let answer = rest::positions(body)?;
                if answer.code != 0 {
                    return Ok(self.refused_call(now, answer.code, &answer.text));
                }
                let told_ns = answer.time_ms.saturating_mul(1_000_000);
                if answer.result.items.is_empty() {
                    self.no_legs(name);
                }
                for item in &answer.result.items {
                    self.position_item(item, told_ns);
                }
                Ok(true)
            }
            Purpose::Time(sent) => {
                let answer = rest::server_time(body)?;
                if answer.code == 0 {
                    self.clock.sample(*sent, now, answer.result);
                }
                Ok(answer.code == 0)
            }
            Purpose::Instruments => self.instruments_answer(now, body),
            Purpose::Reconcile(step, sent) => self.step_answer(now, *step, *sent, body),
            Purpose::Order(ask) | Purpose::History(ask) => {
                let answer = rest::orders(body)?;
                if answer.code != 0 {
                    return Ok(false);
                }
                let told_ns = answer.time_ms.saturating_mul(1_000_000);
                let mut found = false;
                for item in &answer.result.items {
                    found |= self.order_item(now, item, told_ns) == Some(ask.handle);
                }
                if found {
                    self.orders.found(ask.handle, &mut self.events);
                } else if matches!(purpose, Purpose::Order(_)) {
                    let category = &self.settings.category;
                    let query = format!("category={category}&orderLinkId={}", ask.link_id);
                    let purpose = Purpose::History(ask.clone());
                    self.call(Method::Get, "/v5/order/history", query, true, purpose);
                } else {
                    self.orders
                        .missed(now.mono_ns, ask.handle, &mut self.events);
                }
                Ok(true)
            }
            Purpose::Executions(ask) => {
                let answer = rest::executions(body)?;
                if answer.code != 0 {
                    return Ok(false);
                }
                for item in answer.result.items.iter().rev() {
                    self.execution_item(now, item);
                }
                if let Some(cursor) = answer.result.cursor
                    && !answer.result.items.is_empty()
                    && ask.pages < EXECUTION_PAGES_MAX
                {
                    self.ask_order(ask.next_page(cursor));
                    return Ok(true);
                }
                self.orders
                    .fills_answered(now.mono_ns, ask.handle, &mut self.events);
                Ok(true)
            }
        }
    }

    fn instruments_answer(&mut self, now: Now, body: &[u8]) -> Result<bool, FrameError> {
        let answer = rest::instruments(body)?;
        if answer.code != 0 {
            let (code, text) = (answer.code, &answer.text);
            self.instruments_trouble = Some(format!("{text} ({code})"));
            return Ok(false);
        }
        self.instruments_trouble = None;
        for item in &answer.result.items {
            match item.scale() {
                Ok(scale) => {
                    let name = item.symbol.or_empty().to_owned();
                    let coin = item.base_coin.or_empty().to_owned();
                    self.positions.base_coins.insert(name.clone(), coin);
                    self.scales.insert(name, scale);
                }
                Err(error) => self.unreadable("an instrument", &error),
            }
        }
        match &answer.result.cursor {
            Some(cursor) => self.ask_instruments(Some(cursor)),
            None => {
                self.instruments_known = true;
                self.instruments_at = now.mono_ns + INSTRUMENTS_EVERY_NS;
            }
        }
        Ok(true)
    }

    /// The venue answered a signed call with an error. Always false: it is asked again.
    pub(super) fn refused_call(&mut self, now: Now, code: i64, words: &str) -> bool {
        if code == 10_002 {
            self.clock.doubt(now);
        }
        if outcome(code) == Outcome::Fatal {
            let what = format!("a REST call is refused: {words} ({code})");
            self.key_refused(now, Some(code), &what);
        }
        false
    }

    /// The venue's gate said 403: neither sockets nor REST for ten minutes.
    fn gate_closed(&mut self, now: Now) {
        self.connects.hold(now.mono_ns);
        self.rest_from = now.mono_ns + HOLD_NS;
        let minutes = HOLD_NS / (60 * SECOND_NS);
        let text = format!(
            "the venue refuses this address (HTTP 403); nothing is asked for {minutes} minutes"
        );
        self.notice(codes::GATE_REFUSED, text);
    }
}
