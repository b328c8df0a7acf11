//! A Bybit book whose best ask shows which frame it came with.

use std::fmt::Write as _;

/// The instrument of the fake venue that has no market of its own.
pub const SYMBOL: &str = "XRPUSDT";
/// Quantity of the best ask by which a bot has to buy it.
pub const CHEAP_QTY: &str = "5.0";
/// Quantity of the best ask otherwise.
const USUAL_QTY: &str = "500.0";

/// Prices in ticks of 0.0001, close together as on a real market: books that look for the next level
/// tick by tick have a short way.
const LOWEST_ASK: u64 = 25_000;
/// An order differs from one for the frame so many frames before.
const ASKS: u64 = 64;
/// Levels around the best ask that never are the best.
const LEVELS: u64 = 49;
const HIGHEST_BID: u64 = LOWEST_ASK - 1;
const LOWEST_DEEP_ASK: u64 = LOWEST_ASK + ASKS;

/// Tick of the best ask in frame `n`.
#[must_use]
pub const fn ask_tick(n: u64) -> u64 {
    LOWEST_ASK + n % ASKS
}

/// The frame that an order at this tick answers: the last one up to `last` with this best ask.
#[must_use]
pub const fn frame_of(tick: u64, last: u64) -> Option<u64> {
    let Some(offset) = tick.checked_sub(LOWEST_ASK) else {
        return None;
    };
    if offset >= ASKS || offset > last {
        return None;
    }
    Some(last - (last - offset) % ASKS)
}

/// Ticks of a price as orders carry it; `None` when it is no such price.
#[must_use]
pub fn tick_of(price: &str) -> Option<u64> {
    let (whole, rest) = price.split_once('.').unwrap_or((price, ""));
    if rest.len() > 4 {
        return None;
    }
    let rest: u64 = format!("{rest:0<4}").parse().ok()?;
    Some(whole.parse::<u64>().ok()? * 10_000 + rest)
}

fn level(to: &mut String, tick: u64, qty: &str) {
    let comma = if to.ends_with('[') { "" } else { "," };
    let (whole, rest) = (tick / 10_000, tick % 10_000);
    // Writing to a string cannot fail.
    let _ = write!(to, r#"{comma}["{whole}.{rest:04}","{qty}"]"#);
}

fn message(kind: &str, n: u64, unix_ms: u64, bids: &str, asks: &str) -> String {
    format!(
        r#"{{"topic":"orderbook.50.{SYMBOL}","type":"{kind}","ts":{unix_ms},"data":{{"s":"{SYMBOL}","b":{bids}],"a":{asks}],"u":{},"seq":{}}},"cts":{unix_ms}}}"#,
        n + 2,
        n + 9_000_000
    )
}

/// The book before frame 0.
#[must_use]
pub fn snapshot(unix_ms: u64) -> String {
    let (mut bids, mut asks) = ("[".to_owned(), "[".to_owned());
    for i in 0..LEVELS {
        level(&mut bids, HIGHEST_BID - i, USUAL_QTY);
        level(&mut asks, LOWEST_DEEP_ASK + i, USUAL_QTY);
    }
    let kind = "snapshot";
    message(kind, 0, unix_ms, &bids, &asks).replace(r#""u":2,"#, r#""u":1,"#)
}

/// Frame `n`: the best ask moves on, and five levels of each side change their quantity.
#[must_use]
pub fn delta(n: u64, cheap: bool, unix_ms: u64) -> String {
    let (mut bids, mut asks) = ("[".to_owned(), "[".to_owned());
    if n > 0 {
        level(&mut asks, ask_tick(n - 1), "0");
    }
    level(
        &mut asks,
        ask_tick(n),
        if cheap { CHEAP_QTY } else { USUAL_QTY },
    );
    for i in 0..5 {
        let qty = format!("{}.{}", 100 + (n + i) % 800, (n + i) % 10);
        level(&mut bids, HIGHEST_BID - (n + i * 9) % LEVELS, &qty);
        level(&mut asks, LOWEST_DEEP_ASK + (n + i * 9) % LEVELS, &qty);
    }
    message("delta", n, unix_ms, &bids, &asks)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_price_of_an_order_names_the_frame_it_answers() {
        for last in [0, 5, ASKS - 1, ASKS, 3 * ASKS + 7] {
            for n in last.saturating_sub(3)..=last {
                assert_eq!(frame_of(ask_tick(n), last), Some(n), "{n} of {last}");
            }
        }
        assert_eq!(frame_of(LOWEST_ASK + 9, 5), None);
        assert_eq!(tick_of("2.5001"), Some(25_001));
        assert_eq!(tick_of("2.5"), Some(25_000));
        assert_eq!(tick_of("2.50001"), None);
    }

    #[test]
    fn a_frame_replaces_the_best_ask_of_the_one_before() {
        let frame: Value = serde_json::from_str(&delta(7, true, 1)).unwrap();
        assert_eq!(frame["data"]["u"], 9);
        assert_eq!(frame["data"]["a"][0], serde_json::json!(["2.5006", "0"]));
        assert_eq!(frame["data"]["a"][1], serde_json::json!(["2.5007", "5.0"]));
        let whole: Value = serde_json::from_str(&snapshot(1)).unwrap();
        assert_eq!(whole["data"]["u"], 1);
        assert_eq!(whole["data"]["b"].as_array().unwrap().len(), 49);
    }
}
