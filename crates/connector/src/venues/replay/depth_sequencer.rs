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
mod tests {
    use super::super::message::Level;
    use super::super::px::Px;
    use super::*;

    fn level(px: i64, qty: f64) -> Level {
        Level {
            px: Px::from_raw(px),
            qty,
        }
    }

    fn depth(kind: DepthKind, first: u64, last: u64, prev: Option<u64>) -> Depth {
        Depth {
            kind,
            reach: u32::MAX,
            first_id: first,
            last_id: last,
            prev_id: prev,
            seq: last,
            exch_ts: 0,
            bids: vec![],
            asks: vec![],
        }
    }

    fn delta(first: u64, last: u64, prev: u64, bids: &[Level]) -> Depth {
        Depth {
            bids: bids.to_vec(),
            ..depth(DepthKind::Delta, first, last, Some(prev))
        }
    }

    fn snapshot(id: u64) -> Depth {
        Depth {
            bids: vec![level(100, 1.0), level(99, 1.0)],
            asks: vec![level(101, 1.0)],
            ..depth(DepthKind::Snapshot, id, id, None)
        }
    }

    fn bids(sequencer: &DepthSequencer) -> Vec<(i64, f64)> {
        sequencer
            .book()
            .bids()
            .map(|level| (level.px.raw(), level.qty))
            .collect()
    }

    #[test]
    fn what_came_before_the_snapshot_is_applied_when_it_belongs_after_it() {
        let mut out = Vec::new();
        let mut sequencer = DepthSequencer::new(Numbering::BinanceUsdm);
        let old = delta(1, 5, 0, &[level(50, 9.0)]);
        let overlapping = delta(6, 12, 5, &[level(99, 0.0)]);
        assert_eq!(sequencer.on_depth(old, &mut out), Effect::Waiting);
        assert_eq!(sequencer.on_depth(overlapping, &mut out), Effect::Waiting);
        assert!(out.is_empty());
        assert_eq!(sequencer.on_depth(snapshot(10), &mut out), Effect::Ready);
        assert_eq!(bids(&sequencer), [(100, 1.0)]);
        assert!(
            !out.iter().any(|change| change.qty == 0.0),
            "nothing to delete yet: {out:?}"
        );
        assert_eq!(out.len(), 2);
    }

    #[test]
    fn a_best_price_from_before_the_snapshot_counts_when_it_is_newer() {
        let mut out = Vec::new();
        let mut sequencer = DepthSequencer::new(Numbering::BinanceUsdm);
        let top = |seq, bid| Top {
            seq,
            exch_ts: 0,
            bid: Some(bid),
            ask: Some(level(101, 1.0)),
        };
        sequencer.on_top(top(9, level(98, 5.0)), &mut out);
        sequencer.on_top(top(11, level(99, 5.0)), &mut out);
        sequencer.on_depth(snapshot(10), &mut out);
        assert_eq!(bids(&sequencer), [(99, 5.0)]);
    }

    #[test]
    fn a_gap_empties_the_book_until_the_next_snapshot() {
        let mut out = Vec::new();
        let mut sequencer = DepthSequencer::new(Numbering::BinanceUsdm);
        sequencer.on_depth(snapshot(10), &mut out);
        assert_eq!(
            sequencer.on_depth(delta(9, 12, 8, &[]), &mut out),
            Effect::Applied
        );
        out.clear();
        let effect = sequencer.on_depth(delta(20, 25, 19, &[level(97, 1.0)]), &mut out);
        assert_eq!(
            effect,
            Effect::Gap {
                expected: 13,
                got: 20
            }
        );
        assert!(!sequencer.is_trusted());
        assert_eq!(out.iter().filter(|change| change.qty == 0.0).count(), 3);
        out.clear();
        assert_eq!(
            sequencer.on_depth(delta(26, 30, 25, &[]), &mut out),
            Effect::Waiting
        );
        assert_eq!(sequencer.on_depth(snapshot(24), &mut out), Effect::Ready);
        assert_eq!(bids(&sequencer), [(100, 1.0), (99, 1.0), (97, 1.0)]);
    }

    #[test]
    fn a_snapshot_from_before_the_stream_leaves_the_book_untrusted() {
        let mut out = Vec::new();
        let mut sequencer = DepthSequencer::new(Numbering::BinanceSpot);
        sequencer.on_depth(delta(50, 55, 0, &[]), &mut out);
        assert_eq!(
            sequencer.on_depth(snapshot(40), &mut out),
            Effect::SnapshotTooOld
        );
        assert!(!sequencer.is_trusted());
        assert_eq!(sequencer.on_depth(snapshot(52), &mut out), Effect::Ready);
    }

    #[test]
    fn a_message_that_ends_with_the_snapshot_is_followed_over_unused_ids() {
        let mut out = Vec::new();
        let mut sequencer = DepthSequencer::new(Numbering::BinanceUsdm);
        sequencer.on_depth(delta(5, 10, 3, &[]), &mut out);
        sequencer.on_depth(snapshot(10), &mut out);
        // Ids 11 to 14 changed nothing of this book.
        let next = delta(15, 18, 10, &[level(99, 0.0)]);
        assert_eq!(sequencer.on_depth(next, &mut out), Effect::Applied);
        assert_eq!(bids(&sequencer), [(100, 1.0)]);
        let hole = delta(21, 25, 19, &[]);
        let effect = sequencer.on_depth(hole, &mut out);
        assert!(matches!(effect, Effect::Gap { .. }), "{effect:?}");
    }

