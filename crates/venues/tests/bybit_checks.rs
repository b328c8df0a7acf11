//! The checks of the fuzz targets, without a fuzzer: on every seed file, and on seeded changes of
//! them. `BYBIT_CHECK_SEEDS=n` tries that many per check.

#[path = "../fuzz/checks/mod.rs"]
mod checks;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::random::Random;
use checks::{ALL, Check};

fn below(random: &mut Random, limit: usize) -> usize {
    random.below(limit as u64) as usize
}

const BITS: [&str; 24] = [
    "null",
    "true",
    "{}",
    "[]",
    "\"\"",
    "\"0\"",
    "\"-1\"",
    "-1",
    "0",
    "1e999",
    "9223372036854775807",
    "\"9223372036854775808\"",
    "\"0.0500\"",
    "\"NaN\"",
    "\"Buy\"",
    "\"delta\"",
    "\"Filled\"",
    ",",
    "\"",
    "\\u0041",
    "}",
    "]",
    "1.5",
    "\"Cancelled\"",
];

fn seeds(folder: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

/// A seed with one to four changes.
fn changed(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = seeds[below(random, seeds.len())].clone();
    for _ in 0..1 + below(random, 4) {
        let at = below(random, bytes.len());
        let end = (at + 1 + below(random, 40)).min(bytes.len());
        match below(random, 8) {
            0 if !bytes.is_empty() => bytes[at] = random.next() as u8,
            1 if !bytes.is_empty() => drop(bytes.drain(at..end)),
            2 => {
                let again = bytes[at.min(end)..end].to_vec();
                bytes.splice(at..at, again);
            }
            3 => bytes.truncate(at),
            4 => {
                let other = &seeds[below(random, seeds.len())];
                let from = below(random, other.len());
                let to = (from + below(random, 200)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            5 => bytes.extend((0..below(random, 60)).map(|_| random.next() as u8)),
            // Another value in the place of one of JSON's.
            _ => {
                let starts = (0..bytes.len()).filter(|i| bytes[*i] == b':' || bytes[*i] == b',');
                let starts: Vec<usize> = starts.collect();
                if let Some(colon) = starts.get(below(random, starts.len())) {
                    let rest = &bytes[colon + 1..];
                    let length = rest.iter().position(|b| matches!(b, b',' | b'}' | b']'));
                    let end = colon + 1 + length.unwrap_or(rest.len());
                    let bit = BITS[below(random, BITS.len())];
                    bytes.splice(colon + 1..end, bit.bytes());
                }
            }
        }
    }
    bytes
}

fn run((name, folder, check): Check, tries: u64) {
    let seeds = seeds(folder);
    for seed in &seeds {
        check(seed);
    }
    let asked = std::env::var("BYBIT_CHECK_SEEDS").ok();
    for seed in 0..asked.and_then(|text| text.parse().ok()).unwrap_or(tries) {
        let bytes = changed(&seeds, &mut Random(seed));
        let outcome = catch_unwind(AssertUnwindSafe(|| check(&bytes)));
        let text = String::from_utf8_lossy(&bytes);
        assert!(outcome.is_ok(), "{name}, seed {seed}: {bytes:?}\n{text}");
    }
}

fn of(name: &str) -> Check {
    ALL.into_iter().find(|check| check.0 == name).unwrap()
}

#[test]
fn public_frames_are_read_as_the_json_says_or_refused() {
    run(of("public"), 20_000);
}

/// A message as the venue composes it: compact, `topic` first.
fn plain(random: &mut Random) -> String {
    let ms = 1_764_000_000_000 + below(random, 1000);
    let mut level = |cents: usize| {
        let (tick, lots) = (100 + 5 * below(random, 100_000), below(random, 300));
        let (px, px_cents) = (tick / 100, tick % 100);
        match cents {
            0 => format!(
                r#"["{px}.{px_cents:02}","{}.{:02}"]"#,
                lots / 100,
                lots % 100
            ),
            _ => format!(r#"["{px}.00000","{lots}"]"#),
        }
    };
    let mut side = |count: usize| {
        let levels: Vec<String> = (0..count).map(|at| level(at % 4)).collect();
        levels.join(",")
    };
    let (bids, asks) = (side(ms % 7), side(ms % 5));
    let kind = ["delta", "snapshot"][below(random, 2)];
    if below(random, 2) == 0 {
        let depth = [1, 50, 200][below(random, 3)];
        let (u, seq) = (1 + below(random, 1000), below(random, 100_000));
        return format!(
            r#"{{"topic":"orderbook.{depth}.X","type":"{kind}","ts":{ms},"data":{{"s":"X","b":[{bids}],"a":[{asks}],"u":{u},"seq":{seq}}},"cts":{ms}}}"#
        );
    }
    let trades: Vec<String> = (0..below(random, 5))
        .map(|id| {
            let side = ["Buy", "Sell"][below(random, 2)];
            let (price, lots, block) = (1 + below(random, 9000), below(random, 90), below(random, 9) == 0);
            format!(
                r#"{{"T":{ms},"s":"X","S":"{side}","v":"0.{lots:02}","p":"{price}.05","L":"PlusTick","i":"{id}","BT":{block},"RPI":false,"seq":{id}}}"#
            )
        })
        .collect();
    let trades = trades.join(",");
    format!(r#"{{"topic":"publicTrade.X","type":"{kind}","ts":{ms},"data":[{trades}]}}"#)
}

/// The fast path reads every plain message, and of changed and cut ones only what the general parser
/// reads alike.
#[test]
fn both_ways_of_reading_agree_on_plain_changed_and_cut_frames() {
    let mut still_read = 0;
    for seed in 0..2_000 {
        let mut random = Random(seed);
        let frame = plain(&mut random).into_bytes();
        let text = String::from_utf8_lossy(&frame);
        assert!(checks::public::fast_path(&frame), "seed {seed}: {text}");
        for _ in 0..20 {
            let bytes = changed(std::slice::from_ref(&frame), &mut random);
            let outcome = catch_unwind(|| checks::public::fast_path(&bytes));
            let text = String::from_utf8_lossy(&bytes);
            assert!(outcome.is_ok(), "seed {seed}: {text}");
            still_read += u32::from(matches!(outcome, Ok(true)));
        }
        let cut = below(&mut random, frame.len());
        assert!(
            !checks::public::fast_path(&frame[..cut]),
            "seed {seed}: {text}"
        );
    }
    assert!(
        still_read > 200,
        "{still_read}: some changes leave a plain message"
    );
}

#[test]
fn private_frames_are_read_as_the_json_says_or_refused() {
    run(of("private"), 20_000);
}

#[test]
fn trade_frames_are_read_as_the_json_says_or_refused() {
    run(of("trade"), 20_000);
}

#[test]
fn rest_bodies_are_read_as_the_json_says_or_refused() {
    run(of("rest"), 20_000);
}

#[test]
fn books_are_those_of_the_venue_or_asked_for_again_and_never_crossed() {
    run(of("book"), 5_000);
}

#[test]
fn no_frames_answers_or_requests_break_the_reports_to_bots() {
    run(of("core"), 500);
}
