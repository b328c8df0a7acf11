//! A bot over real shared memory, against each kind of connector.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod book_states;
mod commands;
mod exposure;
mod far_prices;
mod foreign_bytes;
mod grid;
mod order_entry;
mod positions;
mod records;
mod registrations;
mod resync_orders;
mod session;
#[cfg(target_os = "linux")]
mod sleeping;
mod support;
mod unconfirmed_orders;
mod upstream_connector;
mod where_orders_go;
