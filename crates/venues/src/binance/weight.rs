//! How much of the venue's REST weight is used, and when there is room for more.
//!
//! The venue counts weight per address and minute, sends its count in each answer, and bans
//! addresses that go on after a 429.

use std::collections::VecDeque;

const SECOND_NS: u64 = 1_000_000_000;
const WINDOW_NS: u64 = 60 * SECOND_NS;
/// The pause after a 429 without `Retry-After`.
const LIMITED_NS: u64 = 60 * SECOND_NS;
/// The pause after a 418 without `Retry-After`; bans begin with two minutes.
const BANNED_NS: u64 = 300 * SECOND_NS;
/// The gate before the API refused; it counts in windows of five minutes.
const GATE_NS: u64 = 600 * SECOND_NS;

/// The weight that this process may use.
#[derive(Debug)]
pub struct WeightBudget {
    per_minute: u32,
    used: VecDeque<(u64, u32)>,
    total: u32,
    hold_until: u64,
}

impl WeightBudget {
    /// Starts with nothing used.
    pub fn new(per_minute: u32) -> Self {
        Self {
            per_minute: per_minute.max(1),
            used: VecDeque::new(),
            total: 0,
            hold_until: 0,
        }
    }

    /// Changes what may be used in a minute.
    pub fn set_per_minute(&mut self, per_minute: u32) {
        self.per_minute = per_minute.max(1);
    }

    /// Takes weight, or says from when on there may be room.
    ///
    /// # Errors
    /// The time to ask again.
    pub fn take(&mut self, now: u64, weight: u32) -> Result<(), u64> {
        if now < self.hold_until {
            return Err(self.hold_until);
        }
        self.forget(now);
        match self.used.front() {
            // A call that is heavier than the whole budget goes out alone.
            Some((oldest, _)) if self.total + weight > self.per_minute => Err(oldest + WINDOW_NS),
            _ => {
                self.add(now, weight);
                Ok(())
            }
        }
    }

    /// The venue's own count of the last minute; other programs on this address count there too.
    pub fn follow(&mut self, now: u64, used: u32) {
        self.forget(now);
        if used > self.total {
            self.add(now, used - self.total);
        }
    }

    /// The venue wants no calls for a while: until when, or `None` for a status that says no such
    /// thing. `retry_after` is the header, in seconds.
    pub fn refused(&mut self, now: u64, status: u16, retry_after: Option<u64>) -> Option<u64> {
        let least = match status {
            429 => LIMITED_NS,
            418 => BANNED_NS,
            403 => GATE_NS,
            _ => return None,
        };
        // A venue that says nothing sensible is not asked again at once.
        let wait = retry_after.map_or(least, |s| s.max(1).saturating_mul(SECOND_NS));
        self.hold_until = self.hold_until.max(now.saturating_add(wait));
        Some(self.hold_until)
    }

    fn add(&mut self, now: u64, weight: u32) {
        self.used.push_back((now, weight));
        self.total += weight;
    }

    fn forget(&mut self, now: u64) {
        while let Some((at, weight)) = self.used.front()
            && at + WINDOW_NS <= now
        {
            self.total -= weight;
            self.used.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_venues_own_count_takes_room() {
        let mut budget = WeightBudget::new(100);
        assert_eq!(budget.take(0, 20), Ok(()));
        budget.follow(SECOND_NS, 85);
        assert_eq!(budget.take(2 * SECOND_NS, 20), Err(WINDOW_NS));
        assert_eq!(budget.take(WINDOW_NS, 20), Ok(()));
    }

    #[test]
    fn nothing_is_sent_before_the_venue_allows_it() {
        let mut budget = WeightBudget::new(100);
        assert_eq!(budget.refused(0, 429, Some(7)), Some(7 * SECOND_NS));
        assert_eq!(budget.take(7 * SECOND_NS - 1, 1), Err(7 * SECOND_NS));
        assert_eq!(budget.take(7 * SECOND_NS, 1), Ok(()));
        let banned = budget.refused(8 * SECOND_NS, 418, None).unwrap();
        assert_eq!(banned, 8 * SECOND_NS + BANNED_NS);
        // A shorter wait does not end a longer one.
        assert_eq!(budget.refused(9 * SECOND_NS, 429, Some(0)), Some(banned));
        assert_eq!(budget.refused(9 * SECOND_NS, 500, Some(9)), None);
    }

    proptest! {
        #[test]
        fn no_minute_sees_more_than_the_budget(calls in prop::collection::vec((0u64..20_000_000_000, 1u32..30), 1..200)) {
            let mut budget = WeightBudget::new(100);
            let (mut now, mut sent) = (0, Vec::new());
            for (gap, weight) in calls {
                now += gap;
                match budget.take(now, weight) {
                    Ok(()) => sent.push((now, weight)),
                    Err(at) => prop_assert!(at > now),
                }
            }
            for (i, (at, _)) in sent.iter().enumerate() {
                let inside = sent[i..].iter().take_while(|(t, _)| *t < at + WINDOW_NS);
                prop_assert!(inside.map(|(_, weight)| weight).sum::<u32>() <= 100);
            }
        }
    }
}
