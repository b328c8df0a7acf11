//! Faults of sockets and answers, and control.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::time::{Duration, Instant};

use hbl_fake_bybit::{Command, End, Socket};
use serde_json::{Value, json};
use support::{Client, Odd, control, get, http, now_ms, post, private, trade, try_get, venue, xrp};

const BOOK: &str = "orderbook.50.BTCUSDT";

fn faults(venue: &hbl_fake_bybit::FakeBybit, socket: &str, faults: Value) {
    control(
        venue,
        json!({"cmd": "faults", "socket": socket, "faults": faults}),
    );
}

fn public(venue: &hbl_fake_bybit::FakeBybit) -> Client {
    let mut client = Client::connect(&venue.urls().public_linear);
    client.subscribe(&[BOOK]);
    client.topic(BOOK);
    client
}

fn statuses(frames: &[Value]) -> Vec<&str> {
    let orders = frames.iter().filter(|f| f["topic"] == "order");
    orders
        .map(|f| f["data"][0]["orderStatus"].as_str().unwrap())
        .collect()
}

#[test]
fn every_kind_of_end_ends_only_the_named_socket() {
    let venue = venue();
    let mut feed = private(&venue);
    for end in ["reset", "drop", "close", "midFrame"] {
        let mut client = public(&venue);
        let cut = control(
            &venue,
            json!({"cmd": "cut", "socket": "public", "end": end}),
        );
        assert_eq!(cut["connections"], 1);
        let odd = loop {
            match client.next_within(1000) {
                Ok(_) => {}
                Err(odd) => break odd,
            }
        };
        match (end, odd) {
            ("close", Odd::Closed) | ("reset" | "drop" | "midFrame", Odd::Error(_)) => {}
            (end, odd) => panic!("{end}: {odd:?}"),
        }
    }
    feed.send(json!({"op": "ping"}));
    feed.op("pong");
    let mut client = public(&venue);
    control(
        &venue,
        json!({"cmd": "cut", "socket": "public", "end": "halfClose"}),
    );
    assert!(client.ends());
    let open = control(&venue, json!({"cmd": "connections"}));
    assert!(
        open.as_array()
            .unwrap()
            .iter()
            .any(|c| c["socket"] == "public"),
        "it still reads: {open}"
    );
}

