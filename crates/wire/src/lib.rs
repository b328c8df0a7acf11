//! hftbacktest's shared-memory protocol, and the control channel beside it.
//!
//! A connector serves hftbacktest's bots on the two iceoryx2 services that hftbacktest 0.9.4 knows,
//! `{name}/ToBot` and `{name}/FromBot`, and bots of this package use these on hftbacktest's connector. Programs
//! of this package have a pair of services of their own for the same messages, with smaller sizes
//! ([`ChannelConfig`]) and several messages to a slot ([`Slot`]), and what the protocol lacks: a
//! sequence number and a send time in the unused tail of each slot ([`Tail`]), a control block of shared memory
//! per process with a doorbell, a heartbeat and the connector's capabilities ([`ControlBlock`]), and a pair of
//! services for amend, cancel-all and reasons ([`ControlEvent`], [`ControlRequest`]).

#![expect(
    missing_docs,
    reason = "an internal crate: a field whose name says it all has no comment"
)]

mod asked;
mod block_path;
mod bot_control_block;
mod bot_id;
mod bot_port;
mod capabilities;
pub mod clock;
mod codec;
mod config;
mod connector_link;
mod connector_port;
mod control;
mod control_block;
mod destination;
mod direct;
mod error;
mod execution_details;
mod forgotten;
mod half_made;
mod iceoryx_config;
mod idle;
mod known_bots;
mod leftovers;
mod lock;
mod main_channel;
mod message;
mod ports;
mod price;
mod register;
mod remains;
mod request;
mod request_reader;
mod room;
mod run_record;
mod service;
mod slot;
mod slot_io;
mod slot_publisher;
mod upstream_channel;

pub use asked::Asked;
pub use bot_control_block::BotControlBlock;
pub use bot_id::{is_anonymous, random_bot_id};
pub use bot_port::BotPort;
pub use capabilities::Capabilities;
pub use clock::{Clock, VirtualClock};
pub use codec::{
    DecodeError, MAX_MESSAGE_BYTES, WireEvent, WireEventRef, decode_event, decode_request, encode,
};
pub use config::ChannelConfig;
pub use connector_link::{LinkEvent, LinkInfo};
pub use connector_port::ConnectorPort;
pub use control::{
    Balance, COIN_BYTES_MAX, ControlEvent, ControlRequest, OrderFate, Severity, VenueSocket,
};
pub use control_block::{ControlBlock, ControlBlockState, Hello};
pub use destination::{Destination, Orders};
pub use direct::{DirectConnector, DirectPort, Fault, MessageQueue};
pub use error::WireError;
pub use execution_details::{ExecutionDetails, TRADE_ID_BYTES_MAX};
pub use idle::{CpuContention, KeepAwake, PollSet, Ringer, WakerAffinity};
pub use known_bots::{Liveness, liveness};
pub use price::{price_of, steps_of, without_noise};
pub use request::Request;
pub use service::SLOT_BYTES;
pub use slot::{Slot, Tail};

/// The address of every bot on a connector.
pub const TO_ALL: u64 = 0;
