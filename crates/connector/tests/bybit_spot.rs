//! `connector bybit` with the category `spot` and real orders, as a process against the fake venue.

use crate::bybit_net::process::BybitProcess;
use crate::bybit_net::shm_bot::ShmBot;
use crate::bybit_net::truth::{order_differences, ours};
use crate::bybit_net::{REAL, XRP, config_text, place_with, truth, venue};
use crate::support::names::unique_name;
use hbl_fake_bybit::{ControlHandle, FakeBybit};
use hbl_venues::bybit::orders::link_id::LinkIds;
use hbl_wire::ControlEvent;
use hftbacktest::types::{Side, Status, TimeInForce};
use serde_json::{Value, json};

fn config(venue: &FakeBybit, more: &str) -> tempfile::TempPath {
    let urls = venue.urls();
    config_text(&format!(
        "category = \"spot\"\npublic_url = \"{}\"\nprivate_url = \"{}\"\ntrade_url = \"{}\"\nrest_url = \"{}\"\n{more}\n",
        urls.public_spot, urls.private, urls.trade, urls.rest
    ))
}

fn place(control: &ControlHandle, side: &str, qty: &str, price: &str) {
    place_with(control, side, qty, price, json!({ "category": "spot" }));
}

/// What the account holds of XRP.
fn held(control: &ControlHandle) -> f64 {
    let truth = truth(control);
    let coins = truth["wallet"]["coin"].as_array().unwrap();
    let xrp = coins.iter().find(|coin| coin["coin"] == "XRP").unwrap();
    xrp["walletBalance"].as_str().unwrap().parse().unwrap()
}

/// The orders of spot as the venue has them.
fn spot_orders(control: &ControlHandle) -> Value {
    let mut truth = truth(control);
    let orders = truth["orders"].as_array_mut().unwrap();
    orders.retain(|order| order["category"] == "spot");
    truth
}

