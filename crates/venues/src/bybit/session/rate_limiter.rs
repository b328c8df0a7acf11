//! Rate limiter of one order operation: counts the requests of a second so that the venue never sees
//! more, with a rolling or a fixed second, and counts those of other clients by the answer's headers.

use std::collections::VecDeque;

use crate::bybit::frames::trade::Quota;

const SECOND_NS: u64 = 1_000_000_000;
/// The venue's second, and how much closer together requests may arrive than they were sent.
const WINDOW_NS: u64 = SECOND_NS + SECOND_NS / 10;
/// Answers come no later; older requests are forgotten.
const KEPT_NS: u64 = 10 * SECOND_NS;
/// A reset far away would be a clock error; quotas are counted by the second.
const BLOCK_MAX_NS: u64 = 5 * SECOND_NS;

/// Requests per second of one operation. Times are those of one monotonic clock, nanoseconds.
#[derive(Clone, Debug)]
pub struct RateLimiter {
    limit: u32,
    /// When each request was sent, ascending; those of others by what the headers say.
    sent: VecDeque<u64>,
    blocked_until: u64,
}

impl RateLimiter {
    /// Starts unused, with the documented quota until the venue sends its own.
    pub fn new(per_second: u32) -> Self {
        Self {
            limit: per_second.max(1),
            sent: VecDeque::new(),
            blocked_until: 0,
        }
    }

    /// When a request that counts as `count` may be sent at the earliest, never before `now` and
    /// never before one that was taken already.
    pub fn earliest(&self, now: u64, count: u32) -> u64 {
        let last = self.sent.back().copied().unwrap_or(0);
        let at = now.max(self.blocked_until).max(last);
        // A request above a full window goes out alone.
        let others = self.limit.saturating_sub(count.max(1)) as usize;
        let Some(in_the_way) = self.sent.len().checked_sub(others + 1) else {
            return at;
        };
        let leaves = self.sent.get(in_the_way).map(|sent| sent + WINDOW_NS);
        at.max(leaves.unwrap_or(0))
    }

    /// Counts a request that is sent at `at`, which [`earliest`](Self::earliest) allowed.
    pub fn take(&mut self, at: u64, count: u32) {
        let old = |sent: &u64| sent + KEPT_NS < at;
        while self.sent.front().is_some_and(old) {
            self.sent.pop_front();
        }
        for _ in 0..count.max(1) {
            self.sent.push_back(at);
        }
    }

    /// Follows the headers of the answer to a request that was sent at `sent_at`. `reset_at` is
    /// the header's time on our clock. Requests that the venue counts beyond these belong to other clients.
    pub fn follow(&mut self, now: u64, sent_at: u64, quota: &Quota, reset_at: Option<u64>) {
        if let Some(limit) = quota.limit.filter(|limit| *limit > 0) {
            self.limit = limit;
        }
        let Some(left) = quota.left else {
            return;
        };
        let after = self.sent.partition_point(|sent| *sent <= sent_at);
        let before = self
            .sent
            .partition_point(|sent| sent + WINDOW_NS <= sent_at);
        let used = self.limit.saturating_sub(left) as usize;
        for _ in after.saturating_sub(before)..used {
            self.sent.insert(after, sent_at);
        }
        if left == 0 {
            self.block(now, reset_at);
        }
    }

    /// The venue refused for too many requests.
    pub fn refused(&mut self, now: u64, reset_at: Option<u64>) {
        let reset_at = reset_at.filter(|at| *at > now);
        self.block(now, reset_at.or(Some(now + SECOND_NS)));
    }

