//! Recorded messages of Binance spot.

use super::binance_json::{Market, Payload};

/// Rules of the spot streams.
pub struct BinanceSpot;

impl Market for BinanceSpot {
    fn counts(_: &Payload<'_>) -> bool {
        true
    }

    /// `bookTicker` has no time: it takes the newest one of another message.
    fn time_ms(payload: &Payload<'_>) -> Option<i64> {
        payload.transaction_ms.or(payload.event_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::super::binance_json::BinanceParser;
    use super::super::symbols::Symbols;
    use super::*;
    use crate::kit::book::message::Body;

    #[test]
    fn a_book_ticker_without_kind_and_time_takes_the_newest_time() {
        let (mut parser, mut symbols) = (BinanceParser::default(), Symbols::default());
        let mut parse = |json: &str| {
            parser
                .parse::<BinanceSpot>(1, json, &mut symbols)
                .unwrap()
                .unwrap()
        };
        let depth = r#"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":42,"s":"BTCUSDT","U":1,"u":2,"b":[],"a":[]}}"#;
        assert_eq!(parse(depth).exch_ts(), 42_000_000);
        let top = r#"{"stream":"btcusdt@bookTicker","data":{"u":3,"s":"BTCUSDT","b":"1","B":"2","a":"3","A":"4"}}"#;
        let message = parse(top);
        assert!(matches!(message.body, Body::Top(_)));
        assert_eq!(message.exch_ts(), 42_000_000);
        // Old spot trades carry order ids in `b` and `a`.
        let trade = r#"{"stream":"btcusdt@trade","data":{"e":"trade","E":50,"s":"BTCUSDT","t":1,"p":"1","q":"2","b":88,"a":50,"T":49,"m":false,"M":true}}"#;
        assert_eq!(parse(trade).exch_ts(), 49_000_000);
        let rest = r#"{"lastUpdateId":9,"bids":[["1","2"]],"asks":[]}"#;
        assert_eq!(parse(rest).exch_ts(), 49_000_000);
    }
}
