//! Prices so far apart that a search tick by tick takes minutes.

use std::time::{Duration, Instant};

use hbl_livebot::RecordKind;
use hbl_wire::TO_ALL;
use hftbacktest::{
    depth::MarketDepth,
    types::{Bot, Side},
};

use crate::support::{SYMBOL, level, name, ready};

#[test]
fn a_bid_at_1e11_ticks_comes_and_goes_within_milliseconds() {
    let name = name();
    let (mut connector, mut rig) = ready(&name);
    let tick_size = rig.core.bot().depth(0).tick_size();
    let far = 1e11 * tick_size;
    for (px, qty) in [(100.0, 0.0), (tick_size, 3.0), (far, 1.0), (far, 0.0)] {
        let bid = level(Side::Buy, px, qty);
        connector.send_feed(TO_ALL, SYMBOL, &bid).unwrap();
    }
    connector.flush().unwrap();
    let started = Instant::now();
    let mut changes = 0;
    while changes < 4 {
        let records = rig.until(RecordKind::Depth);
        let is_change = |kind: u8| kind == RecordKind::Depth as u8;
        changes += records.iter().filter(|one| is_change(one.kind)).count();
    }
    assert!(started.elapsed() < Duration::from_secs(1));
    let depth = rig.core.bot().depth(0);
    assert_eq!((depth.best_bid_tick(), depth.best_bid_qty()), (1, 3.0));
    // hftbacktest's rule: the ask that the bid went through is hidden.
    assert!(depth.best_ask().is_nan());
    assert_eq!(
        depth.ask_qty_at_tick((101.0 / tick_size).round() as i64),
        2.0
    );
}
