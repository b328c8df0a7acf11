//! The order in which the depth messages of a venue are applied to a book.
//!
//! Messages wait for a snapshot. With the snapshot, the messages that it contains are dropped and the
//! rest is applied after it. A gap in the numbers empties the book, and the book stays unsynced until
//! the next snapshot: strategies must not act on levels that may be gone.

use std::collections::{HashMap, VecDeque};

use super::book_fusion::{BookSide, Change, FusedBook};
use super::message::{Depth, DepthKind, Top};
use super::secondary_book::SecondaryBook;

/// How a venue numbers its depth messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// Binance USD-M: each message names the last id of the one before (`pu`).
    BinanceUsdm,
    /// Binance spot: the first id follows the last id of the message before.
    BinanceSpot,
    /// Bybit: one id per message and stream, snapshots come in the stream.
    Bybit,
}

/// The effect of a message on the book, besides its changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Applied.
    Applied,
    /// Kept until a snapshot comes.
    Waiting,
    /// Older than what the book holds.
    Stale,
    /// The book is synced.
    Ready,
    /// Messages are missing: the book was emptied.
    Gap {
        /// The id that had to come next.
        expected: u64,
        /// The id that came.
        got: u64,
    },
    /// A snapshot too old to be joined with what followed; the book stays unsynced.
    SnapshotTooOld,
}

/// At most this many messages wait for a snapshot; the oldest fall out.
const WAITING_MAX: usize = 50_000;

enum State {
    /// No synced book; the newest messages wait.
    Unsynced {
        deltas: VecDeque<Depth>,
        tops: VecDeque<Top>,
    },
    /// Everything up to `last_id` is in the book. `joined` once a delta followed the snapshot.
    Synced { last_id: u64, joined: bool },
}

impl State {
    fn unsynced() -> Self {
        Self::Unsynced {
            deltas: VecDeque::new(),
            tops: VecDeque::new(),
        }
    }
}

/// Applies the depth messages of one symbol to its book in a valid order.
pub struct DepthSequencer {
    numbering: Numbering,
    state: State,
    book: FusedBook,
    /// Reach of the stream that is the primary one.
    primary_reach: u32,
    secondary: HashMap<u32, SecondaryBook>,
}

impl DepthSequencer {
    /// Starts without a book.
    pub fn new(numbering: Numbering) -> Self {
        Self {
            numbering,
            state: State::unsynced(),
            book: FusedBook::new(),
            primary_reach: 0,
            secondary: HashMap::new(),
        }
    }

    /// The fused book.
    pub fn book(&self) -> &FusedBook {
        &self.book
    }

    /// True while the book is synced.
    pub fn is_synced(&self) -> bool {
        matches!(self.state, State::Synced { .. })
    }

    /// Forgets all messages and deletes every level.
    pub fn reset(&mut self, out: &mut Vec<Change>) {
        self.desync(out);
        self.primary_reach = 0;
        self.secondary.clear();
    }

    /// Waits for a snapshot but keeps the levels: they are old, not wrong.
    pub fn suspend(&mut self) {
        if self.is_synced() {
            self.state = State::unsynced();
        }
    }

    /// The last update id in the book; `None` while it is not synced.
    pub fn last_id(&self) -> Option<u64> {
        match self.state {
            State::Synced { last_id, .. } => Some(last_id),
            State::Unsynced { .. } => None,
        }
    }

    /// Takes a best bid and ask.
    pub fn on_top(&mut self, top: Top, out: &mut Vec<Change>) -> Effect {
        match &mut self.state {
            State::Unsynced { tops, .. } => {
                push_bounded(tops, top);
                Effect::Waiting
            }
            State::Synced { .. } => {
                if self.book.top(top, out) {
                    Effect::Applied
                } else {
                    Effect::Stale
                }
            }
        }
    }

    /// Takes a depth message.
    pub fn on_depth(&mut self, depth: Depth, out: &mut Vec<Change>) -> Effect {
        if depth.reach < self.primary_reach {
            return self.on_secondary(&depth, out);
        }
        if depth.reach > self.primary_reach {
            if depth.kind == DepthKind::Delta && self.numbering == Numbering::Bybit {
                return Effect::Waiting;
            }
            // A deeper stream takes over as the primary one.
            self.primary_reach = depth.reach;
            if self.numbering == Numbering::Bybit {
                self.desync(out);
            }
        }
        match depth.kind {
            DepthKind::Snapshot => self.on_snapshot(&depth, out),
            DepthKind::Delta => self.on_delta(depth, out),
        }
    }

