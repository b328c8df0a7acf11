//! The book as it was published to bots.

use std::collections::BTreeMap;

use hbl_exchange::Side;

/// The book as it was published to bots: a bot that registers later gets it as it is.
#[derive(Debug, Default)]
pub struct PublishedBook {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
    exch_ts: i64,
}

impl PublishedBook {
    /// Sets a level, in ticks and lots; 0 lots delete it.
    pub fn set(&mut self, side: Side, tick: i64, lots: i64, exch_ts: i64) {
        self.exch_ts = exch_ts;
        let levels = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        if lots > 0 {
            levels.insert(tick, lots);
        } else {
            levels.remove(&tick);
        }
    }

    /// True when the book has bids and asks.
    pub fn is_two_sided(&self) -> bool {
        !self.bids.is_empty() && !self.asks.is_empty()
    }

    /// Time of the newest change, Unix nanoseconds.
    pub fn exch_ts(&self) -> i64 {
        self.exch_ts
    }

    /// All levels, bids and then asks, best first.
    pub fn levels(&self) -> impl Iterator<Item = (Side, i64, i64)> + '_ {
        let bids = self
            .bids
            .iter()
            .rev()
            .map(|(tick, lots)| (Side::Buy, *tick, *lots));
        bids.chain(
            self.asks
                .iter()
                .map(|(tick, lots)| (Side::Sell, *tick, *lots)),
        )
    }
}
