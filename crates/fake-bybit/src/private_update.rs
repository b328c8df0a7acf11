//! Private messages that wait until the request in hand is done.

use serde_json::Value;

/// A message to the private sockets.
#[derive(Clone, Debug)]
pub(crate) enum PrivateUpdate {
    /// Number of the order, and its item at that moment.
    Order(usize, Value),
    /// Number of the market, and the item of the execution.
    Execution(u32, Value),
}
