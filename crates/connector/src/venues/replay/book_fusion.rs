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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn level(px: i64, qty: f64) -> Level {
        Level {
            px: Px::from_raw(px),
            qty,
        }
    }

    fn top(seq: u64, bid: (i64, f64), ask: (i64, f64)) -> Top {
        Top {
            seq,
            exch_ts: 0,
            bid: Some(level(bid.0, bid.1)),
            ask: Some(level(ask.0, ask.1)),
        }
    }

    fn bids(book: &FusedBook) -> Vec<(i64, f64)> {
        book.bids()
            .map(|level| (level.px.raw(), level.qty))
            .collect()
    }

    fn asks(book: &FusedBook) -> Vec<(i64, f64)> {
        book.asks()
            .map(|level| (level.px.raw(), level.qty))
            .collect()
    }

    fn started() -> FusedBook {
        let mut book = FusedBook::new();
        book.snapshot(
            10,
            &[level(100, 1.0), level(99, 2.0), level(98, 3.0)],
            &[level(101, 1.0), level(102, 2.0)],
            &mut Vec::new(),
        );
        book
    }

    #[test]
    fn a_newer_best_price_deletes_what_was_better() {
        let mut book = started();
        let mut out = Vec::new();
        assert!(book.top(top(12, (99, 5.0), (101, 1.0)), &mut out));
        assert_eq!(bids(&book), [(99, 5.0), (98, 3.0)]);
        assert_eq!(out.len(), 2, "one deletion, one new quantity: {out:?}");
    }

    #[test]
    fn an_older_best_price_is_ignored() {
        let mut book = started();
        let mut out = Vec::new();
        assert!(!book.top(top(10, (97, 5.0), (99, 1.0)), &mut out));
        assert!(out.is_empty());
    }

    #[test]
    fn a_level_that_a_best_price_hid_comes_back_when_the_deep_stream_caught_up() {
        let mut book = started();
        let mut out = Vec::new();
        book.top(top(12, (99, 2.0), (101, 1.0)), &mut out);
        // At 14 the level 100 stands again as before: a deep stream need not mention it.
        book.delta(14, &[], &[], &mut out);
        assert_eq!(bids(&book), [(100, 1.0), (99, 2.0), (98, 3.0)]);
    }

    #[test]
    fn a_slow_deep_stream_never_overwrites_a_newer_top() {
        let mut book = started();
        let mut out = Vec::new();
        book.top(top(20, (98, 7.0), (99, 4.0)), &mut out);
        book.delta(
            15,
            &[level(105, 9.0), level(100, 9.0), level(97, 1.0)],
            &[level(103, 1.0)],
            &mut out,
        );
        assert_eq!(bids(&book), [(98, 7.0), (97, 1.0)]);
        assert_eq!(asks(&book), [(99, 4.0), (101, 1.0), (102, 2.0), (103, 1.0)]);
        assert!(!book.is_crossed());
        book.delta(
            20,
            &[
                level(105, 0.0),
                level(100, 0.0),
                level(99, 0.0),
                level(98, 7.0),
            ],
            &[level(99, 4.0)],
            &mut out,
        );
        assert_eq!(bids(&book), [(98, 7.0), (97, 1.0)]);
    }

    #[test]
    fn a_snapshot_deletes_vanished_levels_in_the_same_run() {
        let mut book = started();
        let mut out = Vec::new();
        book.snapshot(30, &[level(99, 2.0)], &[level(101, 1.5)], &mut out);
        assert_eq!(bids(&book), [(99, 2.0)]);
        assert_eq!(asks(&book), [(101, 1.5)]);
        let deleted: Vec<_> = out
            .iter()
            .filter(|c| c.qty == 0.0)
            .map(|c| c.px.raw())
            .collect();
        assert_eq!(deleted, [100, 98, 102]);
    }

    #[test]
    fn a_complete_window_deletes_what_it_does_not_show() {
        let mut book = started();
        let mut out = Vec::new();
        let window = [level(100, 1.0), level(98, 3.0)];
        assert!(book.partial(
            Top {
                seq: 11,
                exch_ts: 0,
                bid: Some(window[0]),
                ask: Some(level(101, 1.0))
            },
            true,
            &window,
            &[level(101, 1.0)],
            &mut out
        ));
        assert_eq!(bids(&book), [(100, 1.0), (98, 3.0)]);
    }

    proptest! {
        /// A venue's true book moves; a deep stream tells it late, a top stream tells it soon. The
        /// view must equal the changes applied one by one, agree with the newest top, never cross,
        /// and equal the truth whenever the deep stream is up to date.
        #[test]
        fn the_view_follows_the_truth(moves in prop::collection::vec(
            (90i64..110, 0u8..4, any::<bool>(), any::<bool>()), 1..200))
        {
            let mut truth: BTreeMap<i64, f64> = (90..100).map(|px| (px, 1.0)).collect();
            let mut truth_asks: BTreeMap<i64, f64> = (100..110).map(|px| (px, 1.0)).collect();
            let mut book = FusedBook::new();
            let mut applied: [BTreeMap<i64, f64>; 2] = Default::default();
            let mut out = Vec::new();
            let all = |side: &BTreeMap<i64, f64>| side.iter().map(|(p, q)| level(*p, *q)).collect::<Vec<_>>();
            book.snapshot(1, &all(&truth), &all(&truth_asks), &mut out);
            let mut seq = 1;
            let mut told = (truth.clone(), truth_asks.clone());
            for (px, qty, tell_top, tell_deep) in moves {
                seq += 1;
                // Below the mid it is a bid, above an ask; the mid is where the asks begin.
                let qty = f64::from(qty);
                let best_ask = truth_asks.keys().next().copied().unwrap_or(i64::MAX);
                let best_bid = truth.keys().next_back().copied().unwrap_or(i64::MIN);
                let side = if px < best_ask && (px <= best_bid || px % 2 == 0) { &mut truth } else if px > best_bid { &mut truth_asks } else { continue };
                if qty > 0.0 { side.insert(px, qty); } else { side.remove(&px); }
                let now = Top {
                    seq, exch_ts: 0,
                    bid: truth.iter().next_back().map(|(p, q)| level(*p, *q)),
                    ask: truth_asks.iter().next().map(|(p, q)| level(*p, *q)),
                };
                if tell_top { book.top(now, &mut out); }
                if tell_deep {
                    let diff = |old: &BTreeMap<i64, f64>, new: &BTreeMap<i64, f64>| {
                        (80..120).filter(|p| old.get(p) != new.get(p))
                            .map(|p| level(p, new.get(&p).copied().unwrap_or(0.0))).collect::<Vec<_>>()
                    };
                    book.delta(seq, &diff(&told.0, &truth), &diff(&told.1, &truth_asks), &mut out);
                    told = (truth.clone(), truth_asks.clone());
                    prop_assert_eq!(book.bids().map(|l| l.px.raw()).collect::<Vec<_>>(), truth.keys().rev().copied().collect::<Vec<_>>());
                    prop_assert_eq!(asks(&book), truth_asks.iter().map(|(p, q)| (*p, *q)).collect::<Vec<_>>());
                } else if tell_top {
                    prop_assert_eq!(book.best_bid(), now.bid);
                    prop_assert_eq!(book.best_ask(), now.ask);
                }
                prop_assert!(!book.is_crossed());
                for change in out.drain(..) {
                    let side = &mut applied[usize::from(change.side == BookSide::Ask)];
                    if change.qty > 0.0 { side.insert(change.px.raw(), change.qty); } else { side.remove(&change.px.raw()); }
                }
                prop_assert_eq!(applied[0].iter().rev().map(|(p, q)| (*p, *q)).collect::<Vec<_>>(), bids(&book));
                prop_assert_eq!(applied[1].iter().map(|(p, q)| (*p, *q)).collect::<Vec<_>>(), asks(&book));
            }
        }
    }
}
