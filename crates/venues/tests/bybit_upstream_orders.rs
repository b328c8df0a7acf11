//! Faults of hftbacktest's own Bybit connector that concern orders, fills and positions: each test
//! fails on that behaviour. `docs/design/upstream-defects.md` says which is which.

use crate::bybit_script::{START_MS, SYMBOL, Script, limit, settings};
use hbl_venues::bybit::core::Socket;
use hbl_venues::kit::codes;
use hbl_venues::kit::venue::{MarketData as _, VenueEvent};
use hftbacktest::types::{Side, Status};
use serde_json::{Value, json};

const REALTIME: &str = "/v5/order/realtime";
const EXECUTIONS: &str = "/v5/execution/list";

#[test]
fn an_order_without_a_trade_connection_ends_at_once_with_the_reason() {
    let mut venue = Script::ready();
    venue.shut.insert(Socket::Trade);
    venue.cut(Socket::Trade);
    let order = limit(1, Side::Buy, 190, 1.0);
    assert!(venue.submit(&order).is_none());
    assert_eq!(venue.statuses(1), [Status::Rejected]);
    let reject = venue.reports(1).remove(0).reject.unwrap();
    assert_eq!(reject.code, codes::NOT_CONNECTED);
    venue.open(Socket::Trade);
    venue.pass(2_000);
    assert!(
        venue.sent_ops("order.create").is_empty(),
        "it is not sent later"
    );
}

#[test]
fn a_cancel_without_a_trade_connection_is_refused_and_the_order_stays() {
    let mut venue = Script::ready();
    let order = limit(1, Side::Buy, 190, 1.0);
    venue.live(&order);
    venue.shut.insert(Socket::Trade);
    venue.cut(Socket::Trade);
    assert!(venue.cancel(1).is_none());
    assert_eq!(venue.rejects(1)[0].code, codes::NOT_CONNECTED);
    assert_eq!(venue.statuses(1), [Status::New]);
}

#[test]
fn a_fill_carries_its_price_in_ticks_what_is_left_and_who_rested() {
    let mut venue = Script::ready();
    let order = limit(1, Side::Buy, 190, 1.0);
    let (link, id) = venue.live(&order);
    venue.fill("e1", &link, &id, &order, 0.4, 0.6);
    venue.fill("e2", &link, &id, &order, 0.6, 0.0);
    let reported = venue.reports(1);
    let fills: Vec<_> = reported[1..]
        .iter()
        .map(|r| {
            (
                r.status,
                r.exec_price_tick,
                r.exec_qty,
                r.leaves_qty,
                r.maker,
            )
        })
        .collect();
    assert_eq!(
        fills,
        [
            (Status::PartiallyFilled, 190, 0.4, 0.6, true),
            (Status::Filled, 190, 0.6, 0.0, true),
        ]
    );
}

#[test]
fn an_end_that_comes_before_its_execution_waits_for_it() {
    let mut venue = Script::ready();
    let order = limit(1, Side::Buy, 190, 1.0);
    let (link, id) = venue.live(&order);
    venue.order(&link, &id, &order, "Filled", 1.0);
    assert_eq!(venue.statuses(1), [Status::New], "no end without its fill");
    venue.fill("e1", &link, &id, &order, 1.0, 0.0);
    assert_eq!(venue.statuses(1), [Status::New, Status::Filled]);
    assert_eq!(venue.filled(1), 1.0);
    assert_eq!(venue.reports(1)[1].exec_price_tick, 190);
}

#[test]
fn a_fill_whose_execution_never_comes_is_reported_at_the_average_price() {
    let mut venue = Script::ready();
    let order = limit(1, Side::Buy, 190, 1.0);
    let (link, id) = venue.live(&order);
    venue.order(&link, &id, &order, "Filled", 1.0);
    venue.pass(30_000);
    let asked = venue.called(EXECUTIONS);
    assert!(asked.iter().any(|call| call.query.contains(&link)));
    assert_eq!(venue.statuses(1), [Status::New, Status::Filled]);
    assert_eq!(venue.filled(1), 1.0);
    assert_eq!(venue.reports(1)[1].exec_price_tick, 190);
}

#[test]
fn an_execution_that_comes_again_is_not_reported_again() {
    let mut venue = Script::ready();
    let order = limit(1, Side::Buy, 190, 1.0);
    let (link, id) = venue.live(&order);
    for _ in 0..3 {
        venue.fill("e1", &link, &id, &order, 0.4, 0.6);
    }
    venue.order(&link, &id, &order, "PartiallyFilled", 0.4);
    assert_eq!(venue.filled(1), 0.4);
    assert_eq!(venue.reports(1).len(), 2);
}

