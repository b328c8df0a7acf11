//! The market data of one symbol: several depths fused into one book, and trades.

use hftbacktest::types::Event;

use crate::bybit::book::change_batch::ChangeBatch;
use crate::bybit::book::level_change::{BookSide, LevelChange};
use crate::bybit::book::topic_book::{BookUpdate, Effect, Flaw, TopicBook};
use crate::bybit::frames::FrameError;
use crate::bybit::frames::public::{BookFrame, Print, TradesFrame, levels};
use crate::kit::book::book_fusion::{Change, FusedBook};
use crate::kit::book::message::{Level, Top};
use crate::kit::book::px::Px;
use crate::kit::scale::Scale;

/// What a book message did to the symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedEffect {
    /// As before.
    Same,
    /// The deepest book has come (again).
    Fresh,
    /// A topic has to be subscribed anew; `primary` when the published book is stale.
    Resync {
        /// Why.
        flaw: Flaw,
        /// True when it is the deepest book.
        primary: bool,
    },
}

/// Market data of one symbol.
#[derive(Debug)]
pub struct SymbolFeed {
    scale: Scale,
    /// Deepest first.
    books: Vec<TopicBook>,
    /// With one depth alone its book is the view.
    fused: Option<FusedBook>,
    bids: Vec<(i64, i64)>,
    asks: Vec<(i64, i64)>,
    changes: Vec<Change>,
    fused_levels: (Vec<Level>, Vec<Level>),
    batch: ChangeBatch,
}

impl SymbolFeed {
    /// Follows the given depths of a symbol.
    pub fn new(scale: Scale, depths: &[u32]) -> Self {
        let mut depths = depths.to_vec();
        depths.sort_unstable_by(|a, b| b.cmp(a));
        depths.dedup();
        Self {
            scale,
            fused: (depths.len() > 1).then(FusedBook::new),
            books: depths.into_iter().map(TopicBook::new).collect(),
            bids: Vec::new(),
            asks: Vec::new(),
            changes: Vec::new(),
            fused_levels: (Vec::new(), Vec::new()),
            batch: ChangeBatch::default(),
        }
    }

    /// Tick and lot size.
    pub fn scale(&self) -> &Scale {
        &self.scale
    }

    /// True when the deepest book can be relied on.
    pub fn is_live(&self) -> bool {
        self.books.first().is_some_and(TopicBook::is_live)
    }

    /// Applies a book message; its changes of the view are appended as one batch.
    ///
    /// # Errors
    /// When a level is off the grid. Its changes are missing then, so the topic's book is dropped
    /// and the caller subscribes it anew.
    pub fn book(
        &mut self,
        frame: &BookFrame<'_>,
        out: &mut Vec<LevelChange>,
    ) -> Result<FeedEffect, FrameError> {
        let (mut bids, mut asks) = (
            std::mem::take(&mut self.bids),
            std::mem::take(&mut self.asks),
        );
        let read = levels(&frame.bids, &self.scale, &mut bids)
            .and_then(|()| levels(&frame.asks, &self.scale, &mut asks));
        let update = BookUpdate {
            snapshot: frame.snapshot,
            u: frame.u,
            seq: frame.seq,
            bids: &bids,
            asks: &asks,
        };
        let effect = read.map(|()| self.apply(frame.depth, &update, out));
        (self.bids, self.asks) = (bids, asks);
        effect
    }

