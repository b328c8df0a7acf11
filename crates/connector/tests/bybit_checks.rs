//! The checks of the fuzz targets, without a fuzzer: on every seed file, and on seeded changes of
//! them. `BYBIT_CHECK_SEEDS=n` tries that many per check.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

#[path = "../fuzz/checks/mod.rs"]
mod checks;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use checks::{ALL, Check};

/// splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
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
    let mut bytes = seeds[random.below(seeds.len())].clone();
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len());
        let end = (at + 1 + random.below(40)).min(bytes.len());
        match random.below(8) {
            0 if !bytes.is_empty() => bytes[at] = random.next() as u8,
            1 if !bytes.is_empty() => drop(bytes.drain(at..end)),
            2 => {
                let again = bytes[at.min(end)..end].to_vec();
                bytes.splice(at..at, again);
            }
            3 => bytes.truncate(at),
            4 => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len());
                let to = (from + random.below(200)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            5 => bytes.extend((0..random.below(60)).map(|_| random.next() as u8)),
            // Another value in the place of one of JSON's.
            _ => {
                let starts = (0..bytes.len()).filter(|i| bytes[*i] == b':' || bytes[*i] == b',');
                let starts: Vec<usize> = starts.collect();
                if let Some(colon) = starts.get(random.below(starts.len())) {
                    let rest = &bytes[colon + 1..];
                    let length = rest.iter().position(|b| matches!(b, b',' | b'}' | b']'));
                    let end = colon + 1 + length.unwrap_or(rest.len());
                    let bit = BITS[random.below(BITS.len())];
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
fn no_frames_answers_or_requests_break_what_bots_are_told() {
    run(of("core"), 500);
}