#[test]
fn a_late_report_of_a_new_order_changes_nothing() {
    let mut venue = Script::ready();
    let order = limit(1, Side::Buy, 190, 1.0);
    let (link, id) = venue.live(&order);
    let new = venue.order_json(&link, &id, &order, "New", 0.0);
    venue.pass(100);
    venue.fill("e1", &link, &id, &order, 0.4, 0.6);
    venue.order(&link, &id, &order, "PartiallyFilled", 0.4);
    venue.private("order", json!([new]));
    let (statuses, last) = (venue.statuses(1), venue.reports(1).pop().unwrap());
    assert_eq!(statuses, [Status::New, Status::PartiallyFilled]);
    assert_eq!(last.leaves_qty, 0.6);
    venue.pass(100);
    venue.order(&link, &id, &order, "Cancelled", 0.4);
    venue.private("order", json!([new]));
    assert_eq!(venue.statuses(1).last(), Some(&Status::Canceled));
    assert_eq!(venue.statuses(1).len(), 3, "nothing after the end");
}

#[test]
fn a_request_that_got_lost_is_asked_for_and_ends_as_never_arrived() {
    let mut venue = Script::ready();
    let order = limit(1, Side::Buy, 190, 1.0);
    let frame = venue.submit(&order).unwrap();
    let link = frame["args"][0]["orderLinkId"].as_str().unwrap();
    venue.pass(60_000);
    let asked = venue.called(REALTIME);
    assert!(asked.iter().any(|call| call.query.contains(link)));
    let last = venue.reports(1).pop().unwrap();
    assert_eq!(last.status, Status::Rejected);
    assert_eq!(last.reject.unwrap().code, codes::NEVER_ARRIVED);
    assert_eq!(venue.sent_ops("order.create").len(), 1, "never sent again");
}

#[test]
fn an_ambiguous_answer_does_not_end_an_order_that_lives() {
    for code in [
        10_000, 10_006, 10_016, 10_019, 10_429, 20_003, 20_006, 110_072,
    ] {
        let mut venue = Script::ready();
        let order = limit(1, Side::Buy, 190, 1.0);
        let frame = venue.submit(&order).unwrap();
        let link = frame["args"][0]["orderLinkId"].as_str().unwrap().to_owned();
        let item = venue.order_json(&link, "v1", &order, "New", 0.0);
        venue.will_answer(REALTIME, &json!({ "list": [item], "nextPageCursor": "" }));
        venue.answer_request(&frame, code, &json!({}));
        venue.pass(2_000);
        assert_eq!(venue.statuses(1), [Status::New], "{code}");
        assert_eq!(venue.sent_ops("order.create").len(), 1, "{code}");
        venue.pass(5_000);
        assert!(venue.cancel(1).is_some(), "{code}: it can be cancelled");
    }
}

#[test]
fn a_definite_reject_ends_the_order_with_code_text_and_time() {
    for code in [10_001, 110_003, 110_007, 110_094] {
        let mut venue = Script::ready();
        let frame = venue.submit(&limit(1, Side::Buy, 190, 1.0)).unwrap();
        venue.answer_request(&frame, code, &json!({}));
        let reported = venue.reports(1);
        assert_eq!(
            (reported.len(), reported[0].status),
            (1, Status::Rejected),
            "{code}"
        );
        let reject = reported[0].reject.clone().unwrap();
        assert_eq!((reject.code, reject.text.as_str()), (code, "words"));
    }
}

#[test]
fn a_cancel_that_finds_nothing_leads_to_how_the_order_ended() {
    let mut venue = Script::ready();
    let order = limit(1, Side::Buy, 190, 1.0);
    let (link, id) = venue.live(&order);
    // The last report got lost.
    let frame = venue.cancel(1).unwrap();
    let ended = venue.order_json(&link, &id, &order, "Filled", 1.0);
    let fill = venue.fill_json("e1", &link, &id, &order, 1.0, 0.0);
    venue.will_answer(REALTIME, &json!({ "list": [], "nextPageCursor": "" }));
    venue.will_answer(
        "/v5/order/history",
        &json!({ "list": [ended], "nextPageCursor": "" }),
    );
    venue.will_answer(EXECUTIONS, &json!({ "list": [fill], "nextPageCursor": "" }));
    venue.answer_request(&frame, 110_001, &json!({}));
    venue.pass(10_000);
    assert_eq!(venue.rejects(1)[0].code, 110_001, "too late is reported");
    assert_eq!(venue.statuses(1), [Status::New, Status::Filled]);
    assert_eq!(venue.filled(1), 1.0);
}

