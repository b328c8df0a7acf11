//! Public sockets: control frames, books, trades.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::support::{Client, control, venue};
use serde_json::{Value, json};

/// A book as a client keeps it: text of the price to text of the size.
#[derive(Default)]
struct Book {
    sides: [BTreeMap<String, String>; 2],
    u: u64,
    gaps: u32,
    most: usize,
}

impl Book {
    fn apply(&mut self, frame: &Value) {
        let data = &frame["data"];
        let u = data["u"].as_u64().unwrap();
        let replace = frame["type"] == "snapshot" || u == 1;
        if replace {
            self.sides = Default::default();
        } else if u != self.u + 1 {
            self.gaps += 1;
        }
        self.u = u;
        for (side, field) in ["b", "a"].into_iter().enumerate() {
            for level in data[field].as_array().unwrap() {
                let (px, size) = (level[0].as_str().unwrap(), level[1].as_str().unwrap());
                if size.parse::<f64>().unwrap() == 0.0 {
                    self.sides[side].remove(px);
                } else {
                    self.sides[side].insert(px.into(), size.into());
                }
            }
            self.most = self.most.max(self.sides[side].len());
        }
    }

    fn best(&self, side: usize) -> Option<f64> {
        let prices = self.sides[side].keys().map(|p| p.parse::<f64>().unwrap());
        if side == 0 {
            prices.reduce(f64::max)
        } else {
            prices.reduce(f64::min)
        }
    }

    fn same(&self, truth: &Value) -> bool {
        ["bids", "asks"].iter().enumerate().all(|(side, field)| {
            let levels = truth[*field].as_array().unwrap();
            levels.len() == self.sides[side].len()
                && levels.iter().all(|l| {
                    self.sides[side]
                        .get(l[0].as_str().unwrap())
                        .map(String::as_str)
                        == l[1].as_str()
                })
        })
    }
}

/// Takes frames until the book is as it should be, or for 20 s.
fn take_until(client: &mut Client, book: &mut Book, is_so: impl Fn(&Book) -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so(book) && Instant::now() < end {
        client.collect(50).iter().for_each(|f| book.apply(f));
    }
}

#[test]
fn control_frames_have_the_documented_shapes() {
    let venue = venue();
    let mut client = Client::connect(&venue.urls().public_linear);
    client.send(json!({"req_id": "hb-12", "op": "ping"}));
    let pong = client.op("ping");
    assert_eq!(
        (&pong["ret_msg"], &pong["req_id"], &pong["success"]),
        (&json!("pong"), &json!("hb-12"), &json!(true))
    );
    client.send(json!({"op": "ping"}));
    assert_eq!(client.op("ping")["req_id"], "");

    let bad = client.subscribe(&["orderbook.50.BTCUSDT", "orderbook.500.BTCUSDT"]);
    assert_eq!(bad["success"], false);
    assert_eq!(
        bad["ret_msg"],
        "error:handler not found,topic:orderbook.500.BTCUSDT"
    );
    assert!(
        client.collect(150).is_empty(),
        "one bad topic refuses all of them"
    );
    assert_eq!(client.subscribe(&["orderbook.50.BTCUSDT"])["success"], true);
    let again = client.subscribe(&["publicTrade.BTCUSDT", "orderbook.50.BTCUSDT"]);
    assert_eq!(
        again["ret_msg"],
        "error:already subscribed,topic:orderbook.50.BTCUSDT"
    );
    for topic in ["orderbook.50.btcusdt", "order", "orderbook.50.NOPE"] {
        assert_eq!(client.subscribe(&[topic])["success"], false, "{topic}");
    }
    client.send(json!({"op": "fly"}));
    assert_eq!(client.op("fly")["ret_msg"], "error:invalid op");
    client.send_text("this is no JSON");
    assert_eq!(
        client.wait("error", |f| f["ret_msg"] == "error:invalid json")["success"],
        false
    );

    let mut spot = Client::connect(&venue.urls().public_spot);
    assert_eq!(
        spot.subscribe(&["publicTrade.BTCUSDT"])["ret_msg"],
        "subscribe"
    );
    spot.send(json!({"op": "ping"}));
    assert!(spot.op("ping").get("req_id").is_none());
    let trade = spot.topic("publicTrade.BTCUSDT");
    assert!(trade["data"][0].get("L").is_none(), "spot trades have no L");
    let eleven = vec!["publicTrade.XRPUSDT"; 11];
    assert_eq!(spot.subscribe(&eleven)["success"], false);
}

