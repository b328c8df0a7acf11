//! The protocol without shared memory: a connector that runs on its bot's own thread.

mod connector;
mod fault;
mod message_queue;
mod port;

pub use connector::DirectConnector;
pub use fault::Fault;
pub use message_queue::MessageQueue;
pub(crate) use message_queue::QueuedMessages;
pub use port::DirectPort;
