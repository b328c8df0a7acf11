//! Requests about orders on their way: the rate limit, the sending, the wait for the answer.

use std::collections::HashMap;

use crate::bybit::core::calls::{Method, Purpose};
use crate::bybit::core::{BybitCore, Login, Socket};
use crate::bybit::options::OrderEntry;
use crate::bybit::orders::arrival::arrival_ns;
use crate::bybit::session::rate_limiter::RateLimiter;
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::codes as bus_codes;
use crate::kit::dispatcher::timeliness::too_late;
use crate::kit::venue::{Reject, VenueEvent};

const SECOND_NS: u64 = 1_000_000_000;
/// How long an answer may take before the request's outcome counts as unknown.
const ANSWER_NS: u64 = 5 * SECOND_NS;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Op {
    Create,
    Amend,
    Cancel,
    /// Several cancellations; counts against the quota of single ones.
    CancelBatch,
}

impl Op {
    /// Name on the trade socket.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Create => "order.create",
            Self::Amend => "order.amend",
            Self::Cancel => "order.cancel",
            Self::CancelBatch => "order.cancel-batch",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Create => "/v5/order/create",
            Self::Amend => "/v5/order/amend",
            Self::Cancel => "/v5/order/cancel",
            Self::CancelBatch => "/v5/order/cancel-batch",
        }
    }

    /// The operation whose quota it uses.
    pub(super) fn quota(self) -> Self {
        match self {
            Self::CancelBatch => Self::Cancel,
            op => op,
        }
    }

    /// The operation of this name, to follow the quota of answers that name nothing else.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Create, Self::Amend, Self::Cancel, Self::CancelBatch]
            .into_iter()
            .find(|op| op.name() == name)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) op: Op,
    /// The orders it is about; several only in a batch.
    pub(super) handles: Vec<u64>,
    /// The argument, a JSON object.
    pub(super) args: String,
    /// When to send, while it waits for the rate limit; then when the answer is overdue.
    pub(super) at: u64,
    /// It is refused when it cannot be sent by then.
    give_up: u64,
    /// After this the bot does not want it any more; never for a cancellation.
    deadline: u64,
}

impl Request {
    /// What it takes of the quota.
    fn count(&self) -> u32 {
        u32::try_from(self.handles.len()).unwrap_or(u32::MAX)
    }

    /// When it was sent, once it was.
    pub(super) fn sent_at(&self) -> u64 {
        self.at.saturating_sub(ANSWER_NS)
    }
}

/// Requests that wait to be sent or answered.
#[derive(Debug, Default)]
pub(super) struct Requests {
    waiting: Vec<Request>,
    pub(super) sent: HashMap<String, Request>,
    last: u64,
}

impl Requests {
    pub(super) fn next_due(&self) -> Option<u64> {
        let waiting = self.waiting.iter().map(|request| request.at);
        let sent = self.sent.values().map(|request| request.at);
        waiting.chain(sent).min()
    }

    /// True while a request waits to be sent or answered.
    pub(super) fn are_under_way(&self) -> bool {
        !(self.waiting.is_empty() && self.sent.is_empty())
    }

    /// True when a cancellation of this order waits for the rate limit.
    pub(super) fn will_cancel(&self, handle: u64) -> bool {
        let cancels = |request: &Request| {
            request.op.quota() == Op::Cancel && request.handles.contains(&handle)
        };
        self.waiting.iter().any(cancels)
    }
}

impl BybitCore {
    /// True when order requests can be written.
    pub(super) fn has_order_entry(&self) -> bool {
        match self.settings.order_entry {
            OrderEntry::Socket => self.trade == Login::Yes,
            OrderEntry::Rest => self.settings.credentials.is_some(),
        }
    }

    /// Whether a request may be sent at all.
    pub(super) fn may_send(&self, now: Now) -> Result<(), (i64, String)> {
        if self.settings.credentials.is_none() {
            let text = "there is no API key: market data only";
            return Err((codes::NOT_CONNECTED, text.to_owned()));
        }
        if self.account.is_taken() {
            let text = "another connector of this machine works on this account with the same order_prefix: market data only";
            return Err((codes::ACCOUNT_SHARED, text.to_owned()));
        }
        if let Login::Refused = self.private {
            let text = "the venue refuses the API key: market data only";
            return Err((codes::AUTH_REFUSED, text.to_owned()));
        }
        if !self.has_order_entry() {
            let text = "there is no trade connection to the venue";
            return Err((codes::NOT_CONNECTED, text.to_owned()));
        }
        if self.settings.order_entry == OrderEntry::Rest && now.mono_ns < self.rest_from {
            let text = "the venue's HTTP edge rejects this address (status 403)";
            return Err((codes::GATE_REFUSED, text.to_owned()));
        }
        if self.private != Login::Yes || !self.reconcile.is_done() {
            let text = "orders and positions are being compared with the venue";
            return Err((codes::NOT_READY, text.to_owned()));
        }
        self.clock
            .check(now)
            .map_err(|text| (codes::CLOCK_OFF, text))
    }