#[test]
fn a_failure_without_the_requests_id_leaves_nothing_hanging() {
    let mut venue = Script::ready();
    let order = limit(1, Side::Buy, 190, 1.0);
    venue.submit(&order).unwrap();
    venue.says(
        Socket::Trade,
        &json!({ "success": false, "ret_msg": "Params Error", "op": "order.create" }),
    );
    assert!(!venue.notices().is_empty(), "the failure is reported");
    venue.pass(60_000);
    assert_eq!(venue.statuses(1), [Status::Rejected]);
}

#[test]
fn neither_a_registration_nor_a_login_cancels_anything() {
    let cancels = |venue: &Script| {
        let op = |value: &Value| value["op"].as_str().unwrap_or("").contains("cancel");
        let calls = venue.calls.iter().any(|call| call.path.contains("cancel"));
        calls || venue.sent.iter().any(|(_, value)| op(value))
    };
    let mut venue = Script::new(settings());
    venue.start(0.5, 0.1);
    assert!(venue.core.is_ready());
    assert!(!cancels(&venue), "the first registration");
    let order = limit(1, Side::Buy, 190, 1.0);
    let (link, id) = venue.live(&order);
    let foreign = json!({
        "symbol": SYMBOL, "orderId": "f", "orderLinkId": "somebody", "side": "Buy",
        "orderType": "Limit", "price": "90", "qty": "1", "orderStatus": "New", "updatedTime": "1",
    });
    let ours = venue.order_json(&link, &id, &order, "New", 0.0);
    venue.forget();
    venue.core.register(venue.now(), SYMBOL, 0.5, 0.1).unwrap();
    for socket in [Socket::Private, Socket::Trade] {
        venue.will_answer(
            REALTIME,
            &json!({ "list": [foreign, ours], "nextPageCursor": "" }),
        );
        venue.cut(socket);
        venue.pass(5_000);
    }
    assert!(venue.core.is_ready());
    assert!(!cancels(&venue), "another registration, and two logins");
    assert!(
        venue.statuses(1).is_empty(),
        "and nothing is reported as ended"
    );
    assert!(venue.rejects(1).is_empty(), "nor tried in vain");
}

#[test]
fn an_order_that_filled_while_the_line_was_down_is_reported_as_filled() {
    let mut venue = Script::ready();
    let order = limit(1, Side::Sell, 210, 1.0);
    let (link, id) = venue.live(&order);
    venue.shut.insert(Socket::Private);
    venue.cut(Socket::Private);
    venue.pass(1_000);
    let fill = venue.fill_json("e1", &link, &id, &order, 1.0, 0.0);
    let position = json!({ "symbol": SYMBOL, "side": "Sell", "size": "1.0", "positionIdx": 0,
        "updatedTime": (START_MS + venue.ms).to_string() });
    venue.pass(30_000);
    let executions = json!({ "list": [fill], "nextPageCursor": "" });
    venue.will_answer(EXECUTIONS, &executions);
    venue.will_answer(
        "/v5/position/list",
        &json!({ "list": [position], "nextPageCursor": "" }),
    );
    venue.open(Socket::Private);
    venue.pass(2_000);
    assert_eq!(venue.statuses(1), [Status::New, Status::Filled]);
    assert_eq!(
        (venue.filled(1), venue.reports(1)[1].exec_price_tick),
        (1.0, 210)
    );
    assert_eq!(venue.position().map(|p| p.0), Some(-1.0));
}

#[test]
fn a_cancellation_is_reported_when_the_venue_says_so_and_not_before() {
    let mut venue = Script::ready();
    let order = limit(1, Side::Buy, 190, 1.0);
    let (link, id) = venue.live(&order);
    let at = venue.now();
    hbl_venues::kit::venue::Venue::cancel_all(&mut venue.core, at, 0, &[1]);
    venue.pump();
    let frame = venue.sent_ops("order.cancel")[0].clone();
    venue.answer_request(&frame, 0, &json!({ "orderId": id, "orderLinkId": link }));
    assert_eq!(
        venue.statuses(1),
        [Status::New],
        "accepted is not cancelled"
    );
    venue.fill("e1", &link, &id, &order, 0.3, 0.7);
    venue.order(&link, &id, &order, "Cancelled", 0.3);
    let expected = [Status::New, Status::PartiallyFilled, Status::Canceled];
    assert_eq!(venue.statuses(1), expected);
    assert_eq!(venue.filled(1), 0.3, "the fill in between is not lost");
}

