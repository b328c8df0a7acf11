//! The category `spot` in the core: no position but a wallet balance, fees in the base coin, numbers
//! and lists of its own.

use crate::bybit_script::{START_MS, Script, limit, settings};
use hbl_venues::bybit::core::{CoreSettings, Socket};
use hbl_venues::bybit::options::OnConnect;
use hbl_venues::bybit::orders::link_id::LinkIds;
use hbl_venues::kit::codes;
use hbl_venues::kit::venue::{NewOrder, Recovered, Sought, Venue as _, VenueEvent};
use hftbacktest::types::{OrdType, Side, Status};
use serde_json::{Value, json};

const REALTIME: &str = "/v5/order/realtime";
const HISTORY: &str = "/v5/order/history";
const EXECUTIONS: &str = "/v5/execution/list";
const POSITIONS: &str = "/v5/position/list";
const WALLET: &str = "/v5/account/wallet-balance";

fn spot() -> CoreSettings {
    CoreSettings {
        category: "spot".into(),
        ..settings()
    }
}

fn coin(name: &str, balance: &str) -> Value {
    json!({ "coin": name, "equity": balance, "walletBalance": balance })
}

fn wallet(coins: &[Value]) -> Value {
    json!({ "accountType": "UNIFIED", "totalEquity": "1000", "totalWalletBalance": "1000", "coin": coins })
}

/// Ready for orders on spot, with these coins in the wallet at every reading.
fn ready(coins: &[Value]) -> Script {
    ready_with(spot(), coins)
}

fn ready_with(settings: CoreSettings, coins: &[Value]) -> Script {
    let mut venue = Script::new(settings);
    venue.will_list(WALLET, &[&wallet(coins)], 1000);
    venue.start(0.5, 0.1);
    assert!(venue.core.is_ready(), "{:?}", venue.events);
    venue
}

/// An order and its fee in the base coin, as spot reports it.
fn fill(venue: &Script, id: &str, link: &str, order: &NewOrder, qty: f64, leaves: f64) -> Value {
    let mut item = venue.fill_json(id, link, "v1", order, qty, leaves);
    item["execFee"] = format!("{}", qty * 0.001).into();
    item["feeCurrency"] = "X".into();
    item["feeRate"] = "0.001".into();
    item.as_object_mut().unwrap().remove("closedSize");
    item
}

fn recovered(venue: &Script) -> Vec<Recovered> {
    let events = venue.events.iter().filter_map(|event| match event {
        VenueEvent::Recovered(order) => Some((**order).clone()),
        _ => None,
    });
    events.collect()
}

#[test]
fn a_registration_asks_for_no_position_and_reports_the_balance_of_the_base_coin() {
    let mut venue = ready(&[coin("USDT", "900"), coin("X", "2.5")]);
    assert_eq!(venue.core.position(0), Some(2.5));
    assert_eq!(venue.position().map(|(qty, _)| qty), None, "known before");
    assert!(venue.called(POSITIONS).is_empty(), "spot has none");
    for path in [REALTIME, EXECUTIONS, HISTORY] {
        let calls = venue.called(path);
        assert!(!calls.is_empty(), "{path}");
        for call in calls {
            assert!(call.query.contains("category=spot"), "{}", call.query);
            assert!(!call.query.contains("settleCoin"), "{}", call.query);
        }
    }
    assert_eq!(
        venue.sent_topics("subscribe"),
        ["orderbook.50.XUSDT", "publicTrade.XUSDT"]
    );
    let item = wallet(&[coin("X", "1.25")]);
    venue.private("wallet", json!([item]));
    assert_eq!(venue.position().map(|(qty, _)| qty), Some(1.25));
}

#[test]
fn a_coin_that_is_not_in_the_wallet_any_more_is_a_position_of_zero() {
    let mut venue = Script::new(spot());
    let before = wallet(&[coin("USDT", "900"), coin("X", "2.5")]);
    venue.will_list(WALLET, &[&before], 1);
    venue.start(0.5, 0.1);
    assert_eq!(venue.core.position(0), Some(2.5));
    // All of it was sold, and the stream did not say so; the list has what is held only.
    venue.will_list(WALLET, &[&wallet(&[coin("USDT", "1150")])], 9);
    venue.pass(31_000);
    assert_eq!(venue.core.position(0), Some(0.0));
    assert_eq!(venue.position().map(|(qty, _)| qty), Some(0.0), "reported");
    // An older list does not overrule what the stream says.
    venue.private("wallet", json!([wallet(&[coin("X", "0.7")])]));
    assert_eq!(venue.core.position(0), Some(0.7));
}

