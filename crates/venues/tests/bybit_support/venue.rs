//! A venue small enough to be obviously right: one symbol, one account.

use std::collections::{BTreeMap, BTreeSet};

use hbl_venues::bybit::core::Socket;
use hbl_venues::bybit::orders::link_id::{LinkIds, Origin};
use serde_json::{Value, json};

use super::Random;

/// The id of an order of another client.
const FOREIGN: &str = "somebody";

/// An order at the venue.
#[derive(Clone, Debug)]
pub struct Order {
    pub link_id: String,
    pub order_id: String,
    pub buy: bool,
    pub price: String,
    pub qty: i64,
    pub cum: i64,
    pub status: &'static str,
    pub updated_ms: u64,
}

impl Order {
    fn is_open(&self) -> bool {
        matches!(self.status, "New" | "PartiallyFilled")
    }

    fn json(&self) -> Value {
        json!({
            "category": "linear", "symbol": "XUSDT", "orderId": self.order_id,
            "orderLinkId": self.link_id, "side": if self.buy { "Buy" } else { "Sell" },
            "orderType": "Limit", "price": self.price, "qty": lots(self.qty),
            "timeInForce": "GTC", "orderStatus": self.status, "cancelType": "CancelByUser",
            "rejectReason": "EC_NoError", "leavesQty": "0", "cumExecQty": lots(self.cum),
            "avgPrice": if self.cum > 0 { &self.price } else { "" },
            "createdTime": "1", "updatedTime": self.updated_ms.to_string(), "positionIdx": 0,
        })
    }
}

fn lots(lots: i64) -> String {
    format!("{}.{}", lots / 10, lots % 10)
}

pub struct Venue {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
    u: u64,
    top_u: u64,
    seq: u64,
    orders: Vec<Order>,
    pub executions: Vec<Value>,
    position: i64,
    position_ms: u64,
    topics: BTreeSet<String>,
    private_on: bool,
    trade_on: bool,
    pushed: Vec<(Socket, String, bool)>,
    pub repeated_ids: usize,
    pub foreign_is_open: bool,
    /// What is said of the instrument: tick size and status.
    pub listing: (&'static str, &'static str),
    /// Prices of orders as they came.
    pub prices: Vec<String>,
}

impl Default for Venue {
    fn default() -> Self {
        Self {
            bids: BTreeMap::from([(100, 5), (99, 5)]),
            asks: BTreeMap::from([(101, 5), (102, 5)]),
            u: 100,
            top_u: 10,
            seq: 1000,
            orders: Vec::new(),
            executions: Vec::new(),
            position: 0,
            position_ms: 0,
            topics: BTreeSet::new(),
            private_on: false,
            trade_on: false,
            pushed: Vec::new(),
            repeated_ids: 0,
            foreign_is_open: true,
            listing: ("0.50", "Trading"),
            prices: Vec::new(),
        }
    }
}

impl Venue {
    pub fn take_pushed(&mut self) -> Vec<(Socket, String, bool)> {
        std::mem::take(&mut self.pushed)
    }

    pub fn gone(&mut self, socket: Socket) {
        match socket {
            Socket::Public => self.topics.clear(),
            Socket::Private => self.private_on = false,
            Socket::Trade => self.trade_on = false,
        }
    }

    pub fn topics(&self) -> Vec<String> {
        self.topics.iter().cloned().collect()
    }

    pub fn levels(&self) -> BTreeMap<(bool, i64), f64> {
        let bids = self
            .bids
            .iter()
            .map(|(t, l)| ((true, *t), *l as f64 / 10.0));
        let asks = self
            .asks
            .iter()
            .map(|(t, l)| ((false, *t), *l as f64 / 10.0));
        bids.chain(asks).collect()
    }

    pub fn position(&self) -> f64 {
        self.position as f64 / 10.0
    }

    pub fn order(&self, bots_id: u64) -> Option<&Order> {
        let ids = LinkIds::new("t", 1000).unwrap();
        self.orders.iter().find(|order| {
            matches!(ids.decode(&order.link_id), Origin::Ours(id) | Origin::OtherEpoch(id) if id.order_id == bots_id && id.owner == 7)
        })
    }

