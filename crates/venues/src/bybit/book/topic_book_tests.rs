//! The book against a model, through gaps, repeats, reordering and restarts.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Levels = Vec<(i64, i64)>;

fn update<'a>(
    snapshot: bool,
    u: u64,
    bids: &'a [(i64, i64)],
    asks: &'a [(i64, i64)],
) -> BookUpdate<'a> {
    BookUpdate {
        snapshot,
        u,
        seq: u * 10,
        bids,
        asks,
    }
}

fn started() -> TopicBook {
    let mut book = TopicBook::new(50);
    let snapshot = update(true, 10, &[(100, 1), (99, 2)], &[(101, 1), (102, 2)]);
    assert_eq!(book.apply(&snapshot, &mut Vec::new()), Effect::Replaced);
    book
}

fn bid(tick: i64, lots: i64) -> LevelChange {
    LevelChange {
        side: BookSide::Bid,
        tick,
        lots,
    }
}

fn ask(tick: i64, lots: i64) -> LevelChange {
    LevelChange {
        side: BookSide::Ask,
        tick,
        lots,
    }
}

#[test]
fn nothing_counts_before_a_snapshot() {
    let mut book = TopicBook::new(50);
    let mut out = Vec::new();
    assert_eq!(
        book.apply(&update(false, 2, &[(1, 1)], &[]), &mut out),
        Effect::Ignored
    );
    assert!(out.is_empty() && !book.is_live());
}

#[test]
fn a_delta_that_moves_the_market_deletes_first() {
    let mut book = started();
    let mut out = Vec::new();
    let delta = update(false, 11, &[(101, 5)], &[(101, 0)]);
    assert_eq!(book.apply(&delta, &mut out), Effect::Changed);
    assert_eq!(out, [ask(101, 0), bid(101, 5)]);
}

#[test]
fn a_snapshot_deletes_what_vanished_in_its_own_batch() {
    let mut book = started();
    let mut out = Vec::new();
    let snapshot = update(true, 500, &[(99, 2), (98, 7)], &[(103, 1)]);
    assert_eq!(book.apply(&snapshot, &mut out), Effect::Replaced);
    assert_eq!(
        out,
        [
            bid(100, 0),
            ask(101, 0),
            ask(102, 0),
            bid(98, 7),
            ask(103, 1)
        ]
    );
}

#[test]
fn update_one_replaces_whatever_its_type_says_and_two_follows_it() {
    let mut book = started();
    assert_eq!(
        book.apply(&update(false, 1, &[(90, 1)], &[(95, 1)]), &mut Vec::new()),
        Effect::Replaced
    );
    assert_eq!(book.bids().collect::<Vec<_>>(), [(90, 1)]);
    assert_eq!(
        book.apply(&update(false, 2, &[(91, 1)], &[]), &mut Vec::new()),
        Effect::Changed
    );
}

#[test]
fn a_gap_empties_the_book_once_and_a_snapshot_brings_it_back() {
    let mut book = started();
    let mut out = Vec::new();
    let flaw = Flaw::Gap {
        expected: 11,
        got: 13,
    };
    assert_eq!(
        book.apply(&update(false, 13, &[], &[]), &mut out),
        Effect::Flawed(flaw)
    );
    assert_eq!(out.len(), 4);
    assert!(out.iter().all(|c| c.lots == 0));
    assert_eq!(
        book.apply(&update(false, 15, &[(1, 1)], &[]), &mut out),
        Effect::Ignored
    );
    assert_eq!(
        book.apply(&update(true, 20, &[(1, 1)], &[]), &mut out),
        Effect::Replaced
    );
}

#[test]
fn what_is_known_is_ignored_and_a_changed_numbering_is_a_flaw() {
    let mut book = started();
    let old = BookUpdate {
        seq: 100,
        ..update(false, 10, &[(50, 1)], &[])
    };
    assert_eq!(book.apply(&old, &mut Vec::new()), Effect::Ignored);
    let odd = BookUpdate { seq: 101, ..old };
    assert_eq!(
        book.apply(&odd, &mut Vec::new()),
        Effect::Flawed(Flaw::Backwards)
    );
}

#[test]
fn a_crossed_book_is_never_shown() {
    let mut book = started();
    let mut out = Vec::new();
    let delta = update(false, 11, &[(101, 3)], &[]);
    assert_eq!(book.apply(&delta, &mut out), Effect::Flawed(Flaw::Crossed));
    assert!(out.iter().all(|c| c.lots == 0) && out.len() >= 4, "{out:?}");
}

#[test]
fn depth_one_may_skip_numbers_and_delete_what_it_lacks() {
    let mut book = TopicBook::new(1);
    book.apply(&update(true, 10, &[(100, 1)], &[(101, 1)]), &mut Vec::new());
    let skip = update(false, 17, &[(100, 0), (99, 1), (42, 0)], &[]);
    assert_eq!(book.apply(&skip, &mut Vec::new()), Effect::Changed);
    assert_eq!(
        (book.best_bid(), book.best_ask()),
        (Some((99, 1)), Some((101, 1)))
    );
}

#[test]
fn the_last_of_repeated_levels_counts() {
    let mut book = started();
    let mut out = Vec::new();
    book.apply(
        &update(false, 11, &[(98, 1), (98, 0), (98, 4)], &[]),
        &mut out,
    );
    assert_eq!(out, [bid(98, 4)]);
}

/// A step of the venue, or of the line between.
#[derive(Clone, Debug)]
enum Move {
    Delta(Levels, Levels),
    Snapshot(Levels, Levels),
    Restart(Levels, Levels),
    Lose(Levels),
    Repeat,
    Older(usize),
    Swap(Levels, Levels),
}

