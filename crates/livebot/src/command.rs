//! Commands to a bot from another thread.

/// Kind of a command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CommandKind {
    /// Open an order; the numbers are hftbacktest's.
    Submit {
        /// 1 buy, -1 sell.
        side: i8,
        /// Limit price.
        price: f64,
        /// Quantity.
        qty: f64,
        /// Time in force.
        time_in_force: u8,
        /// Order type.
        order_type: u8,
    },
    /// Change an order.
    Modify {
        /// New limit price.
        price: f64,
        /// New total quantity.
        qty: f64,
    },
    /// Cancel an order.
    Cancel,
    /// Cancel every order of the bot on the instrument.
    CancelAll,
    /// Ask the connector for the state of an order.
    AskOrder,
    /// Forget final orders.
    ClearInactive,
    /// Ask for the instrument's state again.
    Resync,
    /// Let orders go to another destination than before.
    AgreeOrders {
        /// Of the destination, see [`Destination::tag`](hbl_wire::Destination::tag).
        tag: u32,
    },
}

/// One command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Command {
    /// Its number; a failure is reported under it.
    pub number: u64,
    /// The instrument.
    pub asset: usize,
    /// The order, where it concerns one.
    pub order_id: u64,
    /// What to do.
    pub kind: CommandKind,
    /// Deadline, monotonic nanoseconds; `None`: the bot's own order deadline, counted from the moment the
    /// bot takes the command.
    pub deadline_ns: Option<u64>,
}
