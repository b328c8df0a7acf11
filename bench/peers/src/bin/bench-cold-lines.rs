//! What a thread that never sleeps finds in its caches after a pause: the time to read 64 cache lines of
//! one page, one after the other, which nothing but this thread uses. `bench-cold-lines RATE SECONDS`: it
//! spins between the looks, and reads the lines once more after each look, when they are warm.

use std::{env, error::Error, hint, time::Duration};

use hbl_bench_peers::{Histogram, say};
use hbl_wire::clock::monotonic_ns;

const LINES: usize = 64;
const PAGE: usize = 4_096;

/// A cache line that names the next one.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line {
    next: usize,
    _rest: [usize; 7],
}

#[repr(C, align(4096))]
struct Page([Line; PAGE / size_of::<Line>()]);

/// All lines in one circle, out of order.
fn page() -> Box<Page> {
    let mut page = Box::new(Page(
        [Line {
            next: 0,
            _rest: [0; 7],
        }; LINES],
    ));
    // A linear congruence whose period is all of them.
    let mut at = 0;
    for _ in 0..LINES {
        let next = (at * 13 + 11) % LINES;
        page.0[at].next = next;
        at = next;
    }
    page
}

/// Follows the circle once; the time it took.
fn walk(page: &Page) -> u64 {
    let start_ns = monotonic_ns();
    let mut at = 0;
    for _ in 0..LINES {
        at = page.0[hint::black_box(at)].next;
    }
    hint::black_box(at);
    monotonic_ns() - start_ns
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().collect();
    let [_, rate, seconds] = args.as_slice() else {
        return Err("usage: bench-cold-lines RATE SECONDS".into());
    };
    let (rate, seconds): (u64, f64) = (rate.parse()?, seconds.parse()?);
    let total = rate * u64::try_from(Duration::from_secs_f64(seconds).as_millis())? / 1_000;
    let page = page();
    let (mut cold, mut warm) = (Histogram::default(), Histogram::default());
    let start_ns = monotonic_ns();
    for i in 1..=total {
        while monotonic_ns() < start_ns + i * 1_000_000_000 / rate {
            hint::spin_loop();
        }
        cold.record(walk(&page));
        warm.record(walk(&page));
    }
    say(&serde_json::json!({
        "lines": LINES,
        "p50Ns": cold.percentile(0.5),
        "p99Ns": cold.percentile(0.99),
        "warmP50Ns": warm.percentile(0.5),
    }))?;
    Ok(())
}
