//! The core against scripted answers: orders of previous sessions, REST order entry, batches, hedge mode,
//! refused keys.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::collections::HashMap;

use hbl_venues::bybit::core::{
    Action, BybitCore, CoreSettings, Method, RestAnswer, RestCall, RestFailure, Socket,
};
use hbl_venues::bybit::options::{OnConnect, OrderEntry, PositionMode};
use hbl_venues::bybit::orders::link_id::LinkIds;
use hbl_venues::bybit::session::sign::Credentials;
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::codes;
use hbl_venues::kit::config::secret::Secret;
use hbl_venues::kit::venue::{
    MarketData as _, NewOrder, RECOVERED_HANDLES, Recovered, Venue as _, VenueEvent,
};
use hftbacktest::types::{OrdType, Side, Status, TimeInForce};
use serde_json::{Value, json};

const EPOCH: u32 = 1_764_000_000;

fn settings() -> CoreSettings {
    CoreSettings {
        category: "linear".into(),
        depths: vec![50],
        settle_coin: "USDT".into(),
        credentials: Some(Credentials {
            key: Secret::new("key"),
            secret: Secret::new("canary"),
        }),
        order_prefix: "t".into(),
        epoch: EPOCH,
        on_connect: OnConnect::Adopt,
        lookback_s: 86_400,
        lookback_pages: 10,
        order_entry: OrderEntry::Socket,
        position_mode: PositionMode::Detect,
        recv_window_ms: 5000,
        clock_refuse_ms: 800,
        order_wait_ms: 500,
        seed: 1,
    }
}

/// The core, a line that loses nothing, and what the venue says.
struct Rig {
    core: BybitCore,
    ms: u64,
    /// Lists by path; empty when absent.
    lists: HashMap<&'static str, Vec<Value>>,
    refuse_login: bool,
    /// The private connection cannot be opened.
    no_private: bool,
    connects: usize,
    /// Current connections.
    conns: HashMap<Socket, u64>,
    /// Order frames on the trade socket.
    frames: Vec<Value>,
    /// Calls that change something; the test answers them.
    posts: Vec<RestCall>,
    asked: Vec<RestCall>,
    events: Vec<VenueEvent>,
}

