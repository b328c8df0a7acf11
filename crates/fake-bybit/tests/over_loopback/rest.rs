//! REST: signatures, pages, instruments.

use serde_json::json;

use crate::support::{
    QUIET_MS, control, get, http, now_ms, post, private, signed_at, statuses, try_get, venue, xrp,
};

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
        statuses(&feed.drain(QUIET_MS))
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
