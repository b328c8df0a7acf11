//! hftbacktest's own live bot: `bench-stock-bot NAME IDLE_MS [LAST_SEQ]`. Ends with event LAST_SEQ, or
//! when nothing has come for IDLE_MS after the first event.

use std::{env, error::Error, time::Duration};

use hbl_bench_peers::{
    feed_bot::{Until, consume},
    stock_bot::StockBot,
};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().collect();
    let (name, idle_ms, last_seq) = match args.as_slice() {
        [_, name, idle_ms] => (name, idle_ms, u64::MAX),
        [_, name, idle_ms, last_seq] => (name, idle_ms, last_seq.parse()?),
        _ => return Err("usage: bench-stock-bot NAME IDLE_MS [LAST_SEQ]".into()),
    };
    let until = Until {
        idle: Duration::from_millis(idle_ms.parse()?),
        last_seq,
    };
    consume(&mut StockBot::connect(name)?, until, 1)
}
