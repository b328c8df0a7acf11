//! The core when the venue sends items that cannot be read.

use crate::bybit_script::instruments::{INSTRUMENTS, instrument};
use crate::bybit_script::messages::position_json;
use crate::bybit_script::{SYMBOL, Script, limit, settings};
use hbl_venues::bybit::orders::link_id::LinkIds;
use hbl_venues::kit::codes;
use hbl_venues::kit::venue::{Venue as _, VenueEvent};
use hftbacktest::types::{Side, Status};
use serde_json::{Value, json};

const REALTIME: &str = "/v5/order/realtime";
const EXECUTIONS: &str = "/v5/execution/list";
const POSITIONS: &str = "/v5/position/list";

/// Breaks one field of an order's report.
fn broken(venue: &Script, link: &str, id: &str, field: &str, value: Value) -> Value {
    let order = limit(1, Side::Buy, 200, 1.0);
    let mut item = venue.order_json(link, id, &order, "New", 0.0);
    match value {
        Value::Null => {
            item.as_object_mut().unwrap().remove(field);
        }
        value => item[field] = value,
    }
    item
}

#[test]
fn an_order_that_cannot_be_read_is_not_one_that_is_not_there() {
    for (field, value) in [
        ("price", json!("100.3")),
        ("price", json!([1])),
        ("orderStatus", json!("Sleeping")),
        ("orderStatus", Value::Null),
        ("cumExecQty", json!("x")),
        ("orderId", Value::Null),
        ("side", json!("Both")),
    ] {
        for was_reported in [true, false] {
            let mut venue = Script::listed();
            let order = limit(1, Side::Buy, 200, 1.0);
            let (link, id) = match was_reported {
                true => venue.live(&order),
                false => {
                    let frame = venue.submit(&order).unwrap();
                    let link = frame["args"][0]["orderLinkId"].as_str().unwrap();
                    (link.to_owned(), "v1".to_owned())
                }
            };
            let item = broken(&venue, &link, &id, field, value.clone());
            venue.private("order", json!([item]));
            venue.will_list(REALTIME, &[&item], 200);
            venue.pass(90_000);
            let ends = venue.statuses(1);
            let is_end = |status: &Status| !matches!(status, Status::New | Status::PartiallyFilled);
            assert!(!ends.iter().any(is_end), "{field} {value}: {ends:?}");
            let notices = venue.order_notices(1);
            let named = |(code, text): &&(i64, String)| {
                *code == codes::FRAME_UNREADABLE
                    && text.contains(field)
                    && text.contains("order 1 of bot 7")
            };
            assert_eq!(notices.iter().filter(named).count(), 1, "{notices:?}");
            // It can still be cancelled, and is known again as soon as it can be read.
            assert!(venue.cancel(1).is_some());
            venue.answers.clear();
            venue.order(&link, &id, &order, "Cancelled", 0.0);
            assert_eq!(venue.statuses(1).last(), Some(&Status::Canceled));
        }
    }
}

#[test]
fn items_that_cannot_be_read_lose_no_other_of_their_frame_or_list() {
    let mut venue = Script::listed();
    let (one, two) = (limit(1, Side::Buy, 200, 1.0), limit(2, Side::Buy, 199, 1.0));
    let (link, id) = venue.live(&one);
    let (other_link, other_id) = venue.live(&two);
    let bad = broken(&venue, &link, &id, "price", json!("x"));
    let good = venue.order_json(&other_link, &other_id, &two, "Cancelled", 0.0);
    venue.private("order", json!([bad, 7, null, good]));
    assert_eq!(venue.statuses(2).last(), Some(&Status::Canceled));
    let mut bad = venue.fill_json("e1", &link, &id, &one, 0.4, 0.6);
    bad["execQty"] = "x".into();
    let good = venue.fill_json("e2", &link, &id, &one, 0.3, 0.3);
    venue.private("execution", json!([bad, good]));
    assert_eq!(venue.filled(1), 0.3);
    let read = venue.fill_json("e1", &link, &id, &one, 0.4, 0.6);
    venue.will_list(EXECUTIONS, &[&read], 1);
    venue.pass(3000);
    assert!((venue.filled(1) - 0.7).abs() < 1e-9, "asked for again");
    assert!(
        venue
            .order_notices(1)
            .iter()
            .any(|(_, text)| text.contains("execQty"))
    );
}

