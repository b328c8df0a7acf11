//! A stopping connector finishes the work for the orders of its bots.

use std::time::{Duration, Instant};

use crate::bybit_net::rig::Rig;
use crate::bybit_net::{XRP, truth, wait_until};
use hbl_fake_bybit::{FakeBybit, ReplyRule, ReplyShape, Socket};
use hbl_wire::ControlEvent;
use hftbacktest::types::{Side, Status, TimeInForce};
use serde_json::{Value, json};

const COUNT: u64 = 14;
/// An order may wait nearly as long for the quota as the quota's second is.
const WAITS: &str = "order_wait_ms = 900";

/// A rig whose connector takes orders, and none is open.
fn start(seed: u64, lines: &str, more: &[&str]) -> Rig {
    let mut rig = Rig::start_with(seed, lines, more);
    let first = rig.rest(1_000);
    rig.bot.cancel(first);
    rig.bot
        .until("gone", |ledger| ledger.is(first, Status::Canceled));
    rig
}

/// Orders that rest at the venue.
fn rest(rig: &mut Rig, count: u64) {
    for id in 1..=count {
        let tick = 20_000 - id.cast_signed();
        rig.bot.submit(id, Side::Buy, tick, 10.0, TimeInForce::GTC);
        if id % 5 == 0 {
            // Within the venue's quota.
            rig.bot.run_for(Duration::from_millis(700));
        }
    }
    rig.bot.until("open orders", |ledger| {
        (1..=count).all(|id| ledger.is(id, Status::New))
    });
    assert_eq!(open_orders(&rig.venue).len(), count as usize);
}

fn open_orders(venue: &FakeBybit) -> Vec<Value> {
    let truth = truth(venue.control());
    let orders = truth["orders"].as_array().unwrap().iter();
    let open = ["New", "PartiallyFilled"];
    orders
        .filter(|order| open.iter().any(|status| order["orderStatus"] == *status))
        .cloned()
        .collect()
}

/// The venue takes so long for what comes over the trade connection.
fn delay(venue: &FakeBybit, delay_ms: u64) {
    venue
        .control()
        .faults(Socket::Trade, |faults| faults.delay_ms = delay_ms);
}

