//! What Bybit says of an execution beside quantity and price: fee, its coin, and the id.

use crate::bybit_script::{START_MS, SYMBOL, Script, limit, settings};
use hbl_venues::bybit::core::CoreSettings;
use hbl_venues::bybit::orders::link_id::LinkIds;
use hbl_venues::kit::venue::{ExecutionDetails, VenueEvent};
use hftbacktest::types::{Side, Status};
use serde_json::{Value, json};

const REALTIME: &str = "/v5/order/realtime";
const EXECUTIONS: &str = "/v5/execution/list";

fn ready(category: &str) -> Script {
    let settings = CoreSettings {
        category: category.into(),
        ..settings()
    };
    Script::ready_with(settings, 0.5, 0.1)
}

fn details(fee: Option<f64>, coin: Option<&str>, id: &str) -> Option<ExecutionDetails> {
    Some(ExecutionDetails {
        fee,
        fee_coin: coin.map(str::to_owned),
        trade_id: Some(id.to_owned()),
    })
}

/// What is reported of an order, from the acknowledgement on.
fn reported(venue: &Script, handle: u64) -> Vec<Option<ExecutionDetails>> {
    let reports = venue.reports(handle);
    let details = reports[1..].iter().map(|report| report.details.as_deref());
    details.map(|details| details.cloned()).collect()
}

/// Fills an order of this side at once, with `more` in its execution, and gives what is reported of that.
fn filled_with(category: &str, side: Side, more: &Value) -> Option<ExecutionDetails> {
    let mut venue = ready(category);
    let order = limit(1, side, 190, 1.0);
    let (link, id) = venue.live(&order);
    let mut item = venue.fill_json("e1", &link, &id, &order, 1.0, 0.0);
    for (key, value) in more.as_object().into_iter().flatten() {
        item[key] = value.clone();
    }
    venue.private("execution", json!([item]));
    assert_eq!(venue.statuses(1), [Status::New, Status::Filled], "{more}");
    reported(&venue, 1).remove(0)
}

#[test]
fn a_fill_carries_the_fee_as_the_venue_wrote_it_its_coin_and_the_id() {
    for (fee, value) in [("0.1204", 0.1204), ("-0.000123", -0.000_123), ("0", 0.0)] {
        let more = json!({ "execFee": fee, "feeCurrency": "USDC" });
        let expected = details(Some(value), Some("USDC"), "e1");
        assert_eq!(filled_with("linear", Side::Buy, &more), expected, "{fee}");
    }
}

#[test]
fn a_coin_that_the_venue_leaves_out_is_the_settle_coin_or_on_spot_what_is_received() {
    for (category, side, maker, fee, coin) in [
        ("linear", Side::Buy, true, 0.25, "USDT"),
        ("linear", Side::Sell, true, -0.25, "USDT"),
        ("spot", Side::Buy, false, 0.25, "X"),
        ("spot", Side::Sell, false, 0.25, "USDC"),
        ("spot", Side::Buy, true, 0.25, "X"),
        ("spot", Side::Sell, true, 0.25, "USDC"),
        // A rebate is paid in what is given.
        ("spot", Side::Buy, true, -0.25, "USDC"),
        ("spot", Side::Sell, true, -0.25, "X"),
    ] {
        let more = json!({ "execFee": fee.to_string(), "isMaker": maker, "feeCurrency": "" });
        let expected = details(Some(fee), Some(coin), "e1");
        let case = format!("{category} {side:?} maker {maker} {fee}");
        assert_eq!(filled_with(category, side, &more), expected, "{case}");
    }
}

#[test]
fn a_fee_that_is_absent_or_cannot_be_read_is_not_known_and_holds_back_no_fill() {
    for fee in [
        json!(null),
        json!(""),
        json!("much"),
        json!("NaN"),
        json!([1]),
    ] {
        let more = json!({ "execFee": fee, "feeCurrency": "USDT" });
        let expected = details(None, Some("USDT"), "e1");
        assert_eq!(filled_with("linear", Side::Buy, &more), expected, "{fee}");
    }
}

#[test]
fn an_end_that_waits_for_its_execution_is_reported_with_the_fee_and_without_it_when_none_comes() {
    for comes in [true, false] {
        let mut venue = ready("linear");
        let order = limit(1, Side::Buy, 190, 1.0);
        let (link, id) = venue.live(&order);
        let mut item = venue.fill_json("e1", &link, &id, &order, 1.0, 0.0);
        item["execFee"] = "0.5".into();
        venue.order(&link, &id, &order, "Filled", 1.0);
        if comes {
            venue.private("execution", json!([item]));
        }
        venue.pass(30_000);
        // Late, or a second time: the fill was reported.
        venue.private("execution", json!([item]));
        let expected = comes.then(|| details(Some(0.5), Some("USDT"), "e1"));
        assert_eq!(reported(&venue, 1), [expected.flatten()]);
    }
}

#[test]
fn executions_of_a_previous_session_keep_their_fees() {
    let mut ids = LinkIds::new("t", 900).unwrap();
    let mut venue = Script::new(settings());
    let order = limit(9, Side::Buy, 200, 1.0);
    let link = ids.next(7, 55);
    let mut listed = venue.order_json(&link, "v55", &order, "PartiallyFilled", 0.4);
    listed["createdTime"] = (START_MS - 60_000).to_string().into();
    let mut exec = venue.fill_json("e1", &link, "v55", &order, 0.4, 0.6);
    exec["execFee"] = "0.0123".into();
    assert_eq!(exec["symbol"], SYMBOL);
    venue.will_list(REALTIME, &[&listed], 1);
    venue.will_list(EXECUTIONS, &[&exec], 1);
    venue.start(0.5, 0.1);
    let fills = venue.events.iter().find_map(|event| match event {
        VenueEvent::Recovered(order) => Some(order.fills.clone()),
        _ => None,
    });
    let known = fills.unwrap()[0].details.as_deref().cloned();
    assert_eq!(known, details(Some(0.0123), Some("USDT"), "e1"));
}