#[test]
fn books_of_all_depths_equal_the_venue_s_after_a_second_of_deltas() {
    let venue = venue();
    for (url, symbol, category) in [
        (&venue.urls().public_linear, "BTCUSDT", "linear"),
        (&venue.urls().public_spot, "BTCUSDT", "spot"),
    ] {
        for depth in [50, 200, 1000] {
            let mut client = Client::connect(url);
            let topic = format!("orderbook.{depth}.{symbol}");
            client.subscribe(&[&topic]);
            let mut book = Book::default();
            let first = client.topic(&topic);
            assert_eq!(first["type"], "snapshot");
            assert!(first["cts"].is_i64() && first["data"]["seq"].is_u64());
            book.apply(&first);
            for frame in client.collect(800) {
                assert_eq!(frame["type"], "delta", "{frame}");
                book.apply(&frame);
            }
            control(&venue, json!({"cmd": "set", "settings": {"paused": true}}));
            let truth = control(
                &venue,
                json!({"cmd": "book", "category": category, "symbol": symbol, "depth": depth}),
            );
            take_until(&mut client, &mut book, |book| book.same(&truth));
            assert!(book.same(&truth), "{category} {depth}");
            assert_eq!(book.gaps, 0);
            assert!(book.most <= depth, "{} levels", book.most);
            assert!(book.best(0) < book.best(1));
            control(&venue, json!({"cmd": "set", "settings": {"paused": false}}));
        }
    }
}

#[test]
fn level_one_is_snapshots_only_and_is_repeated_with_the_same_u_after_three_seconds() {
    let venue = venue();
    control(
        &venue,
        json!({"cmd": "place", "symbol": "XRPUSDT", "side": "Buy", "qty": "10", "price": "2.5"}),
    );
    let mut client = Client::connect(&venue.urls().public_linear);
    client.subscribe(&["orderbook.1.XRPUSDT"]);
    let first = client.topic("orderbook.1.XRPUSDT");
    assert_eq!(first["data"]["b"], json!([["2.5000", "10.0"]]));
    assert_eq!(
        first["data"]["a"],
        json!([]),
        "an empty side is an empty list"
    );
    let repeat = client.topic("orderbook.1.XRPUSDT");
    assert!(repeat["ts"].as_i64().unwrap() - first["ts"].as_i64().unwrap() >= 2990);
    assert_eq!(
        (&repeat["data"], &repeat["type"]),
        (&first["data"], &json!("snapshot"))
    );
    control(
        &venue,
        json!({"cmd": "place", "symbol": "XRPUSDT", "side": "Sell", "qty": "1", "price": "2.6"}),
    );
    let change = client.topic("orderbook.1.XRPUSDT");
    assert_eq!(change["type"], "snapshot");
    assert!(change["data"]["u"].as_u64() > first["data"]["u"].as_u64());
}

#[test]
fn a_lost_delta_is_a_gap_in_u_and_a_new_subscription_repairs_it() {
    let venue = venue();
    let mut client = Client::connect(&venue.urls().public_linear);
    client.subscribe(&["orderbook.50.BTCUSDT"]);
    let mut book = Book::default();
    client.collect(200).iter().for_each(|f| book.apply(f));
    control(
        &venue,
        json!({"cmd": "gap", "symbol": "BTCUSDT", "depth": 50, "count": 3}),
    );
    take_until(&mut client, &mut book, |book| book.gaps > 0);
    client.collect(200).iter().for_each(|f| book.apply(f));
    assert_eq!(book.gaps, 1);
    client.send(json!({"op": "unsubscribe", "args": ["orderbook.50.BTCUSDT"]}));
    assert_eq!(client.op("unsubscribe")["success"], true);
    client.collect(50);
    client.subscribe(&["orderbook.50.BTCUSDT"]);
    let mut book = Book::default();
    let first = client.topic("orderbook.50.BTCUSDT");
    assert_eq!(first["type"], "snapshot");
    book.apply(&first);
    client.collect(200).iter().for_each(|f| book.apply(f));
    assert_eq!(book.gaps, 0);
}

