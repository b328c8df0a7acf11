//! Every recorded frame, field by field, against an independent reading of the same JSON.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::path::PathBuf;

use hbl_connector::venues::bybit::decimal::{Scale, Step};
use hbl_connector::venues::bybit::frames::order::OrderPhase;
use hbl_connector::venues::bybit::frames::private::{self, PrivateFrame};
use hbl_connector::venues::bybit::frames::public::{self, PublicFrame, levels};
use hbl_connector::venues::bybit::frames::text::Text;
use hbl_connector::venues::bybit::frames::trade::{self, TradeFrame};
use hbl_connector::venues::bybit::frames::{position::PositionItem, rest};
use serde_json::Value;

fn directory() -> Option<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = std::env::var_os("SHARED_DATA").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| root.join("../shared/data"));
    let directory = shared.join("bybit-frames");
    let found = directory.is_dir();
    if !found {
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            b"skipped: no recorded frames; set SHARED_DATA\n",
        );
    }
    found.then_some(directory)
}

fn files(prefix: &str) -> Vec<(String, Vec<u8>)> {
    let Some(directory) = directory() else {
        return Vec::new();
    };
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap())
        })
        .filter(|(name, _)| name.starts_with(prefix))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{prefix}");
    files
}

fn value(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

fn same(name: &str, fields: &[(&str, &Text<'_>)], json: &Value) {
    for (key, text) in fields {
        let expected = match json.get(key) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        assert_eq!(text.or_empty(), expected, "{name}: {key}");
    }
}

macro_rules! fields {
    ($item:expr; $($key:literal $field:ident),+ $(,)?) => {
        [$(($key, &$item.$field)),+]
    };
}

fn order_fields(
    name: &str,
    item: &hbl_connector::venues::bybit::frames::order::OrderItem<'_>,
    json: &Value,
) {
    same(
        name,
        &fields!(item; "category" category, "symbol" symbol, "orderId" order_id,
        "orderLinkId" order_link_id, "side" side, "orderType" order_type, "price" price, "qty" qty,
        "timeInForce" time_in_force, "orderStatus" order_status, "cancelType" cancel_type,
        "rejectReason" reject_reason, "leavesQty" leaves_qty, "cumExecQty" cum_exec_qty,
        "cumExecValue" cum_exec_value, "avgPrice" avg_price, "createdTime" created_time,
        "updatedTime" updated_time, "reduceOnly" reduce_only, "positionIdx" position_idx),
        json,
    );
}

fn execution_fields(
    name: &str,
    item: &hbl_connector::venues::bybit::frames::execution::ExecutionItem<'_>,
    json: &Value,
) {
    same(
        name,
        &fields!(item; "category" category, "symbol" symbol, "orderId" order_id,
        "orderLinkId" order_link_id, "side" side, "orderQty" order_qty, "leavesQty" leaves_qty,
        "execId" exec_id, "execPrice" exec_price, "execQty" exec_qty, "execFee" exec_fee,
        "execType" exec_type, "execTime" exec_time, "isMaker" is_maker, "seq" seq),
        json,
    );
}

fn position_fields(name: &str, item: &PositionItem<'_>, json: &Value, price: &str) {
    same(
        name,
        &fields!(item; "category" category, "symbol" symbol, "side" side, "size" size,
        "positionIdx" position_idx, "updatedTime" updated_time, "seq" seq),
        json,
    );
    same(name, &[(price, &item.entry_price)], json);
}

fn scale() -> Scale {
    Scale {
        tick: Step::parse("0.0001").unwrap(),
        lot: Step::parse("0.0001").unwrap(),
    }
}

#[test]
fn recorded_books_and_public_answers_are_read_field_by_field() {
    for (name, bytes) in files("ws_orderbook") {
        let json = value(&bytes);
        let PublicFrame::Book(book) = public::parse(&bytes).unwrap() else {
            panic!("{name}");
        };
        let data = &json["data"];
        assert_eq!(Some(book.topic), json["topic"].as_str());
        assert_eq!(Some(book.symbol), data["s"].as_str());
        assert_eq!((book.depth, book.snapshot), (1, json["type"] == "snapshot"));
        assert_eq!(
            (Some(book.u), Some(book.seq)),
            (data["u"].as_u64(), data["seq"].as_u64())
        );
        let ms = json.get("cts").or(json.get("ts")).and_then(Value::as_i64);
        assert_eq!(Some(book.exch_ts), ms.map(|ms| ms * 1_000_000));
        for (side, read) in [("b", &book.bids), ("a", &book.asks)] {
            let expected = data[side].as_array().unwrap();
            assert_eq!(read.len(), expected.len());
            let mut out = Vec::new();
            levels(read, &scale(), &mut out).unwrap();
            for ((level, text), (tick, lots)) in expected.iter().zip(read).zip(&out) {
                assert_eq!(level, &serde_json::json!([text.0, text.1]));
                let px: f64 = text.0.parse().unwrap();
                let qty: f64 = text.1.parse().unwrap();
                assert_eq!(scale().tick.f64_of(*tick), px);
                assert_eq!(scale().lot.f64_of(*lots), qty);
            }
        }
    }
    for (name, bytes) in files("ws_subscription") {
        let PublicFrame::Reply(reply) = public::parse(&bytes).unwrap() else {
            panic!("{name}");
        };
        let json = value(&bytes);
        assert_eq!(Some(reply.success), json["success"].as_bool());
        same(
            &name,
            &fields!(reply; "op" op, "req_id" req_id, "ret_msg" text),
            &json,
        );
    }
    for (name, bytes) in files("ws_ticker") {
        assert!(
            matches!(
                public::parse(&bytes),
                Ok(PublicFrame::OtherTopic("tickers.BTCUSDT"))
            ),
            "{name}"
        );
    }
    for (name, bytes) in files("ws_public_trade") {
        // Its topic has an older name, so it is read under today's.
        assert!(
            matches!(public::parse(&bytes), Ok(PublicFrame::OtherTopic(_))),
            "{name}"
        );
        let text = String::from_utf8(bytes).unwrap();
        let text = text.replace("trade.linear.", "publicTrade.");
        let PublicFrame::Trades(frame) = public::parse(text.as_bytes()).unwrap() else {
            panic!("{name}");
        };
        let print = frame.items[0].print(&scale()).unwrap();
        assert_eq!(print.exch_ts, 1_709_891_679_000_000_000);
        assert_eq!(
            (print.tick, print.lots, print.buyer_takes),
            (274_510_000, 100, true)
        );
        assert!(!frame.items[0].block && frame.items[0].id.get().is_some());
    }
}

#[test]
fn recorded_account_frames_are_read_field_by_field() {
    for (name, bytes) in files("ws_account") {
        let json = value(&bytes);
        if json.get("topic").is_none() {
            let item: PositionItem<'_> = serde_json::from_slice(&bytes).unwrap();
            position_fields(&name, &item, &json, "entryPrice");
            assert_eq!(item.leg(&scale(), 0).unwrap().lots, 1000);
            continue;
        }
        let told = json["creationTime"].as_i64().unwrap() * 1_000_000;
        let items = json["data"].as_array().unwrap();
        match private::parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}")) {
            PrivateFrame::Orders(at, read) => {
                assert!(at == told && read.len() == items.len(), "{name}");
                for (item, json) in read.iter().zip(items) {
                    order_fields(&name, item, json);
                    let update = item.update(&scale(), at).unwrap();
                    assert_ne!(update.phase, OrderPhase::Unknown, "{name}");
                    let ms: i64 = json["updatedTime"].as_str().unwrap().parse().unwrap();
                    assert_eq!(update.updated_ns, ms * 1_000_000, "{name}");
                }
            }
            PrivateFrame::Executions(read) => {
                assert_eq!(read.len(), items.len(), "{name}");
                for (item, json) in read.iter().zip(items) {
                    execution_fields(&name, item, json);
                    let fill = item.fill(&scale()).unwrap().unwrap();
                    let qty: f64 = json["execQty"].as_str().unwrap().parse().unwrap();
                    assert_eq!(scale().lot.f64_of(fill.lots), qty, "{name}");
                    assert_eq!(Some(fill.maker), json["isMaker"].as_bool(), "{name}");
                }
            }
            PrivateFrame::Positions(at, read) => {
                assert!(at == told && read.len() == items.len(), "{name}");
                for (item, json) in read.iter().zip(items) {
                    position_fields(&name, item, json, "entryPrice");
                    assert_eq!(item.leg(&scale(), at).unwrap().lots, -100, "{name}");
                }
            }
            PrivateFrame::Wallets(at, read) => {
                assert!(at == told && read.len() == items.len(), "{name}");
                for (item, json) in read.iter().zip(items) {
                    wallet_fields(&name, item, json);
                }
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

fn wallet_fields(
    name: &str,
    item: &hbl_connector::venues::bybit::frames::position::WalletItem<'_>,
    json: &Value,
) {
    same(
        name,
        &fields!(item; "accountType" account_type, "totalEquity" total_equity,
        "totalWalletBalance" total_wallet_balance, "totalMarginBalance" total_margin_balance,
        "totalAvailableBalance" total_available_balance, "totalInitialMargin" total_initial_margin,
        "totalMaintenanceMargin" total_maintenance_margin),
        json,
    );
    let coins = json["coin"].as_array().unwrap();
    assert_eq!(item.coin.len(), coins.len(), "{name}");
    for (coin, json) in item.coin.iter().zip(coins) {
        same(
            name,
            &fields!(coin; "coin" coin, "equity" equity, "walletBalance" wallet_balance,
            "locked" locked, "spotBorrow" spot_borrow),
            json,
        );
    }
}

#[test]
fn a_rejection_after_a_fill_counts_as_a_cancellation() {
    for (_, bytes) in files("ws_account_order_partially_filled_rejected") {
        let PrivateFrame::Orders(at, items) = private::parse(&bytes).unwrap() else {
            panic!();
        };
        let update = items[0].update(&scale(), at).unwrap();
        assert_eq!(
            (update.phase, update.cum_lots),
            (OrderPhase::Cancelled, 500_000)
        );
    }
}

#[test]
fn recorded_logins_and_order_answers_are_read() {
    for (name, bytes) in files("ws_auth") {
        let PrivateFrame::Auth(reply) = private::parse(&bytes).unwrap() else {
            panic!("{name}");
        };
        let json = value(&bytes);
        assert_eq!(Some(reply.success), json["success"].as_bool(), "{name}");
        assert_eq!(reply.code, json["retCode"].as_i64(), "{name}");
        same(&name, &[("retMsg", &reply.text)], &json);
        let TradeFrame::Auth(code, _) = trade::parse(&bytes).unwrap() else {
            panic!("{name}");
        };
        assert_eq!(Some(code), json["retCode"].as_i64());
    }
    for (name, bytes) in files("ws_order_response") {
        let TradeFrame::Outcome(outcome) = trade::parse(&bytes).unwrap() else {
            panic!("{name}");
        };
        let json = value(&bytes);
        assert_eq!(Some(outcome.code), json["retCode"].as_i64());
        same(
            &name,
            &fields!(outcome; "reqId" req_id, "op" op, "retMsg" text),
            &json,
        );
        same(
            &name,
            &fields!(outcome; "orderId" order_id, "orderLinkId" link_id),
            &json["data"],
        );
    }
}

#[test]
fn recorded_rest_bodies_are_read_field_by_field() {
    for (name, bytes) in files("http_") {
        let json = value(&bytes);
        let empty = Vec::new();
        let list = json["result"]["list"].as_array().unwrap_or(&empty);
        let cursor = json["result"]["nextPageCursor"]
            .as_str()
            .filter(|c| !c.is_empty());
        macro_rules! check {
            ($parse:path, $each:expr) => {{
                let answer = $parse(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(answer.code, 0, "{name}");
                assert_eq!(
                    Some(answer.time_ms),
                    json["time"].as_i64().or(Some(0)),
                    "{name}"
                );
                assert_eq!(answer.result.cursor.as_deref(), cursor, "{name}");
                assert!(
                    answer.result.items.len() == list.len() && !list.is_empty(),
                    "{name}"
                );
                for (item, json) in answer.result.items.iter().zip(list) {
                    $each(item, json);
                }
            }};
        }
        if name.starts_with("http_get_order_") || name.starts_with("http_get_orders") {
            check!(rest::orders, |item: &_, json| {
                order_fields(&name, item, json);
                assert!(item.update(&scale(), 0).is_ok(), "{name}");
            });
        } else if name.starts_with("http_get_executions") {
            check!(rest::executions, |item: &_, json| {
                execution_fields(&name, item, json);
                assert!(item.fill(&scale()).unwrap().is_some(), "{name}");
            });
        } else if name.starts_with("http_get_positions") {
            check!(rest::positions, |item: &PositionItem<'_>, json| {
                position_fields(&name, item, json, "avgPrice");
                assert!(item.leg(&scale(), 0).is_ok(), "{name}");
            });
        } else if name.starts_with("http_get_wallet") {
            check!(rest::wallets, |item: &_, json| wallet_fields(
                &name, item, json
            ));
        } else if name.starts_with("http_get_instruments") {
            check!(
                rest::instruments,
                |item: &rest::InstrumentItem<'_>, json: &Value| {
                    let scale = item.scale().unwrap();
                    let step = |text: &Value| Step::parse(text.as_str().unwrap()).unwrap();
                    assert_eq!(scale.tick, step(&json["priceFilter"]["tickSize"]));
                    assert_eq!(scale.lot, step(&json["lotSizeFilter"]["qtyStep"]));
                    same(
                        &name,
                        &fields!(item; "symbol" symbol, "status" status, "baseCoin" base_coin),
                        json,
                    );
                }
            );
        }
    }
}

#[test]
fn cut_and_altered_frames_never_panic() {
    for (_, bytes) in files("") {
        for at in (0..bytes.len()).step_by(7) {
            let mut altered = bytes.clone();
            altered[at] ^= 0x15;
            for bytes in [&bytes[..at], &altered] {
                let _ = public::parse(bytes);
                let _ = private::parse(bytes);
                let _ = trade::parse(bytes);
                let _ = rest::orders(bytes);
                let _ = rest::server_time(bytes);
            }
        }
    }
}
