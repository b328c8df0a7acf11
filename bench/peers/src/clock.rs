//! Processor time as the scheduler counts it, to the nanosecond, and passing the time until something is due.

use std::{hint, thread, time::Duration};

fn read(clock: libc::clockid_t) -> Duration {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is a valid timespec to write to; every Linux knows these clocks.
    unsafe { libc::clock_gettime(clock, &raw mut now) };
    let nanos = u32::try_from(now.tv_nsec).unwrap_or(0);
    Duration::new(now.tv_sec.unsigned_abs(), nanos)
}

fn ns(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Of all threads of this process, nanoseconds.
#[must_use]
pub fn cpu_ns() -> u64 {
    ns(read(libc::CLOCK_PROCESS_CPUTIME_ID))
}

/// Of this thread, nanoseconds.
#[must_use]
pub fn thread_cpu_ns() -> u64 {
    ns(read(libc::CLOCK_THREAD_CPUTIME_ID))
}

/// A moment without sleeping; `yields`: whoever wants this core has it meanwhile.
pub fn pause(yields: bool) {
    if yields {
        thread::yield_now();
    } else {
        hint::spin_loop();
    }
}