fn order(control: &ControlHandle, id: u64) -> Option<Value> {
    ours(&spot_orders(control))
        .get(&id)
        .map(|orders| orders[0].clone())
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

fn agree(bot: &mut ShmBot, control: &ControlHandle) {
    bot.until("as at the venue", |ledger| {
        order_differences(ledger, &spot_orders(control)).is_empty()
            && ledger.faults.is_empty()
            && near(ledger.position, held(control))
    });
}

#[test]
fn a_bot_on_spot_trades_changes_and_cancels_and_the_venue_holds_what_it_knows() {
    for entry in ["socket", "rest"] {
        let venue = venue(51);
        let control = venue.control();
        let config = config(&venue, &format!("order_entry = \"{entry}\""));
        let process = BybitProcess::start(&unique_name(), &config, REAL);
        assert_eq!(process.ready["orders"], "real");
        place(control, "Sell", "100.0", "2.5100");
        place(control, "Buy", "100.0", "2.4900");
        let mut bot = ShmBot::join(&process.name, XRP, 0.0001, 0.01);
        bot.until("a book", |l| !l.book[0].is_empty() && !l.book[1].is_empty());
        bot.until("the wallet", |ledger| near(ledger.position, 10.0));

        // Rests, is changed, filled in part by others, cancelled.
        let rests = bot.open_order(1, Side::Buy, 24_000, 20.05);
        let at_venue = order(control, rests).unwrap();
        assert_eq!(
            (&at_venue["category"], &at_venue["qty"]),
            (&json!("spot"), &json!("20.05"))
        );
        bot.amend(rests, 24_500, 30.0);
        bot.until("amended", |ledger| {
            let last = &ledger.orders[&rests].last;
            last.price_tick == 24_500 && near(last.qty, 30.0)
        });
        let link = order(control, rests).unwrap()["orderLinkId"].clone();
        let fill = json!({"cmd": "fill", "id": link, "qty": "12.34"});
        control.run_json(fill).unwrap();
        bot.until("a fill", |ledger| near(ledger.orders[&rests].filled, 12.34));
        bot.cancel(rests);
        bot.until("canceled", |ledger| ledger.is(rests, Status::Canceled));
        // The fee is taken from the coin: the wallet gets less than was filled.
        assert!(held(control) < 10.0 + 12.34 && held(control) > 10.0 + 12.3);

        // Takes on both sides; the fill took the bids above it as well.
        place(control, "Buy", "100.0", "2.4900");
        bot.submit(100, Side::Buy, 25_100, 4.0, TimeInForce::IOC);
        bot.until("bought", |ledger| ledger.is(100, Status::Filled));
        bot.submit(101, Side::Sell, 24_900, 5.5, TimeInForce::IOC);
        bot.until("sold", |ledger| ledger.is(101, Status::Filled));
        assert!(near(bot.ledger.orders[&100].filled, 4.0));
        assert!(near(bot.ledger.orders[&101].filled, 5.5));

        // Too little value; more than the wallet holds.
        for (id, side, qty, code) in [
            (102, Side::Buy, 0.01, 170_140),
            (103, Side::Sell, 90.0, 170_131),
        ] {
            bot.submit(id, side, 26_000, qty, TimeInForce::GTC);
            bot.until("refused", |ledger| ledger.is(id, Status::Expired));
            let is_reason = |e: &ControlEvent| matches!(e, ControlEvent::Reject { order_id, code: of, .. } if *order_id == id && *of == code);
            bot.until("the reason", |ledger| ledger.count(is_reason) == 1);
        }

        // Taken by the venue, and the answer is lost.
        let op = json!({"op": "order.create", "shape": "none"});
        control.reply(serde_json::from_value(op).unwrap());
        bot.submit(104, Side::Buy, 24_000, 5.0, TimeInForce::GTC);
        bot.until("open", |ledger| ledger.is(104, Status::New));
        // An order of the other category with this prefix is none of this connector's.
        let link = LinkIds::new("hbl", 900).unwrap().next(7, 7777);
        let more = json!({"owner": "account", "orderLinkId": link});
        place_with(control, "Buy", "5.0", "2.4000", more);
        bot.cancel_all();
        bot.until("canceled", |ledger| ledger.is(104, Status::Canceled));
        agree(&mut bot, control);
        let truth = truth(control);
        let linear = truth["orders"].as_array().unwrap().iter();
        let linear = linear.filter(|order| order["category"] == "linear");
        let open: Vec<_> = linear.map(|order| order["orderStatus"].clone()).collect();
        assert_eq!(open, ["New"], "left alone");
        assert!(
            truth["positions"]
                .as_array()
                .unwrap()
                .iter()
                .all(|p| p["size"] == "0")
        );
        assert_eq!(control.counter("rest/v5/position/list"), 0, "{entry}");
        assert!(process.stop().0.success());
    }
}

#[test]
fn orders_of_a_spot_connector_that_was_killed_are_those_of_the_next_one_of_its_category() {
    let venue = venue(52);
    let control = venue.control();
    place(control, "Sell", "100.0", "2.5100");
    let config_ours = config(&venue, "on_connect = \"cancel-ours\"");
    let mut process = BybitProcess::start(&unique_name(), &config_ours, REAL);
    let mut bot = ShmBot::join(&process.name, XRP, 0.0001, 0.01);
    let id = bot.open_order(1, Side::Buy, 24_000, 20.0);
    process.kill();
    // The connector of the other category takes no notice of it.
    let linear = crate::bybit_net::config_file(&venue, "on_connect = \"cancel-ours\"");
    let other = BybitProcess::start(&unique_name(), &linear, REAL);
    let mut bot = ShmBot::xrp(&other);
    let rests = bot.open_order(500, Side::Buy, 24_000, 20.0);
    assert_eq!(order(control, id).unwrap()["orderStatus"], "New");
    let next = BybitProcess::start(&unique_name(), &config_ours, REAL);
    crate::bybit_net::wait_until("its cancellation", || {
        order(control, id).unwrap()["orderStatus"] == "Cancelled"
    });
    let truth = truth(control);
    assert_eq!(ours(&truth)[&rests][0]["orderStatus"], "New");
    assert!(next.stop().0.success());
    let (status, output) = other.stop();
    assert!(status.success() && !output.contains("3224"), "{output}");
}
