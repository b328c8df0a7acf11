//! Answers of REST calls.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::frames::RawLevel;
use crate::venues::common::decimal::{Scale, Step};
use crate::venues::common::frame::{FrameError, cut, ns_of_ms, read, read_up_to};

/// `exchangeInfo` is about 1 MB and grows with each listing.
const INFO_BYTES_MAX: usize = 32 << 20;

/// A depth snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot<'a> {
    /// The last update id that it holds.
    pub last_id: u64,
    /// When it was so, Unix nanoseconds; `None` when the venue does not say.
    pub exch_ts: Option<i64>,
    /// Bids.
    pub bids: Vec<RawLevel<'a>>,
    /// Asks.
    pub asks: Vec<RawLevel<'a>>,
}

#[derive(Deserialize)]
struct RawSnapshot<'a> {
    #[serde(rename = "lastUpdateId")]
    last_id: Option<u64>,
    #[serde(rename = "T")]
    change_ms: Option<i64>,
    #[serde(rename = "E")]
    event_ms: Option<i64>,
    #[serde(borrow)]
    bids: Option<Vec<RawLevel<'a>>>,
    #[serde(borrow)]
    asks: Option<Vec<RawLevel<'a>>>,
}

/// Reads a depth snapshot.
///
/// # Errors
/// When it is no snapshot.
pub fn snapshot(bytes: &[u8]) -> Result<Snapshot<'_>, FrameError> {
    let raw: RawSnapshot<'_> = read(bytes)?;
    let time = raw.change_ms.or(raw.event_ms);
    Ok(Snapshot {
        last_id: raw.last_id.ok_or(FrameError::Missing("lastUpdateId"))?,
        exch_ts: time.map(|ms| ns_of_ms("T", ms)).transpose()?,
        bids: raw.bids.ok_or(FrameError::Missing("bids"))?,
        asks: raw.asks.ok_or(FrameError::Missing("asks"))?,
    })
}

/// What `exchangeInfo` says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instruments {
    /// Tick and lot size by symbol.
    pub scales: BTreeMap<String, Scale>,
    /// Symbols whose sizes could not be read, and why.
    pub unreadable: Vec<(String, FrameError)>,
    /// Request weight that an address may use in a minute.
    pub weight_per_minute: Option<u32>,
}

#[derive(Deserialize)]
struct RawInfo<'a> {
    #[serde(borrow)]
    symbols: Option<Vec<RawSymbol<'a>>>,
    #[serde(rename = "rateLimits", borrow, default)]
    limits: Vec<RawLimit<'a>>,
}

#[derive(Deserialize)]
struct RawSymbol<'a> {
    symbol: String,
    #[serde(borrow, default)]
    filters: Vec<RawFilter<'a>>,
}

#[derive(Deserialize)]
struct RawFilter<'a> {
    #[serde(rename = "filterType")]
    kind: &'a str,
    #[serde(rename = "tickSize")]
    tick: Option<&'a str>,
    #[serde(rename = "stepSize")]
    step: Option<&'a str>,
}

#[derive(Deserialize)]
struct RawLimit<'a> {
    #[serde(rename = "rateLimitType")]
    kind: &'a str,
    interval: &'a str,
    #[serde(rename = "intervalNum")]
    count: u32,
    limit: u32,
}

impl RawSymbol<'_> {
    fn scale(&self) -> Result<Scale, FrameError> {
        let of = |kind| self.filters.iter().find(move |filter| filter.kind == kind);
        let tick = of("PRICE_FILTER").and_then(|filter| filter.tick);
        let step = of("LOT_SIZE").and_then(|filter| filter.step);
        Ok(Scale {
            tick: size("tickSize", tick)?,
            lot: size("stepSize", step)?,
        })
    }
}

fn size(field: &'static str, text: Option<&str>) -> Result<Step, FrameError> {
    let text = text.ok_or(FrameError::Missing(field))?;
    Step::parse(text).map_err(|error| FrameError::decimal(field, text, error))
}

/// Reads `exchangeInfo`. A symbol that cannot be read does not lose the others.
///
/// # Errors
/// When it is no `exchangeInfo`.
pub fn instruments(bytes: &[u8]) -> Result<Instruments, FrameError> {
    let raw: RawInfo<'_> = read_up_to(INFO_BYTES_MAX, bytes)?;
    let mut found = Instruments::default();
    for symbol in raw.symbols.ok_or(FrameError::Missing("symbols"))? {
        match symbol.scale() {
            Ok(scale) => {
                found.scales.insert(symbol.symbol, scale);
            }
            Err(error) => found.unreadable.push((symbol.symbol, error)),
        }
    }
    let weight = raw
        .limits
        .iter()
        .find(|limit| (limit.kind, limit.interval, limit.count) == ("REQUEST_WEIGHT", "MINUTE", 1));
    found.weight_per_minute = weight.map(|limit| limit.limit);
    Ok(found)
}

#[derive(Deserialize)]
struct RawError {
    code: i64,
    #[serde(default)]
    msg: String,
}

/// The venue's words in the body of a refused call, cut to 64 characters; empty when it has none.
pub fn refusal(bytes: &[u8]) -> String {
    read::<RawError>(bytes).map_or_else(
        |_| String::new(),
        |error| format!(": {} {}", error.code, cut(&error.msg)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_come_from_their_filters_and_one_bad_symbol_loses_no_other() {
        let text = br#"{"timezone":"UTC","rateLimits":[{"rateLimitType":"ORDERS","interval":"MINUTE","intervalNum":1,"limit":1200},{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":2400}],"symbols":[
            {"symbol":"BTCUSDT","pair":"BTCUSDT","status":"TRADING","pricePrecision":2,"filters":[{"filterType":"PRICE_FILTER","maxPrice":"4529764","minPrice":"556.80","tickSize":"0.10"},{"filterType":"MARKET_LOT_SIZE","stepSize":"1"},{"filterType":"LOT_SIZE","maxQty":"1000","minQty":"0.001","stepSize":"0.001"},{"filterType":"MAX_NUM_ORDERS","limit":200}]},
            {"symbol":"BAD","filters":[{"filterType":"PRICE_FILTER","tickSize":"0"}]}]}"#;
        let found = instruments(text).unwrap();
        assert_eq!(found.scales["BTCUSDT"].tick.to_f64(), 0.1);
        assert_eq!(found.scales["BTCUSDT"].lot.to_f64(), 0.001);
        assert_eq!(found.unreadable[0].0, "BAD");
        assert_eq!(found.weight_per_minute, Some(2400));
        assert!(instruments(br#"{"code":-1003,"msg":"Too many"}"#).is_err());
    }

    #[test]
    fn a_snapshot_is_read_and_an_error_is_none() {
        let text = br#"{"lastUpdateId":9,"E":3,"T":2,"bids":[["10","1"]],"asks":[["11","2"]]}"#;
        let found = snapshot(text).unwrap();
        assert_eq!((found.last_id, found.exch_ts), (9, Some(2_000_000)));
        assert_eq!((found.bids[0], found.asks[0]), (("10", "1"), ("11", "2")));
        let error = br#"{"code":-1121,"msg":"Invalid symbol."}"#;
        assert_eq!(
            snapshot(error).unwrap_err(),
            FrameError::Missing("lastUpdateId")
        );
        assert_eq!(refusal(error), ": -1121 Invalid symbol.");
        assert_eq!(refusal(b"<html>"), "");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (snapshot(&bytes), instruments(&bytes), refusal(&bytes));
        }
    }
}
