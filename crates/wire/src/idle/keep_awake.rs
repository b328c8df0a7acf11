//! Decides by the rate of its events whether a waiting thread stays awake between them.
//!
//! Waking an idle core costs tens of microseconds; staying awake costs the core. A thread that stays awake
//! for some of its pauses only pays both: it is not pinned to its waker's core when it sleeps after all. So it
//! stays awake for nearly all of them, or for none.

/// Weight of the latest pause in the mean: a sixteenth.
const WEIGHT: u64 = 16;
/// A pause of so many times the limit is silence: it ends the state of being awake by itself.
const SILENCE: u64 = 4;

/// The mean pause between the events of a thread, and what follows from it.
#[derive(Debug)]
pub struct KeepAwake {
    base_ns: u64,
    limit_ns: u64,
    mean_ns: u64,
    is_awake: bool,
}

impl KeepAwake {
    /// The limit that bots and connectors take where nothing else is asked for: 3 ms.
    pub const LIMIT_NS: u64 = 3_000_000;

    /// `base_ns`: what every pause is waited for awake; pauses within it say nothing about the rate.
    /// `limit_ns`: the mean of longer pauses up to which the thread stays awake; 0 for never. It begins at
    /// seven eighths of that and ends at nine eighths. Starts as after a silence.
    #[must_use]
    pub const fn new(base_ns: u64, limit_ns: u64) -> Self {
        Self {
            base_ns,
            limit_ns,
            mean_ns: limit_ns.saturating_mul(SILENCE),
            is_awake: false,
        }
    }

    /// Whether the thread stays awake between events.
    #[must_use]
    pub const fn is_awake(&self) -> bool {
        self.is_awake
    }

    /// How long this pause is to be waited for awake, in nanoseconds from its begin.
    #[must_use]
    pub fn waits_ns(&self) -> u64 {
        match self.is_awake {
            true => self.base_ns.max(self.silence_ns()),
            false => self.base_ns,
        }
    }

    /// The pause has lasted for [`Self::waits_ns`]: the thread goes to sleep, and does so again after its
    /// next event.
    pub const fn give_up(&mut self) {
        self.is_awake = false;
    }

    /// An event ended a pause of `pause_ns`.
    pub fn learn(&mut self, pause_ns: u64) {
        if pause_ns <= self.base_ns {
            return;
        }
        let pause_ns = pause_ns.min(self.silence_ns());
        self.mean_ns = self.mean_ns - self.mean_ns / WEIGHT + pause_ns / WEIGHT;
        let eighth_ns = self.limit_ns / 8;
        self.is_awake = match self.is_awake {
            true => self.mean_ns <= self.limit_ns.saturating_add(eighth_ns),
            false => self.mean_ns < self.limit_ns - eighth_ns,
        };
    }

    const fn silence_ns(&self) -> u64 {
        self.limit_ns.saturating_mul(SILENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE_NS: u64 = 100_000;
    const LIMIT_NS: u64 = 1_500_000;

    /// The share of pauses, in percent, that were waited for awake, after a time to learn. Events come at
    /// random times: `mean_ns` is the mean of an exponential distribution.
    fn awake_at(mean_ns: f64) -> u32 {
        let mut keep = KeepAwake::new(BASE_NS, LIMIT_NS);
        let (mut random, mut awake) = (7_u64, 0);
        for event in 0..11_000 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let unit = ((random >> 11) as f64 + 1.0) / (1_u64 << 53) as f64;
            let pause_ns = (-mean_ns * unit.ln()) as u64;
            if pause_ns > keep.waits_ns() {
                keep.give_up();
            } else if event >= 1_000 {
                awake += 1;
            }
            keep.learn(pause_ns);
        }
        awake / 100
    }

    #[test]
    fn it_stays_awake_for_nearly_all_pauses_or_for_hardly_any() {
        for (mean_ns, at_least) in [(50_000.0, 99), (200_000.0, 99), (900_000.0, 90)] {
            let awake = awake_at(mean_ns);
            assert!(awake >= at_least, "{awake} % at {mean_ns} ns");
        }
        // Awake within the base: one pause of 2 ms in twenty, one of 5 ms in fifty.
        for (mean_ns, at_most) in [(2_200_000.0, 15), (5_000_000.0, 2), (1e9, 0)] {
            let awake = awake_at(mean_ns);
            assert!(awake <= at_most, "{awake} % at {mean_ns} ns");
        }
    }

    #[test]
    fn silence_ends_it_at_once_and_a_rate_brings_it_back_soon() {
        let mut keep = KeepAwake::new(BASE_NS, LIMIT_NS);
        let mut events = 0;
        while !keep.is_awake() {
            keep.learn(500_000);
            events += 1;
        }
        assert!((20..60).contains(&events), "{events}");
        for _ in 0..100 {
            keep.learn(500_000);
        }
        assert_eq!(keep.waits_ns(), 4 * LIMIT_NS);
        keep.give_up();
        assert_eq!(keep.waits_ns(), BASE_NS, "the very next pause");
        keep.learn(1_000_000_000);
        assert_eq!(keep.waits_ns(), 4 * LIMIT_NS, "one silence is no rate");
        for _ in 0..8 {
            keep.give_up();
            keep.learn(1_000_000_000);
        }
        assert!(!keep.is_awake());
    }

    #[test]
    fn what_comes_in_one_burst_does_not_make_a_rate() {
        let mut keep = KeepAwake::new(BASE_NS, LIMIT_NS);
        for _ in 0..1_000 {
            for _ in 0..50 {
                keep.learn(3_000);
            }
            keep.learn(5_000_000);
            assert!(!keep.is_awake());
        }
    }

    #[test]
    fn a_limit_of_zero_turns_it_off() {
        let mut keep = KeepAwake::new(BASE_NS, 0);
        for _ in 0..1_000 {
            keep.learn(200_000);
            assert!(!keep.is_awake());
        }
        assert_eq!(keep.waits_ns(), BASE_NS);
    }
}
