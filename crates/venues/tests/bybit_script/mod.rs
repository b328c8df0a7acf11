//! The protocol core and a venue that says exactly what a test asks of it: logins, subscriptions
//! and REST calls are answered by themselves unless a test takes that over; orders never are.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test program uses its own part of the helpers"
)]

pub mod instruments;
pub mod messages;
mod seen;

use std::collections::{HashMap, HashSet, VecDeque};

use hbl_venues::bybit::core::{
    Action, BybitCore, CoreSettings, RestAnswer, RestCall, RestFailure, Socket,
};
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::venue::{Amendment, MarketData as _, NewOrder, Venue as _, VenueEvent};
use hftbacktest::types::{OrdType, Side, TimeInForce};

pub use crate::bybit_settings::settings;
use serde_json::{Value, json};

pub const START_MS: u64 = 1_771_200_000_000;
pub const SYMBOL: &str = "XUSDT";

/// A new limit order, good till cancelled.
pub fn limit(handle: u64, side: Side, price_tick: i64, qty: f64) -> NewOrder {
    NewOrder {
        handle,
        owner: 7,
        order_id: handle,
        price_tick,
        qty,
        side,
        order_type: OrdType::Limit,
        time_in_force: TimeInForce::GTC,
        deadline_ns: u64::MAX,
    }
}

/// What a REST path is answered with.
#[derive(Clone, Debug)]
pub enum Answer {
    Body(String),
    Fails(RestFailure),
}

pub struct Script {
    pub core: BybitCore,
    pub ms: u64,
    pub conns: HashMap<Socket, u64>,
    /// Everything that was sent, also on connections that are gone.
    pub sent: Vec<(Socket, Value)>,
    pub calls: Vec<RestCall>,
    pub closed: Vec<Socket>,
    pub events: Vec<VenueEvent>,
    /// Operations of the sockets that are not answered by themselves.
    pub mute: HashSet<&'static str>,
    /// Connections that are not opened by themselves.
    pub shut: HashSet<Socket>,
    /// Paths whose calls wait in `calls` for the test's answer.
    pub held: HashSet<&'static str>,
    /// Answers of a path, one after the other; then the usual one.
    pub answers: HashMap<&'static str, VecDeque<Answer>>,
    /// Topics that are refused.
    pub refused: HashSet<&'static str>,
    /// Snapshots are sent after a subscription.
    pub books: bool,
    pub tick_size: &'static str,
    pub lot_size: &'static str,
    pub u: u64,
    pub seq: u64,
    /// That of the reports.
    pub category: String,
}

impl Script {
    pub fn new(settings: CoreSettings) -> Self {
        Self {
            category: settings.category.clone(),
            core: BybitCore::new(now(0), settings).unwrap(),
            ms: 0,
            conns: HashMap::new(),
            sent: Vec::new(),
            calls: Vec::new(),
            closed: Vec::new(),
            events: Vec::new(),
            mute: HashSet::new(),
            shut: HashSet::new(),
            held: HashSet::new(),
            answers: HashMap::new(),
            refused: HashSet::new(),
            books: true,
            tick_size: "0.5",
            lot_size: "0.1",
            u: 10,
            seq: 1000,
        }
    }

    /// Ready for orders, `XUSDT` registered, its book there; events so far are forgotten.
    pub fn ready() -> Self {
        Self::ready_with(settings(), 0.5, 0.1)
    }

    pub fn ready_with(settings: CoreSettings, tick: f64, lot: f64) -> Self {
        let mut script = Self::new(settings);
        script.tick_size = Box::leak(tick.to_string().into_boxed_str());
        script.lot_size = Box::leak(lot.to_string().into_boxed_str());
        script.start(tick, lot);
        assert!(script.core.is_ready(), "{:?}", script.events);
        script.forget();
        script
    }

    /// Connects and registers `XUSDT`.
    pub fn start(&mut self, tick: f64, lot: f64) {
        self.pass(200);
        self.core.register(self.now(), SYMBOL, tick, lot).unwrap();
        self.pass(1000);
    }

    pub fn now(&self) -> Now {
        now(self.ms)
    }

    /// Forgets what was sent and reported so far.
    pub fn forget(&mut self) {
        self.sent.clear();
        self.events.clear();
        self.closed.clear();
        self.calls.clear();
    }

