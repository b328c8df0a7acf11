//! Faults of hftbacktest's own Bybit connector that concern connections and market data: each test
//! fails on that behaviour. `docs/design/upstream-defects.md` says which is which.

use crate::bybit_script::{Answer, SYMBOL, Script, limit, settings};
use hbl_venues::bybit::core::{RestFailure, Socket};
use hbl_venues::kit::codes;
use hbl_venues::kit::venue::VenueEvent;
use hftbacktest::types::{
    LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT, LOCAL_BUY_TRADE_EVENT, Side, Status,
};
use serde_json::json;

const BOOK: &str = "orderbook.50.XUSDT";
const TRADES: &str = "publicTrade.XUSDT";

fn is_stale(event: &VenueEvent) -> bool {
    matches!(event, VenueEvent::FeedStale { .. })
}

fn is_fresh(event: &VenueEvent) -> bool {
    matches!(event, VenueEvent::FeedLive { .. })
}

fn with_depths(depths: &[u32]) -> Script {
    let mut settings = settings();
    settings.depths = depths.to_vec();
    Script::ready_with(settings, 0.5, 0.1)
}

#[test]
fn after_a_cut_every_topic_is_subscribed_again_and_bots_are_notified_of_both() {
    let mut venue = Script::ready();
    venue.cut(Socket::Public);
    assert!(venue.is_reported(is_stale));
    assert!(venue.is_reported(|e| matches!(e, VenueEvent::Down(_))));
    venue.forget();
    venue.pass(2_000);
    assert_eq!(venue.sent_topics("subscribe"), [BOOK, TRADES]);
    assert!(venue.is_reported(is_fresh));
    assert!(venue.is_reported(|e| matches!(e, VenueEvent::Up)));
    assert_eq!(venue.book_now().len(), 4);
}

#[test]
fn a_socket_that_pings_in_vain_is_closed_and_replaced() {
    let mut venue = Script::ready();
    venue.mute.insert("ping");
    for _ in 0..200 {
        // Data goes on: only the pongs are missing.
        venue.pass(1_000);
        venue.snapshot(50);
        if venue.closed.contains(&Socket::Public) {
            break;
        }
    }
    assert!(venue.closed.contains(&Socket::Public));
    assert!(venue.ms < 40_000, "closed after {} ms", venue.ms);
    venue.mute.clear();
    venue.forget();
    venue.pass(2_000);
    assert_eq!(venue.sent_topics("subscribe"), [BOOK, TRADES]);
}

#[test]
fn a_socket_that_sends_pongs_and_no_data_is_replaced_too() {
    let mut venue = with_depths(&[1, 50]);
    venue.books = false;
    venue.pass(15_000);
    assert!(venue.closed.contains(&Socket::Public));
    assert!(venue.is_reported(is_stale));
}

#[test]
fn the_depth_of_a_topic_is_a_number_so_that_depth_1000_is_no_best_price() {
    let mut venue = with_depths(&[1, 1000]);
    venue.book(
        1000,
        ("delta", 11, 1001),
        &[("90.0", "3.0"), ("99.5", "0")],
        &[("110.0", "4.0")],
    );
    let levels = [
        (true, 100.0, 1.0),
        (true, 90.0, 3.0),
        (false, 100.5, 1.0),
        (false, 101.0, 2.0),
        (false, 110.0, 4.0),
    ];
    assert_eq!(venue.book_now(), levels);
    // A level far away that is deleted does not touch the best price.
    venue.book(1000, ("delta", 12, 1002), &[("90.0", "0")], &[]);
    assert_eq!(venue.book_now()[0], (true, 100.0, 1.0));
    assert_eq!(venue.book_now().len(), 4);
}

