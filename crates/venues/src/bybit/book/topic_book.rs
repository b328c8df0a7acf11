//! The book of one `orderbook.{depth}.{symbol}` topic, and the flaws that end its sync: a gap, a number
//! that goes backwards, crossed sides.

use crate::bybit::book::change_batch::ChangeBatch;
use crate::bybit::book::ladder::Ladder;
use crate::bybit::book::level_change::{BookSide, LevelChange};

/// A book message on the instrument's grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookUpdate<'a> {
    /// True for a snapshot.
    pub snapshot: bool,
    /// Update id of the topic.
    pub u: u64,
    /// Number that orders messages of all depths.
    pub seq: u64,
    /// Bids, (ticks, lots).
    pub bids: &'a [(i64, i64)],
    /// Asks, (ticks, lots).
    pub asks: &'a [(i64, i64)],
}

/// Why a topic has to be subscribed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Messages are missing.
    Gap {
        /// The update id that had to come.
        expected: u64,
        /// The one that came.
        got: u64,
    },
    /// An old update id came with a newer cross sequence: the numbering has changed unannounced.
    Backwards,
    /// The best bid is not below the best ask.
    Crossed,
    /// A message could not be read, so its changes are missing.
    Unreadable,
    /// Nothing came for too long.
    Silent,
}

/// What a message did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The book was replaced and can be relied on.
    Replaced,
    /// Levels changed.
    Changed,
    /// Known already, or waiting for a snapshot.
    Ignored,
    /// The book is empty now and waits for a snapshot.
    Flawed(Flaw),
}

/// The book of one topic.
#[derive(Debug)]
pub struct TopicBook {
    depth: u32,
    last_u: Option<u64>,
    seq: u64,
    bids: Ladder,
    asks: Ladder,
    /// What a side was, while it is replaced.
    before: Ladder,
    batch: ChangeBatch,
}

impl TopicBook {
    /// Waits for a first snapshot.
    pub fn new(depth: u32) -> Self {
        Self {
            depth,
            last_u: None,
            seq: 0,
            bids: Ladder::default(),
            asks: Ladder::default(),
            before: Ladder::default(),
            batch: ChangeBatch::default(),
        }
    }

    /// Depth in the topic's name.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// True from a snapshot until a flaw.
    pub fn is_live(&self) -> bool {
        self.last_u.is_some()
    }

    /// Cross sequence of the newest message.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Best bid, (ticks, lots).
    pub fn best_bid(&self) -> Option<(i64, i64)> {
        self.bids.highest()
    }

    /// Best ask, (ticks, lots).
    pub fn best_ask(&self) -> Option<(i64, i64)> {
        self.asks.lowest()
    }

    /// Bids, best first.
    pub fn bids(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.bids.levels().rev()
    }

    /// Asks, best first.
    pub fn asks(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.asks.levels()
    }

    /// Applies a message; its changes of the book are appended, deletions first, so that no reader
    /// passes through a crossed book.
    pub fn apply(&mut self, update: &BookUpdate<'_>, out: &mut Vec<LevelChange>) -> Effect {
        let first = out.len();
        let effect = self.follow(update, |change| out.push(change));
        self.batch.settle(out, first);
        effect
    }

    /// Applies a message and passes each level change to `emit`; of several changes of a level the last
    /// counts.
    pub fn follow(&mut self, update: &BookUpdate<'_>, mut emit: impl FnMut(LevelChange)) -> Effect {
        // Update 1 is the first after a restart of the service, whatever its type says.
        let replaces = update.snapshot || update.u == 1;
        if !replaces {
            let Some(last) = self.last_u else {
                return Effect::Ignored;
            };
            if update.u <= last {
                return if update.seq > self.seq {
                    self.flawed(Flaw::Backwards, emit)
                } else {
                    Effect::Ignored
                };
            }
            // At depth 1 numbers need not be consecutive.
            if self.depth > 1 && update.u != last + 1 {
                let (expected, got) = (last + 1, update.u);
                return self.flawed(Flaw::Gap { expected, got }, emit);
            }
        }
        self.last_u = Some(update.u);
        self.seq = update.seq;
        if replaces {
            self.replace(update.bids, update.asks, &mut emit);
        } else {
            change(&mut self.bids, BookSide::Bid, update.bids, &mut emit);
            change(&mut self.asks, BookSide::Ask, update.asks, &mut emit);
        }
        let crossed =
            matches!((self.best_bid(), self.best_ask()), (Some(b), Some(a)) if b.0 >= a.0);
        if crossed {
            return self.flawed(Flaw::Crossed, emit);
        }
        if replaces {
            Effect::Replaced
        } else {
            Effect::Changed
        }
    }

    /// Empties the book: every level is deleted, and a snapshot has to come.
    pub fn flawed(&mut self, flaw: Flaw, mut emit: impl FnMut(LevelChange)) -> Effect {
        self.last_u = None;
        self.replace(&[], &[], &mut emit);
        Effect::Flawed(flaw)
    }

    fn replace(
        &mut self,
        bids: &[(i64, i64)],
        asks: &[(i64, i64)],
        emit: &mut impl FnMut(LevelChange),
    ) {
        let sides = [
            (BookSide::Bid, &mut self.bids, bids),
            (BookSide::Ask, &mut self.asks, asks),
        ];
        for (side, book, levels) in sides {
            std::mem::swap(book, &mut self.before);
            book.fill(levels);
            let before = &self.before;
            for (tick, _) in before.levels().filter(|level| book.lots(level.0) == 0) {
                let lots = 0;
                emit(LevelChange { side, tick, lots });
            }
            for (tick, lots) in book.levels().filter(|l| before.lots(l.0) != l.1) {
                emit(LevelChange { side, tick, lots });
            }
        }
    }

    /// Waits for a snapshot but keeps the levels: they are old, not wrong.
    pub fn suspend(&mut self) {
        self.last_u = None;
    }
}

fn change(
    book: &mut Ladder,
    side: BookSide,
    levels: &[(i64, i64)],
    emit: &mut impl FnMut(LevelChange),
) {
    for &(tick, lots) in levels {
        if book.set(tick, lots) != lots {
            emit(LevelChange { side, tick, lots });
        }
    }
}

#[cfg(test)]
#[path = "topic_book_tests.rs"]
mod tests;
