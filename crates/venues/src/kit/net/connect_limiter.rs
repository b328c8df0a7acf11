//! Limits new connections: back-off with full jitter, one budget for all sockets, and a hold after a
//! reject by the venue's HTTP edge.

use std::collections::VecDeque;

const SECOND_NS: u64 = 1_000_000_000;
const WINDOW_NS: u64 = 300 * SECOND_NS;
const BACKOFF_MIN_NS: u64 = SECOND_NS / 2;
const BACKOFF_MAX_NS: u64 = 30 * SECOND_NS;
/// How long an HTTP 403 keeps every socket closed.
pub const HOLD_NS: u64 = 600 * SECOND_NS;

/// Decides when connections may be opened.
#[derive(Debug)]
pub struct ConnectLimiter {
    max: usize,
    opened: VecDeque<u64>,
    hold_until: u64,
    random: u64,
}

impl ConnectLimiter {
    /// Starts with a seed for the jitter and a budget of connections in five minutes. A venue leaves
    /// a part of what it is allowed to other programs on the same address.
    pub fn new(seed: u64, max: usize) -> Self {
        Self {
            max: max.max(1),
            opened: VecDeque::new(),
            hold_until: 0,
            random: seed,
        }
    }

    /// A number for jitter, the same ones for the same seed.
    pub fn random(&mut self) -> u64 {
        self.next()
    }

    /// The venue's HTTP edge answered 403: nothing is opened for ten minutes.
    pub fn hold(&mut self, now: u64) {
        self.hold_until = self.hold_until.max(now + HOLD_NS);
    }

    /// When to try after so many failures in a row: anywhere between now and the back-off.
    pub fn retry_at(&mut self, now: u64, failures: u32) -> u64 {
        let limit = BACKOFF_MIN_NS
            .saturating_mul(1 << failures.min(16))
            .min(BACKOFF_MAX_NS);
        now + self.next() % limit
    }

    /// Takes one connection from the budget, or says when to ask again.
    ///
    /// # Errors
    /// The time from which on there may be one.
    pub fn take(&mut self, now: u64) -> Result<(), u64> {
        if now < self.hold_until {
            return Err(self.hold_until);
        }
        while self.opened.front().is_some_and(|at| at + WINDOW_NS <= now) {
            self.opened.pop_front();
        }
        match self.opened.front() {
            Some(oldest) if self.opened.len() >= self.max => Err(oldest + WINDOW_NS),
            _ => {
                self.opened.push_back(now);
                Ok(())
            }
        }
    }

    /// splitmix64.
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 400;

    #[test]
    fn back_off_is_spread_over_its_whole_range_and_bounded() {
        let mut connects = ConnectLimiter::new(7, MAX);
        let early: Vec<u64> = (0..1000).map(|_| connects.retry_at(0, 0)).collect();
        assert!(early.iter().all(|at| *at < BACKOFF_MIN_NS));
        let quarter = BACKOFF_MIN_NS / 4;
        for part in 0..4 {
            let range = part * quarter..(part + 1) * quarter;
            let count = early.iter().filter(|at| range.contains(at)).count();
            assert!((150..350).contains(&count), "{count} in quarter {part}");
        }
        assert!((0..1000).all(|_| connects.retry_at(5, 40) < 5 + BACKOFF_MAX_NS));
    }

    #[test]
    fn a_storm_stays_within_the_budget_in_any_window() {
        let mut connects = ConnectLimiter::new(1, MAX);
        let (mut now, mut opened) = (0, Vec::new());
        while now < 4 * WINDOW_NS {
            match connects.take(now) {
                Ok(()) => {
                    opened.push(now);
                    now += SECOND_NS / 10;
                }
                Err(at) => {
                    assert!(at > now);
                    now = at;
                }
            }
        }
        for (i, at) in opened.iter().enumerate() {
            let inside = opened[i..]
                .iter()
                .take_while(|t| **t < at + WINDOW_NS)
                .count();
            assert!(inside <= MAX, "{inside}");
        }
        assert!(opened.len() > 3 * MAX);
    }

    #[test]
    fn a_403_holds_every_socket_for_ten_minutes() {
        let mut connects = ConnectLimiter::new(1, MAX);
        connects.hold(5);
        assert_eq!(connects.take(6), Err(5 + HOLD_NS));
        assert_eq!(connects.take(5 + HOLD_NS), Ok(()));
    }
}
