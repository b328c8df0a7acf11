//! Orders that come too late: a connector that was stopped for a while, with real processes and
//! signals, over real sockets and real shared memory.

use std::time::{Duration, Instant};

use crate::bybit_net::ledger::Ledger;
use crate::bybit_net::rig::Rig;
use crate::bybit_net::shm_bot::ShmBot;
use crate::bybit_net::{XRP, truth};
use crate::support::upstream_bot::{buy, is_reported, until, upstream_bot_on};
use hbl_fake_bybit::FakeBybit;
use hbl_wire::ControlEvent;
use hbl_wire::clock::monotonic_ns;
use hftbacktest::prelude::Bot;
use hftbacktest::types::{Side, Status, TimeInForce};
use serde_json::Value;

const MS: u64 = 1_000_000;

/// A rig whose connector takes orders, and one is open.
fn start(seed: u64, lines: &str, more: &[&str]) -> Rig {
    let mut rig = Rig::start_with(seed, lines, more);
    rig.rest(1_000);
    rig
}

/// What is done while the connector stands still, which is longer than `time`.
fn stopped_for<T>(rig: &Rig, time: Duration, act: impl FnOnce(&ShmBot) -> T) -> T {
    rig.process.signal(libc::SIGSTOP);
    let start = Instant::now();
    let result = act(&rig.bot);
    std::thread::sleep(time.saturating_sub(start.elapsed()));
    rig.process.signal(libc::SIGCONT);
    result
}

fn at_venue(venue: &FakeBybit) -> Vec<Value> {
    truth(venue.control())["orders"].as_array().unwrap().clone()
}

fn count_late(ledger: &Ledger, id: u64) -> usize {
    ledger.count(
        |e: &ControlEvent| matches!(e, ControlEvent::Reject { code: 3123, order_id, .. } if *order_id == id),
    )
}

#[test]
fn an_order_past_its_deadline_is_not_sent_when_a_stopped_connector_goes_on() {
    let mut rig = start(501, "", &[]);
    let before = at_venue(&rig.venue).len();
    stopped_for(&rig, Duration::from_millis(900), |bot| {
        let order = (Side::Buy, 20_000, 10.0, TimeInForce::GTC);
        bot.submit_by(1, order, monotonic_ns() + 300 * MS);
        bot.submit_by(2, order, monotonic_ns() + 60_000 * MS);
    });
    rig.bot.until("an answer", |ledger| {
        ledger.is(1, Status::Expired) && ledger.is(2, Status::New)
    });
    assert_eq!(count_late(&rig.bot.ledger, 1), 1);
    rig.bot.run_for(Duration::from_millis(300));
    assert_eq!(
        at_venue(&rig.venue).len(),
        before + 1,
        "the one that was in time"
    );
}

#[test]
fn an_amendment_past_its_deadline_is_refused_and_a_cancellation_never_is() {
    let mut rig = start(502, "", &[]);
    let id = rig.rest(10);
    stopped_for(&rig, Duration::from_millis(900), |bot| {
        bot.amend_by(id, 21_000, 20.0, monotonic_ns() + 300 * MS);
    });
    rig.bot
        .until("refused", |ledger| count_late(ledger, id) == 1);
    let last = &rig.bot.ledger.orders[&id].last;
    assert_eq!((last.price_tick, last.qty), (20_000, 10.0));
    stopped_for(&rig, Duration::from_millis(900), |bot| bot.cancel(id));
    rig.bot
        .until("canceled", |ledger| ledger.is(id, Status::Canceled));
}

#[test]
fn an_order_that_waits_for_the_quota_past_its_deadline_is_not_sent_when_a_stopped_connector_goes_on()
 {
    let mut rig = start(503, "order_wait_ms = 900", &[]);
    rig.bot.run_for(Duration::from_millis(1_500));
    let order = (Side::Buy, 20_000, 10.0, TimeInForce::GTC);
    for id in 1..=10 {
        rig.bot.submit_by(id, order, u64::MAX);
    }
    rig.bot.run_for(Duration::from_millis(300));
    rig.bot.submit_by(11, order, monotonic_ns() + 1_000 * MS);
    rig.bot.run_for(Duration::from_millis(50));
    stopped_for(&rig, Duration::from_millis(1_600), |_| ());
    rig.bot
        .until("refused", |ledger| ledger.is(11, Status::Expired));
    assert_eq!(count_late(&rig.bot.ledger, 11), 1);
    rig.bot.run_for(Duration::from_millis(300));
    assert_eq!(at_venue(&rig.venue).len(), 11, "ten and the first one");
}

#[test]
fn an_order_of_the_upstream_bot_is_refused_by_the_age_of_its_own_timestamp() {
    let rig = start(504, "", &["--order-deadline-ms", "500"]);
    let before = at_venue(&rig.venue).len();
    let sizes = (XRP, 0.0001, 0.1);
    let mut bot = upstream_bot_on(&rig.process.name, sizes, |_| {});
    bot.elapse(300_000_000).unwrap();
    buy(&mut bot, 1, 2.0, 10.0, TimeInForce::GTC);
    until(&mut bot, "open", |bot| is_reported(bot, 1, Status::New));
    stopped_for(&rig, Duration::from_millis(1_200), |_| {
        buy(&mut bot, 2, 2.0, 10.0, TimeInForce::GTC);
    });
    until(&mut bot, "refused", |bot| {
        is_reported(bot, 2, Status::Expired)
    });
    assert_eq!(at_venue(&rig.venue).len(), before + 1);
}
