//! Orders of hftbacktest's own bot: its `LiveBot` over its `IceoryxUnifiedChannel`. Submits, waits
//! for the answer, cancels, waits again, and lets some time go by. `bench-upstream-orders NAME SYMBOL
//! ORDERS`.

use std::{
    env,
    error::Error,
    time::{Duration, Instant},
};

use hbl_bench_peers::{Histogram, clock::cpu_ns, say};
use hbl_wire::clock::monotonic_ns;
use hftbacktest::{
    depth::HashMapMarketDepth,
    live::{Instrument, LiveBot, LiveBotBuilder, ipc::iceoryx::IceoryxUnifiedChannel},
    types::{Bot, ElapseResult, OrdType, Status, TimeInForce},
};

/// Far below every market of the benchmarks: it rests.
const PRICE: f64 = 40_000.0;
const QTY: f64 = 0.001;
const WARM_UP: u64 = 20;
const PAUSE_NS: i64 = 2_000_000;
const SETTLE_NS: i64 = 300_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().collect();
    let [_, name, symbol, orders] = args.as_slice() else {
        return Err("usage: bench-upstream-orders NAME SYMBOL ORDERS".into());
    };
    let orders: u64 = orders.parse()?;
    let mut bot: LiveBot<IceoryxUnifiedChannel, HashMapMarketDepth> = LiveBotBuilder::new()
        .register(Instrument::new(
            name,
            symbol,
            0.1,
            0.001,
            HashMapMarketDepth::new(0.1, 0.001),
            0,
        ))
        .build()
        .map_err(|error| error.to_string())?;
    bot.elapse(SETTLE_NS).map_err(|error| error.to_string())?;
    let mut histogram = Histogram::default();
    let (cpu_before, begin) = (cpu_ns(), Instant::now());
    for id in 1..=WARM_UP + orders {
        let start_ns = monotonic_ns();
        let result = bot
            .submit_buy_order(0, id, PRICE, QTY, TimeInForce::GTC, OrdType::Limit, true)
            .map_err(|error| error.to_string())?;
        let took_ns = monotonic_ns() - start_ns;
        let status = bot
            .orders(0)
            .get(&id)
            .map(|order| (order.status, order.req));
        if status != Some((Status::New, Status::None)) {
            return Err(format!("order {id} was not accepted: {result:?}, {status:?}").into());
        }
        if id > WARM_UP {
            histogram.record(took_ns);
        }
        bot.cancel(0, id, true).map_err(|error| error.to_string())?;
        bot.clear_inactive_orders(None);
        if matches!(
            bot.elapse(PAUSE_NS).map_err(|error| error.to_string())?,
            ElapseResult::EndOfData
        ) {
            return Err("interrupted".into());
        }
    }
    let elapsed: Duration = begin.elapsed();
    say(&serde_json::json!({
        "received": histogram.count(),
        "p50Ns": histogram.percentile(0.5),
        "p90Ns": histogram.percentile(0.9),
        "p99Ns": histogram.percentile(0.99),
        "cpuNs": cpu_ns() - cpu_before,
        "elapsedNs": u64::try_from(elapsed.as_nanos())?,
    }))?;
    Ok(())
}
