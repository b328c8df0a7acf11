//! A stopping connector finishes the work for the orders of its bots.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod bybit_net;

use std::time::{Duration, Instant};

use bybit_net::process::{BybitProcess, unique_name};
use bybit_net::shm_bot::ShmBot;
use bybit_net::{config_file, venue, wait_until};
use hbl_fake_bybit::{FakeBybit, Faults, ReplyRule, ReplyShape, Socket};
use hbl_wire::ControlEvent;
use hftbacktest::types::{Side, Status, TimeInForce};
use serde_json::{Value, json};

const COUNT: u64 = 14;

struct Rig {
    venue: FakeBybit,
    process: BybitProcess,
    bot: ShmBot,
    _config: tempfile::TempPath,
}

impl Rig {
    fn start(seed: u64, more: &[&str]) -> Self {
        let venue = venue(seed);
        let config = config_file(&venue, "");
        let mut args = vec!["--paper=false"];
        args.extend(more);
        let process = BybitProcess::start(&unique_name(), &config, &args);
        let mut bot = ShmBot::join(&process.name, "XRPUSDT", 0.0001, 0.1);
        let first = bot.open_order(1_000, Side::Buy, 20_000, 10.0);
        bot.cancel(first);
        bot.until("gone", |ledger| ledger.is(first, Status::Canceled));
        Self {
            venue,
            process,
            bot,
            _config: config,
        }
    }

    /// Orders that rest at the venue.
    fn rest(&mut self, count: u64) {
        for id in 1..=count {
            let tick = 20_000 - id.cast_signed();
            self.bot.submit(id, Side::Buy, tick, 10.0, TimeInForce::GTC);
            if id % 5 == 0 {
                // Within the venue's quota.
                self.bot.run_for(Duration::from_millis(700));
            }
        }
        self.bot.until("open orders", |ledger| {
            (1..=count).all(|id| ledger.is(id, Status::New))
        });
        assert_eq!(self.open_at_venue(), count as usize);
    }

    fn open_at_venue(&self) -> usize {
        open_orders(&self.venue).len()
    }
}

fn open_orders(venue: &FakeBybit) -> Vec<Value> {
    let truth = venue.control().run_json(json!({"cmd": "truth"})).unwrap();
    let orders = truth["orders"].as_array().unwrap().iter();
    let open = ["New", "PartiallyFilled"];
    orders
        .filter(|order| open.iter().any(|status| order["orderStatus"] == *status))
        .cloned()
        .collect()
}

fn faults(venue: &FakeBybit, socket: Socket, faults: Faults) {
    let faults = serde_json::to_value(faults).unwrap();
    let socket = serde_json::to_value(socket).unwrap();
    let command = json!({"cmd": "faults", "socket": socket, "faults": faults});
    venue.control().run_json(command).unwrap();
}

