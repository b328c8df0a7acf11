//! Recordings as the field has them: overwritten, cut, with holes, in other units of time, with odd
//! names. Played by the real binary.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::stdio_support::Lines;
use crate::support::connector::run_to_end;
use flate2::Compression;
use flate2::write::GzEncoder;
use hbl_venues::replay::synth;
use hftbacktest::types::{Event, LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT};
use serde_json::{Value, json};

const START_NS: i64 = 1_700_000_000_000_000_000;
const LATER_NS: i64 = START_NS + 60_000_000_000;
const UNREADABLE: u64 = 3130;

fn text(lines: &[(i64, String)]) -> String {
    let line = |(ts, json): &(i64, String)| format!("{ts} {json}\n");
    lines.iter().map(line).collect()
}

fn usdm(symbol: &str, start_ns: i64, steps: u64) -> String {
    text(&synth::usdm_lines(symbol, start_ns, steps))
}

fn member(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

fn junk(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|n| (n * 37 % 251) as u8 | 1).collect()
}

fn file(folder: &Path, name: &str, parts: &[&[u8]]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, parts.concat()).unwrap();
    path
}

/// Messages of a complete replay.
struct Played {
    trades: Vec<Value>,
    depths: usize,
    /// Codes and words.
    notices: Vec<(u64, String)>,
    code: i32,
}

impl Played {
    fn of(&self, code: u64) -> Vec<&str> {
        let notices = self.notices.iter().filter(|(of, _)| *of == code);
        notices.map(|(_, words)| words.as_str()).collect()
    }
}

fn play(symbol: &str, args: &[&str]) -> Played {
    let always = ["--speed", "max", "--rebase-time=false", "--exit-at-end"];
    let mut lines = Lines::start(&[&["replay"], args, &always].concat());
    assert_eq!(lines.next()["status"], "ready");
    // At once: the replay begins with the first of them.
    let subscribe = |channel: &str| {
        let command = json!({"command": "subscribe", "channel": channel, "symbol": symbol});
        format!("{command}\n")
    };
    lines.write((subscribe("depth") + &subscribe("trades")).as_bytes());
    let mut played = Played {
        trades: Vec::new(),
        depths: 0,
        notices: Vec::new(),
        code: 0,
    };
    loop {
        let line = lines.next();
        assert_ne!(line["type"], "error", "{line}");
        match line["type"].as_str().unwrap() {
            "depth" => played.depths += 1,
            "trade" => played.trades.push(line),
            _ if line["status"] == "notice" => {
                let words = line["message"].as_str().unwrap().to_owned();
                played.notices.push((line["code"].as_u64().unwrap(), words));
            }
            _ if line["status"] == "stopping" => break,
            _ => {}
        }
    }
    played.code = lines.wait().code().unwrap();
    played
}

/// Name and parts of a file, and what is expected of it.
type Case<'a> = (&'a str, &'a [&'a [u8]], usize, usize, &'a str);

#[test]
fn readable_parts_are_played_and_unreadable_ones_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (
        usdm("BTCUSDT", START_NS, 200),
        usdm("BTCUSDT", LATER_NS, 50),
    );
    let (whole, next) = (member(&one), member(&two));
    let half = &whole[..whole.len() / 2];
    let (nul, junk) = (vec![0; 8192], junk(75_000));
    // Trades at least and at most, words of the last notice.
    let cases: [Case<'_>; 6] = [
        ("behind", &[&whole, &junk], 200, 200, ": 75000 bytes could"),
        (
            "between",
            &[&whole, &junk, &next],
            250,
            250,
            ": 75000 bytes could",
        ),
        ("cut", &[half, &next], 130, 170, "at 1 place;"),
        ("killed", &[half], 80, 120, "at 1 place;"),
        ("nul", &[&whole, &nul, &next], 250, 250, "8192 bytes"),
        (
            "plain",
            &[one.as_bytes(), &nul, two.as_bytes(), b"nonsense\n"],
            250,
            250,
            "1 line or row and 8192 bytes",
        ),
    ];
    for (name, parts, least, most, words) in cases {
        let path = file(folder.path(), name, parts);
        let played = play("BTCUSDT", &[path.to_str().unwrap()]);
        let trades = played.trades.len();
        assert!((least..=most).contains(&trades), "{name}: {trades}");
        let reported = played.of(UNREADABLE);
        let last = reported.last().unwrap();
        assert!(
            last.contains(words) && last.contains(name),
            "{name}: {reported:?}"
        );
        assert_eq!(played.code, 6, "{name}");
    }
}

#[test]
fn a_recording_that_can_be_read_whole_ends_with_code_0() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (usdm("BTCUSDT", START_NS, 20), usdm("BTCUSDT", LATER_NS, 5));
    let path = file(folder.path(), "x.gz", &[&member(&one), &member(&two)]);
    let played = play("BTCUSDT", &[path.to_str().unwrap()]);
    assert_eq!((played.trades.len(), played.code), (25, 0));
    assert_eq!(played.of(UNREADABLE), Vec::<&str>::new());
}

