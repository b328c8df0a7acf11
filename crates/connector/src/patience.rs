//! How long the bus stays awake when it has nothing to do.

/// Even after a long silence the answer to what was just sent is waited for.
const LEAST_NS: u64 = 50_000;
/// What comes more seldom than this finds the bus asleep.
const MOST_NS: u64 = 4_000_000;

/// Waking a sleeping processor costs tens of microseconds, which each order and each frame would pay
/// that comes just after the bus went to sleep. So the bus stays awake, and gives its core to whoever
/// wants it, for about as long as it lately took until there was something to do.
#[derive(Debug)]
pub struct Patience {
    stays_ns: u64,
    idle_since_ns: Option<u64>,
    slept: bool,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            stays_ns: LEAST_NS,
            idle_since_ns: None,
            slept: false,
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

    /// There is nothing to do: true when it is worth to stay awake.
    pub fn stays(&mut self, now_ns: u64) -> bool {
        let since_ns = *self.idle_since_ns.get_or_insert(now_ns);
        let stays = now_ns.saturating_sub(since_ns) < self.stays_ns;
        self.slept |= !stays;
        stays
    }
}

#[cfg(test)]
mod tests {
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
}
