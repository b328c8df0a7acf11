//! Bybit v5: the protocol without sockets.
//!
//! Nothing here waits, reads a clock or opens a connection: bytes and times go in, texts to send,
//! calls to make and venue events come out. A shell with sockets drives it, and so do the tests,
//! which cut, delay and duplicate at every step. See `docs/design/bybit.md`.

pub mod change_batch;
pub mod codes;
pub mod core;
pub mod frames;
pub mod ladder;
pub mod link_id;
pub mod order_table;
pub mod policy;
pub mod rate_bucket;
pub mod reconcile;
pub mod ret_code;
pub mod server_clock;
pub mod shell;
pub mod sign;
pub mod symbol_feed;
pub mod topic_book;
pub mod topics;
pub mod venue_order;

pub use super::common::{connects, decimal, link};
