//! One account and several connectors, settle coins, instruments that change and items that cannot
//! be read: `connector bybit` over real sockets against the fake venue.

use std::time::Duration;

use crate::bybit_net::process::{BybitProcess, run_to_end};
use crate::bybit_net::rig::Rig;
use crate::bybit_net::shm_bot::ShmBot;
use crate::bybit_net::truth::ours;
use crate::bybit_net::{REAL, XRP, config_file, place, place_with, truth, venue};
use crate::support::names::unique_name;
use hbl_fake_bybit::ControlHandle;
use hbl_wire::ControlEvent;
use hftbacktest::types::{Side, Status, TimeInForce};
use serde_json::{Value, json};

fn run(control: &ControlHandle, command: Value) -> Value {
    control.run_json(command).unwrap()
}

fn listing(control: &ControlHandle, listing: Value) {
    run(
        control,
        json!({"cmd": "listing", "symbol": XRP, "listing": listing}),
    );
}

fn link_of(control: &ControlHandle, id: u64) -> String {
    let truth = truth(control);
    let link = &ours(&truth)[&id][0]["orderLinkId"];
    link.as_str().unwrap().to_owned()
}

fn venue_order(control: &ControlHandle, id: u64) -> Option<Value> {
    ours(&truth(control))
        .get(&id)
        .map(|orders| orders[0].clone())
}

fn notice(code: i64, word: &'static str) -> impl Fn(&ControlEvent) -> bool {
    move |event| matches!(event, ControlEvent::Notice { code: of, text, .. } if *of == code && text.contains(word))
}

#[test]
fn a_second_connector_with_the_same_key_and_prefix_is_refused_and_says_what_to_do() {
    let venue = venue(1);
    let config = config_file(&venue, "");
    let first = BybitProcess::start(&unique_name(), &config, REAL);
    let (code, output) = run_to_end(&config, REAL, |_| {});
    assert_eq!(code, 3, "{output}");
    assert!(output.contains("order_prefix hbl") && output.contains("another order_prefix"));
    assert!(!output.contains(crate::bybit_net::KEY), "{output}");
    let other = config_file(&venue, "order_prefix = \"b\"");
    let second = BybitProcess::start(&unique_name(), &other, REAL);
    assert!(second.stop().0.success());
    assert!(first.stop().0.success());
    // Freed with the process, also by force.
    let mut third = BybitProcess::start(&unique_name(), &config, REAL);
    third.kill();
    let fourth = BybitProcess::start(&unique_name(), &config, REAL);
    assert!(fourth.stop().0.success());
}

#[test]
fn a_position_in_another_settle_coin_is_reported_as_it_is() {
    let venue = venue(2);
    let control = venue.control();
    listing(control, json!({"settleCoin": "USDC"}));
    place(control, "Sell", "10.0", "2.5100");
    let foreign = json!({"owner": "account", "orderLinkId": "mine"});
    place_with(control, "Buy", "7.0", "2.5100", foreign);
    // Where the mode is to be found out, the symbol is asked for by its name, whatever its coin.
    let config = config_file(&venue, "position_mode = \"one-way\"");
    let process = BybitProcess::start(&unique_name(), &config, REAL);
    let mut bot = ShmBot::xrp(&process);
    bot.until("the position", |ledger| ledger.position == 7.0);
}

