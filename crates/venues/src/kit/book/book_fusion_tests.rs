//! The fused book against plain models, streams lagging and crossing.

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
    /// A venue's true book moves; a deep stream sends it late, a top stream soon. The
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
        let mut sent = (truth.clone(), truth_asks.clone());
        for (px, qty, send_top, send_deep) in moves {
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
            if send_top { book.top(now, &mut out); }
            if send_deep {
                let diff = |old: &BTreeMap<i64, f64>, new: &BTreeMap<i64, f64>| {
                    (80..120).filter(|p| old.get(p) != new.get(p))
                        .map(|p| level(p, new.get(&p).copied().unwrap_or(0.0))).collect::<Vec<_>>()
                };
                book.delta(seq, &diff(&sent.0, &truth), &diff(&sent.1, &truth_asks), &mut out);
                sent = (truth.clone(), truth_asks.clone());
                prop_assert_eq!(book.bids().map(|l| l.px.raw()).collect::<Vec<_>>(), truth.keys().rev().copied().collect::<Vec<_>>());
                prop_assert_eq!(asks(&book), truth_asks.iter().map(|(p, q)| (*p, *q)).collect::<Vec<_>>());
            } else if send_top {
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
