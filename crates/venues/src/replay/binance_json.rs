//! Binance's stream and REST messages as hftbacktest's collector writes them.
//!
//! One struct holds the fields of all payload kinds, so that a line is read in one typed pass.

use std::borrow::Cow;

use serde::Deserialize;

use super::json_fields::{Decimal, Levels, LevelsOrDecimal, Quantity};
use super::parse_error::ParseError;
use super::symbols::Symbols;
use crate::kit::book::message::{Body, Depth, DepthKind, Level, Message, Top, Trade};

const NS_PER_MS: i64 = 1_000_000;

/// Differences between the markets of Binance.
pub trait Market {
    /// False for trades that did not go over the order book.
    fn counts(payload: &Payload<'_>) -> bool;
    /// The venue time of a payload in milliseconds, `None` where the market does not give it.
    fn time_ms(payload: &Payload<'_>) -> Option<i64>;
}

/// A combined-stream envelope or a REST depth snapshot.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    stream: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Option<Payload<'a>>,
    #[serde(rename = "lastUpdateId")]
    last_update_id: Option<u64>,
    bids: Option<Levels>,
    asks: Option<Levels>,
    #[serde(rename = "T")]
    transaction_ms: Option<i64>,
}

/// The fields of all payload kinds.
#[derive(Deserialize)]
pub struct Payload<'a> {
    /// Kind of event; absent in spot's `bookTicker`.
    #[serde(borrow)]
    pub e: Option<Cow<'a, str>>,
    /// When the message was made, milliseconds.
    #[serde(rename = "E")]
    pub event_ms: Option<i64>,
    /// When the change happened, milliseconds.
    #[serde(rename = "T")]
    pub transaction_ms: Option<i64>,
    /// Kind of a USD-M trade.
    #[serde(rename = "X", borrow)]
    pub kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    s: Option<Cow<'a, str>>,
    #[serde(rename = "U")]
    first_id: Option<u64>,
    #[serde(rename = "u")]
    last_id: Option<u64>,
    pu: Option<u64>,
    b: Option<LevelsOrDecimal>,
    #[serde(rename = "B")]
    bid_qty: Option<Quantity>,
    a: Option<LevelsOrDecimal>,
    #[serde(rename = "A")]
    ask_qty: Option<Quantity>,
    p: Option<Decimal>,
    q: Option<Quantity>,
    m: Option<bool>,
}

/// Reads the messages of one Binance recording.
#[derive(Debug, Default)]
pub struct BinanceParser {
    /// The newest venue time seen, for messages without one.
    last_exch_ts: i64,
}

impl BinanceParser {
    /// Reads the JSON part of a line. `Ok(None)`: a message that is of no use here.
    pub fn parse<M: Market>(
        &mut self,
        local_ts: i64,
        json: &str,
        symbols: &mut Symbols,
    ) -> Result<Option<Message>, ParseError> {
        if json.starts_with("{\"e\"") || json.starts_with("{\"u\"") {
            let payload: Payload<'_> = serde_json::from_str(json)?;
            return self.payload::<M>(local_ts, &payload, "", symbols);
        }
        let line: Line<'_> = serde_json::from_str(json)?;
        if let Some(payload) = &line.data {
            let stream = line.stream.as_deref().unwrap_or("");
            return self.payload::<M>(local_ts, payload, stream, symbols);
        }
        if line.last_update_id.is_some() {
            return self.rest_snapshot(local_ts, line, symbols).map(Some);
        }
        let payload: Payload<'_> = serde_json::from_str(json)?;
        self.payload::<M>(local_ts, &payload, "", symbols)
    }

