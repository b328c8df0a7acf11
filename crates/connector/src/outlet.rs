//! Where the dispatcher sends to: shared memory, or a test's notebook.

use hbl_wire::{ConnectorPort, Liveness, SideEvent, WireError, is_anonymous};
use hftbacktest::types::{Event, LiveError, Order};

use crate::order_router::OwnerState;

/// One message to bots.
#[derive(Clone, Copy, Debug)]
pub enum Outgoing<'a> {
    /// What follows belongs together.
    BatchStart,
    /// The end of it.
    BatchEnd,
    /// Market data.
    Feed(&'a str, &'a Event),
    /// State of an order.
    Order(&'a str, &'a Order),
    /// Position: symbol, signed quantity, Unix nanoseconds.
    Position(&'a str, f64, i64),
    /// An error.
    Error(&'a LiveError),
    /// A side event.
    Side(&'a SideEvent),
}

/// Sends messages and knows which bots live.
pub trait Outlet {
    /// Sends one message to a bot or to all.
    ///
    /// # Errors
    /// When shared memory does not take it.
    fn send(&mut self, to: u64, message: Outgoing<'_>) -> Result<(), WireError>;

    /// What is known of the process behind a bot id.
    fn owner_state(&self, bot: u64) -> OwnerState;
}

impl Outlet for ConnectorPort {
    fn send(&mut self, to: u64, message: Outgoing<'_>) -> Result<(), WireError> {
        match message {
            Outgoing::BatchStart => self.send_batch_start(to),
            Outgoing::BatchEnd => self.send_batch_end(to),
            Outgoing::Feed(symbol, event) => self.send_feed(to, symbol, event),
            Outgoing::Order(symbol, order) => self.send_order(to, symbol, order),
            Outgoing::Position(symbol, qty, exch_ts) => {
                self.send_position(to, symbol, qty, exch_ts)
            }
            Outgoing::Error(error) => self.send_error(to, error),
            Outgoing::Side(event) => self.send_side(to, event),
        }
    }

    fn owner_state(&self, bot: u64) -> OwnerState {
        match self.liveness(bot) {
            Liveness::Alive => OwnerState::Alive,
            Liveness::Stock => OwnerState::Stock,
            Liveness::Dead if is_anonymous(bot) => OwnerState::Orphaned,
            Liveness::Dead => OwnerState::Dead,
        }
    }
}
