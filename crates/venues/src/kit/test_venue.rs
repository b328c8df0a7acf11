//! A venue for tests: returns the events that a test sets, and records its calls.

use std::cell::RefCell;
use std::rc::Rc;

use hftbacktest::types::Event;

use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::feed_event::{level_event, trade_event};
use crate::kit::order_rules::OrderRules;
use crate::kit::venue::{Amendment, MarketData, NewOrder, Reject, Venue, VenueEvent};

/// Times of every event.
const EXCH_TS: i64 = 1_700_000_000_123_456_789;
const LOCAL_TS: i64 = 1_700_000_000_133_456_789;

/// State shared by the test and the venue.
#[derive(Default)]
pub struct Script {
    /// Events of the next poll.
    pub says: Vec<VenueEvent>,
    /// The book as a late registration gets it.
    pub book: Vec<Event>,
    /// Requests about orders that reached the venue.
    pub requests: u64,
    /// Registrations that reached the venue.
    pub registered: Vec<String>,
    /// Tick and lot size of each of them.
    pub with_sizes: Vec<(f64, f64)>,
    /// Why it does not know its instruments yet.
    pub pending_reason: Option<String>,
    /// Its first snapshot has not come.
    pub without_book: bool,
    /// Its sizes are not known.
    pub without_sizes: bool,
    /// Its rules for orders.
    pub rules: Option<OrderRules>,
}

/// A venue with the symbols X (0) and Y (1), tick 0.1 and lot 0.001.
#[derive(Default)]
pub struct ScriptedVenue(pub Rc<RefCell<Script>>);

impl MarketData for ScriptedVenue {
    fn register(&mut self, _: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Reject> {
        self.0.borrow_mut().registered.push(symbol.to_owned());
        self.0.borrow_mut().with_sizes.push((tick, lot));
        match symbol {
            "X" => Ok(0),
            "Y" => Ok(1),
            _ => Err(Reject {
                code: codes::SYMBOL_UNKNOWN,
                text: format!("there is no {symbol}"),
            }),
        }
    }

    fn pending_reason(&self, _: &str) -> Option<String> {
        self.0.borrow().pending_reason.clone()
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        let known = ["X", "Y"].contains(&symbol) && !self.0.borrow().without_sizes;
        known.then_some((0.1, 0.001))
    }

    fn order_rules(&self, _: &str) -> Option<OrderRules> {
        self.0.borrow().rules
    }

    fn poll(&mut self, _: Now, out: &mut Vec<VenueEvent>) {
        out.append(&mut self.0.borrow_mut().says);
    }

    fn next_due_ns(&self) -> Option<u64> {
        None
    }

    fn book(&self, _: Now, symbol: u32, out: &mut Vec<Event>) {
        if symbol == 0 {
            out.extend(self.0.borrow().book.iter().cloned());
        }
    }

    fn is_book_synced(&self, _: u32) -> bool {
        !self.0.borrow().without_book
    }
}

impl Venue for ScriptedVenue {
    fn submit(&mut self, _: Now, _: u32, _: &NewOrder) {
        self.0.borrow_mut().requests += 1;
    }

    fn cancel(&mut self, _: Now, _: u32, _: u64) {
        self.0.borrow_mut().requests += 1;
    }

    fn amend(&mut self, _: Now, _: u32, _: &Amendment) {
        self.0.borrow_mut().requests += 1;
    }

    fn position(&self, _: u32) -> Option<f64> {
        Some(7.0)
    }
}

/// A bid, in units of price and quantity.
pub fn bid(px: f64, qty: f64) -> Event {
    level_event(true, (px, qty), EXCH_TS, LOCAL_TS)
}

/// An ask.
pub fn ask(px: f64, qty: f64) -> Event {
    level_event(false, (px, qty), EXCH_TS, LOCAL_TS)
}

/// A trade that a buyer set off.
pub fn bought(px: f64, qty: f64) -> Event {
    trade_event(true, (px, qty), EXCH_TS, LOCAL_TS)
}

/// A trade that a seller set off.
pub fn sold(px: f64, qty: f64) -> Event {
    trade_event(false, (px, qty), EXCH_TS, LOCAL_TS)
}

/// Events of symbol X as one batch.
pub fn batch(events: impl IntoIterator<Item = Event>) -> Vec<VenueEvent> {
    let mut all = vec![VenueEvent::FeedBatchStart { symbol: 0 }];
    all.extend(events.into_iter().map(feed));
    all.push(VenueEvent::FeedBatchEnd { symbol: 0 });
    all
}

/// An event of symbol X.
pub fn feed(event: Event) -> VenueEvent {
    VenueEvent::Feed { symbol: 0, event }
}
