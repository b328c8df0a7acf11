//! Answers to order requests, of the trade socket and of REST.

use crate::bybit::core::requests::{Op, Request};
use crate::bybit::core::{BybitCore, Login, RestFailure, Socket};
use crate::bybit::frames::FrameError;
use crate::bybit::frames::rest;
use crate::bybit::frames::text::Text;
use crate::bybit::frames::trade::{Outcome as Answer, Quota, TradeFrame, parse};
use crate::bybit::session::ret_code::{Outcome, is_rate_limit, outcome};
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::venue::Reject;

impl BybitCore {
    pub(super) fn trade_frame(&mut self, now: Now, bytes: &[u8]) -> Result<(), FrameError> {
        match parse(bytes)? {
            TradeFrame::Pong => self.link(Socket::Trade).pong(),
            // 20001: logged in already.
            TradeFrame::Auth(0 | 20_001, _) => {
                if matches!(self.trade, Login::Asked { .. }) {
                    self.trade = Login::Yes;
                }
            }
            TradeFrame::Auth(code, text) => {
                self.login_refused(now, Socket::Trade, Some(code), text.or_empty());
            }
            TradeFrame::Outcome(answer) => {
                let request = self.requests.sent.remove(answer.req_id.or_empty());
                self.answer(now, request, &answer);
            }
        }
        Ok(())
    }

    /// A request that went over REST has its answer.
    pub(super) fn request_answer(
        &mut self,
        now: Now,
        id: &str,
        body: &[u8],
        quota: Quota,
    ) -> Result<(), FrameError> {
        let request = self.requests.sent.remove(id);
        let read = rest::order_ids(body);
        let read = match read {
            Ok(read) => read,
            Err(error) => {
                if let Some(request) = request {
                    self.unconfirmed(now, &request);
                }
                return Err(error);
            }
        };
        let op = request.as_ref().map_or("", |request| request.op.name());
        let answer = Answer {
            req_id: Text::Absent,
            op: Text::from(op),
            code: read.code,
            text: Text::from(read.text.as_str()),
            order_id: read.result.order_id,
            link_id: read.result.order_link_id,
            batch: Vec::new(),
            quota,
        };
        self.answer(now, request, &answer);
        Ok(())
    }

    /// A request that went over REST has no answer.
    pub(super) fn request_failed(&mut self, now: Now, id: &str, failure: &RestFailure) {
        let Some(request) = self.requests.sent.remove(id) else {
            return;
        };
        match failure {
            RestFailure::NotSent(text) => {
                self.not_sent(&request, codes::NOT_CONNECTED, text);
            }
            // The HTTP edge rejected it before it reached the matching engine.
            RestFailure::Http(status @ (401 | 403 | 404)) => {
                let text =
                    format!("the venue's HTTP edge rejected the request with status {status}");
                self.not_sent(&request, codes::GATE_REFUSED, &text);
            }
            RestFailure::Http(_) | RestFailure::Network(_) => self.unconfirmed(now, &request),
        }
    }

    fn answer(&mut self, now: Now, request: Option<Request>, answer: &Answer<'_>) {
        let reset = answer.quota.reset_ms;
        let reset = reset.and_then(|ms| self.clock.mono_of_server_ms(now, ms));
        let op = match &request {
            Some(request) => Some(request.op),
            None => Op::named(answer.op.or_empty()),
        };
        if let Some(limiter) = op.and_then(|op| self.limiters.get_mut(&op.quota())) {
            let sent_at = request.as_ref().map_or(now.mono_ns, Request::sent_at);
            limiter.follow(now.mono_ns, sent_at, &answer.quota, reset);
            if is_rate_limit(answer.code) {
                limiter.refused(now.mono_ns, reset);
            }
        }
        if answer.code == 10_002 {
            self.clock.ask_at_once(now);
        }
        let Some(request) = request else {
            // An answer without its id belongs to no request; the request's deadline starts a query.
            if answer.code != 0 {
                let text = format!("{}: {}", answer.code, answer.text.or_empty());
                self.notice(answer.code, text);
            }
            return;
        };
        if answer.code == 10_001 && answer.text.or_empty().contains("position idx") {
            self.forget_mode(&request.handles);
        }
        match request.op {
            Op::CancelBatch if answer.code == 0 => self.batch_answer(now, &request, answer),
            _ => {
                for handle in &request.handles {
                    let order_id = answer.order_id.or_empty();
                    let words = (answer.code, answer.text.or_empty());
                    self.one_answer(now, request.op, *handle, words, order_id);
                }
            }
        }
        if answer.code == 10_019 {
            self.kill(now, Socket::Trade, "the venue restarts its trade service");
        }
    }

    /// The items of a batch are answered one by one, in the order of the request.
    fn batch_answer(&mut self, now: Now, request: &Request, answer: &Answer<'_>) {
        for (at, handle) in request.handles.iter().enumerate() {
            match answer.batch.get(at) {
                Some(item) => {
                    let words = (item.code, item.text.or_empty());
                    self.one_answer(now, Op::Cancel, *handle, words, item.order_id.or_empty());
                }
                None => {
                    let reject = Reject {
                        code: codes::REQUEST_UNCONFIRMED,
                        text: "the answer to the batch does not name this order".to_owned(),
                    };
                    self.orders.unconfirmed_cancel(now.mono_ns, *handle, reject);
                }
            }
        }
    }

    fn one_answer(
        &mut self,
        now: Now,
        op: Op,
        handle: u64,
        (code, words): (i64, &str),
        order_id: &str,
    ) {
        let reject = Reject {
            code,
            text: words.to_owned(),
        };
        match (op, outcome(code)) {
            (Op::Create, Outcome::Accepted) => {
                self.orders
                    .accepted(now.mono_ns, handle, order_id, &mut self.events);
            }
            (Op::Create, Outcome::Refused | Outcome::Fatal) => {
                self.orders.refused(handle, reject, &mut self.events);
            }
            (Op::Create, _) if is_rate_limit(code) => {
                self.orders.unconfirmed_reject(now.mono_ns, handle, reject);
            }
            (Op::Create, _) => self.orders.unconfirmed(now.mono_ns, handle),
            (Op::Cancel | Op::Amend, Outcome::Accepted) => {
                self.orders.expect_report(now.mono_ns, handle);
            }
            (_, Outcome::Accepted) => {}
            (_, Outcome::Refused | Outcome::Fatal | Outcome::Busy) => {
                self.refuse_request(handle, reject.code, reject.text);
            }
            (_, Outcome::Gone) => {
                // Too late: the bot gets the reject, and then the state of the order.
                self.refuse_request(handle, reject.code, reject.text);
                self.orders.unconfirmed(now.mono_ns, handle);
            }
            (Op::Amend, Outcome::Ambiguous) => {
                self.orders.unconfirmed_amend(now.mono_ns, handle, reject);
            }
            (_, Outcome::Ambiguous) => self.orders.unconfirmed_cancel(now.mono_ns, handle, reject),
        }
    }
}
