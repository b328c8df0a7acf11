//! Publishes levels of books at a paced rate to whoever registers: `bench-publisher NAME RATE
//! SECONDS [KEY=VALUE …]`, with `symbols` (1) that take turns, `bots` (1) to wait for, `burst` (1)
//! events that are due together, `settle_ms` (300) of quiet before and after, and `yields` (0): 1 to
//! give its core to whoever wants it while nothing is due, as the bus of our connector does, instead
//! of spinning. `warm_up` (0) events come first, 200 µs apart, besides those of RATE and SECONDS.
//!
//! Open loop: the schedule is fixed before, and a late send does not move the next one. Every
//! event carries the time just before its send (`CLOCK_MONOTONIC`) as `exch_ts` and its number from
//! 1 as `local_ts`, so that upstream and own bots are measured from the same bytes and can count what
//! they lost. How late the sends were is printed, so that a round in which the publisher itself was not
//! on the processor can be thrown away.

use std::{
    collections::HashMap,
    env,
    error::Error,
    thread,
    time::{Duration, Instant},
};

use hbl_bench_peers::{
    Histogram,
    clock::{pause, thread_cpu_ns},
    market::{level, symbol, top_after},
    open_port, say,
};
use hbl_wire::{ConnectorPort, Request, TO_ALL, clock::monotonic_ns};
use hftbacktest::types::Event;

/// Between events that come first.
const WARM_UP_GAP_NS: u64 = 200_000;

struct Options {
    symbols: u64,
    bots: u64,
    burst: u64,
    settle: Duration,
    yields: bool,
    warm_up: u64,
}

fn options(args: &[String]) -> Result<Options, Box<dyn Error>> {
    let mut values = HashMap::from([
        ("symbols", 1),
        ("bots", 1),
        ("burst", 1),
        ("settle_ms", 300),
        ("yields", 0),
        ("warm_up", 0),
    ]);
    for arg in args {
        let (key, value) = arg.split_once('=').ok_or("an option is KEY=VALUE")?;
        *values.get_mut(key).ok_or(format!("no option {key}"))? = value.parse()?;
    }
    Ok(Options {
        symbols: values["symbols"],
        bots: values["bots"],
        burst: values["burst"],
        settle: Duration::from_millis(values["settle_ms"]),
        yields: values["yields"] != 0,
        warm_up: values["warm_up"],
    })
}

/// Answers registrations until every bot has registered every symbol.
fn gather(port: &mut ConnectorPort, mut missing: u64) -> Result<(), Box<dyn Error>> {
    let waiting = Instant::now();
    while missing > 0 {
        if let Some(request) = port.recv()? {
            if let Request::Register { bot, symbol, .. } = request {
                port.send_batch_start(bot)?;
                port.send_position(bot, &symbol, 0.0, 1)?;
                port.send_batch_end(bot)?;
                port.flush()?;
                missing -= 1;
            }
        } else if waiting.elapsed() > Duration::from_secs(20) {
            return Err(format!("{missing} registrations did not come within 20 s").into());
        } else {
            port.wait(Duration::from_millis(1));
        }
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().collect();
    let [_, name, rate, seconds, rest @ ..] = args.as_slice() else {
        return Err("usage: bench-publisher NAME RATE SECONDS [KEY=VALUE ...]".into());
    };
    let (rate, seconds): (u64, f64) = (rate.parse()?, seconds.parse()?);
    let Options {
        symbols,
        bots,
        burst,
        settle,
        yields,
        warm_up,
    } = options(rest)?;
    let mut port = open_port(name)?;
    say(&serde_json::json!({ "type": "ready" }))?;
    gather(&mut port, bots * symbols)?;
    thread::sleep(settle);

    let names: Vec<String> = (0..symbols).map(symbol).collect();
    let paced = rate * u64::try_from(Duration::from_secs_f64(seconds).as_millis())? / 1_000;
    let total = warm_up + paced;
    let due_after = |number: u64| match number.checked_sub(warm_up) {
        None => number * WARM_UP_GAP_NS,
        Some(of_paced) => {
            let after_pause = of_paced + u64::from(warm_up > 0);
            warm_up * WARM_UP_GAP_NS + after_pause * 1_000_000_000 / rate
        }
    };
    let mut late = Histogram::default();
    let mut cpu_ns = 0;
    let start_ns = monotonic_ns();
    for begin in (0..total).step_by(usize::try_from(burst)?) {
        let due_ns = start_ns + due_after(begin);
        let mut now_ns = monotonic_ns();
        if now_ns < due_ns {
            // What is behind its schedule leaves together, as a connector's burst does.
            port.flush()?;
        }
        while now_ns < due_ns {
            pause(yields);
            now_ns = monotonic_ns();
        }
        late.record(now_ns - due_ns);
        // Asking for the processor time is a system call: only where a burst outweighs it.
        let cpu_before = if burst > 1 { thread_cpu_ns() } else { 0 };
        for i in begin..total.min(begin + burst) {
            if i > begin {
                now_ns = monotonic_ns();
            }
            let event = Event {
                exch_ts: i64::try_from(now_ns)?,
                local_ts: i64::try_from(i + 1)?,
                ..level(i / symbols)
            };
            port.send_feed(TO_ALL, &names[usize::try_from(i % symbols)?], &event)?;
            if i.is_multiple_of(1_024) {
                port.heartbeat();
            }
        }
        if burst > 1 {
            port.flush()?;
            cpu_ns += thread_cpu_ns() - cpu_before;
        }
    }
    port.flush()?;
    let elapsed_ns = monotonic_ns() - start_ns;
    thread::sleep(settle);
    say(&serde_json::json!({
        "type": "published",
        "events": total,
        "elapsedNs": elapsed_ns,
        "lateP50Ns": late.percentile(0.5),
        "lateP99Ns": late.percentile(0.99),
        // Of sending and ringing, with bursts only.
        "sendCpuNs": cpu_ns,
        "top": top_after(total.div_ceil(symbols)),
    }))?;
    Ok(())
}
