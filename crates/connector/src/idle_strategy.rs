//! How long the bus polls before it sleeps.

use hbl_wire::CpuContention;

/// Polled for at least this long: the answer to what was just sent is near.
const LEAST_NS: u64 = 50_000;
/// Polled for at most this long: rarer work finds the bus asleep.
const MOST_NS: u64 = 4_000_000;

/// Decides between yielding and sleeping. Waking an idle core costs tens of microseconds, which each
/// order and each frame would pay that arrives just after the bus went to sleep. So the bus polls and
/// yields for about twice as long as it lately took until there was work. It sleeps at once while
/// another thread computes on its core.
#[derive(Debug)]
pub struct IdleStrategy {
    stays_ns: u64,
    idle_since_ns: Option<u64>,
    slept: bool,
    contention: CpuContention,
}

impl Default for IdleStrategy {
    fn default() -> Self {
        Self {
            stays_ns: LEAST_NS,
            idle_since_ns: None,
            slept: false,
            contention: CpuContention::new(),
        }
    }
}

impl IdleStrategy {
    /// There was work.
    pub fn worked(&mut self, now_ns: u64) {
        let since_ns = self.idle_since_ns.take();
        if !std::mem::take(&mut self.slept) {
            return;
        }
        let idle_ns = since_ns.map_or(u64::MAX, |since_ns| now_ns.saturating_sub(since_ns));
        self.stays_ns = if idle_ns < MOST_NS {
            // Polling all the time would have been better than this sleep.
            (2 * idle_ns).clamp(self.stays_ns, MOST_NS)
        } else {
            (self.stays_ns / 2).max(LEAST_NS)
        };
    }

    /// There is no work: yields once and returns true, or returns false when the bus is to sleep.
    pub fn waits(&mut self, now_ns: u64) -> bool {
        let waits = self.stays(now_ns);
        if waits {
            self.contention.yield_now(now_ns);
        }
        waits
    }

    fn stays(&mut self, now_ns: u64) -> bool {
        let since_ns = *self.idle_since_ns.get_or_insert(now_ns);
        let stays = now_ns.saturating_sub(since_ns) < self.stays_ns
            && !self.contention.is_contended(now_ns);
        self.slept |= !stays;
        stays
    }
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use hbl_wire::clock::monotonic_ns;

    use super::*;

    /// A pause without work; returns whether the bus slept in it.
    fn pause(idle: &mut IdleStrategy, at_ns: &mut u64, pause_ns: u64) -> bool {
        let stayed = idle.stays(*at_ns) && idle.stays(*at_ns + pause_ns - 1);
        *at_ns += pause_ns;
        idle.worked(*at_ns);
        !stayed
    }

    #[test]
    fn a_steady_rate_keeps_it_awake_and_silence_lets_it_sleep_soon() {
        let (mut idle, mut at_ns) = (IdleStrategy::default(), 0);
        assert!(pause(&mut idle, &mut at_ns, 2_000_000));
        for _ in 0..100 {
            assert!(!pause(&mut idle, &mut at_ns, 2_000_000));
        }
        for _ in 0..10 {
            assert!(pause(&mut idle, &mut at_ns, 1_000_000_000));
        }
        assert_eq!(idle.stays_ns, LEAST_NS);
        assert!(!pause(&mut idle, &mut at_ns, LEAST_NS));
    }

    #[test]
    fn it_sleeps_while_another_thread_computes_on_its_core() {
        let mut idle = IdleStrategy::default();
        for _ in 0..2 {
            let left_ns = monotonic_ns();
            idle.worked(left_ns);
            // As if the core had been away since then.
            thread::sleep(Duration::from_millis(2));
            assert!(idle.waits(left_ns));
        }
        let now_ns = monotonic_ns();
        idle.worked(now_ns);
        assert!(!idle.waits(now_ns));
    }
}
