//! The market places.

pub mod bybit;
pub mod common;
pub mod exchange_bridge;
pub mod net;
pub mod no_orders;
pub mod replay;
pub mod sim;
