//! The book itself: hftbacktest's rules over two sides.

use hftbacktest::{
    depth::{INVALID_MAX, INVALID_MIN, L2MarketDepth, MarketDepth},
    types::Side,
};

use crate::{
    levels::Levels,
    rounding::{Lots, tick_of},
};

/// A level 2 book with the results of hftbacktest's `HashMapMarketDepth`, bit for bit.
///
/// It keeps levels at any price. A change takes a few steps near the touch and a binary search elsewhere,
/// whatever the distance of the next best price; memory is 260 KB for a book and 16 to 64 bytes for each level
/// outside of the windows around the touch.
///
/// hftbacktest's rules hold, also the odd ones: what a new best price goes through on the other side is hidden
/// and not removed, and a negative quantity can make a best price without a level. Where its search would
/// overflow, this book has what a build without overflow checks would find.
pub struct LadderMarketDepth {
    pub(crate) tick_size: f64,
    pub(crate) lot_size: f64,
    pub(crate) bids: Levels,
    pub(crate) asks: Levels,
    pub(crate) best_bid_tick: i64,
    pub(crate) best_ask_tick: i64,
    /// Lowest bid since the side was last empty: no best bid is looked for below it.
    pub(crate) low_bid_tick: i64,
    /// Highest ask since the side was last empty: no best ask is looked for above it.
    pub(crate) high_ask_tick: i64,
}

impl LadderMarketDepth {
    /// An empty book. `tick_size` is the step of prices, `lot_size` the step of quantities; both are above 0.
    #[must_use]
    pub fn new(tick_size: f64, lot_size: f64) -> Self {
        Self {
            tick_size,
            lot_size,
            bids: Levels::bids(),
            asks: Levels::asks(),
            best_bid_tick: INVALID_MIN,
            best_ask_tick: INVALID_MAX,
            low_bid_tick: INVALID_MAX,
            high_ask_tick: INVALID_MIN,
        }
    }

    /// The lowest bid in ticks since there was none; [`INVALID_MAX`] while there is none.
    #[must_use]
    pub const fn low_bid_tick(&self) -> i64 {
        self.low_bid_tick
    }

    /// The highest ask in ticks since there was none; [`INVALID_MIN`] while there is none.
    #[must_use]
    pub const fn high_ask_tick(&self) -> i64 {
        self.high_ask_tick
    }

    /// Calls `f` with tick and quantity of every level of a side, also of hidden ones: bids from the highest
    /// price down, asks from the lowest up. Does nothing for a side that is neither.
    pub fn for_each_level(&self, side: Side, mut f: impl FnMut(i64, f64)) {
        let from = match side {
            Side::Buy => i64::MAX,
            Side::Sell => i64::MIN,
            Side::None | Side::Unsupported => return,
        };
        self.walk(side, from, |tick, qty| {
            f(tick, qty);
            true
        });
    }

    /// Calls `f` with tick and quantity of the levels of a side, from its best price on and best first, until it
    /// returns false. Hidden levels are left out.
    pub fn from_best(&self, side: Side, f: impl FnMut(i64, f64) -> bool) {
        match side {
            Side::Buy => self.walk(side, self.best_bid_tick, f),
            Side::Sell => self.walk(side, self.best_ask_tick, f),
            Side::None | Side::Unsupported => {}
        }
    }

    fn walk(&self, side: Side, from: i64, mut f: impl FnMut(i64, f64) -> bool) {
        let mut at = Some(from);
        while let Some(tick) = at {
            let next = if side == Side::Buy {
                self.bids.at_or_below(tick)
            } else {
                self.asks.at_or_above(tick)
            };
            let Some((tick, _)) = next.filter(|level| f(level.0, level.1)) else {
                return;
            };
            at = if side == Side::Buy {
                tick.checked_sub(1)
            } else {
                tick.checked_add(1)
            };
        }
    }

    /// True when a side has a level above zero from tick `low` to `high`, both included.
    #[must_use]
    pub fn has_level(&self, side: Side, low: i64, high: i64) -> bool {
        let levels = if side == Side::Buy {
            &self.bids
        } else {
            &self.asks
        };
        levels.best_above(low, high).is_some() || levels.qty(high) > 0.0
    }

    fn best_bid_below(&self, tick: i64) -> i64 {
        let found = self.bids.best_below(tick, self.low_bid_tick);
        found.unwrap_or(INVALID_MIN)
    }

    fn best_ask_above(&self, tick: i64) -> i64 {
        let (from, end) = (tick.wrapping_add(1), self.high_ask_tick.wrapping_add(1));
        self.asks.best_above(from, end).unwrap_or(INVALID_MAX)
    }
}

