//! Our bot from Rust: `bench-own-bot NAME IDLE_MS LAST_SEQ SKIP WAIT SYMBOLS SAMPLE_EVERY`. Ends
//! with event LAST_SEQ, or when nothing has come for IDLE_MS after the first event; the latency of the
//! first SKIP events is not counted.

use std::{env, error::Error, time::Duration};

use hbl_bench_peers::{
    feed_bot::{Plan, consume},
    own_bot::{OwnBot, WaitConfig, WaitStrategy},
};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().collect();
    let [
        _,
        name,
        idle_ms,
        last_seq,
        skip,
        wait,
        symbols,
        sample_every,
    ] = args.as_slice()
    else {
        return Err(
            "usage: bench-own-bot NAME IDLE_MS LAST_SEQ SKIP WAIT SYMBOLS SAMPLE_EVERY".into(),
        );
    };
    let strategy = match wait.as_str() {
        "spin" => WaitStrategy::Spin,
        "yield" => WaitStrategy::Yield,
        "adaptive" | "adaptive-apart" => WaitStrategy::Adaptive,
        "park" | "park-apart" => WaitStrategy::Park,
        _ => return Err(format!("no wait strategy {wait}").into()),
    };
    let plan = Plan {
        idle: Duration::from_millis(idle_ms.parse()?),
        last_seq: last_seq.parse()?,
        sample_every: sample_every.parse()?,
        skip: skip.parse()?,
    };
    let wait = WaitConfig {
        strategy,
        // Parked on a core of the kernel's choice.
        share_core: !wait.ends_with("-apart"),
        ..WaitConfig::default()
    };
    let mut bot = OwnBot::connect(name, symbols.parse()?, wait)?;
    consume(&mut bot, plan)
}
