//! How long the bus stays awake when it has nothing to do.

use hbl_wire::Crowd;

/// Even after a long silence the answer to what was just sent is waited for.
const LEAST_NS: u64 = 50_000;
/// What comes more seldom than this finds the bus asleep.
const MOST_NS: u64 = 4_000_000;

/// Waking a sleeping processor costs tens of microseconds, which each order and each frame would pay
/// that comes just after the bus went to sleep. So the bus stays awake, and gives its core to whoever
/// wants it, for about as long as it lately took until there was something to do. It sleeps at once while
/// somebody else computes on that core.
#[derive(Debug)]
pub struct Patience {
    stays_ns: u64,
    idle_since_ns: Option<u64>,
    slept: bool,
    crowd: Crowd,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            stays_ns: LEAST_NS,
            idle_since_ns: None,
            slept: false,
            crowd: Crowd::new(),
        }
    }
}

impl Patience {
    /// There was something to do.
    pub fn worked(&mut self, now_ns: u64) {
        let since_ns = self.idle_since_ns.take();
        if !std::mem::take(&mut self.slept) {
            return;
        }
        let idle_ns = since_ns.map_or(u64::MAX, |since_ns| now_ns.saturating_sub(since_ns));
        self.stays_ns = if idle_ns < MOST_NS {
            // A sleep that would have been worth staying awake for.
            (2 * idle_ns).clamp(self.stays_ns, MOST_NS)
        } else {
            (self.stays_ns / 2).max(LEAST_NS)
        };
    }

    /// There is nothing to do: gives the core away for a moment, or returns false when it is better to sleep.
    pub fn waits(&mut self, now_ns: u64) -> bool {
        let waits = self.stays(now_ns);
        if waits {
            self.crowd.yield_now(now_ns);
        }
        waits
    }

    fn stays(&mut self, now_ns: u64) -> bool {
        let since_ns = *self.idle_since_ns.get_or_insert(now_ns);
        let stays = now_ns.saturating_sub(since_ns) < self.stays_ns && !self.crowd.is_here(now_ns);
        self.slept |= !stays;
        stays
    }
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use hbl_wire::clock::monotonic_ns;

    use super::*;

    /// Nothing to do for so long, then something; whether it was slept over.
    fn pause(patience: &mut Patience, at_ns: &mut u64, pause_ns: u64) -> bool {
        let stayed = patience.stays(*at_ns) && patience.stays(*at_ns + pause_ns - 1);
        *at_ns += pause_ns;
        patience.worked(*at_ns);
        !stayed
    }

    #[test]
    fn a_steady_rate_keeps_it_awake_and_silence_lets_it_sleep_soon() {
        let (mut patience, mut at_ns) = (Patience::default(), 0);
        assert!(pause(&mut patience, &mut at_ns, 2_000_000));
        for _ in 0..100 {
            assert!(!pause(&mut patience, &mut at_ns, 2_000_000));
        }
        for _ in 0..10 {
            assert!(pause(&mut patience, &mut at_ns, 1_000_000_000));
        }
        assert_eq!(patience.stays_ns, LEAST_NS);
        assert!(!pause(&mut patience, &mut at_ns, LEAST_NS));
    }

    #[test]
    fn it_sleeps_while_somebody_else_computes_on_its_core() {
        let mut patience = Patience::default();
        for _ in 0..2 {
            let left_ns = monotonic_ns();
            patience.worked(left_ns);
            // As if the core had been away since then.
            thread::sleep(Duration::from_millis(2));
            assert!(patience.waits(left_ns));
        }
        let now_ns = monotonic_ns();
        patience.worked(now_ns);
        assert!(!patience.waits(now_ns));
    }
}
