//! Whether a bot and the venue agree.

use std::collections::BTreeMap;

use hbl_fake_bybit::ControlHandle;
use hbl_venues::bybit::orders::link_id::{LinkIds, Origin};
use hftbacktest::types::Status;
use serde_json::{Value, json};

use super::ledger::Ledger;
use super::{PREFIX, number};

const CLOSE: f64 = 1e-9;

/// What differs, or nothing.
pub fn differences(
    ledger: &Ledger,
    control: &ControlHandle,
    symbol: &str,
    tick: f64,
    depth: u32,
) -> Vec<String> {
    let mut out = ledger.faults.clone();
    book(ledger, control, symbol, tick, depth, &mut out);
    let truth = control.run_json(json!({"cmd": "truth"})).unwrap();
    out.extend(order_differences(ledger, &truth));
    let position = position(&truth, symbol);
    if (ledger.position - position).abs() > CLOSE {
        out.push(format!("position {} is {position}", ledger.position));
    }
    out
}

/// What differs of the orders, or nothing.
pub fn order_differences(ledger: &Ledger, truth: &Value) -> Vec<String> {
    let mut out = Vec::new();
    orders(ledger, truth, &mut out);
    out
}

fn book(
    ledger: &Ledger,
    control: &ControlHandle,
    symbol: &str,
    tick: f64,
    depth: u32,
    out: &mut Vec<String>,
) {
    let ask = json!({"cmd": "published", "symbol": symbol, "depth": depth});
    let published = match control.run_json(ask) {
        Ok(published) => published,
        Err(error) => {
            out.push(format!("no book: {error}"));
            return;
        }
    };
    for (side, name) in ["bids", "asks"].into_iter().enumerate() {
        let levels = published[name].as_array().unwrap().iter();
        #[expect(clippy::cast_possible_truncation, reason = "ticks")]
        let levels =
            levels.map(|level| ((number(&level[0]) / tick).round() as i64, number(&level[1])));
        let levels: BTreeMap<i64, f64> = levels.collect();
        if levels != ledger.book[side] {
            let of = |map: &BTreeMap<i64, f64>, other: &BTreeMap<i64, f64>| {
                let odd = map
                    .iter()
                    .filter(|(tick, qty)| other.get(tick) != Some(qty));
                odd.take(3).map(|(t, q)| (*t, *q)).collect::<Vec<_>>()
            };
            out.push(format!(
                "{name}: the venue has {:?}, the bot {:?}",
                of(&levels, &ledger.book[side]),
                of(&ledger.book[side], &levels)
            ));
        }
    }
    if ledger.stale {
        out.push("the feed is stale".into());
    }
}

/// Orders of the connector at the venue, by the bot's own id.
pub fn ours(truth: &Value) -> BTreeMap<u64, Vec<Value>> {
    let ids = LinkIds::new(PREFIX, 1).unwrap();
    let mut ours: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    for order in truth["orders"].as_array().unwrap() {
        match ids.decode(order["orderLinkId"].as_str().unwrap_or("")) {
            Origin::Ours(id) | Origin::OtherEpoch(id) => {
                ours.entry(id.order_id).or_default().push(order.clone());
            }
            Origin::Foreign => {}
        }
    }
    ours
}

fn orders(ledger: &Ledger, truth: &Value, out: &mut Vec<String>) {
    let ours = ours(truth);
    for (id, orders) in &ours {
        if orders.len() > 1 {
            out.push(format!("order {id} was sent {} times", orders.len()));
        }
        if !ledger.orders.contains_key(id) {
            out.push(format!(
                "order {id} is at the venue and the bot does not know it: {}",
                orders[0]
            ));
        }
    }
    for (id, known) in &ledger.orders {
        let Some(order) = ours.get(id).and_then(|orders| orders.first()) else {
            if known.last.status != Status::Expired || known.filled > 0.0 {
                out.push(format!(
                    "order {id} is not at the venue: {:?} {}",
                    known.last, known.filled
                ));
            }
            continue;
        };
        let status = order["orderStatus"].as_str().unwrap_or("");
        let cum = number(&order["cumExecQty"]);
        let fits = match known.last.status {
            Status::New | Status::PartiallyFilled | Status::Replaced => is_open(status),
            Status::Filled => status == "Filled",
            Status::Canceled => matches!(status, "Cancelled" | "PartiallyFilledCanceled"),
            Status::Expired => {
                matches!(status, "Rejected" | "Cancelled" | "PartiallyFilledCanceled")
            }
            _ => false,
        };
        if !fits {
            out.push(format!(
                "order {id} is {status}, the bot has {:?}",
                known.statuses
            ));
        }
        if (known.filled - cum).abs() > CLOSE {
            out.push(format!(
                "order {id} is filled {cum}, the bot has {}",
                known.filled
            ));
        }
        let open = is_open(status);
        if open && (known.last.qty - number(&order["qty"])).abs() > CLOSE {
            out.push(format!(
                "order {id} has quantity {}, the bot has {}",
                order["qty"], known.last.qty
            ));
        }
        let tick = number(&order["price"]) / known.last.tick_size;
        #[expect(clippy::cast_possible_truncation, reason = "ticks")]
        if open && known.last.price_tick != tick.round() as i64 {
            out.push(format!(
                "order {id} has price {}, the bot has {}",
                order["price"], known.last.price_tick
            ));
        }
    }
}

/// `Created`: taken by the venue and not reported as `New` yet.
fn is_open(status: &str) -> bool {
    matches!(status, "Created" | "New" | "PartiallyFilled")
}

/// Signed position of the account.
pub fn position(truth: &Value, symbol: &str) -> f64 {
    let positions = truth["positions"].as_array().unwrap().iter();
    let of = positions.filter(|p| p["symbol"] == symbol);
    of.map(|p| {
        let size = number(&p["size"]);
        if p["side"] == "Sell" { -size } else { size }
    })
    .sum()
}
