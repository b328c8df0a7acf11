//! Detects a message rate at which the thread that fills a ring gets more done by sleeping.

use core::time::Duration;

/// The rate is measured over this time.
const WINDOW_NS: u64 = 500_000;
/// Messages closer together than this are fast.
const FAST_GAP_NS: u64 = 20_000;
/// A sleep in which several messages arrive at a fast rate; far less than a time slice of the scheduler.
pub(crate) const BATCH_SLEEP: Duration = Duration::from_micros(50);

/// Whether messages arrive at a fast rate.
///
/// At such a rate every message would wake the consumer, which then needs a core of its own. Without
/// one the scheduler alternates between the two threads in slices of milliseconds. A short sleep in
/// which several messages arrive delays each by less than that sleep instead.
#[derive(Default)]
pub(crate) struct RateDetector {
    since_ns: u64,
    received: u64,
    fast: bool,
}

impl RateDetector {
    /// True while the rate is fast; `received` counts all messages.
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
    use super::RateDetector;

    #[test]
    fn a_rate_is_fast_at_fifty_messages_in_a_millisecond_and_not_after_a_pause() {
        let mut rate = RateDetector::default();
        assert!(!rate.is_fast(1_000_000, 10), "ten in a millisecond");
        assert!(!rate.is_fast(1_400_000, 40), "not looked at yet");
        assert!(rate.is_fast(2_000_000, 60), "fifty in the next");
        assert!(rate.is_fast(2_400_000, 60), "not looked at yet");
        assert!(!rate.is_fast(3_000_000, 61), "one in the next");
    }
}
