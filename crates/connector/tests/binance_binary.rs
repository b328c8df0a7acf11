//! The built connector as `binancefutures`, between hftbacktest's own bot and a venue on 127.0.0.1.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

#[path = "binance_support/market.rs"]
mod market;
#[path = "binance_support/random.rs"]
mod random;
#[path = "binance_support/server.rs"]
mod server;
mod support;

use hftbacktest::prelude::Bot;
use hftbacktest::types::{OrdType, TimeInForce};
use server::Server;
use support::{Connector, run_to_end, stock_bot, unique_name, until};

fn config(folder: &std::path::Path, text: &str) -> String {
    let path = folder.join("binancefutures.toml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_stock_bot_sees_the_venues_book_and_its_paper_order_is_filled() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let server = runtime.block_on(Server::start(&["BTCUSDT"], 3));
    let (folder, name) = (tempfile::tempdir().unwrap(), unique_name());
    let text = format!(
        "stream_url = \"ws://127.0.0.1:{0}/public/stream\"\napi_url = \"http://127.0.0.1:{0}\"\norder_prefix = \"x\"\n",
        server.port
    );
    let path = config(folder.path(), &text);
    let connector = Connector::start(&[&name, "binancefutures", &path]);
    assert_eq!(connector.ready["kind"], "binancefutures");
    assert_eq!(connector.ready["orders"], "paper");
    let mut bot = stock_bot(&name, 0.1, 0.001, |_| {});
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
    bot.submit_buy_order(
        0,
        1,
        (best.1 + 100) as f64 / 10.0,
        0.001,
        TimeInForce::GTC,
        OrdType::Limit,
        false,
    )
    .unwrap();
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
