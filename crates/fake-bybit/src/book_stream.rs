//! One order book topic: the last published book, and the frames of its changes.

use std::{cmp::Ordering, fmt::Write};

use crate::{category::Category, market::Market};

/// A side as (price in ticks, quantity in lots), best first.
pub(crate) type Levels = Vec<(i64, i64)>;

/// The depths there are, and how often each is published, ms.
pub(crate) const DEPTHS: [(usize, i64); 4] = [(1, 10), (50, 20), (200, 100), (1000, 200)];

/// An unchanged depth 1 is repeated after this, ms.
const REPEAT_MS: i64 = 3000;

/// One order book topic.
#[derive(Debug)]
pub(crate) struct BookStream {
    pub(crate) market: u32,
    pub(crate) depth: usize,
    pub(crate) topic: String,
    interval_ms: i64,
    pub(crate) bids: Levels,
    pub(crate) asks: Levels,
    pub(crate) u: u64,
    seq: u64,
    cts_ms: i64,
    published_ms: i64,
    due_ms: i64,
    /// Number of the next deltas that are lost.
    pub(crate) lose: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Snapshot,
    Delta,
}

impl BookStream {
    pub(crate) fn new(market: u32, symbol: &str, depth: usize, interval_ms: i64, u: u64) -> Self {
        Self {
            market,
            depth,
            topic: format!("orderbook.{depth}.{symbol}"),
            interval_ms,
            bids: Vec::new(),
            asks: Vec::new(),
            u,
            seq: 0,
            cts_ms: 0,
            published_ms: 0,
            due_ms: 0,
            lose: 0,
        }
    }

    /// Whether it is time to look for changes; the next time is one interval later.
    pub(crate) fn is_due(&mut self, now_ms: i64) -> bool {
        if now_ms < self.due_ms {
            return false;
        }
        self.due_ms = now_ms + self.interval_ms;
        true
    }

    /// Takes the present book without publishing it, for the snapshot of a first subscriber.
    pub(crate) fn refresh(&mut self, market: &Market, bids: Levels, asks: Levels, now_ms: i64) {
        self.u += 1;
        self.take(market, bids, asks, now_ms);
    }

    fn take(&mut self, market: &Market, bids: Levels, asks: Levels, now_ms: i64) {
        self.bids = bids;
        self.asks = asks;
        self.seq = market.seq;
        self.cts_ms = market.cts_ms;
        self.published_ms = now_ms;
    }

    /// The frame of the changes since the last one; `None` when there are none, or the frame is lost.
    pub(crate) fn publish(
        &mut self,
        market: &Market,
        bids: Levels,
        asks: Levels,
        now_ms: i64,
        cts: bool,
    ) -> Option<String> {
        if self.depth == 1 {
            let same = bids == self.bids && asks == self.asks;
            if same && now_ms - self.published_ms < REPEAT_MS {
                return None;
            }
            if same {
                self.published_ms = now_ms;
            } else {
                self.u += 1;
                self.take(market, bids, asks, now_ms);
            }
            return Some(self.snapshot(market, now_ms, cts));
        }
        let b = changes(&self.bids, &bids, |a, b| b.cmp(&a));
        let a = changes(&self.asks, &asks, |a, b| a.cmp(&b));
        if b.is_empty() && a.is_empty() {
            return None;
        }
        self.u += 1;
        self.take(market, bids, asks, now_ms);
        if self.lose > 0 {
            self.lose -= 1;
            return None;
        }
        Some(self.frame(market, Kind::Delta, &b, &a, now_ms, cts))
    }

    /// The last published state as a snapshot.
    pub(crate) fn snapshot(&self, market: &Market, now_ms: i64, cts: bool) -> String {
        self.frame(market, Kind::Snapshot, &self.bids, &self.asks, now_ms, cts)
    }

    /// A frame with these levels and the current `u`, `seq` and `cts`.
    pub(crate) fn frame(
        &self,
        market: &Market,
        kind: Kind,
        bids: &[(i64, i64)],
        asks: &[(i64, i64)],
        now_ms: i64,
        cts: bool,
    ) -> String {
        let mut text = String::with_capacity(160 + 32 * (bids.len() + asks.len()));
        let kind = match kind {
            Kind::Snapshot => "snapshot",
            Kind::Delta => "delta",
        };
        let topic = &self.topic;
        // As at the venue, where the order of the two differs.
        let _ = if self.depth == 1 || market.category == Category::Spot {
            write!(
                text,
                r#"{{"topic":"{topic}","ts":{now_ms},"type":"{kind}","data":{{"s":"{}","b":["#,
                market.symbol
            )
        } else {
            write!(
                text,
                r#"{{"topic":"{topic}","type":"{kind}","ts":{now_ms},"data":{{"s":"{}","b":["#,
                market.symbol
            )
        };
        write_levels(&mut text, market, bids);
        text.push_str(r#"],"a":["#);
        write_levels(&mut text, market, asks);
        let _ = write!(text, r#"],"u":{},"seq":{}}}"#, self.u, self.seq);
        if cts {
            let _ = write!(text, r#","cts":{}"#, self.cts_ms);
        }
        text.push('}');
        text
    }
}

fn write_levels(text: &mut String, market: &Market, levels: &[(i64, i64)]) {
    for (at, &(tick, lots)) in levels.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        let _ = write!(text, r#"["{}","{}"]"#, market.px(tick), market.qty(lots));
    }
}

/// The changes from `old` to `new`; both are sorted by `order`, best first.
fn changes(old: &[(i64, i64)], new: &[(i64, i64)], order: impl Fn(i64, i64) -> Ordering) -> Levels {
    let mut changes = Vec::new();
    let (mut i, mut j) = (0, 0);
    loop {
        let ordering = match (old.get(i), new.get(j)) {
            (None, None) => return changes,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => order(a.0, b.0),
        };
        match ordering {
            Ordering::Less => {
                changes.push((old[i].0, 0));
                i += 1;
            }
            Ordering::Greater => {
                changes.push(new[j]);
                j += 1;
            }
            Ordering::Equal => {
                if old[i].1 != new[j].1 {
                    changes.push(new[j]);
                }
                i += 1;
                j += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_turn_the_old_side_into_the_new_one() {
        let old = [(10, 1), (9, 2), (7, 3)];
        let new = [(11, 4), (9, 2), (8, 5), (7, 1)];
        let got = changes(&old, &new, |a, b| b.cmp(&a));
        assert_eq!(got, [(11, 4), (10, 0), (8, 5), (7, 1)]);
        assert!(changes(&new, &new, |a, b| b.cmp(&a)).is_empty());
    }
}
