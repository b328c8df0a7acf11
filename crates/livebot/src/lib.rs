//! hftbacktest's `LiveBot` on a channel that waits well and loses nothing in silence.
//!
//! [`LiveCore`] owns a `LiveBot` of hftbacktest and drives it over [`TapChannel`], which drains
//! shared memory without waiting, waits by [`WaitStrategy`], and writes everything that passes as a
//! fixed-layout [`Record`]. Nothing here knows Node.js; `crates/node` is a thin layer above.

mod book;
mod bot_config;
mod channel;
mod command;
mod error;
mod feed;
mod link;
mod live_core;
mod order_entry;
mod orders;
mod pace;
mod record;
mod remote;
mod ring;
mod shared;
mod sink;
mod state;
mod tap;
mod trades;
mod unseen;
mod upkeep;
mod wait;
mod waiting;

pub use book::Book;
pub use bot_config::{BotConfig, InstrumentConfig};
pub use channel::TapChannel;
pub use command::{Command, CommandKind};
pub use error::{CommandError, ErrorCode, LiveBotError};
pub use link::LinkView;
pub use live_core::LiveCore;
pub use order_entry::order_request;
pub use orders::Awaited;
pub use record::{
    FLAG_IN_BATCH, FLAG_SNAPSHOT, FLAG_SYNTHETIC, LinkStatus, RECORD_BYTES, Record, RecordKind,
    TEXT_BYTES,
};
pub use remote::Remote;
pub use ring::{RING_HEADER_BYTES, RingWriter};
pub use sink::Stats;
pub use state::{STATE_BYTES, StateBlock, best_ask, best_bid};
pub use wait::{WaitConfig, WaitStrategy};
pub use waiting::Outcome;