#[test]
fn a_wallet_that_was_asked_for_before_a_coin_came_says_nothing_of_it() {
    let mut venue = ready(&[coin("USDT", "900")]);
    assert_eq!(venue.core.position(0), Some(0.0));
    venue.held.insert(WALLET);
    venue.calls.clear();
    venue.pass(31_000);
    let call = venue.called(WALLET).pop().unwrap();
    venue.private("wallet", json!([wallet(&[coin("X", "0.7")])]));
    venue.pass(20);
    venue.answer_call(&call);
    assert_eq!(venue.core.position(0), Some(0.7));
}

#[test]
fn an_order_lives_on_spot_from_ack_to_its_last_fill_and_fees_in_base_coin_change_no_quantity() {
    let mut venue = ready(&[coin("USDT", "900")]);
    let order = limit(1, Side::Buy, 200, 1.0);
    let frame = venue.submit(&order).unwrap();
    let args = &frame["args"][0];
    let link = args["orderLinkId"].as_str().unwrap().to_owned();
    assert_eq!(args["category"], "spot");
    assert_eq!(args["qty"], "1.0");
    for linear_only in ["positionIdx", "reduceOnly", "marketUnit", "isLeverage"] {
        assert_eq!(args[linear_only], Value::Null, "{linear_only}");
    }
    venue.answer_request(&frame, 0, &json!({ "orderId": "v1", "orderLinkId": link }));
    venue.order(&link, "v1", &order, "New", 0.0);
    assert_eq!(venue.statuses(1), [Status::New]);

    let first = fill(&venue, "e1", &link, &order, 0.4, 0.6);
    venue.private("execution", json!([first]));
    venue.order(&link, "v1", &order, "PartiallyFilled", 0.4);
    // The wallet gets less than was filled: the fee is taken from the coin.
    venue.private("wallet", json!([wallet(&[coin("X", "0.3996")])]));
    let second = fill(&venue, "e2", &link, &order, 0.6, 0.0);
    venue.private("execution", json!([second]));
    // Spot reports may leave out what linear has.
    let mut end = venue.order_json(&link, "v1", &order, "Filled", 1.0);
    end["leavesQty"] = "".into();
    end["updatedTime"] = "".into();
    end.as_object_mut().unwrap().remove("positionIdx");
    venue.private("order", json!([end]));
    venue.private("wallet", json!([wallet(&[coin("X", "0.999")])]));
    assert_eq!(venue.filled(1), 1.0);
    let last = venue.reports(1).pop().unwrap();
    assert_eq!((last.status, last.leaves_qty), (Status::Filled, 0.0));
    assert_eq!(venue.core.position(0), Some(0.999));
    assert_eq!(venue.order_notices(1), []);
}

#[test]
fn a_market_order_counts_in_base_coin_on_both_sides() {
    let mut venue = ready(&[coin("X", "9")]);
    for (handle, side) in [(1, Side::Buy), (2, Side::Sell)] {
        let order = NewOrder {
            order_type: OrdType::Market,
            ..limit(handle, side, 0, 0.3)
        };
        let frame = venue.submit(&order).unwrap();
        let args = &frame["args"][0];
        assert_eq!(
            (&args["qty"], &args["orderType"]),
            (&json!("0.3"), &json!("Market"))
        );
        assert_eq!(args["marketUnit"], "baseCoin", "{side:?}");
    }
}

#[test]
fn a_partly_filled_order_that_is_cancelled_ends_with_what_was_filled() {
    let mut venue = ready(&[]);
    let order = limit(1, Side::Sell, 200, 1.0);
    let (link, id) = venue.live(&order);
    let frame = venue.cancel(1).unwrap();
    assert_eq!(frame["args"][0]["category"], "spot");
    venue.answer_request(&frame, 0, &json!({ "orderId": id, "orderLinkId": link }));
    // The end comes before its execution; spot has a word of its own for it.
    venue.order(&link, &id, &order, "PartiallyFilledCanceled", 0.4);
    assert_eq!(venue.statuses(1), [Status::New], "an execution is missing");
    let item = fill(&venue, "e1", &link, &order, 0.4, 0.6);
    venue.private("execution", json!([item]));
    let statuses = venue.statuses(1);
    assert_eq!(
        statuses,
        [Status::New, Status::PartiallyFilled, Status::Canceled]
    );
    assert_eq!(
        (venue.filled(1), venue.reports(1)[2].leaves_qty),
        (0.4, 0.6)
    );
}

