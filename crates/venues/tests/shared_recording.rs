//! A real recording, read twice: by the replay, and here in the plainest way there is. The two share
//! no code. The recording is looked for in `SHARED_DATA`, or `../shared/data` beside the repository.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

use crate::shared_data::shared_data;
use flate2::read::MultiGzDecoder;
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::venue::{MarketData as _, VenueEvent};
use hbl_venues::replay::ReplayVenue;
use hbl_venues::replay::config::{ReplayConfig, Speed};
use hftbacktest::types::{
    DEPTH_EVENT, Event, LOCAL_BID_DEPTH_EVENT, LOCAL_BUY_TRADE_EVENT, TRADE_EVENT,
};
use serde_json::Value;

type Levels = BTreeMap<i64, f64>;

/// A book in tenths, as anyone would write it.
#[derive(Default)]
struct PlainBook {
    bids: Levels,
    asks: Levels,
}

fn tenths(px: f64) -> i64 {
    (px * 10.0).round() as i64
}

fn set(levels: &mut Levels, px: f64, qty: f64) {
    if qty == 0.0 {
        levels.remove(&tenths(px));
    } else {
        levels.insert(tenths(px), qty);
    }
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

impl PlainBook {
    fn apply(&mut self, message: &Value, bids: &str, asks: &str) {
        for (levels, key) in [(&mut self.bids, bids), (&mut self.asks, asks)] {
            for level in message[key].as_array().unwrap() {
                set(levels, number(&level[0]), number(&level[1]));
            }
        }
    }
}

/// What a bot has that applies events one by one.
#[derive(Default)]
struct Published {
    book: PlainBook,
    trades: u64,
    bought: f64,
    sold: f64,
    level_updates: u64,
    messages_with_levels: u64,
}

impl Published {
    fn apply(&mut self, event: &Event) {
        if event.is(TRADE_EVENT) {
            self.trades += 1;
            let volume = if event.is(LOCAL_BUY_TRADE_EVENT) {
                &mut self.bought
            } else {
                &mut self.sold
            };
            *volume += event.qty;
        } else if event.is(DEPTH_EVENT) {
            self.level_updates += 1;
            let is_bid = event.is(LOCAL_BID_DEPTH_EVENT);
            set(
                if is_bid {
                    &mut self.book.bids
                } else {
                    &mut self.book.asks
                },
                event.px,
                event.qty,
            );
            if let (Some((bid, _)), Some((ask, _))) = (
                self.book.bids.last_key_value(),
                self.book.asks.first_key_value(),
            ) {
                assert!(bid < ask, "crossed after {event:?}");
            }
        }
    }
}

#[test]
fn the_replay_of_a_real_recording_agrees_with_an_independent_reading() {
    let test = "the_replay_of_a_real_recording_agrees_with_an_independent_reading";
    let Some(path) = shared_data(test, "binance-usdm-btcusdt-20240808.gz") else {
        return;
    };
    let now = |index: u64| Now {
        mono_ns: 1_000_000_000 + index * 100_000_000,
        unix_ns: 0,
    };
    let config = ReplayConfig {
        files: vec![path.clone()],
        speed: Speed::Step,
        rebase_time: false,
        ..ReplayConfig::default()
    };
    let mut venue = ReplayVenue::new(config, now(0)).unwrap();
    venue.register(now(0), "BTCUSDT", 0.1, 0.001).unwrap();

    let mut published = Published::default();
    let mut deep = PlainBook::default();
    let mut waiting: Vec<Value> = Vec::new();
    let (mut deep_id, mut snapshot_seen) = (0u64, false);
    let mut top: Option<(u64, [f64; 4])> = None;
    let (mut trades, mut bought, mut sold) = (0u64, 0.0, 0.0);
    let (mut whole_books, mut kinds) = (0u64, [0u64; 4]);
    let mut out = Vec::new();
    let lines = BufReader::new(MultiGzDecoder::new(std::fs::File::open(&path).unwrap())).lines();
    for (index, line) in lines.enumerate() {
        let line = line.unwrap();
        let (local_ts, json) = line.split_once(' ').unwrap();
        let message: Value = serde_json::from_str(json).unwrap();
        let data = &message["data"];
        let mut book_is_current = false;
        match data["e"].as_str() {
            Some("trade") => {
                kinds[0] += 1;
                trades += 1;
                let volume = if data["m"].as_bool().unwrap() {
                    &mut sold
                } else {
                    &mut bought
                };
                *volume += number(&data["q"]);
            }
            Some("bookTicker") => {
                kinds[1] += 1;
                let values = ["b", "B", "a", "A"].map(|key| number(&data[key]));
                top = Some((data["u"].as_u64().unwrap(), values));
            }
            Some("depthUpdate") => {
                kinds[2] += 1;
                if snapshot_seen {
                    assert!(data["u"].as_u64().unwrap() > deep_id);
                    deep.apply(data, "b", "a");
                    deep_id = data["u"].as_u64().unwrap();
                    book_is_current = true;
                } else {
                    waiting.push(data.clone());
                }
            }
            _ => {
                kinds[3] += 1;
                snapshot_seen = true;
                deep_id = message["lastUpdateId"].as_u64().unwrap();
                deep.apply(&message, "bids", "asks");
                for delta in waiting.drain(..) {
                    if delta["u"].as_u64().unwrap() > deep_id {
                        deep.apply(&delta, "b", "a");
                        deep_id = delta["u"].as_u64().unwrap();
                    }
                }
                book_is_current = true;
            }
        }

        out.clear();
        venue.step();
        venue.poll(now(index as u64 + 1), &mut out);
        let before = published.level_updates;
        for event in &out {
            if let VenueEvent::Feed { event, .. } = event {
                assert_eq!(event.local_ts, local_ts.parse::<i64>().unwrap());
                published.apply(event);
            }
        }
        published.messages_with_levels += u64::from(published.level_updates > before);

        if !snapshot_seen {
            assert!(published.book.bids.is_empty() && published.book.asks.is_empty());
            continue;
        }
        let newer_top = top.filter(|(id, _)| *id > deep_id);
        if let Some((_, [bid, bid_qty, ask, ask_qty])) = newer_top {
            assert_eq!(
                published.book.bids.last_key_value(),
                Some((&tenths(bid), &bid_qty)),
                "line {index}"
            );
            assert_eq!(
                published.book.asks.first_key_value(),
                Some((&tenths(ask), &ask_qty)),
                "line {index}"
            );
        } else {
            assert_eq!(
                published.book.bids.last_key_value(),
                deep.bids.last_key_value(),
                "line {index}"
            );
            assert_eq!(
                published.book.asks.first_key_value(),
                deep.asks.first_key_value(),
                "line {index}"
            );
            // The deep stream is the newest there is: every level must agree.
            if book_is_current {
                whole_books += 1;
                assert_eq!(published.book.bids, deep.bids, "line {index}");
                assert_eq!(published.book.asks, deep.asks, "line {index}");
            }
        }
    }

    assert_eq!(kinds, [21_313, 66_089, 6_551, 1]);
    assert_eq!(published.trades, trades);
    assert!((published.bought - bought).abs() < 1e-6 && (published.sold - sold).abs() < 1e-6);
    let counters = venue.counters(0);
    assert_eq!(
        (counters.gaps, counters.crossed, counters.messages),
        (0, 0, 93_954)
    );
    assert_eq!(counters.changes, published.level_updates);
    assert!(whole_books > 3_000, "whole books compared: {whole_books}");
    eprintln!(
        "{} trades, bought {bought:.3}, sold {sold:.3}; {} level updates in {} messages; {whole_books} whole books compared; {} stale messages",
        published.trades, published.level_updates, published.messages_with_levels, counters.stale,
    );
}
