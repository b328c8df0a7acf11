//! Frames of the public socket.

use hbl_venues::bybit::frames::FRAME_BYTES_MAX;
use hbl_venues::bybit::frames::fast_path::{FastBook, FastFrame, FastPath};
use hbl_venues::bybit::frames::public::{
    BookFrame, LEVELS_MAX, Print, PublicFrame, TradesFrame, levels, parse,
};
use serde_json::Value;

use super::json::{LOT, TICK, agrees, same, scale, value};

pub fn check(bytes: &[u8]) {
    fast_path(bytes);
    let read = parse(bytes);
    let Some(json) = value(bytes) else {
        return;
    };
    match read {
        Ok(PublicFrame::Book(frame)) => book(&frame, &json),
        Ok(PublicFrame::Trades(frame)) => trades(&frame, &json),
        Ok(PublicFrame::Reply(reply)) => {
            same(&reply.req_id, json.get("req_id"));
            same(&reply.op, json.get("op"));
            same(&reply.text, json.get("ret_msg"));
            let success = json["success"] == true || json["success"] == "true";
            assert_eq!(reply.success, success);
        }
        Ok(PublicFrame::Pong) => {
            assert!(json["ret_msg"] == "pong" || json["op"] == "pong");
        }
        Ok(PublicFrame::OtherTopic(topic)) => assert_eq!(json["topic"], topic),
        Err(error) => assert!(!is_plain_book(bytes, &json), "{error}"),
    }
}

/// The fast path reads a frame as the general parser does. True when it did read it.
pub fn fast_path(bytes: &[u8]) -> bool {
    let mut fast_path = FastPath::default();
    let Some(read) = fast_path.read(bytes, |_| Some(scale())) else {
        return false;
    };
    match (read, parse(bytes).unwrap()) {
        (FastFrame::Book(read), PublicFrame::Book(frame)) => {
            let expected = FastBook {
                topic: frame.topic,
                depth: frame.depth,
                symbol: frame.symbol,
                snapshot: frame.snapshot,
                exch_ts: frame.exch_ts,
                u: frame.u,
                seq: frame.seq,
            };
            assert_eq!(read, expected);
            for (read, raw) in [
                (&fast_path.bids, &frame.bids),
                (&fast_path.asks, &frame.asks),
            ] {
                let mut expected = Vec::new();
                levels(raw, &scale(), &mut expected).unwrap();
                assert_eq!(read, &expected);
            }
        }
        (FastFrame::Trades { topic, symbol }, PublicFrame::Trades(frame)) => {
            assert_eq!((topic, symbol), (frame.topic, frame.symbol));
            let booked = frame.items.iter().filter(|item| !item.block);
            let expected: Vec<Print> = booked.map(|item| item.print(&scale()).unwrap()).collect();
            assert_eq!(fast_path.prints, expected);
        }
        (read, general) => panic!("{read:?} and {general:?}"),
    }
    true
}

fn book(frame: &BookFrame<'_>, json: &Value) {
    let data = &json["data"];
    assert_eq!(json["topic"], frame.topic);
    assert_eq!(data["s"], frame.symbol);
    assert_eq!(data["u"].as_u64(), Some(frame.u));
    assert_eq!(data["seq"].as_u64(), Some(frame.seq));
    let kind = if frame.snapshot { "snapshot" } else { "delta" };
    assert_eq!(json["type"], kind);
    let ms = json["cts"].as_i64().or(json["ts"].as_i64()).unwrap();
    assert_eq!(i128::from(frame.exch_ts), i128::from(ms) * 1_000_000);
    let mut out = Vec::new();
    for (side, read) in [("b", &frame.bids), ("a", &frame.asks)] {
        let list = data[side].as_array().unwrap();
        assert_eq!(read.len(), list.len());
        for (level, json) in read.iter().zip(list) {
            assert_eq!(
                (Some(level.0), Some(level.1)),
                (json[0].as_str(), json[1].as_str())
            );
            agrees(level.0, TICK, scale().tick.units(level.0));
            agrees(level.1, LOT, scale().lot.units(level.1));
        }
        if levels(read, &scale(), &mut out).is_ok() {
            assert_eq!(out.len(), read.len());
            assert!(out.iter().all(|(tick, lots)| *tick > 0 && *lots >= 0));
        }
    }
}

fn trades(frame: &TradesFrame<'_>, json: &Value) {
    assert_eq!(json["topic"], frame.topic);
    let list = json["data"].as_array().unwrap();
    assert_eq!(frame.items.len(), list.len());
    for (item, json) in frame.items.iter().zip(list) {
        assert_eq!(json["s"], item.symbol);
        assert_eq!(json["S"], item.side);
        assert_eq!(json["v"], item.qty);
        assert_eq!(json["p"], item.price);
        assert_eq!(json["T"].as_i64(), Some(item.time_ms));
        assert_eq!(json["BT"].as_bool().unwrap_or(false), item.block);
        same(&item.id, json.get("i"));
        if let Ok(print) = item.print(&scale()) {
            agrees(item.price, TICK, Ok(print.tick));
            agrees(item.qty, LOT, Ok(print.lots));
            assert_eq!(print.buyer_takes, item.side == "Buy");
        }
    }
}

/// A book message without anything odd must be read: refusing everything would pass the rest.
fn is_plain_book(bytes: &[u8], json: &Value) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let keys = [
        "topic", "type", "ts", "cts", "data", "s", "b", "a", "u", "seq", "success", "ret_msg",
        "req_id", "op",
    ];
    let once = |key: &&str| text.matches(&format!("\"{key}\"")).count() <= 1;
    if text.contains('\\') || bytes.len() > FRAME_BYTES_MAX || !keys.iter().all(once) {
        return false;
    }
    let data = &json["data"];
    let topic = json["topic"]
        .as_str()
        .and_then(|topic| topic.strip_prefix("orderbook."));
    let named = topic.and_then(|rest| rest.split_once('.'));
    let depth = named.is_some_and(|(depth, symbol)| {
        !depth.starts_with('+') && depth.parse::<u32>().is_ok() && data["s"] == symbol
    });
    let number = |json: &Value| json.is_null() || json.as_i64().is_some();
    let ms = json["cts"].as_i64().or(json["ts"].as_i64());
    let side = |json: &Value| {
        json.as_array().is_some_and(|list| {
            list.len() <= LEVELS_MAX
                && list.iter().all(|level| {
                    level
                        .as_array()
                        .is_some_and(|l| l.len() == 2 && l.iter().all(Value::is_string))
                })
        })
    };
    depth
        && (json["type"] == "snapshot" || json["type"] == "delta")
        && number(&json["ts"])
        && number(&json["cts"])
        && ms.is_some_and(|ms| (0..=i64::MAX / 1_000_000).contains(&ms))
        && side(&data["b"])
        && side(&data["a"])
        && data["u"].as_u64().is_some()
        && data["seq"].as_u64().is_some()
}