#[test]
fn a_tick_that_gets_finer_moves_no_order_and_a_new_registration_trades_on() {
    let venue = venue(3);
    let control = venue.control();
    listing(control, json!({"tick": "0.0010"}));
    place(control, "Sell", "10.0", "2.5100");
    place(control, "Buy", "10.0", "2.4000");
    let config = config_file(&venue, "");
    let process = BybitProcess::start(&unique_name(), &config, REAL);
    let mut bot = ShmBot::join(&process.name, XRP, 0.001, 0.1);
    bot.until("a book", |ledger| !ledger.book[1].is_empty());
    let id = bot.open_order(1, Side::Buy, 2450, 20.0);

    listing(control, json!({"tick": "0.0001"}));
    place(control, "Sell", "1.0", "2.5055");
    bot.until("a report", |ledger| {
        ledger.count(notice(3220, "tick size 0.0001 instead of 0.001")) == 1
    });
    bot.submit(100, Side::Buy, 2449, 20.0, TimeInForce::GTC);
    bot.until("refused", |ledger| ledger.is(100, Status::Expired));
    assert!(bot.ledger.codes().contains(&3220));
    assert_eq!(venue_order(control, 100), None);
    let resting = venue_order(control, id).unwrap();
    assert_eq!(
        (&resting["price"], &resting["orderStatus"]),
        (&json!("2.4500"), &json!("New"))
    );
    bot.amend(id, 2449, 20.0);
    bot.until("amended", |ledger| {
        ledger.orders[&id].last.price_tick == 2449
    });
    assert_eq!(venue_order(control, id).unwrap()["price"], "2.4490");

    let mut old = ShmBot::join(&process.name, XRP, 0.001, 0.1);
    let refused = |e: &ControlEvent| matches!(e, ControlEvent::RegisterRefused { code: 3002, text, .. } if text.contains("tick size 0.0001"));
    old.until("refused", |ledger| ledger.count(refused) == 1);
    let mut new = ShmBot::xrp(&process);
    new.until("the book", |ledger| ledger.book[1].contains_key(&25_055));
    let other = new.open_order(200, Side::Buy, 24_481, 20.0);
    assert_eq!(venue_order(control, other).unwrap()["price"], "2.4481");
    bot.cancel(id);
    bot.until("cancelled", |ledger| ledger.is(id, Status::Canceled));
    assert_eq!(
        bot.ledger.orders[&id].last.price_tick, 2449,
        "in its own unit"
    );
}

#[test]
fn what_cannot_be_read_on_stream_and_over_rest_ends_no_order() {
    let Rig {
        venue,
        process: _process,
        mut bot,
        ..
    } = Rig::start(4).with_offer();
    let control = venue.control();
    let first = bot.open_order(1, Side::Buy, 24_000, 20.0);
    run(
        control,
        json!({"cmd": "garble", "topic": "order", "field": "price", "value": "2.40005"}),
    );
    // No report of it can be read, and its acknowledgement is lost.
    run(
        control,
        json!({"cmd": "reply", "op": "order.create", "shape": "none"}),
    );
    bot.submit(500, Side::Buy, 23_999, 20.0, TimeInForce::GTC);
    bot.run_for(Duration::from_secs(25));
    assert!(
        !bot.ledger.codes().contains(&3203),
        "{:?}",
        bot.ledger.sides
    );
    assert!(!bot.ledger.is(500, Status::Expired) && !bot.ledger.is(500, Status::Canceled));
    assert!(bot.ledger.is(first, Status::New));
    assert!(
        bot.ledger.count(notice(3212, "order 500")) == 1,
        "{:?}",
        bot.ledger.sides
    );
    assert_eq!(venue_order(control, 500).unwrap()["orderStatus"], "New");
    run(control, json!({"cmd": "clearFaults"}));
    bot.until("known again", |ledger| ledger.is(500, Status::New));
    bot.cancel(500);
    bot.until("cancelled", |ledger| ledger.is(500, Status::Canceled));
    let _ = link_of(control, 500);
}

#[test]
fn with_a_silent_private_stream_a_fill_is_known_within_the_stated_bound() {
    let Rig {
        venue,
        process: _process,
        mut bot,
        ..
    } = Rig::start(5).with_offer();
    let control = venue.control();
    let id = bot.open_order(1, Side::Buy, 24_000, 20.0);
    let link = link_of(control, id);
    bot.run_for(Duration::from_secs(1));
    control.settings(|settings| settings.private_delay_ms = 600_000);
    let start = std::time::Instant::now();
    run(control, json!({"cmd": "fill", "id": link, "qty": "5.0"}));
    bot.until("the fill", |ledger| ledger.orders[&id].filled == 5.0);
    let took = start.elapsed();
    assert!(took < Duration::from_secs(7), "{took:?}");
}
