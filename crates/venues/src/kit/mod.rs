//! The kit for venues: the trait, the dispatcher, orders, books, the network.

pub mod account_claim;
pub mod account_lock;
pub mod book;
pub mod bot_publisher;
pub mod clock;
pub mod codes;
pub mod config;
pub mod decimal;
pub mod direct_venue;
pub mod dispatcher;
pub mod error;
pub mod exchange_bridge;
pub mod faulty_venue;
pub mod feed_event;
pub mod frame;
pub mod kind;
pub mod listing;
pub mod market_data;
pub mod named_in;
pub mod nearest;
pub mod net;
pub mod no_orders;
pub mod notice;
pub mod order_registry;
pub mod order_rules;
pub mod query_text;
pub mod registrations;
pub mod reject;
pub mod run_record;
pub mod scale;
pub mod sizes;
#[cfg(any(test, feature = "test-venue"))]
pub mod test_venue;
pub mod venue;
pub mod venue_event;
