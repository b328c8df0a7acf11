//! Paper trading: a venue's market data, and orders that never leave this process.

pub mod config;
mod feed_delay;
pub mod paper_matcher;
mod paper_venue;

pub use paper_venue::PaperVenue;