    /// Applies a message that is on the grid already.
    pub fn apply(
        &mut self,
        depth: u32,
        update: &BookUpdate<'_>,
        out: &mut Vec<LevelChange>,
    ) -> FeedEffect {
        let Some(at) = self.books.iter().position(|book| book.depth() == depth) else {
            return FeedEffect::Same;
        };
        let first = out.len();
        let was_live = self.books[at].is_live();
        let before = self.books[at].seq();
        let Some(fused) = &mut self.fused else {
            return match self.books[at].apply(update, out) {
                Effect::Replaced if !was_live => FeedEffect::Fresh,
                Effect::Flawed(flaw) => FeedEffect::Resync {
                    flaw,
                    primary: true,
                },
                _ => FeedEffect::Same,
            };
        };
        let effect = self.books[at].follow(update, |_| {});
        let replaced = effect == Effect::Replaced;
        match effect {
            Effect::Ignored => return FeedEffect::Same,
            Effect::Flawed(flaw) => {
                if at == 0 {
                    fused.clear(&mut self.changes);
                    self.hand_out(first, out);
                }
                let primary = at == 0;
                return FeedEffect::Resync { flaw, primary };
            }
            Effect::Replaced | Effect::Changed => {}
        }
        let (bids, asks) = &mut self.fused_levels;
        to_levels(update.bids, bids);
        to_levels(update.asks, asks);
        if at == 0 {
            if replaced && update.seq < before {
                // The numbers began anew: the ones before are no measure for them.
                fused.clear(&mut self.changes);
            }
            if replaced {
                fused.snapshot(update.seq, bids, asks, &mut self.changes);
            } else {
                fused.delta(update.seq, bids, asks, &mut self.changes);
            }
        } else {
            let book = &self.books[at];
            let level = |(tick, lots)| to_level(tick, lots);
            let top = Top {
                seq: update.seq,
                exch_ts: 0,
                bid: book.best_bid().map(level),
                ask: book.best_ask().map(level),
            };
            if book.depth() == 1 {
                fused.top(top, &mut self.changes);
            } else {
                fused.partial(top, replaced, bids, asks, &mut self.changes);
            }
        }
        if fused.is_crossed() {
            // Two depths contradict each other; the deepest one is asked for again.
            fused.clear(&mut self.changes);
            self.hand_out(first, out);
            self.books[0].flawed(Flaw::Crossed, |_| {});
            let flaw = Flaw::Crossed;
            return FeedEffect::Resync {
                flaw,
                primary: true,
            };
        }
        self.hand_out(first, out);
        if at == 0 && replaced && !was_live {
            FeedEffect::Fresh
        } else {
            FeedEffect::Same
        }
    }

    fn hand_out(&mut self, first: usize, out: &mut Vec<LevelChange>) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole lots, put in as such"
        )]
        out.extend(self.changes.drain(..).map(|change| LevelChange {
            side: change.side,
            tick: change.px.raw(),
            lots: change.qty as i64,
        }));
        self.batch.settle(out, first);
    }

    /// Drops the book of one depth after an unreadable message, or silence.
    pub fn drop_depth(&mut self, depth: u32, flaw: Flaw, out: &mut Vec<LevelChange>) -> FeedEffect {
        let Some(at) = self.books.iter().position(|book| book.depth() == depth) else {
            return FeedEffect::Same;
        };
        let first = out.len();
        match &mut self.fused {
            None => {
                self.books[at].flawed(flaw, |change| out.push(change));
            }
            Some(fused) => {
                self.books[at].flawed(flaw, |_| {});
                if at == 0 {
                    fused.clear(&mut self.changes);
                    self.hand_out(first, out);
                }
            }
        }
        let primary = at == 0;
        FeedEffect::Resync { flaw, primary }
    }

    /// The line is down: every book waits for a snapshot but stays, marked as stale by the caller.
    pub fn suspend(&mut self) {
        for book in &mut self.books {
            book.suspend();
        }
    }

    /// Trades that went over the book, as (print) in the order in which they happened.
    ///
    /// # Errors
    /// When a number is off the grid.
    pub fn trades(&self, frame: &TradesFrame<'_>) -> Result<Vec<Print>, FrameError> {
        let booked = frame.items.iter().filter(|item| !item.block);
        booked.map(|item| item.print(&self.scale)).collect()
    }

    /// The levels of a side, best first, (ticks, lots).
    pub fn levels(&self, side: BookSide) -> Vec<(i64, i64)> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole lots, put in as such"
        )]
        let back = |level: Level| (level.px.raw(), level.qty as i64);
        match (&self.fused, side) {
            (Some(fused), BookSide::Bid) => fused.bids().map(back).collect(),
            (Some(fused), BookSide::Ask) => fused.asks().map(back).collect(),
            (None, BookSide::Bid) => self.books[0].bids().collect(),
            (None, BookSide::Ask) => self.books[0].asks().collect(),
        }
    }

    /// A level as bots apply it.
    pub fn level_event(&self, change: &LevelChange, exch_ts: i64, local_ts: i64) -> Event {
        let units = (change.tick, change.lots);
        self.scale
            .level_event(change.side.is_bid(), units, exch_ts, local_ts)
    }

    /// A trade as bots apply it.
    pub fn trade_event(&self, print: &Print, local_ts: i64) -> Event {
        let units = (print.tick, print.lots);
        self.scale
            .trade_event(print.buyer_takes, units, print.exch_ts, local_ts)
    }
}

