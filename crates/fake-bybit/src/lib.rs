//! A fake Bybit v5 venue for tests.
//!
//! It listens on 127.0.0.1 only and speaks the v5 protocol: public WebSockets (linear, spot), the
//! private and the trade WebSocket, and REST. Orders are matched by `hbl-exchange` against a moving
//! background market, so the book, the trades, the fills and the account are one consistent truth,
//! which [`Command::Truth`] and [`Command::Book`] tell.
//!
//! Everything that can go wrong between a client and the venue can be switched on while it runs:
//! [`Settings`] (what the venue does), [`Faults`] (what the sockets do), [`CutPoint`] (where a
//! socket dies), [`ReplyRule`] (answers that are not what they should be), and [`Command`]s for the
//! rest. A [`ControlHandle`] takes them in Rust, `POST /__control` on the REST port as JSON.
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
mod holdings;
mod http;
mod ledger;
mod lists;
mod market;
mod order;
mod order_checks;
mod others;
mod private_feed;
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
pub use server::{ControlHandle, FakeBybit, Urls};
pub use settings::{PostOnlyEnd, Settings, StreamOrder};
pub use sign::sign;