    /// Takes a place under the rate limit and sends, or says why not. It waits `wait_max`
    /// nanoseconds at most, and is not sent after `deadline`.
    pub(super) fn request(
        &mut self,
        now: Now,
        op: Op,
        handles: Vec<u64>,
        args: String,
        (wait_max, deadline): (u64, u64),
    ) -> Result<(), (i64, String)> {
        self.may_send_op(now, op)?;
        let mut request = Request {
            op,
            handles,
            args,
            at: now.mono_ns,
            give_up: now.mono_ns.saturating_add(wait_max),
            deadline,
        };
        request.at = self.place_of(now, &request);
        if request.at > request.give_up.min(deadline) {
            return Err(rate_limited(now, &request));
        }
        if request.at <= now.mono_ns {
            self.transmit(now, request);
        } else {
            self.requests.waiting.push(request);
        }
        Ok(())
    }

    /// When a new request may be sent, behind those that wait for the same quota.
    fn place_of(&self, now: Now, request: &Request) -> u64 {
        let quota = request.op.quota();
        let Some(limiter) = self.limiters.get(&quota) else {
            return now.mono_ns;
        };
        let mut ahead = self.requests.waiting.iter();
        let Some(first) = ahead.find(|waiting| waiting.op.quota() == quota) else {
            return limiter.earliest(now.mono_ns, request.count());
        };
        let mut plan = limiter.clone();
        let rest = ahead.filter(|waiting| waiting.op.quota() == quota);
        for waiting in std::iter::once(first).chain(rest) {
            let at = plan.earliest(now.mono_ns, waiting.count());
            plan.take(at, waiting.count());
        }
        plan.earliest(now.mono_ns, request.count())
    }

    fn transmit(&mut self, now: Now, mut request: Request) {
        if let Some(limiter) = self.limiters.get_mut(&request.op.quota()) {
            limiter.take(now.mono_ns, request.count());
        }
        self.requests.last += 1;
        let id = format!("{}-{}", self.ids.epoch(), self.requests.last);
        let (op, args) = (request.op, request.args.clone());
        request.at = now.mono_ns + ANSWER_NS;
        if op == Op::Create {
            let by = now.mono_ns + arrival_ns(self.settings.recv_window_ms);
            for handle in &request.handles {
                self.orders.sent(*handle, by);
            }
        }
        self.requests.sent.insert(id.clone(), request);
        match self.settings.order_entry {
            OrderEntry::Socket => {
                let (op, window) = (op.name(), self.settings.recv_window_ms);
                let ms = self.clock.server_ms(now);
                let text = format!(
                    r#"{{"reqId":"{id}","header":{{"X-BAPI-TIMESTAMP":"{ms}","X-BAPI-RECV-WINDOW":"{window}"}},"op":"{op}","args":[{args}]}}"#
                );
                self.send(Socket::Trade, text);
            }
            OrderEntry::Rest => {
                let purpose = Purpose::Request(id);
                self.call(Method::Post, op.path(), args, true, purpose);
            }
        }
    }

    /// Sends what waited for the rate limit as far as there is room now. The venue may have said
    /// meanwhile that there is less: then the others move back, or are refused.
    fn send_waiting(&mut self, now: Now) {
        let mut plans: HashMap<Op, RateLimiter> = self.limiters.clone();
        for mut request in std::mem::take(&mut self.requests.waiting) {
            // What ended while it waited needs no cancellation.
            let is_open = |handle: &u64| self.orders.is_open(*handle);
            if !request.handles.iter().any(is_open) {
                continue;
            }
            // A connector that was stopped, or had no time, finds it here when it goes on.
            if now.mono_ns > request.deadline {
                let (code, text) = too_late(now, request.deadline);
                self.not_sent(&request, code, &text);
                continue;
            }
            let count = request.count();
            if let Some(plan) = plans.get_mut(&request.op.quota()) {
                request.at = plan.earliest(now.mono_ns, count);
                let last = request.give_up.max(now.mono_ns).min(request.deadline);
                if request.at > last {
                    let (code, text) = rate_limited(now, &request);
                    self.not_sent(&request, code, &text);
                    continue;
                }
                plan.take(request.at, count);
            }
            if request.at > now.mono_ns {
                self.requests.waiting.push(request);
                continue;
            }
            match self.may_send_op(now, request.op) {
                Ok(()) => self.transmit(now, request),
                Err((code, text)) => self.not_sent(&request, code, &text),
            }
        }
    }

