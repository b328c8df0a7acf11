//! A book that has its size allocates nothing.

#[path = "../../wire/tests/counting/mod.rs"]
mod counting;

use counting::allocations_of;
use hbl_depth::LadderMarketDepth;
use hftbacktest::depth::L2MarketDepth;

/// Rounds for which a level stays.
const STAY: i64 = 400;

/// Ticks of the levels that come in a round: near the touch, beside the window, and far away.
fn ticks(round: i64) -> [(i64, i64); 4] {
    let touch = 1_000_000 + (round / 4) % 50_000;
    [1, 3, 40_000 + round * 31 % 5_000, 900_000].map(|far| (touch - far, touch + far))
}

/// Levels come and go while the touch wanders over several windows.
#[expect(clippy::cast_precision_loss, reason = "ticks far below 2^53")]
fn pass(depth: &mut LadderMarketDepth) {
    for round in 0..200_000 {
        for (qty, round) in [(1.0, round), (0.0, round - STAY)] {
            for (bid, ask) in ticks(round.max(0)) {
                depth.update_bid_depth(bid as f64, qty, 0);
                depth.update_ask_depth(ask as f64, qty, 0);
            }
        }
    }
}

#[test]
fn levels_that_come_and_go_allocate_nothing() {
    let mut depth = LadderMarketDepth::new(1.0, 1.0);
    pass(&mut depth);
    pass(&mut depth);
    assert_eq!(allocations_of(|| pass(&mut depth)), 0);
}
