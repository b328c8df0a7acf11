//! hftbacktest's own live bot: `bench-upstream-bot NAME IDLE_MS [LAST_SEQ SKIP]`. Ends with event
//! LAST_SEQ, or when nothing has come for IDLE_MS after the first event; the latency of the first SKIP
//! events is not counted.

use std::{env, error::Error, time::Duration};

use hbl_bench_peers::{
    feed_bot::{Plan, consume},
    upstream_bot::UpstreamBot,
};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().collect();
    let (name, idle_ms, last_seq, skip) = match args.as_slice() {
        [_, name, idle_ms] => (name, idle_ms, u64::MAX, 0),
        [_, name, idle_ms, last_seq, skip] => (name, idle_ms, last_seq.parse()?, skip.parse()?),
        _ => return Err("usage: bench-upstream-bot NAME IDLE_MS [LAST_SEQ SKIP]".into()),
    };
    let plan = Plan {
        idle: Duration::from_millis(idle_ms.parse()?),
        last_seq,
        sample_every: 1,
        skip,
    };
    consume(&mut UpstreamBot::connect(name)?, plan)
}
