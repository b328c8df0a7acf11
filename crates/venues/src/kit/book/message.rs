//! Market data messages in one form for all venues, recorded or live.

use super::px::Px;

/// One price level; quantity 0 deletes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Price.
    pub px: Px,
    /// Quantity resting at the price.
    pub qty: f64,
}

/// A public trade.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trade {
    /// When it happened at the venue, Unix nanoseconds.
    pub exch_ts: i64,
    /// Price.
    pub px: Px,
    /// Quantity.
    pub qty: f64,
    /// True when the buyer took liquidity.
    pub buyer_takes: bool,
}

/// Whether a depth message replaces the book or changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DepthKind {
    /// Replaces what was known.
    Snapshot,
    /// Changes the levels it names.
    Delta,
}

/// A depth message of a venue.
#[derive(Clone, Debug, PartialEq)]
pub struct Depth {
    /// Snapshot or delta.
    pub kind: DepthKind,
    /// How deep the stream looks; `u32::MAX` for the whole book. Streams of different depth have
    /// their own continuity.
    pub reach: u32,
    /// First update id that the message covers (equal to `last_id` where the venue names one only).
    pub first_id: u64,
    /// Last update id that the message covers.
    pub last_id: u64,
    /// Last update id of the message before, where the venue names it.
    pub prev_id: Option<u64>,
    /// A number that orders messages of all depth streams of the symbol: newer is greater.
    pub seq: u64,
    /// When the change happened at the venue, Unix nanoseconds.
    pub exch_ts: i64,
    /// Bid levels.
    pub bids: Vec<Level>,
    /// Ask levels.
    pub asks: Vec<Level>,
}

/// The best bid and ask at one moment; an absent side is empty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Top {
    /// Comparable with [`Depth::seq`].
    pub seq: u64,
    /// When it was so at the venue, Unix nanoseconds.
    pub exch_ts: i64,
    /// Best bid.
    pub bid: Option<Level>,
    /// Best ask.
    pub ask: Option<Level>,
}

/// One event of an hftbacktest event array.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArrayEvent {
    /// hftbacktest's flags.
    pub ev: u64,
    /// Venue time, Unix nanoseconds.
    pub exch_ts: i64,
    /// Price.
    pub px: f64,
    /// Quantity.
    pub qty: f64,
}

/// The content of a [`Message`].
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Public trades in the order in which they happened.
    Trades(Vec<Trade>),
    /// A depth message.
    Depth(Depth),
    /// Best bid and ask.
    Top(Top),
    /// Events of an event array that came at the same time.
    Array(Vec<ArrayEvent>),
}

/// One recorded message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// When the recorder received it, Unix nanoseconds.
    pub local_ts: i64,
    /// Index of the symbol in the recording's symbol table.
    pub symbol: usize,
    /// The content.
    pub body: Body,
}

impl Message {
    /// The latest venue time that the message names, Unix nanoseconds.
    pub fn exch_ts(&self) -> i64 {
        match &self.body {
            Body::Trades(trades) => trades.last().map_or(0, |trade| trade.exch_ts),
            Body::Depth(depth) => depth.exch_ts,
            Body::Top(top) => top.exch_ts,
            Body::Array(events) => events.last().map_or(0, |event| event.exch_ts),
        }
    }
}
