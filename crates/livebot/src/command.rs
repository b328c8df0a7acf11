//! Commands to a bot from another thread.

use crate::order_request::OrderNumbers;

/// Kind of a command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CommandKind {
    /// Open an order.
    Submit(OrderNumbers),
    /// Change an order.
    Modify {
        /// New limit price.
        price: f64,
        /// New total quantity, what was filled included.
        qty: f64,
    },
    Cancel,
    /// Cancel every order of the bot on the instrument.
    CancelAll,
    /// Ask the connector for the state of an order.
    AskOrder,
    /// Forget orders that have ended.
    ClearInactive,
    /// Ask for the instrument's state again.
    Resync,
    /// Let orders go to another destination than before.
    AgreeOrders {
        /// Of the destination, see [`Destination::tag`](hbl_wire::Destination::tag).
        tag: u32,
    },
}

/// A command for one instrument.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Command {
    /// Its number; a failure is reported under it.
    pub number: u64,
    /// Index of the instrument in the bot.
    pub asset: usize,
    /// The order that it concerns; 0 where it concerns none.
    pub order_id: u64,
    pub kind: CommandKind,
    /// Deadline, monotonic nanoseconds; `None`: the bot's own order deadline, counted from the moment the
    /// bot takes the command.
    pub deadline_ns: Option<u64>,
}
