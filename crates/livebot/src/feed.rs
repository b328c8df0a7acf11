//! Market data as hftbacktest's `LiveBot` applies it.

use hbl_wire::Clock;
use hftbacktest::types::{
    BUY_EVENT, DEPTH_EVENT, DEPTH_SNAPSHOT_EVENT, EXCH_EVENT, Event, LOCAL_ASK_DEPTH_EVENT,
    LOCAL_BID_DEPTH_EVENT, LOCAL_BUY_TRADE_EVENT, LOCAL_EVENT, LOCAL_SELL_TRADE_EVENT, SELL_EVENT,
};

use crate::record::{Record, RecordKind};

const KIND_MASK: u64 = 0xff;
/// Prices above this many ticks are invalid: dividing them by the tick size need not give their tick any more.
const TICKS_MAX: f64 = 1e15;

/// Rewrites levels to the form that `LiveBot` applies. hftbacktest's connector sends snapshots and
/// deletions in forms that its own bot ignores (no `LOCAL` flag, or the snapshot kind), so that a late bot
/// has no book and deleted levels stay.
pub(crate) fn normalise(event: &mut Event, clock: &Clock) {
    let kind = event.ev & KIND_MASK;
    let is_level =
        kind == DEPTH_SNAPSHOT_EVENT || (kind == DEPTH_EVENT && event.ev & LOCAL_EVENT == 0);
    if is_level && event.ev & EXCH_EVENT == 0 {
        let side = event.ev & (BUY_EVENT | SELL_EVENT);
        event.ev = DEPTH_EVENT | LOCAL_EVENT | side;
        if event.local_ts == 0 {
            event.local_ts = clock.unix_ns();
        }
    }
}

/// False for an event that no market sends: NaN, or a price or quantity out of range.
pub(crate) fn is_sane(event: &Event, tick_size: f64) -> bool {
    event.px.is_finite()
        && event.qty.is_finite()
        && event.qty >= 0.0
        && (event.px / tick_size).abs() < TICKS_MAX
}

/// The record of a feed event; `None` for kinds that a bot does not apply.
pub(crate) fn record_of(event: &Event) -> Option<Record> {
    let (kind, side) = if event.is(LOCAL_BID_DEPTH_EVENT) {
        (RecordKind::Depth, 1)
    } else if event.is(LOCAL_ASK_DEPTH_EVENT) {
        (RecordKind::Depth, 2)
    } else if event.is(LOCAL_BUY_TRADE_EVENT) {
        (RecordKind::Trade, 1)
    } else if event.is(LOCAL_SELL_TRADE_EVENT) {
        (RecordKind::Trade, 2)
    } else {
        return None;
    };
    Some(Record {
        kind: kind as u8,
        side,
        exch_ts_ns: event.exch_ts,
        local_ts_ns: event.local_ts,
        px: event.px,
        qty: event.qty,
        order_id: event.order_id,
        value: event.ival,
        ev: event.ev,
        ..Record::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole numbers far below 2^63"
    )]
    fn a_price_that_is_taken_has_one_tick() {
        for tick_size in [1e-8, 0.1, 0.05, 1.0, 1e-3, 7e-6] {
            for tick in (0..1_000).map(|n| TICKS_MAX as i64 - n) {
                let price = hbl_wire::price_of(tick, tick_size);
                assert_eq!(
                    (price / tick_size).round() as i64,
                    tick,
                    "{price} {tick_size}"
                );
            }
        }
    }

    fn event(ev: u64) -> Event {
        Event {
            ev,
            exch_ts: 1,
            local_ts: 0,
            px: 1.0,
            qty: 0.0,
            order_id: 0,
            ival: 0,
            fval: 0.0,
        }
    }

    #[test]
    fn levels_that_hftbacktest_sends_and_ignores_are_applied() {
        for (sent, applied) in [
            (DEPTH_EVENT | BUY_EVENT, LOCAL_BID_DEPTH_EVENT),
            (DEPTH_SNAPSHOT_EVENT | SELL_EVENT, LOCAL_ASK_DEPTH_EVENT),
            (
                DEPTH_SNAPSHOT_EVENT | SELL_EVENT | LOCAL_EVENT,
                LOCAL_ASK_DEPTH_EVENT,
            ),
            (LOCAL_BID_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT),
            (LOCAL_SELL_TRADE_EVENT, LOCAL_SELL_TRADE_EVENT),
            (
                DEPTH_EVENT | BUY_EVENT | EXCH_EVENT,
                DEPTH_EVENT | BUY_EVENT | EXCH_EVENT,
            ),
        ] {
            let mut event = event(sent);
            normalise(&mut event, &Clock::Real);
            assert_eq!(event.ev, applied, "{sent:#x}");
        }
    }

    #[test]
    fn events_that_no_market_sends_are_rejected() {
        let mut level = event(LOCAL_BID_DEPTH_EVENT);
        assert!(is_sane(&level, 0.1));
        for (px, qty) in [
            (f64::NAN, 1.0),
            (1.0, f64::INFINITY),
            (1.0, -1.0),
            (1e300, 1.0),
        ] {
            (level.px, level.qty) = (px, qty);
            assert!(!is_sane(&level, 0.1), "{px} {qty}");
        }
    }
}
