//! The venue over loopback: public and private sockets, the trade socket, REST, the binary.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod handle;
mod journal;
mod order_life;
mod order_requests;
mod private_topics;
mod process;
mod public;
mod rest;
mod socket_faults;
mod support;
