//! Recorded messages of Bybit v5 public topics.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor, value};

use super::json_fields::{Decimal, Levels, Quantity};
use super::parse_error::ParseError;
use super::symbols::Symbols;
use crate::kit::book::message::{Body, Depth, DepthKind, Message, Trade};

const NS_PER_MS: i64 = 1_000_000;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    topic: Option<Cow<'a, str>>,
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'a, str>>,
    ts: Option<i64>,
    cts: Option<i64>,
    #[serde(borrow)]
    data: Option<Data<'a>>,
}

enum Data<'a> {
    Book(BookData<'a>),
    Trades(Vec<TradeData<'a>>),
}

#[derive(Deserialize)]
struct BookData<'a> {
    #[serde(borrow)]
    s: Option<Cow<'a, str>>,
    #[serde(default)]
    b: Levels,
    #[serde(default)]
    a: Levels,
    u: Option<u64>,
    seq: Option<u64>,
}

#[derive(Deserialize)]
struct TradeData<'a> {
    #[serde(rename = "T")]
    time_ms: Option<i64>,
    #[serde(rename = "S", borrow)]
    side: Option<Cow<'a, str>>,
    v: Option<Quantity>,
    p: Option<Decimal>,
    /// True for a block trade, which did not go over the book.
    #[serde(rename = "BT", default)]
    block: bool,
}

impl<'de: 'a, 'a> Deserialize<'de> for Data<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DataVisitor;
        impl<'de> Visitor<'de> for DataVisitor {
            type Value = Data<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a book or a list of trades")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                BookData::deserialize(value::MapAccessDeserializer::new(map)).map(Data::Book)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(value::SeqAccessDeserializer::new(seq)).map(Data::Trades)
            }
        }
        deserializer.deserialize_any(DataVisitor)
    }
}

/// Reads the JSON part of a line. `Ok(None)`: a message that is of no use here.
pub fn parse(
    local_ts: i64,
    json: &str,
    symbols: &mut Symbols,
) -> Result<Option<Message>, ParseError> {
    let line: Line<'_> = serde_json::from_str(json)?;
    let Some(topic) = line.topic.as_deref() else {
        return Ok(None);
    };
    let mut parts = topic.split('.');
    let (name, second, third) = (parts.next(), parts.next(), parts.next());
    let ts = line.ts.unwrap_or(0) * NS_PER_MS;
    let (symbol, body) = match (name, second, third, line.data) {
        (Some("orderbook"), Some(reach), Some(symbol), Some(Data::Book(book))) => {
            let missing = |field| ParseError::Missing {
                kind: "orderbook",
                field,
            };
            let reach: u32 = reach.parse().map_err(|_| missing("depth in topic"))?;
            let last_id = book.u.ok_or(missing("u"))?;
            let is_snapshot = last_id == 1 || line.kind.as_deref() == Some("snapshot");
            let body = Body::Depth(Depth {
                kind: if is_snapshot {
                    DepthKind::Snapshot
                } else {
                    DepthKind::Delta
                },
                reach,
                first_id: last_id,
                last_id,
                prev_id: None,
                // Streams are ordered by the cross sequence; old captures lack it.
                seq: book
                    .seq
                    .unwrap_or_else(|| line.cts.or(line.ts).unwrap_or(0).unsigned_abs()),
                exch_ts: line.cts.map_or(ts, |ms| ms * NS_PER_MS),
                bids: book.b.0,
                asks: book.a.0,
            });
            (
                book.s.map_or_else(|| symbol.to_owned(), Cow::into_owned),
                body,
            )
        }
        (Some("publicTrade"), Some(symbol), None, Some(Data::Trades(data))) => {
            let trades: Vec<_> = data
                .iter()
                .filter(|data| !data.block)
                .map(|data| trade(data, ts))
                .collect::<Result<_, _>>()?;
            if trades.is_empty() {
                return Ok(None);
            }
            (symbol.to_owned(), Body::Trades(trades))
        }
        _ => return Ok(None),
    };
    Ok(Some(Message {
        local_ts,
        symbol: symbols.intern(&symbol),
        body,
    }))
}

