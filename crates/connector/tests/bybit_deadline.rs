//! Orders that come too late: a connector that was stopped for a while, with real processes and
//! signals, over real sockets and real shared memory.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod bybit_net;

use std::time::{Duration, Instant};

use bybit_net::process::{BybitProcess, unique_name};
use bybit_net::shm_bot::ShmBot;
use bybit_net::{config_file, venue};
use hbl_fake_bybit::FakeBybit;
use hbl_wire::ControlEvent;
use hbl_wire::clock::monotonic_ns;
use hftbacktest::live::ipc::iceoryx::IceoryxUnifiedChannel;
use hftbacktest::live::{Instrument, LiveBot, LiveBotBuilder};
use hftbacktest::prelude::{Bot, HashMapMarketDepth};
use hftbacktest::types::{OrdType, Side, Status, TimeInForce};
use serde_json::{Value, json};

const MS: u64 = 1_000_000;

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
        bot.until("open", |ledger| ledger.is(first, Status::New));
        Self {
            venue,
            process,
            bot,
            _config: config,
        }
    }

    /// What is done while the connector stands still, which is longer than `time`.
    fn stopped_for<T>(&self, time: Duration, act: impl FnOnce(&ShmBot) -> T) -> T {
        self.process.signal(libc::SIGSTOP);
        let start = Instant::now();
        let result = act(&self.bot);
        std::thread::sleep(time.saturating_sub(start.elapsed()));
        self.process.signal(libc::SIGCONT);
        result
    }
}

fn at_venue(venue: &FakeBybit) -> Vec<Value> {
    let truth = venue.control().run_json(json!({"cmd": "truth"})).unwrap();
    truth["orders"].as_array().unwrap().clone()
}

fn count_late(bot: &ShmBot, id: u64) -> usize {
    bot.ledger.count(
        |e: &ControlEvent| matches!(e, ControlEvent::Reject { code: 3123, order_id, .. } if *order_id == id),
    )
}

#[test]
fn an_order_that_was_asked_for_while_the_connector_stood_still_is_not_sent_late() {
    let mut rig = Rig::start(501, &[]);
    let before = at_venue(&rig.venue).len();
    rig.stopped_for(Duration::from_millis(900), |bot| {
        let order = (Side::Buy, 20_000, 10.0, TimeInForce::GTC);
        bot.submit_by(1, order, monotonic_ns() + 300 * MS);
        bot.submit_by(2, order, monotonic_ns() + 60_000 * MS);
    });
    rig.bot.until("an answer", |ledger| {
        ledger.is(1, Status::Expired) && ledger.is(2, Status::New)
    });
    assert_eq!(count_late(&rig.bot, 1), 1);
    rig.bot.run_for(Duration::from_millis(300));
    assert_eq!(
        at_venue(&rig.venue).len(),
        before + 1,
        "the one that was in time"
    );
}

#[test]
fn a_change_comes_too_late_as_well_and_a_cancellation_never_does() {
    let mut rig = Rig::start(502, &[]);
    let id = rig.bot.open_order(10, Side::Buy, 20_000, 10.0);
    rig.bot.until("open", |ledger| ledger.is(id, Status::New));
    rig.stopped_for(Duration::from_millis(900), |bot| {
        bot.amend_by(id, 21_000, 20.0, monotonic_ns() + 300 * MS);
    });
    rig.bot.until("refused", |_| true);
    rig.bot.run_for(Duration::from_millis(400));
    assert_eq!(count_late(&rig.bot, id), 1);
    let last = &rig.bot.ledger.orders[&id].last;
    assert_eq!((last.price_tick, last.qty), (20_000, 10.0));
    rig.stopped_for(Duration::from_millis(900), |bot| bot.cancel(id));
    rig.bot
        .until("canceled", |ledger| ledger.is(id, Status::Canceled));
}

#[test]
fn an_order_that_waited_for_the_quota_when_the_connector_stood_still_is_not_sent_late() {
    let mut rig = Rig::start(503, &[]);
    rig.bot.run_for(Duration::from_millis(1_500));
    let order = (Side::Buy, 20_000, 10.0, TimeInForce::GTC);
    for id in 1..=10 {
        rig.bot.submit_by(id, order, u64::MAX);
    }
    rig.bot.run_for(Duration::from_millis(700));
    rig.bot.submit_by(11, order, monotonic_ns() + 1_000 * MS);
    rig.bot.run_for(Duration::from_millis(50));
    rig.stopped_for(Duration::from_millis(1_600), |_| ());
    rig.bot
        .until("refused", |ledger| ledger.is(11, Status::Expired));
    assert_eq!(count_late(&rig.bot, 11), 1);
    rig.bot.run_for(Duration::from_millis(300));
    assert_eq!(at_venue(&rig.venue).len(), 11, "ten and the first one");
}

#[test]
fn an_order_of_hftbacktests_own_bot_is_as_old_as_it_says() {
    let rig = Rig::start(504, &["--order-deadline-ms", "500"]);
    let before = at_venue(&rig.venue).len();
    let (tick, lot) = (0.0001, 0.1);
    let depth = HashMapMarketDepth::new(tick, lot);
    let mut bot: LiveBot<IceoryxUnifiedChannel, HashMapMarketDepth> = LiveBotBuilder::new()
        .register(Instrument::new(
            &rig.process.name,
            "XRPUSDT",
            tick,
            lot,
            depth,
            0,
        ))
        .error_handler(|_| Ok(()))
        .build()
        .unwrap();
    let submit = |id, bot: &mut LiveBot<IceoryxUnifiedChannel, HashMapMarketDepth>| {
        bot.submit_buy_order(0, id, 2.0, 10.0, TimeInForce::GTC, OrdType::Limit, false)
            .unwrap();
    };
    let until = |bot: &mut LiveBot<IceoryxUnifiedChannel, HashMapMarketDepth>, id, status| {
        let end = Instant::now() + Duration::from_secs(10);
        while bot
            .orders(0)
            .get(&id)
            .is_none_or(|o| o.status != status || o.req != Status::None)
        {
            assert!(Instant::now() < end, "never: order {id} {status:?}");
            bot.elapse(1_000_000).unwrap();
        }
    };
    bot.elapse(300_000_000).unwrap();
    submit(1, &mut bot);
    until(&mut bot, 1, Status::New);
    rig.stopped_for(Duration::from_millis(1_200), |_| submit(2, &mut bot));
    until(&mut bot, 2, Status::Expired);
    assert_eq!(at_venue(&rig.venue).len(), before + 1);
}
