//! `connector bybit` against the fake venue: paper trading, and JSON lines.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::bybit_net::{config_with_keys, truth, venue};
use crate::stdio_support::Lines;
use crate::support::connector::Connector;
use crate::support::names::unique_name;
use crate::support::upstream_bot::{
    UpstreamBot, buy, has_book, is_reported, status, until, upstream_bot,
};
use hbl_fake_bybit::{ControlHandle, Socket};
use hftbacktest::depth::MarketDepth;
use hftbacktest::prelude::Bot;
use hftbacktest::types::{ErrorKind, Status, TimeInForce};
use serde_json::{Value, json};

/// Price and quantity of the best level of a side.
fn best(control: &ControlHandle, side: &str) -> (f64, f64) {
    let command = json!({"cmd": "book", "symbol": "BTCUSDT", "depth": 1});
    let book = control.run_json(command).unwrap();
    let number = |value: &Value| match value {
        Value::String(text) => text.parse().unwrap(),
        other => other.as_f64().unwrap(),
    };
    let level = &book[side][0];
    (number(&level[0]), number(&level[1]))
}

/// Stands the market still, and waits until what is on its way has arrived.
fn pause(control: &ControlHandle) {
    control.settings(|settings| settings.paused = true);
    std::thread::sleep(Duration::from_millis(300));
}

