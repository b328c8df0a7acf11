//! Frames that the fast path reads, and those left to the general parser. That both agree is held by
//! `tests/bybit_checks.rs`.

use super::*;
use proptest::prelude::*;

const DELTA: &str = r#"{"topic":"orderbook.50.ETHUSDT","type":"delta","ts":1764000001033,"data":{"s":"ETHUSDT","b":[["3011.20","0"],["3011.1","1.0500"]],"a":[["3011.25","1.90"]],"u":48211,"seq":9000120044},"cts":1764000001030}"#;
const TRADES: &str = r#"{"topic":"publicTrade.ETHUSDT","type":"snapshot","ts":1764000002101,"data":[{"T":1764000002099,"s":"ETHUSDT","S":"Buy","v":"0.03","p":"3012.40","L":"PlusTick","i":"2290000000077001122","BT":false,"RPI":false,"seq":71200455},{"i":"x","T":1764000002100,"p":"1","v":"2","S":"Sell","s":"ETHUSDT","BT":true}]}"#;

fn scale_of(symbol: &str) -> Option<Scale> {
    (symbol == "ETHUSDT").then(|| Scale {
        tick: Step::parse("0.05").unwrap(),
        lot: Step::parse("0.01").unwrap(),
    })
}

fn is_fast(text: &str) -> bool {
    let mut fast_path = FastPath::default();
    fast_path.read(text.as_bytes(), scale_of).is_some()
}