    /// Lets time go by, doing what is due every 10 ms.
    pub fn pass(&mut self, ms: u64) {
        let until = self.ms + ms;
        while self.ms < until {
            self.ms = (self.ms + 10).min(until);
            self.pump();
        }
    }

    /// Does what is due now, and answers.
    pub fn pump(&mut self) {
        for _ in 0..50 {
            let at = self.now();
            self.core.poll(at, &mut self.events);
            let actions = self.core.take_actions();
            if actions.is_empty() {
                break;
            }
            for action in actions {
                self.act(action);
            }
        }
        let at = self.now();
        self.core.poll(at, &mut self.events);
    }

    fn act(&mut self, action: Action) {
        let at = self.now();
        match action {
            Action::Connect(socket, conn) => {
                self.conns.insert(socket, conn);
                if !self.shut.contains(&socket) {
                    self.core.on_opened(at, socket, conn);
                }
            }
            Action::Close(socket, _) => self.closed.push(socket),
            Action::Send(socket, text) => {
                assert!(
                    !text.contains(crate::bybit_settings::SECRET),
                    "the secret is on the wire"
                );
                let value: Value = serde_json::from_str(&text).unwrap();
                self.sent.push((socket, value.clone()));
                self.reply(socket, &value);
            }
            Action::Rest(call) => {
                self.calls.push(call.clone());
                if !self.held.contains(call.path) {
                    self.answer_call(&call);
                }
            }
        }
    }

    fn reply(&mut self, socket: Socket, value: &Value) {
        let op = value["op"].as_str().unwrap().to_owned();
        if self.mute.contains(op.as_str()) {
            return;
        }
        match (op.as_str(), socket) {
            ("ping", _) => self.frame(
                socket,
                &json!({ "success": true, "ret_msg": "pong", "op": "pong", "retCode": 0 }),
            ),
            ("auth", Socket::Trade) => self.frame(
                socket,
                &json!({ "retCode": 0, "retMsg": "OK", "op": "auth" }),
            ),
            ("auth", _) => self.frame(
                socket,
                &json!({ "success": true, "ret_msg": "", "op": "auth" }),
            ),
            ("subscribe" | "unsubscribe", _) => self.topics(socket, value, op == "subscribe"),
            _ => {}
        }
    }

    fn topics(&mut self, socket: Socket, value: &Value, subscribe: bool) {
        let topics: Vec<String> = value["args"]
            .as_array()
            .unwrap()
            .iter()
            .map(|topic| topic.as_str().unwrap().to_owned())
            .collect();
        let id = value["req_id"].as_str().unwrap_or("");
        let bad = topics
            .iter()
            .find(|topic| self.refused.contains(topic.as_str()));
        if let Some(topic) = bad {
            let text = format!("error:handler not found,topic:{topic}");
            self.frame(
                socket,
                &json!({ "success": false, "ret_msg": text, "req_id": id, "op": "subscribe" }),
            );
            return;
        }
        let op = &value["op"];
        self.frame(
            socket,
            &json!({ "success": true, "ret_msg": "", "req_id": id, "op": op }),
        );
        if subscribe && self.books {
            for topic in topics {
                if let Some(rest) = topic.strip_prefix("orderbook.") {
                    let (depth, symbol) = rest.split_once('.').unwrap();
                    if symbol == SYMBOL {
                        self.snapshot(depth.parse().unwrap());
                    }
                }
            }
        }
    }

    /// The connection is gone without a frame.
    pub fn cut(&mut self, socket: Socket) {
        let at = self.now();
        self.core.on_closed(at, socket, self.conns[&socket], None);
        self.core.poll(at, &mut self.events);
    }

    /// Opens a connection that was held shut.
    pub fn open(&mut self, socket: Socket) {
        self.shut.remove(&socket);
        let at = self.now();
        self.core.on_opened(at, socket, self.conns[&socket]);
        self.pump();
    }

    /// The next calls of a path get these answers.
    pub fn will_answer(&mut self, path: &'static str, result: &Value) {
        let body = self.body(0, result);
        self.will(path, Answer::Body(body));
    }

