//! The journal: requests and orders, whatever was answered.

use std::time::{Duration, Instant};

use crate::support::{control, trade, venue, xrp};
use serde_json::{Value, json};

fn statuses(order: &Value) -> Vec<&str> {
    let steps = order["steps"].as_array().unwrap().iter();
    steps.map(|step| step["status"].as_str().unwrap()).collect()
}

#[test]
fn the_journal_keeps_requests_and_lives_whatever_is_answered() {
    let venue = venue();
    let mut trading = trade(&venue);
    for rule in [
        json!({"cmd": "reply", "op": "order.create", "retCode": 10016, "execute": true}),
        json!({"cmd": "reply", "op": "order.create", "retCode": 0, "execute": false}),
        json!({"cmd": "reply", "op": "order.cancel-batch", "shape": "none"}),
    ] {
        control(&venue, rule);
    }
    let lives = trading.order("r1", "order.create", xrp("Buy", "100", "2.5", "lives"));
    assert_eq!(lives["retCode"], 10016);
    let never = trading.order("r2", "order.create", xrp("Buy", "100", "2.5", "never"));
    assert_eq!(never["retCode"], 0);
    let refused = trading.order("r3", "order.create", xrp("Buy", "1", "2.5", "refused"));
    assert_eq!(refused["retCode"], 110_094);
    control(&venue, json!({"cmd": "fill", "id": "lives", "qty": "40"}));
    let batch = json!({"category": "linear", "request": [
        {"symbol": "XRPUSDT", "orderLinkId": "lives"}, {"symbol": "XRPUSDT", "orderLinkId": "never"},
    ]});
    trading.order_only("r4", "order.cancel-batch", batch);
    // Nobody answers the last one: it is in the journal when it was carried out.
    let end = Instant::now() + Duration::from_secs(20);
    let journal = loop {
        let journal = control(&venue, json!({"cmd": "journal"}));
        if journal["orders"][0]["endedUs"].is_i64() || Instant::now() > end {
            break journal;
        }
        std::thread::sleep(Duration::from_millis(5));
    };

    let requests = journal["requests"].as_array().unwrap();
    let recorded: Vec<Value> = requests
        .iter()
        .map(|r| json!([r["op"], r["executed"], r["code"], r["codes"]]))
        .collect();
    assert_eq!(
        recorded,
        [
            json!(["order.create", true, 0, []]),
            json!(["order.create", false, null, []]),
            json!(["order.create", true, 110_094, []]),
            json!(["order.cancel-batch", true, 0, [0, 110_001]]),
        ]
    );
    assert_eq!(requests[0]["args"]["price"], "2.5");
    let orders = journal["orders"].as_array().unwrap();
    assert_eq!(orders.len(), 1, "{orders:?}");
    let order = &orders[0];
    assert_eq!(order["orderLinkId"], "lives");
    assert_eq!(statuses(order), ["New", "PartiallyFilled", "Canceled"]);
    assert_eq!(
        order["steps"][1]["fill"],
        json!({"price": "2.5000", "qty": "40.0", "maker": true})
    );
    assert_eq!(
        (&order["qty"], &order["filledQty"]),
        (&json!("100.0"), &json!("40.0"))
    );
    let times = [
        &requests[0]["atUs"],
        &order["createdUs"],
        &order["endedUs"],
        &journal["nowUs"],
    ];
    let times = times.map(|time| time.as_i64().unwrap());
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn the_journal_keeps_when_requests_could_come_in() {
    let venue = venue();
    let login = |at: usize| control(&venue, json!({"cmd": "journal"}))["logins"][at].clone();
    let first = trade(&venue);
    assert_eq!(login(0)["socket"], "trade");
    assert!(login(0)["untilUs"].is_null());
    control(&venue, json!({"cmd": "cut", "socket": "trade"}));
    let _second = trade(&venue);
    let (cut, open) = (login(0), login(1));
    assert!(cut["untilUs"].as_i64() >= cut["fromUs"].as_i64());
    assert!(open["fromUs"].as_i64() >= cut["untilUs"].as_i64());
    assert!(open["untilUs"].is_null());
    drop(first);
}
