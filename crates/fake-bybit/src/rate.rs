//! Rate limits over rolling windows.

use std::collections::{BTreeMap, VecDeque};

/// Requests in a rolling window, by name.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    seen: BTreeMap<String, VecDeque<i64>>,
}

/// The values of the rate limit headers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quota {
    pub(crate) limit: u32,
    pub(crate) left: u32,
    pub(crate) reset_ms: i64,
}

impl Limiter {
    /// Takes `n` from the quota of `name`; `Err` when there is not enough, and nothing is taken.
    pub(crate) fn take(
        &mut self,
        name: &str,
        n: u32,
        limit: u32,
        window_ms: i64,
        now_ms: i64,
    ) -> Result<Quota, Quota> {
        let seen = self.seen.entry(name.to_owned()).or_default();
        while seen.front().is_some_and(|&ms| ms <= now_ms - window_ms) {
            seen.pop_front();
        }
        let used = seen.len() as u32;
        let free = limit.saturating_sub(used);
        if n > free {
            let reset_ms = seen.front().map_or(now_ms, |&ms| ms + window_ms);
            return Err(Quota {
                limit,
                left: 0,
                reset_ms,
            });
        }
        seen.extend(std::iter::repeat_n(now_ms, n as usize));
        Ok(Quota {
            limit,
            left: free - n,
            reset_ms: now_ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quota_comes_back_as_the_window_rolls() {
        let mut limiter = Limiter::default();
        for left in (0..3).rev() {
            let quota = limiter.take("a", 1, 3, 1000, 0).expect("free");
            assert_eq!(quota.left, left);
        }
        let quota = limiter.take("a", 1, 3, 1000, 999).expect_err("full");
        assert_eq!((quota.left, quota.reset_ms), (0, 1000));
        assert!(limiter.take("b", 1, 3, 1000, 999).is_ok());
        assert!(limiter.take("a", 3, 3, 1000, 1000).is_ok());
    }
}
