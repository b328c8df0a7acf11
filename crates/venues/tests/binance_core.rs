//! Venue `binancefutures` without sockets: one rule of the venue after the other.

use std::time::Duration;

use crate::binance_support::rig::{MS, Rig, SECOND};
use hbl_venues::binance::{CoreSettings, TradeStream, codes};
use hbl_venues::kit::codes as bus_codes;
use hbl_venues::kit::venue::MarketData as _;

fn started(symbols: &[&str], settings: CoreSettings) -> Rig {
    let mut rig = Rig::new(1, symbols, settings);
    rig.start();
    rig.run_for(3_000);
    rig
}

fn snapshots(rig: &Rig) -> usize {
    rig.calls
        .iter()
        .filter(|(_, url)| url.contains("/fapi/v1/depth?") && !url.ends_with("limit=5"))
        .count()
}

#[test]
fn a_symbol_is_taken_with_its_own_sizes_only() {
    let mut rig = Rig::new(1, &["BTCUSDT"], CoreSettings::default());
    let refused = rig
        .core
        .register(rig.at(), "BTCUSDT", 0.1, 0.001)
        .unwrap_err();
    assert_eq!(refused.code, codes::NOT_READY);
    assert!(rig.core.pending_reason("BTCUSDT").is_some());
    rig.run_for(500);
    assert_eq!(rig.core.pending_reason("BTCUSDT"), None);
    let unknown = rig
        .core
        .register(rig.at(), "NOSUCH", 0.1, 0.001)
        .unwrap_err();
    assert_eq!(unknown.code, bus_codes::SYMBOL_UNKNOWN);
    assert!(unknown.text.contains("NOSUCH"), "{}", unknown.text);
    let lower = rig
        .core
        .register(rig.at(), "btcusdt", 0.1, 0.001)
        .unwrap_err();
    assert!(
        lower.text.contains("did you mean BTCUSDT?"),
        "{}",
        lower.text
    );
    let short = rig
        .core
        .register(rig.at(), "BTCUSD", 0.1, 0.001)
        .unwrap_err();
    assert!(
        short.text.ends_with("; did you mean BTCUSDT?"),
        "{}",
        short.text
    );
    for (tick, lot) in [(0.01, 0.001), (0.1, 0.01)] {
        let other = rig
            .core
            .register(rig.at(), "BTCUSDT", tick, lot)
            .unwrap_err();
        assert_eq!(other.code, bus_codes::SIZE_MISMATCH);
        assert!(
            other.text.contains("tick size 0.1 and lot size 0.001"),
            "{}",
            other.text
        );
    }
    assert!(rig.connects.is_empty(), "nothing is connected for nothing");
    assert_eq!(rig.core.register(rig.at(), "BTCUSDT", 0.1, 0.001), Ok(0));
    assert_eq!(rig.core.register(rig.at(), "BTCUSDT", 0.1, 0.001), Ok(0));
    // A symbol that is known already is compared all the same.
    let wrong = rig
        .core
        .register(rig.at(), "BTCUSDT", 0.5, 0.001)
        .unwrap_err();
    assert_eq!(wrong.code, bus_codes::SIZE_MISMATCH);
}

#[test]
fn the_book_is_the_venues_and_best_prices_come_before_depth() {
    let mut rig = Rig::new(1, &["BTCUSDT"], CoreSettings::default());
    rig.depth_every_ms = 500;
    rig.start();
    rig.run_for(3_000);
    assert_eq!(rig.connects[0].1, "wss://fstream.binance.com/public/stream");
    let url = "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000";
    assert_eq!(rig.calls.last().unwrap().1, url);
    let text = r#"{"method":"SUBSCRIBE","params":["btcusdt@bookTicker","btcusdt@depth@0ms","btcusdt@trade"],"id":1}"#;
    assert_eq!(rig.texts[0].1, text);
    let mut agreed = 0;
    for _ in 0..500 {
        rig.run_for(7);
        let (book, market) = (&rig.bot.books[0], &rig.markets[0]);
        let same = book.bids.last_key_value() == market.bids.last_key_value()
            && book.asks.first_key_value() == market.asks.first_key_value();
        agreed += usize::from(same);
    }
    assert!(agreed > 250, "{agreed}");
    assert_eq!((rig.bot.stales, snapshots(&rig)), (0, 1));
    rig.settle_and_compare();
}

