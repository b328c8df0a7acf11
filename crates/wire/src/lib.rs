//! hftbacktest's shared-memory protocol, and the side channel beside it.
//!
//! A connector serves hftbacktest's bots on the two iceoryx2 services that hftbacktest 0.9.4 knows,
//! `{name}/ToBot` and `{name}/FromBot`, and our bots use these on hftbacktest's connector. Programs of
//! ours have a pair of services of their own for the same messages, with smaller sizes
//! ([`ChannelConfig`]) and several messages to a slot ([`Slot`]), and what the protocol lacks: a
//! sequence number and a send time in the unused tail of each slot ([`Tail`]), a page of shared memory
//! per process with a doorbell, a heartbeat and the connector's capabilities ([`Page`]), and a pair of
//! services for amend, cancel-all and reasons ([`SideEvent`], [`SideRequest`]).

mod bell;
mod berth;
mod bot_id;
mod bot_port;
pub mod clock;
mod codec;
mod config;
mod connector_port;
mod crowd;
mod error;
mod lock;
mod main_lane;
mod message;
mod page;
mod price;
mod service;
mod side;
mod slot;
mod stock_lane;

pub use bell::Ringer;
pub use berth::Berth;
pub use bot_id::{is_anonymous, random_bot_id};
pub use bot_port::{BotPage, BotPort, LinkEvent, LinkInfo};
pub use codec::{
    DecodeError, MAX_MESSAGE_BYTES, WireEvent, WireEventRef, decode_event, decode_request, encode,
};
pub use config::ChannelConfig;
pub use connector_port::{ConnectorPort, Liveness, Request};
pub use crowd::Crowd;
pub use error::WireError;
pub use page::{Capabilities, Hello, Page, PageKind, PageState};
pub use price::price_of;
pub use service::SLOT_BYTES;
pub use side::{Balance, COIN_BYTES_MAX, Severity, SideEvent, SideRequest, VenueSocket};
pub use slot::{Slot, Tail};

/// The address of every bot on a connector.
pub const TO_ALL: u64 = 0;
