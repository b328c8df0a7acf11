//! What the core takes for its account's and what it leaves alone, and requests that nobody confirms.

use crate::bybit_script::instruments::{INSTRUMENTS, instrument};
use crate::bybit_script::messages::position_json;
use crate::bybit_script::{Answer, START_MS, SYMBOL, Script, limit, settings};
use hbl_venues::bybit::orders::link_id::LinkIds;
use hbl_venues::kit::codes;
use hbl_venues::kit::venue::{MarketData as _, Venue as _, VenueEvent};
use hftbacktest::types::Side;
use serde_json::json;

const REALTIME: &str = "/v5/order/realtime";
const HISTORY: &str = "/v5/order/history";
const EXECUTIONS: &str = "/v5/execution/list";
const POSITIONS: &str = "/v5/position/list";

#[test]
fn every_settle_coin_of_the_instruments_is_read() {
    let mut venue = Script::new(settings());
    let ours = instrument("0.5", "0.1", json!({ "settleCoin": "USDC" }));
    let other = json!({
        "symbol": "YUSDT", "settleCoin": "USDT", "priceFilter": { "tickSize": "1" },
        "lotSizeFilter": { "qtyStep": "1" },
    });
    venue.will_list(INSTRUMENTS, &[&ours, &other], 1);
    venue.held.insert(POSITIONS);
    venue.pass(200);
    venue.pass(1000);
    let mut coins = Vec::new();
    for _ in 0..4 {
        let Some(call) = venue.called(POSITIONS).pop() else {
            break;
        };
        let coin = call.query.split("settleCoin=").nth(1).unwrap();
        let coin = coin.split('&').next().unwrap().to_owned();
        let list = match coin.as_str() {
            "USDC" => vec![position_json("0.7", json!({}))],
            _ => vec![],
        };
        coins.push(coin);
        venue.calls.clear();
        let body = venue.body(0, &json!({ "list": list, "nextPageCursor": "" }));
        venue.will(POSITIONS, Answer::Body(body));
        venue.answer_call(&call);
        venue.pass(100);
    }
    assert_eq!(coins, ["USDC", "USDT"]);
    let at = venue.now();
    venue.core.register(at, SYMBOL, 0.5, 0.1).unwrap();
    assert_eq!(venue.core.position(0), Some(0.7));
}

#[test]
fn a_position_that_a_list_left_out_counts_again_once_a_later_list_names_it() {
    let mut venue = Script::listed();
    let item = position_json("0.7", json!({}));
    venue.private("position", json!([item]));
    assert_eq!(venue.core.position(0), Some(0.7));
    venue.pass(40_000);
    assert_eq!(venue.core.position(0), Some(0.0));
    // Sent late: it is from before that list.
    venue.private("position", json!([item]));
    assert_eq!(venue.core.position(0), Some(0.0));
    venue.will_list(POSITIONS, &[&item], 20);
    venue.pass(40_000);
    assert_eq!(venue.core.position(0), Some(0.7));
    assert_eq!(venue.position().map(|p| p.0), Some(0.7));
}

#[test]
fn orders_of_another_category_are_left_to_another_connector() {
    let mut venue = Script::listed();
    let mut ids = LinkIds::new("t", 900).unwrap();
    let link = ids.next(7, 55);
    let order = limit(9, Side::Buy, 200, 1.0);
    let mut item = venue.order_json(&link, "v9", &order, "New", 0.0);
    item["category"] = "spot".into();
    venue.private("order", json!([item]));
    let mut fill = venue.fill_json("e1", &link, "v9", &order, 0.4, 0.6);
    fill["category"] = "spot".into();
    venue.private("execution", json!([fill]));
    venue.pass(100);
    assert!(
        !venue
            .is_reported(|event| matches!(event, VenueEvent::Recovered(_) | VenueEvent::Order(_)))
    );
    item["category"] = "linear".into();
    venue.private("order", json!([item]));
    assert!(venue.is_reported(|event| matches!(event, VenueEvent::Recovered(_))));
}

#[test]
fn another_connector_with_the_same_prefix_is_reported_and_its_orders_are_left_alone() {
    for (epoch, made_after_ms) in [(2000, 0), (900, 120_000), (1000, 0)] {
        let mut venue = Script::listed();
        let mut ids = LinkIds::new("t", epoch).unwrap();
        let link = ids.next(8, 66);
        venue.pass(made_after_ms + 10);
        let order = limit(9, Side::Buy, 200, 1.0);
        let mut item = venue.order_json(&link, "v9", &order, "New", 0.0);
        item["createdTime"] = (START_MS + venue.ms).to_string().into();
        venue.private("order", json!([item]));
        let notices = venue.notices();
        let reported = notices.iter().find(|n| n.code == codes::PREFIX_SHARED);
        let text = &reported
            .unwrap_or_else(|| panic!("{epoch}: {notices:?}"))
            .text;
        assert!(
            text.contains("order_prefix t") && text.contains("bot 8"),
            "{text}"
        );
        assert!(!venue.is_reported(|event| matches!(event, VenueEvent::Recovered(_))));
    }
}

#[test]
fn an_unconfirmed_amendment_that_arrived_is_not_reported_as_rejected() {
    for arrived in [true, false] {
        let mut venue = Script::listed();
        let order = limit(1, Side::Buy, 200, 1.0);
        let (link, id) = venue.live(&order);
        let frame = venue.amend(1, 198, 2.0).unwrap();
        let is_now = if arrived {
            limit(1, Side::Buy, 198, 2.0)
        } else {
            order
        };
        let item = venue.order_json(&link, &id, &is_now, "New", 0.0);
        venue.will_list(REALTIME, &[&item], 9);
        venue.answer_request(&frame, 10_016, &json!({}));
        venue.pass(4000);
        let refused = venue.rejects(1);
        assert_eq!(refused.is_empty(), arrived, "{refused:?}");
        let reported = venue.reports(1).pop().unwrap();
        let terms = if arrived { (198, 2.0) } else { (200, 1.0) };
        assert_eq!((reported.price_tick, reported.qty), terms);
    }
}

#[test]
fn a_wide_receive_window_lengthens_the_wait_for_an_order_that_may_arrive() {
    let mut wide = settings();
    wide.recv_window_ms = 60_000;
    let mut venue = Script::ready_with(wide, 0.5, 0.1);
    venue.submit(&limit(1, Side::Buy, 200, 1.0)).unwrap();
    venue.pass(60_000);
    assert_eq!(venue.statuses(1), [], "it may still arrive");
    assert!(venue.called(HISTORY).len() > 3);
    venue.pass(30_000);
    let reported = venue.reports(1).pop().unwrap();
    assert_eq!(reported.reject.unwrap().code, codes::NEVER_ARRIVED);
}

#[test]
fn a_fill_that_the_private_stream_does_not_report_is_known_within_six_seconds() {
    let mut venue = Script::listed();
    let order = limit(1, Side::Buy, 200, 1.0);
    let (link, id) = venue.live(&order);
    // Pongs are answered, and nothing else comes.
    let item = venue.order_json(&link, &id, &order, "PartiallyFilled", 0.4);
    let fill = venue.fill_json("e1", &link, &id, &order, 0.4, 0.6);
    venue.will_list(REALTIME, &[&item], 9);
    venue.will_list(EXECUTIONS, &[&fill], 9);
    venue.pass(6000);
    assert_eq!(venue.filled(1), 0.4);
}
