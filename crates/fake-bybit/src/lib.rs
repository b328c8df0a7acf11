//! A fake Bybit v5 venue for tests.
//!
//! It listens on 127.0.0.1 only and speaks the v5 protocol: public WebSockets (linear, spot), the
//! private and the trade WebSocket, and REST. Orders are matched by `hbl-exchange` against a moving
//! background market, so book, trades, fills and account always agree; [`Command::Truth`] and
//! [`Command::Book`] return them.
//!
//! Faults are switched on while it runs: [`Settings`] change the venue, [`Faults`] its sockets,
//! [`CutPoint`] ends a connection at a point of the protocol, [`ReplyRule`] falsifies answers, and
//! [`Command`]s do the rest. A [`ControlHandle`] takes them in Rust, `POST /__control` on the REST port as JSON.
//!
//! ```
//! use hbl_fake_bybit::{Command, Config, FakeBybit, Socket};
//!
//! let venue = FakeBybit::start(Config::default())?;
//! assert!(venue.urls().private.starts_with("ws://127.0.0.1:"));
//! venue.control().faults(Socket::Private, |f| f.refuse = true);
//! venue.control().run(Command::Cut { socket: Some(Socket::Private), end: Default::default() })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![expect(
    missing_docs,
    reason = "an internal crate: a field whose name says it all has no comment"
)]

mod book_stream;
mod category;
mod command;
mod config;
mod conn;
mod connections;
mod control;
mod decimal;
mod error;
mod fault;
mod garble;
mod holdings;
mod http;
mod instrument_info;
mod journal;
mod json;
mod ledger;
mod listing;
mod lists;
mod market;
mod order;
mod order_calls;
mod order_checks;
mod others;
mod private_feed;
mod private_update;
mod public_feed;
mod query;
mod rate;
mod refusal;
mod reply;
mod rest;
mod rest_task;
mod server;
mod settings;
mod sign;
mod socket_task;
mod trade_socket;
mod trading;
mod venue;
mod ws;

pub use category::Category;
pub use command::{Command, Owner};
pub use config::{Config, MarketConfig};
pub use error::{CommandError, StartError};
pub use fault::{AuthMode, CutPoint, End, Faults, Point, ReplyRule, ReplyShape, Socket};
pub use garble::Garble;
pub use listing::Listing;
pub use server::{ControlHandle, FakeBybit, Urls};
pub use settings::{PostOnlyEnd, Settings, StreamOrder};
pub use sign::sign;
