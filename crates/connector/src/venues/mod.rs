//! The market places.

pub mod binancefutures;
pub mod bybit;
pub mod common;
pub mod exchange_bridge;
pub mod net;
pub mod no_orders;
pub mod published_book;
pub mod replay;
pub mod shadow_desk;
pub mod sim;
