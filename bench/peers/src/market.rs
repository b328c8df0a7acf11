//! The market that `bench-publisher` publishes: event `i` is known from `i` alone, so that a bot's
//! book can be held against what it must be.

use hftbacktest::types::{Event, LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT};

const LEVELS: u64 = 40;
const MIDDLE: f64 = 50_000.0;

/// Price step of every symbol.
pub const TICK_SIZE: f64 = 0.1;
/// Quantity step of every symbol.
pub const LOT_SIZE: f64 = 0.001;

/// Name of symbol `n`.
#[must_use]
pub fn symbol(n: u64) -> String {
    match n {
        0 => "BENCH".to_owned(),
        _ => format!("BENCH{n}"),
    }
}

fn qty(i: u64) -> f64 {
    f64::from(u8::try_from(i % 7 + 1).unwrap_or(u8::MAX))
}

/// The `i`-th event of a symbol: a level of its book. It has no times yet.
#[must_use]
pub fn level(i: u64) -> Event {
    let (ev, sign) = if i.is_multiple_of(2) {
        (LOCAL_BID_DEPTH_EVENT, -1.0)
    } else {
        (LOCAL_ASK_DEPTH_EVENT, 1.0)
    };
    let step = f64::from(u8::try_from(i / 2 % LEVELS + 1).unwrap_or(u8::MAX));
    Event {
        ev,
        exch_ts: 0,
        local_ts: 0,
        px: MIDDLE + sign * step * TICK_SIZE,
        qty: qty(i),
        order_id: i,
        ival: 0,
        fval: 0.0,
    }
}

/// Best bid and ask of a symbol after its first `events` events: ticks and quantity of each.
#[must_use]
pub fn top_after(events: u64) -> [f64; 4] {
    let last = |side: u64| {
        let period = 2 * LEVELS;
        (events.checked_sub(side + 1)).map_or(f64::NAN, |rest| qty(rest / period * period + side))
    };
    let middle = MIDDLE / TICK_SIZE;
    [middle - 1.0, last(0), middle + 1.0, last(1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use hftbacktest::depth::{HashMapMarketDepth, L2MarketDepth as _, MarketDepth as _};

    #[test]
    #[expect(clippy::cast_precision_loss, reason = "ticks far below 2^53")]
    fn the_top_is_what_a_book_has_after_all_events() {
        for events in [2, 79, 80, 81, 82, 1_000, 1_001] {
            let mut book = HashMapMarketDepth::new(TICK_SIZE, LOT_SIZE);
            for i in 0..events {
                let event = level(i);
                if event.is(LOCAL_BID_DEPTH_EVENT) {
                    book.update_bid_depth(event.px, event.qty, 0);
                } else {
                    book.update_ask_depth(event.px, event.qty, 0);
                }
            }
            let top = [
                book.best_bid_tick() as f64,
                book.best_bid_qty(),
                book.best_ask_tick() as f64,
                book.best_ask_qty(),
            ];
            assert_eq!(top_after(events), top, "after {events}");
        }
    }
}
