//! `bench-depth ours|hashmap|roivector near|wide|snapshot|FILE SECONDS`: changes of one book, rows per second.

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use hbl_bench_peers::depth_rows::{Row, made_up, recorded, snapshot};
use hbl_bench_peers::market::{LOT_SIZE, TICK_SIZE};
use hbl_bench_peers::say;
use hbl_livebot::LadderMarketDepth;
use hftbacktest::depth::{HashMapMarketDepth, L2MarketDepth, MarketDepth, ROIVectorMarketDepth};

/// Applies every row and looks at the best prices after each, as a bot does. Returns a sum over what it saw.
fn apply<MD: MarketDepth + L2MarketDepth>(depth: &mut MD, rows: &[Row]) -> i64 {
    let mut sum = 0i64;
    for (is_bid, price, qty) in rows {
        let (_, _, best, ..) = if *is_bid {
            depth.update_bid_depth(*price, *qty, 0)
        } else {
            depth.update_ask_depth(*price, *qty, 0)
        };
        black_box(depth.best_bid_qty() + depth.best_ask_qty());
        sum = sum.wrapping_mul(31).wrapping_add(best);
        sum = sum.wrapping_add(depth.best_bid_tick() ^ depth.best_ask_tick());
    }
    sum
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
fn round<MD: MarketDepth + L2MarketDepth>(
    length: Duration,
    rows: &[Row],
    make: impl Fn() -> MD,
) -> Result<(), Box<dyn Error>> {
    let warm = Instant::now() + length / 4;
    let end = warm + length;
    let (mut took, mut passes) = (Duration::ZERO, 0u32);
    let sum = loop {
        let mut depth = make();
        let begin = Instant::now();
        let sum = black_box(apply(&mut depth, black_box(rows)));
        let now = Instant::now();
        if now > warm {
            took += now - begin;
            passes += 1;
        }
        if now > end {
            break sum;
        }
    };
    let rows = f64::from(passes) * rows.len() as f64;
    say(&serde_json::json!({
        "rowsPerS": rows / took.as_secs_f64(), "nsPerRow": took.as_secs_f64() * 1e9 / rows,
        "passes": passes, "sum": sum.to_string(),
    }))?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, way, kind, seconds] = args.as_slice() else {
        return Err(
            "usage: bench-depth ours|hashmap|roivector near|wide|snapshot|FILE SECONDS".into(),
        );
    };
    let rows = match kind.as_str() {
        "near" => made_up(false),
        "wide" => made_up(true),
        "snapshot" => snapshot(),
        file => recorded(file)?,
    };
    let length = Duration::from_secs_f64(seconds.parse()?);
    let prices = || rows.iter().map(|row| row.1);
    let low = prices().fold(f64::INFINITY, f64::min);
    let high = prices().fold(0.0, f64::max);
    match way.as_str() {
        "ours" => round(length, &rows, || {
            LadderMarketDepth::new(TICK_SIZE, LOT_SIZE)
        }),
        "hashmap" => round(length, &rows, || {
            HashMapMarketDepth::new(TICK_SIZE, LOT_SIZE)
        }),
        "roivector" => round(length, &rows, || {
            ROIVectorMarketDepth::new(TICK_SIZE, LOT_SIZE, low - 1.0, high + 1.0)
        }),
        _ => Err(format!("no way {way}").into()),
    }
}
