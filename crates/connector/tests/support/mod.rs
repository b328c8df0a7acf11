//! What the tests of the process share: the binary, and bots that join it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

pub mod child;
pub mod connector;
pub mod names;
pub mod upstream_bot;
pub mod wire_bot;
pub mod wire_end;
