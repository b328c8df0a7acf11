//! Requests about orders on their way: the rate limit, the sending, the wait for the answer.

use std::collections::HashMap;

use super::rest::{Method, Purpose};
use super::{BybitCore, Login, Socket};
use crate::clock::Now;
use crate::venue::{Refusal, VenueEvent};
use crate::venues::bybit::codes;
use crate::venues::bybit::policy::OrderEntry;

const SECOND_NS: u64 = 1_000_000_000;
/// How long an answer may take before the request's fate counts as unknown.
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
        if let Login::Refused = self.private {
            let text = "the venue refuses the API key: market data only";
            return Err((codes::AUTH_REFUSED, text.to_owned()));
        }
        if !self.has_order_entry() {
            let text = "there is no trade connection to the venue";
            return Err((codes::NOT_CONNECTED, text.to_owned()));
        }
        if self.settings.order_entry == OrderEntry::Rest && now.mono_ns < self.rest_from {
            let text = "the venue's gate refuses this address (HTTP 403)";
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
    /// nanoseconds at most.
    pub(super) fn request(
        &mut self,
        now: Now,
        op: Op,
        handles: Vec<u64>,
        args: String,
        wait_max: u64,
    ) -> Result<(), (i64, String)> {
        self.may_send(now)?;
        let bucket = self.buckets.get_mut(&op.quota());
        let count = u32::try_from(handles.len()).unwrap_or(u32::MAX);
        let wait = match bucket.map(|bucket| bucket.take(now.mono_ns, count, wait_max)) {
            Some(Err(wait)) => {
                let ms = wait / 1_000_000;
                let text = format!("the rate limit would delay this {ms} ms");
                return Err((codes::RATE_LIMITED, text));
            }
            Some(Ok(wait)) => wait,
            None => 0,
        };
        let at = now.mono_ns + wait;
        let request = Request {
            op,
            handles,
            args,
            at,
        };
        if wait == 0 {
            self.transmit(now, request);
        } else {
            self.requests.waiting.push(request);
        }
        Ok(())
    }

    fn transmit(&mut self, now: Now, mut request: Request) {
        self.requests.last += 1;
        let id = format!("{}-{}", self.ids.epoch(), self.requests.last);
        let (op, args) = (request.op, request.args.clone());
        request.at = now.mono_ns + ANSWER_NS;
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

    /// Sends what waited for the rate limit, and doubts what was not answered in time.
    pub(super) fn tick_requests(&mut self, now: Now) {
        let due = |request: &Request| now.mono_ns >= request.at;
        if self.requests.waiting.iter().any(due) {
            let (send, keep) = std::mem::take(&mut self.requests.waiting)
                .into_iter()
                .partition(due);
            self.requests.waiting = keep;
            let send: Vec<Request> = send;
            for request in send {
                // What ended while it waited needs no cancellation.
                let is_open = |handle: &u64| self.orders.is_open(*handle);
                if !request.handles.iter().any(is_open) {
                    continue;
                }
                match self.may_send(now) {
                    Ok(()) => self.transmit(now, request),
                    Err((code, text)) => self.not_sent(&request, code, &text),
                }
            }
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
                self.doubt(now, &request);
            }
        }
    }

    /// The fate of a request is unknown: its orders are asked for.
    pub(super) fn doubt(&mut self, now: Now, request: &Request) {
        for handle in &request.handles {
            if request.op == Op::Create {
                self.orders.doubt(now.mono_ns, *handle);
            } else {
                let refusal = Refusal {
                    code: codes::REQUEST_UNCERTAIN,
                    text: "the request may not have arrived".to_owned(),
                };
                self.orders.doubt_request(now.mono_ns, *handle, refusal);
            }
        }
    }

    /// A request surely did not reach the venue.
    pub(super) fn not_sent(&mut self, request: &Request, code: i64, text: &str) {
        for handle in &request.handles {
            if request.op == Op::Create {
                let refusal = Refusal {
                    code,
                    text: text.to_owned(),
                };
                self.orders.refused(*handle, refusal, &mut self.events);
            } else if self.orders.is_open(*handle) {
                self.refuse_request(*handle, code, text.to_owned());
            }
        }
    }

    pub(super) fn refuse_request(&mut self, handle: u64, code: i64, text: String) {
        let refusal = Refusal { code, text };
        self.events
            .push(VenueEvent::RequestRefused { handle, refusal });
    }

    /// The trade connection is gone: what was written is in doubt, what was not is refused.
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
            self.doubt(now, request);
        }
    }
}
