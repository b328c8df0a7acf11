//! The market data of one recorded symbol: its book, trades and counters.

use super::array_book::ArrayBook;
use crate::kit::book::book_fusion::{BookSide, Change};
use crate::kit::book::deletions_first::deletions_first;
use crate::kit::book::depth_sequencer::{DepthSequencer, Effect, Numbering};
use crate::kit::book::message::{Body, Level, Message, Trade};
use crate::kit::book::px::Px;

/// Counters of a recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedCounters {
    /// Messages.
    pub messages: u64,
    /// Trades.
    pub trades: u64,
    /// Changes of levels.
    pub changes: u64,
    /// Depth messages that were older than what was known.
    pub stale: u64,
    /// Holes in the depth messages.
    pub gaps: u64,
    /// Messages after which the book was crossed; it was emptied.
    pub crossed: u64,
}

/// Whether a message made the book synced or unsynced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncChange {
    /// As before.
    Same,
    /// The book is synced from now on.
    Gained,
    /// The book is not synced any more, and why.
    Lost(String),
}

enum Book {
    Sequenced(Box<DepthSequencer>),
    Array(ArrayBook),
}

/// The market data of one recorded symbol: its book, and what a message changes in it.
pub struct SymbolFeed {
    book: Book,
    counters: FeedCounters,
    exch_ts: i64,
}

impl SymbolFeed {
    /// Starts with an empty book. `None`: an event array, which has no numbering.
    pub fn new(numbering: Option<Numbering>) -> Self {
        let book = match numbering {
            Some(numbering) => Book::Sequenced(Box::new(DepthSequencer::new(numbering))),
            None => Book::Array(ArrayBook::default()),
        };
        Self {
            book,
            counters: FeedCounters::default(),
            exch_ts: 0,
        }
    }

    /// The counters up to now.
    pub fn counters(&self) -> FeedCounters {
        self.counters
    }

    /// Newest venue time, Unix nanoseconds as recorded.
    pub fn exch_ts(&self) -> i64 {
        self.exch_ts
    }

    /// Applies a message: trades and changes of the book are appended, deletions first so that no
    /// reader ever passes through a crossed book.
    pub fn apply(
        &mut self,
        message: Message,
        trades: &mut Vec<Trade>,
        changes: &mut Vec<Change>,
    ) -> SyncChange {
        self.counters.messages += 1;
        self.exch_ts = self.exch_ts.max(message.exch_ts());
        let first = changes.len();
        let sync = match (&mut self.book, message.body) {
            (_, Body::Trades(more)) => {
                trades.extend(more);
                SyncChange::Same
            }
            (Book::Sequenced(book), Body::Depth(depth)) => {
                let effect = book.on_depth(depth, changes);
                self.judge(effect)
            }
            (Book::Sequenced(book), Body::Top(top)) => {
                let effect = book.on_top(top, changes);
                self.judge(effect)
            }
            (Book::Array(book), Body::Array(events)) => {
                for event in &events {
                    if !book.apply(event, changes) {
                        trades.extend(array_trade(event));
                    }
                }
                keep_last(changes, first);
                SyncChange::Same
            }
            _ => SyncChange::Same,
        };
        let sync = self.check_crossed(sync, changes, first);
        deletions_first(changes, first);
        self.counters.trades += trades.len() as u64;
        self.counters.changes += (changes.len() - first) as u64;
        sync
    }

    /// Empties the book, for a recording that starts again.
    pub fn reset(&mut self, changes: &mut Vec<Change>) {
        match &mut self.book {
            Book::Sequenced(book) => book.reset(changes),
            Book::Array(book) => book.reset(changes),
        }
    }

    /// The levels of a side, best first.
    pub fn levels(&self, side: BookSide) -> Vec<Level> {
        match (&self.book, side) {
            (Book::Sequenced(book), BookSide::Bid) => book.book().bids().collect(),
            (Book::Sequenced(book), BookSide::Ask) => book.book().asks().collect(),
            (Book::Array(book), side) => book.levels(side),
        }
    }

    fn judge(&mut self, effect: Effect) -> SyncChange {
        match effect {
            Effect::Applied | Effect::Waiting => SyncChange::Same,
            Effect::Stale => {
                self.counters.stale += 1;
                SyncChange::Same
            }
            Effect::Ready => SyncChange::Gained,
            Effect::Gap { expected, got } => {
                self.counters.gaps += 1;
                SyncChange::Lost(format!(
                    "depth messages are missing: {expected} had to come, {got} came"
                ))
            }
            Effect::SnapshotTooOld => {
                SyncChange::Lost("a depth snapshot is too old to be joined with the stream".into())
            }
        }
    }

    fn check_crossed(
        &mut self,
        sync: SyncChange,
        changes: &mut Vec<Change>,
        first: usize,
    ) -> SyncChange {
        let Book::Sequenced(book) = &mut self.book else {
            return sync;
        };
        if !book.book().is_crossed() {
            return sync;
        }
        self.counters.crossed += 1;
        book.reset(changes);
        keep_last(changes, first);
        SyncChange::Lost("the recorded book is crossed".into())
    }
}

fn array_trade(event: &crate::kit::book::message::ArrayEvent) -> Option<Trade> {
    use hftbacktest::types::{BUY_EVENT, TRADE_EVENT};
    let is_trade = event.ev & 0xff == TRADE_EVENT && event.qty.is_finite() && event.qty > 0.0;
    let px = Px::from_f64(event.px)?;
    let buyer_takes = event.ev & BUY_EVENT != 0;
    is_trade.then_some(Trade {
        exch_ts: event.exch_ts,
        px,
        qty: event.qty,
        buyer_takes,
    })
}

/// Keeps only the last of several changes of a level.
fn keep_last(changes: &mut Vec<Change>, first: usize) {
    let mut seen = std::collections::HashSet::new();
    let mut kept: Vec<Change> = changes
        .drain(first..)
        .rev()
        .filter(|change| seen.insert((change.side == BookSide::Bid, change.px)))
        .collect();
    kept.reverse();
    changes.extend(kept);
}
