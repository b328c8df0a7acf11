//! `connector bybit` as a process, over real sockets and real shared memory, against the fake venue.

use std::time::Duration;

use crate::bybit_net::process::{BybitProcess, run_to_end};
use crate::bybit_net::rig::Rig;
use crate::bybit_net::shm_bot::ShmBot;
use crate::bybit_net::truth::{differences, ours};
use crate::bybit_net::{KEY, REAL, SECRET, config_file, place, truth, venue, wait_until};
use crate::support::names::unique_name;
use hbl_fake_bybit::{ControlHandle, End, Socket};
use hbl_wire::{ControlEvent, VenueSocket};
use hftbacktest::types::{Side, Status, TimeInForce};
use serde_json::json;

fn is_logged_in(control: &ControlHandle) -> bool {
    let connections = control.run_json(json!({"cmd": "connections"})).unwrap();
    let authed = |socket: &str| {
        let of = connections.as_array().unwrap().iter();
        of.filter(|c| c["socket"] == socket && c["authed"] == true)
            .count()
            == 1
    };
    authed("private") && authed("trade") && control.counter("rest/v5/account/wallet-balance") > 0
}

#[test]
fn book_and_trades_are_the_venues() {
    let venue = venue(1);
    let control = venue.control();
    // Every depth that there is: a slow one must not pass for the best price.
    let config = config_file(&venue, "depths = [1, 50, 200, 1000]");
    let process = BybitProcess::start(&unique_name(), &config, REAL);
    assert_eq!(process.ready["orders"], "real");
    let mut bot = ShmBot::join(&process.name, "BTCUSDT", 0.1, 0.001);
    bot.until("a book and trades", |ledger| {
        ledger.book[0].len() >= 40 && ledger.trades.len() >= 5
    });
    control.settings(|s| s.paused = true);
    bot.until("as at the venue", |ledger| {
        differences(ledger, control, "BTCUSDT", 0.1, 1000).is_empty()
    });
    assert_eq!(bot.lost(), 0);
    let (status, output) = process.stop();
    assert!(
        status.success() && output.contains("REAL ORDERS"),
        "{output}"
    );
}

#[test]
fn trades_come_with_price_quantity_and_the_takers_side() {
    let Rig {
        venue,
        process: _process,
        mut bot,
        ..
    } = Rig::start(2);
    place(venue.control(), "Sell", "10.0", "2.5100");
    place(venue.control(), "Buy", "10.0", "2.4900");
    bot.until("a book", |l| !l.book[0].is_empty() && !l.book[1].is_empty());
    place(venue.control(), "Buy", "3.0", "2.5100");
    place(venue.control(), "Sell", "4.5", "2.4900");
    bot.until("trades", |ledger| ledger.trades.len() >= 2);
    bot.run_for(Duration::from_millis(100));
    assert_eq!(bot.ledger.trades, [(2.51, 3.0, true), (2.49, 4.5, false)]);
    assert_eq!(bot.ledger.book[1].get(&25_100), Some(&7.0));
}

#[test]
fn an_order_opens_changes_fills_and_ends() {
    let Rig {
        venue,
        process: _process,
        mut bot,
        ..
    } = Rig::start(3).with_offer();
    let control = venue.control();
    let id = bot.open_order(1, Side::Buy, 24_000, 20.0);
    bot.amend(id, 24_500, 30.0);
    bot.until("amended", |ledger| {
        let last = &ledger.orders[&id].last;
        last.price_tick == 24_500 && last.qty == 30.0
    });
    place(control, "Sell", "12.5", "2.4500");
    bot.until("partly filled", |ledger| ledger.orders[&id].filled > 12.4);
    assert!(bot.ledger.is(id, Status::PartiallyFilled));
    assert_eq!(bot.ledger.orders[&id].last.exec_price_tick, 24_500);
    assert!(bot.ledger.orders[&id].last.maker);
    bot.cancel(id);
    bot.until("canceled", |ledger| ledger.is(id, Status::Canceled));
    bot.until("a position", |ledger| ledger.position == 12.5);
    // Takes what is offered, and the rest expires.
    bot.submit(900, Side::Buy, 25_100, 15.0, TimeInForce::IOC);
    bot.until("ended", |l| {
        l.orders.get(&900).is_some_and(|known| known.has_ended())
    });
    assert_eq!(bot.ledger.orders[&900].filled, 10.0);
    // Would take: refused by the venue, tied to the order.
    place(control, "Sell", "10.0", "2.5100");
    bot.until("an offer", |ledger| ledger.best(1) == Some(25_100));
    bot.submit(901, Side::Buy, 25_100, 5.0, TimeInForce::GTX);
    bot.until("refused", |ledger| ledger.is(901, Status::Expired));
    let reported = |e: &ControlEvent| matches!(e, ControlEvent::Reject { order_id: 901, text, .. } if text.contains("PostOnly"));
    bot.until("the reason", |ledger| ledger.count(reported) == 1);
    bot.until("the end", |l| {
        differences(l, control, "XRPUSDT", 0.0001, 50).is_empty()
    });
    assert_eq!(truth(control)["executions"].as_array().unwrap().len(), 2);
}

