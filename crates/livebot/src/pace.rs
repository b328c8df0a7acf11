//! When the thread that fills a ring gets more done by sleeping.

use core::time::Duration;

/// The rate is looked at this often.
const WINDOW_NS: u64 = 500_000;
/// Messages that come in less than this are fast.
const FAST_GAP_NS: u64 = 20_000;
/// How long a nap is: some messages at a fast pace, far less than a time slice of the scheduler.
pub(crate) const NAP: Duration = Duration::from_micros(50);

/// How fast messages come.
///
/// At a fast pace every message would wake the consumer, which is to run on a core of its own for
/// that. Where there is none the scheduler shares what there is in slices of milliseconds, and a
/// thread that is always runnable, though it only looks whether something came, is given its share
/// of them. A nap in which several messages come costs each a part of the nap instead.
#[derive(Default)]
pub(crate) struct Pace {
    since_ns: u64,
    received: u64,
    fast: bool,
}

impl Pace {
    /// True while messages come fast; `received` counts them.
    pub(crate) const fn is_fast(&mut self, now_ns: u64, received: u64) -> bool {
        let spent_ns = now_ns - self.since_ns;
        if spent_ns >= WINDOW_NS {
            self.fast = (received - self.received).saturating_mul(FAST_GAP_NS) >= spent_ns;
            self.since_ns = now_ns;
            self.received = received;
        }
        self.fast
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;

    #[test]
    fn a_pace_is_fast_at_fifty_messages_in_a_millisecond_and_not_after_a_pause() {
        let mut pace = Pace::default();
        assert!(!pace.is_fast(1_000_000, 10), "ten in a millisecond");
        assert!(!pace.is_fast(1_400_000, 40), "not looked at yet");
        assert!(pace.is_fast(2_000_000, 60), "fifty in the next");
        assert!(pace.is_fast(2_400_000, 60), "not looked at yet");
        assert!(!pace.is_fast(3_000_000, 61), "one in the next");
    }
}