    fn book(
        &mut self,
        topic: &str,
        kind: &str,
        u: u64,
        bids: &[(i64, i64)],
        asks: &[(i64, i64)],
        vital: bool,
    ) {
        if !self.topics.contains(topic) {
            return;
        }
        let side = |levels: &[(i64, i64)]| -> Vec<[String; 2]> {
            let level =
                |(tick, l): &(i64, i64)| [format!("{}.{}", tick / 2, tick % 2 * 5), lots(*l)];
            levels.iter().map(level).collect()
        };
        let frame = json!({
            "topic": topic, "type": kind, "ts": 1_764_000_000_000_u64,
            "data": { "s": "XUSDT", "b": side(bids), "a": side(asks), "u": u, "seq": self.seq },
            "cts": 1_764_000_000_000_u64,
        });
        self.pushed.push((Socket::Public, frame.to_string(), vital));
    }

    fn whole(book: &BTreeMap<i64, i64>) -> Vec<(i64, i64)> {
        book.iter().map(|(t, l)| (*t, *l)).collect()
    }

    fn snapshot(&mut self) {
        let (bids, asks) = (Self::whole(&self.bids), Self::whole(&self.asks));
        self.book("orderbook.50.XUSDT", "snapshot", self.u, &bids, &asks, true);
    }

    fn top(&mut self) {
        let best = |level: Option<(&i64, &i64)>| level.map(|(t, l)| (*t, *l));
        let bid: Vec<_> = best(self.bids.last_key_value()).into_iter().collect();
        let ask: Vec<_> = best(self.asks.first_key_value()).into_iter().collect();
        self.book(
            "orderbook.1.XUSDT",
            "snapshot",
            self.top_u,
            &bid,
            &ask,
            true,
        );
    }

    /// The service starts again: numbering from 1.
    pub fn restart(&mut self) {
        self.seq += 1;
        self.u = 1;
        self.top_u = 1;
        self.snapshot();
        self.top();
    }

    pub fn move_book(&mut self, random: &mut Random, _ms: u64) {
        let (mut bids, mut asks) = (Vec::new(), Vec::new());
        for _ in 0..1 + random.below(3) {
            let size = random.below(4) as i64 * 3;
            if random.one_in(2) {
                let limit = self.asks.keys().next().copied().unwrap_or(110);
                let tick = limit - 1 - random.below(6) as i64;
                bids.push((tick, size));
            } else {
                let limit = self.bids.keys().next_back().copied().unwrap_or(90);
                let limit = bids
                    .iter()
                    .filter(|(_, l)| *l > 0)
                    .map(|(t, _)| *t)
                    .max()
                    .map_or(limit, |t| t.max(limit));
                let tick = limit + 1 + random.below(6) as i64;
                asks.push((tick, size));
            }
            for (book, levels) in [(&mut self.bids, &bids), (&mut self.asks, &asks)] {
                for (tick, l) in levels {
                    if *l > 0 {
                        book.insert(*tick, *l);
                    } else {
                        book.remove(tick);
                    }
                }
            }
        }
        self.seq += 1 + random.below(5);
        self.u += 1;
        self.top_u += 1;
        self.book("orderbook.50.XUSDT", "delta", self.u, &bids, &asks, false);
        self.top();
    }

    /// The instrument changes, and a trade goes by that lies on no grid.
    pub fn change(&mut self, listing: (&'static str, &'static str)) {
        self.listing = listing;
        let topic = "publicTrade.XUSDT";
        if self.topics.contains(topic) {
            let frame = json!({
                "topic": topic, "type": "snapshot", "ts": 1_764_000_000_000_u64,
                "data": [{ "T": 1_764_000_000_000_u64, "s": "XUSDT", "S": "Buy", "v": "0.1", "p": "50.013", "i": "t", "BT": false }],
            });
            self.pushed.push((Socket::Public, frame.to_string(), true));
        }
    }

    /// Fills some of what is open.
    pub fn trade(&mut self, random: &mut Random, ms: u64) {
        let open: Vec<usize> = (0..self.orders.len())
            .filter(|at| self.orders[*at].is_open())
            .collect();
        if open.is_empty() || !random.one_in(30) {
            return;
        }
        let at = open[random.below(open.len() as u64) as usize];
        let lots_filled =
            1 + random.below(self.orders[at].qty as u64 - self.orders[at].cum as u64) as i64;
        let order = &mut self.orders[at];
        order.cum += lots_filled;
        order.updated_ms = (1_764_000_000_000 + ms).max(order.updated_ms + 1);
        order.status = if order.cum == order.qty {
            "Filled"
        } else {
            "PartiallyFilled"
        };
        let execution = json!({
            "category": "linear", "symbol": "XUSDT", "orderId": order.order_id,
            "orderLinkId": if random.one_in(4) { "" } else { &order.link_id },
            "side": if order.buy { "Buy" } else { "Sell" }, "orderQty": lots(order.qty),
            "leavesQty": lots(order.qty - order.cum), "execId": format!("e{}", self.executions.len()),
            "execPrice": order.price, "execQty": lots(lots_filled), "execType": "Trade",
            "execTime": order.updated_ms.to_string(), "isMaker": true, "seq": self.executions.len(),
        });
        self.position += if order.buy { lots_filled } else { -lots_filled };
        self.position_ms = order.updated_ms;
        self.executions.push(execution.clone());
        self.report_order(at, Some(execution), random);
        let position = self.position_json();
        self.private("position", vec![position]);
    }

