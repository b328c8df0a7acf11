//! Frames of the public socket.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};

use crate::bybit::frames::text::Text;
use crate::bybit::frames::{FrameError, ns_of_ms, read};
use crate::kit::scale::Scale;

/// More levels on a side than any depth of the venue has.
pub const LEVELS_MAX: usize = 2048;
/// More trades than the venue puts into a message.
pub const TRADES_MAX: usize = 4096;

/// A frame of the public socket.
#[derive(Clone, Debug, PartialEq)]
pub enum PublicFrame<'a> {
    /// Order book.
    Book(BookFrame<'a>),
    /// Trades.
    Trades(TradesFrame<'a>),
    /// Answer to a subscribe or unsubscribe request.
    Reply(Reply<'a>),
    /// Answer to a ping.
    Pong,
    /// A topic that this connector does not use.
    OtherTopic(&'a str),
}

/// Answer to a request on a public or private socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// `subscribe`, `unsubscribe`, `auth`, or empty.
    pub op: Text<'a>,
    /// The request's `req_id`, when it was echoed.
    pub req_id: Text<'a>,
    /// True when the whole request was accepted.
    pub success: bool,
    /// The venue's text.
    pub text: Text<'a>,
    /// The venue's number, where it sends one.
    pub code: Option<i64>,
}

/// A message of `orderbook.{depth}.{symbol}`.
#[derive(Clone, Debug, PartialEq)]
pub struct BookFrame<'a> {
    /// The topic.
    pub topic: &'a str,
    /// Depth in the topic.
    pub depth: u32,
    /// Symbol.
    pub symbol: &'a str,
    /// True for a snapshot.
    pub snapshot: bool,
    /// When the change happened at the venue, Unix nanoseconds (`cts`, else `ts`).
    pub exch_ts: i64,
    /// Update id of this topic.
    pub u: u64,
    /// Number that orders messages of all depths; 0 when absent.
    pub seq: u64,
    /// Bids as they were sent.
    pub bids: Vec<(&'a str, &'a str)>,
    /// Asks as they were sent.
    pub asks: Vec<(&'a str, &'a str)>,
}

/// One trade as it was sent.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct TradeItem<'a> {
    /// Venue time, milliseconds.
    #[serde(rename = "T")]
    pub time_ms: i64,
    /// Symbol.
    #[serde(rename = "s")]
    pub symbol: &'a str,
    /// Taker's side, `Buy` or `Sell`.
    #[serde(rename = "S")]
    pub side: &'a str,
    /// Quantity.
    #[serde(rename = "v")]
    pub qty: &'a str,
    /// Price.
    #[serde(rename = "p")]
    pub price: &'a str,
    /// Trade id.
    #[serde(rename = "i", default, borrow)]
    pub id: Text<'a>,
    /// True for a block trade, which did not go over the book.
    #[serde(rename = "BT", default)]
    pub block: bool,
    /// Cross sequence; absent on older gateways.
    #[serde(default)]
    pub seq: Option<u64>,
}

/// A message of `publicTrade.{symbol}`.
#[derive(Clone, Debug, PartialEq)]
pub struct TradesFrame<'a> {
    /// The topic.
    pub topic: &'a str,
    /// Symbol of the topic.
    pub symbol: &'a str,
    /// The trades, oldest first.
    pub items: Vec<TradeItem<'a>>,
}

/// A trade on the instrument's grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Print {
    /// When it happened at the venue, Unix nanoseconds.
    pub exch_ts: i64,
    /// Price in ticks.
    pub tick: i64,
    /// Quantity in lots.
    pub lots: i64,
    /// True when the buyer took liquidity.
    pub buyer_takes: bool,
}

impl TradeItem<'_> {
    /// The trade in ticks and lots.
    ///
    /// # Errors
    /// When a number is off the grid or the side is unknown.
    pub fn print(&self, scale: &Scale) -> Result<Print, FrameError> {
        let tick = scale.tick.units(self.price);
        let lots = scale.lot.units(self.qty);
        Ok(Print {
            exch_ts: ns_of_ms("T", self.time_ms)?,
            tick: tick.map_err(|e| FrameError::decimal("p", self.price, e))?,
            lots: lots.map_err(|e| FrameError::decimal("v", self.qty, e))?,
            buyer_takes: match self.side {
                "Buy" => true,
                "Sell" => false,
                other => return Err(FrameError::value("S", other)),
            },
        })
    }
}

/// Turns levels into ticks and lots.
///
/// # Errors
/// When a number is off the grid, or a price is not above 0, or a quantity is negative.
pub fn levels(
    raw: &[(&str, &str)],
    scale: &Scale,
    out: &mut Vec<(i64, i64)>,
) -> Result<(), FrameError> {
    out.clear();
    out.reserve(raw.len());
    for (price, qty) in raw {
        let tick = scale.tick.units(price);
        let tick = tick.map_err(|e| FrameError::decimal("price", price, e))?;
        let lots = scale.lot.units(qty);
        let lots = lots.map_err(|e| FrameError::decimal("size", qty, e))?;
        if tick <= 0 {
            return Err(FrameError::value("price", price));
        }
        if lots < 0 {
            return Err(FrameError::value("size", qty));
        }
        out.push((tick, lots));
    }
    Ok(())
}

