//! Giving a core away, and noticing that it did not come back soon.
//!
//! Who yields to a thread that computes has its core back when that one's time slice is over: at a tick of the
//! kernel, milliseconds later, whatever came meanwhile. Who sleeps is put before such a thread as soon as it
//! is woken, or on another core. So yielding is the better wait while nobody else has work for the
//! core, and sleeping while somebody has.

use std::thread;

use crate::clock::monotonic_ns;

/// Who had the core for longer computes: a thread that moves a frame takes tens of microseconds.
const AWAY_MAX_NS: u64 = 1_000_000;
/// Who has it again so soon stays: a compiler or collector of a JavaScript engine takes it once.
const SOON_NS: u64 = 10_000_000;
/// So long the core then counts as wanted, at first.
const LEAST_NS: u64 = 20_000_000;
/// For somebody who is always there: yielding is tried again after this time, and costs one time slice.
const MOST_NS: u64 = 1_000_000_000;

/// Whether somebody else computes on this thread's core.
#[derive(Debug, Default)]
pub struct Crowd {
    until_ns: u64,
    lasts_ns: u64,
}

impl Crowd {
    /// Nobody, as far as is known.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            until_ns: 0,
            lasts_ns: 0,
        }
    }

    /// Gives the core to whoever wants it; `now_ns`: the time just before, on `CLOCK_MONOTONIC`.
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

    /// True for a while after the core was away for long twice: sleep, do not yield.
    #[inline]
    #[must_use]
    pub const fn is_here(&self, now_ns: u64) -> bool {
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
        let mut crowd = Crowd::new();
        let mut now_ns = START_NS;
        for (pause_ns, away_ns, is_here) in [
            (SOON_NS, AWAY_NS, false),
            (SOON_NS - 1, AWAY_MAX_NS, false),
            (SOON_NS, AWAY_NS, false),
            (SOON_NS, AWAY_NS, false),
            (SOON_NS - 1, AWAY_NS, true),
        ] {
            crowd.came_back(now_ns + pause_ns, now_ns + pause_ns + away_ns);
            now_ns += pause_ns + away_ns;
            assert_eq!(crowd.is_here(now_ns), is_here, "{pause_ns} {away_ns}");
        }
        assert!(crowd.is_here(now_ns + LEAST_NS - 1));
        assert!(!crowd.is_here(now_ns + LEAST_NS));
    }

    #[test]
    fn who_is_always_there_is_asked_less_and_less_often() {
        let mut crowd = Crowd::new();
        let (mut now_ns, mut lasted_ms) = (START_NS, Vec::new());
        for _ in 0..6 {
            crowd.came_back(now_ns, now_ns + AWAY_NS);
            lasted_ms.push((crowd.until_ns - now_ns - AWAY_NS) / 1_000_000);
            now_ns = crowd.until_ns + SOON_NS - 1;
        }
        assert_eq!(lasted_ms, [0, 20, 80, 320, 1000, 1000]);
        crowd.came_back(now_ns + 1, now_ns + AWAY_NS);
        assert_eq!(crowd.lasts_ns, 0, "somebody new");
    }

    #[test]
    fn a_yield_is_timed() {
        let mut crowd = Crowd::new();
        for is_here in [false, true] {
            crowd.yield_now(monotonic_ns() - AWAY_NS);
            assert_eq!(crowd.is_here(monotonic_ns()), is_here);
        }
    }
}
