//! Snapshots, messages before and after them, and holes.

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
    assert!(!sequencer.is_synced());
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
fn a_snapshot_from_before_the_stream_leaves_the_book_unsynced() {
    let mut out = Vec::new();
    let mut sequencer = DepthSequencer::new(Numbering::BinanceSpot);
    sequencer.on_depth(delta(50, 55, 0, &[]), &mut out);
    assert_eq!(
        sequencer.on_depth(snapshot(40), &mut out),
        Effect::SnapshotTooOld
    );
    assert!(!sequencer.is_synced());
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
    assert!(!sequencer.is_synced());
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