#[test]
fn connects_are_refused_for_a_time_or_with_an_http_status() {
    let venue = venue();
    let url = &venue.urls().private;
    faults(&venue, "private", json!({"refuseMs": 400}));
    let start = Instant::now();
    assert!(Client::try_connect(url).is_err());
    assert!(
        Client::try_connect(&venue.urls().trade).is_ok(),
        "only the private one"
    );
    while Client::try_connect(url).is_err() {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!((350..1500).contains(&start.elapsed().as_millis()));
    faults(
        &venue,
        "private",
        json!({"refuseMs": 0, "httpStatus": 403, "httpCount": 2}),
    );
    for _ in 0..2 {
        let error = Client::try_connect(url).err().unwrap();
        assert!(error.to_string().contains("403"), "{error}");
    }
    assert!(Client::try_connect(url).is_ok());
    faults(&venue, "private", json!({"refuse": true}));
    assert!(Client::try_connect(url).is_err());
    control(&venue, json!({"cmd": "clearFaults"}));
    assert!(Client::try_connect(url).is_ok());
    control(
        &venue,
        json!({"cmd": "set", "settings": {"connectRate": 1}}),
    );
    assert!(Client::try_connect(url).is_err(), "over the connect limit");
    assert!(venue.control().counter("connectsOverLimit") >= 1);
}

#[test]
fn a_stalled_socket_sends_nothing_and_then_everything_and_a_silent_one_only_pongs() {
    let venue = venue();
    let mut client = public(&venue);
    faults(&venue, "public", json!({"stall": true}));
    client.drain(60);
    client.send(json!({"op": "ping"}));
    assert!(client.collect(300).is_empty());
    faults(&venue, "public", json!({"stall": false}));
    let frames = client.collect(200);
    assert!(frames.iter().any(|f| f["op"] == "ping"));
    let us: Vec<u64> = frames
        .iter()
        .filter_map(|f| f["data"]["u"].as_u64())
        .collect();
    assert!(
        us.len() > 5 && us.windows(2).all(|w| w[1] == w[0] + 1),
        "{us:?}"
    );

    faults(&venue, "public", json!({"silent": true}));
    client.drain(60);
    client.send(json!({"op": "ping"}));
    let frames = client.collect(200);
    assert_eq!(frames.len(), 1);
    assert_eq!(frames[0]["op"], "ping");
    faults(&venue, "public", json!({"silent": false, "noPong": true}));
    client.send(json!({"op": "ping"}));
    let frames = client.collect(200);
    assert!(frames.len() > 2 && frames.iter().all(|f| f["topic"] == BOOK));
    faults(&venue, "public", json!({"deaf": true, "noPong": false}));
    client.send(json!({"op": "unsubscribe", "args": [BOOK]}));
    assert!(client.collect(200).iter().all(|f| f["topic"] == BOOK));
}

#[test]
fn frames_are_dropped_repeated_reordered_and_delayed() {
    let venue = venue();
    let mut client = public(&venue);
    let us = |client: &mut Client| -> Vec<u64> {
        let frames = client.collect(500);
        frames
            .iter()
            .filter_map(|f| f["data"]["u"].as_u64())
            .collect()
    };
    faults(&venue, "public", json!({"drop": 0.5}));
    let got = us(&mut client);
    assert!(got.windows(2).any(|w| w[1] > w[0] + 1), "{got:?}");
    faults(&venue, "public", json!({"drop": 0.0, "duplicate": 0.5}));
    client.drain(0);
    let got = us(&mut client);
    assert!(got.windows(2).any(|w| w[1] == w[0]), "{got:?}");
    faults(&venue, "public", json!({"duplicate": 0.0, "reorder": 0.3}));
    let got = us(&mut client);
    assert!(got.windows(2).any(|w| w[1] < w[0]), "{got:?}");
    faults(
        &venue,
        "public",
        json!({"reorder": 0.0, "delayMs": 250, "jitterMs": 50}),
    );
    client.collect(400);
    let frame = client.topic(BOOK);
    assert!(now_ms() - frame["ts"].as_i64().unwrap() >= 249);
    let got = us(&mut client);
    assert!(
        got.windows(2).all(|w| w[1] == w[0] + 1),
        "delayed frames keep their order: {got:?}"
    );
    faults(
        &venue,
        "public",
        json!({"delayMs": 0, "jitterMs": 0, "dropNext": 2}),
    );
    let got = us(&mut client);
    assert!(got.windows(2).filter(|w| w[1] > w[0] + 1).count() <= 1);
}

#[test]
fn a_login_can_be_refused_closed_or_left_without_an_answer() {
    let venue = venue();
    for url in [&venue.urls().private, &venue.urls().trade] {
        for socket in ["private", "trade"] {
            faults(&venue, socket, json!({"auth": "refuse"}));
        }
        let mut client = Client::connect(url);
        let reply = client.login();
        assert!(
            reply["success"] == false || reply["retCode"] == 10003,
            "{reply}"
        );
        client.send(json!({"op": "ping"}));
        client.op("pong");
        for socket in ["private", "trade"] {
            faults(&venue, socket, json!({"auth": "refuseAndClose"}));
        }
        let mut client = Client::connect(url);
        client.login();
        assert!(client.ends());
        for socket in ["private", "trade"] {
            faults(&venue, socket, json!({"auth": "silent"}));
        }
        let mut client = Client::connect(url);
        client.send(json!({"op": "auth", "args": []}));
        assert!(client.collect(100).is_empty());
        control(&venue, json!({"cmd": "clearFaults"}));
    }
    faults(&venue, "rest", json!({"auth": "refuse"}));
    assert_eq!(
        get(
            &venue,
            "/v5/order/realtime",
            "category=linear&symbol=XRPUSDT"
        )["retCode"],
        10003
    );
}

#[test]
fn a_socket_can_be_cut_at_each_point_of_the_protocol() {
    let venue = venue();
    let cut = |socket: &str, point: &str| {
        control(
            &venue,
            json!({"cmd": "cutAt", "socket": socket, "point": point}),
        );
    };
    let url = &venue.urls().private;
    cut("private", "accept");
    assert!(Client::try_connect(url).is_err());
    cut("private", "open");
    assert!(Client::connect(url).ends());
    cut("private", "auth");
    let mut client = Client::connect(url);
    client.send(json!({"op": "auth", "args": []}));
    assert!(client.ends());
    cut("private", "authReply");
    let mut client = Client::connect(url);
    assert_eq!(client.login()["success"], true);
    assert!(client.ends());
    cut("private", "ping");
    let mut client = Client::connect(url);
    client.send(json!({"op": "ping"}));
    assert!(client.ends());
    for point in ["subscribe", "subscribeReply", "data"] {
        cut("public", point);
        let mut client = Client::connect(&venue.urls().public_linear);
        client.send(json!({"op": "subscribe", "args": [BOOK]}));
        if point != "subscribe" {
            assert_eq!(client.op("subscribe")["success"], true);
        }
        assert!(client.ends(), "{point}");
    }
    for (point, orders, answered) in [
        ("request", 0, false),
        ("reply", 1, false),
        ("replySent", 2, true),
    ] {
        let mut desk = trade(&venue);
        cut("trade", point);
        desk.order_only(point, "order.create", xrp("Buy", "10", "2.5", ""));
        if answered {
            assert_eq!(desk.wait(point, |f| f["reqId"] == point)["retCode"], 0);
        }
        assert!(desk.ends());
        let truth = control(&venue, json!({"cmd": "truth"}));
        assert_eq!(truth["orders"].as_array().unwrap().len(), orders, "{point}");
    }
    cut("rest", "request");
    assert!(try_get(&venue, "/v5/market/time", "").is_none());
    control(
        &venue,
        json!({"cmd": "cutAt", "socket": "rest", "point": "reply", "end": "midFrame"}),
    );
    assert!(
        try_get(&venue, "/v5/market/time", "").is_none(),
        "half an answer"
    );
    assert!(try_get(&venue, "/v5/market/time", "").is_some(), "once");
}

#[test]
fn answers_get_lost_lie_or_come_in_other_shapes() {
    let venue = venue();
    let mut desk = trade(&venue);
    let rule = |rule: Value| {
        let mut command = rule;
        command["cmd"] = "reply".into();
        control(&venue, command);
    };
    let orders = || {
        control(&venue, json!({"cmd": "truth"}))["orders"]
            .as_array()
            .unwrap()
            .len()
    };
    let order = |link: &str| xrp("Buy", "10", "2.5", link);

    rule(json!({"op": "order.create", "shape": "none"}));
    desk.order_only("1", "order.create", order("lost-ack"));
    assert!(desk.collect(150).is_empty());
    assert_eq!(orders(), 1);
    rule(json!({"op": "order.create", "shape": "none", "execute": false}));
    desk.order_only("2", "order.create", order("lost-request"));
    assert!(desk.collect(150).is_empty());
    assert_eq!(orders(), 1);
    rule(json!({"op": "order.create", "retCode": 10016, "execute": true}));
    let reply = desk.order("3", "order.create", order("live"));
    assert_eq!(
        (&reply["retCode"], &reply["data"]),
        (&json!(10016), &json!({}))
    );
    assert_eq!(orders(), 2);
    for code in [10000, 10006, 10429, 10002, 110007] {
        rule(json!({"socket": "trade", "op": "order.create", "retCode": code}));
        let reply = desk.order(&format!("c{code}"), "order.create", order(""));
        assert_eq!(reply["retCode"], code);
        if code == 10006 {
            assert_eq!(reply["header"]["X-Bapi-Limit-Status"], "0");
            assert!(
                reply["header"]["X-Bapi-Limit-Reset-Timestamp"]
                    .as_str()
                    .unwrap()
                    .parse::<i64>()
                    .unwrap()
                    > now_ms()
            );
        }
    }
    assert_eq!(orders(), 2);
    rule(json!({"op": "order.create", "shape": "noReqId", "retCode": 10001}));
    desk.order_only("4", "order.create", order(""));
    assert!(
        desk.wait("no id", |f| f["retCode"] == 10001)
            .get("reqId")
            .is_none()
    );
    rule(json!({"op": "order.create", "shape": "snake", "execute": false}));
    desk.order_only("5", "order.create", order(""));
    let reply = desk.wait("snake", |f| f["success"] == false);
    assert_eq!(
        (&reply["ret_msg"], &reply["op"]),
        (&json!("Params Error"), &json!("order.create"))
    );
    rule(json!({"op": "order.create", "shape": "notJson", "execute": false}));
    desk.order_only("6", "order.create", order(""));
    assert!(matches!(desk.next_within(1000), Err(Odd::NotJson(_))));
    rule(json!({"op": "order.create", "delayMs": 300}));
    let start = Instant::now();
    desk.order("7", "order.create", order(""));
    assert!(start.elapsed().as_millis() >= 300);
    rule(json!({"op": "order.create", "retCode": 10019, "execute": true, "then": "drop"}));
    assert_eq!(
        desk.order("8", "order.create", order("restart"))["retCode"],
        10019
    );
    assert!(desk.ends());
    assert_eq!(orders(), 4);

    rule(json!({"op": "/v5/order/realtime", "retCode": 10006, "count": 2}));
    for code in [10006, 10006, 0] {
        assert_eq!(
            get(
                &venue,
                "/v5/order/realtime",
                "category=linear&symbol=XRPUSDT"
            )["retCode"],
            code
        );
    }
    rule(json!({"socket": "rest", "op": "order.create", "httpStatus": 503}));
    let headers = support::signed_at(now_ms(), "{}");
    let answer = http(
        &venue.urls().rest,
        "POST",
        "/v5/order/create",
        &headers,
        "{}",
    )
    .unwrap();
    assert!(answer.status == 503 && answer.body.starts_with("<html>"));
    rule(json!({"socket": "rest", "shape": "notJson"}));
    assert!(
        try_get(&venue, "/v5/market/time", "")
            .unwrap()
            .body
            .starts_with("<html>")
    );
    rule(json!({"socket": "rest", "shape": "none"}));
    assert!(try_get(&venue, "/v5/market/time", "").is_none());
}

#[test]
fn limits_are_real_and_a_storm_is_banned() {
    let venue = venue();
    let mut desk = trade(&venue);
    let codes: Vec<i64> = (0..12)
        .map(|n| {
            desk.order(&format!("{n}"), "order.create", xrp("Buy", "10", "2.5", ""))["retCode"]
                .as_i64()
                .unwrap()
        })
        .collect();
    assert_eq!(codes, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10006, 10006]);
    let cancel = json!({"category": "linear", "symbol": "XRPUSDT", "orderLinkId": "x"});
    assert_eq!(
        desk.order("c", "order.cancel", cancel)["retCode"],
        110001,
        "cancels have a quota of their own"
    );
    control(
        &venue,
        json!({"cmd": "set", "settings": {"ipRate": 5, "banMs": 600}}),
    );
    let status = || try_get(&venue, "/v5/market/time", "").unwrap().status;
    let all: Vec<u16> = (0..7).map(|_| status()).collect();
    assert_eq!(all, [200, 200, 200, 200, 200, 403, 403]);
    control(&venue, json!({"cmd": "set", "settings": {"ipRate": 600}}));
    assert_eq!(status(), 403, "the ban holds");
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(status(), 200);
    faults(&venue, "rest", json!({"httpStatus": 403}));
    assert_eq!(status(), 403);
    assert_eq!(
        control(&venue, json!({"cmd": "state"}))["faults"]["rest"]["httpStatus"],
        403,
        "control gets through"
    );
    faults(&venue, "rest", json!({"httpStatus": 0, "refuse": true}));
    assert!(try_get(&venue, "/v5/market/time", "").is_none());
    faults(&venue, "rest", json!({"refuse": false, "stall": true}));
    assert!(try_get(&venue, "/v5/market/time", "").is_none());
}

