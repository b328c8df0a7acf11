//! Private topics: their items and order, and changes that the client did not ask for.

use std::time::Instant;

use serde_json::{Value, json};

use crate::support::{
    Client, KEY, QUIET_MS, SECRET, control, faults, get, http, now_ms, place, private, statuses,
    trade, venue, xrp,
};

#[test]
fn private_topics_come_whole_by_category_and_fast() {
    let venue = venue();
    let mut trading = trade(&venue);
    let mut feed = Client::connect(&venue.urls().private);
    assert_eq!(feed.subscribe(&["order"])["success"], false, "before login");
    let expires = now_ms() - 1;
    let signature = hbl_fake_bybit::sign(SECRET, &format!("GET/realtime{expires}"));
    feed.send(json!({"op": "auth", "args": [KEY, expires.to_string(), signature]}));
    assert_eq!(feed.op("auth")["ret_msg"], "Params Error");
    let ok = feed.login();
    assert_eq!(
        (&ok["success"], &ok["req_id"]),
        (&json!(true), &json!("a1"))
    );
    assert_eq!(feed.subscribe(&["order", "order.linear"])["success"], false);
    assert_eq!(
        feed.subscribe(&["order.linear", "execution.linear"])["success"],
        true
    );
    assert_eq!(feed.subscribe(&["execution.fast"])["success"], true);
    feed.send(json!({"op": "ping"}));
    let pong = feed.op("pong");
    assert!(
        pong["args"][0].is_string()
            && pong.get("success").is_none()
            && pong.get("req_id").is_none()
    );
    trading.send(json!({"op": "ping"}));
    let pong = trading.op("pong");
    assert_eq!(
        (&pong["retCode"], pong["data"][0].is_string()),
        (&json!(0), true)
    );

    control(&venue, place("Sell", "10", "2.5"));
    trading.order("1", "order.create", xrp("Buy", "20", "2.5", "f"));
    feed.topic("order.linear");
    assert_eq!(feed.topic("execution.linear")["data"][0]["isMaker"], false);
    let fast = feed.topic("execution.fast")["data"][0].clone();
    assert_eq!(
        (&fast["orderLinkId"], &fast["isMaker"]),
        (&json!("f"), &json!(false))
    );
    control(&venue, json!({"cmd": "fill", "id": "f"}));
    let fast = feed.topic("execution.fast")["data"][0].clone();
    assert_eq!(
        (&fast["orderLinkId"], &fast["isMaker"]),
        (&json!(""), &json!(true)),
        "no link id for the maker"
    );
    control(
        &venue,
        json!({"cmd": "funding", "symbol": "XRPUSDT", "rate": 0.001}),
    );
    let funding =
        feed.wait("funding", |f| f["data"][0]["execType"] == "Funding")["data"][0].clone();
    assert_eq!(
        (
            &funding["orderQty"],
            &funding["orderType"],
            &funding["execFee"]
        ),
        (&json!("0"), &json!("UNKNOWN"), &json!("0.05"))
    );
}

#[test]
fn fills_while_the_private_socket_is_down_are_only_in_the_lists() {
    let venue = venue();
    let mut trading = trade(&venue);
    let mut feed = private(&venue);
    trading.order("1", "order.create", xrp("Buy", "100", "2.5", "down"));
    feed.topic("order");
    faults(&venue, "private", json!({"refuse": true}));
    control(&venue, json!({"cmd": "cut", "socket": "private"}));
    assert!(feed.ends());
    control(&venue, json!({"cmd": "fill", "id": "down", "qty": "25"}));
    assert!(Client::try_connect(&venue.urls().private).is_err());
    faults(&venue, "private", json!({"refuse": false}));
    let mut feed = private(&venue);
    assert!(feed.collect(150).is_empty(), "nothing is sent again");
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
    let (mut feed, mut trading) = (private(&venue), trade(&venue));
    let set = |settings: Value| {
        control(&venue, json!({"cmd": "set", "settings": settings}));
    };
    let mut n = 0;
    let mut fill = |feed: &mut Client, trading: &mut Client| {
        n += 1;
        let link = format!("o{n}");
        control(
            &venue,
            json!({"cmd": "place", "symbol": "XRPUSDT", "side": "Sell", "qty": "10", "price": "2.5"}),
        );
        trading.order(&link, "order.create", xrp("Buy", "10", "2.5", &link));
        feed.drain(QUIET_MS)
    };
    let first_of =
        |frames: &[Value], topic: &str| frames.iter().position(|f| f["topic"] == topic).unwrap();
    let count =
        |frames: &[Value], topic: &str| frames.iter().filter(|f| f["topic"] == topic).count();

    let frames = fill(&mut feed, &mut trading);
    assert_eq!(statuses(&frames), ["New", "Filled"]);
    assert!(first_of(&frames, "order") < first_of(&frames, "execution"));
    set(
        json!({"streamOrder": "executionFirst", "skipNew": true, "duplicateExecutions": true, "duplicateFilled": true}),
    );
    let frames = fill(&mut feed, &mut trading);
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
    let frames = fill(&mut feed, &mut trading);
    assert_eq!(statuses(&frames), ["New", "Filled", "Filled"]);
    let last = frames.iter().rfind(|f| f["topic"] == "order").unwrap();
    assert_eq!(
        last["data"][0]["rejectReason"],
        "EC_OrigClOrdIDDoesNotExist"
    );
    set(
        json!({"streamOrder": "orderFirst", "duplicateExecutions": false, "duplicateFilled": false, "coalesce": true, "lean": true}),
    );
    let frames = fill(&mut feed, &mut trading);
    assert_eq!(
        (count(&frames, "order"), count(&frames, "execution")),
        (1, 1)
    );
    let items = frames[first_of(&frames, "order")]["data"]
        .as_array()
        .unwrap();
    assert_eq!(items.len(), 2);
    assert!(items[0].get("createType").is_none(), "lean");
    set(json!({"coalesce": false, "ackDelayMs": 2_000, "privateDelayMs": 0}));
    control(
        &venue,
        json!({"cmd": "replay", "topic": "execution", "count": 2}),
    );
    assert_eq!(count(&feed.drain(QUIET_MS), "execution"), 2);
    let start = Instant::now();
    trading.order_only("late", "order.create", xrp("Buy", "10", "2.5", "late"));
    feed.topic("order");
    assert!(
        start.elapsed().as_millis() < 1_800,
        "the stream is ahead of the answer"
    );
    trading.wait("late", |f| f["reqId"] == "late");
    assert!(start.elapsed().as_millis() >= 2_000);
    set(json!({"cancelRaces": 1, "ackDelayMs": 0}));
    let cancel = json!({"category": "linear", "symbol": "XRPUSDT", "orderLinkId": "late"});
    assert_eq!(
        trading.order("race", "order.cancel", cancel)["retCode"],
        110001
    );
    assert_eq!(*statuses(&feed.drain(QUIET_MS)).last().unwrap(), "Filled");
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
    let mut trading = trade(&venue);
    let bid = control(
        &venue,
        json!({"cmd": "book", "symbol": "BTCUSDT", "depth": 5}),
    )["bids"][4][0]
        .clone();
    let args = json!({"category": "linear", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.010", "price": bid, "orderLinkId": "deep", "positionIdx": 0});
    assert_eq!(trading.order("1", "order.create", args)["retCode"], 0);
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
