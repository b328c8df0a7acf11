//! The built connector as `binancefutures`, between hftbacktest's own bot and a venue on 127.0.0.1.

use crate::server::Server;
use crate::stdio_book::Book;
use crate::stdio_support::Lines;
use crate::support::connector::{Connector, run_to_end};
use crate::support::names::unique_name;
use crate::support::upstream_bot::{buy, until, upstream_bot};
use hftbacktest::prelude::Bot;
use hftbacktest::types::TimeInForce;
use serde_json::json;

/// The venue, on a thread of its own.
fn serve(seed: u64) -> (tokio::runtime::Runtime, Server) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let server = runtime.block_on(Server::start(&["BTCUSDT"], seed));
    (runtime, server)
}

fn config(folder: &std::path::Path, server: &Server) -> String {
    let path = folder.join("binancefutures.toml");
    let text = format!(
        "stream_url = \"ws://127.0.0.1:{0}/public/stream\"\napi_url = \"http://127.0.0.1:{0}\"\norder_prefix = \"x\"\n",
        server.port
    );
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn an_upstream_bot_sees_the_venues_book_and_its_paper_order_is_filled() {
    let (_runtime, server) = serve(3);
    let (folder, name) = (tempfile::tempdir().unwrap(), unique_name());
    let path = config(folder.path(), &server);
    let connector = Connector::start(&[&name, "binancefutures", &path]);
    assert_eq!(connector.ready["kind"], "binancefutures");
    assert_eq!(connector.ready["orders"], "paper");
    let mut bot = upstream_bot(&name, 0.1, 0.001, |_| {});
    until(&mut bot, "a book", |bot| bot.depth(0).best_bid_tick > 0);
    server.freeze();
    let best = {
        let state = server.state();
        let tick = |level: Option<(&i64, &i64)>| *level.unwrap().0;
        let market = &state.markets[0];
        let bid = tick(market.bids.last_key_value());
        (bid, tick(market.asks.first_key_value()))
    };
    until(&mut bot, "the venue's best prices", |bot| {
        (bot.depth(0).best_bid_tick, bot.depth(0).best_ask_tick) == best
    });
    buy(
        &mut bot,
        1,
        (best.1 + 100) as f64 / 10.0,
        0.001,
        TimeInForce::GTC,
    );
    until(&mut bot, "a paper fill", |bot| bot.position(0) > 0.0);
}

#[test]
fn real_orders_and_spot_are_refused_in_words() {
    let (code, text) = run_to_end(&["binancefutures", "--paper=false"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("orders only in paper mode"), "{text}");
    let (code, text) = run_to_end(&["mine", "binancespot"]);
    assert_eq!(code, 2, "{text}");
    assert!(
        text.contains("not available") && text.contains("binancefutures"),
        "{text}"
    );
}

#[test]
fn an_authority_that_cannot_be_read_ends_the_start_with_the_key_and_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("binancefutures.toml");
    std::fs::write(&path, "ca_file = \"/nowhere/ca.pem\"\n").unwrap();
    let (code, text) = run_to_end(&["binancefutures", path.to_str().unwrap()]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("ca_file") && text.contains("PEM"), "{text}");
}

#[test]
fn json_lines_carry_the_venues_book_and_trades_also_after_a_cut() {
    let (_runtime, server) = serve(5);
    let folder = tempfile::tempdir().unwrap();
    let path = config(folder.path(), &server);
    let mut lines = Lines::start(&["binancefutures", &path]);
    let ready = lines.next();
    assert_eq!(
        (&ready["status"], &ready["kind"], &ready["paper"]),
        (&json!("ready"), &json!("binancefutures"), &json!(true))
    );
    let subscribe = |channel: &str, symbol: &str| json!({"command": "subscribe", "channel": channel, "symbol": symbol});
    lines.send(&subscribe("depth", "BTCUSDT"));
    let subscribed = lines.until(|line| line["status"] == "subscribed");
    assert_eq!(
        (&subscribed["tick"], &subscribed["lot"]),
        (&json!(0.1), &json!(0.001))
    );
    let (mut book, mut depths, mut trades) = (Book::default(), 0, Vec::new());
    book.apply(&lines.until(|line| line["snapshot"] == true));
    lines.send(&subscribe("trades", "BTCUSDT"));
    lines.send(&subscribe("trades", "NOSUCH"));
    let (mut refused, mut is_down, mut is_back) = (false, false, false);
    let end = std::time::Instant::now() + std::time::Duration::from_secs(50);
    while !is_back || !refused || depths < 400 || trades.len() < 20 {
        assert!(
            std::time::Instant::now() < end,
            "{depths} {trades:?} {is_down} {is_back}"
        );
        let line = lines.next();
        match line["type"].as_str().unwrap() {
            "depth" => {
                book.apply(&line);
                depths += 1;
                is_back |= is_down && line["snapshot"] == true;
            }
            "trade" => {
                assert_eq!(
                    (&line["symbol"], &line["side"]),
                    (&json!("BTCUSDT"), &json!("buy"))
                );
                // The venue's trades have as many lots as they have numbers.
                trades.push((line["qty"].as_f64().unwrap() * 1000.0).round() as u64);
            }
            "error" => {
                assert_eq!(line["code"], 3001, "{line}");
                refused = true;
            }
            _ if line["status"] == "down" => {
                is_down = true;
                server.state().switches.cut = 0;
            }
            _ => {}
        }
        if depths == 200 {
            server.state().switches.cut = 1000;
            depths += 1;
        }
    }
    assert!(
        trades.windows(2).all(|pair| pair[0] < pair[1]),
        "{trades:?}"
    );
    server.freeze();
    let venues = {
        let state = server.state();
        let side = |side: &crate::market::Side| -> std::collections::BTreeMap<u64, f64> {
            let level = |(tick, lots): (&i64, &i64)| (*tick as u64, *lots as f64 / 1000.0);
            side.iter().map(level).collect()
        };
        [side(&state.markets[0].bids), side(&state.markets[0].asks)]
    };
    while book.sides != venues {
        let line = lines.next();
        if line["type"] == "depth" {
            book.apply(&line);
        }
    }
    lines.send(&json!({"command": "stop"}));
    lines.until(|line| line["status"] == "stopping");
    assert_eq!(lines.wait().code(), Some(0));
}
