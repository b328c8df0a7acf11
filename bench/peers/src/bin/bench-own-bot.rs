//! Our bot from Rust: `bench-own-bot NAME IDLE_MS LAST_SEQ WAIT SYMBOLS SAMPLE_EVERY`. Ends with
//! event LAST_SEQ, or when nothing has come for IDLE_MS after the first event.

use std::{env, error::Error, time::Duration};

use hbl_bench_peers::{
    feed_bot::{Until, consume},
    own_bot::{OwnBot, WaitStrategy},
};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().collect();
    let [_, name, idle_ms, last_seq, wait, symbols, sample_every] = args.as_slice() else {
        return Err("usage: bench-own-bot NAME IDLE_MS LAST_SEQ WAIT SYMBOLS SAMPLE_EVERY".into());
    };
    let strategy = match wait.as_str() {
        "spin" => WaitStrategy::Spin,
        "yield" => WaitStrategy::Yield,
        "adaptive" => WaitStrategy::Adaptive,
        "park" => WaitStrategy::Park,
        _ => return Err(format!("no wait strategy {wait}").into()),
    };
    let until = Until {
        idle: Duration::from_millis(idle_ms.parse()?),
        last_seq: last_seq.parse()?,
    };
    let mut bot = OwnBot::connect(name, symbols.parse()?, strategy)?;
    consume(&mut bot, until, sample_every.parse()?)
}
