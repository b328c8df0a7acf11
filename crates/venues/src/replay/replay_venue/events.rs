//! A recorded change as events for bots and for the fill simulator.

use hbl_exchange::Side as ExchangeSide;
use hftbacktest::types::Event;

use crate::kit::book::book_fusion::BookSide;
use crate::kit::book::message::Trade;
use crate::kit::book::px::Px;
use crate::kit::feed_event;
use crate::paper::paper_matcher::Shown;

/// A level as bots get it.
pub(super) fn depth_event(side: BookSide, px: Px, qty: f64, exch_ts: i64, local_ts: i64) -> Event {
    feed_event::level_event(side.is_bid(), (px.to_f64(), qty), exch_ts, local_ts)
}

/// A trade as bots get it.
pub(super) fn trade_event(trade: &Trade, exch_ts: i64, local_ts: i64) -> Event {
    let values = (trade.px.to_f64(), trade.qty);
    feed_event::trade_event(trade.buyer_takes, values, exch_ts, local_ts)
}

/// A level as the paper matcher gets it.
pub(super) fn shown(side: BookSide, px: Px, qty: f64) -> Shown {
    let side = match side {
        BookSide::Bid => ExchangeSide::Buy,
        BookSide::Ask => ExchangeSide::Sell,
    };
    (side, px.to_f64(), qty)
}
