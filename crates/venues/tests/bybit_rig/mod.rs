//! The core against scripted answers: lists by path, logins that may be refused, and orders that only
//! the test answers.

use std::collections::HashMap;

use hbl_venues::bybit::core::{
    Action, BybitCore, CoreSettings, Method, RestAnswer, RestCall, Socket,
};
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::venue::{MarketData as _, NewOrder, Recovered, Venue as _, VenueEvent};
use hftbacktest::types::{OrdType, Side, Status, TimeInForce};
use serde_json::{Value, json};

pub const EPOCH: u32 = 1_764_000_000;
/// The list of open orders.
pub const OPEN: &str = "/v5/order/realtime";

pub fn settings() -> CoreSettings {
    CoreSettings {
        epoch: EPOCH,
        lookback_pages: 10,
        ..crate::bybit_settings::settings()
    }
}

/// The core, a line that loses nothing, and what the venue says.
pub struct Rig {
    pub core: BybitCore,
    pub ms: u64,
    /// Lists by path; empty when absent.
    pub lists: HashMap<&'static str, Vec<Value>>,
    pub refuse_login: bool,
    /// The private connection cannot be opened.
    pub no_private: bool,
    pub connects: usize,
    /// Current connections.
    pub conns: HashMap<Socket, u64>,
    /// Order frames on the trade socket.
    pub frames: Vec<Value>,
    /// Calls that change something; the test answers them.
    pub posts: Vec<RestCall>,
    pub asked: Vec<RestCall>,
    pub events: Vec<VenueEvent>,
}

impl Rig {
    pub fn new(settings: CoreSettings) -> Self {
        Self {
            core: BybitCore::new(now(0), settings).unwrap(),
            ms: 0,
            lists: HashMap::new(),
            refuse_login: false,
            no_private: false,
            connects: 0,
            conns: HashMap::new(),
            frames: Vec::new(),
            posts: Vec::new(),
            asked: Vec::new(),
            events: Vec::new(),
        }
    }

    pub fn with(settings: CoreSettings, path: &'static str, list: Vec<Value>) -> Self {
        let mut rig = Self::new(settings);
        rig.lists.insert(path, list);
        rig
    }

    pub fn now(&self) -> Now {
        now(self.ms)
    }

    pub fn run(&mut self, for_ms: u64) {
        let until = self.ms + for_ms;
        while self.ms < until {
            self.ms += 10;
            self.core.poll(now(self.ms), &mut self.events);
            self.act();
        }
    }

    pub fn act(&mut self) {
        let at = self.now();
        for action in self.core.take_actions() {
            match action {
                Action::Connect(Socket::Private, conn) if self.no_private => {
                    self.core.on_closed(at, Socket::Private, conn, None);
                }
                Action::Connect(socket, conn) => {
                    self.connects += 1;
                    self.conns.insert(socket, conn);
                    self.core.on_opened(at, socket, conn);
                    self.act();
                }
                Action::Send(socket, text) => self.sent(socket, &text),
                Action::Close(..) => {}
                Action::Rest(call) if call.method == Method::Post => self.posts.push(call),
                Action::Rest(call) => {
                    let body = self.body(&call);
                    let answer = RestAnswer::new(body.as_bytes());
                    self.asked.push(call.clone());
                    self.core.on_rest(at, call.id, Ok(answer));
                }
            }
        }
    }

    fn sent(&mut self, socket: Socket, text: &str) {
        let frame: Value = serde_json::from_str(text).unwrap();
        let id = frame["req_id"].as_str().unwrap_or("");
        let answer = match frame["op"].as_str().unwrap() {
            "auth" if self.refuse_login => json!({
                "success": false, "ret_msg": "Params Error", "op": "auth",
            }),
            "auth" if socket == Socket::Trade => {
                json!({ "retCode": 0, "retMsg": "OK", "op": "auth" })
            }
            "auth" => json!({ "success": true, "ret_msg": "", "op": "auth" }),
            "subscribe" => {
                json!({ "success": true, "ret_msg": "", "req_id": id, "op": "subscribe" })
            }
            "ping" => json!({ "ret_msg": "pong", "op": "pong", "retCode": 0 }),
            _ => {
                self.frames.push(frame);
                return;
            }
        };
        let conn = self.conns[&socket];
        let at = self.now();
        self.core
            .on_frame(at, socket, conn, answer.to_string().as_bytes());
    }

