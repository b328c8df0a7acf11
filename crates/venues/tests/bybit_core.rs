//! The core against scripted answers: orders of previous sessions, REST order entry, batches, hedge mode,
//! refused keys.

use crate::bybit_rig::{EPOCH, OPEN, Rig, settings};
use hbl_venues::bybit::core::{CoreSettings, RestAnswer, RestCall, RestFailure};
use hbl_venues::bybit::options::{OnConnect, OrderEntry};
use hbl_venues::bybit::orders::link_id::LinkIds;
use hbl_venues::kit::codes;
use hbl_venues::kit::venue::{MarketData as _, RECOVERED_HANDLES, Venue as _};
use hftbacktest::types::{Side, Status, TimeInForce};
use serde_json::{Value, json};

fn open_order(link_id: &str, n: u64) -> Value {
    json!({
        "symbol": "XUSDT", "orderId": format!("v{n}"), "orderLinkId": link_id, "side": "Buy",
        "orderType": "Limit", "price": "50.0", "qty": "1.0", "orderStatus": "New",
        "timeInForce": "PostOnly", "cumExecQty": "0", "updatedTime": "5", "positionIdx": 0,
    })
}

fn earlier_orders(epoch: u32, count: u64) -> Vec<Value> {
    let mut ids = LinkIds::new("t", epoch).unwrap();
    let mut list: Vec<Value> = (0..count)
        .map(|n| open_order(&ids.next(7, 100 + n), n))
        .collect();
    list.push(open_order("somebody-else", 99));
    list
}

#[test]
fn orders_of_a_previous_session_are_recovered_and_can_be_cancelled() {
    let mut rig = Rig::with(settings(), OPEN, earlier_orders(EPOCH - 50, 2));
    rig.run(2000);
    let recovered = rig.recovered();
    let ids: Vec<_> = recovered.iter().map(|a| (a.owner, a.order_id)).collect();
    assert_eq!(ids, [(7, 100), (7, 101)]);
    assert!(recovered.iter().all(|a| {
        a.handle >= RECOVERED_HANDLES
            && a.status == Status::New
            && a.time_in_force == TimeInForce::GTX
    }));
    let handle = recovered[0].handle;
    rig.core.cancel(rig.now(), 0, handle);
    rig.run(10);
    assert_eq!(rig.frames.len(), 1);
    assert_eq!(rig.frames[0]["op"], "order.cancel");
}

#[test]
fn registrations_wait_until_the_account_was_read() {
    let mut rig = Rig::new(settings());
    assert!(rig.core.pending_reason("XUSDT").is_some());
    rig.run(2000);
    assert_eq!(rig.core.pending_reason("XUSDT"), None);
}

#[test]
fn with_on_connect_cancel_ours_earlier_orders_are_cancelled_and_reported_and_foreign_ones_are_not()
{
    let settings = CoreSettings {
        on_connect: OnConnect::CancelOurs,
        ..settings()
    };
    let mut rig = Rig::with(settings, OPEN, earlier_orders(EPOCH - 50, 3));
    rig.run(2000);
    assert_eq!(rig.notices(codes::EARLIER_CANCELLED), 3);
    assert_eq!(rig.recovered().len(), 3);
    assert_eq!(rig.frames.len(), 1, "{:?}", rig.frames);
    let items = rig.frames[0]["args"][0]["request"].as_array().unwrap();
    assert_eq!(
        (items.len(), &rig.frames[0]["op"]),
        (3, &json!("order.cancel-batch"))
    );
    assert!(!rig.frames[0].to_string().contains("somebody"));
}

#[test]
fn with_on_connect_none_earlier_orders_are_left_alone_and_reported_once() {
    let settings = CoreSettings {
        on_connect: OnConnect::None,
        ..settings()
    };
    let mut rig = Rig::with(settings, OPEN, earlier_orders(EPOCH - 50, 2));
    rig.run(5000);
    assert_eq!(rig.notices(codes::UNFOLLOWED_ORDER), 2);
    assert!(rig.recovered().is_empty() && rig.frames.is_empty());
}

#[test]
fn a_start_within_the_same_second_takes_the_next_epoch() {
    let mut rig = Rig::with(settings(), OPEN, earlier_orders(EPOCH, 1));
    rig.run(2000);
    assert_eq!(rig.recovered().len(), 1, "it is not of this run");
    assert_eq!(rig.core.epoch(), EPOCH + 1);
}

