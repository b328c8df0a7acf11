//! Recorded market data, played again, with orders filled against it.

pub mod array_book;
pub mod binance_json;
pub mod binance_spot;
pub mod binance_usdm;
pub mod bybit;
pub mod config;
pub mod detect;
pub mod gzip_members;
pub mod json_fields;
pub mod local_time;
pub mod merge;
pub mod npz;
pub mod open;
pub mod pacing;
pub mod parse_error;
pub mod recorded_lines;
pub mod source;
pub mod steps;
pub mod symbol_feed;
pub mod symbols;
pub mod synth;
pub mod text_source;
pub mod unread;

mod replay_venue;

pub use replay_venue::ReplayVenue;