#[test]
fn every_socket_comes_back_and_missed_events_are_reported() {
    let Rig {
        venue,
        process: _process,
        mut bot,
        ..
    } = Rig::start(4).with_offer();
    let control = venue.control();
    let id = bot.open_order(1, Side::Buy, 24_000, 20.0);
    for (socket, word, end) in [
        (Socket::Public, VenueSocket::Public, End::Reset),
        (Socket::Private, VenueSocket::Private, End::MidFrame),
        (Socket::Trade, VenueSocket::Trade, End::Close),
        (Socket::Private, VenueSocket::Private, End::HalfClose),
    ] {
        let before = bot.ledger.sides.len();
        // What happens meanwhile is missed by the streams.
        control.faults(socket, |f| f.refuse_ms = 300);
        control
            .run_json(json!({"cmd": "cut", "socket": socket, "end": end}))
            .unwrap();
        place(control, "Buy", "1.0", "2.5100");
        place(control, "Sell", "2.0", "2.4000");
        let reported = |up: bool| move |e: &ControlEvent| matches!(e, ControlEvent::Socket { socket, up: u, .. } if *socket == word && *u == up);
        let after =
            |l: &crate::bybit_net::ledger::Ledger, up| l.sides[before..].iter().any(reported(up));
        bot.until("reported down", |ledger| after(ledger, false));
        bot.until("reported up", |ledger| after(ledger, true));
        bot.until("as at the venue", |ledger| {
            differences(ledger, control, "XRPUSDT", 0.0001, 50).is_empty()
        });
    }
    assert_eq!(bot.ledger.orders[&id].filled, 8.0);
    assert_eq!(bot.ledger.orders[&id].fills, 4, "each fill once");
    assert!(
        bot.ledger
            .count(|e| matches!(e, ControlEvent::FeedStale { .. }))
            >= 1
    );
    assert!(!bot.ledger.stale);
    // Refused until everything was compared again.
    while !bot.ledger.is(id, Status::Canceled) {
        let answers = bot.ledger.sides.len();
        bot.cancel(id);
        bot.until("an answer", |ledger| {
            ledger.is(id, Status::Canceled) || ledger.sides.len() > answers
        });
        bot.run_for(Duration::from_millis(20));
    }
    assert_eq!(control.counter("orderBeforeAuth"), 0);
}

#[test]
fn by_default_no_order_and_no_login_reaches_the_venue() {
    let venue = venue(5);
    let config = config_file(&venue, "");
    let process = BybitProcess::start(&unique_name(), &config, &[]);
    assert_eq!(process.ready["orders"], "paper");
    let mut bot = ShmBot::xrp(&process);
    place(venue.control(), "Sell", "10.0", "2.5100");
    bot.until("a book", |ledger| !ledger.book[1].is_empty());
    bot.submit(1, Side::Buy, 24_000, 20.0, TimeInForce::GTC);
    bot.until("an answer", |ledger| ledger.orders.contains_key(&1));
    let control = venue.control();
    for name in [
        "connect.private",
        "connect.trade",
        "order.create.trade",
        "order.create.rest",
    ] {
        assert_eq!(control.counter(name), 0, "{name}");
    }
    assert!(ours(&truth(control)).is_empty());
}

#[test]
fn a_refused_key_leaves_public_data_and_bots_are_notified() {
    let venue = venue(6);
    let config = config_file(&venue, "");
    let wrong = |command: &mut std::process::Command| {
        command.env("BYBIT_API_SECRET", "not-the-secret-0001");
    };
    let process = BybitProcess::start_with(&unique_name(), &config, REAL, wrong);
    let mut bot = ShmBot::xrp(&process);
    place(venue.control(), "Sell", "10.0", "2.5100");
    bot.until("a book", |ledger| !ledger.book[1].is_empty());
    bot.until("a report", |ledger| ledger.codes().contains(&3213));
    bot.submit(1, Side::Buy, 24_000, 20.0, TimeInForce::GTC);
    bot.until("refused", |ledger| ledger.is(1, Status::Expired));
    place(venue.control(), "Sell", "5.0", "2.5200");
    bot.until("more of the book", |l| l.book[1].contains_key(&25_200));
    let (status, output) = process.stop();
    assert!(
        status.success() && !output.contains("not-the-secret"),
        "{output}"
    );
    let mut reported = output.lines().filter(|line| line.contains("code=3213"));
    assert!(reported.any(|line| line.contains("WARN")), "{output}");
}

#[test]
fn a_registration_waits_for_the_instruments() {
    let venue = venue(7);
    let control = venue.control();
    control.faults(Socket::Rest, |f| f.http_status = 503);
    let config = config_file(&venue, "register_wait_ms = 20000");
    let process = BybitProcess::start(&unique_name(), &config, REAL);
    let mut bot = ShmBot::xrp(&process);
    place(control, "Sell", "10.0", "2.5100");
    bot.run_for(Duration::from_millis(300));
    bot.submit(1, Side::Buy, 24_000, 20.0, TimeInForce::GTC);
    bot.until("refused for now", |ledger| ledger.codes().contains(&3208));
    assert_eq!(
        bot.ledger
            .count(|e| matches!(e, ControlEvent::RegisterRefused { .. })),
        0
    );
    control.faults(Socket::Rest, |f| f.http_status = 0);
    bot.until("a book", |ledger| !ledger.book[1].is_empty());
}

