//! hftbacktest's own live bot, as its examples run it: its `LiveBot` on its `IceoryxUnifiedChannel`,
//! `wait_next_feed` in a loop.

use std::{error::Error, time::Duration};

use hftbacktest::{
    depth::{HashMapMarketDepth, MarketDepth as _},
    live::{Instrument, LiveBot, LiveBotBuilder, ipc::iceoryx::IceoryxUnifiedChannel},
    types::{Bot as _, ElapseResult},
};

use crate::{
    feed_bot::{FeedBot, Seen},
    market::{LOT_SIZE, TICK_SIZE, symbol},
};

/// The upstream bot on one symbol.
pub struct UpstreamBot(LiveBot<IceoryxUnifiedChannel, HashMapMarketDepth>);

impl UpstreamBot {
    /// Builds it on connector `name`.
    ///
    /// # Errors
    /// When hftbacktest cannot build it.
    pub fn connect(name: &str) -> Result<Self, Box<dyn Error>> {
        let bot = LiveBotBuilder::new()
            .register(Instrument::new(
                name,
                &symbol(0),
                TICK_SIZE,
                LOT_SIZE,
                HashMapMarketDepth::new(TICK_SIZE, LOT_SIZE),
                0,
            ))
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self(bot))
    }
}

impl FeedBot for UpstreamBot {
    fn wait(
        &mut self,
        timeout: Duration,
        mut each: impl FnMut(Seen),
    ) -> Result<bool, Box<dyn Error>> {
        let timeout_ns = i64::try_from(timeout.as_nanos())?;
        let result =
            (self.0.wait_next_feed(true, timeout_ns)).map_err(|error| error.to_string())?;
        if result == ElapseResult::MarketFeed
            && let Some((sent_ns, seq)) = self.0.feed_latency(0)
        {
            each(Seen {
                sent_ns: sent_ns.unsigned_abs(),
                seq: seq.unsigned_abs(),
            });
        }
        Ok(result != ElapseResult::EndOfData)
    }

    #[expect(clippy::cast_precision_loss, reason = "ticks far below 2^53")]
    fn top(&self) -> [f64; 4] {
        let book = self.0.depth(0);
        [
            book.best_bid_tick() as f64,
            book.best_bid_qty(),
            book.best_ask_tick() as f64,
            book.best_ask_qty(),
        ]
    }
}
