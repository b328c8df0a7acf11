//! The venues: exchanges, and what stands in for them, without the process around them.
//!
//! [`kit`] holds what every venue is built from and served by: the trait [`kit::venue::Venue`], the
//! dispatcher between venue and bots, orders, books, the network. Each venue lies in one folder.

pub mod binance;
pub mod bybit;
pub mod kinds;
pub mod kit;
pub mod paper;
pub mod replay;
pub mod sim;
