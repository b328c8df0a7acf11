//! Measures the background flow: events per second of one thread, and what the book looks like.
//!
//! `cargo run --release -p hbl-exchange --example throughput`
#![expect(clippy::print_stdout, reason = "the report is the purpose")]

use std::time::Instant;

use hbl_exchange::{EventBody, Exchange, ExchangeConfig, FlowConfig, Instrument, SetupError, Side};

fn main() -> Result<(), SetupError> {
    for (levels, trades, seconds) in [
        (1.0, 0.1, 20_000),
        (1000.0, 20.0, 2000),
        (20_000.0, 2000.0, 100),
        (200_000.0, 20_000.0, 10),
    ] {
        measure(levels, trades, seconds)?;
    }
    Ok(())
}

fn measure(level_rate_hz: f64, trade_rate_hz: f64, seconds: i64) -> Result<(), SetupError> {
    let mut exchange = Exchange::new(ExchangeConfig::default(), 0)?;
    let spec = Instrument::new("BTCUSDT", 0.1, 0.001)?;
    let flow = FlowConfig {
        level_rate_hz,
        trade_rate_hz,
        ..FlowConfig::default()
    };
    let symbol = exchange.add_instrument(spec, Some(flow))?;
    let mut events = Vec::new();
    let (mut levels, mut trades) = (0_u64, 0_u64);
    let mut spreads = Vec::new();
    let mut depths = Vec::new();
    let mut range = [i64::MAX, 0];
    let begin = Instant::now();
    let mut spent = std::time::Duration::ZERO;
    for step in 1..=seconds * 100 {
        let start = Instant::now();
        events.clear();
        exchange.advance(step * 10_000_000, &mut events);
        spent += start.elapsed();
        for event in &events {
            match event.body {
                EventBody::Level(_) => levels += 1,
                EventBody::Trade(_) => trades += 1,
                _ => {}
            }
        }
        let best = |side| {
            exchange
                .book(symbol, side)
                .next()
                .map_or(0, |(tick, _)| tick)
        };
        let (bid, ask) = (best(Side::Buy), best(Side::Sell));
        spreads.push(ask - bid);
        range = [range[0].min(bid), range[1].max(ask)];
        let depth = exchange
            .book(symbol, Side::Buy)
            .count()
            .min(exchange.book(symbol, Side::Sell).count());
        depths.push(depth);
    }
    spreads.sort_unstable();
    depths.sort_unstable();
    let quantile = |q: usize| spreads[(spreads.len() - 1) * q / 100];
    let depth = |q: usize| depths[(depths.len() - 1) * q / 100];
    println!(
        "{level_rate_hz}/s + {trade_rate_hz}/s: {levels} levels, {trades} trades in {seconds} s \
         ({:.1}/s, {:.1}/s); {:.2} M events/s in {:.2} s of {:.2} s; spread p1 {} p50 {} p90 {} p99 {} ticks; \
         depth min {} p1 {} p50 {} levels; price {}..{} ticks",
        levels as f64 / seconds as f64,
        trades as f64 / seconds as f64,
        (levels + trades) as f64 / spent.as_secs_f64() / 1e6,
        spent.as_secs_f64(),
        begin.elapsed().as_secs_f64(),
        quantile(1),
        quantile(50),
        quantile(90),
        quantile(99),
        depth(0),
        depth(1),
        depth(50),
        range[0],
        range[1],
    );
    Ok(())
}
