//! Levels and trades as hftbacktest's events.

use hftbacktest::types::{
    Event, LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT, LOCAL_BUY_TRADE_EVENT,
    LOCAL_SELL_TRADE_EVENT,
};

/// A level with its quantity of now, 0 to delete it. Times are Unix nanoseconds.
pub fn level_event(is_bid: bool, (px, qty): (f64, f64), exch_ts: i64, local_ts: i64) -> Event {
    let ev = if is_bid {
        LOCAL_BID_DEPTH_EVENT
    } else {
        LOCAL_ASK_DEPTH_EVENT
    };
    event(ev, (px, qty), exch_ts, local_ts)
}

/// A trade, by the taker's side. Times are Unix nanoseconds.
pub fn trade_event(buyer_takes: bool, (px, qty): (f64, f64), exch_ts: i64, local_ts: i64) -> Event {
    let ev = if buyer_takes {
        LOCAL_BUY_TRADE_EVENT
    } else {
        LOCAL_SELL_TRADE_EVENT
    };
    event(ev, (px, qty), exch_ts, local_ts)
}

fn event(ev: u64, (px, qty): (f64, f64), exch_ts: i64, local_ts: i64) -> Event {
    Event {
        ev,
        exch_ts,
        local_ts,
        px,
        qty,
        order_id: 0,
        ival: 0,
        fval: 0.0,
    }
}
