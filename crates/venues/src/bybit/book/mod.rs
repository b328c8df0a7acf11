//! Books of Bybit: the topics of one symbol, fused into one book.

pub mod change_batch;
pub mod ladder;
pub mod level_change;
pub mod symbol_feed;
pub mod topic_book;
pub mod topics;
