//! Orders: both ways in, the private topics, REST lists.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use serde_json::{Value, json};
use support::{
    Client, control, get, http, now_ms, post, private, signed_at, trade, try_get, venue, with, xrp,
};

fn place(side: &str, qty: &str, price: &str) -> Value {
    json!({"cmd": "place", "symbol": "XRPUSDT", "side": side, "qty": qty, "price": price})
}

fn items(frames: &[Value], topic: &str) -> Vec<Value> {
    let of_topic = frames.iter().filter(|f| f["topic"] == topic);
    of_topic
        .flat_map(|f| f["data"].as_array().unwrap().clone())
        .collect()
}

fn statuses(frames: &[Value]) -> Vec<String> {
    let items = items(frames, "order");
    items
        .iter()
        .map(|i| i["orderStatus"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn an_order_rests_is_filled_in_parts_and_the_rest_is_cancelled() {
    let venue = venue();
    let (mut feed, mut desk) = (private(&venue), trade(&venue));
    let reply = desk.order("r1", "order.create", xrp("Buy", "100", "2.5", "hb7-1"));
    assert_eq!(
        (&reply["retCode"], &reply["retMsg"], &reply["op"]),
        (&json!(0), &json!("OK"), &json!("order.create"))
    );
    assert_eq!(reply["data"]["orderLinkId"], "hb7-1");
    assert_eq!(reply["header"]["X-Bapi-Limit"], "10");
    assert_eq!(reply["header"]["X-Bapi-Limit-Status"], "9");
    let order = feed.topic("order");
    assert!(order["id"].is_string() && order["creationTime"].is_i64());
    let order = &order["data"][0];
    assert_eq!(
        (&order["orderStatus"], &order["orderId"]),
        (&json!("New"), &reply["data"]["orderId"])
    );
    assert_eq!(
        (&order["leavesQty"], &order["avgPrice"], &order["price"]),
        (&json!("100.0"), &json!(""), &json!("2.5000"))
    );
    assert!(
        order["reduceOnly"].is_boolean()
            && order["positionIdx"].is_i64()
            && order["createdTime"].is_string()
    );

    let filled = control(&venue, json!({"cmd": "fill", "id": "hb7-1", "qty": "40"}));
    assert_eq!(filled["cumExecQty"], "40.0");
    let order = feed.wait("partial", |f| {
        f["data"][0]["orderStatus"] == "PartiallyFilled"
    });
    assert_eq!(order["data"][0]["avgPrice"], "2.5");
    let execution = feed.topic("execution")["data"][0].clone();
    assert_eq!(
        (
            &execution["execQty"],
            &execution["isMaker"],
            &execution["execType"]
        ),
        (&json!("40.0"), &json!(true), &json!("Trade"))
    );
    assert_eq!(
        (&execution["execFee"], &execution["leavesQty"]),
        (&json!("0.02"), &json!("60.0"))
    );
    let position = feed.wait("position", |f| {
        f["topic"] == "position" && f["data"][0]["size"] == "40.0"
    });
    assert_eq!(
        (
            &position["data"][0]["side"],
            &position["data"][0]["entryPrice"]
        ),
        (&json!("Buy"), &json!("2.5"))
    );
    let wallet = feed.topic("wallet")["data"][0].clone();
    assert_eq!(wallet["coin"][0]["walletBalance"], "99999.98");

    let reply = desk.order(
        "r2",
        "order.cancel",
        json!({"category": "linear", "symbol": "XRPUSDT", "orderLinkId": "hb7-1"}),
    );
    assert_eq!(reply["retCode"], 0);
    let order = feed.wait("cancelled", |f| f["data"][0]["orderStatus"] == "Cancelled");
    let order = &order["data"][0];
    assert_eq!(
        (&order["cancelType"], &order["rejectReason"]),
        (&json!("CancelByUser"), &json!("EC_PerCancelRequest"))
    );
    assert_eq!(
        (&order["leavesQty"], &order["cumExecQty"]),
        (&json!("0"), &json!("40.0"))
    );
    let late = desk.order(
        "r3",
        "order.cancel",
        json!({"category": "linear", "symbol": "XRPUSDT", "orderLinkId": "hb7-1"}),
    );
    assert_eq!(
        (&late["retCode"], &late["data"]),
        (&json!(110001), &json!({}))
    );

    let lists = get(
        &venue,
        "/v5/execution/list",
        "category=linear&symbol=XRPUSDT",
    );
    assert_eq!(lists["result"]["list"][0]["execId"], execution["execId"]);
    let history = get(
        &venue,
        "/v5/order/history",
        "category=linear&orderLinkId=hb7-1",
    );
    assert_eq!(history["result"]["list"][0]["orderStatus"], "Cancelled");
    let position = get(
        &venue,
        "/v5/position/list",
        "category=linear&settleCoin=USDT",
    );
    assert_eq!(
        (
            &position["result"]["list"][0]["size"],
            &position["result"]["list"][0]["avgPrice"]
        ),
        (&json!("40.0"), &json!("2.5"))
    );
    let truth = control(&venue, json!({"cmd": "truth"}));
    assert_eq!(truth["orders"][0]["orderStatus"], "Cancelled");
    assert_eq!(truth["executions"][0]["execId"], execution["execId"]);
}

#[test]
fn time_in_force_decides_what_becomes_of_the_rest() {
    let venue = venue();
    let (mut feed, mut desk) = (private(&venue), trade(&venue));
    control(&venue, place("Sell", "30", "2.5"));
    let tif = |tif: &str, link: &str, qty: &str| {
        with(xrp("Buy", qty, "2.5", link), "timeInForce", tif.into())
    };
    let mut end = |desk: &mut Client, args: Value, req: &str| {
        assert_eq!(desk.order(req, "order.create", args)["retCode"], 0);
        let frames = feed.drain(60);
        items(&frames, "order").pop().unwrap()
    };
    let order = end(&mut desk, tif("PostOnly", "po", "10"), "1");
    assert_eq!(
        (&order["orderStatus"], &order["rejectReason"]),
        (&json!("Rejected"), &json!("EC_PostOnlyWillTakeLiquidity"))
    );
    control(
        &venue,
        json!({"cmd": "set", "settings": {"postOnlyEnd": "Cancelled"}}),
    );
    assert_eq!(
        end(&mut desk, tif("PostOnly", "po2", "10"), "2")["orderStatus"],
        "Cancelled"
    );
    let order = end(&mut desk, tif("FOK", "fok", "31"), "3");
    assert_eq!(
        (&order["orderStatus"], &order["rejectReason"]),
        (&json!("Cancelled"), &json!("EC_CancelForNoFullFill"))
    );
    let order = end(&mut desk, tif("FOK", "fok2", "10"), "4");
    assert_eq!(
        (&order["orderStatus"], &order["leavesQty"]),
        (&json!("Filled"), &json!("0"))
    );
    let order = end(&mut desk, tif("IOC", "ioc", "30"), "5");
    assert_eq!(
        (&order["orderStatus"], &order["cumExecQty"]),
        (&json!("Cancelled"), &json!("20.0"))
    );
    assert_eq!(order["rejectReason"], "EC_NoImmediateQtyToFill");
}

#[test]
fn amendments_show_as_the_same_order_with_new_terms() {
    let venue = venue();
    let (mut feed, mut desk) = (private(&venue), trade(&venue));
    desk.order("1", "order.create", xrp("Buy", "10", "2.5", "a"));
    feed.topic("order");
    let amend = |qty: &str| json!({"category": "linear", "symbol": "XRPUSDT", "orderLinkId": "a", "qty": qty, "price": "2.4"});
    assert_eq!(desk.order("2", "order.amend", amend("12"))["retCode"], 0);
    let order = feed.topic("order")["data"][0].clone();
    assert_eq!(
        (&order["orderStatus"], &order["qty"], &order["price"]),
        (&json!("New"), &json!("12.0"), &json!("2.4000"))
    );
    assert_eq!(
        desk.order("3", "order.amend", amend("12"))["retCode"],
        10001,
        "nothing changes"
    );
    assert_eq!(
        desk.order(
            "4",
            "order.amend",
            json!({"category": "linear", "symbol": "XRPUSDT", "orderLinkId": "zz", "qty": "1"})
        )["retCode"],
        110001
    );
}

#[test]
fn bad_requests_are_refused_with_their_codes() {
    let venue = venue();
    control(
        &venue,
        json!({"cmd": "set", "settings": {"orderRate": 1000}}),
    );
    let mut desk = Client::connect(&venue.urls().trade);
    assert_eq!(
        desk.order("0", "order.create", xrp("Buy", "10", "2.5", ""))["retCode"],
        10005,
        "before login"
    );
    assert_eq!(desk.login()["retCode"], 0);
    assert_eq!(desk.login()["retCode"], 20001);
    let good = || xrp("Buy", "10", "2.5", "");
    let cases = [
        (10001, with(good(), "category", "nope".into())),
        (10001, with(good(), "symbol", "xrpusdt".into())),
        (10001, with(good(), "side", "buy".into())),
        (10001, with(good(), "orderType", "Stop".into())),
        (10001, with(good(), "qty", "10.05".into())),
        (10001, with(good(), "qty", json!(10))),
        (10001, with(good(), "qty", "-1".into())),
        (10001, with(good(), "qty", "1e400".into())),
        (10001, with(good(), "price", "NaN".into())),
        (10001, with(good(), "price", "2.50005".into())),
        (10001, with(good(), "price", "".into())),
        (10001, with(good(), "timeInForce", "GTX".into())),
        (10001, with(good(), "positionIdx", json!(1))),
        (10001, with(good(), "positionIdx", "0".into())),
        (10001, with(good(), "reduceOnly", "true".into())),
        (10001, with(good(), "orderLinkId", "x".repeat(37).into())),
        (10001, with(good(), "orderLinkId", "a/b".into())),
        (110003, with(good(), "price", "5".into())),
        (110017, with(good(), "qty", "0".into())),
        (110017, with(good(), "reduceOnly", json!(true))),
        (110094, with(good(), "qty", "1".into())),
        (110007, with(good(), "qty", "10000000".into())),
    ];
    for (at, (code, args)) in cases.into_iter().enumerate() {
        let reply = desk.order(&format!("c{at}"), "order.create", args.clone());
        assert_eq!(reply["retCode"], code, "{args}: {reply}");
    }
    assert_eq!(
        desk.order("ok", "order.create", xrp("Buy", "10", "2.5", "same"))["retCode"],
        0
    );
    assert_eq!(
        desk.order("ok", "order.create", xrp("Buy", "10", "2.5", "new"))["retCode"],
        20006
    );
    assert_eq!(
        desk.order("d1", "order.create", xrp("Buy", "10", "2.5", "same"))["retCode"],
        110072
    );
    desk.order(
        "d2",
        "order.cancel",
        json!({"category": "linear", "symbol": "XRPUSDT", "orderLinkId": "same"}),
    );
    assert_eq!(
        desk.order("d3", "order.create", xrp("Buy", "10", "2.5", "same"))["retCode"],
        110072,
        "for ever"
    );
    let spot = with(
        with(good(), "category", "spot".into()),
        "orderLinkId",
        "same".into(),
    );
    assert_eq!(
        desk.order("s1", "order.create", spot.clone())["retCode"],
        170141
    );
    assert_eq!(
        desk.order(
            "s2",
            "order.create",
            with(with(spot, "orderLinkId", "".into()), "qty", "0.001".into())
        )["retCode"],
        170137
    );
    let late = json!({"reqId": "w1", "op": "order.create", "args": [good()], "header": {"X-BAPI-TIMESTAMP": (now_ms() - 6000).to_string()}});
    desk.send(late);
    assert_eq!(desk.wait("w1", |f| f["reqId"] == "w1")["retCode"], 10002);
    let early = json!({"reqId": "w2", "op": "order.create", "args": [good()], "header": {"X-BAPI-TIMESTAMP": (now_ms() + 1500).to_string()}});
    desk.send(early);
    assert_eq!(desk.wait("w2", |f| f["reqId"] == "w2")["retCode"], 10002);
    desk.send(json!({"reqId": "w3", "op": "order.create", "args": [good()]}));
    assert_eq!(
        desk.wait("w3", |f| f["reqId"] == "w3")["retCode"],
        10001,
        "no time"
    );
    assert_eq!(desk.order("w4", "order.fly", good())["retCode"], 10404);
    assert_eq!(
        desk.order(&"r".repeat(37), "order.create", good())["retCode"],
        10001
    );
    let truth = control(&venue, json!({"cmd": "truth"}));
    assert_eq!(
        truth["orders"].as_array().unwrap().len(),
        1,
        "only the good one"
    );
}

#[test]
fn batches_answer_item_by_item_and_use_up_the_quota() {
    let venue = venue();
    let mut desk = trade(&venue);
    let request = json!({"category": "linear", "request": [xrp("Buy", "10", "2.5", "b1"), xrp("Buy", "0.05", "2.5", "b2")]});
    let reply = desk.order("b", "order.create-batch", request);
    assert_eq!(reply["retCode"], 0);
    let (list, codes) = (&reply["data"]["list"], &reply["retExtInfo"]["list"]);
    assert_eq!(
        (&codes[0]["code"], &codes[1]["code"]),
        (&json!(0), &json!(10001))
    );
    assert!(
        !list[0]["orderId"].as_str().unwrap().is_empty()
            && !list[0]["createAt"].as_str().unwrap().is_empty()
    );
    assert_eq!(
        (&list[1]["orderId"], &list[1]["orderLinkId"]),
        (&json!(""), &json!("b2"))
    );
    assert_eq!(reply["header"]["X-Bapi-Limit-Status"], "8");
    let amend = json!({"category": "linear", "request": [{"symbol": "XRPUSDT", "orderLinkId": "b1", "qty": "11"}]});
    assert_eq!(
        desk.order("am", "order.amend-batch", amend)["retExtInfo"]["list"][0]["code"],
        0
    );
    let cancel = json!({"category": "linear", "request": [{"symbol": "XRPUSDT", "orderLinkId": "b1"}, {"symbol": "XRPUSDT", "orderLinkId": "zz"}]});
    let reply = desk.order("ca", "order.cancel-batch", cancel);
    assert_eq!(
        (
            &reply["retExtInfo"]["list"][0]["code"],
            &reply["retExtInfo"]["list"][1]["code"]
        ),
        (&json!(0), &json!(110001))
    );
    let many = vec![xrp("Buy", "10", "2.5", ""); 9];
    let reply = desk.order(
        "m",
        "order.create-batch",
        json!({"category": "linear", "request": many}),
    );
    assert_eq!(
        (&reply["retCode"], &reply["header"]["X-Bapi-Limit-Status"]),
        (&json!(10006), &json!("0"))
    );
}

#[test]
fn reduce_only_closes_never_opens_and_ends_with_the_position() {
    let venue = venue();
    let (mut feed, mut desk) = (private(&venue), trade(&venue));
    control(&venue, place("Sell", "10", "2.5"));
    desk.order("1", "order.create", xrp("Buy", "10", "2.5", "open"));
    let reduce = |link: &str, qty: &str, px: &str| {
        with(xrp("Sell", qty, px, link), "reduceOnly", json!(true))
    };
    assert_eq!(
        desk.order("2", "order.create", reduce("ro1", "50", "2.6"))["retCode"],
        0
    );
    assert_eq!(
        desk.order("3", "order.create", reduce("ro2", "10", "2.7"))["retCode"],
        0
    );
    feed.drain(60);
    control(&venue, json!({"cmd": "fill", "id": "ro1"}));
    let frames = feed.drain(60);
    let orders = items(&frames, "order");
    let filled = orders.iter().find(|o| o["orderLinkId"] == "ro1").unwrap();
    assert_eq!(
        (&filled["qty"], &filled["orderStatus"]),
        (&json!("10.0"), &json!("Filled")),
        "cut to the position"
    );
    let ended = orders.iter().find(|o| o["orderLinkId"] == "ro2").unwrap();
    assert_eq!(
        (&ended["orderStatus"], &ended["cancelType"]),
        (&json!("Cancelled"), &json!("CancelByReduceOnly"))
    );
    let position = items(&frames, "position").pop().unwrap();
    assert_eq!(
        (&position["side"], &position["size"]),
        (&json!(""), &json!("0"))
    );
}

#[test]
fn hedge_mode_has_two_legs_and_needs_a_position_idx() {
    let venue = venue();
    let mode = |mode: i64| json!({"category": "linear", "coin": "USDT", "mode": mode});
    assert_eq!(
        post(&venue, "/v5/position/switch-mode", &mode(0))["retCode"],
        110025
    );
    assert_eq!(
        post(&venue, "/v5/position/switch-mode", &mode(3))["retCode"],
        0
    );
    assert_eq!(
        post(&venue, "/v5/position/set-leverage", &json!({}))["retCode"],
        110043
    );
    let (mut feed, mut desk) = (private(&venue), trade(&venue));
    control(&venue, place("Sell", "10", "2.5"));
    control(&venue, place("Buy", "5", "2.4"));
    assert_eq!(
        desk.order("0", "order.create", xrp("Buy", "10", "2.5", ""))["retMsg"],
        "position idx not match position mode"
    );
    let leg = |side: &str, qty: &str, px: &str, idx: i64| {
        with(xrp(side, qty, px, ""), "positionIdx", json!(idx))
    };
    assert_eq!(
        desk.order("1", "order.create", leg("Buy", "10", "2.5", 1))["retCode"],
        0
    );
    assert_eq!(
        desk.order("2", "order.create", leg("Sell", "5", "2.4", 2))["retCode"],
        0
    );
    let legs = feed
        .drain(60)
        .into_iter()
        .rfind(|f| f["topic"] == "position")
        .unwrap()["data"]
        .clone();
    assert_eq!(
        (&legs[0]["positionIdx"], &legs[0]["side"], &legs[0]["size"]),
        (&json!(1), &json!("Buy"), &json!("10.0"))
    );
    assert_eq!(
        (&legs[1]["positionIdx"], &legs[1]["side"], &legs[1]["size"]),
        (&json!(2), &json!("Sell"), &json!("5.0"))
    );
    assert_eq!(
        post(&venue, "/v5/position/switch-mode", &mode(0))["retCode"],
        110024
    );
    let list = get(
        &venue,
        "/v5/position/list",
        "category=linear&symbol=XRPUSDT",
    );
    assert_eq!(list["result"]["list"].as_array().unwrap().len(), 2);
}

#[test]
fn rest_checks_key_time_and_signature() {
    let venue = venue();
    let (rest, query) = (&venue.urls().rest, "accountType=UNIFIED");
    let path = "/v5/account/wallet-balance";
    let target = format!("{path}?{query}");
    let code =
        |headers: &str| http(rest, "GET", &target, headers, "").unwrap().json()["retCode"].clone();
    assert_eq!(code(""), 10003);
    assert_eq!(code(&signed_at(now_ms(), query)), 0);
    assert_eq!(code(&signed_at(now_ms(), "accountType=OTHER")), 10004);
    assert_eq!(code(&signed_at(now_ms() - 5500, query)), 10002);
    assert_eq!(code(&signed_at(now_ms() + 1500, query)), 10002);
    let wallet = get(&venue, path, query);
    assert_eq!(
        wallet["result"]["list"][0]["coin"][0]["walletBalance"],
        "100000"
    );
    let answer = try_get(
        &venue,
        "/v5/order/realtime",
        "category=linear&symbol=XRPUSDT",
    )
    .unwrap();
    assert!(
        answer.head.contains("X-Bapi-Limit: 50") && answer.head.contains("X-Bapi-Limit-Status: 49"),
        "{}",
        answer.head
    );
    assert_eq!(
        get(&venue, "/v5/order/realtime", "category=linear")["retCode"],
        10001
    );
    assert_eq!(
        http(rest, "GET", "/v5/nothing", "", "").unwrap().status,
        404
    );
    control(
        &venue,
        json!({"cmd": "set", "settings": {"clockSkewMs": 1500}}),
    );
    assert_eq!(
        get(&venue, path, query)["retCode"],
        0,
        "1.5 s behind is within the window"
    );
    control(
        &venue,
        json!({"cmd": "set", "settings": {"clockSkewMs": -1500}}),
    );
    assert_eq!(
        get(&venue, path, query)["retCode"],
        10002,
        "1.5 s ahead is not"
    );
    let time = http(rest, "GET", "/v5/market/time", "", "").unwrap().json();
    assert!((time["time"].as_i64().unwrap() - (now_ms() - 1500)).abs() < 500);
}

#[test]
fn rest_orders_page_through_open_ones_and_cancel_all_takes_everybody_s() {
    let venue = venue();
    let mut feed = private(&venue);
    for n in 0..5 {
        let reply = post(
            &venue,
            "/v5/order/create",
            &xrp("Buy", "10", "2.5", &format!("p{n}")),
        );
        assert_eq!(reply["retCode"], 0, "{reply}");
    }
    let foreign = json!({"cmd": "place", "symbol": "XRPUSDT", "side": "Buy", "qty": "10", "price": "2.4", "owner": "account"});
    let foreign = control(&venue, foreign);
    let (mut links, mut cursor) = (Vec::new(), String::new());
    loop {
        let query = format!("category=linear&symbol=XRPUSDT&openOnly=0&limit=2&cursor={cursor}");
        let page = get(&venue, "/v5/order/realtime", &query)["result"].clone();
        let list = page["list"].as_array().unwrap();
        links.extend(
            list.iter()
                .map(|o| o["orderLinkId"].as_str().unwrap().to_owned()),
        );
        cursor = page["nextPageCursor"].as_str().unwrap().to_owned();
        if cursor.is_empty() {
            break;
        }
    }
    assert_eq!(
        links,
        ["", "p4", "p3", "p2", "p1", "p0"],
        "newest first, the foreign one too"
    );
    let body = json!({"category": "linear", "symbol": "XRPUSDT", "orderLinkId": "p1"});
    assert_eq!(post(&venue, "/v5/order/cancel", &body)["retCode"], 0);
    assert_eq!(
        post(
            &venue,
            "/v5/order/cancel-all",
            &json!({"category": "linear"})
        )["retCode"],
        10001
    );
    let all = post(
        &venue,
        "/v5/order/cancel-all",
        &json!({"category": "linear", "symbol": "XRPUSDT"}),
    );
    assert_eq!(all["result"]["list"].as_array().unwrap().len(), 5);
    assert!(
        all["result"]["list"]
            .as_array()
            .unwrap()
            .iter()
            .any(|o| o["orderId"] == foreign["orderId"])
    );
    let closed = get(
        &venue,
        "/v5/order/realtime",
        "category=linear&symbol=XRPUSDT&openOnly=1",
    );
    assert_eq!(closed["result"]["list"].as_array().unwrap().len(), 6);
    assert_eq!(
        statuses(&feed.drain(60))
            .iter()
            .filter(|s| *s == "Cancelled")
            .count(),
        6
    );
    assert_eq!(
        get(
            &venue,
            "/v5/order/realtime",
            "category=linear&orderLinkId=p1"
        )["result"]["list"][0]["orderStatus"],
        "Cancelled"
    );
}

#[test]
fn spot_has_its_own_ids_codes_coins_and_ends() {
    let venue = venue();
    let (mut feed, mut desk) = (private(&venue), trade(&venue));
    let spot = |side: &str, qty: &str, px: &str, link: &str| json!({"category": "spot", "symbol": "XRPUSDT", "side": side, "orderType": "Limit", "qty": qty, "price": px, "orderLinkId": link, "timeInForce": "IOC"});
    assert_eq!(
        desk.order("1", "order.create", spot("Sell", "10.01", "2.5", "big"))["retCode"],
        170131
    );
    control(
        &venue,
        json!({"cmd": "place", "category": "spot", "symbol": "XRPUSDT", "side": "Buy", "qty": "4", "price": "2.5"}),
    );
    let reply = desk.order("2", "order.create", spot("Sell", "6", "2.5", "s2"));
    assert!(
        reply["data"]["orderId"]
            .as_str()
            .unwrap()
            .bytes()
            .all(|b| b.is_ascii_digit())
    );
    let frames = feed.drain(60);
    assert_eq!(statuses(&frames).last().unwrap(), "PartiallyFilledCanceled");
    assert!(
        items(&frames, "position").is_empty(),
        "spot has no positions"
    );
    let wallet = items(&frames, "wallet").pop().unwrap();
    let xrp = wallet["coin"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["coin"] == "XRP")
        .unwrap();
    assert_eq!(xrp["walletBalance"], "6");
    control(
        &venue,
        json!({"cmd": "place", "category": "spot", "symbol": "XRPUSDT", "side": "Sell", "qty": "40", "price": "2.5"}),
    );
    let by_value = json!({"category": "spot", "symbol": "XRPUSDT", "side": "Buy", "orderType": "Market", "qty": "25"});
    assert_eq!(desk.order("3", "order.create", by_value)["retCode"], 0);
    let order = items(&feed.drain(60), "order").pop().unwrap();
    assert_eq!(
        (&order["orderStatus"], &order["cumExecQty"]),
        (&json!("PartiallyFilledCanceled"), &json!("10.00"))
    );
    let late = json!({"category": "spot", "symbol": "XRPUSDT", "orderLinkId": "s2"});
    assert_eq!(desk.order("4", "order.cancel", late)["retCode"], 170213);
    assert_eq!(
        get(&venue, "/v5/execution/list", "category=spot")["result"]["list"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn private_topics_come_whole_by_category_and_fast() {
    let venue = venue();
    let mut desk = trade(&venue);
    let mut feed = Client::connect(&venue.urls().private);
    assert_eq!(feed.subscribe(&["order"])["success"], false, "before login");
    let expires = now_ms() - 1;
    let signature = hbl_fake_bybit::sign(support::SECRET, &format!("GET/realtime{expires}"));
    feed.send(json!({"op": "auth", "args": [support::KEY, expires.to_string(), signature]}));
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
    desk.send(json!({"op": "ping"}));
    let pong = desk.op("pong");
    assert_eq!(
        (&pong["retCode"], pong["data"][0].is_string()),
        (&json!(0), true)
    );

    control(&venue, place("Sell", "10", "2.5"));
    desk.order("1", "order.create", xrp("Buy", "20", "2.5", "f"));
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
fn instruments_are_listed_by_category() {
    let venue = venue();
    let get = |query: &str| {
        http(
            &venue.urls().rest,
            "GET",
            &format!("/v5/market/instruments-info?{query}"),
            "",
            "",
        )
        .unwrap()
        .json()
    };
    let linear = get("category=linear&symbol=BTCUSDT");
    let item = &linear["result"]["list"][0];
    assert_eq!(
        (
            &item["priceFilter"]["tickSize"],
            &item["lotSizeFilter"]["qtyStep"]
        ),
        (&json!("0.10"), &json!("0.001"))
    );
    let spot = get("category=spot");
    let item = &spot["result"]["list"][0];
    assert_eq!(item["lotSizeFilter"]["basePrecision"], "0.000001");
    assert!(item["lotSizeFilter"].get("qtyStep").is_none());
    assert_eq!(get("category=linear&symbol=NOPE")["retCode"], 10001);
    let page = get("category=linear&limit=3");
    let next = get(&format!(
        "category=linear&limit=3&cursor={}",
        page["result"]["nextPageCursor"].as_str().unwrap()
    ));
    assert_eq!(next["result"]["list"].as_array().unwrap().len(), 1);
    let book = http(
        &venue.urls().rest,
        "GET",
        "/v5/market/orderbook?category=linear&symbol=BTCUSDT&limit=3",
        "",
        "",
    )
    .unwrap()
    .json();
    assert_eq!(book["result"]["b"].as_array().unwrap().len(), 3);
    assert!(book["result"]["u"].is_u64());
}
