//! A bot over real shared memory, against each kind of connector.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod foreign_bytes;
mod our_connector;
#[cfg(target_os = "linux")]
mod sleeping;
mod stock_connector;
mod support;
mod unseen_orders;