    #[test]
    fn a_suspended_book_keeps_its_levels_and_the_next_snapshot_deletes_what_vanished() {
        let mut out = Vec::new();
        let mut sequencer = DepthSequencer::new(Numbering::BinanceUsdm);
        sequencer.on_depth(snapshot(10), &mut out);
        sequencer.on_depth(delta(9, 12, 8, &[level(98, 2.0)]), &mut out);
        sequencer.suspend();
        out.clear();
        assert!(!sequencer.is_trusted());
        assert_eq!(bids(&sequencer), [(100, 1.0), (99, 1.0), (98, 2.0)]);
        // One that cannot be joined leaves everything as it is.
        sequencer.on_depth(delta(50, 55, 49, &[]), &mut out);
        let effect = sequencer.on_depth(snapshot(20), &mut out);
        assert_eq!(effect, Effect::SnapshotTooOld);
        assert_eq!((out.len(), bids(&sequencer).len()), (0, 3));
        assert_eq!(sequencer.on_depth(snapshot(52), &mut out), Effect::Ready);
        assert_eq!(bids(&sequencer), [(100, 1.0), (99, 1.0)]);
        assert_eq!(out.len(), 1, "one deletion: {out:?}");
        assert_eq!((out[0].px, out[0].qty), (Px::from_raw(98), 0.0));
        // Numbers that begin anew are believed after the line was down.
        sequencer.on_top(
            Top {
                seq: 60,
                exch_ts: 0,
                bid: Some(level(99, 4.0)),
                ask: None,
            },
            &mut out,
        );
        sequencer.suspend();
        assert_eq!(sequencer.on_depth(snapshot(7), &mut out), Effect::Ready);
        assert_eq!(bids(&sequencer), [(100, 1.0), (99, 1.0)]);
    }

    #[test]
    fn spot_messages_follow_each_other_by_their_first_id() {
        let mut out = Vec::new();
        let mut sequencer = DepthSequencer::new(Numbering::BinanceSpot);
        sequencer.on_depth(snapshot(10), &mut out);
        let spot = |first, last| Depth {
            prev_id: None,
            ..delta(first, last, 0, &[])
        };
        assert_eq!(sequencer.on_depth(spot(8, 12), &mut out), Effect::Applied);
        assert_eq!(sequencer.on_depth(spot(13, 14), &mut out), Effect::Applied);
        assert_eq!(
            sequencer.on_depth(spot(16, 18), &mut out),
            Effect::Gap {
                expected: 15,
                got: 16
            }
        );
    }

    #[test]
    fn bybit_restarts_with_a_snapshot_of_id_one() {
        let mut out = Vec::new();
        let mut sequencer = DepthSequencer::new(Numbering::Bybit);
        let bybit = |kind, id, seq| Depth {
            seq,
            reach: 50,
            ..Depth {
                bids: vec![level(100, 1.0)],
                ..depth(kind, id, id, None)
            }
        };
        assert_eq!(
            sequencer.on_depth(bybit(DepthKind::Delta, 7, 70), &mut out),
            Effect::Waiting
        );
        assert_eq!(
            sequencer.on_depth(bybit(DepthKind::Snapshot, 8, 80), &mut out),
            Effect::Ready
        );
        assert_eq!(
            sequencer.on_depth(bybit(DepthKind::Delta, 9, 90), &mut out),
            Effect::Applied
        );
        assert_eq!(
            sequencer.on_depth(bybit(DepthKind::Snapshot, 1, 95), &mut out),
            Effect::Applied
        );
        assert_eq!(
            sequencer.on_depth(bybit(DepthKind::Delta, 2, 96), &mut out),
            Effect::Applied
        );
        assert_eq!(
            sequencer.on_depth(bybit(DepthKind::Delta, 4, 99), &mut out),
            Effect::Gap {
                expected: 3,
                got: 4
            }
        );
    }

    #[test]
    fn the_deepest_bybit_stream_is_the_primary_one() {
        let mut out = Vec::new();
        let mut sequencer = DepthSequencer::new(Numbering::Bybit);
        let of = |reach, id, seq, bid: Level| Depth {
            reach,
            seq,
            ..Depth {
                bids: vec![bid],
                asks: vec![level(105, 1.0)],
                ..depth(DepthKind::Snapshot, id, id, None)
            }
        };
        assert_eq!(
            sequencer.on_depth(of(1, 5, 50, level(100, 1.0)), &mut out),
            Effect::Ready
        );
        let mut deep = of(200, 9, 49, level(99, 1.0));
        deep.bids.push(level(98, 4.0));
        assert_eq!(sequencer.on_depth(deep, &mut out), Effect::Ready);
        assert_eq!(
            sequencer.on_depth(of(1, 6, 51, level(98, 2.0)), &mut out),
            Effect::Applied
        );
        assert_eq!(bids(&sequencer), [(98, 2.0)]);
        // The repeat of the best price with a number that is already known changes nothing.
        assert_eq!(
            sequencer.on_depth(of(1, 6, 51, level(98, 2.0)), &mut out),
            Effect::Stale
        );
    }
}