    /// Sends what waited for the rate limit; requests without an answer in time become unconfirmed.
    pub(super) fn tick_requests(&mut self, now: Now) {
        let due = |request: &Request| now.mono_ns >= request.at;
        if self.requests.waiting.iter().any(due) {
            self.send_waiting(now);
        }
        let late = self
            .requests
            .sent
            .iter()
            .filter(|(_, request)| due(request));
        let mut late: Vec<String> = late.map(|(id, _)| id.clone()).collect();
        late.sort_unstable();
        for id in late {
            if let Some(request) = self.requests.sent.remove(&id) {
                self.unconfirmed(now, &request);
            }
        }
    }

    /// Takes back the unsent requests about an order that is to be cancelled, and rejects them: a
    /// cancellation must not overtake the order that it means. True when the order itself was among
    /// them, so that there is nothing to cancel.
    pub(super) fn take_back(&mut self, handle: u64) -> bool {
        let (back, keep): (Vec<Request>, Vec<Request>) = std::mem::take(&mut self.requests.waiting)
            .into_iter()
            .partition(|request| {
                request.op.quota() != Op::Cancel && request.handles.contains(&handle)
            });
        self.requests.waiting = keep;
        for request in &back {
            let text = match request.op {
                Op::Create => "cancelled while it waited for the rate limit: it was not sent",
                _ => {
                    "the order is cancelled: the change that waited for the rate limit was not sent"
                }
            };
            self.not_sent(request, bus_codes::CANCELLED_UNSENT, text);
        }
        back.iter().any(|request| request.op == Op::Create)
    }

    /// The outcome of a request is unknown: its orders are unconfirmed and asked for.
    pub(super) fn unconfirmed(&mut self, now: Now, request: &Request) {
        for handle in &request.handles {
            if request.op == Op::Create {
                self.orders.unconfirmed(now.mono_ns, *handle);
            } else if request.op == Op::Amend {
                let reject = Reject {
                    code: codes::REQUEST_UNCONFIRMED,
                    text: "the amendment may not have arrived; the order is as before".to_owned(),
                };
                self.orders.unconfirmed_amend(now.mono_ns, *handle, reject);
            } else {
                let reject = Reject {
                    code: codes::REQUEST_UNCONFIRMED,
                    text: "the request may not have arrived".to_owned(),
                };
                self.orders.unconfirmed_cancel(now.mono_ns, *handle, reject);
            }
        }
    }

    /// A request did not reach the venue: its orders are rejected.
    pub(super) fn not_sent(&mut self, request: &Request, code: i64, text: &str) {
        for handle in &request.handles {
            if request.op == Op::Create {
                let reject = Reject {
                    code,
                    text: text.to_owned(),
                };
                self.orders.refused(*handle, reject, &mut self.events);
            } else if self.orders.is_open(*handle) {
                self.refuse_request(*handle, code, text.to_owned());
            }
        }
    }

    pub(super) fn refuse_request(&mut self, handle: u64, code: i64, text: String) {
        let reject = Reject { code, text };
        self.events
            .push(VenueEvent::RequestReject { handle, reject });
    }

    /// The trade connection is gone: written requests are unconfirmed, unwritten ones are rejected.
    pub(super) fn drop_requests(&mut self, now: Now) {
        for request in std::mem::take(&mut self.requests.waiting) {
            let text = "the trade connection was lost before this was sent";
            self.not_sent(&request, codes::NOT_CONNECTED, text);
        }
        let mut sent: Vec<Request> = std::mem::take(&mut self.requests.sent)
            .into_values()
            .collect();
        sent.sort_by(|a, b| a.handles.cmp(&b.handles));
        for request in &sent {
            self.unconfirmed(now, request);
        }
    }
}

fn rate_limited(now: Now, request: &Request) -> (i64, String) {
    let ms = request.at.saturating_sub(now.mono_ns) / 1_000_000;
    let text = format!("the rate limit would delay this {ms} ms");
    (codes::RATE_LIMITED, text)
}
