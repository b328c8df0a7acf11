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
fn a_changed_lot_or_smallest_value_stops_new_orders_and_moves_no_order() {
    let smallest = json!({ "qtyStep": "0.1", "minOrderQty": "0.1", "minNotionalValue": "10.0" });
    let smallest = json!({ "lotSizeFilter": smallest });
    for (lot, more, words) in [
        ("0.01", json!({}), "lot size 0.01 instead of 0.1"),
        ("1", json!({}), "lot size 1 instead of 0.1"),
        ("0.1", smallest, "smallest value 10 instead of 5"),
    ] {
        let mut venue = Script::listed();
        venue.pass(3_596_000);
        let order = limit(1, Side::Buy, 200, 1.5);
        let (link, id) = venue.live(&order);
        venue.will_list(INSTRUMENTS, &[&instrument("0.5", lot, more)], 1);
        venue.pass(4_000);
        let text = suspended(&venue).unwrap_or_else(|| panic!("{words}: not stopped"));
        assert!(text.contains(words), "{text}");
        let sizes = format!("registered with tick size 0.5 and lot size {lot},");
        assert!(text.contains(&sizes), "{text}");

        assert!(venue.submit(&limit(2, Side::Buy, 200, 3.0)).is_none());
        let refused = venue.reports(2)[0].reject.clone().unwrap();
        assert_eq!(refused.code, codes::INSTRUMENT_CHANGED, "{}", refused.text);

        venue.fill("e1", &link, &id, &order, 0.3, 1.2);
        let filled = venue.reports(1).pop().unwrap();
        assert_eq!((filled.exec_qty, filled.leaves_qty), (0.3, 1.2), "{words}");
        let amend = venue.amend(1, 198, 1.4).unwrap();
        let sent = &amend["args"][0];
        assert_eq!(
            (&sent["price"], &sent["qty"]),
            (&json!("99.0"), &json!("1.4"))
        );
        let amended = limit(1, Side::Buy, 198, 1.4);
        venue.order(&link, &id, &amended, "PartiallyFilled", 0.3);
        assert!(venue.cancel(1).is_some());
        venue.order(&link, &id, &amended, "Cancelled", 0.3);
        let ended = venue.reports(1).pop().unwrap();
        assert_eq!(
            (ended.status, ended.qty),
            (Status::Canceled, 1.4),
            "{words}"
        );

        let at = venue.now();
        let lot: f64 = lot.parse().unwrap();
        if lot != 0.1 {
            let refused = venue.core.register(at, SYMBOL, 0.5, 0.1).unwrap_err();
            assert!(refused.text.contains("lot size"), "{}", refused.text);
        }
        assert_eq!(venue.core.register(at, SYMBOL, 0.5, lot), Ok(0));
        venue.pass(500);
        assert_eq!(suspended(&venue), None);
        let frame = venue.submit(&limit(3, Side::Buy, 200, 2.0 * lot)).unwrap();
        let sent = frame["args"][0]["qty"].as_str().unwrap();
        assert_eq!(sent.parse::<f64>().unwrap(), 2.0 * lot);
    }
}

/// What the venue lists of the instrument is finer, and nothing of that was read yet.
fn finer_unread() -> Script {
    let mut venue = Script::listed();
    venue.pass(6_000);
    venue.will_list(INSTRUMENTS, &[&instrument("0.05", "0.1", json!({}))], 1);
    venue
}

/// The instrument was asked for, by its name alone, and its change was the news.
fn assert_asked_at_once(venue: &Script) {
    let asked = venue.called(INSTRUMENTS);
    assert_eq!(asked.len(), 1, "{asked:?}");
    let one = format!("category=linear&symbol={SYMBOL}");
    assert!(asked[0].query.contains(&one), "{asked:?}");
    let text = suspended(venue).expect("new orders are stopped");
    assert!(text.contains("tick size 0.05 instead of 0.5"), "{text}");
}

#[test]
fn a_book_delta_between_two_ticks_asks_for_the_instrument_at_once() {
    let mut venue = finer_unread();
    venue.forget();
    let (u, seq) = (venue.u + 1, venue.seq + 1);
    venue.book(50, ("delta", u, seq), &[("100.05", "1.0")], &[]);
    venue.pump();
    assert_asked_at_once(&venue);
    let reported = venue.notices();
    let reported = reported
        .iter()
        .find(|it| it.code == codes::FRAME_UNREADABLE);
    let text = &reported.unwrap().text;
    assert!(
        text.contains("orderbook.50.XUSDT") && text.contains("100.05"),
        "{text}"
    );
    let is_stale = |event: &VenueEvent| matches!(event, VenueEvent::FeedStale { symbol: 0 });
    assert!(
        venue.is_reported(is_stale),
        "a change of the book is missing"
    );
}

#[test]
fn a_private_order_between_two_ticks_asks_for_the_instrument_at_once() {
    let mut venue = finer_unread();
    let order = limit(1, Side::Buy, 200, 1.0);
    let (link, id) = venue.live(&order);
    venue.forget();
    let mut item = venue.order_json(&link, &id, &order, "New", 0.0);
    item["price"] = "99.95".into();
    venue.private("order", json!([item]));
    assert_asked_at_once(&venue);
    let reported = venue.order_notices(1);
    assert_eq!(reported[0].0, codes::FRAME_UNREADABLE);
    assert!(
        reported[0].1.contains("price") && reported[0].1.contains("99.95"),
        "{reported:?}"
    );
    assert!(venue.statuses(1).is_empty(), "the order is as it was known");
    assert!(venue.cancel(1).is_some());
}

#[test]
fn a_value_off_the_grid_right_after_a_reading_is_looked_at_five_seconds_later() {
    let mut venue = finer_unread();
    off_grid_trade(&mut venue);
    venue.will_list(INSTRUMENTS, &[&instrument("0.5", "0.1", json!({}))], 1);
    venue.forget();
    off_grid_trade(&mut venue);
    venue.pass(4_000);
    assert!(venue.called(INSTRUMENTS).is_empty());
    venue.pass(1_000);
    assert_eq!(venue.called(INSTRUMENTS).len(), 1);
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
