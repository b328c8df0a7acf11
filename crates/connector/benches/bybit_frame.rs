//! Frame bytes to a batch of level events for a 50-level delta: ours, against two passes (JSON
//! value first, typed struct second, floats last).

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;
use std::io::Write as _;
use std::time::Instant;

use hbl_connector::venues::bybit::decimal::{Scale, Step};
use hbl_connector::venues::bybit::frames::public::levels;
use hbl_connector::venues::bybit::frames::public::{PublicFrame, parse};
use hbl_connector::venues::bybit::symbol_feed::SymbolFeed;
use serde::Deserialize;

#[derive(Deserialize)]
#[expect(dead_code, reason = "read to the same extent as ours")]
struct Stream {
    topic: String,
    #[serde(rename = "type")]
    kind: String,
    ts: i64,
    cts: Option<i64>,
    data: Book,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "read to the same extent as ours")]
struct Book {
    s: String,
    b: Vec<(String, String)>,
    a: Vec<(String, String)>,
    u: i64,
    seq: i64,
}

fn two_pass(text: &str, out: &mut Vec<(f64, f64)>) -> i64 {
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    let stream: Stream = serde_json::from_value(value).unwrap();
    out.clear();
    for (px, qty) in stream.data.b.iter().chain(&stream.data.a) {
        out.push((px.parse().unwrap(), qty.parse().unwrap()));
    }
    stream.data.u
}

fn delta(kind: &str, u: u64) -> String {
    let side = |low: u64| {
        let level = |n: u64| {
            let (tick, lots) = (low + n * 5, (n * 7 + u) % 900 + 1);
            format!(
                r#"["{}.{:02}","{}.{:03}"]"#,
                tick / 100,
                tick % 100,
                lots / 10,
                lots
            )
        };
        (0..25).map(level).collect::<Vec<_>>().join(",")
    };
    format!(
        r#"{{"topic":"orderbook.50.BTCUSDT","type":"{kind}","ts":1764000001033,"data":{{"s":"BTCUSDT","b":[{}],"a":[{}],"u":{u},"seq":{}}},"cts":1764000001030}}"#,
        side(9_500_000),
        side(9_600_000),
        9_000_120_000 + u
    )
}

/// Best time per call of several rounds, nanoseconds.
fn measure(mut call: impl FnMut(usize)) -> f64 {
    const CALLS: usize = 20_000;
    let mut best = f64::INFINITY;
    for _ in 0..7 {
        let start = Instant::now();
        for n in 0..CALLS {
            call(n);
        }
        best = best.min(start.elapsed().as_nanos() as f64 / CALLS as f64);
    }
    best
}

fn main() {
    let scale = Scale {
        tick: Step::parse("0.05").unwrap(),
        lot: Step::parse("0.001").unwrap(),
    };
    let frames: Vec<String> = (0..64).map(|n| delta("delta", 100 + n)).collect();
    let mut floats = Vec::new();
    let theirs = measure(|n| {
        black_box(two_pass(&frames[n % 64], &mut floats));
    });
    let (mut bids, mut asks) = (Vec::new(), Vec::new());
    let parse_only = measure(|n| {
        let PublicFrame::Book(frame) = parse(frames[n % 64].as_bytes()).unwrap() else {
            return;
        };
        levels(&frame.bids, &scale, &mut bids).unwrap();
        levels(&frame.asks, &scale, &mut asks).unwrap();
        black_box((&bids, &asks));
    });
    // With the book, its checks and the batch of changes: a snapshot now and then keeps it in line.
    let snapshot = delta("snapshot", 99);
    let mut feed = SymbolFeed::new(scale, &[50]);
    let mut out = Vec::new();
    let whole = measure(|n| {
        if n % 64 == 0
            && let PublicFrame::Book(frame) = parse(snapshot.as_bytes()).unwrap()
        {
            feed.book(&frame, &mut out).unwrap();
        }
        let PublicFrame::Book(frame) = parse(frames[n % 64].as_bytes()).unwrap() else {
            return;
        };
        out.clear();
        feed.book(&frame, &mut out).unwrap();
        assert_eq!(out.len(), 50);
        black_box(&out);
    });
    let mut text = std::io::stdout().lock();
    let _ = writeln!(text, "50-level delta of {} bytes", frames[0].len());
    let _ = writeln!(text, "two passes, floats         {theirs:8.0} ns");
    let _ = writeln!(
        text,
        "ours, ticks and lots       {parse_only:8.0} ns  {:.2} times as fast",
        theirs / parse_only
    );
    let _ = writeln!(
        text,
        "ours with book and batch   {whole:8.0} ns  {:.2} times as fast",
        theirs / whole
    );
}
