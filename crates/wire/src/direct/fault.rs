//! Faults that a test puts into a connector of its own thread.

/// A fault, from now on. Durations are in nanoseconds of the connector's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The messages that the connector sends next are lost on their way to the bot: one packet, whatever it
    /// carries.
    Gap,
    /// The venue's feed of a symbol is silent and reported as stale; then the book comes as it is by then.
    Stale {
        /// The symbol.
        symbol: String,
        /// How long.
        for_ns: u64,
    },
    /// The venue rejects the next new order.
    RejectNext {
        /// Code of the reject.
        code: i64,
        /// Its text.
        text: String,
    },
    /// The next new order reaches the venue, and nothing of it is reported for so long.
    SilenceNext {
        /// How long.
        for_ns: u64,
    },
    /// The next fill is reported so much later, and with it what follows of its order.
    DelayNextFill {
        /// How much later.
        for_ns: u64,
    },
    /// The connections with the venue are lost: no market data, no reports, and requests are rejected. Then
    /// they are there again, and what happened meanwhile is reported.
    Disconnect {
        /// How long.
        for_ns: u64,
    },
}
