//! Messages of the market streams, each read in one typed pass.
//!
//! Combined streams come in an envelope `{"stream":…,"data":…}`, raw ones without; both are read.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::kit::decimal::Step;
use crate::kit::frame::{FrameError, ns_of_ms, read};
use crate::kit::scale::Scale;

/// A level as it was sent: price and quantity.
pub type RawLevel<'a> = (&'a str, &'a str);

/// A message of a connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame<'a> {
    /// Changes of the book.
    Depth(DepthFrame<'a>),
    /// Best bid and ask.
    Top(TopFrame<'a>),
    /// A trade, or an aggregate of trades.
    Trade(TradeFrame<'a>),
    /// Answer to a request.
    Reply(Reply),
    /// A kind that is not used here.
    Other,
}

/// `depthUpdate`
#[derive(Clone, Debug, PartialEq)]
pub struct DepthFrame<'a> {
    /// Symbol in upper case.
    pub symbol: Cow<'a, str>,
    /// When the change happened, Unix nanoseconds.
    pub exch_ts: i64,
    /// First update id.
    pub first_id: u64,
    /// Last update id.
    pub last_id: u64,
    /// Last update id of the message before.
    pub prev_id: u64,
    /// Bids.
    pub bids: Vec<RawLevel<'a>>,
    /// Asks.
    pub asks: Vec<RawLevel<'a>>,
}

/// `bookTicker`
#[derive(Clone, Debug, PartialEq)]
pub struct TopFrame<'a> {
    /// Symbol in upper case.
    pub symbol: Cow<'a, str>,
    /// When it was so, Unix nanoseconds.
    pub exch_ts: i64,
    /// Update id, comparable with that of depth messages.
    pub id: u64,
    /// Best bid.
    pub bid: RawLevel<'a>,
    /// Best ask.
    pub ask: RawLevel<'a>,
}

/// `trade` or `aggTrade`
#[derive(Clone, Debug, PartialEq)]
pub struct TradeFrame<'a> {
    /// Symbol in upper case.
    pub symbol: Cow<'a, str>,
    /// When it happened, Unix nanoseconds.
    pub exch_ts: i64,
    /// Number of the trade (of the aggregate); it grows.
    pub id: u64,
    /// Price.
    pub price: &'a str,
    /// Quantity.
    pub qty: &'a str,
    /// True when the buyer took liquidity.
    pub buyer_takes: bool,
    /// False for what never met the book: insurance fund, settlement, and ids without a trade.
    pub met_book: bool,
}

/// Answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The request's number, when it was echoed.
    pub id: Option<u64>,
    /// The venue's code and words, when it refused.
    pub error: Option<(i64, String)>,
    /// The streams, for a request that lists them.
    pub list: Option<Vec<String>>,
}

/// `b` and `a`: levels in a depth message, one price in a ticker, a number in an aggregate.
#[derive(Default)]
enum Field<'a> {
    #[default]
    Absent,
    Levels(Vec<RawLevel<'a>>),
    Text(&'a str),
    Number(u64),
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("levels, a decimal or a number")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Field::Text(text))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Field::Number(value))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Field::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut levels = Vec::with_capacity(64);
        while let Some(level) = seq.next_element()? {
            levels.push(level);
        }
        Ok(Field::Levels(levels))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Field<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

/// The fields of every kind of message that is used.
#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    e: Option<Cow<'a, str>>,
    #[serde(borrow)]
    s: Option<Cow<'a, str>>,
    #[serde(rename = "E")]
    event_ms: Option<i64>,
    #[serde(rename = "T")]
    change_ms: Option<i64>,
    #[serde(rename = "U")]
    first_id: Option<u64>,
    u: Option<u64>,
    pu: Option<u64>,
    #[serde(borrow, default)]
    b: Field<'a>,
    #[serde(borrow, default)]
    a: Field<'a>,
    #[serde(rename = "B")]
    bid_qty: Option<&'a str>,
    #[serde(rename = "A")]
    ask_qty: Option<&'a str>,
    p: Option<&'a str>,
    q: Option<&'a str>,
    t: Option<u64>,
    m: Option<bool>,
    #[serde(rename = "X", borrow)]
    kind: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: Option<Payload<'a>>,
}

/// `null`, a list of streams, or anything else.
#[derive(Default)]
struct Listed(Option<Vec<String>>);

struct ListedVisitor;