#[test]
fn what_was_asked_to_be_cancelled_is_cancelled_before_the_connector_ends() {
    let mut rig = start(401, "", &[]);
    rest(&mut rig, COUNT);
    delay(&rig.venue, 100);
    rig.bot.cancel_all();
    let (status, output) = rig.process.stop();
    assert!(status.success(), "{output}");
    assert_eq!(open_orders(&rig.venue), Vec::<Value>::new(), "{output}");
    assert!(output.contains(r#""ordersLeft":[]"#), "{output}");
    rig.bot.until("all canceled", |ledger| {
        (1..=COUNT).all(|id| ledger.is(id, Status::Canceled))
    });
}

#[test]
fn single_cancellations_are_carried_out_before_the_connector_ends() {
    let mut rig = start(402, "", &[]);
    rest(&mut rig, 5);
    for id in 1..=5 {
        rig.bot.cancel(id);
    }
    let (_, output) = rig.process.stop();
    assert_eq!(open_orders(&rig.venue), Vec::<Value>::new(), "{output}");
}

#[test]
fn a_cancellation_that_finds_no_trade_connection_is_asked_for_again_while_the_connector_stops() {
    let mut rig = start(403, "", &[]);
    rest(&mut rig, 3);
    let cut = json!({"cmd": "cut", "socket": "trade"});
    rig.venue.control().run_json(cut).unwrap();
    rig.bot.run_for(Duration::from_millis(20));
    // Stops while the connection is being made again: the first attempt is refused.
    rig.process.signal(libc::SIGTERM);
    rig.bot.cancel_all();
    let (_, output) = rig.process.wait(Duration::from_secs(30));
    assert_eq!(open_orders(&rig.venue), Vec::<Value>::new(), "{output}");
}

#[test]
fn a_venue_that_does_not_answer_is_awaited_until_the_deadline_and_open_orders_are_reported() {
    let mut rig = start(404, "", &["--stop-wait-ms", "700"]);
    rest(&mut rig, 2);
    let rule = ReplyRule {
        op: "order.cancel-batch".into(),
        execute: Some(false),
        shape: ReplyShape::None,
        ..ReplyRule::default()
    };
    let mut command = serde_json::to_value(rule).unwrap();
    command["cmd"] = "reply".into();
    rig.venue.control().run_json(command).unwrap();
    rig.bot.cancel_all();
    let start = Instant::now();
    let (status, output) = rig.process.stop();
    let took = start.elapsed();
    assert!(status.success());
    assert!(took >= Duration::from_millis(650), "{took:?}");
    // By default it would be 5 s.
    assert!(took < Duration::from_millis(4_500), "{took:?}");
    assert_eq!(open_orders(&rig.venue).len(), 2);
    assert!(output.contains("ORDERS ARE LEFT"), "{output}");
    assert!(output.contains(r#""ordersLeft":[{"#), "{output}");
    let reported = |e: &ControlEvent| matches!(e, ControlEvent::Notice { code: 3121, symbol, .. } if symbol == XRP);
    rig.bot
        .until("both are named", |ledger| ledger.count(reported) == 2);
}

#[test]
fn a_connector_that_stops_takes_no_new_order() {
    let mut rig = start(405, "", &["--stop-wait-ms", "10000"]);
    rest(&mut rig, 1);
    delay(&rig.venue, 2_000);
    rig.bot.cancel(1);
    rig.process.signal(libc::SIGTERM);
    rig.bot.run_for(Duration::from_millis(100));
    rig.bot
        .submit(500, Side::Buy, 20_000, 10.0, TimeInForce::GTC);
    rig.bot
        .until("refused", |ledger| ledger.is(500, Status::Expired));
    let reported = |e: &ControlEvent| matches!(e, ControlEvent::Reject { code: 3120, .. });
    assert_eq!(rig.bot.ledger.count(reported), 1);
    let (_, output) = rig.process.wait(Duration::from_secs(30));
    assert_eq!(open_orders(&rig.venue), Vec::<Value>::new(), "{output}");
}

#[test]
fn cancel_all_takes_back_orders_that_wait_for_the_quota() {
    let mut rig = start(406, WAITS, &[]);
    rig.venue
        .control()
        .settings(|settings| settings.order_rate = 10);
    rig.bot.run_for(Duration::from_millis(1_500));
    // The first ten go out at once, the others wait for their place, or are refused: what counts is
    // that none of them reaches the venue after the cancellation.
    for id in 1..=COUNT {
        rig.bot
            .submit(id, Side::Buy, 20_000, 10.0, TimeInForce::GTC);
        if id == 10 {
            rig.bot.run_for(Duration::from_millis(300));
        }
    }
    rig.bot.cancel_all();
    rig.bot.until("the end of all", |ledger| {
        (1..=COUNT).all(|id| {
            ledger
                .orders
                .get(&id)
                .is_some_and(|known| known.has_ended())
        })
    });
    rig.bot.run_for(Duration::from_millis(1_500));
    assert_eq!(open_orders(&rig.venue).len(), 0);
    let taken_back = |e: &ControlEvent| matches!(e, ControlEvent::Reject { code: 3122, .. });
    assert!(
        rig.bot.ledger.count(taken_back) > 0,
        "{:?}",
        rig.bot.ledger.sides
    );
}

#[test]
fn a_cancellation_takes_back_an_order_that_waits_for_the_quota() {
    let mut rig = start(407, WAITS, &[]);
    rig.bot.run_for(Duration::from_millis(1_500));
    for id in 1..=10 {
        rig.bot
            .submit(id, Side::Buy, 20_000, 10.0, TimeInForce::GTC);
    }
    rig.bot.run_for(Duration::from_millis(300));
    rig.bot
        .submit(11, Side::Buy, 20_000, 10.0, TimeInForce::GTC);
    rig.bot.cancel(11);
    rig.bot
        .until("its end", |ledger| ledger.is(11, Status::Expired));
    let taken_back = |e: &ControlEvent| {
        matches!(
            e,
            ControlEvent::Reject {
                code: 3122,
                order_id: 11,
                ..
            }
        )
    };
    assert_eq!(rig.bot.ledger.count(taken_back), 1);
    rig.bot.run_for(Duration::from_millis(1_000));
    wait_until("only the ten", || open_orders(&rig.venue).len() == 10);
}

#[test]
fn cancel_all_on_a_symbol_that_is_not_registered_is_answered() {
    let mut rig = start(408, "", &[]);
    rig.bot.cancel_all_on("ETHUSDT");
    let reported = |e: &ControlEvent| matches!(e, ControlEvent::Reject { symbol, order_id: 0, code: 3001, .. } if symbol == "ETHUSDT");
    rig.bot
        .until("an answer", |ledger| ledger.count(reported) == 1);
}
