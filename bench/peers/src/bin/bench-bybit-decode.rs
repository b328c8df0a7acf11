//! `bench-bybit-decode ours|two-pass delta|trades SECONDS`: one round, nanoseconds per frame;
//! `bench-bybit-decode frames delta|trades FILE`: the frames, one per line, for readers elsewhere.

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use hbl_bench_peers::bybit_frames::{FIRST_U, delta, deltas, trades};
use hbl_bench_peers::bybit_ours::Ours;
use hbl_bench_peers::bybit_two_pass::TwoPass;
use hbl_bench_peers::{Histogram, say};

const FRAMES: u64 = 64;

fn frames(kind: &str) -> Result<Vec<String>, Box<dyn Error>> {
    match kind {
        "delta" => Ok(deltas(FRAMES)),
        "trades" => Ok((0..FRAMES).map(trades).collect()),
        _ => Err(format!("no frames {kind}").into()),
    }
}

/// Runs all frames again and again; `start` prepares a run and is not counted.
fn round(
    length: Duration,
    mut start: impl FnMut(),
    mut frame: impl FnMut(usize) -> Result<usize, Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    let warm = Instant::now() + length / 4;
    let end = warm + length;
    let mut times = Histogram::default();
    let mut events = 0;
    loop {
        start();
        let begin = Instant::now();
        for at in 0..usize::try_from(FRAMES)? {
            events = black_box(frame(at)?);
        }
        let now = Instant::now();
        if now > warm {
            let ns = u64::try_from((now - begin).as_nanos())?;
            times.record(ns / FRAMES);
        }
        if now > end {
            break;
        }
    }
    say(&serde_json::json!({
        "p50Ns": times.percentile(0.5), "p99Ns": times.percentile(0.99), "lateP99Ns": 0,
        "batches": times.count(), "eventsPerFrame": events,
    }))?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, way, kind, last] = args.as_slice() else {
        return Err(
            "usage: bench-bybit-decode ours|two-pass|frames delta|trades SECONDS|FILE".into(),
        );
    };
    let frames = frames(kind)?;
    if way == "frames" {
        let snapshot = delta("snapshot", FIRST_U);
        std::fs::write(last, format!("{snapshot}\n{}\n", frames.join("\n")))?;
        return Ok(());
    }
    let length = Duration::from_secs_f64(last.parse()?);
    match way.as_str() {
        "ours" => {
            // The depths that the connector subscribes by default.
            let ours = std::cell::RefCell::new(Ours::start(&[1, 50])?);
            let snapshot = delta("snapshot", FIRST_U);
            round(
                length,
                || {
                    black_box(ours.borrow_mut().frame(snapshot.as_bytes()));
                },
                |at| Ok(black_box(ours.borrow_mut().frame(frames[at].as_bytes())).len() - 2),
            )
        }
        "two-pass" => {
            let mut peer = TwoPass::default();
            peer.frame(&delta("snapshot", FIRST_U), 1)?;
            round(
                length,
                || {},
                |at| Ok(black_box(peer.frame(&frames[at], 1)?).len()),
            )
        }
        _ => Err(format!("no way {way}").into()),
    }
}
