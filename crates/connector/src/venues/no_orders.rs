//! A venue whose orders are refused: market data only.

use hftbacktest::types::Event;

use crate::clock::Now;
use crate::codes;
use crate::venue::{Balance, NewOrder, OrderReport, Refusal, Venue, VenueEvent, Wake};

/// Why nothing is known of the account.
const UNKNOWN: &str = "this connector has no key and does not know the account's orders; start it again with the keys and order_prefix of before, or look at the account";

/// Passes everything on to another venue, except orders: each is refused with a reason.
pub struct NoOrders<V> {
    venue: V,
    reason: String,
    refused: Vec<VenueEvent>,
}

impl<V: Venue> NoOrders<V> {
    /// `reason` says why there are no orders, and how to get them.
    pub fn new(venue: V, reason: impl Into<String>) -> Self {
        Self {
            venue,
            reason: reason.into(),
            refused: Vec::new(),
        }
    }

    fn refusal(&self) -> Refusal {
        Refusal {
            code: codes::ORDERS_OFF,
            text: self.reason.clone(),
        }
    }
}

impl<V: Venue> Venue for NoOrders<V> {
    fn register(&mut self, now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Refusal> {
        self.venue.register(now, symbol, tick, lot)
    }

    fn not_yet(&self, symbol: &str) -> Option<String> {
        self.venue.not_yet(symbol)
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        self.venue.sizes(symbol)
    }

    fn orders_unknown(&self) -> Option<&str> {
        Some(UNKNOWN)
    }

    fn submit(&mut self, now: Now, _symbol: u32, order: &NewOrder) {
        self.refused.push(VenueEvent::Order(OrderReport::refused(
            order,
            now.unix_ns,
            self.refusal(),
        )));
    }

    fn cancel(&mut self, _now: Now, _symbol: u32, handle: u64) {
        let refusal = self.refusal();
        self.refused
            .push(VenueEvent::RequestRefused { handle, refusal });
    }

    fn amend(&mut self, now: Now, symbol: u32, handle: u64, _price_tick: i64, _qty: f64) {
        self.cancel(now, symbol, handle);
    }

    fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        out.append(&mut self.refused);
        self.venue.poll(now, out);
    }

    fn next_due_ns(&self) -> Option<u64> {
        if self.refused.is_empty() {
            self.venue.next_due_ns()
        } else {
            Some(0)
        }
    }

    fn has_arrivals(&self) -> bool {
        self.venue.has_arrivals()
    }

    fn wake_with(&mut self, wake: Wake) {
        self.venue.wake_with(wake);
    }

    fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>) {
        self.venue.book(now, symbol, out);
    }

    fn has_whole_book(&self, symbol: u32) -> bool {
        self.venue.has_whole_book(symbol)
    }

    fn balances(&self, now: Now, out: &mut Vec<Balance>) {
        self.venue.balances(now, out);
    }

    fn position(&self, symbol: u32) -> f64 {
        self.venue.position(symbol)
    }

    fn step(&mut self) {
        self.venue.step();
    }

    fn is_finished(&self) -> bool {
        self.venue.is_finished()
    }
}
