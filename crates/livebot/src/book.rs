//! The part of the depth types that a bot uses beyond hftbacktest's traits.

use hbl_depth::LadderMarketDepth;
use hftbacktest::{
    depth::{HashMapMarketDepth, L2MarketDepth, MarketDepth, ROIVectorMarketDepth},
    types::Side,
};

use crate::bot_config::InstrumentConfig;

/// A level: price in ticks, quantity.
pub type Level = (i64, f64);

/// Ticks searched for a level by a book that has to look at each.
const SCAN_TICKS_MAX: i64 = 4_096;

/// A market depth that a bot can be built on.
pub trait Book: MarketDepth + L2MarketDepth + 'static {
    /// An empty book for an instrument.
    fn empty(instrument: &InstrumentConfig) -> Self;

    /// Calls `f` for every level of a side, in no order.
    fn for_each_level(&self, side: Side, f: impl FnMut(Level));

    /// True when a side has a level from tick `low` to `high`, both included. A book that has to look at
    /// every tick looks at the first few thousand.
    fn has_level(&self, side: Side, low: i64, high: i64) -> bool {
        (low..=high.min(low.saturating_add(SCAN_TICKS_MAX))).any(|tick| {
            let qty = if side == Side::Buy {
                self.bid_qty_at_tick(tick)
            } else {
                self.ask_qty_at_tick(tick)
            };
            qty > 0.0
        })
    }

    /// Collects up to `n` levels of a side into `out`, best first.
    fn top(&self, side: Side, n: usize, out: &mut Vec<Level>) {
        out.clear();
        self.for_each_level(side, |level| out.push(level));
        if side == Side::Buy {
            out.retain(|level| level.0 <= self.best_bid_tick());
            out.sort_unstable_by_key(|level| core::cmp::Reverse(level.0));
        } else {
            out.retain(|level| level.0 >= self.best_ask_tick());
            out.sort_unstable_by_key(|level| level.0);
        }
        out.truncate(n);
    }
}

impl Book for LadderMarketDepth {
    fn empty(instrument: &InstrumentConfig) -> Self {
        Self::new(instrument.tick_size, instrument.lot_size)
    }

    fn for_each_level(&self, side: Side, mut f: impl FnMut(Level)) {
        Self::for_each_level(self, side, |tick, qty| f((tick, qty)));
    }

    fn has_level(&self, side: Side, low: i64, high: i64) -> bool {
        Self::has_level(self, side, low, high)
    }

    fn top(&self, side: Side, n: usize, out: &mut Vec<Level>) {
        out.clear();
        self.from_best(side, |tick, qty| {
            if out.len() < n {
                out.push((tick, qty));
            }
            out.len() < n
        });
    }
}

impl Book for HashMapMarketDepth {
    fn empty(instrument: &InstrumentConfig) -> Self {
        Self::new(instrument.tick_size, instrument.lot_size)
    }

    fn for_each_level(&self, side: Side, mut f: impl FnMut(Level)) {
        let levels = if side == Side::Buy {
            &self.bid_depth
        } else {
            &self.ask_depth
        };
        levels.iter().for_each(|(tick, qty)| f((*tick, *qty)));
    }
}

impl Book for ROIVectorMarketDepth {
    fn empty(instrument: &InstrumentConfig) -> Self {
        Self::new(
            instrument.tick_size,
            instrument.lot_size,
            instrument.roi_lb,
            instrument.roi_ub,
        )
    }

    fn for_each_level(&self, side: Side, mut f: impl FnMut(Level)) {
        let levels = if side == Side::Buy {
            self.bid_depth()
        } else {
            self.ask_depth()
        };
        for (tick, qty) in (self.roi_tick().0..).zip(levels) {
            if *qty > 0.0 {
                f((tick, *qty));
            }
        }
    }
}
