//! The session of a bot with one connector: port, link, batch in progress, order destination.

use hbl_wire::ExecutionDetails;

use crate::{
    order_destination::OrderDestination, port::Port, record::LinkStatus, symbols::Symbols,
};

/// What the venue says of an execution of an order.
pub(crate) struct Execution {
    pub(crate) asset: usize,
    pub(crate) order_id: u64,
    pub(crate) exch_ts: i64,
    pub(crate) details: ExecutionDetails,
}

/// The session with one connector.
pub(crate) struct ConnectorSession {
    pub(crate) port: Port,
    pub(crate) status: LinkStatus,
    pub(crate) assets: Symbols,
    /// The connector has no market data connection with its venue.
    pub(crate) feed_down: bool,
    pub(crate) in_batch: bool,
    /// The batch is addressed to this bot alone: the answer to a registration.
    pub(crate) in_answer: bool,
    /// Instruments of the answer.
    pub(crate) answered: Vec<usize>,
    /// What the venue says of an execution that the next message reports.
    pub(crate) execution: Option<Execution>,
    /// Orders go to a venue; false on paper and before the first connection.
    pub(crate) is_real: bool,
    /// Where its orders go, and where they may go.
    pub(crate) destination: OrderDestination,
    /// Why the connector does not know the account's orders; `None`: it knows them.
    pub(crate) orders_unknown: Option<String>,
    /// Epoch of the connector's run.
    pub(crate) epoch: u64,
}

impl ConnectorSession {
    pub(crate) fn new(port: Port) -> Self {
        Self {
            port,
            status: LinkStatus::Waiting,
            assets: Symbols::default(),
            feed_down: false,
            in_batch: false,
            in_answer: false,
            answered: Vec::new(),
            execution: None,
            is_real: false,
            destination: OrderDestination::default(),
            orders_unknown: None,
            epoch: 0,
        }
    }
}
