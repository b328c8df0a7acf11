//! The same steps through hftbacktest's book and ours: every result is the same, bit for bit.

#[path = "same_results/steps.rs"]
mod steps;

use hbl_depth::LadderMarketDepth;
use hftbacktest::{
    backtest::data::Data,
    depth::{ApplySnapshot, HashMapMarketDepth, L2MarketDepth, MarketDepth},
    types::{Event, Side},
};
use proptest::prelude::*;
use steps::{Step, scanned, steps};

type Updated = (i64, i64, i64, f64, f64, i64);

/// Floats as bits, so that NaN equals NaN and 0.0 differs from -0.0.
fn bits(result: Option<Updated>) -> Option<(i64, i64, i64, u64, u64, i64)> {
    result.map(|(tick, before, best, was, qty, ts)| {
        (tick, before, best, was.to_bits(), qty.to_bits(), ts)
    })
}

fn apply<MD: L2MarketDepth + ApplySnapshot>(depth: &mut MD, step: &Step) -> Option<Updated> {
    match step {
        Step::Bid(price, qty) => Some(depth.update_bid_depth(*price, *qty, 7)),
        Step::Ask(price, qty) => Some(depth.update_ask_depth(*price, *qty, 8)),
        Step::Clear(side, price) => {
            depth.clear_depth(*side, *price);
            None
        }
        Step::Snapshot(rows) => {
            depth.apply_snapshot(&Data::from_data(rows));
            None
        }
    }
}

fn tops<MD: MarketDepth>(depth: &MD) -> (i64, i64, [u64; 6]) {
    let floats = [
        depth.best_bid(),
        depth.best_ask(),
        depth.best_bid_qty(),
        depth.best_ask_qty(),
        depth.tick_size(),
        depth.lot_size(),
    ];
    let ticks = (depth.best_bid_tick(), depth.best_ask_tick());
    (ticks.0, ticks.1, floats.map(f64::to_bits))
}

fn rows(events: &[Event]) -> Vec<(u64, u64, u64, i64, i64)> {
    let row = |e: &Event| (e.ev, e.px.to_bits(), e.qty.to_bits(), e.exch_ts, e.local_ts);
    events.iter().map(row).collect()
}

fn levels(depth: &LadderMarketDepth, side: Side) -> Vec<(i64, u64)> {
    let mut levels = Vec::new();
    depth.for_each_level(side, |tick, qty| levels.push((tick, qty.to_bits())));
    levels.sort_unstable();
    levels
}

fn upstream_levels(depth: &HashMapMarketDepth, side: Side) -> Vec<(i64, u64)> {
    let map = match side {
        Side::Buy => &depth.bid_depth,
        _ => &depth.ask_depth,
    };
    let mut levels: Vec<_> = map
        .iter()
        .map(|(tick, qty)| (*tick, qty.to_bits()))
        .collect();
    levels.sort_unstable();
    levels
}

fn agree(upstream: &HashMapMarketDepth, ours: &LadderMarketDepth, near: Option<i64>) {
    assert_eq!(tops(upstream), tops(ours));
    assert_eq!(upstream.low_bid_tick, ours.low_bid_tick());
    assert_eq!(upstream.high_ask_tick, ours.high_ask_tick());
    for side in [Side::Buy, Side::Sell] {
        assert_eq!(upstream_levels(upstream, side), levels(ours, side));
    }
    assert_eq!(rows(&upstream.snapshot()), rows(&ours.snapshot()));
    let ticks = [
        near,
        Some(upstream.best_bid_tick),
        Some(upstream.best_ask_tick),
    ];
    for tick in ticks.into_iter().flatten() {
        for tick in tick.saturating_sub(2)..=tick.saturating_add(2) {
            let bids = (upstream.bid_qty_at_tick(tick), ours.bid_qty_at_tick(tick));
            let asks = (upstream.ask_qty_at_tick(tick), ours.ask_qty_at_tick(tick));
            assert_eq!(bids.0.to_bits(), bids.1.to_bits(), "bid at {tick}");
            assert_eq!(asks.0.to_bits(), asks.1.to_bits(), "ask at {tick}");
        }
    }
}

/// Runs the steps through both books. Returns how many there were.
fn compare(tick_size: f64, lot_size: f64, steps: &[Step]) -> usize {
    // hftbacktest looks at every tick in between; what would take it too long is left out.
    const SCANNED_MAX: i128 = 100_000;
    let mut upstream = HashMapMarketDepth::new(tick_size, lot_size);
    let mut ours = LadderMarketDepth::new(tick_size, lot_size);
    let mut done = 0;
    for step in steps {
        if scanned(&upstream, step).is_none_or(|ticks| ticks > SCANNED_MAX) {
            continue;
        }
        done += 1;
        let results = (apply(&mut upstream, step), apply(&mut ours, step));
        assert_eq!(bits(results.0), bits(results.1), "{step:?}");
        agree(&upstream, &ours, results.0.map(|updated| updated.0));
    }
    done
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn near_the_touch(steps in steps(0.5, 0.1, 20, 0)) {
        compare(0.5, 0.1, &steps);
    }

    #[test]
    fn with_odd_quantities_and_prices(steps in steps(0.1, 0.001, 40, 20)) {
        compare(0.1, 0.001, &steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn wider_than_the_window(steps in steps(0.1, 0.001, 30_000, 2)) {
        compare(0.1, 0.001, &steps);
    }

    #[test]
    fn with_odd_tick_and_lot_sizes(
        tick_size in prop_oneof![Just(0.0), Just(-0.5), Just(f64::NAN), Just(1e-9), Just(1e9)],
        lot_size in prop_oneof![Just(0.0), Just(-0.1), Just(f64::NAN), Just(1.0)],
        steps in steps(0.5, 0.1, 20, 5),
    ) {
        compare(tick_size, lot_size, &steps);
    }
}

#[test]
fn the_steps_are_hardly_ever_left_out() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let (mut all, mut done) = (0, 0);
    for _ in 0..50 {
        let tree = steps(0.1, 0.001, 30_000, 2).new_tree(&mut runner);
        let steps = tree.expect("steps can be made").current();
        all += steps.len();
        done += compare(0.1, 0.001, &steps);
    }
    assert!(done * 10 > all * 9, "{done} of {all}");
}
