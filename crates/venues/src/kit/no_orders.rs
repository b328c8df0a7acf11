//! Market data only: passes on a venue and rejects its orders.
//!
//! Used by a live venue without keys. Every order and request is answered with the same reject, and
//! orders of the account are reported as unknown.

use std::os::fd::RawFd;

use hftbacktest::types::Event;

use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::order_rules::OrderRules;
use crate::kit::venue::{
    Amendment, MarketData, NewOrder, OrderReport, Reject, Venue, VenueEvent, Wake,
};

/// The reason for which the account is unknown.
const UNKNOWN: &str = "this connector has no key and does not know the account's orders; start it again with the keys and order_prefix of before, or look at the account";

/// A venue of market data only: every order is rejected with a reason.
pub struct NoOrders<D> {
    data: D,
    reason: String,
    rejects: Vec<VenueEvent>,
}

impl<D: MarketData> NoOrders<D> {
    /// `reason` says why there are no orders, and how to get them.
    pub fn new(data: D, reason: impl Into<String>) -> Self {
        Self {
            data,
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

impl<D: MarketData> MarketData for NoOrders<D> {
    fn register(&mut self, now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Reject> {
        self.data.register(now, symbol, tick, lot)
    }

    fn pending_reason(&self, symbol: &str) -> Option<String> {
        self.data.pending_reason(symbol)
    }

    fn order_rules(&self, symbol: &str) -> Option<OrderRules> {
        self.data.order_rules(symbol)
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        self.data.sizes(symbol)
    }

    fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        out.append(&mut self.rejects);
        self.data.poll(now, out);
    }

    fn next_due_ns(&self) -> Option<u64> {
        if self.rejects.is_empty() {
            self.data.next_due_ns()
        } else {
            Some(0)
        }
    }

    fn has_arrivals(&self) -> bool {
        self.data.has_arrivals()
    }

    fn wake_with(&mut self, wake: Wake) {
        self.data.wake_with(wake);
    }

    fn take_sockets(&mut self) -> Option<RawFd> {
        self.data.take_sockets()
    }

    fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>) {
        self.data.book(now, symbol, out);
    }

    fn is_book_synced(&self, symbol: u32) -> bool {
        self.data.is_book_synced(symbol)
    }

    fn step(&mut self) {
        self.data.step();
    }

    fn is_finished(&self) -> bool {
        self.data.is_finished()
    }
}

impl<D: MarketData> Venue for NoOrders<D> {
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

    /// There is no account.
    fn position(&self, _symbol: u32) -> Option<f64> {
        None
    }
}
