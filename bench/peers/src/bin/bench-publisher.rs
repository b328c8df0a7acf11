//! Publishes levels of a book at a paced rate to whoever registers: `bench-publisher NAME RATE
//! SECONDS`.
//!
//! Open loop: the schedule is fixed before, and a late send does not move the next one. Every
//! event carries the time just before its send (`CLOCK_MONOTONIC`) as `exch_ts`, so that stock and
//! own bots are measured from the same bytes. How late the sends were is told, so that a round in
//! which the publisher itself was not on the processor can be thrown away.

use std::{
    env,
    error::Error,
    thread,
    time::{Duration, Instant},
};

use hbl_bench_peers::{Histogram, say};
use hbl_wire::{Capabilities, ConnectorPort, Hello, Request, TO_ALL, clock::monotonic_ns};
use hftbacktest::types::{Event, LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT};

const LEVELS: u64 = 40;
/// Quiet time after the registration, and before the publisher says that it is done.
const SETTLE: Duration = Duration::from_millis(300);

fn level(i: u64) -> Event {
    let (ev, sign) = if i.is_multiple_of(2) {
        (LOCAL_BID_DEPTH_EVENT, -1.0)
    } else {
        (LOCAL_ASK_DEPTH_EVENT, 1.0)
    };
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let (step, qty) = ((i / 2 % LEVELS + 1) as f64, (i % 7 + 1) as f64);
    Event {
        ev,
        exch_ts: 0,
        local_ts: 0,
        px: 50_000.0 + sign * step * 0.1,
        qty,
        order_id: i,
        ival: 0,
        fval: 0.0,
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().collect();
    let [_, name, rate, seconds] = args.as_slice() else {
        return Err("usage: bench-publisher NAME RATE SECONDS".into());
    };
    let (rate, seconds): (u64, u64) = (rate.parse()?, seconds.parse()?);
    let hello = Hello {
        version: String::new(),
        kind: "bench".into(),
        capabilities: Capabilities::all(),
    };
    let mut port = ConnectorPort::open(name, &hello)?;
    say(&serde_json::json!({ "type": "ready" }))?;

    let waiting = Instant::now();
    loop {
        if let Some(Request::Register { bot, symbol, .. }) = port.recv()? {
            port.send_batch_start(bot)?;
            port.send_position(bot, &symbol, 0.0, 1)?;
            port.send_batch_end(bot)?;
            port.flush();
            break;
        }
        if waiting.elapsed() > Duration::from_secs(20) {
            return Err("no bot registered within 20 s".into());
        }
        port.wait(Duration::from_millis(1));
    }
    thread::sleep(SETTLE);

    let total = rate * seconds;
    let mut late = Histogram::default();
    let start_ns = monotonic_ns();
    for i in 0..total {
        let due_ns = start_ns + i * 1_000_000_000 / rate;
        let mut now_ns = monotonic_ns();
        while now_ns < due_ns {
            std::hint::spin_loop();
            now_ns = monotonic_ns();
        }
        late.record(now_ns - due_ns);
        let event = Event {
            exch_ts: i64::try_from(now_ns)?,
            ..level(i)
        };
        port.send_feed(TO_ALL, "BENCH", &event)?;
        port.flush();
        if i.is_multiple_of(1_024) {
            port.heartbeat();
        }
    }
    let elapsed_ns = monotonic_ns() - start_ns;
    thread::sleep(SETTLE);
    say(&serde_json::json!({
        "type": "published",
        "events": total,
        "elapsedNs": elapsed_ns,
        "lateP50Ns": late.percentile(0.5),
        "lateP99Ns": late.percentile(0.99),
    }))?;
    Ok(())
}