    fn payload<M: Market>(
        &mut self,
        local_ts: i64,
        payload: &Payload<'_>,
        stream: &str,
        symbols: &mut Symbols,
    ) -> Result<Option<Message>, ParseError> {
        let is_top = match payload.e.as_deref() {
            Some("bookTicker") => true,
            None => stream.ends_with("@bookTicker") || payload.bid_qty.is_some(),
            _ => false,
        };
        let kind = if is_top {
            "bookTicker"
        } else {
            payload.e.as_deref().unwrap_or("")
        };
        if !matches!(kind, "bookTicker" | "trade" | "depthUpdate") {
            return Ok(None);
        }
        if let Some(ms) = M::time_ms(payload) {
            self.last_exch_ts = ms * NS_PER_MS;
        }
        let exch_ts = self.last_exch_ts;
        let (body, kind) = match kind {
            "trade" if !M::counts(payload) => return Ok(None),
            "trade" => (Body::Trades(vec![trade(payload, exch_ts)?]), "trade"),
            "depthUpdate" => (Body::Depth(delta(payload, exch_ts)?), "depthUpdate"),
            _ => (Body::Top(top(payload, exch_ts)?), "bookTicker"),
        };
        let symbol = payload
            .s
            .as_deref()
            .ok_or(ParseError::Missing { kind, field: "s" })?;
        Ok(Some(Message {
            local_ts,
            symbol: symbols.intern(symbol),
            body,
        }))
    }

    fn rest_snapshot(
        &mut self,
        local_ts: i64,
        line: Line<'_>,
        symbols: &Symbols,
    ) -> Result<Message, ParseError> {
        // The answer does not name the symbol; a collector's file holds one.
        if symbols.all().len() != 1 {
            return Err(ParseError::NoSymbol(symbols.all().len()));
        }
        let missing = |field| ParseError::Missing {
            kind: "depth snapshot",
            field,
        };
        let id = line.last_update_id.ok_or(missing("lastUpdateId"))?;
        let exch_ts = line
            .transaction_ms
            .map_or(self.last_exch_ts, |ms| ms * NS_PER_MS);
        let depth = Depth {
            kind: DepthKind::Snapshot,
            reach: u32::MAX,
            first_id: id,
            last_id: id,
            prev_id: None,
            seq: id,
            exch_ts,
            bids: line.bids.ok_or(missing("bids"))?.0,
            asks: line.asks.ok_or(missing("asks"))?.0,
        };
        Ok(Message {
            local_ts,
            symbol: 0,
            body: Body::Depth(depth),
        })
    }
}

fn trade(payload: &Payload<'_>, exch_ts: i64) -> Result<Trade, ParseError> {
    let missing = |field| ParseError::Missing {
        kind: "trade",
        field,
    };
    Ok(Trade {
        exch_ts,
        px: payload.p.ok_or(missing("p"))?.px,
        qty: payload.q.ok_or(missing("q"))?.0,
        // `m`: the buyer was the maker.
        buyer_takes: !payload.m.ok_or(missing("m"))?,
    })
}

fn delta(payload: &Payload<'_>, exch_ts: i64) -> Result<Depth, ParseError> {
    let missing = |field| ParseError::Missing {
        kind: "depthUpdate",
        field,
    };
    let levels = |side: &Option<LevelsOrDecimal>, field| match side {
        Some(LevelsOrDecimal::Levels(levels)) => Ok(levels.clone()),
        _ => Err(missing(field)),
    };
    let last_id = payload.last_id.ok_or(missing("u"))?;
    Ok(Depth {
        kind: DepthKind::Delta,
        reach: u32::MAX,
        first_id: payload.first_id.ok_or(missing("U"))?,
        last_id,
        prev_id: payload.pu,
        seq: last_id,
        exch_ts,
        bids: levels(&payload.b, "b")?,
        asks: levels(&payload.a, "a")?,
    })
}

fn top(payload: &Payload<'_>, exch_ts: i64) -> Result<Top, ParseError> {
    let missing = |field| ParseError::Missing {
        kind: "bookTicker",
        field,
    };
    let level = |px: &Option<LevelsOrDecimal>, qty: Option<Quantity>, field| match (px, qty) {
        (Some(LevelsOrDecimal::Decimal(px)), Some(Quantity(qty))) => {
            Ok((qty > 0.0).then_some(Level { px: px.px, qty }))
        }
        _ => Err(missing(field)),
    };
    Ok(Top {
        seq: payload.last_id.ok_or(missing("u"))?,
        exch_ts,
        bid: level(&payload.b, payload.bid_qty, "b")?,
        ask: level(&payload.a, payload.ask_qty, "a")?,
    })
}
