//! How long the bus polls before it sleeps.

use hbl_wire::{CpuContention, KeepAwake};

/// Polled for at least this long: the answer to what was just sent is near.
const LEAST_NS: u64 = 50_000;

/// Decides between yielding and sleeping: by the rate of the work ([`KeepAwake`]), and at once in favour of
/// sleep while another thread computes on the core.
#[derive(Debug)]
pub struct IdleStrategy {
    keep_awake: KeepAwake,
    idle_since_ns: Option<u64>,
    contention: CpuContention,
}

impl Default for IdleStrategy {
    fn default() -> Self {
        Self {
            keep_awake: KeepAwake::new(LEAST_NS, KeepAwake::LIMIT_NS),
            idle_since_ns: None,
            contention: CpuContention::new(),
        }
    }
}

impl IdleStrategy {
    /// There was work.
    pub fn worked(&mut self, now_ns: u64) {
        if let Some(since_ns) = self.idle_since_ns.take() {
            self.keep_awake.learn(now_ns.saturating_sub(since_ns));
        }
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
        if now_ns.saturating_sub(since_ns) >= self.keep_awake.waits_ns() {
            self.keep_awake.give_up();
            return false;
        }
        !self.contention.is_contended(now_ns)
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
    fn a_steady_rate_keeps_it_awake_and_silence_lets_it_sleep_at_once() {
        let (mut idle, mut at_ns) = (IdleStrategy::default(), 0);
        assert!(pause(&mut idle, &mut at_ns, 1_000_000));
        for _ in 0..100 {
            pause(&mut idle, &mut at_ns, 1_000_000);
        }
        assert!(!pause(&mut idle, &mut at_ns, 1_000_000));
        assert!(pause(&mut idle, &mut at_ns, 1_000_000_000));
        for _ in 0..10 {
            assert!(pause(&mut idle, &mut at_ns, 1_000_000_000));
        }
        assert!(pause(&mut idle, &mut at_ns, LEAST_NS + 1));
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