#[test]
fn an_older_message_of_a_slow_depth_does_not_overwrite_a_newer_best_price() {
    let mut venue = with_depths(&[1, 50]);
    venue.book(
        1,
        ("snapshot", 11, 1010),
        &[("99.5", "2.0")],
        &[("100.5", "7.0")],
    );
    venue.book(
        50,
        ("delta", 11, 1005),
        &[("100.0", "5.0")],
        &[("100.5", "6.0")],
    );
    assert_eq!(venue.book_now()[0], (true, 99.5, 2.0));
    let ask = venue.book_now().into_iter().find(|level| !level.0);
    assert_eq!(ask, Some((false, 100.5, 7.0)));
}

#[test]
fn a_missing_update_asks_for_the_topic_again_and_says_stale_until_it_is_whole() {
    let mut venue = Script::ready();
    venue.books = false;
    venue.book(50, ("delta", 12, 1002), &[("98.0", "1.0")], &[]);
    assert!(venue.is_reported(is_stale));
    assert!(
        venue.book_now().is_empty(),
        "a book with a hole is not shown"
    );
    venue.pump();
    assert_eq!(venue.sent_topics("unsubscribe"), [BOOK]);
    venue.pass(100);
    assert_eq!(venue.sent_topics("subscribe"), [BOOK]);
    assert!(!venue.is_reported(is_fresh));
    venue.snapshot(50);
    assert!(venue.is_reported(is_fresh));
    assert_eq!(venue.book_now().len(), 4);
}

