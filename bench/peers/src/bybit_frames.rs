//! Made frames of the sizes that the venue sends: 50-level deltas and messages of ten trades.

const TICK_PER_LEVEL: u64 = 5;

/// A book message with 25 levels on each side; consecutive `u` follow each other.
#[must_use]
pub fn delta(kind: &str, u: u64) -> String {
    let side = |low: u64| {
        let level = |n: u64| {
            let (tick, lots) = (low + n * TICK_PER_LEVEL, (n * 7 + u) % 900 + 1);
            let (px, cents) = (tick / 100, tick % 100);
            format!(r#"["{px}.{cents:02}","{}.{lots:03}"]"#, lots / 10)
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

/// A message of ten trades.
#[must_use]
pub fn trades(n: u64) -> String {
    let trade = |i: u64| {
        let side = if (n + i).is_multiple_of(3) {
            "Sell"
        } else {
            "Buy"
        };
        format!(
            r#"{{"T":1764000001044,"s":"BTCUSDT","S":"{side}","v":"0.{:03}","p":"95{:03}.{:02}","L":"MinusTick","i":"6f0d2c1a-{i:04}-5aaa-8bbb-1c2d3e4f5a6b","BT":false,"RPI":false,"seq":{}}}"#,
            (n * 13 + i) % 900 + 1,
            (n + i) % 1000,
            (n + i) % 20 * 5,
            9_000_120_000 + n
        )
    };
    let items = (0..10).map(trade).collect::<Vec<_>>().join(",");
    format!(
        r#"{{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1764000001046,"data":[{items}]}}"#
    )
}

/// Update id before the first delta of [`deltas`].
pub const FIRST_U: u64 = 100;

/// Deltas that follow each other.
#[must_use]
pub fn deltas(count: u64) -> Vec<String> {
    (1..=count).map(|n| delta("delta", FIRST_U + n)).collect()
}