    fn on_snapshot(&mut self, snapshot: &Depth, out: &mut Vec<Change>) -> Effect {
        let in_band = self.numbering == Numbering::Bybit;
        let (deltas, tops) = match &mut self.state {
            // The book is already past this snapshot.
            State::Synced { last_id, .. } if !in_band && *last_id >= snapshot.last_id => {
                return Effect::Stale;
            }
            State::Synced { .. } => (VecDeque::new(), VecDeque::new()),
            State::Unsynced { deltas, tops } => {
                if !in_band && let Some(at) = hole(self.numbering, snapshot.last_id, deltas) {
                    // What comes after the hole may follow a newer snapshot.
                    deltas.drain(..at);
                    return Effect::SnapshotTooOld;
                }
                (std::mem::take(deltas), std::mem::take(tops))
            }
        };
        let was_synced = self.is_synced();
        // Without a view nothing was shown, so nothing is to be deleted.
        let was_shown = was_synced || !self.book.is_empty();
        if was_shown && !was_synced && snapshot.seq < self.book.primary_seq() {
            // The numbers began anew: what they were compared with means nothing now.
            self.book.clear(out);
        }
        self.book
            .snapshot(snapshot.seq, &snapshot.bids, &snapshot.asks, out);
        self.state = State::Synced {
            last_id: snapshot.last_id,
            joined: in_band,
        };
        if !in_band {
            for delta in deltas {
                self.on_delta(delta, out);
            }
        }
        for top in tops {
            self.book.top(top, out);
        }
        compact(out);
        if !was_shown {
            out.retain(|change| change.qty > 0.0);
        }
        if was_synced {
            Effect::Applied
        } else {
            Effect::Ready
        }
    }

    fn on_delta(&mut self, delta: Depth, out: &mut Vec<Change>) -> Effect {
        let State::Synced { last_id, joined } = &mut self.state else {
            if let State::Unsynced { deltas, .. } = &mut self.state
                && self.numbering != Numbering::Bybit
            {
                push_bounded(deltas, delta);
            }
            return Effect::Waiting;
        };
        if delta.last_id <= *last_id {
            return Effect::Stale;
        }
        if let Err(got) = follows(self.numbering, *last_id, *joined, &delta) {
            let expected = *last_id + 1;
            self.desync(out);
            if let State::Unsynced { deltas, .. } = &mut self.state
                && self.numbering != Numbering::Bybit
            {
                deltas.push_back(delta);
            }
            return Effect::Gap { expected, got };
        }
        *last_id = delta.last_id;
        *joined = true;
        self.book.delta(delta.seq, &delta.bids, &delta.asks, out);
        Effect::Applied
    }

    fn on_secondary(&mut self, depth: &Depth, out: &mut Vec<Change>) -> Effect {
        let book = self.secondary.entry(depth.reach).or_default();
        let Some(top) = book.apply(depth) else {
            return Effect::Waiting;
        };
        if !self.is_synced() {
            return self.on_top(top, out);
        }
        let complete = depth.kind == DepthKind::Snapshot;
        if self
            .book
            .partial(top, complete, &depth.bids, &depth.asks, out)
        {
            Effect::Applied
        } else {
            Effect::Stale
        }
    }

    fn desync(&mut self, out: &mut Vec<Change>) {
        self.book.clear(out);
        compact(out);
        self.state = State::unsynced();
    }
}

/// Whether a delta that is newer than `last_id` follows it; if not, the id that came.
///
/// A USD-M message covers the ids behind its `pu` up to its `u`, so a snapshot of any id from `pu` on
/// can be continued with it. `U` is no help there: ids of messages that change nothing lie between
/// `pu` and `U`.
fn follows(numbering: Numbering, last_id: u64, joined: bool, delta: &Depth) -> Result<(), u64> {
    let expected = last_id + 1;
    let (fits, got) = match (numbering, joined, delta.prev_id) {
        (Numbering::BinanceUsdm, true, Some(prev)) => (prev == last_id, prev + 1),
        (Numbering::BinanceUsdm, false, Some(prev)) => (prev <= last_id, prev + 1),
        (Numbering::Bybit, _, _) => (delta.last_id == expected, delta.last_id),
        (Numbering::BinanceSpot, true, _) => (delta.first_id == expected, delta.first_id),
        // The first one after a snapshot covers the snapshot's id or the one behind it.
        (_, _, _) => (delta.first_id <= expected, delta.first_id),
    };
    if fits { Ok(()) } else { Err(got) }
}

/// The first of the waiting messages that cannot be joined with a snapshot and those before it.
fn hole(numbering: Numbering, mut last_id: u64, waiting: &VecDeque<Depth>) -> Option<usize> {
    let mut joined = false;
    for (at, delta) in waiting.iter().enumerate() {
        if delta.last_id <= last_id {
            continue;
        }
        if follows(numbering, last_id, joined, delta).is_err() {
            return Some(at);
        }
        (last_id, joined) = (delta.last_id, true);
    }
    None
}

fn push_bounded<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() == WAITING_MAX {
        queue.pop_front();
    }
    queue.push_back(item);
}

/// Keeps only the last change of each level.
fn compact(changes: &mut Vec<Change>) {
    let mut last = HashMap::with_capacity(changes.len());
    for (index, change) in changes.iter().enumerate() {
        last.insert((change.side == BookSide::Bid, change.px), index);
    }
    let mut index = 0;
    changes.retain(|change| {
        let keep = last.get(&(change.side == BookSide::Bid, change.px)) == Some(&index);
        index += 1;
        keep
    });
}

#[cfg(test)]
#[path = "depth_sequencer_tests.rs"]
mod tests;