#[test]
fn an_amendment_goes_out_for_spot_and_is_reported_when_the_venue_shows_it() {
    let mut venue = ready(&[]);
    let order = limit(1, Side::Buy, 200, 1.0);
    let (link, id) = venue.live(&order);
    let frame = venue.amend(1, 198, 2.0).unwrap();
    let args = &frame["args"][0];
    assert_eq!(
        (&args["category"], &args["price"], &args["qty"]),
        (&json!("spot"), &json!("99.0"), &json!("2.0"))
    );
    venue.answer_request(&frame, 0, &json!({ "orderId": id, "orderLinkId": link }));
    venue.order(&link, &id, &limit(1, Side::Buy, 198, 2.0), "New", 0.0);
    let last = venue.reports(1).pop().unwrap();
    assert_eq!(
        (last.status, last.price_tick, last.qty),
        (Status::Replaced, 198, 2.0)
    );
}

#[test]
fn what_spot_refuses_by_its_own_numbers_ends_at_once() {
    let mut venue = ready(&[]);
    // Value and quantity below the minimum, balance, decimals, price limits.
    let numbers = [
        170_140, 170_136, 170_131, 170_137, 170_134, 170_132, 170_133,
    ];
    for (at, code) in numbers.into_iter().enumerate() {
        let handle = at as u64 + 1;
        let frame = venue.submit(&limit(handle, Side::Buy, 1, 0.1)).unwrap();
        venue.answer_request(&frame, code, &json!({}));
        let last = venue.reports(handle).pop().unwrap();
        let reject = last.reject.unwrap();
        assert_eq!((last.status, reject.code), (Status::Rejected, code));
        venue.pass(200);
    }
    venue.calls.clear();
    venue.pass(1000);
    assert!(venue.called(REALTIME).is_empty(), "nothing is asked for");
    // A cancellation that comes too late is reported, and the order's end is asked for.
    let order = limit(50, Side::Buy, 200, 1.0);
    let (link, id) = venue.live(&order);
    let item = venue.order_json(&link, &id, &order, "Filled", 1.0);
    let exec = venue.fill_json("e50", &link, &id, &order, 1.0, 0.0);
    venue.will_list(REALTIME, &[&item], 5);
    venue.will_list(EXECUTIONS, &[&exec], 5);
    let frame = venue.cancel(50).unwrap();
    venue.answer_request(&frame, 170_213, &json!({}));
    assert_eq!(venue.rejects(50)[0].code, 170_213);
    venue.pass(4000);
    assert_eq!(venue.statuses(50).pop(), Some(Status::Filled));
}

#[test]
fn a_lost_acknowledgement_is_asked_for_in_spot_until_its_fate_is_known() {
    for arrived in [true, false] {
        let mut venue = ready(&[]);
        let order = limit(1, Side::Buy, 200, 1.0);
        let frame = venue.submit(&order).unwrap();
        let link = frame["args"][0]["orderLinkId"].as_str().unwrap().to_owned();
        venue.cut(Socket::Trade);
        venue.calls.clear();
        if arrived {
            let item = venue.order_json(&link, "v1", &order, "New", 0.0);
            venue.will_list(REALTIME, &[&item], 30);
        }
        venue.pass(4000);
        let asked = venue.called(REALTIME);
        let asked = asked.iter().find(|call| call.query.contains(&link));
        let query = &asked
            .unwrap_or_else(|| panic!("{arrived}: {:?}", venue.calls))
            .query;
        assert!(query.starts_with("category=spot&"), "{query}");
        venue.pass(20_000);
        let last = venue.reports(1).pop().unwrap();
        if arrived {
            assert_eq!(last.status, Status::New);
        } else {
            assert_eq!(last.status, Status::Rejected);
            assert_eq!(last.reject.unwrap().code, codes::NEVER_ARRIVED);
        }
        assert_eq!(venue.sent_ops("order.create").len(), 1, "never sent again");
    }
}

