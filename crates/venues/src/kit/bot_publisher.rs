//! Messages from the dispatcher to bots, and the trait that sends them.
//!
//! The connector sends over shared memory (`ConnectorPort`); tests collect the messages.

use hbl_wire::{ConnectorPort, ControlEvent, ExecutionDetails, Liveness, WireError, is_anonymous};
use hftbacktest::types::{Event, LiveError, Order};

use crate::kit::order_registry::OwnerState;

/// One message to a bot or to all.
#[derive(Clone, Copy, Debug)]
pub enum BotMessage<'a> {
    /// Begins a batch: messages up to `BatchEnd` are applied together.
    BatchStart,
    /// The end of it.
    BatchEnd,
    /// Market data.
    Feed(&'a str, &'a Event),
    /// State of an order.
    Order(&'a str, &'a Order),
    /// What the venue says of the execution in the state of this order, which is sent next. Upstream bots do not
    /// get it.
    Execution(&'a str, &'a Order, &'a ExecutionDetails),
    /// Position: symbol, signed quantity (NaN: not known, never sent to upstream bots), Unix nanoseconds.
    Position(&'a str, f64, i64),
    /// An error.
    Error(&'a LiveError),
    /// A control event.
    Side(&'a ControlEvent),
}

/// Sends messages to bots, and knows which of them live.
pub trait BotPublisher {
    /// Sends one message to a bot or to all.
    ///
    /// # Errors
    /// When shared memory does not take it.
    fn send(&mut self, to: u64, message: BotMessage<'_>) -> Result<(), WireError>;

    /// The state of the process behind a bot id.
    fn owner_state(&self, bot: u64) -> OwnerState;

    /// Why an order of this upstream bot may not have been meant for this connector, and what to do;
    /// `None`: it is known to be, or nothing is at stake.
    fn unknown_destination(&self, _bot: u64) -> Option<String> {
        None
    }
}

impl BotPublisher for ConnectorPort {
    fn send(&mut self, to: u64, message: BotMessage<'_>) -> Result<(), WireError> {
        match message {
            BotMessage::BatchStart => self.send_batch_start(to),
            BotMessage::BatchEnd => self.send_batch_end(to),
            BotMessage::Feed(symbol, event) => self.send_feed(to, symbol, event),
            BotMessage::Order(symbol, order) => self.send_order(to, symbol, order),
            BotMessage::Execution(symbol, order, details) => {
                self.send_execution(to, symbol, order, details)
            }
            BotMessage::Position(symbol, qty, exch_ts) => {
                self.send_position(to, symbol, qty, exch_ts)
            }
            BotMessage::Error(error) => self.send_error(to, error),
            BotMessage::Side(event) => self.send_control(to, event),
        }
    }

    fn owner_state(&self, bot: u64) -> OwnerState {
        match self.liveness(bot) {
            Liveness::Alive if self.only_looks(bot) => OwnerState::ReadOnly,
            Liveness::Alive => OwnerState::Alive,
            Liveness::Upstream => OwnerState::Upstream,
            Liveness::Dead if is_anonymous(bot) => OwnerState::Orphaned,
            Liveness::Dead => OwnerState::Dead,
        }
    }

    fn unknown_destination(&self, bot: u64) -> Option<String> {
        Self::unknown_destination(self, bot)
    }
}
