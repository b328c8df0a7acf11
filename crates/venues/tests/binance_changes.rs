//! Venue `binancefutures` when an instrument changes, and how that is noticed.

use std::time::Duration;

use crate::binance_support::rig::{MS, Rig, SECOND};
use hbl_venues::binance::{CoreSettings, codes};
use hbl_venues::kit::codes as bus_codes;
use hbl_venues::kit::venue::MarketData as _;

const INFO: &str = "exchangeInfo";
/// The tick is half of what it was.
const FINER_TICK: (&str, &str, &str) = (INFO, r#""tickSize":"0.10""#, r#""tickSize":"0.05""#);

/// A synced book in a market that stands still, which nobody takes for a fault.
fn started() -> Rig {
    let settings = CoreSettings {
        silence: Duration::from_secs(1_000_000),
        ..CoreSettings::default()
    };
    let mut rig = Rig::new(1, &["BTCUSDT"], settings);
    rig.start();
    rig.run_for(3_000);
    assert!(rig.core.is_synced());
    rig.pause();
    rig.run_for(100);
    rig
}

/// When the instruments were asked for.
fn readings(rig: &Rig) -> Vec<u64> {
    let calls = rig.calls.iter().filter(|(_, url)| url.contains(INFO));
    calls.map(|(at, _)| *at).collect()
}

/// Notices that tell of a value between two steps.
fn reported(rig: &Rig) -> Vec<&str> {
    let notices = rig.bot.notices.iter();
    let reported = notices.filter(|(code, text)| {
        *code == codes::FRAME_UNREADABLE && text.contains("does not fit its known sizes")
    });
    reported.map(|(_, text)| text.as_str()).collect()
}

fn say_trade(rig: &mut Rig) {
    rig.say(r#"{"stream":"btcusdt@trade","data":{"e":"trade","E":1,"T":1,"s":"BTCUSDT","t":900000,"p":"60000.05","q":"0.001","X":"MARKET","m":false}}"#);
}

fn say_depth(rig: &mut Rig) {
    rig.say(r#"{"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":1,"u":2,"pu":0,"b":[["60000.05","0.001"]],"a":[]}}"#);
}

#[test]
fn the_hourly_reading_of_a_changed_tick_lot_or_smallest_value_stops_new_orders() {
    let lot = (INFO, r#""stepSize":"0.001""#, r#""stepSize":"0.0001""#);
    let value = (INFO, r#""notional":"5""#, r#""notional":"20.0""#);
    for (change, words, (tick_size, lot_size)) in [
        (FINER_TICK, "tick size 0.05 instead of 0.1", (0.05, 0.001)),
        (lot, "lot size 0.0001 instead of 0.001", (0.1, 0.0001)),
        (value, "smallest value 20 instead of 5", (0.1, 0.001)),
    ] {
        let mut rig = started();
        rig.rewritten.push(change);
        rig.sleep_for(3_590 * SECOND);
        assert_eq!((readings(&rig).len(), &rig.bot.suspended), (1, &None));
        rig.sleep_for(12 * SECOND);
        let stopped = rig.bot.suspended.clone();
        let (code, text) = stopped.unwrap_or_else(|| panic!("{words}: not stopped"));
        assert_eq!(code, bus_codes::INSTRUMENT_CHANGED);
        assert!(text.contains(words), "{text}");
        // The book goes on in the unit that it was registered with.
        rig.quiet = false;
        rig.run_for(1_000);
        rig.settle_and_compare();
        assert_eq!(rig.bot.stales, 0, "{words}");

        let is_resized = (tick_size, lot_size) != (0.1, 0.001);
        if is_resized {
            let old = rig.core.register(rig.at(), "BTCUSDT", 0.1, 0.001);
            let sizes = format!("tick size {tick_size} and lot size {lot_size}");
            let old = old.unwrap_err();
            assert!(old.text.contains(&sizes), "{}", old.text);
            assert!(rig.bot.suspended.is_some());
        }
        let at = rig.at();
        assert_eq!(rig.core.register(at, "BTCUSDT", tick_size, lot_size), Ok(0));
        assert_eq!(
            rig.core.is_book_synced(0),
            !is_resized,
            "read anew in the new unit"
        );
        rig.quiet = false;
        rig.run_for(2_000);
        assert_eq!(rig.bot.suspended, None);
        rig.settle_and_compare();
    }
}

#[test]
fn a_trade_or_a_depth_message_between_two_ticks_asks_for_the_instruments_at_once() {
    type Say = fn(&mut Rig);
    let says: [(&str, Say); 2] = [("a trade", say_trade), ("a depth message", say_depth)];
    for (what, say) in says {
        let mut rig = started();
        rig.run_for(31_000);
        // What was unreadable before, for another reason, hides nothing.
        rig.say("{");
        rig.run_for(10);
        rig.rewritten.push(FINER_TICK);
        assert_eq!(readings(&rig).len(), 1);
        say(&mut rig);
        rig.run_for(1);
        let read = readings(&rig);
        assert_eq!(&read[1..], [rig.now], "{what}");
        let reported = reported(&rig);
        assert_eq!(reported.len(), 1, "{what}: {:?}", rig.bot.notices);
        for part in [what, "BTCUSDT", "60000.05", "read again"] {
            assert!(reported[0].contains(part), "{part}: {}", reported[0]);
        }
        rig.run_for(300);
        let (code, text) = rig.bot.suspended.clone().unwrap();
        assert_eq!(code, bus_codes::INSTRUMENT_CHANGED);
        assert!(text.contains("tick size 0.05 instead of 0.1"), "{text}");
        assert_eq!(rig.bot.stales, usize::from(what == "a depth message"));
    }
}

#[test]
fn a_snapshot_between_two_ticks_asks_for_the_instruments_at_once() {
    let mut rig = started();
    rig.run_for(31_000);
    rig.rewritten.push(FINER_TICK);
    // The best bid of the snapshots.
    rig.rewritten.push((
        "/depth?",
        r#""bids":[[""#,
        r#""bids":[["60000.05","0.001"],[""#,
    ));
    rig.cut(0, None);
    rig.quiet = false;
    let before = rig.calls.len();
    while readings(&rig).len() == 1 {
        rig.run_for(1);
        assert!(rig.now < 60 * SECOND, "{:?}", rig.bot.notices);
    }
    let (asked, _) = rig.calls[before..]
        .iter()
        .find(|(_, url)| url.contains("/depth?"))
        .unwrap();
    assert!(rig.now - asked < 250 * MS, "with the first snapshot");
    let reported = reported(&rig);
    assert_eq!(reported.len(), 1, "{:?}", rig.bot.notices);
    for part in ["the snapshot", "BTCUSDT", "60000.05", "read again"] {
        assert!(reported[0].contains(part), "{part}: {}", reported[0]);
    }
    rig.run_for(300);
    let (code, text) = rig.bot.suspended.clone().unwrap();
    assert_eq!(code, bus_codes::INSTRUMENT_CHANGED);
    assert!(text.contains("tick size 0.05 instead of 0.1"), "{text}");
    assert!(!rig.core.is_synced());
    let at = rig.at();
    assert_eq!(rig.core.register(at, "BTCUSDT", 0.05, 0.001), Ok(0));
    rig.rewritten.truncate(1);
    rig.settle_and_compare();
    assert_eq!(rig.bot.suspended, None);
}

#[test]
fn values_off_the_grid_right_after_a_reading_are_looked_at_half_a_minute_later_and_named_once() {
    let mut rig = started();
    for _ in 0..5 {
        say_trade(&mut rig);
        rig.run_for(1_000);
    }
    assert_eq!((readings(&rig).len(), reported(&rig).len()), (1, 1));
    rig.run_for(30_000);
    let read = readings(&rig);
    assert_eq!(read.len(), 2, "without another one");
    let apart = read[1] - read[0];
    assert!((30 * SECOND..31 * SECOND).contains(&apart), "{apart}");
}
