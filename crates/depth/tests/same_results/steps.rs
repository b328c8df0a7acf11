//! What happens to a book, and how far hftbacktest's book would search for it.

use hftbacktest::{
    depth::{HashMapMarketDepth, INVALID_MAX, INVALID_MIN},
    types::{BUY_EVENT, DEPTH_SNAPSHOT_EVENT, Event, LOCAL_EVENT, SELL_EVENT, Side},
};
use proptest::prelude::*;

#[derive(Clone, Debug)]
pub enum Step {
    /// Price, quantity.
    Bid(f64, f64),
    Ask(f64, f64),
    Clear(Side, f64),
    Snapshot(Vec<Event>),
}

/// Prices within `span` ticks of one that wanders; with `odd` of 100, one that no market has.
fn prices(tick_size: f64, span: i32, odd: u32) -> impl Strategy<Value = f64> {
    let tick = prop_oneof![
        3 => 0..span.min(20),
        2 => 0..span,
    ];
    let sane = (tick, any::<bool>()).prop_map(move |(tick, up)| {
        let middle = 50_000;
        f64::from(if up { middle + tick } else { middle - tick }) * tick_size
    });
    let strange = prop_oneof![
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(0.0),
        Just(-1.0),
        Just(1e300),
        Just(-1e300),
        Just(1e11 * tick_size),
        Just(9.223_372_036_854_775e18 * tick_size),
        Just(-9.223_372_036_854_775e18 * tick_size),
        (0.0..1.0).prop_map(move |part| (50_000.0 + part) * tick_size),
    ];
    prop_oneof![100 - odd => sane, odd.max(1) => strange]
}

fn quantities(lot_size: f64, odd: u32) -> impl Strategy<Value = f64> {
    let sane = prop_oneof![
        2 => Just(0.0),
        3 => (1u8..20).prop_map(move |lots| f64::from(lots) * lot_size),
    ];
    let strange = prop_oneof![
        Just(0.4 * lot_size),
        Just(0.5 * lot_size),
        Just(-0.4 * lot_size),
        Just(-lot_size),
        Just(-0.0),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
    ];
    prop_oneof![100 - odd => sane, odd.max(1) => strange]
}

fn row((is_bid, px, qty): (bool, f64, f64)) -> Event {
    let side = if is_bid { BUY_EVENT } else { SELL_EVENT };
    Event {
        ev: LOCAL_EVENT | DEPTH_SNAPSHOT_EVENT | side,
        exch_ts: 1,
        local_ts: 2,
        px,
        qty,
        order_id: 0,
        ival: 0,
        fval: 0.0,
    }
}

/// Up to 300 steps.
pub fn steps(
    tick_size: f64,
    lot_size: f64,
    span: i32,
    odd: u32,
) -> impl Strategy<Value = Vec<Step>> {
    let level = (prices(tick_size, span, odd), quantities(lot_size, odd));
    let level = proptest::strategy::Strategy::boxed(level);
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell), Just(Side::None)];
    let upto = prop_oneof![
        5 => prices(tick_size, span, odd),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
    ];
    let rows = (any::<bool>(), level.clone()).prop_map(|(bid, (px, qty))| row((bid, px, qty)));
    let step = prop_oneof![
        40 => level.clone().prop_map(|(px, qty)| Step::Bid(px, qty)),
        40 => level.prop_map(|(px, qty)| Step::Ask(px, qty)),
        3 => (side, upto).prop_map(|(side, price)| Step::Clear(side, price)),
        1 => prop::collection::vec(rows, 1..60).prop_map(Step::Snapshot),
    ];
    prop::collection::vec(step, 1..300)
}

fn below(start: i64, end: i64) -> i128 {
    i128::from(start) - i128::from(end)
}

/// Ticks that hftbacktest's book would look at, at most; `None` where it would overflow and overflows panic.
pub fn scanned(book: &HashMapMarketDepth, step: &Step) -> Option<i128> {
    let next = |tick: i64| match tick.checked_add(1) {
        None if cfg!(debug_assertions) => None,
        _ => Some(tick.wrapping_add(1)),
    };
    let above = |start: i64| Some(below(next(book.high_ask_tick)?, next(start)?));
    let lots = |qty: f64| (qty / book.lot_size).round() as i64;
    let tick = |px: f64| (px / book.tick_size).round() as i64;
    match *step {
        Step::Bid(px, qty) => {
            let tick = tick(px);
            if lots(qty) == 0 {
                Some(if tick == book.best_bid_tick {
                    below(tick, book.low_bid_tick)
                } else {
                    0
                })
            } else if tick > book.best_bid_tick && tick >= book.best_ask_tick {
                above(tick)
            } else {
                Some(0)
            }
        }
        Step::Ask(px, qty) => {
            let tick = tick(px);
            if lots(qty) == 0 {
                if tick == book.best_ask_tick {
                    above(tick)
                } else {
                    Some(0)
                }
            } else if tick < book.best_ask_tick && tick <= book.best_bid_tick {
                Some(below(tick, book.low_bid_tick))
            } else {
                Some(0)
            }
        }
        Step::Clear(Side::Buy, px) if px.is_finite() => {
            let upto = tick(px);
            let removed = match book.best_bid_tick {
                INVALID_MIN => 0,
                best => below(next(best)?, upto).max(0),
            };
            if upto == i64::MIN && cfg!(debug_assertions) {
                return None;
            }
            Some(removed + below(upto.wrapping_sub(1), book.low_bid_tick).max(0))
        }
        Step::Clear(Side::Sell, px) if px.is_finite() => {
            let upto = tick(px);
            let removed = match book.best_ask_tick {
                INVALID_MAX => 0,
                best => below(next(upto)?, best).max(0),
            };
            Some(removed + above(next(upto)?)?.max(0))
        }
        Step::Clear(..) | Step::Snapshot(_) => Some(0),
    }
}
