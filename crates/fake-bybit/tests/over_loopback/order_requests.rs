//! Order requests: their codes, batches, answers falsified by rules, rate limits.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{
    Client, Odd, control, faults, get, http, now_ms, signed_at, trade, try_get, venue, with, xrp,
};

#[test]
fn bad_requests_are_refused_with_their_codes() {
    let venue = venue();
    control(
        &venue,
        json!({"cmd": "set", "settings": {"orderRate": 1000}}),
    );
    let mut trading = Client::connect(&venue.urls().trade);
    assert_eq!(
        trading.order("0", "order.create", xrp("Buy", "10", "2.5", ""))["retCode"],
        10005,
        "before login"
    );
    assert_eq!(trading.login()["retCode"], 0);
    assert_eq!(trading.login()["retCode"], 20001);
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
        let reply = trading.order(&format!("c{at}"), "order.create", args.clone());
        assert_eq!(reply["retCode"], code, "{args}: {reply}");
    }
    assert_eq!(
        trading.order("ok", "order.create", xrp("Buy", "10", "2.5", "same"))["retCode"],
        0
    );
    assert_eq!(
        trading.order("ok", "order.create", xrp("Buy", "10", "2.5", "new"))["retCode"],
        20006
    );
    assert_eq!(
        trading.order("d1", "order.create", xrp("Buy", "10", "2.5", "same"))["retCode"],
        110072
    );
    trading.order(
        "d2",
        "order.cancel",
        json!({"category": "linear", "symbol": "XRPUSDT", "orderLinkId": "same"}),
    );
    assert_eq!(
        trading.order("d3", "order.create", xrp("Buy", "10", "2.5", "same"))["retCode"],
        110072,
        "for ever"
    );
    let spot = with(
        with(good(), "category", "spot".into()),
        "orderLinkId",
        "same".into(),
    );
    assert_eq!(
        trading.order("s1", "order.create", spot.clone())["retCode"],
        170141
    );
    assert_eq!(
        trading.order(
            "s2",
            "order.create",
            with(with(spot, "orderLinkId", "".into()), "qty", "0.001".into())
        )["retCode"],
        170137
    );
    let late = json!({"reqId": "w1", "op": "order.create", "args": [good()], "header": {"X-BAPI-TIMESTAMP": (now_ms() - 6000).to_string()}});
    trading.send(late);
    assert_eq!(trading.wait("w1", |f| f["reqId"] == "w1")["retCode"], 10002);
    let early = json!({"reqId": "w2", "op": "order.create", "args": [good()], "header": {"X-BAPI-TIMESTAMP": (now_ms() + 1500).to_string()}});
    trading.send(early);
    assert_eq!(trading.wait("w2", |f| f["reqId"] == "w2")["retCode"], 10002);
    trading.send(json!({"reqId": "w3", "op": "order.create", "args": [good()]}));
    assert_eq!(
        trading.wait("w3", |f| f["reqId"] == "w3")["retCode"],
        10001,
        "no time"
    );
    assert_eq!(trading.order("w4", "order.fly", good())["retCode"], 10404);
    assert_eq!(
        trading.order(&"r".repeat(37), "order.create", good())["retCode"],
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
    let mut trading = trade(&venue);
    let request = json!({"category": "linear", "request": [xrp("Buy", "10", "2.5", "b1"), xrp("Buy", "0.05", "2.5", "b2")]});
    let reply = trading.order("b", "order.create-batch", request);
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
        trading.order("am", "order.amend-batch", amend)["retExtInfo"]["list"][0]["code"],
        0
    );
    let cancel = json!({"category": "linear", "request": [{"symbol": "XRPUSDT", "orderLinkId": "b1"}, {"symbol": "XRPUSDT", "orderLinkId": "zz"}]});
    let reply = trading.order("ca", "order.cancel-batch", cancel);
    assert_eq!(
        (
            &reply["retExtInfo"]["list"][0]["code"],
            &reply["retExtInfo"]["list"][1]["code"]
        ),
        (&json!(0), &json!(110001))
    );
    let many = vec![xrp("Buy", "10", "2.5", ""); 9];
    let reply = trading.order(
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
fn answers_can_be_lost_wrong_or_of_other_shapes() {
    let venue = venue();
    let mut trading = trade(&venue);
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
    trading.order_only("1", "order.create", order("lost-ack"));
    assert!(trading.collect(150).is_empty());
    assert_eq!(orders(), 1);
    rule(json!({"op": "order.create", "shape": "none", "execute": false}));
    trading.order_only("2", "order.create", order("lost-request"));
    assert!(trading.collect(150).is_empty());
    assert_eq!(orders(), 1);
    rule(json!({"op": "order.create", "retCode": 10016, "execute": true}));
    let reply = trading.order("3", "order.create", order("live"));
    assert_eq!(
        (&reply["retCode"], &reply["data"]),
        (&json!(10016), &json!({}))
    );
    assert_eq!(orders(), 2);
    for code in [10000, 10006, 10429, 10002, 110007] {
        rule(json!({"socket": "trade", "op": "order.create", "retCode": code}));
        let reply = trading.order(&format!("c{code}"), "order.create", order(""));
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
    trading.order_only("4", "order.create", order(""));
    assert!(
        trading
            .wait("no id", |f| f["retCode"] == 10001)
            .get("reqId")
            .is_none()
    );
    rule(json!({"op": "order.create", "shape": "snake", "execute": false}));
    trading.order_only("5", "order.create", order(""));
    let reply = trading.wait("snake", |f| f["success"] == false);
    assert_eq!(
        (&reply["ret_msg"], &reply["op"]),
        (&json!("Params Error"), &json!("order.create"))
    );
    rule(json!({"op": "order.create", "shape": "notJson", "execute": false}));
    trading.order_only("6", "order.create", order(""));
    assert!(matches!(trading.next_within(10_000), Err(Odd::NotJson(_))));
    rule(json!({"op": "order.create", "delayMs": 300}));
    let start = Instant::now();
    trading.order("7", "order.create", order(""));
    assert!(start.elapsed().as_millis() >= 300);
    rule(json!({"op": "order.create", "retCode": 10019, "execute": true, "then": "drop"}));
    assert_eq!(
        trading.order("8", "order.create", order("restart"))["retCode"],
        10019
    );
    assert!(trading.ends());
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
    let headers = signed_at(now_ms(), "{}");
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
    let mut trading = trade(&venue);
    let codes: Vec<i64> = (0..12)
        .map(|n| {
            trading.order(&format!("{n}"), "order.create", xrp("Buy", "10", "2.5", ""))["retCode"]
                .as_i64()
                .unwrap()
        })
        .collect();
    assert_eq!(codes, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10006, 10006]);
    let cancel = json!({"category": "linear", "symbol": "XRPUSDT", "orderLinkId": "x"});
    assert_eq!(
        trading.order("c", "order.cancel", cancel)["retCode"],
        110001,
        "cancels have a quota of their own"
    );
    control(
        &venue,
        json!({"cmd": "set", "settings": {"ipRate": 5, "banMs": 2_000}}),
    );
    let status = || try_get(&venue, "/v5/market/time", "").unwrap().status;
    let all: Vec<u16> = (0..7).map(|_| status()).collect();
    assert_eq!(all, [200, 200, 200, 200, 200, 403, 403]);
    control(&venue, json!({"cmd": "set", "settings": {"ipRate": 600}}));
    assert_eq!(status(), 403, "the ban holds");
    std::thread::sleep(Duration::from_millis(2_200));
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