impl Rig {
    fn new(settings: CoreSettings) -> Self {
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

    fn with(settings: CoreSettings, path: &'static str, list: Vec<Value>) -> Self {
        let mut rig = Self::new(settings);
        rig.lists.insert(path, list);
        rig
    }

    fn now(&self) -> Now {
        now(self.ms)
    }

    fn run(&mut self, for_ms: u64) {
        let until = self.ms + for_ms;
        while self.ms < until {
            self.ms += 10;
            self.core.poll(now(self.ms), &mut self.events);
            self.act();
        }
    }

    fn act(&mut self) {
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

    fn ready(mut self) -> Self {
        self.run(2000);
        assert!(self.core.is_ready());
        self.core.register(self.now(), "XUSDT", 0.5, 0.1).unwrap();
        self.run(100);
        self.events.clear();
        self
    }

    fn submit(&mut self, handle: u64, side: Side, qty: f64) {
        let order = NewOrder {
            handle,
            owner: 7,
            order_id: handle,
            price_tick: 100,
            qty,
            side,
            order_type: OrdType::Limit,
            time_in_force: TimeInForce::GTC,
            deadline_ns: u64::MAX,
        };
        self.core.submit(self.now(), 0, &order);
        self.run(10);
    }

    /// Many orders at the same moment.
    fn submit_at_once(&mut self, handles: std::ops::RangeInclusive<u64>) {
        for handle in handles {
            let order = NewOrder {
                handle,
                owner: 7,
                order_id: handle,
                price_tick: 100,
                qty: 1.0,
                side: Side::Buy,
                order_type: OrdType::Limit,
                time_in_force: TimeInForce::GTC,
                deadline_ns: u64::MAX,
            };
            self.core.submit(self.now(), 0, &order);
        }
        self.run(10);
    }

    /// Answers order frame `at` with a code and what is left of the quota.
    fn answer(&mut self, at: usize, code: i64, left: u32) {
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

    fn notices(&self, code: i64) -> usize {
        let is = |event: &&VenueEvent| matches!(event, VenueEvent::Notice(n) if n.code == code);
        self.events.iter().filter(is).count()
    }

    fn adopted(&self) -> Vec<&Recovered> {
        let events = self.events.iter();
        events
            .filter_map(|event| match event {
                VenueEvent::Recovered(adopted) => Some(&**adopted),
                _ => None,
            })
            .collect()
    }

    fn ends(&self) -> Vec<(u64, Status, i64)> {
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

fn open_order(link_id: &str, n: u64) -> Value {
    json!({
        "symbol": "XUSDT", "orderId": format!("v{n}"), "orderLinkId": link_id, "side": "Buy",
        "orderType": "Limit", "price": "50.0", "qty": "1.0", "orderStatus": "New",
        "timeInForce": "PostOnly", "cumExecQty": "0", "updatedTime": "5", "positionIdx": 0,
    })
}

fn earlier_orders(epoch: u32, count: u64) -> Vec<Value> {
    let mut ids = LinkIds::new("t", epoch).unwrap();
    let mut list: Vec<Value> = (0..count)
        .map(|n| open_order(&ids.next(7, 100 + n), n))
        .collect();
    list.push(open_order("somebody-else", 99));
    list
}

const OPEN: &str = "/v5/order/realtime";

#[test]
fn orders_of_an_earlier_run_are_adopted_and_can_be_cancelled() {
    let mut rig = Rig::with(settings(), OPEN, earlier_orders(EPOCH - 50, 2));
    rig.run(2000);
    let adopted = rig.adopted();
    let ids: Vec<_> = adopted.iter().map(|a| (a.owner, a.order_id)).collect();
    assert_eq!(ids, [(7, 100), (7, 101)]);
    assert!(adopted.iter().all(|a| {
        a.handle >= RECOVERED_HANDLES
            && a.status == Status::New
            && a.time_in_force == TimeInForce::GTX
    }));
    let handle = adopted[0].handle;
    rig.core.cancel(rig.now(), 0, handle);
    rig.run(10);
    assert_eq!(rig.frames.len(), 1);
    assert_eq!(rig.frames[0]["op"], "order.cancel");
}

#[test]
fn registrations_wait_until_the_account_was_read() {
    let mut rig = Rig::new(settings());
    assert!(rig.core.pending_reason("XUSDT").is_some());
    rig.run(2000);
    assert_eq!(rig.core.pending_reason("XUSDT"), None);
}

#[test]
fn with_cancel_ours_they_are_cancelled_and_reported_and_foreign_ones_are_not() {
    let settings = CoreSettings {
        on_connect: OnConnect::CancelOurs,
        ..settings()
    };
    let mut rig = Rig::with(settings, OPEN, earlier_orders(EPOCH - 50, 3));
    rig.run(2000);
    assert_eq!(rig.notices(codes::EARLIER_CANCELLED), 3);
    assert_eq!(rig.adopted().len(), 3);
    assert_eq!(rig.frames.len(), 1, "{:?}", rig.frames);
    let items = rig.frames[0]["args"][0]["request"].as_array().unwrap();
    assert_eq!(
        (items.len(), &rig.frames[0]["op"]),
        (3, &json!("order.cancel-batch"))
    );
    assert!(!rig.frames[0].to_string().contains("somebody"));
}

#[test]
fn with_none_they_are_left_alone_and_reported_once() {
    let settings = CoreSettings {
        on_connect: OnConnect::None,
        ..settings()
    };
    let mut rig = Rig::with(settings, OPEN, earlier_orders(EPOCH - 50, 2));
    rig.run(5000);
    assert_eq!(rig.notices(codes::UNFOLLOWED_ORDER), 2);
    assert!(rig.adopted().is_empty() && rig.frames.is_empty());
}

#[test]
fn a_start_within_the_same_second_takes_the_next_epoch() {
    let mut rig = Rig::with(settings(), OPEN, earlier_orders(EPOCH, 1));
    rig.run(2000);
    assert_eq!(rig.adopted().len(), 1, "it is not of this run");
    assert_eq!(rig.core.epoch(), EPOCH + 1);
}

#[test]
fn without_a_trade_socket_orders_go_over_rest_with_the_same_outcomes() {
    let settings = CoreSettings {
        order_entry: OrderEntry::Rest,
        ..settings()
    };
    let mut rig = Rig::new(settings).ready();
    assert_eq!(rig.connects, 2, "no trade socket");
    for handle in 1..=4 {
        rig.submit(handle, Side::Buy, 1.0);
    }
    let posts = std::mem::take(&mut rig.posts);
    assert!(
        posts
            .iter()
            .all(|call| call.path == "/v5/order/create" && call.signed)
    );
    let body: Value = serde_json::from_str(&posts[0].body).unwrap();
    assert_eq!(
        (&body["qty"], &body["price"]),
        (&json!("1.0"), &json!("50.0"))
    );
    let headers = rig.core.rest_headers(rig.now(), &posts[0]);
    assert!(
        headers
            .iter()
            .any(|(name, value)| *name == "X-BAPI-SIGN" && value.len() == 64)
    );
    let refused = br#"{"retCode":110007,"retMsg":"balance","result":{}}"#;
    let at = rig.now();
    rig.core
        .on_rest(at, posts[0].id, Ok(RestAnswer::new(refused)));
    let not_sent = RestFailure::NotSent("no route".into());
    rig.core.on_rest(at, posts[1].id, Err(not_sent));
    rig.core
        .on_rest(at, posts[2].id, Err(RestFailure::Http(401)));
    let lost = RestFailure::Network("reset".into());
    rig.core.on_rest(at, posts[3].id, Err(lost));
    rig.asked.clear();
    rig.run(50);
    assert_eq!(
        rig.ends(),
        [
            (1, Status::Rejected, 110_007),
            (2, Status::Rejected, codes::NOT_CONNECTED),
            (3, Status::Rejected, codes::GATE_REFUSED),
        ]
    );
    assert!(rig.posts.is_empty(), "nothing is sent twice");
    let asks = |call: &RestCall| call.path == OPEN && call.query.contains("orderLinkId=");
    assert!(rig.asked.iter().any(asks), "the fourth is asked for");
}

#[test]
fn a_cancel_all_names_our_orders_in_batches_of_ten_at_most_and_keeps_the_quota() {
    let mut rig = Rig::new(settings()).ready();
    for handle in 1..=12 {
        rig.submit(handle, Side::Buy, 1.0);
        rig.run(100);
    }
    let creates = std::mem::take(&mut rig.frames);
    assert_eq!(creates.len(), 12);
    let handles: Vec<u64> = (1..=12).collect();
    rig.core.cancel_all(rig.now(), 0, &handles);
    rig.act();
    assert_eq!(rig.frames.len(), 1, "the quota of this second is used up");
    // Asked again while they wait: not sent twice.
    rig.core.cancel_all(rig.now(), 0, &handles[10..]);
    rig.run(1200);
    let sizes: Vec<_> = rig
        .frames
        .iter()
        .map(|frame| frame["args"][0]["request"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [10, 2]);
    let cancelled = rig.frames.iter().flat_map(|frame| {
        let items = frame["args"][0]["request"].as_array().unwrap();
        items.iter().map(|item| item["orderLinkId"].clone())
    });
    let created = creates.iter().map(|frame| &frame["args"][0]["orderLinkId"]);
    assert!(cancelled.eq(created.cloned()));
}

#[test]
fn in_hedge_mode_an_order_closes_the_opposite_leg_when_all_of_it_fits() {
    let leg = |side: &str, size: &str, idx: i64| json!({ "symbol": "XUSDT", "side": side, "size": size, "positionIdx": idx, "updatedTime": "5" });
    let legs = vec![leg("Buy", "1.0", 1), leg("Sell", "0.4", 2)];
    let mut rig = Rig::with(settings(), "/v5/position/list", legs).ready();
    assert!(
        (rig.core.position(0).unwrap() - 0.6).abs() < 1e-9,
        "the legs are netted"
    );
    for (handle, side, qty) in [
        (1, Side::Sell, 0.7),
        (2, Side::Sell, 0.7),
        (3, Side::Sell, 0.3),
        (4, Side::Buy, 0.4),
        (5, Side::Buy, 0.1),
    ] {
        rig.submit(handle, side, qty);
    }
    let idx: Vec<_> = rig
        .frames
        .iter()
        .map(|frame| frame["args"][0]["positionIdx"].as_i64().unwrap())
        .collect();
    assert_eq!(idx, [1, 2, 1, 2, 1]);
    assert!(
        rig.frames
            .iter()
            .all(|frame| frame["args"][0]["reduceOnly"].is_null())
    );
}

#[test]
fn a_flat_symbol_shows_its_mode_when_it_is_asked_for() {
    let flat = |idx: i64| json!({ "symbol": "XUSDT", "side": "", "size": "0", "positionIdx": idx, "updatedTime": "5" });
    let mut rig = Rig::with(settings(), "/v5/position/list", vec![flat(1), flat(2)]).ready();
    rig.submit(1, Side::Sell, 1.0);
    assert_eq!(rig.frames[0]["args"][0]["positionIdx"], 2);
}

#[test]
fn a_key_refused_three_times_means_market_data_only_until_it_is_tried_again() {
    let mut rig = Rig::new(settings());
    rig.refuse_login = true;
    rig.run(100_000);
    assert_eq!(rig.notices(codes::AUTH_REFUSED), 3);
    assert_eq!(rig.core.pending_reason("XUSDT"), None, "bots are served");
    let connects = rig.connects;
    rig.core.register(rig.now(), "XUSDT", 0.5, 0.1).unwrap();
    rig.submit(1, Side::Buy, 1.0);
    assert_eq!(rig.ends(), [(1, Status::Rejected, codes::AUTH_REFUSED)]);
    rig.refuse_login = false;
    rig.run(130_000);
    assert!(rig.connects > connects, "tried again");
    assert!(rig.core.is_ready());
}

#[test]
fn orders_at_once_never_exceed_the_venues_window_and_what_would_wait_too_long_is_refused_here() {
    let mut rig = Rig::new(settings()).ready();
    rig.submit_at_once(1..=16);
    assert_eq!(rig.frames.len(), 10);
    let refused: Vec<_> = (11..=16)
        .map(|handle| (handle, Status::Rejected, codes::RATE_LIMITED))
        .collect();
    assert_eq!(rig.ends(), refused);
    rig.run(900);
    rig.submit(17, Side::Buy, 1.0);
    rig.run(80);
    assert_eq!(rig.frames.len(), 10, "the venue's second is not over yet");
    rig.run(400);
    assert_eq!(rig.frames.len(), 11);
}

#[test]
fn orders_that_may_wait_are_sent_when_the_window_has_room_again() {
    let settings = CoreSettings {
        order_wait_ms: 1500,
        ..settings()
    };
    let mut rig = Rig::new(settings).ready();
    rig.submit_at_once(1..=16);
    rig.run(970);
    assert_eq!(rig.frames.len(), 10);
    rig.run(300);
    assert_eq!(rig.frames.len(), 16);
    assert!(rig.ends().is_empty());
}

#[test]
fn what_others_use_of_the_account_s_quota_is_left_to_them() {
    let mut rig = Rig::new(settings()).ready();
    rig.submit(1, Side::Buy, 1.0);
    rig.answer(0, 0, 3);
    rig.submit_at_once(2..=9);
    assert_eq!(rig.frames.len(), 4);
}

#[test]
fn a_waiting_order_is_refused_when_the_venue_says_that_the_quota_is_used_up() {
    let settings = CoreSettings {
        order_wait_ms: 300,
        ..settings()
    };
    let mut rig = Rig::new(settings).ready();
    rig.submit_at_once(1..=10);
    rig.run(900);
    rig.submit(11, Side::Buy, 1.0);
    rig.answer(9, 10_006, 0);
    rig.run(500);
    assert_eq!(rig.frames.len(), 10, "not sent into the reject");
    assert!(
        rig.ends()
            .contains(&(11, Status::Rejected, codes::RATE_LIMITED))
    );
}

#[test]
fn an_order_refused_for_the_rate_limit_ends_within_seconds_with_the_venues_code() {
    let mut rig = Rig::new(settings()).ready();
    rig.submit(1, Side::Buy, 1.0);
    rig.answer(0, 10_006, 0);
    rig.asked.clear();
    rig.run(2000);
    assert!(rig.ends().is_empty(), "it is asked for first");
    rig.run(3000);
    assert_eq!(rig.ends(), [(1, Status::Rejected, 10_006)]);
    // The list of all open orders is read as well.
    let is_ask = |call: &&RestCall| call.path == OPEN && call.query.contains("orderLinkId=");
    assert_eq!(rig.asked.iter().filter(is_ask).count(), 3);
}

#[test]
fn an_order_of_which_nothing_was_heard_ends_when_it_is_past_the_receive_window() {
    let mut rig = Rig::new(settings()).ready();
    rig.submit(1, Side::Buy, 1.0);
    rig.answer(0, 10_016, 9);
    rig.run(14_000);
    assert!(rig.ends().is_empty(), "it may still arrive");
    rig.run(2000);
    assert_eq!(rig.ends(), [(1, Status::Rejected, codes::NEVER_ARRIVED)]);
}

#[test]
fn a_registration_that_waits_says_which_connection_it_waits_for() {
    let mut rig = Rig::new(settings());
    rig.no_private = true;
    rig.run(20_000);
    let reason = rig.core.pending_reason("XUSDT").unwrap();
    assert!(
        reason.contains("the private connection is not open"),
        "{reason}"
    );
    rig.no_private = false;
    rig.run(70_000);
    assert_eq!(rig.core.pending_reason("XUSDT"), None);
}