#[test]
fn without_a_trade_socket_orders_go_over_rest_with_the_same_outcomes() {
    let settings = CoreSettings {
        order_entry: OrderEntry::Rest,
        ..settings()
    };
    let mut rig = Rig::new(settings).ready();
    assert_eq!(rig.connects, 2, "no trade socket");
    for handle in 1..=4 {
        rig.submit(handle, Side::Buy, 1.0);
    }
    let posts = std::mem::take(&mut rig.posts);
    assert!(
        posts
            .iter()
            .all(|call| call.path == "/v5/order/create" && call.signed)
    );
    let body: Value = serde_json::from_str(&posts[0].body).unwrap();
    assert_eq!(
        (&body["qty"], &body["price"]),
        (&json!("1.0"), &json!("50.0"))
    );
    let headers = rig.core.rest_headers(rig.now(), &posts[0]);
    assert!(
        headers
            .iter()
            .any(|(name, value)| *name == "X-BAPI-SIGN" && value.len() == 64)
    );
    let refused = br#"{"retCode":110007,"retMsg":"balance","result":{}}"#;
    let at = rig.now();
    rig.core
        .on_rest(at, posts[0].id, Ok(RestAnswer::new(refused)));
    let not_sent = RestFailure::NotSent("no route".into());
    rig.core.on_rest(at, posts[1].id, Err(not_sent));
    rig.core
        .on_rest(at, posts[2].id, Err(RestFailure::Http(401)));
    let lost = RestFailure::Network("reset".into());
    rig.core.on_rest(at, posts[3].id, Err(lost));
    rig.asked.clear();
    rig.run(50);
    assert_eq!(
        rig.ends(),
        [
            (1, Status::Rejected, 110_007),
            (2, Status::Rejected, codes::NOT_CONNECTED),
            (3, Status::Rejected, codes::GATE_REFUSED),
        ]
    );
    assert!(rig.posts.is_empty(), "nothing is sent twice");
    let asks = |call: &RestCall| call.path == OPEN && call.query.contains("orderLinkId=");
    assert!(rig.asked.iter().any(asks), "the fourth is asked for");
}

#[test]
fn a_cancel_all_names_our_orders_in_batches_of_ten_at_most_and_keeps_the_quota() {
    let mut rig = Rig::new(settings()).ready();
    for handle in 1..=12 {
        rig.submit(handle, Side::Buy, 1.0);
        rig.run(100);
    }
    let creates = std::mem::take(&mut rig.frames);
    assert_eq!(creates.len(), 12);
    let handles: Vec<u64> = (1..=12).collect();
    rig.core.cancel_all(rig.now(), 0, &handles);
    rig.act();
    assert_eq!(rig.frames.len(), 1, "the quota of this second is used up");
    // Asked again while they wait: not sent twice.
    rig.core.cancel_all(rig.now(), 0, &handles[10..]);
    rig.run(1200);
    let sizes: Vec<_> = rig
        .frames
        .iter()
        .map(|frame| frame["args"][0]["request"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [10, 2]);
    let cancelled = rig.frames.iter().flat_map(|frame| {
        let items = frame["args"][0]["request"].as_array().unwrap();
        items.iter().map(|item| item["orderLinkId"].clone())
    });
    let created = creates.iter().map(|frame| &frame["args"][0]["orderLinkId"]);
    assert!(cancelled.eq(created.cloned()));
}

#[test]
fn in_hedge_mode_an_order_closes_the_opposite_leg_when_all_of_it_fits() {
    let leg = |side: &str, size: &str, idx: i64| json!({ "symbol": "XUSDT", "side": side, "size": size, "positionIdx": idx, "updatedTime": "5" });
    let legs = vec![leg("Buy", "1.0", 1), leg("Sell", "0.4", 2)];
    let mut rig = Rig::with(settings(), "/v5/position/list", legs).ready();
    assert!(
        (rig.core.position(0).unwrap() - 0.6).abs() < 1e-9,
        "the legs are netted"
    );
    for (handle, side, qty) in [
        (1, Side::Sell, 0.7),
        (2, Side::Sell, 0.7),
        (3, Side::Sell, 0.3),
        (4, Side::Buy, 0.4),
        (5, Side::Buy, 0.1),
    ] {
        rig.submit(handle, side, qty);
    }
    let idx: Vec<_> = rig
        .frames
        .iter()
        .map(|frame| frame["args"][0]["positionIdx"].as_i64().unwrap())
        .collect();
    assert_eq!(idx, [1, 2, 1, 2, 1]);
    assert!(
        rig.frames
            .iter()
            .all(|frame| frame["args"][0]["reduceOnly"].is_null())
    );
}

#[test]
fn a_flat_symbol_shows_its_mode_when_it_is_asked_for() {
    let flat = |idx: i64| json!({ "symbol": "XUSDT", "side": "", "size": "0", "positionIdx": idx, "updatedTime": "5" });
    let mut rig = Rig::with(settings(), "/v5/position/list", vec![flat(1), flat(2)]).ready();
    rig.submit(1, Side::Sell, 1.0);
    assert_eq!(rig.frames[0]["args"][0]["positionIdx"], 2);
}

#[test]
fn a_key_refused_three_times_means_market_data_only_until_it_is_tried_again() {
    let mut rig = Rig::new(settings());
    rig.refuse_login = true;
    rig.run(100_000);
    assert_eq!(rig.notices(codes::AUTH_REFUSED), 3);
    assert_eq!(rig.core.pending_reason("XUSDT"), None, "bots are served");
    let connects = rig.connects;
    rig.core.register(rig.now(), "XUSDT", 0.5, 0.1).unwrap();
    rig.submit(1, Side::Buy, 1.0);
    assert_eq!(rig.ends(), [(1, Status::Rejected, codes::AUTH_REFUSED)]);
    rig.refuse_login = false;
    rig.run(130_000);
    assert!(rig.connects > connects, "tried again");
    assert!(rig.core.is_ready());
}

#[test]
fn a_registration_that_waits_says_which_connection_it_waits_for() {
    let mut rig = Rig::new(settings());
    rig.no_private = true;
    rig.run(20_000);
    let reason = rig.core.pending_reason("XUSDT").unwrap();
    assert!(
        reason.contains("the private connection is not open"),
        "{reason}"
    );
    rig.no_private = false;
    rig.run(70_000);
    assert_eq!(rig.core.pending_reason("XUSDT"), None);
}
