//! The least that waking a sleeper costs on this machine: a futex, a time in shared memory, and
//! nothing else. `bench-bare-wake RATE SECONDS`: paced as `bench-publisher` with
//! `yields=1` paces, open loop.

use std::{
    env,
    error::Error,
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    thread,
    time::Duration,
};

use hbl_bench_peers::{
    Histogram,
    clock::{pause, thread_cpu_ns},
    say,
};
use hbl_wire::clock::monotonic_ns;

/// Quiet time before the first send.
const SETTLE: Duration = Duration::from_millis(100);

static NUMBER: AtomicU32 = AtomicU32::new(0);
static SENT_NS: AtomicU64 = AtomicU64::new(0);

fn futex(operation: libc::c_int, value: u32) {
    // SAFETY: the word is static; without a time-out the other arguments are not read. Not
    // FUTEX_PRIVATE, as between processes.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            NUMBER.as_ptr(),
            operation,
            value,
            core::ptr::null::<libc::timespec>(),
        );
    }
}

/// Sleeps until each of `total` wake-ups; how late it was awake, and its processor time.
fn sleeper(total: u32) -> (Histogram, u64) {
    let mut latency = Histogram::default();
    let (mut seen, mut cpu_before) = (0, 0);
    while seen < total {
        let now = NUMBER.load(Ordering::Acquire);
        if now == seen {
            futex(libc::FUTEX_WAIT, seen);
            continue;
        }
        latency.record(monotonic_ns().saturating_sub(SENT_NS.load(Ordering::Relaxed)));
        if seen == 0 {
            cpu_before = thread_cpu_ns();
        }
        seen = now;
    }
    (latency, thread_cpu_ns() - cpu_before)
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().collect();
    let [_, rate, seconds] = args.as_slice() else {
        return Err("usage: bench-bare-wake RATE SECONDS".into());
    };
    let (rate, seconds): (u64, f64) = (rate.parse()?, seconds.parse()?);
    let total = rate * u64::try_from(Duration::from_secs_f64(seconds).as_millis())? / 1_000;
    let awake = u32::try_from(total)?;
    let sleeping = thread::spawn(move || sleeper(awake));
    thread::sleep(SETTLE);
    let mut late = Histogram::default();
    let start_ns = monotonic_ns();
    for i in 0..total {
        let due_ns = start_ns + i * 1_000_000_000 / rate;
        let mut now_ns = monotonic_ns();
        while now_ns < due_ns {
            pause(true);
            now_ns = monotonic_ns();
        }
        late.record(now_ns - due_ns);
        SENT_NS.store(now_ns, Ordering::Relaxed);
        NUMBER.fetch_add(1, Ordering::Release);
        futex(libc::FUTEX_WAKE, 1);
    }
    let elapsed_ns = monotonic_ns() - start_ns;
    let (latency, cpu_ns) = sleeping.join().map_err(|_| "the sleeper panicked")?;
    say(&serde_json::json!({
        "received": latency.count(),
        "p50Ns": latency.percentile(0.5),
        "p90Ns": latency.percentile(0.9),
        "p99Ns": latency.percentile(0.99),
        "cpuNs": cpu_ns,
        "elapsedNs": elapsed_ns,
        "lateP99Ns": late.percentile(0.99),
    }))?;
    Ok(())
}
