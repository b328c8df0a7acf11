//! One book out of several depth streams.
//!
//! The *primary* stream (the deepest) is true as of its last sequence number. A faster stream (best
//! bid and ask, or fewer levels) that is ahead of it lays *overrides* over it, which fall away when
//! the primary stream has caught up. What follows from both is the *view*; every change of the view
//! is written out, so that applying the changes in order always gives the view.

use std::collections::{BTreeMap, VecDeque};

use super::message::{Level, Top};
use super::px::Px;

/// A side of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookSide {
    /// Buyers.
    Bid,
    /// Sellers.
    Ask,
}

impl BookSide {
    /// True for bids.
    pub fn is_bid(self) -> bool {
        self == Self::Bid
    }
}

/// One change of the view; quantity 0 deletes the level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Which side.
    pub side: BookSide,
    /// Price.
    pub px: Px,
    /// New quantity.
    pub qty: f64,
}

/// A book fused from a primary stream and faster ones.
#[derive(Debug, Default)]
pub struct FusedBook {
    bids: Half<true>,
    asks: Half<false>,
    primary_seq: u64,
    /// Best prices that are newer than the primary stream, oldest first.
    tops: VecDeque<Top>,
}

impl FusedBook {
    /// Makes an empty book.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the primary book. Levels that vanish are deleted in the same run of changes.
    pub fn snapshot(&mut self, seq: u64, bids: &[Level], asks: &[Level], out: &mut Vec<Change>) {
        self.advance(seq);
        self.bids.replace(seq, bids, &self.tops, out);
        self.asks.replace(seq, asks, &self.tops, out);
    }

    /// Applies changes of the primary stream.
    pub fn delta(&mut self, seq: u64, bids: &[Level], asks: &[Level], out: &mut Vec<Change>) {
        self.advance(seq);
        self.bids.change(seq, bids, &self.tops, out);
        self.asks.change(seq, asks, &self.tops, out);
    }

    /// Applies a best bid and ask. False when it is older than what is known and was ignored.
    pub fn top(&mut self, top: Top, out: &mut Vec<Change>) -> bool {
        if !self.is_news(top.seq) {
            return false;
        }
        self.bids.top(top.seq, top.bid, out);
        self.asks.top(top.seq, top.ask, out);
        self.tops.push_back(top);
        true
    }

    /// Applies a message of a secondary stream with several levels: `bids` and `asks` are what
    /// changed (with `complete`, all it shows), `top` is its best bid and ask after that.
    /// False when it is older than what is known and was ignored.
    pub fn partial(
        &mut self,
        top: Top,
        complete: bool,
        bids: &[Level],
        asks: &[Level],
        out: &mut Vec<Change>,
    ) -> bool {
        if !self.is_news(top.seq) {
            return false;
        }
        self.bids.partial(top.seq, complete, bids, out);
        self.asks.partial(top.seq, complete, asks, out);
        self.bids.top(top.seq, top.bid, out);
        self.asks.top(top.seq, top.ask, out);
        self.tops.push_back(top);
        true
    }

    /// Empties the book and deletes every level of the view.
    pub fn clear(&mut self, out: &mut Vec<Change>) {
        self.tops.clear();
        self.primary_seq = 0;
        self.bids.clear(out);
        self.asks.clear(out);
    }

    /// True when the view has no level.
    pub fn is_empty(&self) -> bool {
        self.bids.view.is_empty() && self.asks.view.is_empty()
    }

    /// Number of the newest message of the primary stream; 0 before the first.
    pub fn primary_seq(&self) -> u64 {
        self.primary_seq
    }

    /// Best bid of the view.
    pub fn best_bid(&self) -> Option<Level> {
        self.bids.best()
    }

    /// Best ask of the view.
    pub fn best_ask(&self) -> Option<Level> {
        self.asks.best()
    }

    /// True when the best bid is not below the best ask.
    pub fn is_crossed(&self) -> bool {
        matches!((self.best_bid(), self.best_ask()), (Some(bid), Some(ask)) if bid.px >= ask.px)
    }

    /// The bids of the view, best first.
    pub fn bids(&self) -> impl Iterator<Item = Level> + '_ {
        self.bids.levels()
    }

    /// The asks of the view, best first.
    pub fn asks(&self) -> impl Iterator<Item = Level> + '_ {
        self.asks.levels()
    }

    fn is_news(&self, seq: u64) -> bool {
        seq > self.primary_seq && self.tops.back().is_none_or(|newest| seq > newest.seq)
    }

    fn advance(&mut self, seq: u64) {
        self.primary_seq = seq;
        while self.tops.front().is_some_and(|top| top.seq <= seq) {
            self.tops.pop_front();
        }
    }
}

/// One side. Keys are oriented so that a smaller key is a better price.
#[derive(Debug, Default)]
struct Half<const BID: bool> {
    primary: BTreeMap<i64, f64>,
    /// Quantity and sequence number of what a faster stream said; quantity 0: no such level.
    overrides: BTreeMap<i64, (f64, u64)>,
    view: BTreeMap<i64, f64>,
    /// Scratch for keys to look at again.
    touched: Vec<i64>,
}

impl<const BID: bool> Half<BID> {
    const SIDE: BookSide = if BID { BookSide::Bid } else { BookSide::Ask };

    fn key(px: Px) -> i64 {
        if BID { -px.raw() } else { px.raw() }
    }

