//! A next best price far away costs no more than a near one.

use std::time::{Duration, Instant};

use hbl_depth::LadderMarketDepth;
use hftbacktest::depth::{INVALID_MAX, INVALID_MIN, L2MarketDepth, MarketDepth};
use hftbacktest::types::Side;

/// A search tick by tick over 10^11 ticks takes minutes.
const SOON: Duration = Duration::from_millis(100);

#[test]
fn a_best_price_at_1e11_ticks_gives_way_to_one_at_1_at_once() {
    let mut depth = LadderMarketDepth::new(1.0, 1.0);
    let started = Instant::now();
    for _ in 0..1_000 {
        depth.update_bid_depth(1.0, 2.0, 0);
        depth.update_bid_depth(1e11, 1.0, 0);
        assert_eq!(depth.best_bid_tick(), 100_000_000_000);
        let gone = depth.update_bid_depth(1e11, 0.0, 0);
        assert_eq!(gone, (100_000_000_000, 100_000_000_000, 1, 1.0, 0.0, 0));
        depth.update_bid_depth(1.0, 0.0, 0);
        assert_eq!(depth.best_bid_tick(), INVALID_MIN);
        depth.update_ask_depth(1e11, 2.0, 0);
        depth.update_ask_depth(1.0, 1.0, 0);
        depth.update_ask_depth(1.0, 0.0, 0);
        assert_eq!(depth.best_ask_tick(), 100_000_000_000);
        depth.update_ask_depth(1e11, 0.0, 0);
        assert_eq!(depth.best_ask_tick(), INVALID_MAX);
    }
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
}

#[test]
fn a_bid_through_asks_that_are_far_apart_finds_the_next_one_at_once() {
    let mut depth = LadderMarketDepth::new(1.0, 1.0);
    depth.update_ask_depth(10.0, 1.0, 0);
    depth.update_ask_depth(1e12, 1.0, 0);
    let started = Instant::now();
    depth.update_bid_depth(11.0, 1.0, 0);
    assert_eq!(depth.best_ask_tick(), 1_000_000_000_000);
    depth.clear_depth(Side::Sell, 1e13);
    assert_eq!(depth.best_ask_tick(), INVALID_MAX);
    assert_eq!(depth.ask_qty_at_tick(1_000_000_000_000), 0.0);
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
}

/// Each change costs a bounded number of steps, also with as many levels as no venue has.
#[test]
fn a_hundred_thousand_levels_far_apart_come_and_go_in_any_order() {
    const LEVELS: u64 = 100_000;
    let mut depth = LadderMarketDepth::new(1.0, 1.0);
    let price = |n: u64| (n * 7_919 % LEVELS * 1_000_000) as f64;
    let started = Instant::now();
    for n in 0..LEVELS {
        depth.update_bid_depth(price(n), 1.0, 0);
    }
    assert_eq!(depth.best_bid_tick(), 99_999_000_000);
    for n in (0..LEVELS).rev() {
        depth.update_bid_depth(price(n), 0.0, 0);
    }
    assert_eq!(depth.best_bid_tick(), INVALID_MIN);
    let elapsed = started.elapsed();
    assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");
}