#[test]
fn quantities_and_prices_go_out_exactly_as_fine_as_the_instrument() {
    let mut venue = Script::ready_with(settings(), 0.01, 0.000_001);
    let frame = venue
        .submit(&limit(1, Side::Buy, 9_512_345, 0.000_003))
        .unwrap();
    let args = &frame["args"][0];
    assert_eq!(args["qty"], "0.000003");
    assert_eq!(args["price"], "95123.45");
    assert!(
        venue
            .submit(&limit(2, Side::Buy, 9_512_345, 0.000_000_5))
            .is_none()
    );
    let reject = venue.reports(2).remove(0).reject.unwrap();
    assert_eq!(reject.code, codes::OFF_GRID, "never rounded to nothing");
}

#[test]
fn one_bad_item_of_a_message_does_not_lose_the_others() {
    let mut venue = Script::ready();
    let (first, second) = (limit(1, Side::Buy, 190, 1.0), limit(2, Side::Buy, 191, 1.0));
    let (link, id) = venue.live(&first);
    let (link_two, id_two) = venue.live(&second);
    let good = venue.order_json(&link_two, &id_two, &second, "Cancelled", 0.0);
    let mut bad = venue.order_json(&link, &id, &first, "Cancelled", 0.0);
    bad["qty"] = json!("a lot");
    venue.private("order", json!([bad, { "symbol": 5 }, good]));
    assert_eq!(venue.statuses(2).last(), Some(&Status::Canceled));
    // What could not be read is asked for.
    let readable = venue.order_json(&link, &id, &first, "Cancelled", 0.0);
    venue.will_answer(
        REALTIME,
        &json!({ "list": [readable], "nextPageCursor": "" }),
    );
    venue.pass(5_000);
    assert_eq!(venue.statuses(1).last(), Some(&Status::Canceled));
}

#[test]
fn positions_have_one_clock_and_an_older_one_does_not_overwrite_a_newer() {
    let mut venue = Script::ready();
    let at = |ms: u64| (START_MS + ms).to_string();
    let item = |size: &str, ms: u64| {
        json!([{ "symbol": SYMBOL, "side": "Buy", "size": size, "positionIdx": 0,
            "updatedTime": at(ms), "seq": 1 }])
    };
    venue.private("position", item("0.3", 5_000));
    assert_eq!(
        venue.position(),
        Some((0.3, (START_MS as i64 + 5_000) * 1_000_000)),
        "nanoseconds from the socket"
    );
    venue.private("position", item("0.1", 4_000));
    assert_eq!(venue.position().map(|p| p.0), Some(0.3), "older");
    // Over REST, after a reconnect: the same clock, so that the newer one counts.
    let rest = json!({ "list": item("0.5", 6_000), "nextPageCursor": "" });
    venue.will_answer("/v5/position/list", &rest);
    venue.cut(Socket::Private);
    venue.pass(5_000);
    assert_eq!(
        venue.position(),
        Some((0.5, (START_MS as i64 + 6_000) * 1_000_000)),
        "nanoseconds from REST"
    );
    venue.private("position", item("0.2", 5_500));
    assert_eq!(
        venue.position().map(|p| p.0),
        Some(0.5),
        "older than REST's"
    );
}

#[test]
fn a_position_without_its_optional_fields_is_read() {
    let mut venue = Script::ready();
    venue.private(
        "position",
        json!([{ "symbol": SYMBOL, "side": "Sell", "size": "2", "positionIdx": 0,
            "updatedTime": (START_MS + 10).to_string() }]),
    );
    assert_eq!(venue.position().map(|p| p.0), Some(-2.0));
}

