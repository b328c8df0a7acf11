//! Every frame of `frames/` (made for this project) and, where they are at hand, every recorded one,
//! field by field against an independent reading of the same JSON. A field that is neither read nor
//! known to be of no use fails the test, and so does a file that nothing here looks at.

mod fields;
mod meaning;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::shared_data::shared_data;
use fields::{
    EXECUTION, ORDER, POSITION, WALLET, execution_fields, known, order_fields, position_fields,
    same, wallet_fields,
};
use hbl_venues::bybit::frames::order::OrderPhase;
use hbl_venues::bybit::frames::position::PositionItem;
use hbl_venues::bybit::frames::private::{self, PrivateFrame};
use hbl_venues::bybit::frames::public::{self, PublicFrame, levels};
use hbl_venues::bybit::frames::rest;
use hbl_venues::bybit::frames::trade::{self, TradeFrame};
use hbl_venues::kit::decimal::Step;
use hbl_venues::kit::scale::Scale;
use serde_json::Value;

fn own(name: &str) -> Vec<u8> {
    std::fs::read(own_directory().join(name).with_extension("json")).unwrap()
}

fn own_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/frames")
}

fn read_all(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(read_all(&path));
        } else {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            files.push((name, std::fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}

fn scale() -> Scale {
    Scale {
        tick: Step::parse("0.0001").unwrap(),
        lot: Step::parse("0.0001").unwrap(),
    }
}

/// Looks at one frame and says what it was.
fn look(name: &str, bytes: &[u8]) -> String {
    let Ok(json) = serde_json::from_slice::<Value>(bytes) else {
        let errors = [
            public::parse(bytes).is_err(),
            private::parse(bytes).is_err(),
            trade::parse(bytes).is_err(),
            rest::orders(bytes).is_err(),
        ];
        assert_eq!(errors, [true; 4], "{name}");
        return "no JSON".to_owned();
    };
    let topic = json["topic"].as_str().unwrap_or("");
    let stem = topic.split('.').next().unwrap_or("");
    match stem {
        "orderbook" => look_at_book(name, bytes, &json),
        "publicTrade" | "trade" => look_at_trades(name, bytes, &json),
        "tickers" | "allLiquidation" => {
            let read = public::parse(bytes).unwrap();
            assert_eq!(read, PublicFrame::OtherTopic(topic), "{name}");
        }
        "" => return look_at_control(name, bytes, &json),
        _ => look_at_private(name, bytes, &json),
    }
    stem.to_owned()
}

fn look_at_book(name: &str, bytes: &[u8], json: &Value) {
    let PublicFrame::Book(book) = public::parse(bytes).unwrap() else {
        panic!("{name}");
    };
    let data = &json["data"];
    assert_eq!(Some(book.topic), json["topic"].as_str(), "{name}");
    assert_eq!(Some(book.symbol), data["s"].as_str(), "{name}");
    let topic = format!("orderbook.{}.{}", book.depth, book.symbol);
    assert_eq!(topic, book.topic, "{name}");
    assert_eq!(book.snapshot, json["type"] == "snapshot", "{name}");
    assert_eq!(Some(book.u), data["u"].as_u64(), "{name}");
    assert_eq!(Some(book.seq), data["seq"].as_u64(), "{name}");
    let ms = json.get("cts").or(json.get("ts")).and_then(Value::as_i64);
    assert_eq!(Some(book.exch_ts), ms.map(|ms| ms * 1_000_000), "{name}");
    for (side, read) in [("b", &book.bids), ("a", &book.asks)] {
        look_at_levels(name, read, data[side].as_array().unwrap());
    }
}

fn look_at_levels(name: &str, read: &[(&str, &str)], expected: &[Value]) {
    assert_eq!(read.len(), expected.len(), "{name}");
    let mut out = Vec::new();
    levels(read, &scale(), &mut out).unwrap();
    for ((level, text), (tick, lots)) in expected.iter().zip(read).zip(&out) {
        assert_eq!(level, &serde_json::json!([text.0, text.1]), "{name}");
        let (px, qty): (f64, f64) = (text.0.parse().unwrap(), text.1.parse().unwrap());
        assert_eq!(scale().tick.f64_of(*tick), px, "{name}");
        assert_eq!(scale().lot.f64_of(*lots), qty, "{name}");
    }
}

fn look_at_trades(name: &str, bytes: &[u8], json: &Value) {
    // One recorded topic has an older name; it is read under today's.
    let text = std::str::from_utf8(bytes).unwrap();
    let text = text.replace("\"trade.linear.", "\"publicTrade.");
    let PublicFrame::Trades(frame) = public::parse(text.as_bytes()).unwrap() else {
        panic!("{name}");
    };
    let items = json["data"].as_array().unwrap();
    assert_eq!(frame.items.len(), items.len(), "{name}");
    for (item, json) in frame.items.iter().zip(items) {
        known(
            name,
            json,
            &["T", "s", "S", "v", "p", "i", "BT", "seq"],
            &["L", "RPI"],
        );
        assert_eq!(Some(item.time_ms), json["T"].as_i64(), "{name}");
        assert_eq!(Some(item.symbol), json["s"].as_str(), "{name}");
        assert_eq!(Some(item.side), json["S"].as_str(), "{name}");
        assert_eq!(Some(item.qty), json["v"].as_str(), "{name}");
        assert_eq!(Some(item.price), json["p"].as_str(), "{name}");
        assert_eq!(item.id.get(), json["i"].as_str(), "{name}");
        assert_eq!(Some(item.block), json["BT"].as_bool(), "{name}");
        assert_eq!(item.seq, json["seq"].as_u64(), "{name}");
        let print = item.print(&scale()).unwrap();
        assert_eq!(print.exch_ts, item.time_ms * 1_000_000, "{name}");
        assert_eq!(
            scale().tick.f64_of(print.tick),
            item.price.parse::<f64>().unwrap()
        );
        assert_eq!(
            scale().lot.f64_of(print.lots),
            item.qty.parse::<f64>().unwrap()
        );
        assert_eq!(print.buyer_takes, json["S"] == "Buy", "{name}");
    }
}

fn look_at_private(name: &str, bytes: &[u8], json: &Value) {
    let reported = json["creationTime"].as_i64().unwrap() * 1_000_000;
    let items = json["data"].as_array().unwrap();
    match private::parse(bytes).unwrap_or_else(|error| panic!("{name}: {error}")) {
        PrivateFrame::Orders(at, read) => {
            assert!(at == reported && read.len() == items.len(), "{name}");
            for (item, json) in read.iter().zip(items) {
                order_fields(name, item, json);
                look_at_order(name, item, json, at);
            }
        }
        PrivateFrame::Executions(read) => {
            assert_eq!(read.len(), items.len(), "{name}");
            for (item, json) in read.iter().zip(items) {
                execution_fields(name, item, json);
                look_at_execution(name, item, json);
            }
        }
        PrivateFrame::Positions(at, read) => {
            assert!(at == reported && read.len() == items.len(), "{name}");
            for (item, json) in read.iter().zip(items) {
                position_fields(name, item, json);
                look_at_leg(name, item, json, at);
            }
        }
        PrivateFrame::Wallets(at, read) => {
            assert!(at == reported && read.len() == items.len(), "{name}");
            for (item, json) in read.iter().zip(items) {
                wallet_fields(name, item, json);
            }
        }
        PrivateFrame::OtherTopic(topic) => assert_eq!(Some(topic), json["topic"].as_str()),
        other => panic!("{name}: {other:?}"),
    }
}

fn number(json: &Value) -> f64 {
    let text = json.as_str().unwrap_or("");
    if text.is_empty() {
        0.0
    } else {
        text.parse().unwrap()
    }
}

fn look_at_order(
    name: &str,
    item: &hbl_venues::bybit::frames::order::OrderItem<'_>,
    json: &Value,
    at: i64,
) {
    if !json["qty"].is_string() {
        assert!(item.update(&scale(), at).is_err(), "{name}");
        return;
    }
    let update = item.update(&scale(), at).unwrap();
    let ms: Option<i64> = json["updatedTime"].as_str().and_then(|ms| ms.parse().ok());
    assert_eq!(
        update.updated_ns,
        ms.map_or(at, |ms| ms * 1_000_000),
        "{name}"
    );
    assert_eq!(
        scale().lot.f64_of(update.qty_lots),
        number(&json["qty"]),
        "{name}"
    );
    let cum = number(&json["cumExecQty"]);
    assert_eq!(scale().lot.f64_of(update.cum_lots), cum, "{name}");
    if json["orderType"] != "Market" {
        let price = number(&json["price"]);
        assert_eq!(scale().tick.f64_of(update.price_tick), price, "{name}");
    }
    let status = json["orderStatus"].as_str().unwrap();
    let phase = match status {
        "New" | "Untriggered" | "Triggered" | "Created" => OrderPhase::Open,
        "PartiallyFilled" => OrderPhase::PartlyFilled,
        "Filled" => OrderPhase::Filled,
        "Cancelled" | "PartiallyFilledCanceled" | "Deactivated" => OrderPhase::Cancelled,
        "Rejected" if cum > 0.0 => OrderPhase::Cancelled,
        "Rejected" => OrderPhase::Rejected,
        _ => OrderPhase::Unknown,
    };
    assert_eq!(update.phase, phase, "{name}");
}

fn look_at_execution(
    name: &str,
    item: &hbl_venues::bybit::frames::execution::ExecutionItem<'_>,
    json: &Value,
) {
    let kind = json.get("execType").and_then(Value::as_str);
    let fills = matches!(kind, None | Some("Trade" | "AdlTrade" | "BustTrade"));
    let fill = item.fill(&scale()).unwrap();
    assert_eq!(fill.is_some(), fills, "{name}: {kind:?}");
    if let Some(fill) = fill {
        assert_eq!(
            scale().lot.f64_of(fill.lots),
            number(&json["execQty"]),
            "{name}"
        );
        let price = number(&json["execPrice"]);
        assert_eq!(scale().tick.f64_of(fill.tick), price, "{name}");
        assert_eq!(Some(fill.maker), json["isMaker"].as_bool(), "{name}");
        let fee = json.get("execFee").filter(|fee| **fee != "");
        assert_eq!(fill.fee, fee.map(number), "{name}");
        let coin = json["feeCurrency"].as_str().filter(|coin| !coin.is_empty());
        assert_eq!(fill.fee_coin.as_deref(), coin, "{name}");
        let ms: i64 = json["execTime"].as_str().unwrap().parse().unwrap();
        assert_eq!(fill.exec_ns, ms * 1_000_000, "{name}");
    }
}

fn look_at_leg(name: &str, item: &PositionItem<'_>, json: &Value, at: i64) {
    let leg = item.leg(&scale(), at).unwrap();
    let sign = if json["side"] == "Sell" { -1.0 } else { 1.0 };
    let size = number(&json["size"]) * sign;
    assert_eq!(scale().lot.f64_of(leg.lots), size, "{name}");
    assert_eq!(Some(leg.idx as u64), json["positionIdx"].as_u64(), "{name}");
    assert_eq!(leg.seq, json["seq"].as_i64().unwrap_or(-1), "{name}");
}

/// Frames without a topic: REST bodies, answers, one item without its envelope.
fn look_at_control(name: &str, bytes: &[u8], json: &Value) -> String {
    if json.get("result").is_some() {
        return look_at_body(name, bytes, json);
    }
    if json.get("positionIdx").is_some() {
        let item: PositionItem<'_> = serde_json::from_slice(bytes).unwrap();
        position_fields(name, &item, json);
        look_at_leg(name, &item, json, 0);
        return "position item".to_owned();
    }
    let op = json["op"].as_str().unwrap();
    let pong = json["ret_msg"] == "pong" || op == "pong";
    match op {
        _ if pong => {
            if json.get("data").is_none() {
                assert_eq!(public::parse(bytes), Ok(PublicFrame::Pong), "{name}");
            }
            assert_eq!(private::parse(bytes), Ok(PrivateFrame::Pong), "{name}");
            assert_eq!(trade::parse(bytes), Ok(TradeFrame::Pong), "{name}");
            "pong".to_owned()
        }
        "auth" => {
            let PrivateFrame::Auth(reply) = private::parse(bytes).unwrap() else {
                panic!("{name}");
            };
            let code = json["retCode"].as_i64();
            let success = json["success"].as_bool().unwrap_or(code == Some(0));
            assert_eq!((reply.success, reply.code), (success, code), "{name}");
            let words = if code.is_some() { "retMsg" } else { "ret_msg" };
            same(name, &[(words, &reply.text)], json);
            let TradeFrame::Auth(read, _) = trade::parse(bytes).unwrap() else {
                panic!("{name}");
            };
            assert_eq!(read == 0, success, "{name}");
            "auth".to_owned()
        }
        "subscribe" | "unsubscribe" => {
            let PublicFrame::Reply(reply) = public::parse(bytes).unwrap() else {
                panic!("{name}");
            };
            let PrivateFrame::Reply(again) = private::parse(bytes).unwrap() else {
                panic!("{name}");
            };
            assert_eq!(reply, again, "{name}");
            assert_eq!(Some(reply.success), json["success"].as_bool(), "{name}");
            let read = [
                ("op", &reply.op),
                ("req_id", &reply.req_id),
                ("ret_msg", &reply.text),
            ];
            same(name, &read, json);
            "answer".to_owned()
        }
        _ => {
            look_at_outcome(name, bytes, json);
            "outcome".to_owned()
        }
    }
}

fn look_at_outcome(name: &str, bytes: &[u8], json: &Value) {
    let TradeFrame::Outcome(outcome) = trade::parse(bytes).unwrap() else {
        panic!("{name}");
    };
    let words = if json.get("retMsg").is_some() {
        "retMsg"
    } else {
        "ret_msg"
    };
    let read = [
        ("reqId", &outcome.req_id),
        ("op", &outcome.op),
        (words, &outcome.text),
    ];
    same(name, &read, json);
    assert_eq!(
        outcome.code,
        json["retCode"].as_i64().unwrap_or(-1),
        "{name}"
    );
    let ids = [
        ("orderId", &outcome.order_id),
        ("orderLinkId", &outcome.link_id),
    ];
    same(name, &ids, &json["data"]);
    let header = |key: &str| {
        let text = json["header"][key].as_str();
        text.and_then(|text| text.parse::<i64>().ok())
    };
    let quota = outcome.quota;
    assert_eq!(quota.limit.map(i64::from), header("X-Bapi-Limit"), "{name}");
    assert_eq!(
        quota.left.map(i64::from),
        header("X-Bapi-Limit-Status"),
        "{name}"
    );
    assert_eq!(
        quota.reset_ms,
        header("X-Bapi-Limit-Reset-Timestamp"),
        "{name}"
    );
    assert_eq!(quota.time_ms, header("Timenow"), "{name}");
    let none = Vec::new();
    let items = json["data"]["list"].as_array().unwrap_or(&none);
    let reasons = json["retExtInfo"]["list"].as_array().unwrap_or(&none);
    assert_eq!(outcome.batch.len(), items.len(), "{name}");
    for ((item, json), reason) in outcome.batch.iter().zip(items).zip(reasons) {
        same(
            name,
            &[("orderId", &item.order_id), ("orderLinkId", &item.link_id)],
            json,
        );
        same(name, &[("msg", &item.text)], reason);
        assert_eq!(Some(item.code), reason["code"].as_i64(), "{name}");
    }
}

fn look_at_body(name: &str, bytes: &[u8], json: &Value) -> String {
    let result = &json["result"];
    let empty = Vec::new();
    let list = result["list"].as_array().unwrap_or(&empty);
    let cursor = result["nextPageCursor"].as_str().filter(|c| !c.is_empty());
    let first = list.first().unwrap_or(&Value::Null);
    macro_rules! check {
        ($parse:path, $kind:literal, $each:expr) => {{
            let answer = $parse(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(Some(answer.code), json["retCode"].as_i64(), "{name}");
            assert_eq!(
                Some(answer.text.as_str()),
                json["retMsg"].as_str(),
                "{name}"
            );
            assert_eq!(answer.time_ms, json["time"].as_i64().unwrap_or(0), "{name}");
            assert_eq!(answer.result.cursor.as_deref(), cursor, "{name}");
            assert_eq!(answer.result.items.len(), list.len(), "{name}");
            for (item, json) in answer.result.items.iter().zip(list) {
                $each(item, json);
            }
            $kind.to_owned()
        }};
    }
    let has = |key: &str| first.get(key).is_some();
    if json["retCode"] != 0 || result.get("timeNano").is_some() || list.is_empty() {
        return look_at_plain_body(name, bytes, json);
    }
    if has("orderStatus") {
        check!(rest::orders, "REST orders", |item: &_, json| {
            order_fields(name, item, json);
            look_at_order(name, item, json, 0);
        })
    } else if has("execQty") {
        check!(rest::executions, "REST executions", |item: &_, json| {
            execution_fields(name, item, json);
            look_at_execution(name, item, json);
        })
    } else if has("positionIdx") {
        check!(
            rest::positions,
            "REST positions",
            |item: &PositionItem<'_>, json| {
                position_fields(name, item, json);
                look_at_leg(name, item, json, 0);
            }
        )
    } else if has("coin") {
        check!(
            rest::wallets,
            "REST wallet",
            |item: &_, json| wallet_fields(name, item, json)
        )
    } else if has("priceFilter") {
        check!(
            rest::instruments,
            "REST instruments",
            |item: &rest::InstrumentItem<'_>, json: &Value| {
                let lots = &json["lotSizeFilter"];
                let lot = lots.get("qtyStep").unwrap_or(&lots["basePrecision"]);
                let step = |text: &Value| Step::parse(text.as_str().unwrap()).unwrap();
                let scale = item.scale().unwrap();
                assert_eq!(scale.tick, step(&json["priceFilter"]["tickSize"]), "{name}");
                assert_eq!(scale.lot, step(lot), "{name}");
                let read = [
                    ("symbol", &item.symbol),
                    ("status", &item.status),
                    ("baseCoin", &item.base_coin),
                ];
                same(name, &read, json);
                let price = &item.price_filter;
                let read = [
                    ("minPrice", &price.min_price),
                    ("maxPrice", &price.max_price),
                ];
                same(name, &read, &json["priceFilter"]);
                let lot = &item.lot_size_filter;
                let read = [
                    ("minOrderQty", &lot.min_order_qty),
                    ("maxOrderQty", &lot.max_order_qty),
                ];
                same(name, &read, lots);
            }
        )
    } else if result.get("success").is_some() {
        check!(
            rest::cancel_all,
            "REST ids",
            |item: &rest::OrderIds<'_>, json| {
                let read = [
                    ("orderId", &item.order_id),
                    ("orderLinkId", &item.order_link_id),
                ];
                same(name, &read, json);
            }
        )
    } else {
        // Recent trades: not asked for by this connector.
        assert!(has("isBlockTrade"), "{name} is not looked at");
        look_at_plain_body(name, bytes, json)
    }
}