#[test]
fn an_order_that_a_bot_asks_for_and_spot_does_not_list_is_gone_once_that_is_proven() {
    let mut venue = ready(&[]);
    let at = venue.now();
    let sought = venue.core.look_for(at, 0, 7, 4711);
    assert!(matches!(sought, Sought::Unknown(_)), "{sought:?}");
    venue.calls.clear();
    venue.pass(20_000);
    let history = venue.called(HISTORY);
    assert!(
        !history.is_empty()
            && history
                .iter()
                .all(|call| call.query.contains("category=spot"))
    );
    let at = venue.now();
    let sought = venue.core.look_for(at, 0, 7, 4711);
    assert!(matches!(sought, Sought::Gone(_)), "{sought:?}");
}

#[test]
fn orders_of_the_previous_session_are_taken_over_by_category() {
    for (category, other) in [("spot", "linear"), ("linear", "spot")] {
        let mut ids = LinkIds::new("t", 900).unwrap();
        let mut venue = Script::new(CoreSettings {
            category: category.into(),
            ..settings()
        });
        let order = limit(9, Side::Buy, 200, 1.0);
        let (ours, theirs) = (ids.next(7, 55), ids.next(7, 56));
        // What REST lists of one category is of that category, and does not say so.
        let mut listed = venue.order_json(&ours, "v55", &order, "PartiallyFilled", 0.4);
        listed["createdTime"] = (START_MS - 60_000).to_string().into();
        listed.as_object_mut().unwrap().remove("category");
        let mut exec = venue.fill_json("e1", &ours, "v55", &order, 0.4, 0.6);
        exec.as_object_mut().unwrap().remove("category");
        venue.will_list(REALTIME, &[&listed], 1);
        venue.will_list(EXECUTIONS, &[&exec], 1);
        venue.start(0.5, 0.1);
        let mut item = venue.order_json(&theirs, "v56", &order, "New", 0.0);
        item["category"] = other.into();
        venue.private("order", json!([item]));
        let mut exec = venue.fill_json("e2", &theirs, "v56", &order, 0.4, 0.6);
        exec["category"] = other.into();
        venue.private("execution", json!([exec]));
        venue.pass(100);
        let adopted = recovered(&venue);
        assert_eq!(adopted.len(), 1, "{category}");
        let adopted = &adopted[0];
        assert_eq!((adopted.owner, adopted.order_id), (7, 55), "{category}");
        assert_eq!(
            (adopted.status, adopted.leaves_qty),
            (Status::PartiallyFilled, 0.6)
        );
        assert_eq!(adopted.fills.len(), 1);
        // They can be worked with, in their category.
        let frame = venue.cancel(adopted.handle).unwrap();
        assert_eq!(frame["args"][0]["category"], category);
        assert_eq!(frame["args"][0]["orderLinkId"], ours);
    }
}

#[test]
fn a_cancel_all_names_ten_orders_of_spot_in_a_batch() {
    let mut settings = spot();
    settings.order_wait_ms = 60_000;
    settings.on_connect = OnConnect::Adopt;
    let mut venue = ready_with(settings, &[]);
    for handle in 1..=12 {
        venue.live(&limit(handle, Side::Buy, 200, 1.0));
    }
    venue.forget();
    let handles: Vec<u64> = (1..=12).collect();
    let at = venue.now();
    venue.core.cancel_all(at, 0, &handles);
    venue.pass(2000);
    let sent = venue.sent_ops("order.cancel-batch");
    let sizes: Vec<usize> = sent
        .iter()
        .map(|frame| frame["args"][0]["request"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [10, 2]);
    assert!(
        sent.iter()
            .all(|frame| frame["args"][0]["category"] == "spot")
    );
}

#[test]
fn an_unreadable_balance_is_no_position_until_the_wallet_can_be_read() {
    let mut venue = ready(&[coin("X", "2.5")]);
    venue.private("wallet", json!([wallet(&[coin("X", "?")])]));
    assert_eq!(venue.core.position(0), None);
    assert!(venue.is_reported(|event| matches!(event, VenueEvent::PositionUnknown { symbol: 0 })));
    venue.pass(2000);
    assert_eq!(venue.core.position(0), Some(2.5));
}