#[test]
fn what_was_asked_to_be_cancelled_is_cancelled_before_the_connector_ends() {
    let mut rig = Rig::start(401, &[]);
    rig.rest(COUNT);
    faults(
        &rig.venue,
        Socket::Trade,
        Faults {
            delay_ms: 100,
            ..Faults::default()
        },
    );
    rig.bot.cancel_all();
    let (status, output) = rig.process.stop();
    assert!(status.success(), "{output}");
    assert_eq!(open_orders(&rig.venue), Vec::<Value>::new(), "{output}");
    assert!(output.contains(r#""ordersLeft":[]"#), "{output}");
    rig.bot.run_for(Duration::from_millis(50));
    assert!((1..=COUNT).all(|id| rig.bot.ledger.is(id, Status::Canceled)));
}

#[test]
fn single_cancellations_too() {
    let mut rig = Rig::start(402, &[]);
    rig.rest(5);
    for id in 1..=5 {
        rig.bot.cancel(id);
    }
    let (_, output) = rig.process.stop();
    assert_eq!(open_orders(&rig.venue), Vec::<Value>::new(), "{output}");
}

#[test]
fn a_cancellation_that_finds_no_trade_connection_is_asked_for_again_while_the_connector_stops() {
    let mut rig = Rig::start(403, &[]);
    rig.rest(3);
    let cut = json!({"cmd": "cut", "socket": "trade"});
    rig.venue.control().run_json(cut).unwrap();
    rig.bot.run_for(Duration::from_millis(20));
    // Stops while the connection is being made again: the first attempt is refused.
    rig.process.signal(libc::SIGTERM);
    rig.bot.cancel_all();
    let (_, output) = rig.process.wait(Duration::from_secs(12));
    assert_eq!(open_orders(&rig.venue), Vec::<Value>::new(), "{output}");
}

#[test]
fn a_venue_that_does_not_answer_is_awaited_until_the_deadline_and_open_orders_are_reported() {
    let mut rig = Rig::start(404, &["--stop-wait-ms", "700"]);
    rig.rest(2);
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
    assert!(took < Duration::from_millis(3_000), "{took:?}");
    assert_eq!(open_orders(&rig.venue).len(), 2);
    assert!(output.contains("ORDERS ARE LEFT"), "{output}");
    assert!(output.contains(r#""ordersLeft":[{"#), "{output}");
    rig.bot.run_for(Duration::from_millis(50));
    let reported = |e: &ControlEvent| matches!(e, ControlEvent::Notice { code: 3121, symbol, .. } if symbol == "XRPUSDT");
    assert_eq!(rig.bot.ledger.count(reported), 2);
}

#[test]
fn a_connector_that_stops_takes_no_new_order() {
    let mut rig = Rig::start(405, &["--stop-wait-ms", "3000"]);
    rig.rest(1);
    faults(
        &rig.venue,
        Socket::Trade,
        Faults {
            delay_ms: 800,
            ..Faults::default()
        },
    );
    rig.bot.cancel(1);
    rig.process.signal(libc::SIGTERM);
    rig.bot.run_for(Duration::from_millis(100));
    rig.bot
        .submit(500, Side::Buy, 20_000, 10.0, TimeInForce::GTC);
    rig.bot
        .until("refused", |ledger| ledger.is(500, Status::Expired));
    let reported = |e: &ControlEvent| matches!(e, ControlEvent::Reject { code: 3120, .. });
    assert_eq!(rig.bot.ledger.count(reported), 1);
    let (_, output) = rig.process.wait(Duration::from_secs(6));
    assert_eq!(open_orders(&rig.venue), Vec::<Value>::new(), "{output}");
}

#[test]
fn cancel_all_takes_back_orders_that_wait_for_the_quota() {
    let mut rig = Rig::start(406, &[]);
    rig.venue
        .control()
        .settings(|settings| settings.order_rate = 10);
    rig.bot.run_for(Duration::from_millis(1_500));
    // The first ten go out at once, the others wait up to half a second for their place, or are
    // refused: what counts is that none of them reaches the venue after the cancellation.
    for id in 1..=COUNT {
        rig.bot
            .submit(id, Side::Buy, 20_000, 10.0, TimeInForce::GTC);
        if id == 10 {
            rig.bot.run_for(Duration::from_millis(700));
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
    assert_eq!(rig.open_at_venue(), 0);
    let taken_back = |e: &ControlEvent| matches!(e, ControlEvent::Reject { code: 3122, .. });
    assert!(
        rig.bot.ledger.count(taken_back) > 0,
        "{:?}",
        rig.bot.ledger.sides
    );
}

#[test]
fn a_cancellation_takes_back_an_order_that_waits_for_the_quota() {
    let mut rig = Rig::start(407, &[]);
    rig.bot.run_for(Duration::from_millis(1_500));
    for id in 1..=10 {
        rig.bot
            .submit(id, Side::Buy, 20_000, 10.0, TimeInForce::GTC);
    }
    rig.bot.run_for(Duration::from_millis(700));
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
    wait_until("only the ten", || rig.open_at_venue() == 10);
}

#[test]
fn cancel_all_on_a_symbol_that_is_not_registered_is_answered() {
    let mut rig = Rig::start(408, &[]);
    rig.bot.cancel_all_on("ETHUSDT");
    let reported = |e: &ControlEvent| matches!(e, ControlEvent::Reject { symbol, order_id: 0, code: 3001, .. } if symbol == "ETHUSDT");
    rig.bot
        .until("an answer", |ledger| ledger.count(reported) == 1);
}