#[test]
fn the_legs_of_a_hedged_position_are_netted() {
    let mut venue = Script::ready();
    let leg = |idx: u64, side: &str, size: &str, ms: u64| {
        json!({ "symbol": SYMBOL, "side": side, "size": size, "positionIdx": idx,
            "updatedTime": (START_MS + ms).to_string(), "seq": 1 })
    };
    let both = json!([leg(1, "Buy", "1.2", 5_000), leg(2, "Sell", "0.5", 5_000)]);
    venue.private("position", both);
    assert_eq!(venue.position().map(|p| (p.0 * 10.0).round()), Some(7.0));
    venue.private("position", json!([leg(2, "Sell", "2.0", 6_000)]));
    assert_eq!(venue.position().map(|p| (p.0 * 10.0).round()), Some(-8.0));
}

#[test]
fn open_orders_are_read_page_by_page() {
    let mut venue = Script::ready();
    let (first, second) = (limit(1, Side::Buy, 190, 1.0), limit(2, Side::Buy, 191, 1.0));
    let (link, id) = venue.live(&first);
    let (link_two, id_two) = venue.live(&second);
    let one = venue.order_json(&link, &id, &first, "New", 0.0);
    let two = venue.order_json(&link_two, &id_two, &second, "New", 0.0);
    venue.forget();
    venue.will_answer(
        REALTIME,
        &json!({ "list": [one], "nextPageCursor": "p%3D2" }),
    );
    venue.will_answer(REALTIME, &json!({ "list": [two], "nextPageCursor": "" }));
    venue.cut(Socket::Private);
    venue.pass(3_000);
    let asked = venue.called(REALTIME);
    assert_eq!(asked.len(), 2, "no order is unconfirmed: {asked:?}");
    assert!(asked[1].query.ends_with("&cursor=p%3D2"), "as it came");
    assert!(venue.core.is_ready());
}

#[test]
fn in_a_burst_every_order_is_sent_or_refused_by_name() {
    let mut venue = Script::ready();
    for handle in 1..=200 {
        venue.submit(&limit(handle, Side::Buy, 190, 0.1));
    }
    venue.pass(1_000);
    let sent = venue.sent_ops("order.create").len();
    let refused = (1..=200)
        .filter_map(|handle| venue.reports(handle).pop())
        .filter(|report| report.reject.as_ref().unwrap().code == codes::RATE_LIMITED)
        .count();
    assert_eq!(sent + refused, 200, "none vanishes");
    assert!(
        (10..=20).contains(&sent),
        "{sent} within a second and a half"
    );
}

#[test]
fn a_fill_of_a_foreign_order_moves_the_position_and_no_order() {
    let mut venue = Script::ready();
    let order = limit(1, Side::Buy, 190, 1.0);
    venue.live(&order);
    venue.forget();
    let foreign = limit(9, Side::Sell, 200, 0.2);
    venue.order("somebody", "f", &foreign, "Filled", 0.2);
    venue.fill("e9", "somebody", "f", &foreign, 0.2, 0.0);
    venue.private(
        "position",
        json!([{ "symbol": SYMBOL, "side": "Sell", "size": "0.2", "positionIdx": 0,
            "updatedTime": (START_MS + venue.ms).to_string() }]),
    );
    assert!(!venue.is_reported(|event| matches!(event, VenueEvent::Order(_))));
    assert_eq!(venue.position().map(|p| p.0), Some(-0.2));
}

#[test]
fn an_id_names_the_owner_of_its_order_after_a_restart() {
    use hbl_venues::bybit::orders::link_id::{LinkIds, Origin};
    let mut venue = Script::ready();
    let frame = venue.submit(&limit(77, Side::Buy, 190, 1.0)).unwrap();
    let link = frame["args"][0]["orderLinkId"].as_str().unwrap();
    assert!(link.len() <= 36);
    let next_run = LinkIds::new("t", 2000).unwrap();
    assert!(matches!(next_run.decode(link), Origin::OtherEpoch(id) if id.order_id == 77));
}

#[test]
fn a_wrong_tick_size_is_refused_also_for_a_symbol_that_is_known_already() {
    let mut script = Script::ready();
    let now = script.now();
    // Known from the command line or from another bot: an order on the wrong grid would go out at
    // another price.
    let (tick, lot) = script.core.sizes(SYMBOL).unwrap();
    assert!(script.core.register(now, SYMBOL, tick, lot).is_ok());
    for (wrong_tick, wrong_lot) in [(tick * 5.0, lot), (tick, lot * 10.0)] {
        let reject = script
            .core
            .register(now, SYMBOL, wrong_tick, wrong_lot)
            .unwrap_err();
        assert_eq!(reject.code, hbl_venues::kit::codes::SIZE_MISMATCH);
    }
}