impl<'de> Visitor<'de> for ListedVisitor {
    type Value = Listed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a result")
    }

    fn visit_unit<E>(self) -> Result<Listed, E> {
        Ok(Listed(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Listed, E> {
        Ok(Listed(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Listed, A::Error> {
        let mut names = Vec::new();
        while let Some(name) = seq.next_element()? {
            names.push(name);
        }
        Ok(Listed(Some(names)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Listed, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Listed(None))
    }
}

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListedVisitor)
    }
}

#[derive(Deserialize)]
struct RawError {
    code: i64,
    #[serde(default)]
    msg: String,
}

#[derive(Deserialize)]
struct RawReply {
    id: Option<u64>,
    #[serde(default)]
    result: Listed,
    error: Option<RawError>,
    code: Option<i64>,
    #[serde(default)]
    msg: String,
}

/// Reads a message.
///
/// # Errors
/// When it is too long, no JSON, or lacks what its kind must have.
pub fn parse(bytes: &[u8]) -> Result<Frame<'_>, FrameError> {
    // The venue's order of keys is known; another one costs a second reading.
    if bytes.starts_with(b"{\"stream\"") {
        let envelope: Envelope<'_> = read(bytes)?;
        return envelope
            .data
            .map_or(Err(FrameError::Missing("data")), frame);
    }
    if bytes.starts_with(b"{\"e\"") {
        return frame(read(bytes)?);
    }
    let envelope: Envelope<'_> = read(bytes)?;
    if let Some(payload) = envelope.data {
        return frame(payload);
    }
    let payload: Payload<'_> = read(bytes)?;
    if payload.e.is_some() {
        return frame(payload);
    }
    let raw: RawReply = read(bytes)?;
    let bare = raw.code.map(|code| (code, raw.msg));
    let error = raw.error.map(|error| (error.code, error.msg)).or(bare);
    if raw.id.is_none() && error.is_none() {
        return Ok(Frame::Other);
    }
    Ok(Frame::Reply(Reply {
        id: raw.id,
        error,
        list: raw.result.0,
    }))
}

fn frame(payload: Payload<'_>) -> Result<Frame<'_>, FrameError> {
    match payload.e.as_deref() {
        Some("depthUpdate") => depth(payload).map(Frame::Depth),
        Some("bookTicker") => top(payload).map(Frame::Top),
        Some("trade" | "aggTrade") => trade(payload).map(Frame::Trade),
        _ => Ok(Frame::Other),
    }
}

fn exch_ts(payload: &Payload<'_>) -> Result<i64, FrameError> {
    let ms = payload.change_ms.or(payload.event_ms);
    ns_of_ms("T", ms.ok_or(FrameError::Missing("T"))?)
}

fn depth(payload: Payload<'_>) -> Result<DepthFrame<'_>, FrameError> {
    let levels = |field, name| match field {
        Field::Levels(levels) => Ok(levels),
        _ => Err(FrameError::Missing(name)),
    };
    Ok(DepthFrame {
        exch_ts: exch_ts(&payload)?,
        symbol: payload.s.ok_or(FrameError::Missing("s"))?,
        first_id: payload.first_id.ok_or(FrameError::Missing("U"))?,
        last_id: payload.u.ok_or(FrameError::Missing("u"))?,
        prev_id: payload.pu.ok_or(FrameError::Missing("pu"))?,
        bids: levels(payload.b, "b")?,
        asks: levels(payload.a, "a")?,
    })
}

fn top(payload: Payload<'_>) -> Result<TopFrame<'_>, FrameError> {
    let price = |field, name| match field {
        Field::Text(text) => Ok(text),
        _ => Err(FrameError::Missing(name)),
    };
    Ok(TopFrame {
        exch_ts: exch_ts(&payload)?,
        symbol: payload.s.ok_or(FrameError::Missing("s"))?,
        id: payload.u.ok_or(FrameError::Missing("u"))?,
        bid: (
            price(payload.b, "b")?,
            payload.bid_qty.ok_or(FrameError::Missing("B"))?,
        ),
        ask: (
            price(payload.a, "a")?,
            payload.ask_qty.ok_or(FrameError::Missing("A"))?,
        ),
    })
}

fn trade(payload: Payload<'_>) -> Result<TradeFrame<'_>, FrameError> {
    let number = match payload.a {
        Field::Number(number) => Some(number),
        _ => None,
    };
    Ok(TradeFrame {
        exch_ts: exch_ts(&payload)?,
        id: payload.t.or(number).ok_or(FrameError::Missing("t"))?,
        symbol: payload.s.ok_or(FrameError::Missing("s"))?,
        price: payload.p.ok_or(FrameError::Missing("p"))?,
        qty: payload.q.ok_or(FrameError::Missing("q"))?,
        // `m`: the buyer was the maker.
        buyer_takes: !payload.m.ok_or(FrameError::Missing("m"))?,
        met_book: payload.kind.is_none_or(|kind| kind == "MARKET"),
    })
}

/// One number on its step, not negative.
///
/// # Errors
/// When it is off the step, no decimal, or negative.
pub fn units(field: &'static str, text: &str, step: &Step) -> Result<i64, FrameError> {
    let units = step.units(text);
    let units = units.map_err(|error| FrameError::decimal(field, text, error))?;
    if units < 0 {
        return Err(FrameError::value(field, text));
    }
    Ok(units)
}

/// A level in ticks and lots.
///
/// # Errors
/// When a number is off the grid, or the price is not above 0.
pub fn level((price, qty): RawLevel<'_>, scale: &Scale) -> Result<(i64, i64), FrameError> {
    let tick = units("price", price, &scale.tick)?;
    if tick == 0 {
        return Err(FrameError::value("price", price));
    }
    Ok((tick, units("quantity", qty, &scale.lot)?))
}

#[cfg(test)]
#[path = "frames_tests.rs"]
mod tests;