#[test]
fn a_book_message_comes_out_on_the_grid() {
    let mut fast_path = FastPath::default();
    let expected = FastBook {
        topic: "orderbook.50.ETHUSDT",
        depth: 50,
        symbol: "ETHUSDT",
        snapshot: false,
        exch_ts: 1_764_000_001_030_000_000,
        u: 48_211,
        seq: 9_000_120_044,
    };
    let frame = fast_path.read(DELTA.as_bytes(), scale_of);
    assert_eq!(frame, Some(FastFrame::Book(expected)));
    assert_eq!(fast_path.bids, [(60_224, 0), (60_222, 105)]);
    assert_eq!(fast_path.asks, [(60_225, 190)]);
    let empty = DELTA
        .replace(r#"[["3011.20","0"],["3011.1","1.0500"]]"#, "[]")
        .replace(r#","cts":1764000001030"#, "");
    let frame = fast_path.read(empty.as_bytes(), scale_of);
    let exch_ts = 1_764_000_001_033_000_000;
    let expected = FastBook {
        exch_ts,
        ..expected
    };
    assert_eq!(frame, Some(FastFrame::Book(expected)));
    assert_eq!(fast_path.bids, []);
}

#[test]
fn trades_come_out_on_the_grid_without_block_trades() {
    let mut fast_path = FastPath::default();
    let (topic, symbol) = ("publicTrade.ETHUSDT", "ETHUSDT");
    let frame = fast_path.read(TRADES.as_bytes(), scale_of);
    assert_eq!(frame, Some(FastFrame::Trades { topic, symbol }));
    let expected = Print {
        exch_ts: 1_764_000_002_099_000_000,
        tick: 60_248,
        lots: 3,
        buyer_takes: true,
    };
    assert_eq!(fast_path.prints, [expected]);
}

#[test]
fn new_scalar_fields_do_not_make_it_slow() {
    for field in [r#""x":"y""#, r#""x":12"#, r#""x":true"#, r#""x":null"#] {
        for (text, place) in [(DELTA, "\"ts\":"), (DELTA, "\"u\":"), (TRADES, "\"S\":")] {
            assert!(is_fast(&text.replace(place, &format!("{field},{place}"))));
        }
    }
}

#[test]
fn whatever_is_odd_is_left_to_the_general_way() {
    for (from, to) in [
        ("{\"topic\"", " {\"topic\""),
        ("\"topic\":", "\"topic\": "),
        ("\"topic\":", "\"t\\u006fpic\":"),
        ("\"type\"", "\"x\":[1],\"type\""),
        ("\"type\"", "\"x\":1.5,\"type\""),
        ("\"type\"", "\"x\":\"\u{e9}\",\"type\""),
        ("\"type\"", "\"x\":\"\t\",\"type\""),
        ("\"type\"", "\"op\":\"pong\",\"type\""),
        ("\"type\":\"delta\"", "\"type\":\"detla\""),
        (
            "\"type\":\"delta\",",
            "\"type\":\"delta\",\"type\":\"delta\",",
        ),
        ("\"type\":\"delta\",", ""),
        ("\"ts\":1764000001033,", "\"ts\":01764000001033,"),
        ("\"cts\":1764000001030", "\"cts\":-1764000001030"),
        ("\"cts\":1764000001030", "\"cts\":1764000001030000"),
        ("\"cts\":1764000001030", "\"cts\":1.5"),
        ("\"data\":{", "\"data\":["),
        ("orderbook.50.ETHUSDT", "tickers.ETHUSDT"),
        ("orderbook.50.ETHUSDT", "publicTrade.ETHUSDT"),
        ("orderbook.50.ETHUSDT", "orderbook.50.BTCUSDT"),
        ("\"s\":\"ETHUSDT\"", "\"s\":\"BTCUSDT\""),
        ("\"s\":\"ETHUSDT\",", ""),
        ("\"u\":48211,", ""),
        ("\"u\":48211,", "\"u\":48211,\"u\":48211,"),
        ("\"u\":48211", "\"u\":9223372036854775808"),
        ("\"seq\":9000120044", "\"seq\":null"),
        ("\"a\":[[\"3011.25\",\"1.90\"]],", ""),
        ("3011.25", "3011.26"),
        ("3011.25", "-3011.25"),
        ("3011.25", "0"),
        ("3011.25", "0.000000000000000001"),
        ("\"3011.25\"", "3011.25"),
        ("1.90", "1.905"),
        ("1.90", ""),
        ("1.90", "1e2"),
        ("[\"3011.25\",\"1.90\"]", "[\"3011.25\"]"),
        ("[\"3011.25\",\"1.90\"]", "[\"3011.25\",\"1.90\",\"1\"]"),
        ("[\"3011.25\",\"1.90\"]", "[\"3011.25\",\"1.90\"],"),
    ] {
        let text = DELTA.replacen(from, to, 1);
        assert_ne!(text, DELTA, "{from}");
        assert!(!is_fast(&text), "{text}");
    }
    for (from, to) in [
        ("\"BT\":true", "\"BT\":1"),
        ("\"S\":\"Buy\"", "\"S\":\"buy\""),
        ("\"S\":\"Buy\",", ""),
        ("\"S\":\"Buy\"", "\"S\":\"Buy\",\"S\":\"Buy\""),
        ("\"s\":\"ETHUSDT\"", "\"s\":\"BTCUSDT\""),
        ("\"i\":\"x\"", "\"i\":[1]"),
        ("\"p\":\"1\"", "\"p\":\"1.01\""),
        ("\"data\":[", "\"data\":[,"),
    ] {
        let text = TRADES.replacen(from, to, 1);
        assert_ne!(text, TRADES, "{from}");
        assert!(!is_fast(&text), "{text}");
    }
    for text in [DELTA, TRADES] {
        assert!(is_fast(text));
        assert!((0..text.len()).all(|end| !is_fast(&text[..end])));
        assert!(!is_fast(&format!("{text}\n")) && !is_fast(&format!("{text}}}")));
    }
    let level = r#"["1","1"]"#;
    let side = |count| format!("\"a\":[{}]", vec![level; count].join(","));
    let with = |count| DELTA.replace("\"a\":[[\"3011.25\",\"1.90\"]]", &side(count));
    assert!(is_fast(&with(LEVELS_MAX)) && !is_fast(&with(LEVELS_MAX + 1)));
}

proptest! {
    #[test]
    fn a_text_ends_before_its_first_odd_byte(bytes in prop::collection::vec(any::<u8>(), 0..40), plain in 0usize..40) {
        let mut bytes = bytes;
        bytes.iter_mut().take(plain).for_each(|byte| *byte = 0x23 + *byte % 0x39);
        let is_plain = |byte: &u8| byte.is_ascii() && !byte.is_ascii_control() && !b"\"\\".contains(byte) || *byte == 0x7f;
        let expected = bytes.iter().take_while(|byte| is_plain(byte)).count();
        prop_assert_eq!(plain_length(&bytes), expected);
    }
}