    fn position_json(&self) -> Value {
        let side = match self.position.signum() {
            1 => "Buy",
            -1 => "Sell",
            _ => "",
        };
        json!({
            "symbol": "XUSDT", "side": side, "size": lots(self.position.abs()), "positionIdx": 0,
            "updatedTime": self.position_ms.to_string(), "seq": self.executions.len(),
        })
    }

    fn private(&mut self, topic: &str, data: Vec<Value>) {
        if self.private_on {
            let frame = json!({ "topic": topic, "id": "x", "creationTime": 1_764_000_000_000_u64, "data": data });
            self.pushed.push((Socket::Private, frame.to_string(), true));
        }
    }

    fn report_order(&mut self, at: usize, execution: Option<Value>, random: &mut Random) {
        let order = self.orders[at].json();
        let order_first = random.one_in(2);
        if order_first {
            self.private("order", vec![order.clone()]);
        }
        if let Some(execution) = execution {
            self.private("execution", vec![execution]);
        }
        if !order_first {
            self.private("order", vec![order]);
        }
    }

    pub fn text(
        &mut self,
        socket: Socket,
        text: &str,
        ms: u64,
        random: &mut Random,
    ) -> Vec<String> {
        let request: Value = serde_json::from_str(text).unwrap();
        let op = request["op"].as_str().unwrap();
        let id = request["req_id"].as_str().unwrap_or("");
        if op == "ping" {
            let pong = json!({ "success": true, "ret_msg": "pong", "retCode": 0, "op": "pong" });
            return vec![pong.to_string()];
        }
        match socket {
            Socket::Public => {
                let ok =
                    json!({ "success": true, "ret_msg": "", "req_id": id, "op": op }).to_string();
                for topic in request["args"].as_array().unwrap() {
                    let topic = topic.as_str().unwrap();
                    if op == "unsubscribe" {
                        self.topics.remove(topic);
                        continue;
                    }
                    assert!(
                        self.topics.insert(topic.to_owned()),
                        "subscribed twice: {topic}"
                    );
                    if topic == "orderbook.50.XUSDT" {
                        self.snapshot();
                    } else if topic == "orderbook.1.XUSDT" {
                        self.top();
                    }
                }
                vec![ok]
            }
            Socket::Private if op == "auth" => {
                vec![json!({ "success": true, "ret_msg": "", "op": "auth" }).to_string()]
            }
            Socket::Private => {
                self.private_on = true;
                vec![json!({ "success": true, "ret_msg": "", "req_id": id, "op": op }).to_string()]
            }
            Socket::Trade if op == "auth" => {
                self.trade_on = true;
                vec![json!({ "retCode": 0, "retMsg": "OK", "op": "auth" }).to_string()]
            }
            Socket::Trade => {
                assert!(self.trade_on, "an order before the login");
                vec![self.trade_request(&request, op, ms, random)]
            }
        }
    }

    fn cancel_batch(&mut self, request: &Value, ms: u64, random: &mut Random) -> String {
        let (mut list, mut codes) = (vec![], vec![]);
        let items = request["args"][0]["request"].as_array().unwrap();
        assert!((2..=10).contains(&items.len()));
        for item in items {
            let single = json!({ "reqId": "x", "args": [item] });
            let answer = self.trade_request(&single, "order.cancel", ms, random);
            let answer: Value = serde_json::from_str(&answer).unwrap();
            list.push(json!({ "orderId": answer["data"]["orderId"] }));
            codes.push(json!({ "code": answer["retCode"], "msg": "x" }));
        }
        json!({
            "reqId": request["reqId"], "retCode": 0, "retMsg": "OK", "op": "order.cancel-batch",
            "data": { "list": list }, "retExtInfo": { "list": codes }, "header": {},
        })
        .to_string()
    }

