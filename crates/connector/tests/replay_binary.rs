//! `connector replay` with hftbacktest's own bot over real shared memory.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::connector::Connector;
use crate::support::names::unique_name;
use crate::support::upstream_bot::{UpstreamBot, buy, status, until, upstream_bot};
use hbl_venues::replay::synth;
use hftbacktest::depth::MarketDepth;
use hftbacktest::prelude::Bot;
use hftbacktest::types::{
    Event, LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT, LOCAL_SELL_TRADE_EVENT, Status,
    TimeInForce,
};

const START_NS: i64 = 1_700_000_000_000_000_000;

fn recording(folder: &Path, steps: u64) -> PathBuf {
    let path = folder.join("btcusdt_20240808.gz");
    synth::write_lines(&path, &synth::usdm_lines("BTCUSDT", START_NS, steps)).unwrap();
    path
}

fn top(bot: &UpstreamBot) -> (i64, i64) {
    (bot.depth(0).best_bid_tick(), bot.depth(0).best_ask_tick())
}

#[test]
fn an_upstream_bot_gets_all_of_the_recording_and_stays_connected() {
    let folder = tempfile::tempdir().unwrap();
    let path = recording(folder.path(), 200);
    let name = unique_name();
    let mut connector =
        Connector::start(&[&name, "replay", path.to_str().unwrap(), "--speed", "2"]);
    // Nothing is lost by being late: the replay waits for its first bot.
    std::thread::sleep(Duration::from_millis(300));
    let mut bot = upstream_bot(&name, 0.1, 0.001, |_| {});
    until(&mut bot, "the last book", |bot| top(bot) == (1200, 1201));
    until(&mut bot, "all trades", |bot| {
        bot.last_trades(0).len() == 200
    });
    let sold: f64 = bot
        .last_trades(0)
        .iter()
        .filter(|t| t.is(LOCAL_SELL_TRADE_EVENT))
        .map(|t| t.qty)
        .sum();
    assert!((sold - 1.0).abs() < 1e-9);
    buy(&mut bot, 1, 130.0, 0.05, TimeInForce::IOC);
    until(&mut bot, "Filled", |bot| {
        status(bot, 1) == Some(Status::Filled)
    });
    assert_eq!(bot.orders(0)[&1].exec_price_tick, 1201);
    // A bot that comes after the end gets the book as it stands.
    let mut late = upstream_bot(&name, 0.1, 0.001, |_| {});
    until(&mut late, "the book", |bot| top(bot).0 == 1200);
    assert!((late.position(0) - 0.05).abs() < 1e-9);
    assert_eq!(connector.signal(libc::SIGTERM).0.code(), Some(0));
}

#[test]
fn lines_on_the_standard_input_play_one_message_each_and_the_end_can_stop_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = recording(folder.path(), 1);
    let name = unique_name();
    let mut connector = Connector::start(&[
        &name,
        "replay",
        path.to_str().unwrap(),
        "--speed",
        "step",
        "--exit-at-end",
    ]);
    let mut bot = upstream_bot(&name, 0.1, 0.001, |_| {});
    let mut stdin = connector.stdin();
    stdin.write_all(b"\n\n\n").unwrap();
    until(&mut bot, "the snapshot", |bot| top(bot) == (1000, 1001));
    bot.elapse(100_000_000).unwrap();
    assert_eq!(top(&bot), (1000, 1001), "it stands still");
    stdin.write_all(b"\n\n\n\n").unwrap();
    until(&mut bot, "the end", |bot| top(bot) == (1001, 1002));
    assert_eq!(connector.wait(Duration::from_secs(20)).code(), Some(0));
}

#[test]
fn an_event_array_plays_under_the_symbol_of_its_file_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("btcusdt_20240808.npz");
    let event = |ev, local_ts, px| Event {
        ev,
        exch_ts: local_ts - 1000,
        local_ts,
        px,
        qty: 2.0,
        order_id: 0,
        ival: 0,
        fval: 0.0,
    };
    let events = [
        event(LOCAL_BID_DEPTH_EVENT, START_NS, 100.0),
        event(LOCAL_ASK_DEPTH_EVENT, START_NS, 100.1),
        event(LOCAL_SELL_TRADE_EVENT, START_NS + 1_000_000, 100.0),
        event(LOCAL_BID_DEPTH_EVENT, START_NS + 2_000_000, 100.1),
        event(LOCAL_ASK_DEPTH_EVENT, START_NS + 2_000_000, 100.2),
    ];
    synth::write_array(&path, &events, Some(true)).unwrap();
    let name = unique_name();
    let _connector = Connector::start(&[&name, "replay", path.to_str().unwrap()]);
    let mut bot = upstream_bot(&name, 0.1, 0.001, |_| {});
    until(&mut bot, "the last book", |bot| top(bot) == (1001, 1002));
    assert_eq!(bot.last_trades(0).len(), 1);
}

#[test]
fn a_config_file_names_recordings_beside_itself() {
    let folder = tempfile::tempdir().unwrap();
    recording(folder.path(), 5);
    let config = folder.path().join("replay.toml");
    std::fs::write(
        &config,
        "files = [\"btcusdt_20240808.gz\"]\nspeed = \"max\"\n",
    )
    .unwrap();
    let name = unique_name();
    let _connector = Connector::start(&[&name, "replay", config.to_str().unwrap()]);
    let mut bot = upstream_bot(&name, 0.1, 0.001, |_| {});
    until(&mut bot, "the last book", |bot| top(bot) == (1005, 1006));
}