impl L2MarketDepth for LadderMarketDepth {
    fn update_bid_depth(
        &mut self,
        price: f64,
        qty: f64,
        timestamp: i64,
    ) -> (i64, i64, i64, f64, f64, i64) {
        let tick = tick_of(price, self.tick_size);
        let lots = Lots::of(qty, self.lot_size);
        let best_before = self.best_bid_tick;
        let qty_before = if lots == Lots::Some {
            self.bids.set(tick, qty)
        } else {
            self.bids.remove(tick)
        };
        if lots == Lots::None {
            if tick == best_before {
                self.best_bid_tick = self.best_bid_below(tick);
                if self.best_bid_tick == INVALID_MIN {
                    self.low_bid_tick = INVALID_MAX;
                }
            }
        } else {
            if tick > best_before {
                self.best_bid_tick = tick;
                if tick >= self.best_ask_tick {
                    self.best_ask_tick = self.best_ask_above(tick);
                }
            }
            self.low_bid_tick = self.low_bid_tick.min(tick);
        }
        self.bids.follow(self.best_bid_tick);
        let best = self.best_bid_tick;
        (tick, best_before, best, qty_before, qty, timestamp)
    }

    fn update_ask_depth(
        &mut self,
        price: f64,
        qty: f64,
        timestamp: i64,
    ) -> (i64, i64, i64, f64, f64, i64) {
        let tick = tick_of(price, self.tick_size);
        let lots = Lots::of(qty, self.lot_size);
        let best_before = self.best_ask_tick;
        let qty_before = if lots == Lots::Some {
            self.asks.set(tick, qty)
        } else {
            self.asks.remove(tick)
        };
        if lots == Lots::None {
            if tick == best_before {
                self.best_ask_tick = self.best_ask_above(tick);
                if self.best_ask_tick == INVALID_MAX {
                    self.high_ask_tick = INVALID_MIN;
                }
            }
        } else {
            if tick < best_before {
                self.best_ask_tick = tick;
                if self.best_bid_tick >= tick {
                    self.best_bid_tick = self.best_bid_below(tick);
                }
            }
            self.high_ask_tick = self.high_ask_tick.max(tick);
        }
        self.asks.follow(self.best_ask_tick);
        let best = self.best_ask_tick;
        (tick, best_before, best, qty_before, qty, timestamp)
    }

    /// Clears both sides, one side, or one side up to a price that is finite.
    ///
    /// # Panics
    /// For `Side::Unsupported`, as hftbacktest's books.
    fn clear_depth(&mut self, side: Side, clear_upto_price: f64) {
        let upto = clear_upto_price
            .is_finite()
            .then(|| tick_of(clear_upto_price, self.tick_size));
        match side {
            Side::Buy => self.clear_bids(upto),
            Side::Sell => self.clear_asks(upto),
            Side::None => {
                self.clear_bids(None);
                self.clear_asks(None);
            }
            Side::Unsupported => unreachable!("a side of a book"),
        }
    }
}

impl LadderMarketDepth {
    fn clear_bids(&mut self, upto: Option<i64>) {
        if let Some(upto) = upto {
            if self.best_bid_tick != INVALID_MIN {
                let end = self.best_bid_tick.wrapping_add(1);
                self.bids.remove_range(upto, end);
            }
            self.best_bid_tick = self.best_bid_below(upto.wrapping_sub(1));
        } else {
            self.bids.clear();
            self.best_bid_tick = INVALID_MIN;
        }
        if self.best_bid_tick == INVALID_MIN {
            self.low_bid_tick = INVALID_MAX;
        }
    }

    fn clear_asks(&mut self, upto: Option<i64>) {
        if let Some(upto) = upto {
            if self.best_ask_tick != INVALID_MAX {
                let end = upto.wrapping_add(1);
                self.asks.remove_range(self.best_ask_tick, end);
            }
            self.best_ask_tick = self.best_ask_above(upto.wrapping_add(1));
        } else {
            self.asks.clear();
            self.best_ask_tick = INVALID_MAX;
        }
        if self.best_ask_tick == INVALID_MAX {
            self.high_ask_tick = INVALID_MIN;
        }
    }
}

impl MarketDepth for LadderMarketDepth {
    #[inline]
    #[expect(
        clippy::cast_precision_loss,
        reason = "hftbacktest's books have prices so"
    )]
    fn best_bid(&self) -> f64 {
        if self.best_bid_tick == INVALID_MIN {
            f64::NAN
        } else {
            self.best_bid_tick as f64 * self.tick_size
        }
    }

    #[inline]
    #[expect(
        clippy::cast_precision_loss,
        reason = "hftbacktest's books have prices so"
    )]
    fn best_ask(&self) -> f64 {
        if self.best_ask_tick == INVALID_MAX {
            f64::NAN
        } else {
            self.best_ask_tick as f64 * self.tick_size
        }
    }

    #[inline]
    fn best_bid_tick(&self) -> i64 {
        self.best_bid_tick
    }

    #[inline]
    fn best_ask_tick(&self) -> i64 {
        self.best_ask_tick
    }

    #[inline]
    fn best_bid_qty(&self) -> f64 {
        self.bids.qty(self.best_bid_tick)
    }

    #[inline]
    fn best_ask_qty(&self) -> f64 {
        self.asks.qty(self.best_ask_tick)
    }

    #[inline]
    fn tick_size(&self) -> f64 {
        self.tick_size
    }

    #[inline]
    fn lot_size(&self) -> f64 {
        self.lot_size
    }

    #[inline]
    fn bid_qty_at_tick(&self, price_tick: i64) -> f64 {
        self.bids.qty(price_tick)
    }

    #[inline]
    fn ask_qty_at_tick(&self, price_tick: i64) -> f64 {
        self.asks.qty(price_tick)
    }
}