#[expect(clippy::cast_precision_loss, reason = "lots are far below 2^53")]
fn to_level(tick: i64, lots: i64) -> Level {
    Level {
        px: Px::from_raw(tick),
        qty: lots as f64,
    }
}

fn to_levels(levels: &[(i64, i64)], out: &mut Vec<Level>) {
    out.clear();
    out.extend(levels.iter().map(|(tick, lots)| to_level(*tick, *lots)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::decimal::Step;

    fn feed(depths: &[u32]) -> SymbolFeed {
        let one = Step::parse("1").unwrap();
        SymbolFeed::new(
            Scale {
                tick: one,
                lot: one,
            },
            depths,
        )
    }

    fn message<'a>(
        snapshot: bool,
        (u, seq): (u64, u64),
        bids: &'a [(i64, i64)],
        asks: &'a [(i64, i64)],
    ) -> BookUpdate<'a> {
        BookUpdate {
            snapshot,
            u,
            seq,
            bids,
            asks,
        }
    }

    #[test]
    fn the_deepest_book_makes_the_feed_live_and_a_faster_top_hides_passed_levels() {
        let mut feed = feed(&[1, 50]);
        let mut out = Vec::new();
        let top = message(true, (7, 90), &[(100, 1)], &[(101, 1)]);
        assert_eq!(feed.apply(1, &top, &mut out), FeedEffect::Same);
        let deep = message(true, (5, 95), &[(100, 1), (99, 2)], &[(101, 1), (102, 2)]);
        assert_eq!(feed.apply(50, &deep, &mut out), FeedEffect::Fresh);
        out.clear();
        let top = message(true, (8, 99), &[(99, 4)], &[(100, 3)]);
        feed.apply(1, &top, &mut out);
        assert_eq!(feed.levels(BookSide::Bid), [(99, 4)]);
        assert_eq!(feed.levels(BookSide::Ask), [(100, 3), (101, 1), (102, 2)]);
        assert_eq!(out[0].lots, 0, "the passed bid goes first: {out:?}");
        let old = message(true, (9, 94), &[(100, 9)], &[(101, 9)]);
        out.clear();
        feed.apply(1, &old, &mut out);
        assert!(out.is_empty(), "an older sequence does not come back");
    }

    #[test]
    fn a_gap_of_a_shallow_topic_leaves_the_book_and_one_of_the_deepest_empties_it() {
        let mut feed = feed(&[50, 200]);
        let mut out = Vec::new();
        feed.apply(
            200,
            &message(true, (5, 10), &[(99, 2)], &[(102, 2)]),
            &mut out,
        );
        feed.apply(
            50,
            &message(true, (70, 11), &[(99, 2)], &[(102, 2)]),
            &mut out,
        );
        let gap = message(false, (73, 13), &[], &[]);
        let effect = feed.apply(50, &gap, &mut out);
        assert!(
            matches!(effect, FeedEffect::Resync { primary: false, .. }),
            "{effect:?}"
        );
        assert!(feed.is_live() && !feed.levels(BookSide::Bid).is_empty());
        let effect = feed.apply(200, &message(false, (9, 14), &[], &[]), &mut out);
        assert!(
            matches!(effect, FeedEffect::Resync { primary: true, .. }),
            "{effect:?}"
        );
        assert!(feed.levels(BookSide::Bid).is_empty());
    }

    #[test]
    fn a_restarted_numbering_is_followed_with_several_depths() {
        let mut feed = feed(&[1, 50]);
        let mut out = Vec::new();
        feed.apply(
            50,
            &message(true, (5, 1000), &[(99, 2)], &[(102, 2)]),
            &mut out,
        );
        feed.apply(
            1,
            &message(true, (5, 1001), &[(100, 2)], &[(101, 2)]),
            &mut out,
        );
        feed.apply(50, &message(true, (1, 3), &[(89, 2)], &[(92, 2)]), &mut out);
        assert_eq!(feed.levels(BookSide::Bid), [(89, 2)]);
        feed.apply(1, &message(true, (2, 4), &[(90, 2)], &[(91, 2)]), &mut out);
        assert_eq!(feed.levels(BookSide::Bid), [(90, 2), (89, 2)]);
    }
}