#[test]
fn fills_while_the_private_socket_is_down_are_only_in_the_lists() {
    let venue = venue();
    let mut desk = trade(&venue);
    let mut feed = private(&venue);
    desk.order("1", "order.create", xrp("Buy", "100", "2.5", "down"));
    feed.topic("order");
    faults(&venue, "private", json!({"refuse": true}));
    control(&venue, json!({"cmd": "cut", "socket": "private"}));
    assert!(feed.ends());
    control(&venue, json!({"cmd": "fill", "id": "down", "qty": "25"}));
    assert!(Client::try_connect(&venue.urls().private).is_err());
    faults(&venue, "private", json!({"refuse": false}));
    let mut feed = private(&venue);
    assert!(feed.collect(150).is_empty(), "nothing is told again");
    let list = get(
        &venue,
        "/v5/execution/list",
        "category=linear&orderLinkId=down",
    );
    assert_eq!(list["result"]["list"][0]["execQty"], "25.0");
    let order = get(
        &venue,
        "/v5/order/realtime",
        "category=linear&orderLinkId=down",
    );
    assert_eq!(order["result"]["list"][0]["orderStatus"], "PartiallyFilled");
    control(
        &venue,
        json!({"cmd": "set", "settings": {"staleRest": true}}),
    );
    control(&venue, json!({"cmd": "fill", "id": "down"}));
    let order = get(
        &venue,
        "/v5/order/realtime",
        "category=linear&orderLinkId=down",
    );
    assert_eq!(
        order["result"]["list"][0]["orderStatus"], "PartiallyFilled",
        "stale"
    );
    control(
        &venue,
        json!({"cmd": "set", "settings": {"staleRest": false}}),
    );
    let order = get(
        &venue,
        "/v5/order/realtime",
        "category=linear&orderLinkId=down",
    );
    assert_eq!(order["result"]["list"][0]["orderStatus"], "Filled");
}

