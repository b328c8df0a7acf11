//! A side against a tree, at any tick.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Change {
    Set(i64, f64),
    Remove(i64),
    RemoveRange(i64, i64),
    Follow(i64),
    Clear,
}

fn ticks() -> impl Strategy<Value = i64> {
    prop_oneof![
        8 => -100i64..100,
        8 => -2 * SPAN..2 * SPAN,
        2 => (-3i64..3, -200i64..200).prop_map(|(far, near)| far * 100_000_000_000 + near),
        1 => any::<i64>(),
        1 => (0i64..200).prop_map(|n| i64::MAX - n),
        1 => (0i64..200).prop_map(|n| i64::MIN + n),
    ]
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        20 => (ticks(), -1i8..5).prop_map(|(tick, qty)| Change::Set(tick, f64::from(qty))),
        10 => ticks().prop_map(Change::Remove),
        2 => (ticks(), ticks()).prop_map(|(from, end)| Change::RemoveRange(from, end)),
        6 => ticks().prop_map(Change::Follow),
        1 => Just(Change::Clear),
    ]
}

fn apply(change: &Change, side: &mut Levels, tree: &mut BTreeMap<i64, f64>) {
    match *change {
        Change::Set(tick, qty) => {
            assert_eq!(side.set(tick, qty), tree.insert(tick, qty).unwrap_or(0.0));
        }
        Change::Remove(tick) => {
            assert_eq!(side.remove(tick), tree.remove(&tick).unwrap_or(0.0));
        }
        Change::RemoveRange(from, end) => {
            side.remove_range(from, end);
            tree.retain(|tick, _| *tick < from || *tick >= end);
        }
        Change::Follow(touch) => {
            // As often as it takes to move.
            side.misses += side.window.len() + MISSES_MIN;
            side.follow(touch);
        }
        Change::Clear => {
            side.clear();
            tree.clear();
        }
    }
}

fn agree(side: &Levels, tree: &BTreeMap<i64, f64>, tick: i64, other: i64) {
    let level = |(tick, qty): (&i64, &f64)| (*tick, *qty);
    assert_eq!(side.qty(tick), tree.get(&tick).copied().unwrap_or(0.0));
    assert_eq!(
        side.at_or_below(tick),
        tree.range(..=tick).next_back().map(level)
    );
    assert_eq!(side.at_or_above(tick), tree.range(tick..).next().map(level));
    let (low, high) = (tick.min(other), tick.max(other));
    let positive = || tree.range(low..high).filter(|one| *one.1 > 0.0);
    let below = positive().next_back().map(|one| *one.0);
    assert_eq!(side.best_below(high, low), below);
    assert_eq!(
        side.best_above(low, high),
        positive().next().map(|one| *one.0)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_side_holds_and_finds_what_a_tree_does(
        is_bid in any::<bool>(),
        steps in prop::collection::vec((changes(), ticks(), ticks()), 1..400),
    ) {
        let mut side = if is_bid { Levels::bids() } else { Levels::asks() };
        let mut tree = BTreeMap::new();
        for (change, tick, other) in &steps {
            apply(change, &mut side, &mut tree);
            agree(&side, &tree, *tick, *other);
            if let Change::Set(near, _) | Change::Remove(near) = change {
                agree(&side, &tree, *near, *tick);
            }
        }
        let mut held = Vec::new();
        let mut next = side.at_or_above(i64::MIN);
        while let Some((tick, qty)) = next {
            held.push((tick, qty));
            next = tick.checked_add(1).and_then(|above| side.at_or_above(above));
        }
        prop_assert_eq!(held, tree.into_iter().collect::<Vec<_>>());
    }
}

/// Where the levels are is nothing that results show.
#[test]
fn the_window_follows_a_touch_that_moved_away_for_good() {
    let mut bids = Levels::bids();
    for step in 0..200_000 {
        bids.set(step * 7, 1.0);
        bids.follow(step * 7);
        bids.remove(step * 7 - 700);
    }
    let touch = 7 * 199_999;
    assert!(bids.window.contains(touch), "{}", bids.window.first());
    assert!(bids.window.len() > 50, "{}", bids.window.len());
}

/// Every level of the window is moved only after as many changes outside of it.
#[test]
fn a_touch_that_jumps_to_and_fro_does_not_move_a_full_window_each_time() {
    let mut bids = Levels::bids();
    for tick in 0..1_000 {
        bids.set(tick, 1.0);
        bids.follow(tick);
    }
    let first = bids.window.first();
    let mut moves = 0;
    for _ in 0..500 {
        bids.set(100_000_000_000, 1.0);
        bids.follow(100_000_000_000);
        moves += u32::from(bids.window.first() != first);
        bids.remove(100_000_000_000);
        bids.follow(999);
    }
    assert_eq!(moves, 0);
}
