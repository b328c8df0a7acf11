//! Between a protocol that knows no sockets and the network.
//!
//! A [`Protocol`] is a state machine: it takes what arrived and when, and returns what has to be sent.
//! [`NetVenue`] carries the bytes: one thread reads and writes every socket and makes every REST
//! call, takes the time of each arrival as it is read, and wakes the bus once per burst. Frames go
//! from the socket to the protocol without being copied, and nothing is locked while they are read.
//! In direct mode that thread only dials and makes the calls: the bot's own thread reads and writes the
//! sockets, and sleeps on them.

mod action;
pub mod connect_limiter;
mod connection;
pub mod connection_supervisor;
mod dialer;
mod error;
mod http;
mod inbox;
mod link_stream;
mod net_venue;
mod protocol;
mod proxy;
pub mod refresh;
mod socket_loop;
mod stream;
pub mod subscriptions;
mod thread;
mod tls;

pub use action::{HttpCall, Method, NetAction, SecretText, SocketId};
pub use error::NetError;
pub use net_venue::{NetCounters, NetSettings, NetVenue};
pub use protocol::{Closed, HttpAnswer, Protocol, RestFailure};
pub use proxy::Proxies;