    fn px(key: i64) -> Px {
        Px::from_raw(if BID { -key } else { key })
    }

    fn best(&self) -> Option<Level> {
        self.levels().next()
    }

    fn levels(&self) -> impl Iterator<Item = Level> + '_ {
        self.view.iter().map(|(key, qty)| Level {
            px: Self::px(*key),
            qty: *qty,
        })
    }

    fn show(&mut self, key: i64, qty: f64, out: &mut Vec<Change>) {
        let before = if qty > 0.0 {
            self.view.insert(key, qty)
        } else {
            self.view.remove(&key)
        };
        if before.unwrap_or(0.0) != qty {
            out.push(Change {
                side: Self::SIDE,
                px: Self::px(key),
                qty,
            });
        }
    }

    fn override_with(&mut self, key: i64, qty: f64, seq: u64, out: &mut Vec<Change>) {
        self.overrides.insert(key, (qty, seq));
        self.show(key, qty, out);
    }

    /// Brings the view of one level in line with primary book, overrides and newer best prices.
    fn refresh(&mut self, key: i64, guard: Option<(i64, u64)>, out: &mut Vec<Change>) {
        if let Some((qty, _)) = self.overrides.get(&key) {
            let qty = *qty;
            self.show(key, qty, out);
            return;
        }
        match guard {
            // A newer best price says that there is nothing better than it.
            Some((worst_best, seq)) if key < worst_best => {
                self.override_with(key, 0.0, seq, out);
            }
            _ => {
                let qty = self.primary.get(&key).copied().unwrap_or(0.0);
                self.show(key, qty, out);
            }
        }
    }

    /// The worst of the newer best prices: nothing of the primary book may show before it.
    fn guard(tops: &VecDeque<Top>) -> Option<(i64, u64)> {
        tops.iter()
            .map(|top| {
                let side = if BID { top.bid } else { top.ask };
                (side.map_or(i64::MAX, |level| Self::key(level.px)), top.seq)
            })
            .max()
    }

    fn drop_overrides(&mut self, seq: u64) {
        let touched = &mut self.touched;
        self.overrides.retain(|key, (_, at)| {
            if *at <= seq {
                touched.push(*key);
            }
            *at > seq
        });
    }

    fn refresh_touched(&mut self, tops: &VecDeque<Top>, out: &mut Vec<Change>) {
        let guard = Self::guard(tops);
        let mut touched = std::mem::take(&mut self.touched);
        for key in touched.drain(..) {
            self.refresh(key, guard, out);
        }
        self.touched = touched;
    }

    fn set_primary(&mut self, level: &Level) {
        let key = Self::key(level.px);
        if level.qty > 0.0 {
            self.primary.insert(key, level.qty);
        } else {
            self.primary.remove(&key);
        }
        self.touched.push(key);
    }

    fn change(&mut self, seq: u64, levels: &[Level], tops: &VecDeque<Top>, out: &mut Vec<Change>) {
        self.drop_overrides(seq);
        if self.overrides.is_empty() && self.touched.is_empty() && tops.is_empty() {
            // Nothing lies over the primary book: the view is the same.
            for level in levels {
                let key = Self::key(level.px);
                if level.qty > 0.0 {
                    self.primary.insert(key, level.qty);
                } else {
                    self.primary.remove(&key);
                }
                self.show(key, level.qty.max(0.0), out);
            }
            return;
        }
        for level in levels {
            self.set_primary(level);
        }
        self.refresh_touched(tops, out);
    }

    fn replace(&mut self, seq: u64, levels: &[Level], tops: &VecDeque<Top>, out: &mut Vec<Change>) {
        self.drop_overrides(seq);
        self.touched.extend(self.view.keys());
        self.primary.clear();
        for level in levels {
            self.set_primary(level);
        }
        self.refresh_touched(tops, out);
    }

    fn top(&mut self, seq: u64, best: Option<Level>, out: &mut Vec<Change>) {
        let best_key = best.map_or(i64::MAX, |level| Self::key(level.px));
        while let Some((&key, _)) = self.view.first_key_value() {
            if key >= best_key {
                break;
            }
            self.override_with(key, 0.0, seq, out);
        }
        if let Some(level) = best {
            self.override_with(best_key, level.qty, seq, out);
        }
    }

    fn partial(&mut self, seq: u64, complete: bool, levels: &[Level], out: &mut Vec<Change>) {
        if complete && let Some(worst) = levels.iter().map(|level| Self::key(level.px)).max() {
            self.touched
                .extend(self.view.range(..=worst).map(|(key, _)| *key));
            let mut shown = std::mem::take(&mut self.touched);
            for key in shown.drain(..) {
                if !levels.iter().any(|level| Self::key(level.px) == key) {
                    self.override_with(key, 0.0, seq, out);
                }
            }
            self.touched = shown;
        }
        for level in levels {
            self.override_with(Self::key(level.px), level.qty, seq, out);
        }
    }

    fn clear(&mut self, out: &mut Vec<Change>) {
        self.primary.clear();
        self.overrides.clear();
        for key in std::mem::take(&mut self.view).into_keys() {
            out.push(Change {
                side: Self::SIDE,
                px: Self::px(key),
                qty: 0.0,
            });
        }
    }
}

#[cfg(test)]
#[path = "book_fusion_tests.rs"]
mod tests;
