//! Statistics of the background flow and its book.

mod support;

use std::time::Instant;

use hbl_exchange::{
    EventBody, Exchange, ExchangeConfig, ExchangeEvent, FlowConfig, Instrument, NewOrder, Side,
};
use support::Rebuilt;

fn btc() -> Instrument {
    Instrument::new("BTCUSDT", 0.1, 0.001).expect("valid")
}

fn run(flow: FlowConfig, seed: u64, seconds: i64) -> (Exchange, Vec<ExchangeEvent>) {
    let config = ExchangeConfig {
        seed,
        ..ExchangeConfig::default()
    };
    let mut ex = Exchange::new(config, 0).expect("valid");
    ex.add_instrument(btc(), Some(flow)).expect("valid");
    let mut events = Vec::new();
    ex.advance(seconds * 1_000_000_000, &mut events);
    (ex, events)
}

fn count(events: &[ExchangeEvent]) -> (f64, f64) {
    let levels = events
        .iter()
        .filter(|e| matches!(e.body, EventBody::Level(_)))
        .count();
    (levels as f64, (events.len() - levels) as f64)
}

#[test]
fn the_book_is_never_crossed_never_empty_deep_and_tight_at_every_rate() {
    for (level_rate_hz, trade_rate_hz, seconds) in [
        (1.0, 0.2, 3000),
        (50.0, 10.0, 200),
        (1000.0, 20.0, 60),
        (100_000.0, 10_000.0, 2),
    ] {
        let flow = FlowConfig {
            level_rate_hz,
            trade_rate_hz,
            ..FlowConfig::default()
        };
        let (ex, events) = run(flow, 11, seconds);
        let mut book = Rebuilt::default();
        let mut spreads = Vec::new();
        for event in &events {
            match event.body {
                EventBody::Level(level) => book.apply(level.side, level.px_tick, level.qty_lots),
                EventBody::Trade(trade) => {
                    assert_eq!(book.best(trade.aggressor.opposite()), Some(trade.px_tick));
                }
                _ => {}
            }
            if event.exch_ts_ns == 0 {
                continue;
            }
            assert!(!book.is_crossed());
            let (bid, ask) = (book.best(Side::Buy), book.best(Side::Sell));
            spreads.push(ask.expect("asks") - bid.expect("bids"));
            if event.exch_ts_ns % 64 == 0 {
                for side in [Side::Buy, Side::Sell] {
                    let depth = book.levels(side).len();
                    assert!(
                        (13..=60).contains(&depth),
                        "{depth} levels at {level_rate_hz}/s"
                    );
                }
            }
        }
        for side in [Side::Buy, Side::Sell] {
            assert_eq!(book.levels(side), ex.book(0, side).collect::<Vec<_>>());
        }
        spreads.sort_unstable();
        let quantile = |percent: usize| spreads[(spreads.len() - 1) * percent / 100];
        let spread = [0, 50, 90, 100].map(quantile);
        assert_eq!(spread[0], 1);
        assert!(
            spread[1] <= 3 && spread[2] <= 15,
            "{spread:?} ticks at {level_rate_hz}/s"
        );
        assert!(spread[3] > 1, "the spread varies");
    }
}

#[test]
fn levels_and_trades_come_at_the_configured_rates() {
    for (level_rate_hz, trade_rate_hz, seconds) in [
        (2.0, 1.0, 10_000),
        (1000.0, 20.0, 400),
        (200_000.0, 20_000.0, 4),
    ] {
        let flow = FlowConfig {
            level_rate_hz,
            trade_rate_hz,
            ..FlowConfig::default()
        };
        let (levels, trades) = count(&run(flow, 5, seconds).1);
        let (levels, trades) = (levels / seconds as f64, trades / seconds as f64);
        assert!(
            (levels / level_rate_hz - 1.0).abs() < 0.03,
            "{levels} levels/s"
        );
        assert!(
            (trades / trade_rate_hz - 1.0).abs() < 0.12,
            "{trades} trades/s"
        );
    }
}

#[test]
fn trades_cluster_when_they_set_off_each_other() {
    // Variance over mean of the trades per 100 ms: 1 for a Poisson process.
    let dispersion = |clustering| {
        let flow = FlowConfig {
            clustering,
            trade_rate_hz: 50.0,
            ..FlowConfig::default()
        };
        let mut bins = vec![0.0_f64; 4000];
        for event in &run(flow, 3, 400).1 {
            if matches!(event.body, EventBody::Trade(_)) {
                bins[(event.exch_ts_ns / 100_000_000) as usize] += 1.0;
            }
        }
        let mean = bins.iter().sum::<f64>() / bins.len() as f64;
        bins.iter().map(|n| (n - mean).powi(2)).sum::<f64>() / bins.len() as f64 / mean
    };
    let (poisson, clustered) = (dispersion(0.0), dispersion(0.8));
    assert!(poisson < 1.6, "{poisson}");
    assert!(clustered > 3.0, "{clustered}");
}

#[test]
fn the_price_moves_as_much_as_configured() {
    for volatility in [0.00002, 0.0002] {
        let flow = FlowConfig {
            volatility,
            level_rate_hz: 20_000.0,
            ..FlowConfig::default()
        };
        let mut ex = Exchange::new(ExchangeConfig::default(), 0).expect("valid");
        ex.add_instrument(btc(), Some(flow)).expect("valid");
        let mut events = Vec::new();
        let mut last = 60_000.0_f64;
        let mut sum = 0.0;
        let seconds = 300;
        for second in 1..=seconds {
            events.clear();
            ex.advance(second * 1_000_000_000, &mut events);
            let best = |side| ex.book(0, side).next().map_or(0, |(tick, _)| tick);
            let middle = (best(Side::Buy) + best(Side::Sell)) as f64 * 0.05;
            sum += (middle / last).ln().powi(2);
            last = middle;
        }
        let measured = (sum / seconds as f64).sqrt();
        assert!(
            (measured / volatility - 1.0).abs() < 0.2,
            "{measured} for {volatility}"
        );
    }
}

