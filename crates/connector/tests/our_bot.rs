//! `connector sim` with a bot that has a control block and the control channel.

use std::time::{Duration, Instant};

use crate::shared_data::shared_data;
use crate::support::connector::Connector;
use crate::support::names::unique_name;
use crate::support::wire_bot::WireBot;
use hbl_wire::ControlRequest;
use hftbacktest::types::Status;

#[test]
fn amend_cancel_all_and_refusals_work_and_updates_are_private() {
    let name = unique_name();
    let _connector = Connector::start(&[&name, "sim"]);
    let (mut one, mut two) = (WireBot::join(&name), WireBot::join(&name));
    one.until("a snapshot", |bot| bot.snapshot_levels >= 40);
    let tick = (one.best_bid * 9.8).round() as i64;
    one.submit(1, tick);
    one.submit(2, tick - 5);
    two.submit(1, tick - 7);
    one.until("open orders", |bot| {
        bot.is(1, Status::New) && bot.is(2, Status::New)
    });
    two.until("an open order", |bot| bot.is(1, Status::New));
    let symbol = || "BTCUSDT".to_owned();
    let amend = ControlRequest::Amend {
        symbol: symbol(),
        order_id: 1,
        price_tick: tick - 20,
        qty: 0.02,
    };
    one.end.port.send_control(&amend).unwrap();
    one.until("amended", |bot| {
        bot.last(1)
            .is_some_and(|o| o.price_tick == tick - 20 && o.qty == 0.02 && o.status == Status::New)
    });
    one.submit(2, tick);
    one.until("refused", |bot| bot.rejects.contains(&(2, 3005)));
    assert!(one.is(2, Status::New), "the open order of that id lives on");
    one.end
        .port
        .send_control(&ControlRequest::CancelAll { symbol: symbol() })
        .unwrap();
    one.until("all canceled", |bot| {
        bot.is(1, Status::Canceled) && bot.is(2, Status::Canceled)
    });
    two.until("more feed", |bot| bot.feeds > 500);
    assert!(two.is(1, Status::New), "another bot's order stays");
    assert!(two.orders.iter().all(|order| order.price_tick == tick - 7));
    assert_eq!((one.end.lost, two.end.lost), (0, 0));
}

#[test]
fn orders_of_a_dead_anonymous_bot_pass_to_the_next_one() {
    let name = unique_name();
    let _connector = Connector::start(&[&name, "sim"]);
    let mut dead = WireBot::join(&name);
    dead.until("a snapshot", |bot| bot.snapshot_levels >= 40);
    let tick = (dead.best_bid * 9.8).round() as i64;
    dead.submit(5, tick);
    dead.until("an open order", |bot| bot.is(5, Status::New));
    let mut living = WireBot::join(&name);
    living.until("its snapshot", |bot| bot.snapshot_levels >= 40);
    assert!(living.orders.is_empty(), "not while its owner lives");
    drop(dead);
    let mut heir = WireBot::join(&name);
    heir.until("the order", |bot| bot.is(5, Status::New));
    let symbol = "BTCUSDT".to_owned();
    heir.end
        .port
        .send_control(&ControlRequest::CancelAll { symbol })
        .unwrap();
    heir.until("canceled", |bot| bot.is(5, Status::Canceled));
}

/// The numbers are those of an independent reading of the file (see `shared_recording.rs`).
#[test]
fn a_real_recording_arrives_whole_through_shared_memory() {
    let test = "a_real_recording_arrives_whole_through_shared_memory";
    let Some(path) = shared_data(test, "binance-usdm-btcusdt-20240808.gz") else {
        return;
    };
    let path = path.to_str().unwrap();
    let name = unique_name();
    let mut connector = Connector::start(&[
        &name,
        "replay",
        path,
        "--speed",
        "max",
        "--max-rate",
        "60000",
        "--exit-at-end",
    ]);
    let mut bot = WireBot::join(&name);
    let end = Instant::now() + Duration::from_secs(60);
    while bot.trades.0 < 21_313 && Instant::now() < end {
        if !bot.take() {
            std::thread::sleep(Duration::from_micros(50));
        }
    }
    assert_eq!(connector.wait(Duration::from_secs(30)).code(), Some(0));
    while bot.take() {}
    assert_eq!((bot.trades.0, bot.end.lost), (21_313, 0));
    assert!((bot.trades.1 - 1251.576).abs() < 1e-3 && (bot.trades.2 - 1177.790).abs() < 1e-3);
    let (bid, ask) = (bot.book[0].last_key_value(), bot.book[1].first_key_value());
    assert!(bid.unwrap().0 < ask.unwrap().0);
    assert!(bot.book[0].len() > 4_000 && bot.book[1].len() > 4_000);
}
