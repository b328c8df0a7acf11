//! The core when the venue changes an instrument.

use crate::bybit_script::instruments::{INSTRUMENTS, instrument};
use crate::bybit_script::{START_MS, SYMBOL, Script, limit};
use hbl_venues::bybit::core::Socket;
use hbl_venues::kit::codes;
use hbl_venues::kit::venue::{MarketData as _, VenueEvent};
use hftbacktest::types::{Side, Status};
use serde_json::{Value, json};

/// The venue says this of the instrument from now on, and a trade between two ticks goes by.
fn changes_to(venue: &mut Script, item: &Value) {
    venue.pass(6000);
    venue.will_list(INSTRUMENTS, &[item], 3);
    off_grid_trade(venue);
}

fn off_grid_trade(venue: &mut Script) {
    let ms = START_MS + venue.ms;
    venue.says(
        Socket::Public,
        &json!({
            "topic": format!("publicTrade.{SYMBOL}"), "type": "snapshot", "ts": ms,
            "data": [{ "T": ms, "s": SYMBOL, "S": "Buy", "v": "0.1", "p": "100.013", "i": "t", "BT": false }],
        }),
    );
    venue.pass(100);
    // Whatever is asked later is answered as before.
    venue.answers.clear();
}

fn suspended(venue: &Script) -> Option<String> {
    let mut last = None;
    for event in &venue.events {
        match event {
            VenueEvent::Suspended { reject, .. } => {
                assert_eq!(reject.code, codes::INSTRUMENT_CHANGED);
                last = Some(reject.text.clone());
            }
            VenueEvent::Resumed { .. } => last = None,
            _ => {}
        }
    }
    last
}

#[test]
fn a_finer_tick_stops_new_orders_and_every_price_stays_as_it_was_asked() {
    let mut venue = Script::listed();
    let order = limit(1, Side::Buy, 200, 1.0);
    let (link, id) = venue.live(&order);
    changes_to(&mut venue, &instrument("0.05", "0.1", json!({})));
    let text = suspended(&venue).unwrap();
    assert!(text.contains("tick size 0.05 instead of 0.5"), "{text}");
    assert!(text.contains("registered with tick size 0.05"), "{text}");

    assert!(venue.submit(&limit(2, Side::Buy, 200, 1.0)).is_none());
    let refused = venue.reports(2)[0].reject.clone().unwrap();
    assert_eq!(refused.code, codes::INSTRUMENT_CHANGED, "{}", refused.text);

    let amend = venue.amend(1, 198, 1.0).unwrap();
    assert_eq!(amend["args"][0]["price"], "99.0");
    let amended = limit(1, Side::Buy, 198, 1.0);
    venue.pass(10);
    venue.order(&link, &id, &amended, "New", 0.0);
    let reported = venue.reports(1).pop().unwrap();
    assert_eq!(
        (reported.status, reported.price_tick),
        (Status::Replaced, 198)
    );

    assert!(venue.cancel(1).is_some());
    venue.pass(10);
    venue.order(&link, &id, &amended, "Cancelled", 0.0);
    let reported = venue.reports(1).pop().unwrap();
    assert_eq!(
        (reported.status, reported.price_tick),
        (Status::Canceled, 198)
    );

    let at = venue.now();
    let refused = venue.core.register(at, SYMBOL, 0.5, 0.1).unwrap_err();
    assert!(refused.text.contains("tick size 0.05"), "{}", refused.text);
    assert_eq!(venue.core.register(at, SYMBOL, 0.05, 0.1), Ok(0));
    venue.pass(500);
    assert_eq!(suspended(&venue), None);
    let frame = venue.submit(&limit(3, Side::Buy, 2001, 1.0)).unwrap();
    assert_eq!(frame["args"][0]["price"], "100.05");
}