#[test]
fn private_messages_come_in_any_order_twice_or_merged() {
    let venue = venue();
    let (mut feed, mut desk) = (private(&venue), trade(&venue));
    let set = |settings: Value| {
        control(&venue, json!({"cmd": "set", "settings": settings}));
    };
    let mut n = 0;
    let mut fill = |feed: &mut Client, desk: &mut Client| {
        n += 1;
        let link = format!("o{n}");
        control(
            &venue,
            json!({"cmd": "place", "symbol": "XRPUSDT", "side": "Sell", "qty": "10", "price": "2.5"}),
        );
        desk.order(&link, "order.create", xrp("Buy", "10", "2.5", &link));
        feed.drain(60)
    };
    let first_of =
        |frames: &[Value], topic: &str| frames.iter().position(|f| f["topic"] == topic).unwrap();
    let count =
        |frames: &[Value], topic: &str| frames.iter().filter(|f| f["topic"] == topic).count();

    let frames = fill(&mut feed, &mut desk);
    assert_eq!(statuses(&frames), ["New", "Filled"]);
    assert!(first_of(&frames, "order") < first_of(&frames, "execution"));
    set(
        json!({"streamOrder": "executionFirst", "skipNew": true, "duplicateExecutions": true, "duplicateFilled": true}),
    );
    let frames = fill(&mut feed, &mut desk);
    assert!(first_of(&frames, "execution") < first_of(&frames, "order"));
    let executions: Vec<&Value> = frames
        .iter()
        .filter(|f| f["topic"] == "execution")
        .collect();
    assert_eq!(executions.len(), 2);
    assert_eq!(
        executions[0]["data"][0]["execId"],
        executions[1]["data"][0]["execId"]
    );
    assert_eq!(
        statuses(&frames),
        ["Filled"],
        "straight to the end; the repeat replaces it"
    );
    set(json!({"skipNew": false}));
    let frames = fill(&mut feed, &mut desk);
    assert_eq!(statuses(&frames), ["New", "Filled", "Filled"]);
    let last = frames.iter().rfind(|f| f["topic"] == "order").unwrap();
    assert_eq!(
        last["data"][0]["rejectReason"],
        "EC_OrigClOrdIDDoesNotExist"
    );
    set(
        json!({"streamOrder": "orderFirst", "duplicateExecutions": false, "duplicateFilled": false, "coalesce": true, "lean": true}),
    );
    let frames = fill(&mut feed, &mut desk);
    assert_eq!(
        (count(&frames, "order"), count(&frames, "execution")),
        (1, 1)
    );
    let items = frames[first_of(&frames, "order")]["data"]
        .as_array()
        .unwrap();
    assert_eq!(items.len(), 2);
    assert!(items[0].get("createType").is_none(), "lean");
    set(json!({"coalesce": false, "ackDelayMs": 200, "privateDelayMs": 0}));
    control(
        &venue,
        json!({"cmd": "replay", "topic": "execution", "count": 2}),
    );
    assert_eq!(count(&feed.drain(60), "execution"), 2);
    let start = Instant::now();
    desk.order_only("late", "order.create", xrp("Buy", "10", "2.5", "late"));
    feed.topic("order");
    assert!(
        start.elapsed().as_millis() < 150,
        "the stream is ahead of the answer"
    );
    desk.wait("late", |f| f["reqId"] == "late");
    assert!(start.elapsed().as_millis() >= 200);
    set(json!({"cancelRaces": 1, "ackDelayMs": 0}));
    let cancel = json!({"category": "linear", "symbol": "XRPUSDT", "orderLinkId": "late"});
    assert_eq!(
        desk.order("race", "order.cancel", cancel)["retCode"],
        110001
    );
    assert_eq!(*statuses(&feed.drain(60)).last().unwrap(), "Filled");
}

