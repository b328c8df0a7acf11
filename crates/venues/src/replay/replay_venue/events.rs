//! A recorded change as events for bots and for the fill simulator.

use hbl_exchange::Side as ExchangeSide;
use hftbacktest::types::{
    Event, LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT, LOCAL_BUY_TRADE_EVENT,
    LOCAL_SELL_TRADE_EVENT,
};

use crate::kit::book::book_fusion::BookSide;
use crate::kit::book::message::Trade;
use crate::kit::book::px::Px;
use crate::paper::paper_matcher::Shown;

fn event(ev: u64, px: Px, qty: f64, exch_ts: i64, local_ts: i64) -> Event {
    Event {
        ev,
        exch_ts,
        local_ts,
        px: px.to_f64(),
        qty,
        order_id: 0,
        ival: 0,
        fval: 0.0,
    }
}

/// A level as bots get it.
pub(super) fn depth_event(side: BookSide, px: Px, qty: f64, exch_ts: i64, local_ts: i64) -> Event {
    let ev = match side {
        BookSide::Bid => LOCAL_BID_DEPTH_EVENT,
        BookSide::Ask => LOCAL_ASK_DEPTH_EVENT,
    };
    event(ev, px, qty, exch_ts, local_ts)
}

/// A trade as bots get it.
pub(super) fn trade_event(trade: &Trade, exch_ts: i64, local_ts: i64) -> Event {
    let ev = if trade.buyer_takes {
        LOCAL_BUY_TRADE_EVENT
    } else {
        LOCAL_SELL_TRADE_EVENT
    };
    event(ev, trade.px, trade.qty, exch_ts, local_ts)
}

/// A level as the desk gets it.
pub(super) fn shown(side: BookSide, px: Px, qty: f64) -> Shown {
    let side = match side {
        BookSide::Bid => ExchangeSide::Buy,
        BookSide::Ask => ExchangeSide::Sell,
    };
    (side, px.to_f64(), qty)
}
