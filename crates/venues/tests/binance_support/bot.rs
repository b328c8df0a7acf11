//! What a bot makes of the venue's events.

use hbl_venues::kit::venue::VenueEvent;
use hftbacktest::types::{
    LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT, LOCAL_BUY_TRADE_EVENT, LOCAL_SELL_TRADE_EVENT,
};

use super::market::Side;

#[derive(Default)]
pub struct BotBook {
    pub bids: Side,
    pub asks: Side,
    pub synced: bool,
    /// Numbers of the trades, which are their quantities.
    pub trades: Vec<i64>,
    in_batch: bool,
    deleted_only: bool,
}

/// Applies events of one symbol after the other and looks that they are in order.
#[derive(Default)]
pub struct Bot {
    pub books: Vec<BotBook>,
    pub downs: Vec<String>,
    pub ups: usize,
    pub socket_up: Option<bool>,
    pub notices: Vec<(i64, String)>,
    pub stales: usize,
    /// Why new orders are stopped.
    pub suspended: Option<(i64, String)>,
}

#[expect(clippy::cast_possible_truncation, reason = "test numbers are small")]
fn units(value: f64, step: f64) -> i64 {
    (value / step).round() as i64
}

impl Bot {
    pub fn book(&mut self, symbol: u32) -> &mut BotBook {
        let index = symbol as usize;
        while self.books.len() <= index {
            self.books.push(BotBook::default());
        }
        &mut self.books[index]
    }

    pub fn take(&mut self, events: &mut Vec<VenueEvent>) {
        for event in events.drain(..) {
            match event {
                VenueEvent::FeedBatchStart { symbol } => {
                    let book = self.book(symbol);
                    assert!(!book.in_batch);
                    (book.in_batch, book.deleted_only) = (true, true);
                }
                VenueEvent::FeedBatchEnd { symbol } => {
                    let book = self.book(symbol);
                    assert!(std::mem::replace(&mut book.in_batch, false));
                }
                VenueEvent::Feed { symbol, event } => {
                    let book = self.book(symbol);
                    assert!(book.in_batch);
                    let (tick, lots) = (units(event.px, 0.1), units(event.qty, 0.001));
                    let side = match event.ev {
                        LOCAL_BID_DEPTH_EVENT => &mut book.bids,
                        LOCAL_ASK_DEPTH_EVENT => &mut book.asks,
                        LOCAL_BUY_TRADE_EVENT | LOCAL_SELL_TRADE_EVENT => {
                            assert!(
                                book.trades.last().is_none_or(|last| *last < lots),
                                "a trade came twice"
                            );
                            book.trades.push(lots);
                            continue;
                        }
                        other => panic!("{other:x}"),
                    };
                    if lots > 0 {
                        side.insert(tick, lots);
                        book.deleted_only = false;
                    } else {
                        side.remove(&tick);
                        assert!(book.deleted_only, "deletions come first");
                    }
                    let best = (book.bids.last_key_value(), book.asks.first_key_value());
                    if let (Some((bid, _)), Some((ask, _))) = best {
                        assert!(bid < ask, "crossed: {bid} {ask}");
                    }
                }
                VenueEvent::FeedLive { symbol } => {
                    assert!(!std::mem::replace(&mut self.book(symbol).synced, true));
                }
                VenueEvent::FeedStale { symbol } => {
                    assert!(std::mem::replace(&mut self.book(symbol).synced, false));
                    self.stales += 1;
                }
                VenueEvent::Socket { up, .. } => self.socket_up = Some(up),
                VenueEvent::Down(text) => self.downs.push(text),
                VenueEvent::Up => self.ups += 1,
                VenueEvent::Notice(reject) => self.notices.push((reject.code, reject.text)),
                VenueEvent::Suspended { symbol: 0, reject } => {
                    self.suspended = Some((reject.code, reject.text));
                }
                VenueEvent::Resumed { symbol: 0 } => {
                    assert!(self.suspended.take().is_some());
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
