//! Recorded messages of Binance USD-M futures.

use super::binance_json::{Market, Payload};

/// Rules of the USD-M streams.
pub struct BinanceUsdm;

impl Market for BinanceUsdm {
    fn counts(payload: &Payload<'_>) -> bool {
        // The stream also carries liquidation-fund and settlement trades; they never met the book.
        payload.kind.as_deref().is_none_or(|kind| kind == "MARKET")
    }

    fn time_ms(payload: &Payload<'_>) -> Option<i64> {
        payload.transaction_ms.or(payload.event_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::super::binance_json::BinanceParser;
    use super::super::parse_error::ParseError;
    use super::super::symbols::Symbols;
    use super::*;
    use crate::kit::book::message::{Body, DepthKind};

    fn parse(json: &str, symbols: &mut Symbols) -> Result<Option<Body>, ParseError> {
        let message = BinanceParser::default().parse::<BinanceUsdm>(7, json, symbols)?;
        Ok(message.map(|message| message.body))
    }

    #[test]
    fn each_kind_of_message_is_read() {
        let mut symbols = Symbols::default();
        let trade = r#"{"stream":"x@trade","data":{"e":"trade","E":2,"T":1,"s":"BTCUSDT","t":9,"p":"10.5","q":"0.2","X":"MARKET","m":true}}"#;
        let Some(Body::Trades(trades)) = parse(trade, &mut symbols).unwrap() else {
            panic!()
        };
        assert!(!trades[0].buyer_takes);
        assert_eq!(
            (trades[0].exch_ts, trades[0].px.to_f64(), trades[0].qty),
            (1_000_000, 10.5, 0.2)
        );
        let depth = r#"{"stream":"x@depth@0ms","data":{"e":"depthUpdate","E":2,"T":1,"s":"BTCUSDT","U":4,"u":6,"pu":3,"b":[["10","1"]],"a":[]}}"#;
        let Some(Body::Depth(depth)) = parse(depth, &mut symbols).unwrap() else {
            panic!()
        };
        assert_eq!(
            (depth.first_id, depth.last_id, depth.prev_id),
            (4, 6, Some(3))
        );
        let top = r#"{"stream":"x@bookTicker","data":{"e":"bookTicker","u":8,"s":"BTCUSDT","b":"10","B":"1","a":"11","A":"0","T":5,"E":5}}"#;
        let Some(Body::Top(top)) = parse(top, &mut symbols).unwrap() else {
            panic!()
        };
        assert_eq!((top.seq, top.ask), (8, None));
        let rest = r#"{"lastUpdateId":9,"E":3,"T":2,"bids":[["10","1"]],"asks":[["11","2"]]}"#;
        let Some(Body::Depth(rest)) = parse(rest, &mut symbols).unwrap() else {
            panic!()
        };
        assert_eq!(
            (rest.kind, rest.last_id, rest.exch_ts),
            (DepthKind::Snapshot, 9, 2_000_000)
        );
        assert_eq!(symbols.all(), ["BTCUSDT"]);
    }

    #[test]
    fn a_bare_stream_is_read_too() {
        let mut symbols = Symbols::default();
        let bare = r#"{"e":"bookTicker","u":8,"s":"SOLUSDT","b":"10","B":"1","a":"11","A":"1","T":5,"E":5}"#;
        assert!(matches!(
            parse(bare, &mut symbols).unwrap(),
            Some(Body::Top(_))
        ));
    }

    #[test]
    fn trades_beside_the_book_and_unknown_kinds_are_skipped() {
        let mut symbols = Symbols::default();
        let fund = r#"{"stream":"x@trade","data":{"e":"trade","E":2,"T":1,"s":"B","t":9,"p":"1","q":"1","X":"INSURANCE_FUND","m":true}}"#;
        assert_eq!(parse(fund, &mut symbols).unwrap(), None);
        let mark =
            r#"{"stream":"x@markPrice","data":{"e":"markPriceUpdate","E":2,"s":"B","p":"1"}}"#;
        assert_eq!(parse(mark, &mut symbols).unwrap(), None);
    }

    #[test]
    fn broken_messages_are_named_errors() {
        let mut symbols = Symbols::default();
        assert!(matches!(
            parse("{\"stream\":", &mut symbols),
            Err(ParseError::Json(_))
        ));
        let no_qty =
            r#"{"stream":"x","data":{"e":"trade","T":1,"s":"B","p":"1","X":"MARKET","m":true}}"#;
        assert!(matches!(
            parse(no_qty, &mut symbols),
            Err(ParseError::Missing { field: "q", .. })
        ));
        let rest = r#"{"lastUpdateId":9,"bids":[],"asks":[]}"#;
        assert!(matches!(
            parse(rest, &mut symbols),
            Err(ParseError::NoSymbol(0))
        ));
    }
}
