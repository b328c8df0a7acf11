use proptest::prelude::*;

use super::*;

fn scale() -> Scale {
    Scale {
        tick: Step::parse("0.10").unwrap(),
        lot: Step::parse("0.001").unwrap(),
    }
}

#[test]
fn a_depth_message_is_read_with_and_without_its_envelope() {
    let raw = r#"{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":6,"u":9,"pu":3,"b":[["58710.20","0.014"],["1.0","0.000"]],"a":[]}"#;
    let wrapped = format!(r#"{{"stream":"btcusdt@depth@0ms","data":{raw}}}"#);
    let reordered = format!(r#"{{"data":{raw},"stream":"btcusdt@depth@0ms"}}"#);
    for text in [raw, &wrapped, &reordered] {
        let Frame::Depth(depth) = parse(text.as_bytes()).unwrap() else {
            panic!("{text}");
        };
        assert_eq!(depth.symbol, "BTCUSDT");
        assert_eq!(
            depth.exch_ts, 1_723_161_256_298_000_000,
            "the change counts"
        );
        assert_eq!((depth.first_id, depth.last_id, depth.prev_id), (6, 9, 3));
        let first = level(depth.bids[0], &scale()).unwrap();
        assert_eq!(
            (first, depth.bids.len(), depth.asks.len()),
            ((587_102, 14), 2, 0)
        );
    }
}

#[test]
fn tops_trades_and_aggregates_are_read() {
    let top = br#"{"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":8,"s":"BTCUSDT","b":"10.0","B":"1","a":"11.0","A":"0","T":5,"E":6}}"#;
    let Frame::Top(top) = parse(top).unwrap() else {
        panic!()
    };
    assert_eq!((top.id, top.exch_ts), (8, 5_000_000));
    assert_eq!((top.bid, top.ask), (("10.0", "1"), ("11.0", "0")));
    let trade = br#"{"stream":"x","data":{"e":"trade","E":2,"T":1,"s":"BTCUSDT","t":9,"p":"10.5","q":"0.2","X":"MARKET","m":true}}"#;
    let Frame::Trade(trade) = parse(trade).unwrap() else {
        panic!()
    };
    assert_eq!(
        (trade.id, trade.buyer_takes, trade.met_book),
        (9, false, true)
    );
    let fund = br#"{"stream":"x","data":{"e":"trade","E":2,"T":1,"s":"B","t":9,"p":"0","q":"0","X":"NA","m":true}}"#;
    let Frame::Trade(fund) = parse(fund).unwrap() else {
        panic!()
    };
    assert!(!fund.met_book);
    let many = br#"{"e":"aggTrade","E":2,"s":"B","a":5933014,"p":"0.001","q":"100","f":100,"l":105,"T":3,"m":false}"#;
    let Frame::Trade(many) = parse(many).unwrap() else {
        panic!()
    };
    assert_eq!(
        (many.id, many.buyer_takes, many.met_book),
        (5_933_014, true, true)
    );
}

#[test]
fn answers_are_distinguished_from_data_whatever_their_form() {
    let reply = |text: &str| match parse(text.as_bytes()).unwrap() {
        Frame::Reply(reply) => (reply.id, reply.error.map(|e| e.0), reply.list),
        other => panic!("{other:?}"),
    };
    assert_eq!(reply(r#"{"result":null,"id":1}"#), (Some(1), None, None));
    let listed = Some(vec!["btcusdt@depth".to_owned()]);
    assert_eq!(
        reply(r#"{"result":["btcusdt@depth"],"id":3}"#),
        (Some(3), None, listed)
    );
    assert_eq!(
        reply(r#"{"error":{"code":2,"msg":"Invalid request"},"id":4}"#),
        (Some(4), Some(2), None)
    );
    assert_eq!(
        reply(r#"{"code":3,"msg":"Invalid JSON"}"#),
        (None, Some(3), None)
    );
    assert_eq!(
        parse(br#"{"e":"serverShutdown","E":1}"#).unwrap(),
        Frame::Other
    );
    assert_eq!(parse(b"{}").unwrap(), Frame::Other);
}

#[test]
fn what_lacks_a_field_or_is_off_the_grid_is_a_named_error() {
    let text =
        br#"{"stream":"x","data":{"e":"depthUpdate","T":1,"s":"B","U":4,"u":6,"b":[],"a":[]}}"#;
    assert_eq!(parse(text).unwrap_err(), FrameError::Missing("pu"));
    let text =
        br#"{"stream":"x","data":{"e":"trade","T":1,"s":"B","t":1,"p":"1","X":"MARKET","m":true}}"#;
    assert_eq!(parse(text).unwrap_err(), FrameError::Missing("q"));
    assert!(matches!(parse(b"{\"stream\":"), Err(FrameError::Json(_))));
    assert!(matches!(parse(b"\xff"), Err(FrameError::Json(_))));
    for (price, qty) in [
        ("10.05", "1"),
        ("0", "1"),
        ("-1.0", "1"),
        ("1.0", "0.0001"),
        ("1.0", "-1"),
        ("x", "1"),
    ] {
        assert!(level((price, qty), &scale()).is_err(), "{price} {qty}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn a_message_cut_anywhere_is_an_error_and_not_a_smaller_message(cut in 1usize..170) {
        let text = r#"{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":6,"u":9,"pu":3,"b":[["58710.20","0.014"]],"a":[["58711.20","0.014"]]}}"#;
        prop_assert!(parse(&text.as_bytes()[..cut]).is_err());
    }
}
