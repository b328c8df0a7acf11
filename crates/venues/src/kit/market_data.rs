//! The trait `MarketData`: instruments, books and trades of an exchange, without orders.
//!
//! It neither waits nor touches shared memory: it is given the time and returns events. One on the
//! network runs its sockets on other threads, queues what arrives, and wakes the bus through its
//! [`Wake`]; or gives them to the thread that polls it.

use std::os::fd::RawFd;
use std::sync::Arc;

use hftbacktest::types::Event;

use crate::kit::clock::Now;
use crate::kit::error::VenueError;
use crate::kit::order_rules::OrderRules;
use crate::kit::reject::Reject;
use crate::kit::venue_event::VenueEvent;

/// Wakes the bus from another thread. Arrivals must be queued before the call.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// The market data of an exchange. Every call comes from the one bus thread.
///
/// [`Venue`](crate::kit::venue::Venue) adds orders and account. Paper trading and
/// [`NoOrders`](crate::kit::no_orders::NoOrders) are put over market data and see nothing else of a
/// venue, so no order can pass through them.
pub trait MarketData {
    /// Accepts a symbol with the tick and lot size of a bot, or says why not. Called again for a
    /// symbol that is `Suspended`, or whose sizes are other ones now: the index stays the same, what
    /// exists stays in the unit that it was made with, and the symbol is served in the new one.
    ///
    /// # Errors
    /// When the venue does not have the symbol, or not with these sizes.
    fn register(&mut self, now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Reject>;

    /// Why the venue cannot judge a registration of this symbol yet (its instruments are still being
    /// read); `None`: it can. The bus keeps such a registration and asks again.
    fn pending_reason(&self, _symbol: &str) -> Option<String> {
        None
    }

    /// Tick and lot size of a symbol, where the venue itself knows them; `None`: it does not have the
    /// symbol, or does not know its instruments yet. A venue that wraps another one passes it on.
    fn sizes(&self, _symbol: &str) -> Option<(f64, f64)> {
        None
    }

    /// The venue's rules for orders of a symbol, for a fill simulator in its place; `None`: it
    /// says nothing of it. A venue that wraps another one passes it on.
    fn order_rules(&self, _symbol: &str) -> Option<OrderRules> {
        None
    }

    /// Hands out what has happened up to `now`.
    fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>);

    /// When `poll` has something to do again, on the monotonic clock; `None`: not by itself.
    fn next_due_ns(&self) -> Option<u64>;

    /// True when something from another thread waits to be looked at by `poll`.
    fn has_arrivals(&self) -> bool {
        false
    }

    /// Takes what wakes the bus, for venues with threads of their own. Called once, before `poll`.
    /// A venue that wraps another one passes it on.
    fn wake_with(&mut self, _wake: Wake) {}

    /// Gives its sockets to the calling thread, which reads and writes them in `poll` from now on. The
    /// descriptor is readable while `poll` has something to take in from them; the wake still comes for
    /// everything else. `None`: it has no sockets, or keeps them on threads of its own. Called at most once,
    /// before `poll`. A venue that wraps another one passes it on.
    fn take_sockets(&mut self) -> Option<RawFd> {
        None
    }

    /// Appends the book of a symbol, as it was published, as level events.
    fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>);

    /// True when that book is synced; otherwise `FeedLive` follows when it is. Until then, for a
    /// while, the bus keeps the answers to registrations.
    fn is_book_synced(&self, _symbol: u32) -> bool {
        true
    }

    /// Goes one step forward, for venues that are stepped by hand.
    fn step(&mut self) {}

    /// True when there will never be anything more.
    fn is_finished(&self) -> bool {
        false
    }

    /// The parts of the venue's data that could not be read, as a text, once it is finished; `None`: none.
    fn unread(&self) -> Option<String> {
        None
    }

    /// An error when the venue's data is at its end and a part of it could not be read.
    ///
    /// # Errors
    /// [`VenueError::Unread`].
    fn all_read(&self) -> Result<(), VenueError> {
        match self.unread() {
            Some(text) if self.is_finished() => Err(VenueError::Unread(text)),
            _ => Ok(()),
        }
    }
}