    /// The next calls of a path get this list, so many times.
    pub fn will_list(&mut self, path: &'static str, items: &[&Value], times: usize) {
        for _ in 0..times {
            self.will_answer(path, &json!({ "list": items, "nextPageCursor": "" }));
        }
    }

    pub fn will(&mut self, path: &'static str, answer: Answer) {
        self.answers.entry(path).or_default().push_back(answer);
    }

    pub fn body(&self, code: i64, result: &Value) -> String {
        json!({
            "retCode": code, "retMsg": "x", "result": result, "retExtInfo": {},
            "time": START_MS + self.ms,
        })
        .to_string()
    }

    pub fn answer_call(&mut self, call: &RestCall) {
        let queued = self
            .answers
            .get_mut(call.path)
            .and_then(VecDeque::pop_front);
        let answer = queued.unwrap_or_else(|| Answer::Body(self.usual(call.path)));
        let at = self.now();
        match answer {
            Answer::Body(body) => {
                let answer = RestAnswer::new(body.as_bytes());
                self.core.on_rest(at, call.id, Ok(answer));
            }
            Answer::Fails(failure) => self.core.on_rest(at, call.id, Err(failure)),
        }
        self.core.poll(at, &mut self.events);
    }

    fn usual(&self, path: &str) -> String {
        let result = match path {
            "/v5/market/time" => {
                json!({ "timeNano": ((START_MS + self.ms) * 1_000_000).to_string() })
            }
            "/v5/market/instruments-info" => {
                let step = match self.category.as_str() {
                    "spot" => "basePrecision",
                    _ => "qtyStep",
                };
                json!({ "list": [{
                    "symbol": SYMBOL, "status": "Trading", "baseCoin": "X", "quoteCoin": "USDC",
                    "settleCoin": if self.category == "spot" { "" } else { "USDT" },
                    "priceFilter": { "tickSize": self.tick_size },
                    "lotSizeFilter": { step: self.lot_size },
                }] })
            }
            _ => json!({ "list": [], "nextPageCursor": "" }),
        };
        self.body(0, &result)
    }

    /// Submits an order and gives back the frame that was sent, `None` when none was.
    pub fn submit(&mut self, order: &NewOrder) -> Option<Value> {
        let before = self.sent.len();
        let at = self.now();
        self.core.submit(at, 0, order);
        self.pump();
        self.sent_since(before, "order.create")
    }

    /// Submits and lets the venue take it: our id and the venue's id.
    pub fn live(&mut self, order: &NewOrder) -> (String, String) {
        let frame = self.submit(order).unwrap();
        let link = frame["args"][0]["orderLinkId"].as_str().unwrap().to_owned();
        let venue = format!("v{}", order.handle);
        self.answer_request(&frame, 0, &json!({ "orderId": venue, "orderLinkId": link }));
        self.order(&link, &venue, order, "New", 0.0);
        (link, venue)
    }

    pub fn cancel(&mut self, handle: u64) -> Option<Value> {
        let before = self.sent.len();
        let at = self.now();
        self.core.cancel(at, 0, handle);
        self.pump();
        self.sent_since(before, "order.cancel")
    }

    pub fn amend(&mut self, handle: u64, price_tick: i64, qty: f64) -> Option<Value> {
        let before = self.sent.len();
        let change = Amendment {
            handle,
            price_tick,
            qty,
            deadline_ns: u64::MAX,
        };
        let at = self.now();
        self.core.amend(at, 0, &change);
        self.pump();
        self.sent_since(before, "order.amend")
    }

    fn sent_since(&self, before: usize, op: &str) -> Option<Value> {
        let mut sent = self.sent[before..].iter();
        let frame = sent.find(|(_, value)| value["op"] == op);
        frame.map(|(_, value)| value.clone())
    }

    /// The venue's answer to a frame on the trade socket.
    pub fn answer_request(&mut self, request: &Value, code: i64, data: &Value) {
        self.says(
            Socket::Trade,
            &json!({
                "reqId": request["reqId"], "retCode": code, "retMsg": "words", "op": request["op"],
                "data": data, "retExtInfo": {}, "header": {},
            }),
        );
    }
}

fn now(ms: u64) -> Now {
    Now {
        mono_ns: ms * 1_000_000,
        unix_ns: ((START_MS + ms) * 1_000_000) as i64,
    }
}
