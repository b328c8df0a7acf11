//! Market data only: passes on a venue and rejects its orders.
//!
//! Used by a live venue without keys. Every order and request is answered with the same reject, and
//! orders of the account are reported as unknown.

use hftbacktest::types::Event;

use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::order_rules::OrderRules;
use crate::kit::venue::{
    Amendment, Balance, NewOrder, OrderReport, Reject, Venue, VenueEvent, Wake,
};

/// The reason for which the account is unknown.
const UNKNOWN: &str = "this connector has no key and does not know the account's orders; start it again with the keys and order_prefix of before, or look at the account";

/// Passes everything on to another venue, except orders: each is rejected with a reason.
pub struct NoOrders<V> {
    venue: V,
    reason: String,
    rejects: Vec<VenueEvent>,
}

impl<V: Venue> NoOrders<V> {
    /// `reason` says why there are no orders, and how to get them.
    pub fn new(venue: V, reason: impl Into<String>) -> Self {
        Self {
            venue,
            reason: reason.into(),
            rejects: Vec::new(),
        }
    }

    fn reject(&self) -> Reject {
        Reject {
            code: codes::ORDERS_OFF,
            text: self.reason.clone(),
        }
    }
}

impl<V: Venue> Venue for NoOrders<V> {
    fn register(&mut self, now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Reject> {
        self.venue.register(now, symbol, tick, lot)
    }

    fn pending_reason(&self, symbol: &str) -> Option<String> {
        self.venue.pending_reason(symbol)
    }

    fn order_rules(&self, symbol: &str) -> Option<OrderRules> {
        self.venue.order_rules(symbol)
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        self.venue.sizes(symbol)
    }

    fn orders_unknown(&self) -> Option<&str> {
        Some(UNKNOWN)
    }

    fn submit(&mut self, now: Now, _symbol: u32, order: &NewOrder) {
        self.rejects.push(VenueEvent::Order(OrderReport::rejected(
            order,
            now.unix_ns,
            self.reject(),
        )));
    }

    fn cancel(&mut self, _now: Now, _symbol: u32, handle: u64) {
        let reject = self.reject();
        self.rejects
            .push(VenueEvent::RequestReject { handle, reject });
    }

    fn amend(&mut self, now: Now, symbol: u32, change: &Amendment) {
        self.cancel(now, symbol, change.handle);
    }

    fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        out.append(&mut self.rejects);
        self.venue.poll(now, out);
    }

    fn next_due_ns(&self) -> Option<u64> {
        if self.rejects.is_empty() {
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

    fn is_book_synced(&self, symbol: u32) -> bool {
        self.venue.is_book_synced(symbol)
    }

    fn balances(&self, now: Now, out: &mut Vec<Balance>) {
        self.venue.balances(now, out);
    }

    fn position(&self, symbol: u32) -> Option<f64> {
        self.venue.position(symbol)
    }

    fn step(&mut self) {
        self.venue.step();
    }

    fn is_finished(&self) -> bool {
        self.venue.is_finished()
    }
}