/// Nothing of an order, and no login.
fn assert_untouched(control: &ControlHandle) {
    for counter in [
        "order.create.trade",
        "order.create.rest",
        "order.cancel.trade",
        "order.cancel.rest",
        "connect.private",
        "connect.trade",
        "auth.private",
        "auth.trade",
    ] {
        assert_eq!(control.counter(counter), 0, "{counter}");
    }
    let truth = truth(control);
    assert_eq!(truth["executions"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_paper_order_is_filled_against_the_venues_book_and_never_reaches_the_venue() {
    let venue = venue(41);
    let control = venue.control();
    let config = config_with_keys(&venue, "[paper]\n[paper.latency]\nentry_ns = 1000000");
    let name = unique_name();
    // Paper is the default, keys or not.
    let connector = Connector::start(&[&name, "bybit", config.to_str().unwrap()]);
    assert_eq!(connector.ready["orders"], "paper");
    assert_eq!(connector.ready["paper"], true);
    let mut bot = upstream_bot(&name, 0.1, 0.001, |_| {});
    until(&mut bot, "a book", has_book);
    pause(control);
    let ((ask, _), (bid, bid_qty)) = (best(control, "asks"), best(control, "bids"));
    until(&mut bot, "the venue's book", |bot| {
        (bot.depth(0).best_ask() - ask).abs() < 0.05 && (bot.depth(0).best_bid() - bid).abs() < 0.05
    });
    buy(&mut bot, 1, ask + 5.0, 0.001, TimeInForce::IOC);
    until(&mut bot, "order 1 is Filled", |bot| {
        is_reported(bot, 1, Status::Filled)
    });
    let filled = &bot.orders(0)[&1];
    assert_eq!(filled.exec_price_tick, (ask * 10.0).round() as i64);
    until(&mut bot, "a position", |bot| {
        (bot.position(0) - 0.001).abs() < 1e-9
    });
    // Waits behind what is displayed, and is filled when the market goes through its price.
    buy(&mut bot, 2, bid, 0.002, TimeInForce::GTC);
    until(&mut bot, "order 2 is New", |bot| {
        is_reported(bot, 2, Status::New)
    });
    let through = json!({
        "cmd": "place", "symbol": "BTCUSDT", "side": "Sell", "owner": "other",
        "qty": format!("{:.3}", bid_qty + 1.0), "price": format!("{:.1}", bid - 20.0),
    });
    control.run_json(through).unwrap();
    until(&mut bot, "order 2 is Filled", |bot| {
        is_reported(bot, 2, Status::Filled)
    });
    assert!(bot.orders(0)[&2].maker);
    until(&mut bot, "a position", |bot| {
        (bot.position(0) - 0.003).abs() < 1e-9
    });
    assert_untouched(control);
}

#[test]
fn without_the_venue_paper_orders_are_refused_and_work_again_after_it_is_back() {
    let venue = venue(42);
    let control = venue.control();
    let config = config_with_keys(&venue, "");
    let name = unique_name();
    let _connector = Connector::start(&[&name, "bybit", config.to_str().unwrap(), "--paper"]);
    let codes: Rc<RefCell<Vec<i64>>> = Rc::default();
    let noted = Rc::clone(&codes);
    let mut bot = upstream_bot(&name, 0.1, 0.001, move |error| {
        if error.kind == ErrorKind::OrderError
            && let Some(map) = error.value.get_map()
        {
            noted.borrow_mut().extend(map["code"].get_int());
        }
    });
    until(&mut bot, "a book", has_book);
    control.faults(Socket::Public, |faults| faults.refuse = true);
    control
        .run_json(json!({"cmd": "cut", "socket": "public"}))
        .unwrap();
    let ask = bot.depth(0).best_ask();
    let mut id = 0;
    let end = Instant::now() + Duration::from_secs(30);
    while codes.borrow().last() != Some(&3115) {
        assert!(Instant::now() < end, "never refused");
        id += 1;
        buy(&mut bot, id, ask + 50.0, 0.001, TimeInForce::IOC);
        bot.elapse(20_000_000).unwrap();
    }
    // One on its way when the market halts meets that.
    let seen = codes.borrow().clone();
    assert!(
        seen.iter().all(|code| [1013, 3115].contains(code)),
        "{seen:?}"
    );
    control.faults(Socket::Public, |faults| faults.refuse = false);
    let end = Instant::now() + Duration::from_secs(40);
    let filled = |bot: &UpstreamBot, id| status(bot, id) == Some(Status::Filled);
    let refused = id;
    while id == refused || !filled(&bot, id) {
        assert!(Instant::now() < end, "never filled again");
        id += 1;
        buy(&mut bot, id, ask + 500.0, 0.001, TimeInForce::IOC);
        bot.elapse(50_000_000).unwrap();
    }
    assert_untouched(control);
}

#[test]
fn json_lines_carry_the_venues_book_and_trades_and_its_losses() {
    let venue = venue(43);
    let control = venue.control();
    let config = config_with_keys(&venue, "");
    let mut lines = Lines::start(&["bybit", config.to_str().unwrap(), "--paper=false"]);
    assert_eq!(lines.next()["status"], "ready");
    let depth = json!({"command": "subscribe", "channel": "depth", "symbol": "BTCUSDT"});
    lines.send(&depth);
    lines.send(&json!({"command": "subscribe", "channel": "trades", "symbol": "BTCUSDT"}));
    lines.send(&json!({"command": "subscribe", "channel": "trades", "symbol": "NOSUCH"}));
    let subscribed = lines.until(|line| line["status"] == "subscribed");
    assert_eq!(
        (&subscribed["tick"], &subscribed["lot"]),
        (&json!(0.1), &json!(0.001))
    );
    // In either order: the venue is asked once more before an unknown symbol is refused.
    let (mut is_refused, mut has_book) = (false, false);
    while !(is_refused && has_book) {
        let line = lines.until(|line| line["type"] == "error" || line["snapshot"] == true);
        if line["type"] == "error" {
            assert_eq!(line["code"], 3001);
            is_refused = true;
        } else {
            has_book |= !line["bids"].as_array().unwrap().is_empty();
        }
    }
    let trade = lines.until(|line| line["type"] == "trade");
    assert_eq!(trade["symbol"], "BTCUSDT");
    pause(control);
    let px = |levels: &Value| {
        levels
            .as_array()
            .unwrap()
            .iter()
            .map(|l| l[0].as_f64().unwrap())
            .collect::<Vec<_>>()
    };
    // Asked for anew, the book comes whole, as the venue has it: at the latest when what was on its
    // way has arrived.
    let venues = (best(control, "bids").0, best(control, "asks").0);
    let mut seen = (0.0, 0.0);
    let end = Instant::now() + Duration::from_secs(20);
    while seen != venues {
        assert!(Instant::now() < end, "{seen:?} instead of {venues:?}");
        lines.send(&depth);
        lines.until(|line| line["status"] == "subscribed");
        let whole = lines.until(|line| line["snapshot"] == true);
        let bid = px(&whole["bids"]).into_iter().fold(f64::MIN, f64::max);
        let ask = px(&whole["asks"]).into_iter().fold(f64::MAX, f64::min);
        seen = (bid, ask);
    }
    control.settings(|settings| settings.paused = false);
    control
        .run_json(json!({"cmd": "cut", "socket": "public"}))
        .unwrap();
    lines.until(|line| line["status"] == "down");
    lines.until(|line| line["status"] == "fresh");
    lines.until(|line| line["snapshot"] == true);
    lines.until(|line| line["type"] == "trade");
    lines.send(&json!({"command": "stop"}));
    lines.until(|line| line["status"] == "stopping");
    assert_eq!(lines.wait().code(), Some(0));
    assert_untouched(control);
}
