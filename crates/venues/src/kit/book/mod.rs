//! Books: the messages they are made from, sequencing, fusion of feeds, and what was published.

pub mod book_fusion;
pub mod deletions_first;
pub mod depth_sequencer;
pub mod message;
pub mod published_book;
pub mod px;
pub mod secondary_book;
