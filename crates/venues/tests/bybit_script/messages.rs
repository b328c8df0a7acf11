//! What the venue says: frames, books, reports of orders and executions.

use hbl_venues::bybit::core::Socket;
use hbl_venues::kit::venue::{MarketData as _, NewOrder};
use hftbacktest::types::Side;
use serde_json::{Value, json};

use super::{START_MS, SYMBOL, Script};

impl Script {
    /// A frame of a socket's connection.
    pub fn frame(&mut self, socket: Socket, value: &Value) {
        self.text(socket, &value.to_string());
    }

    pub fn text(&mut self, socket: Socket, text: &str) {
        let at = self.now();
        let conn = self.conns[&socket];
        self.core.on_frame(at, socket, conn, text.as_bytes());
        self.core.poll(at, &mut self.events);
    }

    /// A frame, and what follows from it at once.
    pub fn says(&mut self, socket: Socket, value: &Value) {
        self.frame(socket, value);
        self.pump();
    }

    /// The usual snapshot: bids 100.0 and 99.5, asks 100.5 and 101.0.
    pub fn snapshot(&mut self, depth: u32) {
        let (u, seq) = (self.u, self.seq);
        self.book(
            depth,
            ("snapshot", u, seq),
            &[("100.0", "1.0"), ("99.5", "2.0")],
            &[("100.5", "1.0"), ("101.0", "2.0")],
        );
    }

    /// A book message; the numbers are update id and cross sequence.
    pub fn book(
        &mut self,
        depth: u32,
        (kind, u, seq): (&str, u64, u64),
        bids: &[(&str, &str)],
        asks: &[(&str, &str)],
    ) {
        let ms = START_MS + self.ms;
        self.frame(
            Socket::Public,
            &json!({
                "topic": format!("orderbook.{depth}.{SYMBOL}"), "type": kind, "ts": ms,
                "data": { "s": SYMBOL, "b": bids, "a": asks, "u": u, "seq": seq }, "cts": ms,
            }),
        );
    }

    /// Items of a private topic.
    pub fn private(&mut self, topic: &str, items: Value) {
        let ms = START_MS + self.ms;
        self.says(
            Socket::Private,
            &json!({ "topic": topic, "id": "x", "creationTime": ms, "data": items }),
        );
    }

    /// A report of the `order` topic.
    pub fn order(&mut self, link: &str, venue: &str, order: &NewOrder, status: &str, cum: f64) {
        let item = self.order_json(link, venue, order, status, cum);
        self.private("order", json!([item]));
    }

    pub fn order_json(
        &self,
        link: &str,
        venue: &str,
        order: &NewOrder,
        status: &str,
        cum: f64,
    ) -> Value {
        json!({
            "category": self.category, "symbol": SYMBOL, "orderId": venue, "orderLinkId": link,
            "side": side(order.side), "orderType": "Limit",
            "price": (order.price_tick as f64 * 0.5).to_string(), "qty": order.qty.to_string(),
            "orderStatus": status, "cumExecQty": format!("{cum:.1}"), "rejectReason": "EC_NoError",
            "avgPrice": if cum > 0.0 { (order.price_tick as f64 * 0.5).to_string() } else { String::new() },
            "updatedTime": (START_MS + self.ms).to_string(), "positionIdx": 0,
        })
    }

    /// An execution of the `execution` topic at the order's price.
    pub fn fill(
        &mut self,
        id: &str,
        link: &str,
        venue: &str,
        order: &NewOrder,
        qty: f64,
        leaves: f64,
    ) {
        let item = self.fill_json(id, link, venue, order, qty, leaves);
        self.private("execution", json!([item]));
    }

    pub fn fill_json(
        &self,
        id: &str,
        link: &str,
        venue: &str,
        order: &NewOrder,
        qty: f64,
        leaves: f64,
    ) -> Value {
        json!({
            "category": self.category, "symbol": SYMBOL, "orderId": venue, "orderLinkId": link,
            "side": side(order.side), "orderQty": order.qty.to_string(),
            "leavesQty": format!("{leaves:.1}"), "execId": id,
            "execPrice": (order.price_tick as f64 * 0.5).to_string(),
            "execQty": format!("{qty:.1}"), "execType": "Trade", "isMaker": true,
            "execTime": (START_MS + self.ms).to_string(), "seq": 1,
        })
    }
}

/// An item of the `position` topic and list; `more` adds and replaces fields.
pub fn position_json(size: &str, more: Value) -> Value {
    let mut item = json!({
        "symbol": SYMBOL, "side": "Buy", "size": size, "positionIdx": 0,
        "updatedTime": (START_MS + 5000).to_string(), "seq": 5,
    });
    for (key, value) in more.as_object().unwrap() {
        item[key] = value.clone();
    }
    item
}

fn side(side: Side) -> &'static str {
    if side == Side::Buy { "Buy" } else { "Sell" }
}
