//! Silence of `binancefutures`: a feed that says nothing although it should is stale within ten seconds,
//! and a symbol that has nothing to say is not.

use crate::binance_support::rig::{MS, Rig, SECOND};
use hbl_venues::binance::CoreSettings;

const STREAMS: [&str; 3] = ["btcusdt@depth@0ms", "btcusdt@bookTicker", "btcusdt@trade"];

fn started() -> Rig {
    let mut rig = Rig::new(1, &["BTCUSDT"], CoreSettings::default());
    rig.start();
    rig.run_for(3_000);
    assert!(rig.core.is_synced());
    rig
}

/// How long until the book is stale, ms; runs for a minute at most.
fn until_stale(rig: &mut Rig) -> Option<u64> {
    let from = rig.now;
    while rig.bot.stales == 0 && rig.now < from + 60 * SECOND {
        rig.run_for(10);
    }
    (rig.bot.stales > 0).then(|| (rig.now - from) / MS)
}

#[test]
fn a_socket_that_says_nothing_at_all_is_stale_within_ten_seconds() {
    // Also when the market stands still, so that REST shows nothing new either.
    for stands in [false, true] {
        let mut rig = started();
        if stands {
            rig.pause();
            rig.run_for(500);
        }
        rig.silent = true;
        let took = until_stale(&mut rig);
        assert!(took.is_some_and(|ms| ms < 10_000), "{stands} {took:?}");
        assert!(rig.core.frame_errors() == 0 && !rig.core.is_synced());
    }
}

#[test]
fn streams_that_stop_while_requests_are_answered_are_stale_within_ten_seconds() {
    // In whatever order they stop.
    for order in [[0, 1, 2], [1, 0, 2], [2, 1, 0]] {
        let mut rig = started();
        for stream in order {
            rig.run_for(700);
            rig.dead_streams.insert(STREAMS[stream].to_owned());
        }
        let took = until_stale(&mut rig);
        assert!(took.is_some_and(|ms| ms < 10_000), "{order:?} {took:?}");
    }
}

#[test]
fn a_symbol_that_has_nothing_to_say_stays_live_and_costs_little() {
    let mut rig = started();
    rig.pause();
    rig.run_for(500);
    let calls = rig.calls.len();
    rig.run_for(50_000);
    assert_eq!(rig.bot.stales, 0);
    assert!(rig.core.is_synced());
    let asked = rig.calls.len() - calls;
    assert!((8..=14).contains(&asked), "{asked}");
    // What it says then is taken as before.
    rig.quiet = false;
    rig.run_for(2_000);
    assert_eq!(rig.bot.stales, 0);
    rig.settle_and_compare();
}

#[test]
fn calls_that_are_refused_make_no_book_stale() {
    let mut rig = started();
    rig.pause();
    rig.run_for(500);
    rig.all_calls_answered = Some((500, None));
    rig.sleep_for(40 * SECOND);
    assert_eq!(rig.bot.stales, 0);
}

#[test]
fn quiet_symbols_leave_half_of_the_weight_to_snapshots() {
    let names: Vec<String> = (0..40).map(|n| format!("S{n}USDT")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let settings = CoreSettings {
        weight_per_minute: Some(2_000),
        ..CoreSettings::default()
    };
    let mut rig = Rig::new(3, &names, settings);
    rig.start();
    rig.run_for(5_000);
    rig.pause();
    rig.run_for(500);
    rig.calls.clear();
    rig.sleep_for(55 * SECOND);
    let asked = rig.calls.iter().filter(|(_, url)| url.ends_with("limit=5"));
    let asked = asked.count();
    assert!((100..=500).contains(&asked), "{asked}");
    assert_eq!(rig.bot.stales, 0);
}
