//! Sending requests about orders, and what their answers mean.

use std::collections::{HashMap, HashSet};

use hftbacktest::types::{OrdType, Side, Status, TimeInForce};

use super::{BybitCore, Login, Socket};
use crate::clock::Now;
use crate::venue::{NewOrder, OrderReport, Refusal, VenueEvent};
use crate::venues::bybit::codes;
use crate::venues::bybit::frames::FrameError;
use crate::venues::bybit::frames::trade::{Outcome as Answer, TradeFrame, parse};
use crate::venues::bybit::ret_code::{Outcome, is_rate_limit, outcome};
use crate::venues::bybit::venue_order::VenueOrder;

pub(super) const CREATE: &str = "order.create";
pub(super) const AMEND: &str = "order.amend";
pub(super) const CANCEL: &str = "order.cancel";
const SECOND_NS: u64 = 1_000_000_000;
/// How long an answer may take before the request's fate counts as unknown.
const ANSWER_NS: u64 = 5 * SECOND_NS;
/// Ids of unfollowed orders that are remembered, so that each is told once.
const UNFOLLOWED_MAX: usize = 4096;

#[derive(Clone, Debug)]
struct Request {
    op: &'static str,
    handle: u64,
    args: String,
    /// When to send, while it waits for the rate limit; then when the answer is overdue.
    at: u64,
}

/// Requests that wait to be sent or answered.
#[derive(Debug, Default)]
pub(super) struct Requests {
    waiting: Vec<Request>,
    sent: HashMap<String, Request>,
    last: u64,
    unfollowed: HashSet<String>,
}

impl Requests {
    pub(super) fn next_due(&self) -> Option<u64> {
        let waiting = self.waiting.iter().map(|request| request.at);
        let sent = self.sent.values().map(|request| request.at);
        waiting.chain(sent).min()
    }

    /// True at the first call for an id.
    pub(super) fn first_time(&mut self, link_id: &str) -> bool {
        self.unfollowed.len() < UNFOLLOWED_MAX && self.unfollowed.insert(link_id.to_owned())
    }
}

impl BybitCore {
    /// Whether a request may be sent at all.
    fn may_send(&self, now: Now) -> Result<(), (i64, String)> {
        if self.trade != Login::Yes {
            let text = "there is no trade connection to the venue";
            return Err((codes::NOT_CONNECTED, text.to_owned()));
        }
        if self.private != Login::Yes || !self.reconcile.is_done() {
            let text = "orders and positions are being compared with the venue";
            return Err((codes::NOT_READY, text.to_owned()));
        }
        self.clock
            .check(now)
            .map_err(|text| (codes::CLOCK_OFF, text))
    }

