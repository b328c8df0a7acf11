//! An order book behind hftbacktest's depth traits, with the results of its `HashMapMarketDepth`.
//!
//! [`LadderMarketDepth`] keeps the levels around the touch in a window that is indexed by tick, and the
//! others in sorted blocks. The next best price is found in bitmaps and by binary search: a level far
//! away costs as much as a near one. Nothing is allocated per event once the book has its size.

mod far_levels;
mod ladder_market_depth;
mod levels;
mod rounding;
mod snapshot;
mod window;

pub use ladder_market_depth::LadderMarketDepth;
