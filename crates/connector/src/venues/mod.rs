//! The market places.

pub mod exchange_bridge;
pub mod replay;
pub mod sim;