#[test]
fn a_gap_is_reported_and_healed_by_one_snapshot_of_that_symbol() {
    let mut rig = started(&["BTCUSDT", "ETHUSDT"], CoreSettings::default());
    let before = snapshots(&rig);
    rig.markets[0].step();
    rig.markets[0].depth(0).unwrap();
    rig.run_for(1_000);
    assert_eq!((rig.bot.stales, snapshots(&rig)), (1, before + 1));
    assert!(rig.calls.last().unwrap().1.contains("symbol=BTCUSDT"));
    let reported = rig
        .bot
        .notices
        .iter()
        .find(|(code, _)| *code == codes::BOOK_LOST)
        .unwrap();
    assert!(
        reported.1.contains("BTCUSDT") && reported.1.contains("missing"),
        "{}",
        reported.1
    );
    rig.settle_and_compare();
}

#[test]
fn a_depth_message_that_cannot_be_read_is_a_gap_of_its_symbol_and_of_no_other() {
    let mut rig = started(&["BTCUSDT", "ETHUSDT"], CoreSettings::default());
    rig.quiet = true;
    rig.run_for(1_000);
    let before = snapshots(&rig);
    rig.say(r#"{"stream":"btcusdt@depth","data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","b":[["1"#);
    rig.run_for(1);
    assert!(!rig.bot.book(0).synced && rig.bot.book(1).synced);
    rig.quiet = false;
    rig.run_for(2_000);
    assert_eq!((rig.bot.stales, snapshots(&rig)), (1, before + 1));
    rig.settle_and_compare();
}

#[test]
fn nothing_is_asked_before_a_429_or_418_allows_it() {
    for (status, header, seconds) in [
        (429, Some(7), 7),
        (418, Some(130), 130),
        (429, None, 60),
        (418, None, 300),
    ] {
        let mut rig = started(&["BTCUSDT"], CoreSettings::default());
        rig.all_calls_answered = Some((status, header));
        rig.cut(0, None);
        while rig
            .bot
            .notices
            .iter()
            .all(|(code, _)| *code != codes::REST_HELD)
        {
            rig.run_for(1);
        }
        rig.all_calls_answered = None;
        let (from, calls) = (rig.now, rig.calls.len());
        rig.run_for(seconds * 1_000 + 5_000);
        let after = &rig.calls[calls..];
        assert!(
            !after.is_empty()
                && after
                    .iter()
                    .all(|(at, _)| *at >= from + seconds * SECOND - MS),
            "{status}"
        );
        rig.settle_and_compare();
    }
}

#[test]
fn snapshots_keep_within_the_weight_that_is_left() {
    let settings = CoreSettings {
        weight_per_minute: Some(100),
        ..CoreSettings::default()
    };
    let names: Vec<String> = (0..20).map(|i| format!("SYM{i}USDT")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut rig = Rig::new(1, &names, settings);
    rig.start();
    rig.run_for(300_000);
    for (i, (from, _)) in rig.calls.iter().enumerate() {
        let inside = rig.calls[i..]
            .iter()
            .take_while(|(at, _)| *at < from + 60 * SECOND);
        assert!(inside.count() <= 5, "{i}");
    }
    assert!(rig.core.is_synced());
}

#[test]
fn a_connection_is_replaced_before_its_day_is_over_and_no_bot_notices() {
    // The market stands still for hours here, which is another test's matter.
    let settings = CoreSettings {
        silence: Duration::from_secs(1_000_000),
        ..CoreSettings::default()
    };
    let mut rig = started(&["BTCUSDT"], settings);
    let opened = rig.connects[0].0;
    rig.pause();
    rig.sleep_for(22 * 3600 * SECOND);
    assert_eq!(rig.connects.len(), 1);
    while rig.connects.len() == 1 {
        rig.sleep_for(SECOND);
        assert!(rig.now < opened + 24 * 3600 * SECOND);
    }
    rig.quiet = false;
    rig.run_for(3_000);
    assert_eq!(rig.open_sockets(), [0, 1], "both at once");
    rig.run_for(5_000);
    assert_eq!(rig.open_sockets(), [1]);
    let snapshots_before = snapshots(&rig);
    rig.run_for(2_000);
    assert_eq!((rig.bot.stales, rig.bot.downs.len()), (0, 0));
    assert_eq!((snapshots_before, snapshots(&rig)), (1, 1));
    let trades = &rig.bot.books[0].trades;
    let last: Vec<i64> = trades[trades.len() - 300..].to_vec();
    assert!(
        last.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "no trade missing or double"
    );
    rig.settle_and_compare();
}

#[test]
fn a_stream_that_was_confirmed_and_stays_silent_is_asked_for_anew() {
    let mut rig = started(&["BTCUSDT"], CoreSettings::default());
    rig.dead_streams.insert("btcusdt@depth@0ms".to_owned());
    rig.run_for(6_000);
    assert_eq!(rig.bot.stales, 1, "best prices show that depth hangs");
    assert!(
        rig.texts
            .iter()
            .any(|(_, text)| text.contains("UNSUBSCRIBE"))
    );
    rig.run_for(30_000);
    assert!(
        rig.connects.len() >= 2,
        "the connection is made anew when that does not help"
    );
    rig.dead_streams.clear();
    rig.settle_and_compare();
}

#[test]
fn a_silent_symbol_is_looked_at_ever_more_seldom() {
    let mut rig = started(&["BTCUSDT"], CoreSettings::default());
    rig.pause();
    rig.sleep_for(3 * 3600 * SECOND);
    let looks = rig.bot.stales;
    assert!((4..20).contains(&looks), "{looks}");
    assert!(rig.bot.books[0].bids.len() > 5, "its levels stay");
    rig.quiet = false;
    rig.run_for(3_000);
    rig.settle_and_compare();
}

#[test]
fn a_connection_that_answers_nothing_is_given_up() {
    let mut rig = started(&["BTCUSDT"], CoreSettings::default());
    rig.faults.unanswered = 1000;
    rig.run_for(35_000);
    assert_eq!(rig.bot.downs.len(), 1, "{:?}", rig.bot.downs);
    assert!(rig.bot.socket_up.is_some());
    rig.faults.unanswered = 0;
    rig.run_for(20_000);
    assert_eq!(rig.bot.ups, rig.bot.downs.len());
    rig.settle_and_compare();
}

#[test]
fn aggregated_trades_come_from_their_own_entry_point() {
    let settings = CoreSettings {
        trades: TradeStream::AggTrade,
        ..CoreSettings::default()
    };
    let rig = started(&["BTCUSDT"], settings);
    let urls: Vec<&str> = rig.connects.iter().map(|(_, url)| url.as_str()).collect();
    assert_eq!(
        urls,
        [
            "wss://fstream.binance.com/public/stream",
            "wss://fstream.binance.com/market/stream"
        ]
    );
    assert!(
        rig.texts
            .iter()
            .any(|(_, text)| text.contains(r#"["btcusdt@aggTrade"]"#))
    );
}

#[test]
fn more_streams_than_a_connection_takes_open_another_one() {
    let names: Vec<String> = (0..5).map(|i| format!("SYM{i}USDT")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let settings = CoreSettings {
        streams_per_connection: 7,
        ..CoreSettings::default()
    };
    let mut rig = started(&names, settings);
    assert_eq!(rig.open_sockets(), [0, 2, 4]);
    rig.cut(2, None);
    rig.run_for(1);
    assert_eq!(rig.bot.stales, 2, "the symbols of that connection only");
    rig.run_for(2_000);
    rig.settle_and_compare();
}

#[test]
fn a_gate_that_refuses_keeps_everything_closed_for_ten_minutes() {
    let mut rig = started(&["BTCUSDT"], CoreSettings::default());
    rig.cut(0, Some(403));
    rig.pause();
    rig.sleep_for(590 * SECOND);
    assert_eq!(rig.connects.len(), 1);
    rig.sleep_for(20 * SECOND);
    assert_eq!(rig.connects.len(), 2);
}