    fn body(&self, call: &RestCall) -> String {
        let ms = EPOCH as u64 * 1000 + self.ms;
        let list = match call.path {
            "/v5/market/time" => {
                let ns = (ms * 1_000_000).to_string();
                return json!({ "retCode": 0, "result": { "timeNano": ns }, "time": ms })
                    .to_string();
            }
            "/v5/market/instruments-info" => vec![json!({
                "symbol": "XUSDT", "priceFilter": { "tickSize": "0.5" }, "lotSizeFilter": { "qtyStep": "0.1" },
            })],
            path => self.lists.get(path).cloned().unwrap_or_default(),
        };
        json!({
            "retCode": 0, "retMsg": "OK", "time": ms,
            "result": { "list": list, "nextPageCursor": "" },
        })
        .to_string()
    }

    pub fn ready(mut self) -> Self {
        self.run(2000);
        assert!(self.core.is_ready());
        self.core.register(self.now(), "XUSDT", 0.5, 0.1).unwrap();
        self.run(100);
        self.events.clear();
        self
    }

    pub fn submit(&mut self, handle: u64, side: Side, qty: f64) {
        self.core.submit(self.now(), 0, &limit(handle, side, qty));
        self.run(10);
    }

    /// Many orders at the same moment.
    pub fn submit_at_once(&mut self, handles: std::ops::RangeInclusive<u64>) {
        for handle in handles {
            self.core
                .submit(self.now(), 0, &limit(handle, Side::Buy, 1.0));
        }
        self.run(10);
    }

    /// Answers order frame `at` with a code and what is left of the quota.
    pub fn answer(&mut self, at: usize, code: i64, left: u32) {
        let frame = &self.frames[at];
        let ms = u64::from(EPOCH) * 1000 + self.ms;
        let data = match code {
            0 => {
                json!({ "orderId": format!("v{at}"), "orderLinkId": frame["args"][0]["orderLinkId"] })
            }
            _ => json!({}),
        };
        let answer = json!({
            "reqId": frame["reqId"], "retCode": code, "retMsg": "said so", "op": frame["op"],
            "data": data, "retExtInfo": {}, "connId": "c",
            "header": {
                "X-Bapi-Limit": "10", "X-Bapi-Limit-Status": left.to_string(),
                "X-Bapi-Limit-Reset-Timestamp": ms.to_string(),
            },
        });
        let conn = self.conns[&Socket::Trade];
        let now = self.now();
        self.core
            .on_frame(now, Socket::Trade, conn, answer.to_string().as_bytes());
    }

    pub fn notices(&self, code: i64) -> usize {
        let is = |event: &&VenueEvent| matches!(event, VenueEvent::Notice(n) if n.code == code);
        self.events.iter().filter(is).count()
    }

    pub fn recovered(&self) -> Vec<&Recovered> {
        let events = self.events.iter();
        events
            .filter_map(|event| match event {
                VenueEvent::Recovered(recovered) => Some(&**recovered),
                _ => None,
            })
            .collect()
    }

    pub fn ends(&self) -> Vec<(u64, Status, i64)> {
        let end = |event: &VenueEvent| match event {
            VenueEvent::Order(report) => {
                let code = report.reject.as_ref().map_or(0, |reject| reject.code);
                Some((report.handle, report.status, code))
            }
            _ => None,
        };
        self.events.iter().filter_map(end).collect()
    }
}

fn now(ms: u64) -> Now {
    Now {
        mono_ns: ms * 1_000_000,
        unix_ns: ((u64::from(EPOCH) * 1000 + ms) * 1_000_000) as i64,
    }
}

fn limit(handle: u64, side: Side, qty: f64) -> NewOrder {
    NewOrder {
        handle,
        owner: 7,
        order_id: handle,
        price_tick: 100,
        qty,
        side,
        order_type: OrdType::Limit,
        time_in_force: TimeInForce::GTC,
        deadline_ns: u64::MAX,
    }
}
