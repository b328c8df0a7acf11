//! Two connectors with one prefix on one account: on one machine with two keys, and on two machines.

use std::time::{Duration, Instant};

use crate::bybit_net::ledger::Ledger;
use crate::bybit_net::machine::Machine;
use crate::bybit_net::process::BybitProcess;
use crate::bybit_net::shm_bot::ShmBot;
use crate::bybit_net::truth::ours;
use crate::bybit_net::{REAL, XRP, config_file, place, truth, venue_with, wait_until};
use crate::support::names::unique_name;
use hbl_fake_bybit::{Config, ControlHandle, FakeBybit};
use hbl_venues::kit::codes;
use hbl_wire::ControlEvent;
use hftbacktest::types::{Side, Status, TimeInForce};

const KEYS: [[&str; 2]; 2] = [
    ["LOOPKEY0000000002", "loopback-secret-0002"],
    ["LOOPKEY0000000003", "loopback-secret-0003"],
];

/// A venue whose account has three keys.
fn venue(seed: u64) -> FakeBybit {
    venue_with(Config {
        seed,
        more_keys: KEYS.map(|key| key.map(str::to_owned)).into(),
        ..Config::default()
    })
}

fn status(control: &ControlHandle, id: u64) -> Option<String> {
    let truth = truth(control);
    let status = ours(&truth)
        .get(&id)
        .map(|orders| orders[0]["orderStatus"].clone())?;
    Some(status.as_str().unwrap().to_owned())
}

fn is_refused(ledger: &Ledger, id: u64) -> bool {
    let reason = |event: &ControlEvent| {
        matches!(event, ControlEvent::Reject { order_id, code, .. }
            if *order_id == id && *code == codes::ACCOUNT_SHARED)
    };
    ledger.is(id, Status::Expired) && ledger.count(reason) > 0
}

fn has_notice(ledger: &Ledger, wanted: i64) -> bool {
    let is_it = |event: &ControlEvent| matches!(event, ControlEvent::Notice { code, .. } if *code == wanted);
    ledger.count(is_it) > 0
}

#[test]
fn on_one_machine_the_second_key_of_an_account_is_market_data_only() {
    let venue = venue(61);
    let control = venue.control();
    place(control, "Sell", "10.0", "2.5100");
    let first = BybitProcess::start(&unique_name(), &config_file(&venue, ""), REAL);
    let mut bot = ShmBot::xrp(&first);
    let id = bot.open_order(1, Side::Buy, 24_000, 20.0);

    let config = config_file(&venue, "on_connect = \"cancel-any-run\"");
    let with_key = |command: &mut std::process::Command| {
        command.env("BYBIT_API_KEY", KEYS[0][0]);
        command.env("BYBIT_API_SECRET", KEYS[0][1]);
    };
    let second = BybitProcess::start_with(&unique_name(), &config, REAL, with_key);
    let mut late = ShmBot::xrp(&second);
    late.until("a book", |ledger| !ledger.book[1].is_empty());
    late.submit(900, Side::Buy, 24_000, 20.0, TimeInForce::GTC);
    late.until("refused", |ledger| is_refused(ledger, 900));
    bot.submit(2, Side::Buy, 24_000, 20.0, TimeInForce::GTC);
    bot.until("open", |ledger| ledger.is(2, Status::New));
    assert_eq!(status(control, id).as_deref(), Some("New"));
    assert_eq!(control.counter("order.cancel.trade"), 0);
    assert_eq!(status(control, 900), None, "never sent");
    let (ended, output) = second.stop();
    assert!(ended.success());
    assert!(
        output.contains("with another key, on this machine"),
        "{output}"
    );
    let (_, output) = first.stop();
    assert!(!output.contains("3224"), "{output}");
}

