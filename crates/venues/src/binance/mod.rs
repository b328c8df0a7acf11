//! Binance USD-M futures: market data; orders are filled in paper mode only.
//!
//! Everything but [`settings`] is free of input and output: bytes and times go in, texts to send,
//! calls to make and venue events come out. See `docs/design/binancefutures.md`.

pub mod codes;
pub mod config;
pub mod core;
pub mod frames;
pub mod open;
pub mod paper_rules;
pub mod rest_frames;
pub mod settings;
pub mod streams;
pub mod symbol_feed;
pub mod weight;

pub use self::core::BinanceCore;
pub use settings::{CoreSettings, TradeStream};