#[test]
fn a_coarser_tick_does_the_same_to_an_order_that_lies_between_its_ticks() {
    let mut venue = Script::listed();
    let order = limit(1, Side::Buy, 201, 1.0);
    let (link, id) = venue.live(&order);
    changes_to(&mut venue, &instrument("1", "0.1", json!({})));
    assert!(suspended(&venue).is_some());
    assert!(venue.submit(&limit(2, Side::Buy, 100, 1.0)).is_none());
    venue.order(&link, &id, &order, "Cancelled", 0.0);
    let reported = venue.reports(1).pop().unwrap();
    assert_eq!(
        (reported.status, reported.price_tick),
        (Status::Canceled, 201)
    );
}

#[test]
fn the_hourly_reading_finds_a_change_as_well() {
    let mut venue = Script::listed();
    venue.tick_size = "1";
    venue.pass(3_601_000);
    assert!(
        suspended(&venue)
            .unwrap()
            .contains("tick size 1 instead of 0.5")
    );
    assert!(venue.submit(&limit(2, Side::Buy, 100, 1.0)).is_none());
}

#[test]
fn minimum_status_and_settlement_stop_new_orders_and_as_before_they_go_again() {
    for (more, words) in [
        (
            json!({ "status": "Closed" }),
            "status Closed instead of Trading",
        ),
        (
            json!({ "settleCoin": "USDC" }),
            "settle coin USDC instead of USDT",
        ),
        (
            json!({ "lotSizeFilter": { "qtyStep": "0.1", "minOrderQty": "0.20" } }),
            "smallest quantity 0.2 instead of 0.1",
        ),
    ] {
        let mut venue = Script::listed();
        changes_to(&mut venue, &instrument("0.5", "0.1", more));
        let text = suspended(&venue).unwrap();
        assert!(text.contains(words), "{text}");
        assert!(venue.submit(&limit(1, Side::Buy, 200, 1.0)).is_none());
        changes_to(&mut venue, &instrument("0.50", "0.10", json!({})));
        assert_eq!(suspended(&venue), None);
        assert!(venue.submit(&limit(2, Side::Buy, 200, 1.0)).is_some());
    }
}

#[test]
fn a_symbol_that_is_not_listed_any_more_takes_no_new_orders() {
    let mut venue = Script::listed();
    let other = json!({
        "symbol": "YUSDT", "priceFilter": { "tickSize": "1" }, "lotSizeFilter": { "qtyStep": "1" },
    });
    changes_to(&mut venue, &other);
    let text = suspended(&venue).unwrap();
    assert!(text.contains("not listed"), "{text}");
    assert!(venue.submit(&limit(1, Side::Buy, 200, 1.0)).is_none());
}

#[test]
fn an_order_is_filled_in_lots_and_at_prices_that_came_later() {
    let mut venue = Script::listed();
    let order = limit(1, Side::Buy, 200, 1.0);
    let (link, id) = venue.live(&order);
    let mut fill = venue.fill_json("e1", &link, &id, &order, 0.1, 0.9);
    fill["execQty"] = "0.05".into();
    fill["leavesQty"] = "0.95".into();
    fill["execPrice"] = "99.9".into();
    venue.private("execution", json!([fill]));
    let reported = venue.reports(1).pop().unwrap();
    assert_eq!((reported.exec_qty, reported.leaves_qty), (0.05, 0.95));
    assert_eq!(reported.exec_price_tick, 200, "the nearest");
    let notices = venue.order_notices(1);
    assert_eq!(notices[0].0, codes::PRICE_ROUNDED);
    assert!(notices[0].1.contains("99.9"), "{notices:?}");
    let mut end = venue.order_json(&link, &id, &order, "Cancelled", 0.0);
    end["cumExecQty"] = "0.05".into();
    venue.private("order", json!([end]));
    let reported = venue.reports(1).pop().unwrap();
    assert_eq!(
        (reported.status, reported.leaves_qty),
        (Status::Canceled, 0.95)
    );
}
