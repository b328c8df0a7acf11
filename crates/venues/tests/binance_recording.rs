//! The real recording through the live parser and book of venue `binancefutures`, against the replay.
//! It is looked for in `SHARED_DATA`, or `../shared/data` beside the repository.

use std::io::{BufRead, BufReader};

use crate::shared_data::shared_data;
use flate2::read::MultiGzDecoder;
use hbl_venues::binance::frames::{Frame, parse};
use hbl_venues::binance::rest_frames::snapshot;
use hbl_venues::binance::symbol_feed::{FeedEffect, SymbolFeed};
use hbl_venues::kit::book::book_fusion::BookSide;
use hbl_venues::kit::book::depth_sequencer::Numbering;
use hbl_venues::kit::book::message::Level;
use hbl_venues::kit::decimal::Step;
use hbl_venues::kit::scale::Scale;
use hbl_venues::replay::binance_json::BinanceParser;
use hbl_venues::replay::binance_usdm::BinanceUsdm;
use hbl_venues::replay::symbol_feed::SymbolFeed as ReplayFeed;
use hbl_venues::replay::symbols::Symbols;

fn scale() -> Scale {
    Scale {
        tick: Step::parse("0.10").unwrap(),
        lot: Step::parse("0.001").unwrap(),
    }
}

#[test]
fn the_live_book_is_the_replays_after_every_recorded_depth_message() {
    let test = "the_live_book_is_the_replays_after_every_recorded_depth_message";
    let Some(path) = shared_data(test, "binance-usdm-btcusdt-20240808.gz") else {
        return;
    };
    let lines = BufReader::new(MultiGzDecoder::new(std::fs::File::open(path).unwrap())).lines();
    let (mut parser, mut symbols) = (BinanceParser::default(), Symbols::default());
    let mut replay = ReplayFeed::new(Some(Numbering::BinanceUsdm));
    let mut live = SymbolFeed::new(scale());
    let (mut depths, mut tops, mut trades, mut published, mut compared) = (0, 0, 0, 0, 0);
    let (mut replay_trades, mut synced) = (Vec::new(), false);
    for line in lines {
        let line = line.unwrap();
        let (local_ts, json) = line.split_once(' ').unwrap();
        let local_ts: i64 = local_ts.parse().unwrap();
        let message = parser
            .parse::<BinanceUsdm>(local_ts, json, &mut symbols)
            .unwrap();
        if let Some(message) = message {
            replay.apply(message, &mut replay_trades, &mut Vec::new());
        }
        let mut changes = Vec::new();
        let effect = if json.starts_with("{\"lastUpdateId\"") {
            live.snapshot(&snapshot(json.as_bytes()).unwrap(), &mut changes)
                .unwrap()
        } else {
            match parse(json.as_bytes()).unwrap() {
                Frame::Depth(frame) => {
                    depths += 1;
                    live.depth(&frame, &mut changes).unwrap()
                }
                Frame::Top(frame) => {
                    tops += 1;
                    live.top(&frame, &mut changes).unwrap()
                }
                Frame::Trade(frame) => {
                    trades += 1;
                    published += usize::from(live.trade(&frame, local_ts).unwrap().is_some());
                    continue;
                }
                other => panic!("{other:?}"),
            }
        };
        assert!(!matches!(effect, FeedEffect::Lost(_)), "{effect:?}");
        synced |= effect == FeedEffect::Synced;
        if compared % 50 == 0 {
            for side in [BookSide::Bid, BookSide::Ask] {
                assert_eq!(live.levels(side), in_units(&replay.levels(side)));
            }
        }
        compared += 1;
    }
    assert_eq!((depths, tops, trades), (6_551, 66_089, 21_313));
    assert_eq!(published, replay_trades.len());
    assert!(synced && !live.levels(BookSide::Bid).is_empty());
    assert_eq!(replay.counters().gaps, 0);
}

fn in_units(levels: &[Level]) -> Vec<(i64, i64)> {
    let lots = |qty: f64| (qty * 1_000.0).round();
    #[expect(clippy::cast_possible_truncation, reason = "far below 2^53")]
    let units = |level: &Level| (level.px.raw() / 100_000_000, lots(level.qty) as i64);
    levels.iter().map(units).collect()
}