#[test]
fn a_book_message_that_cannot_be_read_at_all_makes_the_book_of_its_topic_stale() {
    let mut venue = Script::ready();
    venue.books = false;
    venue.forget();
    venue.text(Socket::Public, r#"{"topic":"publicTrade.XUSDT","data":[{"#);
    venue.text(Socket::Public, r#"{"topic":"orderbook.50.OTHER","data":{"#);
    assert!(!venue.is_reported(is_stale), "no registered book was meant");
    venue.text(
        Socket::Public,
        r#"{"topic":"orderbook.50.XUSDT","data":{"b":[["#,
    );
    assert!(venue.is_reported(is_stale));
    assert!(venue.book_now().is_empty());
    venue.pump();
    venue.pass(100);
    assert_eq!(venue.sent_topics("subscribe"), [BOOK]);
    venue.snapshot(50);
    assert!(venue.is_reported(is_fresh));
}

#[test]
fn a_later_snapshot_replaces_the_book_and_deletes_what_is_not_in_it() {
    let mut venue = Script::ready();
    venue.book(
        50,
        ("snapshot", 40, 1400),
        &[("99.5", "2.0"), ("99.0", "8.0")],
        &[("101.0", "2.0")],
    );
    let now = [(true, 99.5, 2.0), (true, 99.0, 8.0), (false, 101.0, 2.0)];
    assert_eq!(venue.book_now(), now);
    let reported: Vec<(u64, f64, f64)> = venue.feed().iter().map(|e| (e.ev, e.px, e.qty)).collect();
    let expected = [
        (LOCAL_BID_DEPTH_EVENT, 100.0, 0.0),
        (LOCAL_ASK_DEPTH_EVENT, 100.5, 0.0),
        (LOCAL_BID_DEPTH_EVENT, 99.0, 8.0),
    ];
    assert_eq!(reported, expected, "as events that a bot applies");
}

#[test]
fn update_one_replaces_the_book_even_when_it_says_delta() {
    let mut venue = Script::ready();
    venue.book(
        50,
        ("delta", 1, 2000),
        &[("349.5", "1.0")],
        &[("350.0", "1.0")],
    );
    assert_eq!(venue.book_now(), [(true, 349.5, 1.0), (false, 350.0, 1.0)]);
    venue.book(50, ("delta", 2, 2001), &[("349.0", "2.0")], &[]);
    assert_eq!(venue.book_now().len(), 3);
    assert!(venue.sent_topics("unsubscribe").is_empty());
}

#[test]
fn levels_come_and_go_as_events_that_a_bot_applies() {
    use hftbacktest::depth::{HashMapMarketDepth, L2MarketDepth, MarketDepth};
    let mut venue = Script::ready();
    venue.snapshot(50);
    let mut bot = HashMapMarketDepth::new(0.5, 0.1);
    let mut events = Vec::new();
    hbl_venues::kit::venue::MarketData::book(&venue.core, venue.now(), 0, &mut events);
    venue.book(
        50,
        ("delta", 11, 1001),
        &[("100.0", "0")],
        &[("100.5", "0"), ("101.5", "3.0")],
    );
    events.extend(venue.feed());
    for event in events {
        // What hftbacktest's bot applies, and nothing else.
        if event.is(LOCAL_BID_DEPTH_EVENT) {
            bot.update_bid_depth(event.px, event.qty, event.exch_ts);
        } else if event.is(LOCAL_ASK_DEPTH_EVENT) {
            bot.update_ask_depth(event.px, event.qty, event.exch_ts);
        }
    }
    assert_eq!((bot.best_bid(), bot.best_ask()), (99.5, 101.0));
    assert_eq!(bot.ask_qty_at_tick(203), 3.0);
}

#[test]
fn a_bot_that_comes_late_gets_the_whole_book_at_once_with_both_times() {
    let venue = Script::ready();
    let mut events = Vec::new();
    hbl_venues::kit::venue::MarketData::book(&venue.core, venue.now(), 0, &mut events);
    assert_eq!(events.len(), 4);
    for event in &events {
        assert!(event.ev == LOCAL_BID_DEPTH_EVENT || event.ev == LOCAL_ASK_DEPTH_EVENT);
        let latency = event.local_ts - event.exch_ts;
        assert!((0..2_000_000_000).contains(&latency), "{latency}");
    }
}

#[test]
fn a_message_without_its_matching_time_takes_the_gateways() {
    let mut venue = Script::ready();
    venue.says(
        Socket::Public,
        &json!({
            "topic": BOOK, "type": "delta", "ts": 1_771_200_005_000_u64,
            "data": { "s": SYMBOL, "b": [["98.0", "1.0"]], "a": [], "u": 11, "seq": 1001 },
        }),
    );
    let reported = venue.feed();
    assert_eq!(reported.len(), 1);
    assert_eq!(reported[0].exch_ts, 1_771_200_005_000_000_000);
}

#[test]
fn a_refused_topic_is_reported_and_the_others_of_its_frame_live() {
    let mut settings = settings();
    settings.depths = vec![1, 50, 1000];
    let mut venue = Script::new(settings);
    venue.refused.insert("orderbook.1000.XUSDT");
    venue.start(0.5, 0.1);
    venue.pass(1_000);
    assert_eq!(
        venue.core.live_topics(),
        ["orderbook.1.XUSDT", BOOK, TRADES]
    );
    let reported = venue.notices();
    let refused = reported.iter().find(|n| n.code == codes::TOPIC_REFUSED);
    assert!(refused.unwrap().text.contains("orderbook.1000.XUSDT"));
}

#[test]
fn a_trade_without_a_tick_direction_is_a_trade() {
    let mut venue = Script::ready();
    venue.says(
        Socket::Public,
        &json!({ "topic": TRADES, "type": "snapshot", "ts": 5, "data": [
            { "i": "1", "T": 4, "p": "100.5", "v": "0.3", "S": "Buy", "s": SYMBOL, "BT": false },
        ] }),
    );
    let reported = venue.feed();
    assert_eq!(
        (reported[0].ev, reported[0].px),
        (LOCAL_BUY_TRADE_EVENT, 100.5)
    );
}

#[test]
fn unreadable_frames_are_counted_and_reported_and_end_nothing() {
    let mut venue = Script::ready();
    for text in [
        "",
        "not json",
        "[]",
        "{}",
        r#"{"topic":"publicTrade.XUSDT","type":"snapshot","ts":1,"data":[{"T":1,"s":"XUSDT","S":"Middle","v":"1","p":"1"}]}"#,
        r#"{"topic":"order","creationTime":1,"data":[{"symbol":"XUSDT","orderLinkId":"x","side":"Middle"}]}"#,
        r#"{"topic":"position","creationTime":1,"data":[{"symbol":"XUSDT","side":"Middle","size":"1","positionIdx":0}]}"#,
        r#"{"topic":"position","creationTime":1,"data":[{"symbol":"XUSDT","side":"Buy","size":"1","positionIdx":9}]}"#,
        r#"{"topic":"wallet","creationTime":1,"data":[5]}"#,
    ] {
        for socket in [Socket::Public, Socket::Private, Socket::Trade] {
            venue.text(socket, text);
        }
    }
    venue.pump();
    assert!(venue.core.frame_errors() > 10);
    let code = codes::FRAME_UNREADABLE;
    assert!(venue.notices().iter().any(|notice| notice.code == code));
    venue.book(50, ("delta", 11, 1001), &[("98.0", "1.0")], &[]);
    assert_eq!(venue.book_now().len(), 5, "data goes on");
    let order = limit(1, Side::Buy, 190, 1.0);
    assert!(venue.submit(&order).is_some(), "and so do orders");
}

#[test]
fn a_book_that_cannot_be_read_again_and_again_is_not_asked_for_without_a_pause() {
    let mut venue = Script::ready();
    venue.books = false;
    let mut asked = 0;
    for _ in 0..600 {
        // Off the grid, whenever it is sent.
        venue.book(50, ("snapshot", 10, 1000), &[("100.1", "1.0")], &[]);
        venue.pass(100);
        asked += venue.sent_topics("subscribe").len();
        venue.sent.clear();
    }
    assert!((2..=12).contains(&asked), "asked {asked} times in a minute");
}

#[test]
fn a_login_that_is_refused_for_the_moment_is_tried_on_a_new_connection() {
    let mut venue = Script::new(settings());
    venue.mute.insert("auth");
    venue.start(0.5, 0.1);
    let refused = json!({ "success": false, "ret_msg": "Params Error", "op": "auth" });
    venue.says(Socket::Private, &refused);
    assert_eq!(venue.closed, [Socket::Private]);
    let code = codes::AUTH_REFUSED;
    assert!(venue.notices().iter().any(|notice| notice.code == code));
    venue.mute.clear();
    venue.pass(30_000);
    assert!(venue.core.is_ready());
}

#[test]
fn a_login_waits_for_the_venues_clock_but_not_for_ever() {
    let mut venue = Script::new(settings());
    venue.held.insert("/v5/market/time");
    venue.pass(1_000);
    assert!(venue.conns.contains_key(&Socket::Private));
    assert!(venue.sent_ops("auth").is_empty(), "by which clock?");
    let call = venue.called("/v5/market/time").remove(0);
    venue.answer_call(&call);
    venue.pump();
    assert_eq!(venue.sent_ops("auth").len(), 2);

    let mut venue = Script::new(settings());
    venue.held.insert("/v5/market/time");
    venue.pass(6_000);
    assert_eq!(venue.sent_ops("auth").len(), 2, "by our own, then");
}

#[test]
fn a_wrong_signature_may_be_a_wrong_clock_and_is_tried_three_times() {
    let mut venue = Script::new(settings());
    venue.mute.insert("auth");
    venue.start(0.5, 0.1);
    let logins = |venue: &Script| {
        let sent = venue.sent.iter();
        sent.filter(|(at, v)| *at == Socket::Trade && v["op"] == "auth")
            .count()
    };
    let refused = json!({ "retCode": 10004, "retMsg": "Params Error", "op": "auth" });
    for tries in 1..=3 {
        assert_eq!(logins(&venue), tries);
        venue.says(Socket::Trade, &refused);
        venue.pass(9_000);
    }
    venue.pass(60_000);
    assert_eq!(logins(&venue), 3);
    let last = venue.notices().pop().unwrap();
    assert!(last.text.contains("market data only"), "{}", last.text);
}

#[test]
fn a_login_that_is_not_answered_is_tried_on_a_new_connection() {
    let mut venue = Script::new(settings());
    venue.mute.insert("auth");
    venue.start(0.5, 0.1);
    venue.pass(12_000);
    assert!(venue.closed.contains(&Socket::Private) && venue.closed.contains(&Socket::Trade));
    venue.mute.clear();
    venue.pass(30_000);
    assert!(venue.core.is_ready());
}

#[test]
fn a_refused_key_leaves_market_data_and_says_so() {
    let mut venue = Script::new(settings());
    venue.mute.insert("auth");
    venue.start(0.5, 0.1);
    venue.says(
        Socket::Trade,
        &json!({ "retCode": 10003, "retMsg": "invalid key", "op": "auth" }),
    );
    let notice = venue
        .notices()
        .into_iter()
        .find(|n| n.code == codes::AUTH_REFUSED);
    assert!(notice.unwrap().text.contains("invalid key"));
    venue.forget();
    venue.pass(60_000);
    let sent = venue.sent.iter().filter(|(s, _)| *s != Socket::Public);
    assert_eq!(sent.count(), 0, "the account is not hammered with it");
    assert_eq!(venue.core.live_topics(), [BOOK, TRADES]);
    let order = limit(1, Side::Buy, 190, 1.0);
    assert!(venue.submit(&order).is_none());
    assert_eq!(venue.statuses(1), [Status::Rejected]);
}

#[test]
fn no_order_leaves_before_the_login_is_answered() {
    let mut venue = Script::ready();
    venue.mute.insert("auth");
    venue.cut(Socket::Trade);
    venue.pass(2_000);
    assert!(!venue.sent_ops("auth").is_empty(), "the socket is open");
    let order = limit(1, Side::Buy, 190, 1.0);
    assert!(venue.submit(&order).is_none());
    assert_eq!(venue.statuses(1), [Status::Rejected]);
    let reason = venue.reports(1).remove(0).reject.unwrap();
    assert_eq!(reason.code, codes::NOT_CONNECTED);
    venue.says(
        Socket::Trade,
        &json!({ "retCode": 0, "retMsg": "OK", "op": "auth" }),
    );
    venue.pass(1_000);
    assert!(venue.sent_ops("order.create").is_empty(), "nor late");
}

#[test]
fn a_refused_rest_call_at_the_start_is_made_again_until_positions_are_known() {
    let mut venue = Script::new(settings());
    let busy = json!({ "retCode": 10006, "retMsg": "Too many visits!", "result": {}, "time": 1 });
    let path = "/v5/position/list";
    venue.will(path, Answer::Body(busy.to_string()));
    venue.will(path, Answer::Fails(RestFailure::Http(500)));
    venue.will(path, Answer::Body("<html>".into()));
    let position = json!([{ "symbol": SYMBOL, "side": "Buy", "size": "0.7", "positionIdx": 0,
        "updatedTime": "1771200000000" }]);
    venue.will_answer(path, &json!({ "list": position, "nextPageCursor": "" }));
    venue.start(0.5, 0.1);
    assert!(!venue.core.is_ready(), "not ready without positions");
    venue.pass(30_000);
    assert!(venue.core.is_ready());
    assert_eq!(venue.position().map(|p| p.0), Some(0.7));
}

#[test]
fn a_403_stops_every_connection_for_ten_minutes() {
    let mut venue = Script::ready();
    venue.shut.insert(Socket::Private);
    venue.cut(Socket::Private);
    venue.pass(2_000);
    let at = venue.now();
    venue.core.on_closed(
        at,
        Socket::Private,
        venue.conns[&Socket::Private],
        Some(403),
    );
    let conn = venue.conns[&Socket::Private];
    venue.pass(590_000);
    assert_eq!(venue.conns[&Socket::Private], conn, "no new connection");
    venue.pass(60_000);
    assert_ne!(venue.conns[&Socket::Private], conn);
}
