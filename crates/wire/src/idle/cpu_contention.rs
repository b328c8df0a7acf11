//! Detects that another thread computes on this thread's core.
//!
//! `sched_yield` beside a busy thread costs a whole time slice: the core comes back at a tick of the
//! kernel, milliseconds later, whatever arrived meanwhile. A thread that sleeps instead is scheduled
//! before the busy one as soon as it is woken, or on another core. So a waiting thread yields while it
//! has its core to itself, and sleeps while it shares it.

use std::thread;

use crate::clock::monotonic_ns;

/// A thread that kept the core for longer is computing: moving a frame takes tens of microseconds.
const AWAY_MAX_NS: u64 = 1_000_000;
/// When the core is lost again within this time, the other thread stays. A compiler or garbage collector of
/// a JavaScript engine takes the core once.
const SOON_NS: u64 = 10_000_000;
/// How long the core counts as contended at first.
const LEAST_NS: u64 = 20_000_000;
/// How long it counts as contended at most. Then yielding is tried again, which costs one time slice if the
/// other thread is still there.
const MOST_NS: u64 = 1_000_000_000;

/// Whether another thread computes on the core of the thread that owns this.
#[derive(Debug, Default)]
pub struct CpuContention {
    until_ns: u64,
    lasts_ns: u64,
}

impl CpuContention {
    /// Starts without contention.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            until_ns: 0,
            lasts_ns: 0,
        }
    }

    /// Calls `sched_yield` and notes how long the core was away. `now_ns`: the time just before, on
    /// `CLOCK_MONOTONIC`.
    pub fn yield_now(&mut self, now_ns: u64) {
        thread::yield_now();
        self.came_back(now_ns, monotonic_ns());
    }

    fn came_back(&mut self, left_ns: u64, now_ns: u64) {
        if now_ns.saturating_sub(left_ns) <= AWAY_MAX_NS {
            return;
        }
        self.lasts_ns = if left_ns < self.until_ns.saturating_add(SOON_NS) {
            (4 * self.lasts_ns).clamp(LEAST_NS, MOST_NS)
        } else {
            0
        };
        self.until_ns = now_ns + self.lasts_ns;
    }

    /// True for a while after the core was lost for long twice in a row: sleep, do not yield.
    #[inline]
    #[must_use]
    pub const fn is_contended(&self, now_ns: u64) -> bool {
        now_ns < self.until_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START_NS: u64 = 60_000_000_000;
    const AWAY_NS: u64 = 2 * AWAY_MAX_NS;

    #[test]
    fn a_core_that_comes_back_late_twice_is_not_given_away_for_a_while() {
        let mut contention = CpuContention::new();
        let mut now_ns = START_NS;
        for (pause_ns, away_ns, is_contended) in [
            (SOON_NS, AWAY_NS, false),
            (SOON_NS - 1, AWAY_MAX_NS, false),
            (SOON_NS, AWAY_NS, false),
            (SOON_NS, AWAY_NS, false),
            (SOON_NS - 1, AWAY_NS, true),
        ] {
            contention.came_back(now_ns + pause_ns, now_ns + pause_ns + away_ns);
            now_ns += pause_ns + away_ns;
            assert_eq!(
                contention.is_contended(now_ns),
                is_contended,
                "{pause_ns} {away_ns}"
            );
        }
        assert!(contention.is_contended(now_ns + LEAST_NS - 1));
        assert!(!contention.is_contended(now_ns + LEAST_NS));
    }

    #[test]
    fn a_thread_that_never_leaves_makes_yields_rarer() {
        let mut contention = CpuContention::new();
        let (mut now_ns, mut lasted_ms) = (START_NS, Vec::new());
        for _ in 0..6 {
            contention.came_back(now_ns, now_ns + AWAY_NS);
            lasted_ms.push((contention.until_ns - now_ns - AWAY_NS) / 1_000_000);
            now_ns = contention.until_ns + SOON_NS - 1;
        }
        assert_eq!(lasted_ms, [0, 20, 80, 320, 1000, 1000]);
        contention.came_back(now_ns + 1, now_ns + AWAY_NS);
        assert_eq!(contention.lasts_ns, 0, "another thread");
    }

    #[test]
    fn a_yield_is_timed() {
        let mut contention = CpuContention::new();
        for is_contended in [false, true] {
            contention.yield_now(monotonic_ns() - AWAY_NS);
            assert_eq!(contention.is_contended(monotonic_ns()), is_contended);
        }
    }
}