#[test]
fn an_unreadable_order_of_a_previous_session_is_reported_as_unknown_until_it_can_be_read() {
    let mut venue = Script::new(settings());
    let mut ids = LinkIds::new("t", 900).unwrap();
    let link = ids.next(7, 55);
    let order = limit(1, Side::Buy, 200, 1.0);
    let good = venue.order_json(&link, "v9", &order, "New", 0.0);
    let mut bad = good.clone();
    bad["qty"] = "one".into();
    venue.will_list(REALTIME, &[&bad], 4);
    venue.start(0.5, 0.1);
    let text = venue.core.orders_unknown().unwrap().to_owned();
    assert!(
        text.contains("order 55 of bot 7") && text.contains("qty"),
        "{text}"
    );
    let recovered = |event: &VenueEvent| matches!(event, VenueEvent::Recovered(_));
    assert!(!venue.is_reported(recovered));
    venue.answers.clear();
    venue.will_list(REALTIME, &[&good], 9);
    venue.pass(60_000);
    assert!(venue.is_reported(recovered), "{:?}", venue.events);
    assert_eq!(venue.core.orders_unknown(), None);
}

#[test]
fn an_order_of_a_previous_session_is_read_once_its_symbol_is_listed_again() {
    let mut venue = Script::new(settings());
    let link = LinkIds::new("t", 900).unwrap().next(7, 55);
    let order = venue.order_json(&link, "v9", &limit(1, Side::Buy, 200, 1.0), "New", 0.0);
    let other = json!({
        "symbol": "YUSDT", "settleCoin": "USDT", "priceFilter": { "tickSize": "1" },
        "lotSizeFilter": { "qtyStep": "1" },
    });
    // The list, and the symbol by itself.
    venue.will_list(INSTRUMENTS, &[&other], 2);
    venue.will_list(REALTIME, &[&order], 20);
    venue.pass(1200);
    let text = venue.core.orders_unknown().unwrap_or_default();
    assert!(text.contains("order 55 of bot 7"), "{text}");
    venue.will_list(INSTRUMENTS, &[&instrument("0.5", "0.1", json!({}))], 9);
    venue.pass(30_000);
    assert_eq!(venue.core.orders_unknown(), None);
    assert!(venue.is_reported(|event| matches!(event, VenueEvent::Recovered(_))));
}

#[test]
fn an_unreadable_position_is_reported_as_not_known_and_read_again() {
    for (field, value) in [
        ("size", json!("x")),
        ("side", json!("Up")),
        ("positionIdx", json!("many")),
    ] {
        let mut venue = Script::listed();
        venue.private("position", json!([position_json("0.7", json!({}))]));
        assert_eq!(venue.core.position(0), Some(0.7));
        let bad = position_json("0.9", json!({ field: value, "seq": 6 }));
        venue.private("position", json!([bad]));
        assert_eq!(venue.core.position(0), None, "{field}");
        let unknown = VenueEvent::PositionUnknown { symbol: 0 };
        let times = venue.events.iter().filter(|event| **event == unknown);
        assert_eq!(times.count(), 1, "{field}: bots get a notice");
        let notice = venue.notices().pop().unwrap();
        assert_eq!(notice.code, codes::POSITION_UNKNOWN);
        assert!(
            notice.text.contains(SYMBOL) && notice.text.contains(field),
            "{}",
            notice.text
        );
        // Nor does a list with such an item count it as flat, or keep the core from being ready.
        venue.will_list(POSITIONS, &[&bad], 20);
        venue.pass(3000);
        assert_eq!(venue.core.position(0), None);
        assert!(venue.core.is_ready());
        venue.answers.clear();
        let good = position_json("0.9", json!({ "seq": 6 }));
        venue.will_list(POSITIONS, &[&good], 20);
        venue.pass(40_000);
        assert_eq!(venue.core.position(0), Some(0.9));
        assert_eq!(venue.position().map(|p| p.0), Some(0.9));
        // A flat one is not listed: then it is known again as well.
        venue.private("position", json!([bad]));
        assert_eq!(venue.core.position(0), None);
        venue.answers.clear();
        venue.pass(5000);
        assert_eq!(venue.core.position(0), Some(0.0));
        assert_eq!(venue.position().map(|p| p.0), Some(0.0));
    }
}