#[test]
fn foreign_orders_and_fills_appear_on_the_account() {
    let venue = venue();
    let mut feed = private(&venue);
    let foreign = |price: &str, tif: &str| json!({"cmd": "place", "symbol": "XRPUSDT", "side": "Buy", "qty": "10", "price": price, "timeInForce": tif, "owner": "account", "orderLinkId": "someone-else"});
    control(&venue, foreign("2.5", "GTC"));
    assert_eq!(
        feed.topic("order")["data"][0]["orderLinkId"],
        "someone-else"
    );
    control(&venue, json!({"cmd": "fill", "id": "someone-else"}));
    feed.topic("execution");
    feed.wait("position", |f| {
        f["topic"] == "position" && f["data"][0]["size"] == "10.0"
    });
    let truth = control(&venue, json!({"cmd": "truth"}));
    assert_eq!(truth["orders"][0]["foreign"], true);
    let reply = http(
        &venue.urls().rest,
        "POST",
        "/__control",
        "",
        &foreign("2.5", "GTC").to_string(),
    )
    .unwrap();
    assert_eq!(reply.status, 400, "its link id is used up");
    assert_eq!(
        reply.json()["error"],
        "refused with 110072: OrderLinkedID is duplicate"
    );
}

#[test]
fn an_order_in_a_deep_moving_book_can_be_filled_exactly() {
    let venue = venue();
    let mut desk = trade(&venue);
    let bid = control(
        &venue,
        json!({"cmd": "book", "symbol": "BTCUSDT", "depth": 5}),
    )["bids"][4][0]
        .clone();
    let args = json!({"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.010", "price": bid, "orderLinkId": "deep", "positionIdx": 0});
    assert_eq!(desk.order("1", "order.create", args)["retCode"], 0);
    let order = control(&venue, json!({"cmd": "fill", "id": "deep", "qty": "0.004"}));
    assert_eq!(
        (&order["cumExecQty"], &order["orderStatus"]),
        (&json!("0.004"), &json!("PartiallyFilled"))
    );
    let order = control(&venue, json!({"cmd": "fill", "id": "deep"}));
    assert_eq!(order["orderStatus"], "Filled");
    let truth = control(&venue, json!({"cmd": "truth"}));
    let position = truth["positions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["symbol"] == "BTCUSDT")
        .unwrap();
    assert_eq!(position["size"], "0.010");
    let total: f64 = truth["executions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["execQty"].as_str().unwrap().parse::<f64>().unwrap())
        .sum();
    assert!((total - 0.010).abs() < 1e-12);
}

#[test]
fn hostile_frames_are_sent_as_they_are() {
    let venue = venue();
    let inject = |what: Value| {
        let mut command = what;
        command["cmd"] = "inject".into();
        command["socket"] = "private".into();
        assert_eq!(control(&venue, command)["connections"], 1);
    };
    let mut feed = private(&venue);
    inject(json!({"text": "{\"topic\":\"order\""}));
    assert!(matches!(feed.next_within(1000), Err(Odd::NotJson(_))));
    inject(json!({"hex": "00ff", "binary": true}));
    assert!(matches!(feed.next_within(1000), Err(Odd::Binary(b)) if b == [0, 255]));
    inject(json!({"size": 10_000_000}));
    assert!(feed.next_within(3000).unwrap().as_str().unwrap().len() >= 10_000_000);
    inject(json!({"hex": "ff"}));
    assert!(
        matches!(feed.next_within(1000), Err(Odd::Error(e)) if e.to_lowercase().contains("utf"))
    );
}

#[test]
fn the_rust_handle_does_what_the_json_does_and_bad_commands_are_named() {
    let venue = venue();
    let handle = venue.control().clone();
    handle.settings(|s| s.clock_skew_ms = 1000);
    handle.faults(Socket::Public, |f| f.silent = true);
    let state = handle.run(Command::State).unwrap();
    assert_eq!(
        (
            &state["settings"]["clockSkewMs"],
            &state["faults"]["public"]["silent"]
        ),
        (&json!(1000), &json!(true))
    );
    handle
        .run(Command::Cut {
            socket: None,
            end: End::Reset,
        })
        .unwrap();
    for bad in [
        json!({"cmd": "nope"}),
        json!({"cmd": "set", "settings": {"nope": 1}}),
        json!({"cmd": "set", "settings": {"ackDelayMs": "x"}}),
        json!({"cmd": "faults", "socket": "public", "faults": {"nope": 1}}),
        json!({"cmd": "book", "symbol": "NOPE"}),
        json!({"cmd": "gap", "symbol": "BTCUSDT", "depth": 500}),
        json!({"cmd": "fill", "id": "nope"}),
        json!({"cmd": "inject", "socket": "public", "hex": "0g"}),
    ] {
        assert!(handle.run_json(bad.clone()).is_err(), "{bad}");
    }
    assert_eq!(
        handle.run(Command::State).unwrap(),
        state,
        "nothing changed"
    );
    post(&venue, "/v5/order/create", &json!({}));
    assert_eq!(handle.counter("rest/v5/order/create"), 1);
}

#[test]
fn idle_private_sockets_are_closed_and_live_ones_are_not() {
    let venue = venue();
    control(&venue, json!({"cmd": "set", "settings": {"idleMs": 300}}));
    let mut idle = Client::connect(&venue.urls().private);
    let mut live = Client::connect(&venue.urls().private);
    for _ in 0..6 {
        std::thread::sleep(Duration::from_millis(100));
        live.send(json!({"op": "ping"}));
        live.op("pong");
    }
    assert!(idle.ends());
    live.send(json!({"op": "ping"}));
    live.op("pong");
}