fn trade(data: &TradeData<'_>, ts: i64) -> Result<Trade, ParseError> {
    let missing = |field| ParseError::Missing {
        kind: "publicTrade",
        field,
    };
    Ok(Trade {
        exch_ts: data.time_ms.map_or(ts, |ms| ms * NS_PER_MS),
        px: data.p.ok_or(missing("p"))?.px,
        qty: data.v.ok_or(missing("v"))?.0,
        buyer_takes: match data.side.as_deref() {
            Some("Buy") => true,
            Some("Sell") => false,
            _ => return Err(missing("S")),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(json: &str) -> Option<Body> {
        parse(5, json, &mut Symbols::default())
            .unwrap()
            .map(|message| message.body)
    }

    #[test]
    fn the_depth_of_a_topic_is_a_number_not_a_prefix() {
        let of = |topic: &str| {
            format!(
                r#"{{"topic":"{topic}","type":"delta","ts":3,"data":{{"s":"ETHUSDT","b":[["10","0"]],"a":[],"u":7,"seq":90}},"cts":2}}"#
            )
        };
        let Some(Body::Depth(deep)) = body(&of("orderbook.1000.ETHUSDT")) else {
            panic!()
        };
        assert_eq!(
            (deep.reach, deep.kind, deep.seq),
            (1000, DepthKind::Delta, 90)
        );
        assert_eq!(deep.exch_ts, 2_000_000);
        let Some(Body::Depth(top)) = body(&of("orderbook.1.ETHUSDT")) else {
            panic!()
        };
        assert_eq!(top.reach, 1);
    }

    #[test]
    fn update_one_is_a_snapshot_whatever_its_type_says() {
        let json = r#"{"topic":"orderbook.50.X","type":"delta","ts":3,"data":{"s":"X","b":[],"a":[],"u":1,"seq":9}}"#;
        let Some(Body::Depth(depth)) = body(json) else {
            panic!()
        };
        assert_eq!(depth.kind, DepthKind::Snapshot);
        assert_eq!(
            depth.exch_ts, 3_000_000,
            "a message without `cts` uses `ts`"
        );
    }

    #[test]
    fn several_trades_come_in_one_message() {
        let json = r#"{"topic":"publicTrade.ETHUSDT","type":"snapshot","ts":46,"data":[{"T":44,"s":"ETHUSDT","S":"Sell","v":"0.40","p":"3011.15"},{"T":45,"s":"ETHUSDT","S":"Buy","v":"0.10","p":"3011.10"}]}"#;
        let Some(Body::Trades(trades)) = body(json) else {
            panic!()
        };
        assert_eq!(
            trades.iter().map(|t| t.buyer_takes).collect::<Vec<_>>(),
            [false, true]
        );
        assert_eq!(trades[1].exch_ts, 45_000_000);
    }

    #[test]
    fn block_trades_are_left_out_as_live() {
        let of = |first: bool, second: bool| {
            let trade = |block| {
                format!(r#"{{"T":44,"s":"X","S":"Sell","v":"500","p":"3011.15","BT":{block}}}"#)
            };
            format!(
                r#"{{"topic":"publicTrade.X","type":"snapshot","ts":46,"data":[{},{}]}}"#,
                trade(first),
                trade(second)
            )
        };
        let Some(Body::Trades(trades)) = body(&of(true, false)) else {
            panic!()
        };
        assert_eq!(trades.len(), 1);
        assert_eq!(body(&of(true, true)), None);
    }

    #[test]
    fn dated_futures_and_letters_beyond_ascii_are_symbols_like_others() {
        for symbol in ["BTC-25SEP26", "BTCUSDT-25SEP26", "币安人生USDT"] {
            let json = format!(
                r#"{{"topic":"publicTrade.{symbol}","ts":46,"data":[{{"T":44,"S":"Buy","v":"1","p":"2"}}]}}"#
            );
            let mut symbols = Symbols::default();
            parse(5, &json, &mut symbols).unwrap().unwrap();
            assert_eq!(symbols.find(symbol), Some(0));
        }
    }

    #[test]
    fn answers_and_other_topics_are_skipped() {
        assert_eq!(body(r#"{"success":true,"op":"subscribe"}"#), None);
        assert_eq!(
            body(r#"{"topic":"tickers.X","type":"snapshot","ts":1,"data":{"s":"X"}}"#),
            None
        );
    }
}