    /// Takes a place under the rate limit and sends, or says why not.
    fn request(
        &mut self,
        now: Now,
        op: &'static str,
        handle: u64,
        args: String,
    ) -> Result<(), (i64, String)> {
        self.may_send(now)?;
        let wait_max = u64::from(self.settings.order_wait_ms) * 1_000_000;
        let bucket = self.buckets.get_mut(op);
        let wait = match bucket.map(|bucket| bucket.take(now.mono_ns, wait_max)) {
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
            handle,
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
        let (op, args, window) = (request.op, &request.args, self.settings.recv_window_ms);
        let ms = self.clock.server_ms(now);
        let text = format!(
            r#"{{"reqId":"{id}","header":{{"X-BAPI-TIMESTAMP":"{ms}","X-BAPI-RECV-WINDOW":"{window}"}},"op":"{op}","args":[{{{args}}}]}}"#
        );
        request.at = now.mono_ns + ANSWER_NS;
        self.requests.sent.insert(id, request);
        self.send(Socket::Trade, text);
    }

    /// Sends a new order; its owner and the owner's id of it travel in the `orderLinkId` and come
    /// back after a restart.
    pub(super) fn send_order(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        if let Err((code, text)) = self.try_submit(now, symbol, order) {
            let refusal = Refusal { code, text };
            if self.orders.get(order.handle).is_some() {
                self.orders.refused(order.handle, refusal, &mut self.events);
                return;
            }
            self.events.push(VenueEvent::Order(OrderReport {
                handle: order.handle,
                status: Status::Rejected,
                price_tick: 0,
                qty: 0.0,
                leaves_qty: order.qty,
                exec_qty: 0.0,
                exec_price_tick: 0,
                maker: false,
                exch_ts: now.unix_ns,
                refusal: Some(refusal),
            }));
        }
    }

    fn try_submit(&mut self, now: Now, symbol: u32, order: &NewOrder) -> Result<(), (i64, String)> {
        self.may_send(now)?;
        let name = self.names.get(symbol as usize).cloned().unwrap_or_default();
        let Some(scale) = self.scale_of(&name) else {
            return Err((codes::OFF_GRID, format!("{name} is not known")));
        };
        let grid = |what: &str| {
            (
                codes::OFF_GRID,
                format!("{what} is not on the grid of {name}"),
            )
        };
        let lots = scale.lot.units_of_f64(order.qty).filter(|lots| *lots > 0);
        let lots = lots.ok_or_else(|| grid("the quantity"))?;
        let qty = scale.lot.text(lots).ok_or_else(|| grid("the quantity"))?;
        let unsupported =
            |what: &str| (codes::UNSUPPORTED, format!("this {what} is not supported"));
        let (side, category) = (side_text(order.side), &self.settings.category);
        let terms = match order.order_type {
            OrdType::Limit => {
                let price = scale.tick.text(order.price_tick);
                let price = price.filter(|_| order.price_tick > 0);
                let price = price.ok_or_else(|| grid("the price"))?;
                let tif = match order.time_in_force {
                    TimeInForce::GTC => "GTC",
                    TimeInForce::GTX => "PostOnly",
                    TimeInForce::IOC => "IOC",
                    TimeInForce::FOK => "FOK",
                    TimeInForce::Unsupported => return Err(unsupported("time in force")),
                };
                format!(r#""orderType":"Limit","price":"{price}","timeInForce":"{tif}""#)
            }
            // Spot counts a market buy in quote coin unless told otherwise.
            OrdType::Market if category == "spot" => {
                r#""orderType":"Market","marketUnit":"baseCoin""#.to_owned()
            }
            OrdType::Market => r#""orderType":"Market""#.to_owned(),
            OrdType::Unsupported => return Err(unsupported("order type")),
        };
        let link_id = self.ids.next(order.owner, order.order_id);
        let idx = if category == "spot" {
            ""
        } else {
            r#","positionIdx":0"#
        };
        let args = format!(
            r#""category":"{category}","symbol":"{name}","side":"{side}",{terms},"qty":"{qty}"{idx},"orderLinkId":"{link_id}""#
        );
        let id = (order.handle, symbol);
        let followed = VenueOrder::new(id, link_id, scale, order.side, (order.price_tick, lots));
        self.orders.insert(now.mono_ns, followed);
        self.request(now, CREATE, order.handle, args)
    }

    pub(super) fn send_cancel(&mut self, now: Now, handle: u64) {
        let Some((name, link_id)) = self.named(handle) else {
            return;
        };
        let category = &self.settings.category;
        let args =
            format!(r#""category":"{category}","symbol":"{name}","orderLinkId":"{link_id}""#);
        if let Err((code, text)) = self.request(now, CANCEL, handle, args) {
            self.refuse_request(handle, code, text);
        }
    }

    pub(super) fn send_amend(&mut self, now: Now, handle: u64, price_tick: i64, qty: f64) {
        let Some((name, link_id)) = self.named(handle) else {
            return;
        };
        let scale = self.scale_of(&name);
        let price = scale.and_then(|s| s.tick.text(price_tick).filter(|_| price_tick > 0));
        let lots = scale.and_then(|s| s.lot.units_of_f64(qty).filter(|lots| *lots > 0));
        let qty = scale.zip(lots).and_then(|(s, lots)| s.lot.text(lots));
        let (Some(price), Some(qty)) = (price, qty) else {
            let text = format!("price or quantity is not on the grid of {name}");
            self.refuse_request(handle, codes::OFF_GRID, text);
            return;
        };
        let category = &self.settings.category;
        let args = format!(
            r#""category":"{category}","symbol":"{name}","orderLinkId":"{link_id}","qty":"{qty}","price":"{price}""#
        );
        if let Err((code, text)) = self.request(now, AMEND, handle, args) {
            self.refuse_request(handle, code, text);
        }
    }

    fn named(&self, handle: u64) -> Option<(String, String)> {
        let order = self.orders.get(handle).filter(|order| !order.has_ended())?;
        let name = self.names.get(order.symbol as usize)?;
        Some((name.clone(), order.link_id.clone()))
    }

    fn refuse_request(&mut self, handle: u64, code: i64, text: String) {
        let refusal = Refusal { code, text };
        self.events
            .push(VenueEvent::RequestRefused { handle, refusal });
    }

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
            TradeFrame::Outcome(answer) => self.answer(now, &answer),
        }
        Ok(())
    }

    fn answer(&mut self, now: Now, answer: &Answer<'_>) {
        let request = self.requests.sent.remove(answer.req_id.or_empty());
        let reset = answer.quota.reset_ms;
        let reset = reset.and_then(|ms| self.clock.mono_of_server_ms(now, ms));
        let op = request
            .as_ref()
            .map_or(answer.op.or_empty(), |request| request.op);
        if let Some(bucket) = self.buckets.get_mut(op) {
            bucket.follow(now.mono_ns, &answer.quota, reset);
            if is_rate_limit(answer.code) {
                bucket.refused(now.mono_ns, reset);
            }
        }
        if answer.code == 10_002 {
            self.clock.doubt(now);
        }
        let Some(request) = request else {
            // Without its id an answer belongs to nobody; the request's deadline will ask.
            if answer.code != 0 {
                let text = format!("{}: {}", answer.code, answer.text.or_empty());
                self.notice(answer.code, text);
            }
            return;
        };
        let handle = request.handle;
        let refusal = Refusal {
            code: answer.code,
            text: answer.text.or_empty().to_owned(),
        };
        let class = outcome(answer.code);
        match (request.op, class) {
            (CREATE, Outcome::Accepted) => {
                let order_id = answer.order_id.or_empty();
                self.orders
                    .accepted(now.mono_ns, handle, order_id, &mut self.events);
            }
            (CREATE, Outcome::Refused | Outcome::Fatal) => {
                self.orders.refused(handle, refusal, &mut self.events);
            }
            (CREATE, _) => self.orders.doubt(now.mono_ns, handle),
            (_, Outcome::Accepted) => {}
            (_, Outcome::Refused | Outcome::Fatal | Outcome::Busy) => {
                self.refuse_request(handle, refusal.code, refusal.text);
            }
            (_, Outcome::Gone) => {
                // Too late: the bot is told, and then what became of the order.
                self.refuse_request(handle, refusal.code, refusal.text);
                self.orders.doubt(now.mono_ns, handle);
            }
            (_, Outcome::Ambiguous) => self.orders.doubt_request(now.mono_ns, handle, refusal),
        }
        if answer.code == 10_019 {
            self.kill(now, Socket::Trade, "the venue restarts its trade service");
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
                match self.may_send(now) {
                    Ok(()) => self.transmit(now, request),
                    Err((code, text)) => self.not_sent(&request, code, text),
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

    fn doubt(&mut self, now: Now, request: &Request) {
        if request.op == CREATE {
            self.orders.doubt(now.mono_ns, request.handle);
        } else {
            let refusal = Refusal {
                code: codes::REQUEST_UNCERTAIN,
                text: "the request may not have arrived".to_owned(),
            };
            self.orders
                .doubt_request(now.mono_ns, request.handle, refusal);
        }
    }

    fn not_sent(&mut self, request: &Request, code: i64, text: String) {
        if request.op == CREATE {
            let refusal = Refusal { code, text };
            self.orders
                .refused(request.handle, refusal, &mut self.events);
        } else {
            self.refuse_request(request.handle, code, text);
        }
    }

    /// The trade connection is gone: what was written is in doubt, what was not is refused.
    pub(super) fn drop_requests(&mut self, now: Now) {
        for request in std::mem::take(&mut self.requests.waiting) {
            let text = "the trade connection was lost before this was sent".to_owned();
            self.not_sent(&request, codes::NOT_CONNECTED, text);
        }
        let mut sent: Vec<Request> = std::mem::take(&mut self.requests.sent)
            .into_values()
            .collect();
        sent.sort_by_key(|request| request.handle);
        for request in &sent {
            self.doubt(now, request);
        }
    }
}

fn side_text(side: Side) -> &'static str {
    if side == Side::Buy { "Buy" } else { "Sell" }
}
