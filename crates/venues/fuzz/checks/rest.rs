//! REST bodies.

use hbl_venues::bybit::frames::rest;
use serde_json::Value;

use super::json::{same_items, value};
use super::private::{executions, orders, positions};

pub fn check(bytes: &[u8]) {
    let json = value(bytes);
    let list = |json: &Value| match &json["result"]["list"] {
        Value::Null => Value::Array(Vec::new()),
        list => list.clone(),
    };
    macro_rules! page {
        ($parse:path, $each:expr) => {
            if let (Ok(answer), Some(json)) = ($parse(bytes), &json) {
                envelope(answer.code, answer.time_ms, json);
                let cursor = json["result"]["nextPageCursor"].as_str();
                if let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) {
                    assert_eq!(answer.result.cursor.as_deref(), Some(cursor));
                }
                $each(&answer.result.items, &list(json));
            }
        };
    }
    page!(rest::orders, orders);
    page!(rest::executions, executions);
    page!(rest::positions, positions);
    page!(rest::wallets, |items: &Vec<_>, json: &Value| {
        assert_eq!(items.len(), json.as_array().unwrap().len());
    });
    page!(
        rest::cancel_all,
        |items: &Vec<rest::OrderIds<'_>>, json: &Value| {
            same_items(items, json, |item| {
                vec![
                    ("orderId", &item.order_id),
                    ("orderLinkId", &item.order_link_id),
                ]
            });
        }
    );
    page!(
        rest::instruments,
        |items: &Vec<rest::InstrumentItem<'_>>, json: &Value| {
            same_items(items, json, |item| vec![("symbol", &item.symbol)]);
            for item in items {
                if let Ok(scale) = item.scale() {
                    assert!(scale.tick.to_f64() > 0.0 && scale.lot.to_f64() > 0.0);
                }
            }
        }
    );
    if let (Ok(answer), Some(json)) = (rest::order_ids(bytes), &json) {
        envelope(answer.code, answer.time_ms, json);
    }
    if let (Ok(answer), Some(json)) = (rest::server_time(bytes), &json) {
        envelope(answer.code, answer.time_ms, json);
    }
}

fn envelope(code: i64, time_ms: i64, json: &Value) {
    assert!(json["retCode"].as_i64().is_none_or(|said| said == code));
    assert!(json["time"].as_i64().is_none_or(|said| said == time_ms));
}