#[test]
fn a_side_swept_by_an_order_is_there_again_at_once() {
    let (mut ex, mut events) = run(FlowConfig::default(), 9, 1);
    let now_ns = ex.now_ns();
    ex.submit(now_ns, NewOrder::market(7, 0, 1, Side::Buy, 1e6).into());
    events.clear();
    ex.advance(now_ns, &mut events);
    assert!(ex.book(0, Side::Sell).count() >= 13);
    assert!(ex.position(7, 0).qty_lots > 2000);
}

#[test]
fn an_order_that_rests_inside_the_price_is_traded_with() {
    let (mut ex, mut events) = run(FlowConfig::default(), 9, 1);
    let bid = ex.book(0, Side::Buy).next().map_or(0, |(tick, _)| tick);
    let px = ex.instruments()[0].px(bid + 200);
    let now_ns = ex.now_ns();
    let tif = hbl_exchange::TimeInForce::Gtc;
    ex.submit(
        now_ns,
        NewOrder::limit(7, 0, 1, Side::Buy, px, 1000.0, tif).into(),
    );
    ex.advance(now_ns + 1_000_000_000, &mut events);
    let as_maker = support::orders(&events).iter().filter(|o| o.maker).count();
    assert!(as_maker > 5, "{as_maker} fills");
    // Its price holds the book back.
    assert!(ex.book(0, Side::Sell).all(|(tick, _)| tick > bid + 200));
}

#[test]
fn instruments_have_flows_of_their_own() {
    let mut ex = Exchange::new(ExchangeConfig::default(), 0).expect("valid");
    ex.add_instrument(btc(), Some(FlowConfig::default()))
        .expect("valid");
    let eth = Instrument::new("ETHUSDT", 0.01, 0.01).expect("valid");
    let flow = FlowConfig {
        initial_px: 3000.0,
        ..FlowConfig::default()
    };
    ex.add_instrument(eth, Some(flow)).expect("valid");
    let mut events = Vec::new();
    ex.advance(2_000_000_000, &mut events);
    let (_, alone) = run(FlowConfig::default(), 1, 2);
    let of_first = |e: &&ExchangeEvent| matches!(e.body, EventBody::Level(l) if l.symbol == 0);
    let levels = |events: &[ExchangeEvent]| -> Vec<EventBody> {
        events.iter().filter(of_first).map(|e| e.body).collect()
    };
    assert_eq!(
        levels(&events),
        levels(&alone),
        "the second instrument changed the first"
    );
    assert!(
        events
            .windows(2)
            .all(|pair| pair[0].exch_ts_ns <= pair[1].exch_ts_ns)
    );
}

#[test]
fn settings_out_of_range_are_refused() {
    let mut ex = Exchange::new(ExchangeConfig::default(), 0).expect("valid");
    let good = FlowConfig::default();
    for bad in [
        FlowConfig {
            initial_px: f64::NAN,
            ..good
        },
        FlowConfig {
            initial_px: 1.0,
            ..good
        },
        FlowConfig {
            volatility: -0.1,
            ..good
        },
        FlowConfig {
            level_rate_hz: 0.0,
            ..good
        },
        FlowConfig {
            level_rate_hz: 1e6,
            ..good
        },
        FlowConfig {
            trade_rate_hz: f64::INFINITY,
            ..good
        },
        FlowConfig {
            clustering: 1.0,
            ..good
        },
        FlowConfig {
            cluster_ms: 0.0,
            ..good
        },
        FlowConfig { levels: 1, ..good },
        FlowConfig {
            level_gap_ticks: 0.5,
            ..good
        },
        FlowConfig {
            spread_ticks: 0.0,
            ..good
        },
        FlowConfig {
            level_qty: -1.0,
            ..good
        },
        FlowConfig {
            trade_qty: 1e-9,
            ..good
        },
    ] {
        assert!(ex.add_instrument(btc(), Some(bad)).is_err(), "{bad:?}");
    }
    assert!(ex.instruments().is_empty());
    assert_eq!(ex.add_instrument(btc(), Some(good)), Ok(0));
}

/// The margin is for a machine that does other work at the same time.
#[test]
#[cfg_attr(debug_assertions, ignore = "measures an optimised build")]
fn the_flow_makes_more_than_a_million_events_a_second() {
    let flow = FlowConfig {
        level_rate_hz: 200_000.0,
        trade_rate_hz: 20_000.0,
        ..FlowConfig::default()
    };
    let measured = || {
        let mut ex = Exchange::new(ExchangeConfig::default(), 0).expect("valid");
        ex.add_instrument(btc(), Some(flow)).expect("valid");
        let mut events = Vec::new();
        let mut total = 0;
        let begin = Instant::now();
        for step in 1..=500 {
            events.clear();
            ex.advance(step * 10_000_000, &mut events);
            total += events.len();
        }
        total as f64 / begin.elapsed().as_secs_f64()
    };
    // The best of some: others may have the core meanwhile.
    let rates: Vec<f64> = (0..10).map(|_| measured()).collect();
    let best = rates.iter().copied().fold(0.0, f64::max);
    assert!(best > 1e6, "{rates:.0?} events/s");
}