#[derive(Deserialize)]
struct Raw<'a> {
    topic: Option<&'a str>,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    ts: Option<i64>,
    cts: Option<i64>,
    #[serde(borrow, default)]
    data: Data<'a>,
    #[serde(borrow, default)]
    success: Text<'a>,
    #[serde(borrow, default)]
    ret_msg: Text<'a>,
    #[serde(borrow, default)]
    req_id: Text<'a>,
    #[serde(borrow, default)]
    op: Text<'a>,
}

#[derive(Deserialize)]
struct RawBook<'a> {
    s: Option<&'a str>,
    #[serde(borrow, default)]
    b: Option<RawLevels<'a>>,
    #[serde(borrow, default)]
    a: Option<RawLevels<'a>>,
    u: Option<u64>,
    seq: Option<u64>,
}

/// Levels as they were sent, with room for a usual message from the start.
struct RawLevels<'a>(Vec<(&'a str, &'a str)>);

struct RawLevelsVisitor;

impl<'de> Visitor<'de> for RawLevelsVisitor {
    type Value = RawLevels<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of levels")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut levels = Vec::with_capacity(64);
        while let Some(level) = seq.next_element()? {
            levels.push(level);
        }
        Ok(RawLevels(levels))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawLevels<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RawLevelsVisitor)
    }
}

/// `data` is an object for books and tickers, and a list for trades, whatever comes before it.
#[derive(Default)]
enum Data<'a> {
    #[default]
    Absent,
    Object(RawBook<'a>),
    List(Vec<TradeItem<'a>>),
}

/// An object; a list in its place, which would be read by position, is refused.
struct Object<T>(T);

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct DataVisitor;

impl<'de> Visitor<'de> for DataVisitor {
    type Value = Data<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        RawBook::deserialize(MapAccessDeserializer::new(map)).map(Data::Object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        let items: Vec<Object<TradeItem<'de>>> = Vec::deserialize(SeqAccessDeserializer::new(seq))?;
        Ok(Data::List(items.into_iter().map(|item| item.0).collect()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Data::Absent)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Data<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DataVisitor)
    }
}

/// Splits `orderbook.{depth}.{symbol}`; the depth is a number, not a beginning of one.
pub fn book_topic(topic: &str) -> Option<(u32, &str)> {
    let (depth, symbol) = topic.strip_prefix("orderbook.")?.split_once('.')?;
    Some((depth.parse().ok()?, symbol))
}

/// Reads a frame of the public socket.
///
/// # Errors
/// When it is too long, no JSON, or lacks a required field.
pub fn parse(bytes: &[u8]) -> Result<PublicFrame<'_>, FrameError> {
    let raw: Raw<'_> = read(bytes)?;
    let Some(topic) = raw.topic else {
        return control(raw);
    };
    if let Some((depth, symbol)) = book_topic(topic) {
        return book(
            &raw.kind,
            (raw.cts, raw.ts),
            raw.data,
            (topic, depth, symbol),
        );
    }
    if let Some(symbol) = topic.strip_prefix("publicTrade.") {
        let Data::List(items) = raw.data else {
            return Err(FrameError::Missing("data"));
        };
        if items.len() > TRADES_MAX {
            return Err(FrameError::value("data", "too many trades"));
        }
        if let Some(item) = items.iter().find(|item| item.symbol != symbol) {
            return Err(FrameError::value("s", item.symbol));
        }
        return Ok(PublicFrame::Trades(TradesFrame {
            topic,
            symbol,
            items,
        }));
    }
    Ok(PublicFrame::OtherTopic(topic))
}

fn control<'a>(raw: Raw<'a>) -> Result<PublicFrame<'a>, FrameError> {
    if raw.ret_msg.get() == Some("pong") || raw.op.get() == Some("pong") {
        return Ok(PublicFrame::Pong);
    }
    if raw.success == Text::Absent {
        return Err(FrameError::Missing("topic or success"));
    }
    Ok(PublicFrame::Reply(Reply {
        success: raw.success.flag(),
        op: raw.op,
        req_id: raw.req_id,
        text: raw.ret_msg,
        code: None,
    }))
}

fn book<'a>(
    kind: &Option<&'a str>,
    (cts, ts): (Option<i64>, Option<i64>),
    data: Data<'a>,
    (topic, depth, symbol): (&'a str, u32, &'a str),
) -> Result<PublicFrame<'a>, FrameError> {
    let Data::Object(data) = data else {
        return Err(FrameError::Missing("data"));
    };
    let named = data.s.ok_or(FrameError::Missing("s"))?;
    if named != symbol {
        return Err(FrameError::value("s", named));
    }
    let time_ms = cts.or(ts).ok_or(FrameError::Missing("ts"))?;
    let RawLevels(bids) = data.b.ok_or(FrameError::Missing("b"))?;
    let RawLevels(asks) = data.a.ok_or(FrameError::Missing("a"))?;
    if bids.len() > LEVELS_MAX || asks.len() > LEVELS_MAX {
        return Err(FrameError::value("data", "too many levels"));
    }
    Ok(PublicFrame::Book(BookFrame {
        topic,
        depth,
        symbol,
        snapshot: match kind.ok_or(FrameError::Missing("type"))? {
            "snapshot" => true,
            "delta" => false,
            other => return Err(FrameError::value("type", other)),
        },
        exch_ts: ns_of_ms("cts", time_ms)?,
        u: data.u.ok_or(FrameError::Missing("u"))?,
        seq: data.seq.ok_or(FrameError::Missing("seq"))?,
        bids,
        asks,
    }))
}

#[cfg(test)]
#[path = "public_tests.rs"]
mod tests;
