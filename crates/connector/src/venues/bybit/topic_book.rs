//! The book of one `orderbook.{depth}.{symbol}` topic, and when it cannot be relied on.

use std::collections::BTreeMap;

pub use crate::venues::replay::book_fusion::BookSide;

/// One change of a level; 0 lots delete it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelChange {
    /// Side.
    pub side: BookSide,
    /// Price in ticks.
    pub tick: i64,
    /// New quantity in lots.
    pub lots: i64,
}

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
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
}

impl TopicBook {
    /// Waits for a first snapshot.
    pub fn new(depth: u32) -> Self {
        Self {
            depth,
            last_u: None,
            seq: 0,
            bids: BTreeMap::new(),
            asks: BTreeMap::new(),
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
        self.bids
            .last_key_value()
            .map(|(tick, lots)| (*tick, *lots))
    }

    /// Best ask, (ticks, lots).
    pub fn best_ask(&self) -> Option<(i64, i64)> {
        self.asks
            .first_key_value()
            .map(|(tick, lots)| (*tick, *lots))
    }

    /// Bids, best first.
    pub fn bids(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.bids.iter().rev().map(|(tick, lots)| (*tick, *lots))
    }

    /// Asks, best first.
    pub fn asks(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.asks.iter().map(|(tick, lots)| (*tick, *lots))
    }

    /// Applies a message; what it changes in the book is appended.
    pub fn apply(&mut self, update: &BookUpdate<'_>, out: &mut Vec<LevelChange>) -> Effect {
        // Update 1 is the first after a restart of the service, whatever its type says.
        let replaces = update.snapshot || update.u == 1;
        if !replaces {
            let Some(last) = self.last_u else {
                return Effect::Ignored;
            };
            if update.u <= last {
                return if update.seq > self.seq {
                    self.flawed(Flaw::Backwards, out)
                } else {
                    Effect::Ignored
                };
            }
            // At depth 1 numbers need not be consecutive.
            if self.depth > 1 && update.u != last + 1 {
                let (expected, got) = (last + 1, update.u);
                return self.flawed(Flaw::Gap { expected, got }, out);
            }
        }
        let first = out.len();
        self.last_u = Some(update.u);
        self.seq = update.seq;
        if replaces {
            replace(&mut self.bids, BookSide::Bid, update.bids, out);
            replace(&mut self.asks, BookSide::Ask, update.asks, out);
        } else {
            change(&mut self.bids, BookSide::Bid, update.bids, out);
            change(&mut self.asks, BookSide::Ask, update.asks, out);
        }
        let crossed =
            matches!((self.best_bid(), self.best_ask()), (Some(b), Some(a)) if b.0 >= a.0);
        if crossed {
            let effect = self.flawed(Flaw::Crossed, out);
            keep_last(out, first);
            return effect;
        }
        settle(out, first);
        if replaces {
            Effect::Replaced
        } else {
            Effect::Changed
        }
    }

    /// Empties the book: every level is deleted, and a snapshot has to come.
    pub fn flawed(&mut self, flaw: Flaw, out: &mut Vec<LevelChange>) -> Effect {
        self.last_u = None;
        replace(&mut self.bids, BookSide::Bid, &[], out);
        replace(&mut self.asks, BookSide::Ask, &[], out);
        Effect::Flawed(flaw)
    }

    /// Waits for a snapshot but keeps the levels: they are old, not wrong.
    pub fn suspend(&mut self) {
        self.last_u = None;
    }
}

fn change(
    book: &mut BTreeMap<i64, i64>,
    side: BookSide,
    levels: &[(i64, i64)],
    out: &mut Vec<LevelChange>,
) {
    for (tick, lots) in levels {
        let before = if *lots > 0 {
            book.insert(*tick, *lots)
        } else {
            book.remove(tick)
        };
        if before.unwrap_or(0) != *lots {
            out.push(LevelChange {
                side,
                tick: *tick,
                lots: *lots,
            });
        }
    }
}

fn replace(
    book: &mut BTreeMap<i64, i64>,
    side: BookSide,
    levels: &[(i64, i64)],
    out: &mut Vec<LevelChange>,
) {
    let old = std::mem::take(book);
    let present = levels.iter().filter(|(_, lots)| *lots > 0);
    book.extend(present.map(|(tick, lots)| (*tick, *lots)));
    for tick in old.keys().filter(|tick| !book.contains_key(tick)) {
        out.push(LevelChange {
            side,
            tick: *tick,
            lots: 0,
        });
    }
    for (tick, lots) in book
        .iter()
        .filter(|(tick, lots)| old.get(tick) != Some(lots))
    {
        out.push(LevelChange {
            side,
            tick: *tick,
            lots: *lots,
        });
    }
}

/// Puts deletions first, so that no reader passes through a crossed book.
fn settle(changes: &mut Vec<LevelChange>, first: usize) {
    keep_last(changes, first);
}

/// True when each side goes strictly up or strictly down, as the venue sends it.
fn is_in_order(changes: &[LevelChange]) -> bool {
    // Per side: the last tick, and whether it goes up.
    let mut sides: [Option<(i64, Option<bool>)>; 2] = [None, None];
    changes.iter().all(|change| {
        let side = &mut sides[usize::from(change.side == BookSide::Bid)];
        let up = match *side {
            None => None,
            Some((last, _)) if last == change.tick => return false,
            Some((last, up)) => {
                let goes_up = change.tick > last;
                if up.is_some_and(|up| up != goes_up) {
                    return false;
                }
                Some(goes_up)
            }
        };
        *side = Some((change.tick, up));
        true
    })
}

/// The venue sends each level once and each side in order; anything else is looked at closely.
fn has_repeats(changes: &[LevelChange]) -> bool {
    if is_in_order(changes) {
        return false;
    }
    let mut ticks: Vec<(bool, i64)> = changes
        .iter()
        .map(|c| (c.side == BookSide::Bid, c.tick))
        .collect();
    ticks.sort_unstable();
    ticks.windows(2).any(|pair| pair[0] == pair[1])
}

/// Keeps only the last of several changes of a level, deletions first.
pub fn keep_last(changes: &mut Vec<LevelChange>, first: usize) {
    if !has_repeats(&changes[first..]) {
        changes[first..].sort_by_key(|change| change.lots > 0);
        return;
    }
    let mut seen = std::collections::HashSet::new();
    let mut kept: Vec<LevelChange> = changes
        .drain(first..)
        .rev()
        .filter(|c| seen.insert((c.side == BookSide::Bid, c.tick)))
        .collect();
    kept.reverse();
    kept.sort_by_key(|c| c.lots > 0);
    changes.extend(kept);
}

#[cfg(test)]
#[path = "topic_book_tests.rs"]
mod tests;