#[test]
fn restart_snapshot_cross_and_absent_delete_are_sent_on_demand() {
    let venue = venue();
    control(&venue, json!({"cmd": "set", "settings": {"paused": true}}));
    let mut client = Client::connect(&venue.urls().public_linear);
    let topic = "orderbook.50.ETHUSDT";
    client.subscribe(&[topic]);
    let mut book = Book::default();
    book.apply(&client.topic(topic));
    let at = |cmd: &str| json!({"cmd": cmd, "symbol": "ETHUSDT", "depth": 50});

    control(&venue, at("deleteAbsent"));
    let frame = client.topic(topic);
    assert_eq!(
        (&frame["type"], &frame["data"]["b"][0][1]),
        (&json!("delta"), &json!("0"))
    );
    assert!(!book.sides[0].contains_key(frame["data"]["b"][0][0].as_str().unwrap()));
    book.apply(&frame);
    control(&venue, at("cross"));
    book.apply(&client.topic(topic));
    assert!(book.best(0) > book.best(1), "crossed");
    assert_eq!(book.gaps, 0, "and u says nothing");
    control(&venue, at("snapshot"));
    let frame = client.topic(topic);
    assert_eq!(frame["type"], "snapshot");
    book.apply(&frame);
    assert!(book.best(0) < book.best(1));
    control(&venue, json!({"cmd": "restart", "symbol": "ETHUSDT"}));
    let frame = client.topic(topic);
    assert_eq!(
        (&frame["type"], &frame["data"]["u"]),
        (&json!("snapshot"), &json!(1))
    );
    control(
        &venue,
        json!({"cmd": "restart", "symbol": "ETHUSDT", "depth": 50, "asDelta": true}),
    );
    let frame = client.topic(topic);
    assert_eq!(
        (&frame["type"], &frame["data"]["u"]),
        (&json!("delta"), &json!(1))
    );
    control(
        &venue,
        json!({"cmd": "set", "settings": {"paused": false, "missingCts": true}}),
    );
    let frame = client.topic(topic);
    assert_eq!(frame["data"]["u"], 2);
    assert!(frame.get("cts").is_none());
}

#[test]
fn trades_are_those_of_the_book_and_ascend() {
    let venue = venue();
    let mut client = Client::connect(&venue.urls().public_linear);
    client.subscribe(&["publicTrade.BTCUSDT", "publicTrade.XRPUSDT"]);
    control(
        &venue,
        json!({"cmd": "place", "symbol": "XRPUSDT", "side": "Sell", "qty": "10", "price": "2.5"}),
    );
    control(
        &venue,
        json!({"cmd": "place", "symbol": "XRPUSDT", "side": "Buy", "qty": "4", "price": "2.6", "timeInForce": "IOC"}),
    );
    let trade = client.topic("publicTrade.XRPUSDT");
    let item = &trade["data"][0];
    assert_eq!(
        (&item["S"], &item["v"], &item["p"]),
        (&json!("Buy"), &json!("4.0"), &json!("2.5000"))
    );
    assert!(
        item["T"].is_i64() && item["BT"] == false && item["L"].is_string() && item["seq"].is_u64()
    );
    control(&venue, json!({"cmd": "cancelOthers"}));
    let book = control(&venue, json!({"cmd": "book", "symbol": "XRPUSDT"}));
    assert_eq!((&book["asks"], &book["bids"]), (&json!([]), &json!([])));
    let mut last = 0;
    for frame in client.collect(5000) {
        for item in frame["data"].as_array().unwrap() {
            assert!(item["T"].as_i64().unwrap() >= last);
            last = item["T"].as_i64().unwrap();
        }
    }
    assert!(last > 0, "the background trades");
}

#[test]
fn a_topic_can_be_refused_and_a_snapshot_can_come_before_the_answer() {
    let venue = venue();
    control(
        &venue,
        json!({"cmd": "set", "settings": {"refuseTopics": ["orderbook.1000.BTCUSDT"], "snapshotBeforeAck": true}}),
    );
    let mut client = Client::connect(&venue.urls().public_linear);
    assert_eq!(
        client.subscribe(&["orderbook.50.BTCUSDT", "orderbook.1000.BTCUSDT"])["success"],
        false
    );
    client.send(json!({"op": "subscribe", "args": ["orderbook.50.BTCUSDT"]}));
    assert_eq!(client.next_within(10_000).unwrap()["type"], "snapshot");
    assert_eq!(client.next_within(10_000).unwrap()["success"], true);
}
