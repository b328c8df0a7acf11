//! `connector sim` with hftbacktest's own bot over real shared memory.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use crate::support::connector::{Connector, run_to_end};
use crate::support::names::unique_name;
use crate::support::upstream_bot::{buy, has_book, is_reported, status, until, upstream_bot};
use hftbacktest::depth::MarketDepth;
use hftbacktest::prelude::Bot;
use hftbacktest::types::{ErrorKind, OrdType, Status, TimeInForce, Value};

#[test]
fn an_upstream_bot_gets_book_and_trades_and_trades_itself() {
    let name = unique_name();
    let mut connector = Connector::start(&[&name, "sim"]);
    assert_eq!(connector.ready["type"], "ready");
    assert_eq!(connector.ready["name"], name.as_str());
    assert_eq!(connector.ready["pid"], connector.pid());
    assert_eq!(connector.ready["orders"], "simulated");
    let mut bot = upstream_bot(&name, 0.1, 0.001, |_| {});
    until(&mut bot, "a book", has_book);
    until(&mut bot, "trades", |bot| bot.last_trades(0).len() >= 5);
    let (exch_ts, local_ts) = bot.feed_latency(0).unwrap();
    assert!(
        (0..1_000_000_000).contains(&(local_ts - exch_ts)),
        "{exch_ts} {local_ts}"
    );

    let bid = bot.depth(0).best_bid();
    buy(&mut bot, 1, bid * 0.98, 0.01, TimeInForce::GTC);
    until(&mut bot, "New", |bot| is_reported(bot, 1, Status::New));
    bot.cancel(0, 1, false).unwrap();
    until(&mut bot, "Canceled", |bot| {
        status(bot, 1) == Some(Status::Canceled)
    });

    let ask = bot.depth(0).best_ask();
    buy(&mut bot, 2, ask * 1.01, 0.01, TimeInForce::IOC);
    until(&mut bot, "Filled", |bot| {
        status(bot, 2) == Some(Status::Filled)
    });
    let order = &bot.orders(0)[&2];
    assert!(
        order.exec_qty > 0.0 && order.exec_price() > 0.0 && order.leaves_qty == 0.0,
        "{order:?}"
    );
    until(&mut bot, "position", |bot| {
        (bot.position(0) - 0.01).abs() < 1e-9
    });

    bot.submit_sell_order(0, 3, ask, 0.01, TimeInForce::IOC, OrdType::Market, false)
        .unwrap();
    until(&mut bot, "flat", |bot| bot.position(0).abs() < 1e-9);
    let (status, took) = connector.signal(libc::SIGTERM);
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(3), "{took:?}");
}

#[test]
fn a_restarted_bot_gets_its_open_orders_position_and_the_book_in_its_batch() {
    let name = unique_name();
    let _connector = Connector::start(&[&name, "sim"]);
    let mut bot = upstream_bot(&name, 0.1, 0.001, |_| {});
    until(&mut bot, "a book", has_book);
    let (bid, ask) = (bot.depth(0).best_bid(), bot.depth(0).best_ask());
    buy(&mut bot, 7, bid * 0.98, 0.01, TimeInForce::GTC);
    buy(&mut bot, 8, ask * 1.01, 0.02, TimeInForce::IOC);
    until(&mut bot, "open order and fill", |bot| {
        status(bot, 7) == Some(Status::New) && status(bot, 8) == Some(Status::Filled)
    });
    drop(bot);
    let mut bot = upstream_bot(&name, 0.1, 0.001, |_| {});
    until(&mut bot, "the batch", |bot| {
        status(bot, 7) == Some(Status::New)
    });
    until(&mut bot, "position and book", |bot| {
        (bot.position(0) - 0.02).abs() < 1e-9 && has_book(bot)
    });
    assert_eq!(status(&bot, 8), None, "only open orders come back");
    bot.cancel(0, 7, false).unwrap();
    until(&mut bot, "Canceled", |bot| {
        status(bot, 7) == Some(Status::Canceled)
    });
}