/// Bodies of which only the envelope, or one value, is read.
fn look_at_plain_body(name: &str, bytes: &[u8], json: &Value) -> String {
    let result = &json["result"];
    if let Some(text) = result["timeNano"].as_str() {
        let answer = rest::server_time(bytes).unwrap();
        assert_eq!(answer.result, text.parse::<i64>().unwrap(), "{name}");
        return "REST time".to_owned();
    }
    if let (Some(bids), Some(asks)) = (result["b"].as_array(), result["a"].as_array()) {
        // The REST book is not read by this connector; its levels have the shape of the socket's.
        for side in [bids, asks] {
            let text = |level: &Value, at: usize| level[at].as_str().unwrap().to_owned();
            let texts: Vec<_> = side.iter().map(|l| (text(l, 0), text(l, 1))).collect();
            let read: Vec<_> = texts
                .iter()
                .map(|(p, q)| (p.as_str(), q.as_str()))
                .collect();
            look_at_levels(name, &read, side);
        }
    }
    let answer = rest::order_ids(bytes).unwrap();
    assert_eq!(Some(answer.code), json["retCode"].as_i64(), "{name}");
    assert_eq!(answer.time_ms, json["time"].as_i64().unwrap_or(0), "{name}");
    let ids = [
        ("orderId", &answer.result.order_id),
        ("orderLinkId", &answer.result.order_link_id),
    ];
    same(name, &ids, result);
    "REST envelope".to_owned()
}