#[test]
fn orders_of_a_run_of_another_machine_are_cancelled_only_when_asked_for() {
    let venue = venue(62);
    let control = venue.control();
    place(control, "Sell", "10.0", "2.5100");
    let elsewhere = tempfile::tempdir().unwrap();
    let start = |lines: &str, is_elsewhere: bool| {
        let config = config_file(&venue, lines);
        BybitProcess::start_with(&unique_name(), &config, REAL, |command| {
            if is_elsewhere {
                command.env("CONNECTOR_STATE_DIR", elsewhere.path());
            }
        })
    };
    let mut here = start("", false);
    let mut bot = ShmBot::xrp(&here);
    let id = bot.open_order(1, Side::Buy, 24_000, 20.0);
    here.kill();

    let ours_only = "on_connect = \"cancel-ours\"";
    let other = start(ours_only, true);
    let mut bot = ShmBot::xrp(&other);
    bot.until("a book", |ledger| !ledger.book[1].is_empty());
    bot.run_for(Duration::from_millis(500));
    assert_eq!(status(control, id).as_deref(), Some("New"));
    let (_, output) = other.stop();
    let is_reported = output.contains(&format!("order {id} of bot"))
        && output.contains("is of a run that this machine does not know");
    assert!(is_reported, "{output}");

    let again = start(ours_only, false);
    wait_until("its cancellation where it ran", || {
        status(control, id).as_deref() == Some("Cancelled")
    });
    let mut bot = ShmBot::xrp(&again);
    let next = bot.open_order(50, Side::Buy, 24_000, 20.0);
    drop(again);
    let _any = start("on_connect = \"cancel-any-run\"", true);
    wait_until("its cancellation by the option", || {
        status(control, next).as_deref() == Some("Cancelled")
    });
}

fn run(machines: &mut [&mut Machine], what: &str, is_done: impl Fn(&[&mut Machine]) -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !is_done(machines) {
        let story = || {
            machines
                .iter()
                .map(|machine| machine.story())
                .collect::<String>()
        };
        assert!(Instant::now() < end, "never: {what}; {}", story());
        for machine in &mut *machines {
            machine.run_for(Duration::from_millis(10));
        }
    }
}

#[test]
fn on_two_machines_the_one_that_sees_an_order_of_the_other_sends_none_any_more() {
    let venue = venue(63);
    let control = venue.control();
    place(control, "Sell", "10.0", "2.5100");
    let sizes = (0.0001, 0.1);
    let mut first = Machine::start(&venue, 1, XRP, sizes);
    run(&mut [&mut first], "ready", |m| m[0].core().is_ready());
    first.submit(1, Side::Buy, 24_000, 20.0, TimeInForce::GTC);
    run(&mut [&mut first], "open", |m| {
        m[0].ledger().is(1, Status::New)
    });

    let mut second = Machine::start_at(&venue, 2, XRP, sizes, 2000);
    run(&mut [&mut first, &mut second], "ready", |m| {
        m[1].core().is_ready()
    });
    second.submit(2, Side::Buy, 24_000, 20.0, TimeInForce::GTC);
    run(&mut [&mut first, &mut second], "open", |m| {
        m[1].ledger().is(2, Status::New)
    });
    run(&mut [&mut first, &mut second], "the notice", |m| {
        has_notice(m[0].ledger(), codes::PREFIX_SHARED)
    });

    first.submit(3, Side::Buy, 24_000, 20.0, TimeInForce::GTC);
    first.amend(1, 24_100, 20.0);
    run(&mut [&mut first], "refused", |m| {
        is_refused(m[0].ledger(), 3)
    });
    let order = |id| truth(control)["orders"].as_array().unwrap().len() >= id;
    assert!(order(2) && !order(3), "none was sent");
    assert_eq!(status(control, 1).as_deref(), Some("New"));
    assert_eq!(status(control, 2).as_deref(), Some("New"), "left alone");
    assert_eq!(control.counter("order.amend.trade"), 0);
    // Its own can be cancelled, one by one and all.
    first.cancel_all();
    run(&mut [&mut first, &mut second], "cancelled", |_| {
        status(control, 1).as_deref() == Some("Cancelled")
    });
    run(&mut [&mut first], "the end", |m| {
        m[0].ledger().is(1, Status::Canceled)
    });
    assert_eq!(status(control, 2).as_deref(), Some("New"));
    // The other one has seen no order of this one since it began.
    second.submit(4, Side::Buy, 24_000, 20.0, TimeInForce::GTC);
    run(&mut [&mut first, &mut second], "open", |m| {
        m[1].ledger().is(4, Status::New)
    });
    assert!(!has_notice(second.ledger(), codes::PREFIX_SHARED));
}
