//! What the tests of the process share: the binary, and bots that join it.

pub mod child;
pub mod connector;
pub mod names;
pub mod upstream_bot;
pub mod wire_bot;
pub mod wire_end;
