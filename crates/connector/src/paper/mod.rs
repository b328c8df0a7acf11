//! Paper trading: a venue's market data, and orders that never leave this process.

mod feed_delay;
mod paper_venue;

pub use paper_venue::PaperVenue;