    fn trade_request(&mut self, request: &Value, op: &str, ms: u64, random: &mut Random) -> String {
        let args = &request["args"][0];
        if op == "order.cancel-batch" {
            return self.cancel_batch(request, ms, random);
        }
        let link_id = args["orderLinkId"].as_str().unwrap();
        if link_id == FOREIGN {
            self.foreign_is_open = false;
        }
        let known = self
            .orders
            .iter()
            .position(|order| order.link_id == link_id);
        let mut order_id = String::new();
        let mut code = 0;
        match (op, known) {
            ("order.create", Some(_)) => {
                self.repeated_ids += 1;
                code = 110_072;
            }
            ("order.create", None) => {
                order_id = format!("v{}", self.orders.len());
                self.prices.push(args["price"].as_str().unwrap().to_owned());
                self.orders.push(Order {
                    link_id: link_id.to_owned(),
                    order_id: order_id.clone(),
                    buy: args["side"] == "Buy",
                    price: args["price"].as_str().unwrap().to_owned(),
                    qty: args["qty"]
                        .as_str()
                        .unwrap()
                        .replace('.', "")
                        .parse()
                        .unwrap(),
                    cum: 0,
                    status: "New",
                    updated_ms: ms,
                });
                self.report_order(self.orders.len() - 1, None, random);
                // Accepted, though the answer says that the server failed.
                if random.one_in(20) {
                    code = 10_016;
                }
            }
            (_, Some(at)) if self.orders[at].is_open() => {
                let order = &mut self.orders[at];
                order.status = "Cancelled";
                order.updated_ms = ms.max(order.updated_ms + 1);
                self.report_order(at, None, random);
            }
            _ => code = 110_001,
        }
        let data = if code == 0 {
            json!({ "orderId": order_id, "orderLinkId": link_id })
        } else {
            json!({})
        };
        json!({
            "reqId": request["reqId"], "retCode": code, "retMsg": "x", "op": op, "data": data,
            "retExtInfo": {}, "header": { "X-Bapi-Limit": "10", "X-Bapi-Limit-Status": "9" },
        })
        .to_string()
    }

    pub fn rest(&mut self, path: &str, query: &str, ms: u64) -> String {
        let asked = query
            .split('&')
            .find_map(|part| part.strip_prefix("orderLinkId="));
        let cursor = query
            .split('&')
            .find_map(|part| part.strip_prefix("cursor="));
        let from: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
        let foreign = json!({
            "symbol": "XUSDT", "orderId": "f", "orderLinkId": FOREIGN, "side": "Buy",
            "orderType": "Limit", "price": "1", "qty": "1", "orderStatus": "New", "updatedTime": "1",
        });
        if path.contains("cancel") {
            // Everything of the symbol, whoever sent it.
            self.foreign_is_open = false;
            for order in self.orders.iter_mut().filter(|order| order.is_open()) {
                order.status = "Cancelled";
                order.updated_ms = ms.max(order.updated_ms + 1);
            }
        }
        let list: Vec<Value> = match path {
            "/v5/market/time" => {
                return json!({ "retCode": 0, "result": { "timeNano": (ms * 1_000_000).to_string() }, "time": ms }).to_string();
            }
            "/v5/market/instruments-info" => vec![json!({
                "symbol": "XUSDT", "status": self.listing.1, "settleCoin": "USDT",
                "priceFilter": { "tickSize": self.listing.0 }, "lotSizeFilter": { "qtyStep": "0.1" },
            })],
            "/v5/order/realtime" | "/v5/order/history" => {
                let open = path == "/v5/order/realtime";
                let fits = |o: &&Order| asked.map_or(o.is_open() == open, |id| o.link_id == id);
                let own = self.orders.iter().rev().filter(fits).map(Order::json);
                own.chain((asked.is_none() && open).then_some(foreign))
                    .collect()
            }
            "/v5/execution/list" => {
                let order = self
                    .orders
                    .iter()
                    .find(|order| Some(order.link_id.as_str()) == asked);
                let fits = |e: &&Value| {
                    asked.is_none() || order.is_some_and(|o| e["orderId"] == o.order_id)
                };
                self.executions.iter().rev().filter(fits).cloned().collect()
            }
            "/v5/position/list" if self.position != 0 => vec![self.position_json()],
            "/v5/position/list" => vec![],
            _ => vec![json!({ "accountType": "UNIFIED", "coin": [] })],
        };
        // Small pages, so that paging is exercised.
        let size = if asked.is_some() { 50 } else { 7 };
        let page: Vec<Value> = list.iter().skip(from).take(size).cloned().collect();
        let next = if from + size < list.len() {
            (from + size).to_string()
        } else {
            String::new()
        };
        json!({ "retCode": 0, "retMsg": "OK", "result": { "list": page, "nextPageCursor": next }, "retExtInfo": {}, "time": ms }).to_string()
    }
}