fn side(low: i64) -> impl Strategy<Value = Levels> {
    prop::collection::vec((low..low + 20, 0i64..5), 0..6)
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        8 => (side(80), side(101)).prop_map(|(b, a)| Move::Delta(b, a)),
        1 => (side(80), side(101)).prop_map(|(b, a)| Move::Snapshot(b, a)),
        1 => (side(80), side(101)).prop_map(|(b, a)| Move::Restart(b, a)),
        1 => side(80).prop_map(Move::Lose),
        1 => Just(Move::Repeat),
        1 => (1usize..5).prop_map(Move::Older),
        1 => (side(80), side(101)).prop_map(|(b, a)| Move::Swap(b, a)),
    ]
}

/// The venue's book and what it has sent.
#[derive(Default)]
struct Venue {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
    u: u64,
    seq: u64,
    sent: Vec<(bool, u64, u64, Levels, Levels)>,
}

impl Venue {
    fn set(book: &mut BTreeMap<i64, i64>, levels: &[(i64, i64)]) {
        for (tick, lots) in levels {
            if *lots > 0 {
                book.insert(*tick, *lots);
            } else {
                book.remove(tick);
            }
        }
    }

    fn delta(&mut self, bids: Levels, asks: Levels) -> usize {
        self.u += 1;
        self.seq += 3;
        Self::set(&mut self.bids, &bids);
        Self::set(&mut self.asks, &asks);
        self.sent.push((false, self.u, self.seq, bids, asks));
        self.sent.len() - 1
    }

    fn snapshot(&mut self) -> usize {
        self.seq += 3;
        let levels = |book: &BTreeMap<i64, i64>| book.iter().map(|(t, l)| (*t, *l)).collect();
        let (bids, asks) = (levels(&self.bids), levels(&self.asks));
        self.sent.push((true, self.u, self.seq, bids, asks));
        self.sent.len() - 1
    }
}

struct Reader {
    book: TopicBook,
    shown: BTreeMap<(bool, i64), i64>,
    resyncs: usize,
}

impl Reader {
    fn read(&mut self, venue: &Venue, at: usize) -> bool {
        let (snapshot, u, seq, bids, asks) = &venue.sent[at];
        let mut out = Vec::new();
        let message = BookUpdate {
            snapshot: *snapshot,
            u: *u,
            seq: *seq,
            bids,
            asks,
        };
        let effect = self.book.apply(&message, &mut out);
        for change in out {
            let key = (change.side == BookSide::Bid, change.tick);
            if change.lots > 0 {
                self.shown.insert(key, change.lots);
            } else {
                self.shown.remove(&key);
            }
            let bid = self.shown.keys().filter(|k| k.0).map(|k| k.1).max();
            let ask = self.shown.keys().filter(|k| !k.0).map(|k| k.1).min();
            assert!(
                bid.zip(ask).is_none_or(|(b, a)| b < a),
                "crossed after {change:?}"
            );
        }
        let flawed = matches!(effect, Effect::Flawed(_));
        self.resyncs += usize::from(flawed);
        flawed
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn after_a_resync_the_book_is_the_venues(plan in prop::collection::vec(moves(), 1..60)) {
        let mut venue = Venue { u: 100, ..Venue::default() };
        let mut reader = Reader { book: TopicBook::new(50), shown: BTreeMap::new(), resyncs: 0 };
        let first = venue.snapshot();
        reader.read(&venue, first);
        let mut breaks = 0;
        for step in plan {
            let resyncs = reader.resyncs;
            let flawed = match step {
                Move::Delta(bids, asks) => {
                    let at = venue.delta(bids, asks);
                    reader.read(&venue, at)
                }
                Move::Snapshot(bids, asks) => {
                    venue.delta(bids, asks);
                    let at = venue.snapshot();
                    reader.read(&venue, at)
                }
                Move::Restart(bids, asks) => {
                    venue.delta(bids, asks);
                    venue.u = 1;
                    let at = venue.snapshot();
                    reader.read(&venue, at)
                }
                Move::Lose(bids) => {
                    venue.delta(bids, vec![]);
                    let at = venue.delta(vec![], vec![]);
                    reader.read(&venue, at)
                }
                Move::Repeat => {
                    let at = venue.sent.iter().rposition(|m| !m.0);
                    at.is_some_and(|at| at == venue.sent.len() - 1 && reader.read(&venue, at))
                }
                Move::Older(back) => {
                    // An old delta of the same numbering.
                    let from = venue.sent.iter().rposition(|m| m.0).unwrap_or(0);
                    let at = venue.sent.len().saturating_sub(back);
                    at > from && reader.read(&venue, at)
                }
                Move::Swap(bids, asks) => {
                    let early = venue.delta(bids, vec![]);
                    let late = venue.delta(vec![], asks);
                    let flawed = reader.read(&venue, late);
                    reader.read(&venue, early) || flawed
                }
            };
            if flawed {
                breaks += 1;
                prop_assert_eq!(reader.resyncs, resyncs + 1, "one resync per break");
                prop_assert!(reader.shown.is_empty());
                let at = venue.snapshot();
                reader.read(&venue, at);
            }
            let shown: Levels = reader.shown.iter().filter(|(k, _)| k.0).map(|(k, l)| (k.1, *l)).collect();
            let known: Levels = venue.bids.iter().map(|(t, l)| (*t, *l)).collect();
            prop_assert_eq!(shown, known);
            let shown: Levels = reader.shown.iter().filter(|(k, _)| !k.0).map(|(k, l)| (k.1, *l)).collect();
            let known: Levels = venue.asks.iter().map(|(t, l)| (*t, *l)).collect();
            prop_assert_eq!(shown, known);
        }
        prop_assert_eq!(reader.resyncs, breaks);
    }
}
