//! Recorded market data, played again, with orders filled against it.

pub mod array_book;
pub mod binance_json;
pub mod binance_spot;
pub mod binance_usdm;
pub mod book_fusion;
pub mod bybit;
pub mod depth_sequencer;
pub mod detect;
pub mod json_fields;
pub mod merge;
pub mod message;
pub mod npz;
pub mod pacing;
pub mod parse_error;
pub mod px;
pub mod secondary_book;
pub mod source;
pub mod symbol_feed;
pub mod symbols;
pub mod synth;
pub mod text_source;

mod replay_venue;

pub use replay_venue::ReplayVenue;
