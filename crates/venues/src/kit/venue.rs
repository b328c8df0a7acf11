//! The trait `Venue`: a market place with orders and account, as the dispatcher uses it.

use crate::kit::clock::Now;
pub use crate::kit::market_data::{MarketData, Wake};
pub use crate::kit::reject::Reject;
pub use crate::kit::venue_event::{
    Amendment, Balance, ExecutionDetails, NewOrder, OrderReport, PastFill, RECOVERED_HANDLES,
    Recovered, VenueEvent, VenueSocket,
};

/// Whether an order of a previous session that is not followed can still be open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// It is proven not to be open, and cannot arrive any more; the text says by what.
    Gone(String),
    /// It may be open, or arrive yet; the text says why, and what to do.
    Unknown(String),
}

/// A market place: market data, orders and account. Every call comes from the one bus thread.
pub trait Venue: MarketData {
    /// True when open orders stay at the venue after the connector has stopped; otherwise they end
    /// with it, and the bus reports that.
    fn keeps_orders(&self) -> bool {
        false
    }

    /// Looks for an order of a previous session of the connector that was not reported as [`Recovered`].
    /// Asked again until it is [`Sought::Gone`] or shows up; what is found is reported as recovered. A
    /// venue that wraps another one whose orders it takes passes it on.
    fn look_for(&mut self, _now: Now, _symbol: u32, _owner: u64, _order_id: u64) -> Sought {
        match self.keeps_orders() {
            true => Sought::Unknown(
                "this venue cannot be asked for it; look at the account".to_owned(),
            ),
            false => Sought::Gone(
                "orders of this connector are filled in its own process and ended with its previous session"
                    .to_owned(),
            ),
        }
    }

    /// Why the account's orders and position are not known here though there may be some, and what
    /// to do; `None`: they are known. Bots are notified then that the state of orders without a report
    /// is unknown. A venue that wraps another one answers for itself.
    fn orders_unknown(&self) -> Option<&str> {
        None
    }

    /// This owner is an upstream bot, which cannot be distinguished from a dead one. A venue whose
    /// orders outlive the process notes it with each order, and says so as [`Recovered::is_upstream`]. A
    /// venue that wraps another one passes it on.
    fn meet_upstream_bot(&mut self, _owner: u64) {}

    /// Sends a new order.
    fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder);

    /// Cancels an order.
    fn cancel(&mut self, now: Now, symbol: u32, handle: u64);

    /// True while a request about an order waits to be sent, or for its answer: a stopping connector
    /// waits for it. A venue that wraps another one answers for itself.
    fn has_requests_under_way(&self) -> bool {
        false
    }

    /// Changes price and total quantity of an order.
    fn amend(&mut self, now: Now, symbol: u32, change: &Amendment);

    /// Cancels several orders of one symbol.
    fn cancel_all(&mut self, now: Now, symbol: u32, handles: &[u64]) {
        for handle in handles {
            self.cancel(now, symbol, *handle);
        }
    }

    /// The account's position in a symbol; `None` when it is not known. Then bots are notified, the
    /// venue says so by a notice, and orders of upstream bots are refused where orders outlive the process.
    fn position(&self, symbol: u32) -> Option<f64>;

    /// Appends the account's balances as far as they are known.
    fn balances(&self, _now: Now, _out: &mut Vec<Balance>) {}
}