#[test]
fn every_own_frame_is_read_field_by_field() {
    let files = read_all(&own_directory());
    assert!(files.len() > 80);
    let seen: BTreeSet<String> = files
        .iter()
        .map(|(name, bytes)| look(name, bytes))
        .collect();
    let kinds = [
        "REST envelope",
        "REST executions",
        "REST ids",
        "REST instruments",
        "REST orders",
        "REST positions",
        "REST time",
        "REST wallet",
        "allLiquidation",
        "answer",
        "auth",
        "execution",
        "greeks",
        "no JSON",
        "order",
        "orderbook",
        "outcome",
        "pong",
        "position",
        "publicTrade",
        "tickers",
        "wallet",
    ];
    assert_eq!(seen, kinds.map(str::to_owned).into(), "every kind is there");
}

#[test]
fn every_recorded_frame_is_read_field_by_field() {
    let test = "every_recorded_frame_is_read_field_by_field";
    let Some(directory) = shared_data(test, "bybit-frames") else {
        return;
    };
    let files = read_all(&directory);
    assert!(files.len() >= 44, "{}", files.len());
    for (name, bytes) in files {
        look(&name, &bytes);
    }
}

/// The own frames cover what was recorded: each field that a recorded item has and that is read
/// stands in a frame of this project too.
#[test]
fn the_own_frames_have_every_field_that_is_read() {
    let text: String = read_all(&own_directory())
        .into_iter()
        .map(|(_, bytes)| String::from_utf8(bytes).unwrap())
        .collect();
    for (used, _) in [ORDER, EXECUTION, POSITION, WALLET] {
        for field in used {
            assert!(text.contains(&format!("\"{field}\":")), "{field}");
        }
    }
}
