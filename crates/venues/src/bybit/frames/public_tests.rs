//! Frames of the public socket, composed by hand.

use super::*;
use crate::kit::decimal::Step;

fn scale() -> Scale {
    Scale {
        tick: Step::parse("0.05").unwrap(),
        lot: Step::parse("0.01").unwrap(),
    }
}

const DELTA: &str = r#"{"topic":"orderbook.50.ETHUSDT","type":"delta","ts":1764000001033,"data":{"s":"ETHUSDT","b":[["3011.20","0"],["3011.10","1.05"]],"a":[["3011.25","1.90"]],"u":48211,"seq":9000120044},"cts":1764000001030}"#;

fn book_of(text: &str) -> BookFrame<'_> {
    match parse(text.as_bytes()).unwrap() {
        PublicFrame::Book(book) => book,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_delta_is_read_field_by_field_and_borrows_its_texts() {
    let book = book_of(DELTA);
    assert_eq!(
        (book.topic, book.depth, book.symbol),
        ("orderbook.50.ETHUSDT", 50, "ETHUSDT")
    );
    assert!(!book.snapshot);
    assert_eq!(
        (book.exch_ts, book.u, book.seq),
        (1_764_000_001_030_000_000, 48_211, 9_000_120_044)
    );
    let mut out = Vec::new();
    levels(&book.bids, &scale(), &mut out).unwrap();
    assert_eq!(out, [(60_224, 0), (60_222, 105)]);
    levels(&book.asks, &scale(), &mut out).unwrap();
    assert_eq!(out, [(60_225, 190)]);
}

#[test]
fn the_order_of_keys_does_not_matter() {
    let text = r#"{"data":{"seq":2,"u":1,"a":[],"b":[["3008.00","1"]],"s":"X"},"cts":5,"ts":6,"type":"snapshot","topic":"orderbook.1.X","new":{"deep":[1]}}"#;
    let book = book_of(text);
    assert!(book.snapshot && book.depth == 1 && book.exch_ts == 5_000_000 && book.u == 1);
}

#[test]
fn the_gateway_time_stands_in_for_a_missing_cts() {
    let text = DELTA.replace(r#","cts":1764000001030"#, "");
    assert_eq!(book_of(&text).exch_ts, 1_764_000_001_033_000_000);
}

#[test]
fn depth_1000_is_not_taken_for_depth_1() {
    assert_eq!(
        book_topic("orderbook.1000.BTCUSDT"),
        Some((1000, "BTCUSDT"))
    );
    assert_eq!(book_topic("orderbook.1.BTCUSDT"), Some((1, "BTCUSDT")));
    assert_eq!(book_topic("orderbook.x.BTCUSDT"), None);
    assert_eq!(book_topic("orderbook.1"), None);
}

#[test]
fn each_missing_field_is_named() {
    for (cut, missing) in [
        (r#""type":"delta","#, "type"),
        (r#""s":"ETHUSDT","#, "s"),
        (r#""u":48211,"#, "u"),
        (r#","seq":9000120044"#, "seq"),
        (r#""a":[["3011.25","1.90"]],"#, "a"),
    ] {
        let text = DELTA.replace(cut, "");
        assert_ne!(text, DELTA, "{cut}");
        assert_eq!(parse(text.as_bytes()), Err(FrameError::Missing(missing)));
    }
    let no_data = r#"{"topic":"orderbook.50.X","type":"delta","ts":1}"#;
    assert_eq!(parse(no_data.as_bytes()), Err(FrameError::Missing("data")));
    assert!(matches!(parse(b"{}"), Err(FrameError::Missing(_))));
}

#[test]
fn values_that_cannot_be_are_refused() {
    for (from, to) in [
        ("\"delta\"", "\"detla\""),
        ("\"s\":\"ETHUSDT\"", "\"s\":\"BTCUSDT\""),
        ("48211", "-1"),
        ("48211", "1e400"),
        ("[\"3011.25\",\"1.90\"]", "[\"3011.25\"]"),
        ("[\"3011.25\",\"1.90\"]", "[3011.25,1.90]"),
        ("\"cts\":1764000001030", "\"cts\":-5"),
    ] {
        let text = DELTA.replacen(from, to, 1);
        assert!(parse(text.as_bytes()).is_err(), "{text}");
    }
    for level in [
        ("3011.21", "1"),
        ("-3011.25", "1"),
        ("0", "1"),
        ("3011.25", "-1"),
        ("NaN", "1"),
        ("1e400", "1"),
    ] {
        assert!(
            levels(&[level], &scale(), &mut Vec::new()).is_err(),
            "{level:?}"
        );
    }
}

#[test]
fn trades_keep_their_taker_and_do_not_need_a_tick_direction() {
    let text = r#"{"topic":"publicTrade.ETHUSDT","ts":1764000002101,"type":"snapshot","data":[{"i":"2290000000077001122","T":1764000002099,"p":"3012.4","v":"0.03","S":"Buy","s":"ETHUSDT","BT":false},{"T":1764000002100,"s":"ETHUSDT","S":"Sell","v":"500.0","p":"3012.40","L":"ZeroPlusTick","i":"77","BT":true,"RPI":false,"seq":71200455}]}"#;
    let PublicFrame::Trades(frame) = parse(text.as_bytes()).unwrap() else {
        panic!();
    };
    let print = frame.items[0].print(&scale()).unwrap();
    let expected = Print {
        exch_ts: 1_764_000_002_099_000_000,
        tick: 60_248,
        lots: 3,
        buyer_takes: true,
    };
    assert_eq!(print, expected);
    assert!(frame.items[1].block && !frame.items[1].print(&scale()).unwrap().buyer_takes);
    assert_eq!(frame.items[1].seq, Some(71_200_455));
    let odd = text.replace("\"Buy\"", "\"buy\"");
    let PublicFrame::Trades(frame) = parse(odd.as_bytes()).unwrap() else {
        panic!();
    };
    assert!(frame.items[0].print(&scale()).is_err());
}

#[test]
fn replies_and_pongs_of_linear_and_spot_are_distinguished() {
    let reply = |text: &'static str| match parse(text.as_bytes()).unwrap() {
        PublicFrame::Reply(reply) => reply,
        other => panic!("{other:?}"),
    };
    let ok = reply(r#"{"success":true,"ret_msg":"","conn_id":"c","req_id":"7","op":"subscribe"}"#);
    assert!(ok.success && ok.req_id.get() == Some("7"));
    let spot = reply(r#"{"success":true,"ret_msg":"subscribe","conn_id":"c","op":"subscribe"}"#);
    assert!(spot.success && spot.req_id.get().is_none());
    let no = reply(
        r#"{"success":false,"ret_msg":"error:handler not found,topic:orderbook.500.X","conn_id":"c","req_id":"9","op":"subscribe"}"#,
    );
    assert!(!no.success && no.text.or_empty().contains("handler not found"));
    for pong in [
        r#"{"success":true,"ret_msg":"pong","conn_id":"c","req_id":"","op":"ping"}"#,
        r#"{"success":true,"ret_msg":"pong","conn_id":"c","op":"ping"}"#,
        r#"{"args":["1764000020113"],"op":"pong"}"#,
    ] {
        assert_eq!(parse(pong.as_bytes()), Ok(PublicFrame::Pong), "{pong}");
    }
    let ticker = r#"{"topic":"tickers.X","type":"snapshot","data":{"symbol":"X"},"cs":1,"ts":2}"#;
    assert_eq!(
        parse(ticker.as_bytes()),
        Ok(PublicFrame::OtherTopic("tickers.X"))
    );
}

#[test]
fn hostile_bytes_are_errors() {
    let deep = format!("{{\"topic\":{}", "[".repeat(100_000));
    let ignored = format!("{{\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let long = vec![b' '; FRAME_BYTES];
    for bytes in [
        &b""[..],
        b"\xff\xfe",
        b"pong",
        b"[]",
        b"null",
        b"{\"topic\":1}",
        deep.as_bytes(),
        ignored.as_bytes(),
        &long,
    ] {
        assert!(parse(bytes).is_err());
    }
    let many = format!(
        r#"{{"topic":"orderbook.50.X","type":"snapshot","ts":1,"data":{{"s":"X","b":[{}["1","1"]],"a":[],"u":1,"seq":1}}}}"#,
        r#"["1","1"],"#.repeat(LEVELS_MAX)
    );
    assert!(parse(many.as_bytes()).is_err());
}

const FRAME_BYTES: usize = crate::bybit::frames::FRAME_BYTES_MAX + 1;
