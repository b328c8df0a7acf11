//! hftbacktest's `LiveBot` on a channel with wait strategies, where every loss is detected and reported.
//!
//! [`LiveCore`] owns a `LiveBot` of hftbacktest and drives it over [`TapChannel`], which drains
//! shared memory without waiting, waits by [`WaitStrategy`], and writes every message as a fixed-layout
//! [`Record`]. The crate does not depend on Node.js; `crates/node` is a thin layer above.

#![expect(
    missing_docs,
    reason = "an internal crate: a field whose name says it all has no comment"
)]

mod book;
mod book_reports;
mod book_state;
mod bot_config;
mod bot_state;
mod channel;
mod command;
mod connector_session;
mod control_events;
mod destination_check;
mod error;
mod feed;
mod idle;
mod injected_orders;
mod link;
mod link_changes;
mod live_core;
mod order_destination;
mod order_entry;
mod order_questions;
mod order_request;
mod orders;
mod pending_work;
mod port;
mod pretrade_checks;
mod record;
mod remote;
mod resync;
mod resync_orders;
mod ring;
mod run_commands;
mod shared;
mod sink;
mod stamped_requests;
mod state;
mod symbols;
mod tap;
mod trades;
mod unconfirmed;
mod waiting;

pub use book::Book;
pub use book_state::BookState;
pub use bot_config::{BotConfig, InstrumentConfig};
pub use channel::TapChannel;
pub use command::{Command, CommandKind};
pub use error::{CommandError, ErrorCode, LiveBotError};
pub use hbl_depth::LadderMarketDepth;
pub use idle::{WaitConfig, WaitStrategy};
pub use link::LinkView;
pub use live_core::LiveCore;
pub use order_destination::Requirement;
pub use order_request::OrderNumbers;
pub use record::{
    FLAG_IN_BATCH, FLAG_SNAPSHOT, FLAG_SYNTHETIC, LinkStatus, RECORD_BYTES, Record, RecordKind,
    TEXT_BYTES,
};
pub use remote::Remote;
pub use resync_orders::ResyncOrders;
pub use ring::{RING_HEADER_BYTES, RingWriter};
pub use sink::Stats;
pub use state::{STATE_BYTES, StateBlock, best_ask, best_bid};
pub use waiting::Outcome;
