//! The connector process: it owns one end of the shared memory and connects bots with a venue.
//!
//! [`cli`] reads the command line, [`app`] opens the venue, [`bus`] is the one thread that waits and
//! owns shared memory. The dispatcher between bots and venue is in `hbl_venues`, which has no process
//! of its own. [`stdio`] serves one program with JSON lines instead of shared memory, [`direct`] one bot on
//! the bot's own thread.

pub mod app;
pub mod bus;
pub mod cli;
pub mod direct;
pub mod error;
pub mod idle_strategy;
mod serve;
pub mod stdin_end;
pub mod stdin_steps;
pub mod stdio;
pub mod stop_signal;
