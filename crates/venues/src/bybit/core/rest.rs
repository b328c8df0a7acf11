//! REST: the calls that are due, and their answers.

use crate::bybit::core::calls::{Method, Purpose, RestAnswer, RestFailure};
use crate::bybit::core::private::Seen;
use crate::bybit::core::steps::AUDIT_OPEN_NS;
use crate::bybit::core::{BybitCore, Login};
use crate::bybit::frames::{FrameError, rest};
use crate::bybit::orders::order_queries::OrderQuery;
use crate::bybit::session::ret_code::{Outcome, outcome};
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::net::connect_limiter::HOLD_NS;

const SECOND_NS: u64 = 1_000_000_000;
/// Pages of one order's executions; more are reported at the average price.
const EXECUTION_PAGES_MAX: u32 = 50;

impl BybitCore {
    pub(super) fn rest_due(&self) -> u64 {
        // Nothing is read before the account is claimed.
        let reconcile = match self.account.next_due() {
            Some(due) if self.private == Login::Yes => due,
            _ => self.reconcile.next_due().unwrap_or(u64::MAX),
        };
        let asks = if self.private == Login::Yes {
            let orders = self.orders.next_due().unwrap_or(u64::MAX);
            let audit = match self.reconcile.is_idle() {
                true => self.audit_at.min(self.absence.due()),
                false => u64::MAX,
            };
            let unread = self.previous.unreadable.next_due();
            orders.min(self.positions.next_due()).min(audit).min(unread)
        } else {
            u64::MAX
        };
        let instruments = self.listings.next_due();
        [self.clock.next_due(), instruments, reconcile, asks]
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
        self.tick_instruments(now);
        if self.reconcile.is_idle() && self.orders.has_open() {
            self.audit_at = self.audit_at.min(now.mono_ns + AUDIT_OPEN_NS);
        }
        let seeks = self.absence.is_due(now.mono_ns);
        if self.private == Login::Yes && (seeks || now.mono_ns >= self.audit_at) {
            self.reconcile.repeat(now.mono_ns, seeks);
        }
        self.tick_account(now);
        // Without instruments nothing that is read could be understood.
        if self.listings.are_known
            && self.account.is_claimed()
            && let Some((step, cursor)) = self.reconcile.take_ask(now.mono_ns)
        {
            self.ask_step(now, step, cursor);
        }
        if self.private == Login::Yes {
            let mut asks = Vec::new();
            self.orders.due_queries(now.mono_ns, &mut asks);
            for ask in asks {
                self.ask_order(ask);
            }
            self.query_unreadable(now);
        }
    }

    fn ask_order(&mut self, ask: OrderQuery) {
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

    /// A call was answered with this body.
    pub fn on_rest(&mut self, now: Now, id: u64, answer: Result<RestAnswer<'_>, RestFailure>) {
        let Some(purpose) = self.calls.out.remove(&id) else {
            return;
        };
        if matches!(purpose, Purpose::Reconcile(_)) && id != self.calls.asked_step {
            return;
        }
        let read = match answer {
            Ok(answer) => self.rest_answer(now, &purpose, answer),
            Err(failure) => {
                if failure == RestFailure::Http(403) {
                    self.edge_rejected(now);
                } else if failure == RestFailure::Http(401) {
                    self.key_refused(now, None, "a REST call is refused with HTTP 401");
                }
                match &purpose {
                    Purpose::Request(id) => self.request_failed(now, id, &failure),
                    Purpose::Instruments(_) => self.listings.failed(failure.to_string()),
                    Purpose::Account => self.account_failed(now, &failure.to_string()),
                    _ => {}
                }
                Ok(false)
            }
        };
        let done = read.unwrap_or_else(|error| {
            if matches!(purpose, Purpose::Account) {
                self.account_failed(now, &error.to_string());
                return true;
            }
            self.unreadable("a REST answer", &error);
            false
        });
        if done {
            return;
        }
        match purpose {
            Purpose::Reconcile(step) => self.reconcile.failed(now.mono_ns, step),
            Purpose::Instrument(name) => self.listings.one_failed(now.mono_ns, &name),
            Purpose::Order(ask) | Purpose::History(ask) | Purpose::Executions(ask) => {
                self.orders.query_failed(now.mono_ns, ask.handle);
            }
            _ => {}
        }
    }

    /// False when the venue answered with an error; the query is sent again later.
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
            Purpose::Account => self.account_answer(now, body),
            Purpose::Mode(name) => {
                let answer = rest::positions(body)?;
                if answer.code != 0 {
                    return Ok(self.refused_call(now, answer.code, &answer.text));
                }
                let reported_ns = answer.time_ms.saturating_mul(1_000_000);
                if answer.result.items.is_empty() {
                    self.no_legs(name);
                }
                for item in &answer.result.items {
                    self.position_item(now, item, reported_ns);
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
            Purpose::Instruments(reading) => self.instruments_page(now, *reading, body),
            Purpose::Instrument(name) => self.instrument_answer(now, name, body),
            Purpose::Reconcile(step) => self.step_answer(now, *step, body),
            Purpose::Order(ask) | Purpose::History(ask) => {
                let answer = rest::orders(body)?;
                if answer.code != 0 {
                    return Ok(false);
                }
                let reported_ns = answer.time_ms.saturating_mul(1_000_000);
                let (mut found, mut is_odd, mut is_unreadable) = (false, false, false);
                for item in &answer.result.items {
                    match self.order_item(now, item, reported_ns) {
                        Seen::Followed(handle) => found |= handle == ask.handle,
                        Seen::Unreadable(None) => is_odd = true,
                        Seen::Unreadable(Some(handle)) => is_unreadable |= handle == ask.handle,
                        Seen::Other => {}
                    }
                }
                if found {
                    self.orders.found(now.mono_ns, ask.handle, &mut self.events);
                } else if is_odd {
                    // It is there: an unreadable item must never count as "not there".
                    let text = format!("{} cannot be read", self.describe_link(&ask.link_id, ""));
                    self.orders.unreadable(now.mono_ns, ask.handle, &text);
                } else if is_unreadable {
                    // It is there, and is asked for again.
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
            Purpose::Unreadable(link_id, ended) => {
                self.unreadable_answer(now, link_id, *ended, body)
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

    /// The venue answered a signed call with an error. Always false: it is asked again.
    pub(super) fn refused_call(&mut self, now: Now, code: i64, words: &str) -> bool {
        if code == 10_002 {
            self.clock.ask_at_once(now);
        }
        if outcome(code) == Outcome::Fatal {
            let what = format!("a REST call is refused: {words} ({code})");
            self.key_refused(now, Some(code), &what);
        }
        false
    }

    /// The venue's HTTP edge answered 403: neither sockets nor REST for ten minutes.
    fn edge_rejected(&mut self, now: Now) {
        self.connects.hold(now.mono_ns);
        self.rest_from = now.mono_ns + HOLD_NS;
        let minutes = HOLD_NS / (60 * SECOND_NS);
        let text = format!(
            "the venue refuses this address (HTTP 403); nothing is asked for {minutes} minutes"
        );
        self.notice(codes::GATE_REFUSED, text);
    }
}