    fn block(&mut self, now: u64, until: Option<u64>) {
        if let Some(until) = until {
            self.blocked_until = self.blocked_until.max(until.min(now + BLOCK_MAX_NS));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MS: u64 = 1_000_000;

    fn quota(limit: u32, left: u32) -> Quota {
        Quota {
            limit: Some(limit),
            left: Some(left),
            ..Quota::default()
        }
    }

    #[test]
    fn a_burst_of_the_quota_goes_out_and_the_next_waits_for_the_end_of_the_window() {
        let mut limiter = RateLimiter::new(10);
        for _ in 0..10 {
            assert_eq!(limiter.earliest(0, 1), 0);
            limiter.take(0, 1);
        }
        assert_eq!(limiter.earliest(0, 1), WINDOW_NS);
        assert_eq!(limiter.earliest(WINDOW_NS, 10), WINDOW_NS);
    }

    #[test]
    fn a_batch_counts_each_of_its_orders_and_no_request_overtakes_it() {
        let mut limiter = RateLimiter::new(10);
        limiter.take(0, 4);
        assert_eq!(limiter.earliest(0, 7), WINDOW_NS);
        limiter.take(WINDOW_NS, 7);
        assert_eq!(limiter.earliest(0, 1), WINDOW_NS);
        assert_eq!(RateLimiter::new(5).earliest(3, 10), 3, "as well as it can");
    }

    #[test]
    fn what_the_venue_counts_beyond_ours_is_used_up_until_its_second_is_over() {
        let mut limiter = RateLimiter::new(10);
        limiter.take(0, 1);
        limiter.follow(50 * MS, 0, &quota(10, 3), None);
        limiter.follow(60 * MS, 0, &quota(10, 3), None);
        assert_eq!(limiter.earliest(60 * MS, 3), 60 * MS, "reported twice");
        assert_eq!(limiter.earliest(60 * MS, 4), WINDOW_NS);
    }

    #[test]
    fn an_answer_to_an_earlier_request_leaves_those_after_it_counted() {
        let mut limiter = RateLimiter::new(10);
        for at in 0..5 {
            limiter.take(at, 1);
        }
        limiter.follow(50 * MS, 0, &quota(10, 9), None);
        assert_eq!(limiter.earliest(50 * MS, 5), 50 * MS);
        assert!(limiter.earliest(50 * MS, 6) > SECOND_NS);
    }

    #[test]
    fn a_steady_flow_at_the_quota_is_not_slowed_by_its_own_headers() {
        let mut limiter = RateLimiter::new(10);
        let mut at = 0;
        for n in 0..100u64 {
            at = limiter.earliest(at.max(n), 1);
            limiter.take(at, 1);
            // The venue's second holds ours only.
            let in_second = (n + 1).min(10) as u32;
            limiter.follow(at + 50 * MS, at, &quota(10, 10 - in_second), Some(at));
        }
        assert!(at <= 10 * WINDOW_NS, "{at}");
    }

    #[test]
    fn a_refusal_stops_until_the_reset_or_for_a_second() {
        let mut limiter = RateLimiter::new(10);
        limiter.refused(0, Some(SECOND_NS / 2));
        assert_eq!(limiter.earliest(0, 1), SECOND_NS / 2);
        limiter.refused(SECOND_NS, Some(SECOND_NS / 2));
        assert_eq!(limiter.earliest(SECOND_NS, 1), 2 * SECOND_NS);
        limiter.refused(0, Some(3600 * SECOND_NS));
        assert_eq!(limiter.earliest(0, 1), BLOCK_MAX_NS);
    }

    proptest! {
        #[test]
        fn no_second_sees_more_than_the_quota_even_when_requests_bunch_on_their_way(
            steps in prop::collection::vec((0u64..300 * MS, 1u32..4, 0u64..99 * MS), 1..200),
        ) {
            let mut limiter = RateLimiter::new(10);
            let (mut now, mut arrived) = (0, Vec::new());
            for (gap, count, way) in steps {
                now += gap;
                now = limiter.earliest(now, count);
                limiter.take(now, count);
                arrived.extend((0..count).map(|_| now + way));
            }
            arrived.sort_unstable();
            for (i, at) in arrived.iter().enumerate() {
                let inside = arrived[i..].iter().take_while(|t| **t < at + SECOND_NS).count();
                prop_assert!(inside <= 10, "{inside}");
            }
        }
    }
}
