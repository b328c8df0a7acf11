//! Commands that another thread gives to a bot.

/// What to do.
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
    /// Forget final orders.
    ClearInactive,
    /// Ask for the instrument's state again.
    Resync,
}

/// One command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Command {
    /// Its number; failures come back under it.
    pub number: u64,
    /// The instrument.
    pub asset: usize,
    /// The order, where it concerns one.
    pub order_id: u64,
    /// What to do.
    pub kind: CommandKind,
}
