//! Bybit v5: the protocol without sockets.
//!
//! Nothing here waits, reads a clock or opens a connection: bytes and times go in, texts to send,
//! calls to make and venue events come out. `kit::net` carries it; tests drive it without sockets and
//! cut, delay and duplicate at every step. See `docs/design/bybit.md`.

pub mod book;
pub mod config;
pub mod core;
pub mod frames;
pub mod keys;
pub mod open;
pub mod options;
pub mod orders;
pub mod paper_rules;
pub mod session;
pub mod settings;
pub mod site;
