//! The core when the venue changes an instrument, or sends items that cannot be read.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod bybit_script;

use bybit_script::{Answer, START_MS, SYMBOL, Script, limit, settings};
use hbl_venues::bybit::core::Socket;
use hbl_venues::bybit::orders::link_id::LinkIds;
use hbl_venues::kit::codes;
use hbl_venues::kit::venue::{Amendment, MarketData as _, Venue as _, VenueEvent};
use hftbacktest::types::{Side, Status};
use serde_json::{Value, json};

const INSTRUMENTS: &str = "/v5/market/instruments-info";
const REALTIME: &str = "/v5/order/realtime";
const HISTORY: &str = "/v5/order/history";
const EXECUTIONS: &str = "/v5/execution/list";
const POSITIONS: &str = "/v5/position/list";

fn instrument(tick: &str, lot: &str, more: Value) -> Value {
    let mut item = json!({
        "symbol": SYMBOL, "status": "Trading", "baseCoin": "X", "settleCoin": "USDT",
        "priceFilter": { "tickSize": tick },
        "lotSizeFilter": { "qtyStep": lot, "minOrderQty": "0.1", "minNotionalValue": "5" },
    });
    for (key, value) in more.as_object().unwrap() {
        item[key] = value.clone();
    }
    item
}

/// The venue says this of the instrument from now on, and a trade between two ticks goes by.
fn changes_to(venue: &mut Script, item: &Value) {
    venue.pass(6000);
    for _ in 0..3 {
        venue.will_answer(
            INSTRUMENTS,
            &json!({ "list": [item], "nextPageCursor": "" }),
        );
    }
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

fn order_notices(venue: &Script, handle: u64) -> Vec<(i64, String)> {
    let reported = venue.events.iter().filter_map(|event| match event {
        VenueEvent::OrderNotice { handle: of, notice } if *of == handle => {
            Some((notice.code, notice.text.clone()))
        }
        _ => None,
    });
    reported.collect()
}

fn ready() -> Script {
    let mut venue = Script::new(settings());
    let item = instrument("0.5", "0.1", json!({}));
    venue.will_answer(
        INSTRUMENTS,
        &json!({ "list": [item], "nextPageCursor": "" }),
    );
    venue.start(0.5, 0.1);
    assert!(venue.core.is_ready(), "{:?}", venue.events);
    venue.forget();
    venue
}

#[test]
fn a_finer_tick_stops_new_orders_and_every_price_stays_as_it_was_asked() {
    let mut venue = ready();
    let order = limit(1, Side::Buy, 200, 1.0);
    let (link, id) = venue.live(&order);
    changes_to(&mut venue, &instrument("0.05", "0.1", json!({})));
    let text = suspended(&venue).unwrap();
    assert!(text.contains("tick size 0.05 instead of 0.5"), "{text}");
    assert!(text.contains("registered with tick size 0.05"), "{text}");

    assert!(venue.submit(&limit(2, Side::Buy, 200, 1.0)).is_none());
    let refused = venue.reports(2)[0].reject.clone().unwrap();
    assert_eq!(refused.code, codes::INSTRUMENT_CHANGED, "{}", refused.text);

    let at = venue.now();
    venue.core.amend(
        at,
        0,
        &Amendment {
            handle: 1,
            price_tick: 198,
            qty: 1.0,
            deadline_ns: u64::MAX,
        },
    );
    venue.pump();
    let amend = venue.sent_ops("order.amend")[0].clone();
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
    let mut venue = ready();
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
    let mut venue = ready();
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
        let mut venue = ready();
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
    let mut venue = ready();
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
    let mut venue = ready();
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
    let notices = order_notices(&venue, 1);
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
            let mut venue = ready();
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
            for _ in 0..200 {
                venue.will_answer(REALTIME, &json!({ "list": [item], "nextPageCursor": "" }));
            }
            venue.pass(90_000);
            let ends = venue.statuses(1);
            let is_end = |status: &Status| !matches!(status, Status::New | Status::PartiallyFilled);
            assert!(!ends.iter().any(is_end), "{field} {value}: {ends:?}");
            let notices = order_notices(&venue, 1);
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
    let mut venue = ready();
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
    venue.will_answer(EXECUTIONS, &json!({ "list": [read], "nextPageCursor": "" }));
    venue.pass(3000);
    assert!((venue.filled(1) - 0.7).abs() < 1e-9, "asked for again");
    assert!(
        order_notices(&venue, 1)
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
    for _ in 0..4 {
        venue.will_answer(REALTIME, &json!({ "list": [bad], "nextPageCursor": "" }));
    }
    venue.start(0.5, 0.1);
    let text = venue.core.orders_unknown().unwrap().to_owned();
    assert!(
        text.contains("order 55 of bot 7") && text.contains("qty"),
        "{text}"
    );
    let adopted = |event: &VenueEvent| matches!(event, VenueEvent::Recovered(_));
    assert!(!venue.is_reported(adopted));
    venue.answers.clear();
    for _ in 0..9 {
        venue.will_answer(REALTIME, &json!({ "list": [good], "nextPageCursor": "" }));
    }
    venue.pass(60_000);
    assert!(venue.is_reported(adopted), "{:?}", venue.events);
    assert_eq!(venue.core.orders_unknown(), None);
}

fn position(size: &str, more: Value) -> Value {
    let mut item = json!({
        "symbol": SYMBOL, "side": "Buy", "size": size, "positionIdx": 0,
        "updatedTime": (START_MS + 5000).to_string(), "seq": 5,
    });
    for (key, value) in more.as_object().unwrap() {
        item[key] = value.clone();
    }
    item
}

#[test]
fn an_unreadable_position_is_reported_as_not_known_and_read_again() {
    for (field, value) in [
        ("size", json!("x")),
        ("side", json!("Up")),
        ("positionIdx", json!("many")),
    ] {
        let mut venue = ready();
        venue.private("position", json!([position("0.7", json!({}))]));
        assert_eq!(venue.core.position(0), Some(0.7));
        let bad = position("0.9", json!({ field: value, "seq": 6 }));
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
        for _ in 0..20 {
            venue.will_answer(POSITIONS, &json!({ "list": [bad], "nextPageCursor": "" }));
        }
        venue.pass(3000);
        assert_eq!(venue.core.position(0), None);
        assert!(venue.core.is_ready());
        venue.answers.clear();
        let good = position("0.9", json!({ "seq": 6 }));
        for _ in 0..20 {
            venue.will_answer(POSITIONS, &json!({ "list": [good], "nextPageCursor": "" }));
        }
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

#[test]
fn every_settle_coin_of_the_instruments_is_read() {
    let mut venue = Script::new(settings());
    let ours = instrument("0.5", "0.1", json!({ "settleCoin": "USDC" }));
    let other = json!({
        "symbol": "YUSDT", "settleCoin": "USDT", "priceFilter": { "tickSize": "1" },
        "lotSizeFilter": { "qtyStep": "1" },
    });
    venue.will_answer(
        INSTRUMENTS,
        &json!({ "list": [ours, other], "nextPageCursor": "" }),
    );
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
            "USDC" => vec![position("0.7", json!({}))],
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
fn orders_of_another_category_are_left_to_another_connector() {
    let mut venue = ready();
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
        let mut venue = ready();
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
        let mut venue = ready();
        let order = limit(1, Side::Buy, 200, 1.0);
        let (link, id) = venue.live(&order);
        let at = venue.now();
        venue.core.amend(
            at,
            0,
            &Amendment {
                handle: 1,
                price_tick: 198,
                qty: 2.0,
                deadline_ns: u64::MAX,
            },
        );
        venue.pump();
        let frame = venue.sent_ops("order.amend")[0].clone();
        let is_now = if arrived {
            limit(1, Side::Buy, 198, 2.0)
        } else {
            order
        };
        let item = venue.order_json(&link, &id, &is_now, "New", 0.0);
        for _ in 0..9 {
            venue.will_answer(REALTIME, &json!({ "list": [item], "nextPageCursor": "" }));
        }
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
    let mut venue = ready();
    let order = limit(1, Side::Buy, 200, 1.0);
    let (link, id) = venue.live(&order);
    // Pongs are answered, and nothing else comes.
    let item = venue.order_json(&link, &id, &order, "PartiallyFilled", 0.4);
    let fill = venue.fill_json("e1", &link, &id, &order, 0.4, 0.6);
    for _ in 0..9 {
        venue.will_answer(REALTIME, &json!({ "list": [item], "nextPageCursor": "" }));
        venue.will_answer(EXECUTIONS, &json!({ "list": [fill], "nextPageCursor": "" }));
    }
    venue.pass(6000);
    assert_eq!(venue.filled(1), 0.4);
}
