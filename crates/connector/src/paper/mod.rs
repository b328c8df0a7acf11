//! Paper trading: a venue's market data, and orders that never leave this process.

mod feed_delay;
mod mode;
mod paper_venue;

pub use mode::{Decision, ENV_PAPER, Trading, decide};
pub use paper_venue::PaperVenue;
