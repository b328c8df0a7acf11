//! The order in which a venue's depth messages may be applied.
//!
//! Until a snapshot is there, messages wait; what the snapshot already holds is dropped, the rest
//! follows it. A hole in the numbers makes the book untrusted: it is emptied, and stays so until the
//! next snapshot, for a book with a hole in it is worse than none.

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

/// What a message did to the book beside its changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Applied.
    Applied,
    /// Kept until a snapshot comes.
    Waiting,
    /// Older than what the book holds.
    Stale,
    /// The book has become trusted.
    Ready,
    /// Messages are missing: the book was emptied.
    Gap {
        /// The id that had to come next.
        expected: u64,
        /// The id that came.
        got: u64,
    },
    /// A snapshot too old to be joined with what followed; the book stays untrusted.
    SnapshotTooOld,
}

/// At most this many messages wait for a snapshot; the oldest fall out.
const WAITING_MAX: usize = 50_000;

enum State {
    /// No trusted book; the newest messages wait.
    Untrusted {
        deltas: VecDeque<Depth>,
        tops: VecDeque<Top>,
    },
    /// Everything up to `last_id` is in the book. `joined` once a delta followed the snapshot.
    Trusted { last_id: u64, joined: bool },
}

impl State {
    fn untrusted() -> Self {
        Self::Untrusted {
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
            state: State::untrusted(),
            book: FusedBook::new(),
            primary_reach: 0,
            secondary: HashMap::new(),
        }
    }

    /// The fused book.
    pub fn book(&self) -> &FusedBook {
        &self.book
    }

    /// True while the book may be relied on.
    pub fn is_trusted(&self) -> bool {
        matches!(self.state, State::Trusted { .. })
    }

    /// Forgets everything and deletes every level.
    pub fn reset(&mut self, out: &mut Vec<Change>) {
        self.distrust(out);
        self.primary_reach = 0;
        self.secondary.clear();
    }

    /// Waits for a snapshot but keeps the levels: they are old, not wrong.
    pub fn suspend(&mut self) {
        if self.is_trusted() {
            self.state = State::untrusted();
        }
    }

    /// The last update id in the book; `None` while it is not trusted.
    pub fn last_id(&self) -> Option<u64> {
        match self.state {
            State::Trusted { last_id, .. } => Some(last_id),
            State::Untrusted { .. } => None,
        }
    }

    /// Takes a best bid and ask.
    pub fn on_top(&mut self, top: Top, out: &mut Vec<Change>) -> Effect {
        match &mut self.state {
            State::Untrusted { tops, .. } => {
                push_bounded(tops, top);
                Effect::Waiting
            }
            State::Trusted { .. } => {
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
                self.distrust(out);
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
            State::Trusted { last_id, .. } if !in_band && *last_id >= snapshot.last_id => {
                return Effect::Stale;
            }
            State::Trusted { .. } => (VecDeque::new(), VecDeque::new()),
            State::Untrusted { deltas, tops } => {
                if !in_band && let Some(at) = hole(self.numbering, snapshot.last_id, deltas) {
                    // What comes after the hole may follow a newer snapshot.
                    deltas.drain(..at);
                    return Effect::SnapshotTooOld;
                }
                (std::mem::take(deltas), std::mem::take(tops))
            }
        };
        let was_trusted = self.is_trusted();
        // Without a view nothing was shown, so nothing is to be deleted.
        let was_shown = was_trusted || !self.book.is_empty();
        if was_shown && !was_trusted && snapshot.seq < self.book.primary_seq() {
            // The numbers began anew: what they were compared with means nothing now.
            self.book.clear(out);
        }
        self.book
            .snapshot(snapshot.seq, &snapshot.bids, &snapshot.asks, out);
        self.state = State::Trusted {
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
        if was_trusted {
            Effect::Applied
        } else {
            Effect::Ready
        }
    }

    fn on_delta(&mut self, delta: Depth, out: &mut Vec<Change>) -> Effect {
        let State::Trusted { last_id, joined } = &mut self.state else {
            if let State::Untrusted { deltas, .. } = &mut self.state
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
            self.distrust(out);
            if let State::Untrusted { deltas, .. } = &mut self.state
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
        if !self.is_trusted() {
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

    fn distrust(&mut self, out: &mut Vec<Change>) {
        self.book.clear(out);
        compact(out);
        self.state = State::untrusted();
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
