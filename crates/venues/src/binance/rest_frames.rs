//! Answers of REST calls of Binance USD-M futures.

use std::collections::BTreeMap;

use hbl_exchange::Limits;
use serde::Deserialize;

use super::frames::RawLevel;
use crate::kit::config::limits_config::LimitsConfig;
use crate::kit::decimal::Step;
use crate::kit::frame::{FrameError, cut, ns_of_ms, read, read_up_to};
use crate::kit::listing::{Listing, plain};
use crate::kit::scale::Scale;

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

/// The contents of `exchangeInfo`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instruments {
    /// By symbol.
    pub listings: BTreeMap<String, Listing>,
    /// Limits of orders by symbol.
    pub limits: BTreeMap<String, Limits>,
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
    #[serde(default)]
    status: Option<String>,
    #[serde(rename = "marginAsset", default)]
    margin_asset: Option<String>,
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
    #[serde(rename = "minPrice")]
    min_px: Option<&'a str>,
    #[serde(rename = "maxPrice")]
    max_px: Option<&'a str>,
    #[serde(rename = "minQty")]
    min_qty: Option<&'a str>,
    #[serde(rename = "maxQty")]
    max_qty: Option<&'a str>,
    notional: Option<&'a str>,
    #[serde(rename = "multiplierUp")]
    up: Option<&'a str>,
    #[serde(rename = "multiplierDown")]
    down: Option<&'a str>,
    limit: Option<u32>,
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
    fn listing(&self) -> Result<Listing, FrameError> {
        let of = |kind| self.filters.iter().find(move |filter| filter.kind == kind);
        let min_qty = of("LOT_SIZE").and_then(|filter| filter.min_qty);
        let min_value = of("MIN_NOTIONAL").and_then(|filter| filter.notional);
        let tick = of("PRICE_FILTER").and_then(|filter| filter.tick);
        let step = of("LOT_SIZE").and_then(|filter| filter.step);
        let status = self.status.clone().unwrap_or_default();
        Ok(Listing {
            scale: Scale {
                tick: size("tickSize", tick)?,
                lot: size("stepSize", step)?,
            },
            is_open: ["", "TRADING"].contains(&status.as_str()),
            status,
            settle_coin: self.margin_asset.clone().unwrap_or_default(),
            min_qty: plain(min_qty.unwrap_or_default()),
            min_value: plain(min_value.unwrap_or_default()),
        })
    }

    /// What is absent or cannot be read is as where nothing is said; 0 turns a rule off.
    fn limits(&self) -> Limits {
        let of = |kind: &str| self.filters.iter().find(|filter| filter.kind == kind);
        let px = of("PRICE_FILTER");
        let lot = of("LOT_SIZE");
        let band = of("PERCENT_PRICE");
        let base = LimitsConfig::default().limits(&self.symbol);
        let max_qty = number(lot.and_then(|filter| filter.max_qty));
        let max_market = number(of("MARKET_LOT_SIZE").and_then(|filter| filter.max_qty));
        let notional = number(of("MIN_NOTIONAL").and_then(|filter| filter.notional));
        let orders = of("MAX_NUM_ORDERS").and_then(|filter| filter.limit);
        let part = |from_one: f64| from_one.max(0.0);
        Limits {
            min_qty: number(lot.and_then(|filter| filter.min_qty)).unwrap_or(base.min_qty),
            max_qty: max_qty.unwrap_or(base.max_qty),
            max_market_qty: max_market.or(max_qty).unwrap_or(base.max_market_qty),
            min_notional: notional.unwrap_or(base.min_notional),
            max_notional: max_qty.map_or(base.max_notional, |_| f64::INFINITY),
            min_px: number(px.and_then(|filter| filter.min_px)).unwrap_or(base.min_px),
            max_px: number(px.and_then(|filter| filter.max_px)).unwrap_or(base.max_px),
            band_up: number(band.and_then(|filter| filter.up))
                .map_or(base.band_up, |up| part(up - 1.0)),
            band_down: number(band.and_then(|filter| filter.down))
                .map_or(base.band_down, |down| part(1.0 - down)),
            max_orders: orders.filter(|limit| *limit > 0).unwrap_or(base.max_orders),
            ..base
        }
    }
}

/// A positive number.
fn number(text: Option<&str>) -> Option<f64> {
    let value: f64 = text?.parse().ok()?;
    (value > 0.0 && value.is_finite()).then_some(value)
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
        match symbol.listing() {
            Ok(listing) => {
                let limits = symbol.limits();
                found.limits.insert(symbol.symbol.clone(), limits);
                found.listings.insert(symbol.symbol, listing);
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
pub fn reject(bytes: &[u8]) -> String {
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
            {"symbol":"BTCUSDT","pair":"BTCUSDT","status":"TRADING","pricePrecision":2,"filters":[{"filterType":"PRICE_FILTER","maxPrice":"4529764","minPrice":"556.80","tickSize":"0.10"},{"filterType":"MARKET_LOT_SIZE","stepSize":"1","maxQty":"120"},{"filterType":"MIN_NOTIONAL","notional":"50"},{"filterType":"PERCENT_PRICE","multiplierUp":"1.05","multiplierDown":"0.95","multiplierDecimal":"4"},{"filterType":"LOT_SIZE","maxQty":"1000","minQty":"0.001","stepSize":"0.001"},{"filterType":"MAX_NUM_ORDERS","limit":200}]},
            {"symbol":"BAD","filters":[{"filterType":"PRICE_FILTER","tickSize":"0"}]}]}"#;
        let found = instruments(text).unwrap();
        let listing = &found.listings["BTCUSDT"];
        assert_eq!(listing.scale.tick.to_f64(), 0.1);
        assert_eq!(listing.scale.lot.to_f64(), 0.001);
        assert_eq!(
            (listing.min_qty.as_str(), listing.status.as_str()),
            ("0.001", "TRADING")
        );
        let limits = found.limits["BTCUSDT"];
        assert_eq!(
            (limits.min_qty, limits.max_qty, limits.max_market_qty),
            (0.001, 1000.0, 120.0)
        );
        assert_eq!(
            (limits.min_px, limits.max_px, limits.min_notional),
            (556.8, 4_529_764.0, 50.0)
        );
        assert!((limits.band_up - 0.05).abs() < 1e-9 && (limits.band_down - 0.05).abs() < 1e-9);
        assert_eq!(limits.max_orders, 200);
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
        assert_eq!(reject(error), ": -1121 Invalid symbol.");
        assert_eq!(reject(b"<html>"), "");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = (snapshot(&bytes), instruments(&bytes), reject(&bytes));
        }
    }
}