#[test]
fn what_has_nothing_to_play_is_refused_with_code_5() {
    let folder = tempfile::tempdir().unwrap();
    let shifted = usdm("BTCUSDT", 5_000_000, 5);
    for (name, parts, words) in [
        (
            "junk.gz",
            &[&[0x1f, 0x8b, 8, 0][..], &junk(900)],
            "not a recording",
        ),
        ("nul.gz", &[&[0; 4096][..], &[0; 9]], "not a recording"),
        (
            "unit.gz",
            &[&member(&shifted)[..], &[]],
            "milliseconds (13)",
        ),
    ] {
        let path = file(folder.path(), name, parts);
        let (code, reported) = run_to_end(&["replay", path.to_str().unwrap(), "--exit-at-end"]);
        assert_eq!(code, 5, "{name}: {reported}");
        assert!(
            reported.contains(words) && reported.contains(name),
            "{name}: {reported}"
        );
    }
}

#[test]
fn the_exit_code_holds_for_bots_over_shared_memory_too() {
    let folder = tempfile::tempdir().unwrap();
    let whole = member(&usdm("BTCUSDT", START_NS, 20));
    for (name, behind, expected) in [("sound.gz", 0, 0), ("behind.gz", 99, 6)] {
        let path = file(folder.path(), name, &[&whole, &junk(behind)]);
        let name = crate::support::names::unique_name();
        let args = [&name, "replay", path.to_str().unwrap(), "--exit-at-end"];
        let (code, reported) =
            run_to_end(&[&args[..], &["--wait-for-bot=false", "--speed", "max"]].concat());
        assert_eq!(code, expected, "{reported}");
        assert_eq!(
            reported.contains("99 bytes could not be read"),
            behind == 99,
            "{reported}"
        );
    }
}

#[test]
fn local_times_in_seconds_milliseconds_and_microseconds_are_recognised() {
    let folder = tempfile::tempdir().unwrap();
    for (unit_ns, latency_ms) in [(1_000_000_000, 0), (1_000_000, 153), (1_000, 153)] {
        let mut lines = synth::usdm_lines("BTCUSDT", START_NS, 50);
        for (local_ts, _) in &mut lines {
            *local_ts /= unit_ns;
        }
        let path = file(folder.path(), "x.gz", &[&member(&text(&lines))]);
        let path = path.to_str().unwrap();
        let name = crate::support::names::unique_name();
        // The 153 ms that the recording is long pass at a tenth of their speed; whole seconds do not show them.
        let args = [
            &name,
            "replay",
            path,
            "--exit-at-end",
            "--wait-for-bot=false",
        ];
        let started = std::time::Instant::now();
        let (code, reported) = run_to_end(&[&args[..], &["--speed", "0.1"]].concat());
        let took = started.elapsed().as_millis();
        assert_eq!(code, 0, "{reported}");
        assert!(
            took >= latency_ms * 9 && took < latency_ms * 9 + 10_000,
            "{took} ms"
        );
        assert_eq!(play("BTCUSDT", &[path]).trades.len(), 50);
    }
}

#[test]
fn dated_futures_and_symbols_beyond_ascii_play_under_their_names() {
    let folder = tempfile::tempdir().unwrap();
    for symbol in ["BTCUSDT_260925", "BTC-25SEP26", "币安人生USDT"] {
        let path = file(
            folder.path(),
            "x.gz",
            &[&member(&usdm(symbol, START_NS, 9))],
        );
        let played = play(symbol, &[path.to_str().unwrap()]);
        assert_eq!((played.trades.len(), played.code), (9, 0), "{symbol}");
        let path = folder.path().join(format!("{symbol}_20261121-093000.npy"));
        let event = |ev, px| Event {
            ev,
            exch_ts: START_NS,
            local_ts: START_NS,
            px,
            qty: 2.0,
            order_id: 0,
            ival: 0,
            fval: 0.0,
        };
        let events = [
            event(LOCAL_BID_DEPTH_EVENT, 100.0),
            event(LOCAL_ASK_DEPTH_EVENT, 100.1),
        ];
        synth::write_array(&path, &events, None).unwrap();
        let played = play(symbol, &[path.to_str().unwrap()]);
        assert!(played.depths > 0 && played.code == 0, "{symbol}");
    }
}

#[test]
fn an_event_array_plays_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let event = |n: i64| Event {
        ev: LOCAL_BID_DEPTH_EVENT,
        exch_ts: START_NS + n,
        local_ts: START_NS + n * 1_000_000,
        px: 100.0 + n as f64,
        qty: 2.0,
        order_id: 0,
        ival: 0,
        fval: 0.0,
    };
    let events: Vec<_> = (0..2_000).map(event).collect();
    let path = folder.path().join("btcusdt_20240808.npz");
    for (packed, words) in [(None, "1000 lines or rows"), (Some(true), "lines or rows")] {
        synth::write_array(&path, &events, packed).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let kept = match packed {
            None => whole.len() - 1_000 * 64,
            Some(_) => whole.len() / 2,
        };
        std::fs::write(&path, &whole[..kept]).unwrap();
        let played = play("BTCUSDT", &[path.to_str().unwrap()]);
        let reported = played.of(UNREADABLE).last().copied().unwrap_or_default();
        assert!(played.depths >= 1 && reported.contains(words), "{reported}");
        assert_eq!(played.code, 6);
    }
}
