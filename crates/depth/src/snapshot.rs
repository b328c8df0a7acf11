//! Snapshots, as hftbacktest's backtests take and give them.

use hftbacktest::{
    backtest::data::Data,
    depth::{ApplySnapshot, INVALID_MAX, INVALID_MIN},
    types::{BUY_EVENT, DEPTH_SNAPSHOT_EVENT, EXCH_EVENT, Event, LOCAL_EVENT, SELL_EVENT, Side},
};

use crate::{ladder_market_depth::LadderMarketDepth, rounding::tick_of};

impl ApplySnapshot for LadderMarketDepth {
    /// Replaces the book. Every row is a level, whatever its quantity, and the outermost price is the best one.
    fn apply_snapshot(&mut self, data: &Data<Event>) {
        self.bids.clear();
        self.asks.clear();
        (self.best_bid_tick, self.low_bid_tick) = (INVALID_MIN, INVALID_MAX);
        (self.best_ask_tick, self.high_ask_tick) = (INVALID_MAX, INVALID_MIN);
        for row in 0..data.len() {
            let Event { ev, px, qty, .. } = data[row];
            let tick = tick_of(px, self.tick_size);
            if ev & BUY_EVENT == BUY_EVENT {
                self.best_bid_tick = self.best_bid_tick.max(tick);
                self.low_bid_tick = self.low_bid_tick.min(tick);
                self.bids.set(tick, qty);
                self.bids.follow(self.best_bid_tick);
            } else if ev & SELL_EVENT == SELL_EVENT {
                self.best_ask_tick = self.best_ask_tick.min(tick);
                self.high_ask_tick = self.high_ask_tick.max(tick);
                self.asks.set(tick, qty);
                self.asks.follow(self.best_ask_tick);
            }
        }
    }

    /// The levels from the best price on: bids, then asks, best first, with both times 0.
    fn snapshot(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for (side, flag) in [(Side::Buy, BUY_EVENT), (Side::Sell, SELL_EVENT)] {
            self.from_best(side, |tick, qty| {
                events.push(Event {
                    ev: EXCH_EVENT | LOCAL_EVENT | DEPTH_SNAPSHOT_EVENT | flag,
                    exch_ts: 0,
                    local_ts: 0,
                    #[expect(
                        clippy::cast_precision_loss,
                        reason = "hftbacktest's books have prices so"
                    )]
                    px: tick as f64 * self.tick_size,
                    qty,
                    order_id: 0,
                    ival: 0,
                    fval: 0.0,
                });
                true
            });
        }
        events
    }
}
