//! hftbacktest's own bot.

use std::time::{Duration, Instant};

use hftbacktest::depth::MarketDepth;
use hftbacktest::live::ipc::iceoryx::IceoryxUnifiedChannel;
use hftbacktest::live::{Instrument, LiveBot, LiveBotBuilder};
use hftbacktest::prelude::{Bot, HashMapMarketDepth};
use hftbacktest::types::{LiveError, OrdType, Status, TimeInForce};

/// hftbacktest's own bot.
pub type UpstreamBot = LiveBot<IceoryxUnifiedChannel, HashMapMarketDepth>;

/// Connects one for BTCUSDT.
pub fn upstream_bot(
    connector: &str,
    tick: f64,
    lot: f64,
    on_error: impl Fn(LiveError) + 'static,
) -> UpstreamBot {
    upstream_bot_on(connector, ("BTCUSDT", tick, lot), on_error)
}

/// Connects one for a symbol with its tick size and lot size.
pub fn upstream_bot_on(
    connector: &str,
    (symbol, tick, lot): (&str, f64, f64),
    on_error: impl Fn(LiveError) + 'static,
) -> UpstreamBot {
    let depth = HashMapMarketDepth::new(tick, lot);
    LiveBotBuilder::new()
        .register(Instrument::new(connector, symbol, tick, lot, depth, 10_000))
        .error_handler(move |error| {
            on_error(error);
            Ok(())
        })
        .build()
        .unwrap()
}

/// Lets the bot take events until the condition holds.
pub fn until(bot: &mut UpstreamBot, what: &str, condition: impl Fn(&UpstreamBot) -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !condition(bot) {
        assert!(
            Instant::now() < end,
            "never: {what}; {:?}",
            bot.orders(0).values()
        );
        bot.elapse(1_000_000).unwrap();
    }
}

pub fn has_book(bot: &UpstreamBot) -> bool {
    bot.depth(0).best_bid() < bot.depth(0).best_ask()
}

pub fn status(bot: &UpstreamBot, id: u64) -> Option<Status> {
    bot.orders(0).get(&id).map(|order| order.status)
}

/// Whether the connector has reported this state: a bot shows its own orders as new before anybody
/// has answered.
pub fn is_reported(bot: &UpstreamBot, id: u64, wanted: Status) -> bool {
    let order = bot.orders(0).get(&id);
    order.is_some_and(|order| order.status == wanted && !order.pending())
}

/// Sends a limit order and does not wait for the answer.
pub fn buy(bot: &mut UpstreamBot, id: u64, px: f64, qty: f64, tif: TimeInForce) {
    bot.submit_buy_order(0, id, px, qty, tif, OrdType::Limit, false)
        .unwrap();
}
