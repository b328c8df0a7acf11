//! The connector: it owns one end of the shared memory and connects bots with a market place.
//!
//! [`bus`] is the one thread that waits and owns shared memory; [`dispatcher`] decides who is told
//! what, and [`order_router`] whose order is which; both are free of input and output. A market
//! place is a [`venue::Venue`]: [`venues::sim`] simulates one, [`venues::replay`] plays recordings,
//! [`venues::bybit`] is one on the network.

pub mod app;
mod binance_app;
pub mod bus;
mod bybit_app;
pub mod cli;
pub mod clock;
pub mod codes;
pub mod config;
pub mod dispatcher;
pub mod error;
pub mod order_router;
pub mod outlet;
pub mod paper;
pub mod patience;
pub mod registrations;
pub mod stdin_end;
pub mod stdin_steps;
pub mod stdio;
pub mod stop_signal;
#[cfg(test)]
mod test_venue;
pub mod venue;
pub mod venues;
