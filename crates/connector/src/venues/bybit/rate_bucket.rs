//! The quota of one order operation: a token bucket that believes what the venue's headers say.

use super::frames::trade::Quota;

const SECOND_NS: u64 = 1_000_000_000;

/// Requests per second of one operation.
#[derive(Clone, Debug)]
pub struct RateBucket {
    per_second: u32,
    tokens: f64,
    filled_at: u64,
    blocked_until: u64,
}

impl RateBucket {
    /// Starts full, with the documented quota until the venue tells its own.
    pub fn new(per_second: u32) -> Self {
        Self {
            per_second: per_second.max(1),
            tokens: f64::from(per_second.max(1)),
            filled_at: 0,
            blocked_until: 0,
        }
    }

    /// Takes tokens for that many orders, or says how long until there are so many. A request that will wait takes its token
    /// now, so those behind it wait longer; `wait_max` refuses without taking.
    ///
    /// # Errors
    /// The wait in nanoseconds, when it is longer than `wait_max`.
    pub fn take(&mut self, now: u64, count: u32, wait_max: u64) -> Result<u64, u64> {
        let count = f64::from(count.max(1));
        let rate = f64::from(self.per_second);
        #[expect(clippy::cast_precision_loss, reason = "seconds, not years")]
        let passed = now.saturating_sub(self.filled_at) as f64 / SECOND_NS as f64;
        self.tokens = (self.tokens + passed * rate).min(rate);
        self.filled_at = self.filled_at.max(now);
        let lack = (count - self.tokens).max(0.0) / rate;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small positive number"
        )]
        let wait = ((lack * SECOND_NS as f64) as u64).max(self.blocked_until.saturating_sub(now));
        if wait > wait_max {
            return Err(wait);
        }
        self.tokens -= count;
        Ok(wait)
    }

    /// Follows an answer's headers. `reset_at` is the header's time on our clock.
    pub fn follow(&mut self, now: u64, quota: &Quota, reset_at: Option<u64>) {
        if let Some(limit) = quota.limit.filter(|limit| *limit > 0) {
            self.per_second = limit;
        }
        if let Some(left) = quota.left {
            self.tokens = self.tokens.min(f64::from(left));
            if left == 0 {
                self.block(now, reset_at);
            }
        }
    }

    /// The venue refused for too many requests.
    pub fn refused(&mut self, now: u64, reset_at: Option<u64>) {
        self.tokens = self.tokens.min(0.0);
        self.block(now, reset_at.or(Some(now + SECOND_NS)));
    }

    fn block(&mut self, now: u64, until: Option<u64>) {
        if let Some(until) = until {
            // A reset far away would be a clock error; quotas are counted by the second.
            self.blocked_until = self.blocked_until.max(until.min(now + 5 * SECOND_NS));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_burst_is_served_then_delayed_then_refused() {
        let mut bucket = RateBucket::new(10);
        for _ in 0..10 {
            assert_eq!(bucket.take(0, 1, 0), Ok(0));
        }
        let first = bucket.take(0, 1, SECOND_NS).unwrap();
        let second = bucket.take(0, 1, SECOND_NS).unwrap();
        assert!(
            first >= SECOND_NS / 10 && second > first,
            "{first} {second}"
        );
        assert!(bucket.take(0, 1, SECOND_NS / 10).is_err());
        assert_eq!(bucket.take(2 * SECOND_NS, 1, 0), Ok(0));
    }

    #[test]
    fn the_venues_headers_count_more_than_our_count() {
        let mut bucket = RateBucket::new(10);
        let quota = Quota {
            limit: Some(20),
            left: Some(0),
            ..Quota::default()
        };
        bucket.follow(0, &quota, Some(SECOND_NS / 2));
        assert!(bucket.take(0, 1, SECOND_NS / 4).is_err());
        assert_eq!(bucket.take(SECOND_NS / 2, 1, 0), Ok(0));
        bucket.refused(SECOND_NS, None);
        assert!(bucket.take(SECOND_NS, 1, SECOND_NS / 2).is_err());
    }

    proptest! {
        #[test]
        fn no_second_gets_more_than_twice_the_quota(gaps in prop::collection::vec(0u64..300_000_000, 1..200)) {
            // A full bucket plus its refill: what the venue's rolling second must absorb at worst
            // is told by its headers, which the bucket follows.
            let mut bucket = RateBucket::new(10);
            let (mut now, mut sent) = (0, Vec::new());
            for gap in gaps {
                now += gap;
                if let Ok(wait) = bucket.take(now, 1, SECOND_NS) {
                    sent.push(now + wait);
                }
            }
            sent.sort_unstable();
            for (i, at) in sent.iter().enumerate() {
                let inside = sent[i..].iter().take_while(|t| **t < at + SECOND_NS).count();
                prop_assert!(inside <= 20, "{inside}");
            }
        }
    }
}