#[test]
fn a_registration_that_waits_gets_a_notice_and_a_wrong_one_is_refused_with_the_right_sizes() {
    let venue = venue(8);
    let control = venue.control();
    control.faults(Socket::Rest, |f| f.http_status = 503);
    let config = config_file(&venue, "register_wait_ms = 300");
    let process = BybitProcess::start(&unique_name(), &config, REAL);
    let mut bot = ShmBot::xrp(&process);
    let reported = |e: &ControlEvent| matches!(e, ControlEvent::Notice { code: 3208, .. });
    bot.until("a report", |ledger| ledger.count(reported) >= 2);
    control.faults(Socket::Rest, |f| f.http_status = 0);
    // The instruments are asked for every 10 s while they cannot be had.
    wait_until("the instruments", || {
        control.counter("rest/v5/account/wallet-balance") > 0
    });
    let mut wrong = ShmBot::join(&process.name, "XRPUSDT", 0.01, 0.1);
    let refused = |e: &ControlEvent| matches!(e, ControlEvent::RegisterRefused { code: 3002, text, .. } if text.contains("0.0001"));
    wrong.until("refused", |ledger| ledger.count(refused) == 1);
    place(control, "Sell", "10.0", "2.5100");
    bot.until("a book", |ledger| !ledger.book[1].is_empty());
}

#[test]
fn neither_key_nor_secret_is_written_anywhere_at_any_level() {
    for level in [
        "trace",
        "trace,tungstenite=trace,hyper=trace,rustls=trace,hyper_util=trace",
    ] {
        let venue = venue(9);
        let control = venue.control();
        let config = config_file(&venue, "");
        let loud = |command: &mut std::process::Command| {
            command.env("RUST_LOG", level);
        };
        let process = BybitProcess::start_with(&unique_name(), &config, REAL, loud);
        let mut bot = ShmBot::xrp(&process);
        place(control, "Sell", "10.0", "2.5100");
        bot.until("a book", |ledger| !ledger.book[1].is_empty());
        wait_until("the login", || is_logged_in(control));
        let id = bot.open_order(1, Side::Buy, 24_000, 20.0);
        control.reply(
            serde_json::from_value(
                json!({"op": "order.cancel", "shape": "snake", "retCode": 10004}),
            )
            .unwrap(),
        );
        bot.cancel(id);
        for socket in [Socket::Private, Socket::Trade] {
            control.faults(socket, |f| f.http_status = 503);
            control
                .run_json(json!({"cmd": "cut", "socket": socket}))
                .unwrap();
        }
        // Errors that quote requests: REST refused, not JSON, cut in the middle.
        for (path, shape) in [
            ("/v5/order/realtime", "notJson"),
            ("/v5/execution/list", "none"),
        ] {
            control.reply(serde_json::from_value(json!({"op": path, "shape": shape})).unwrap());
        }
        control.reply(
            serde_json::from_value(json!({"op": "/v5/position/list", "retCode": 10004})).unwrap(),
        );
        bot.run_for(Duration::from_millis(700));
        control.run_json(json!({"cmd": "clearFaults"})).unwrap();
        bot.until("as at the venue", |l| {
            differences(l, control, "XRPUSDT", 0.0001, 50).is_empty()
        });
        drop(bot);
        let (status, output) = process.stop();
        assert!(status.success());
        assert!(output.len() > 1000, "the log is there: {output}");
        for canary in [KEY, SECRET] {
            assert!(
                !output.contains(canary),
                "{canary} is in the output at {level}"
            );
        }
        // A signature is 64 hex digits; nothing else here is that long.
        let hex = output
            .split(|c: char| !c.is_ascii_hexdigit())
            .map(str::len)
            .max();
        assert!(
            hex.unwrap_or(0) < 64,
            "a signature is in the output at {level}"
        );
    }
}

#[test]
fn a_file_with_keys_that_others_may_read_is_refused_with_the_remedy() {
    use std::os::unix::fs::PermissionsExt;
    let venue = venue(10);
    let config = config_file(&venue, "api_key = \"canary\"\nsecret = \"canary\"");
    let permissions = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(&config, permissions).unwrap();
    let (code, output) = run_to_end(&config, &[], |_| {});
    assert_eq!(code, 2, "{output}");
    assert!(
        output.contains("chmod 600") && !output.contains("canary"),
        "{output}"
    );
    let config = config_file(&venue, "order_prefix = \"\"");
    let (code, output) = run_to_end(&config, REAL, |_| {});
    assert_eq!(code, 2, "{output}");
    assert!(output.contains("order_prefix is empty"), "{output}");
}