#[test]
fn a_reject_carries_a_code() {
    let name = unique_name();
    let _connector = Connector::start(&[&name, "sim"]);
    let errors: Rc<RefCell<Vec<(ErrorKind, Value)>>> = Rc::default();
    let noted = Rc::clone(&errors);
    let mut bot = upstream_bot(&name, 0.1, 0.001, move |error| {
        noted.borrow_mut().push((error.kind, error.value));
    });
    until(&mut bot, "a book", has_book);
    let bid = bot.depth(0).best_bid();
    buy(&mut bot, 1, bid, 0.0005, TimeInForce::GTC);
    buy(&mut bot, 2, f64::NAN, 0.01, TimeInForce::GTC);
    buy(&mut bot, 3, bid, -1.0, TimeInForce::GTC);
    for id in 1..=3 {
        until(&mut bot, "Expired", |bot| {
            status(bot, id) == Some(Status::Expired)
        });
    }
    let codes: Vec<Option<i64>> = errors
        .borrow()
        .iter()
        .filter(|(kind, _)| *kind == ErrorKind::OrderError)
        .map(|(_, value)| value.get_map().and_then(|map| map["code"].get_int()))
        .collect();
    assert_eq!(codes, [Some(1005), Some(1002), Some(1004)]);

    let errors: Rc<RefCell<Vec<ErrorKind>>> = Rc::default();
    let noted = Rc::clone(&errors);
    let mut wrong = upstream_bot(&name, 0.5, 0.001, move |error| {
        noted.borrow_mut().push(error.kind)
    });
    until(&mut wrong, "refused", |_| !errors.borrow().is_empty());
    assert_eq!(errors.borrow()[0], ErrorKind::Custom(3002));
}

#[test]
fn a_name_can_be_used_once_and_again_after_the_end() {
    let name = unique_name();
    let mut first = Connector::start(&[&name, "sim"]);
    let (code, stderr) = run_to_end(&[&name, "sim"]);
    assert_eq!(code, 3, "{stderr}");
    assert!(
        stderr.contains(&name) && stderr.contains("already running"),
        "{stderr}"
    );
    assert_eq!(first.signal(libc::SIGINT).0.code(), Some(0));
    let mut again = Connector::start(&[&name, "sim"]);
    assert_eq!(again.signal(libc::SIGTERM).0.code(), Some(0));
}

#[test]
fn a_bot_gets_the_cancellation_of_its_orders_when_the_connector_stops() {
    let name = unique_name();
    let mut connector = Connector::start(&[&name, "sim"]);
    let mut bot = upstream_bot(&name, 0.1, 0.001, |_| {});
    until(&mut bot, "a book", has_book);
    let bid = bot.depth(0).best_bid();
    buy(&mut bot, 1, bid * 0.98, 0.01, TimeInForce::GTC);
    until(&mut bot, "New", |bot| is_reported(bot, 1, Status::New));
    connector.send_signal(libc::SIGTERM);
    until(&mut bot, "Canceled", |bot| {
        status(bot, 1) == Some(Status::Canceled)
    });
    assert_eq!(connector.wait(Duration::from_secs(20)).code(), Some(0));
}

#[test]
fn with_paper_an_order_fills_beside_the_simulated_market_and_is_not_seen_in_it() {
    let name = unique_name();
    let connector = Connector::start(&[&name, "sim", "--paper"]);
    assert_eq!(connector.ready["orders"], "paper");
    assert_eq!(connector.ready["paper"], true);
    let mut bot = upstream_bot(&name, 0.1, 0.001, |_| {});
    until(&mut bot, "a book", has_book);
    let (bid, ask) = (bot.depth(0).best_bid(), bot.depth(0).best_ask());
    let far_below = (bid * 0.9).round();
    buy(&mut bot, 1, far_below, 0.01, TimeInForce::GTC);
    buy(&mut bot, 2, ask * 1.01, 0.01, TimeInForce::IOC);
    until(&mut bot, "open and filled", |bot| {
        status(bot, 1) == Some(Status::New) && status(bot, 2) == Some(Status::Filled)
    });
    until(&mut bot, "position", |bot| {
        (bot.position(0) - 0.01).abs() < 1e-9
    });
    bot.elapse(100_000_000).unwrap();
    let tick = (far_below * 10.0).round() as i64;
    assert_eq!(bot.depth(0).bid_qty_at_tick(tick), 0.0);
}

#[test]
fn mistakes_have_exit_codes_and_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let bad_key = path("bad.toml", "seed = 1\nvolatilty = 2\n");
    let bad_number = path(
        "number.toml",
        "[[symbols]]\nsymbol = \"X\"\ntick_size = 0.0\n",
    );
    let no_data = path("x.gz", "nothing of use\n");
    let cases: [(&[&str], i32, &str); 7] = [
        (&["binancespot", "x.toml"], 2, "not available"),
        (&["mine", "nothing"], 2, "`nothing`"),
        (&["sim", "missing.toml"], 2, "missing.toml"),
        (&["sim", &bad_key], 2, "line 2"),
        (&["sim", &bad_number], 2, "tick_size"),
        (&["replay"], 2, "recording"),
        (&["replay", &no_data], 5, "not a recording"),
    ];
    for (args, code, words) in cases {
        let (actual, stderr) = run_to_end(args);
        assert_eq!(actual, code, "{args:?}: {stderr}");
        assert!(stderr.contains(words), "{args:?}: {stderr}");
    }
    assert_eq!(run_to_end(&["--help"]).0, 0);
    assert_eq!(run_to_end(&["--version"]).0, 0);
}
