//! A small deterministic exchange.
//!
//! It has no clock, no IO and no threads. Time comes in as `i64` nanoseconds since the Unix epoch,
//! results come out as [`ExchangeEvent`]s pushed to the caller's `Vec`. The same seed and the same
//! calls give the same events, bit for bit.
//!
//! Two engines share one order manager (checks, order states, accounts, latency, faults):
//!
//! - [`Exchange`] matches individual orders by price and time, against a background flow that keeps
//!   the book deep and moving;
//! - [`FillSimulator`] fills orders against a book that the caller feeds in: for replays and for
//!   paper trading.
//!
//! Prices are whole ticks and quantities whole lots (`i64`) everywhere inside; [`Instrument`] is
//! the only place that converts. Contracts are linear: value = price × quantity.
//!
//! ```
//! use hbl_exchange::{EventBody, Exchange, ExchangeConfig, FlowConfig, Instrument, NewOrder, Side};
//!
//! let mut exchange = Exchange::new(ExchangeConfig::default(), 0)?;
//! let spec = Instrument::new("BTCUSDT", 0.1, 0.001)?.with_fees(-0.00005, 0.0004)?;
//! let btc = exchange.add_instrument(spec, Some(FlowConfig { initial_px: 60_000.0, ..Default::default() }))?;
//! exchange.submit(0, NewOrder::market(7, btc, 1, Side::Buy, 0.002).into());
//! let mut events = Vec::new();
//! exchange.advance(1_000_000_000, &mut events);
//! assert!(events.iter().any(|e| matches!(e.body, EventBody::Order(_))));
//! assert_eq!(exchange.position(7, btc).qty_lots, 2);
//! # Ok::<(), hbl_exchange::SetupError>(())
//! ```

#![expect(
    missing_docs,
    reason = "an internal crate: a field whose name says it all has no comment"
)]

mod account;
mod arrivals;
mod book;
mod checks;
mod client_side;
mod config;
mod delivery_queue;
mod engine;
mod event;
mod exchange;
mod external_book;
mod external_side;
mod fair_price;
mod fault;
mod fill_simulator;
mod flow;
mod flow_config;
mod flow_sizes;
mod instrument;
mod latency;
mod limits;
mod market;
mod matching;
mod order;
mod order_manager;
mod queue_model;
mod reject;
mod request;
mod rng;
mod setup_error;
mod simulator;

pub use account::{AccountBalance, Position};
pub use config::{ExchangeConfig, SelfTrade};
pub use event::{
    BalanceReport, CancelReject, EventBody, ExchangeEvent, LevelUpdate, OrderReport, OrderStatus,
    PositionReport, RequestOp, Trade,
};
pub use exchange::Exchange;
pub use fault::Faults;
pub use fill_simulator::FillSimulator;
pub use flow_config::FlowConfig;
pub use instrument::Instrument;
pub use latency::Latency;
pub use limits::Limits;
pub use order::{OrderState, OrderType, Side, TimeInForce};
pub use queue_model::QueueModel;
pub use reject::Reject;
pub use request::{AmendOrder, CancelAll, CancelOrder, NewOrder, Request};
pub use setup_error::SetupError;

/// The account that owns the background orders; requests in its name are rejected.
pub const BACKGROUND_ACCOUNT: u64 = u64::MAX;
