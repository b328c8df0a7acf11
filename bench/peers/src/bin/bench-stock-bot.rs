//! hftbacktest's own live bot, as its examples run it: stock `LiveBot`, stock
//! `IceoryxUnifiedChannel`, `wait_next_feed` in a loop. `bench-stock-bot NAME IDLE_MS`: ends when
//! nothing has come for IDLE_MS after the first event.

use std::{
    env,
    error::Error,
    time::{Duration, Instant},
};

use hbl_bench_peers::{Histogram, cpu_ns, say};
use hbl_wire::clock::monotonic_ns;
use hftbacktest::{
    depth::HashMapMarketDepth,
    live::{Instrument, LiveBot, LiveBotBuilder, ipc::iceoryx::IceoryxUnifiedChannel},
    types::{Bot, ElapseResult},
};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().collect();
    let [_, name, idle_ms] = args.as_slice() else {
        return Err("usage: bench-stock-bot NAME IDLE_MS".into());
    };
    let idle = Duration::from_millis(idle_ms.parse()?);
    let mut bot: LiveBot<IceoryxUnifiedChannel, HashMapMarketDepth> = LiveBotBuilder::new()
        .register(Instrument::new(
            name,
            "BENCH",
            0.1,
            0.001,
            HashMapMarketDepth::new(0.1, 0.001),
            0,
        ))
        .build()
        .map_err(|error| error.to_string())?;
    let mut histogram = Histogram::default();
    let mut last = Instant::now();
    let (mut first_event, mut cpu_at_first) = (None, 0);
    loop {
        let result = bot
            .wait_next_feed(true, 100_000_000)
            .map_err(|error| error.to_string())?;
        let now_ns = monotonic_ns();
        match result {
            ElapseResult::MarketFeed => {
                if let Some((sent_ns, _)) = bot.feed_latency(0) {
                    histogram.record(now_ns.saturating_sub(sent_ns.unsigned_abs()));
                }
                last = Instant::now();
                if first_event.is_none() {
                    first_event = Some(last);
                    cpu_at_first = cpu_ns()?;
                }
            }
            ElapseResult::EndOfData => break,
            _ => {
                let limit = if first_event.is_some() {
                    idle
                } else {
                    Duration::from_secs(20)
                };
                if last.elapsed() > limit {
                    break;
                }
            }
        }
    }
    let busy = first_event.map_or(Duration::ZERO, |first| last - first);
    say(&serde_json::json!({
        "received": histogram.count(),
        "p50Ns": histogram.percentile(0.5),
        "p90Ns": histogram.percentile(0.9),
        "p99Ns": histogram.percentile(0.99),
        "cpuNs": cpu_ns()? - cpu_at_first,
        "elapsedNs": u64::try_from(busy.as_nanos())?,
    }))?;
    Ok(())
}
