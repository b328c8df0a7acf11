//! Orders from acceptance to their end: fills, time in force, amendments, position modes, spot.

use serde_json::{Value, json};

use crate::support::{
    Client, QUIET_MS, control, get, items, place, post, private, statuses, trade, venue, with, xrp,
};

#[test]
fn an_order_rests_is_filled_in_parts_and_the_rest_is_cancelled() {
    let venue = venue();
    let (mut feed, mut trading) = (private(&venue), trade(&venue));
    let reply = trading.order("r1", "order.create", xrp("Buy", "100", "2.5", "hb7-1"));
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

    let reply = trading.order(
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
    let late = trading.order(
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
    let (mut feed, mut trading) = (private(&venue), trade(&venue));
    control(&venue, place("Sell", "30", "2.5"));
    let tif = |tif: &str, link: &str, qty: &str| {
        with(xrp("Buy", qty, "2.5", link), "timeInForce", tif.into())
    };
    let mut end = |trading: &mut Client, args: Value, req: &str| {
        assert_eq!(trading.order(req, "order.create", args)["retCode"], 0);
        let frames = feed.drain(QUIET_MS);
        items(&frames, "order").pop().unwrap()
    };
    let order = end(&mut trading, tif("PostOnly", "po", "10"), "1");
    assert_eq!(
        (&order["orderStatus"], &order["rejectReason"]),
        (&json!("Rejected"), &json!("EC_PostOnlyWillTakeLiquidity"))
    );
    control(
        &venue,
        json!({"cmd": "set", "settings": {"postOnlyEnd": "Cancelled"}}),
    );
    assert_eq!(
        end(&mut trading, tif("PostOnly", "po2", "10"), "2")["orderStatus"],
        "Cancelled"
    );
    let order = end(&mut trading, tif("FOK", "fok", "31"), "3");
    assert_eq!(
        (&order["orderStatus"], &order["rejectReason"]),
        (&json!("Cancelled"), &json!("EC_CancelForNoFullFill"))
    );
    let order = end(&mut trading, tif("FOK", "fok2", "10"), "4");
    assert_eq!(
        (&order["orderStatus"], &order["leavesQty"]),
        (&json!("Filled"), &json!("0"))
    );
    let order = end(&mut trading, tif("IOC", "ioc", "30"), "5");
    assert_eq!(
        (&order["orderStatus"], &order["cumExecQty"]),
        (&json!("Cancelled"), &json!("20.0"))
    );
    assert_eq!(order["rejectReason"], "EC_NoImmediateQtyToFill");
}

#[test]
fn amendments_show_as_the_same_order_with_new_terms() {
    let venue = venue();
    let (mut feed, mut trading) = (private(&venue), trade(&venue));
    trading.order("1", "order.create", xrp("Buy", "10", "2.5", "a"));
    feed.topic("order");
    let amend = |qty: &str| json!({"category": "linear", "symbol": "XRPUSDT", "orderLinkId": "a", "qty": qty, "price": "2.4"});
    assert_eq!(trading.order("2", "order.amend", amend("12"))["retCode"], 0);
    let order = feed.topic("order")["data"][0].clone();
    assert_eq!(
        (&order["orderStatus"], &order["qty"], &order["price"]),
        (&json!("New"), &json!("12.0"), &json!("2.4000"))
    );
    assert_eq!(
        trading.order("3", "order.amend", amend("12"))["retCode"],
        10001,
        "nothing changes"
    );
    assert_eq!(
        trading.order(
            "4",
            "order.amend",
            json!({"category": "linear", "symbol": "XRPUSDT", "orderLinkId": "zz", "qty": "1"})
        )["retCode"],
        110001
    );
}

#[test]
fn reduce_only_closes_never_opens_and_ends_with_the_position() {
    let venue = venue();
    let (mut feed, mut trading) = (private(&venue), trade(&venue));
    control(&venue, place("Sell", "10", "2.5"));
    trading.order("1", "order.create", xrp("Buy", "10", "2.5", "open"));
    let reduce = |link: &str, qty: &str, px: &str| {
        with(xrp("Sell", qty, px, link), "reduceOnly", json!(true))
    };
    assert_eq!(
        trading.order("2", "order.create", reduce("ro1", "50", "2.6"))["retCode"],
        0
    );
    assert_eq!(
        trading.order("3", "order.create", reduce("ro2", "10", "2.7"))["retCode"],
        0
    );
    feed.drain(QUIET_MS);
    control(&venue, json!({"cmd": "fill", "id": "ro1"}));
    let frames = feed.drain(QUIET_MS);
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
    let (mut feed, mut trading) = (private(&venue), trade(&venue));
    control(&venue, place("Sell", "10", "2.5"));
    control(&venue, place("Buy", "5", "2.4"));
    assert_eq!(
        trading.order("0", "order.create", xrp("Buy", "10", "2.5", ""))["retMsg"],
        "position idx not match position mode"
    );
    let leg = |side: &str, qty: &str, px: &str, idx: i64| {
        with(xrp(side, qty, px, ""), "positionIdx", json!(idx))
    };
    assert_eq!(
        trading.order("1", "order.create", leg("Buy", "10", "2.5", 1))["retCode"],
        0
    );
    assert_eq!(
        trading.order("2", "order.create", leg("Sell", "5", "2.4", 2))["retCode"],
        0
    );
    let legs = feed
        .drain(QUIET_MS)
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
fn spot_has_its_own_ids_codes_coins_and_ends() {
    let venue = venue();
    let (mut feed, mut trading) = (private(&venue), trade(&venue));
    let spot = |side: &str, qty: &str, px: &str, link: &str| json!({"category": "spot", "symbol": "XRPUSDT", "side": side, "orderType": "Limit", "qty": qty, "price": px, "orderLinkId": link, "timeInForce": "IOC"});
    assert_eq!(
        trading.order("1", "order.create", spot("Sell", "10.01", "2.5", "big"))["retCode"],
        170131
    );
    control(
        &venue,
        json!({"cmd": "place", "category": "spot", "symbol": "XRPUSDT", "side": "Buy", "qty": "4", "price": "2.5"}),
    );
    let reply = trading.order("2", "order.create", spot("Sell", "6", "2.5", "s2"));
    assert!(
        reply["data"]["orderId"]
            .as_str()
            .unwrap()
            .bytes()
            .all(|b| b.is_ascii_digit())
    );
    let frames = feed.drain(QUIET_MS);
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
    assert_eq!(trading.order("3", "order.create", by_value)["retCode"], 0);
    let order = items(&feed.drain(QUIET_MS), "order").pop().unwrap();
    assert_eq!(
        (&order["orderStatus"], &order["cumExecQty"]),
        (&json!("PartiallyFilledCanceled"), &json!("10.00"))
    );
    let late = json!({"category": "spot", "symbol": "XRPUSDT", "orderLinkId": "s2"});
    assert_eq!(trading.order("4", "order.cancel", late)["retCode"], 170213);
    assert_eq!(
        get(&venue, "/v5/execution/list", "category=spot")["result"]["list"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}
