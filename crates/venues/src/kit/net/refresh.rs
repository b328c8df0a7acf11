//! A list that is read over REST from time to time: when the next reading is due.

const SECOND_NS: u64 = 1_000_000_000;

/// When a list is read: at once, then at intervals, and again with back-off after a failure. One
/// reading is under way at a time. Times are monotonic, in nanoseconds.
#[derive(Debug)]
pub struct Refresh {
    every_ns: u64,
    retry_max_ns: u64,
    due: u64,
    call: Option<u64>,
    failures: u32,
    read_at: Option<u64>,
}

impl Refresh {
    /// The interval between readings, and the longest wait after failures, which begins at a second
    /// and doubles.
    pub fn new(every_ns: u64, retry_max_ns: u64) -> Self {
        Self {
            every_ns,
            retry_max_ns,
            due: 0,
            call: None,
            failures: 0,
            read_at: None,
        }
    }

    /// True when a reading should begin now.
    pub fn is_due(&self, now: u64) -> bool {
        now >= self.next_due()
    }

    /// When a reading is due; `u64::MAX` while one is under way.
    pub fn next_due(&self) -> u64 {
        match self.call {
            None => self.due,
            Some(_) => u64::MAX,
        }
    }

    /// A reading has begun with this call.
    pub fn begin(&mut self, call: u64) {
        self.call = Some(call);
    }

    /// True while a reading is under way.
    pub fn is_under_way(&self) -> bool {
        self.call.is_some()
    }

    /// The next reading begins at this time instead.
    pub fn set_due(&mut self, at: u64) {
        self.due = at;
    }

    /// The next reading begins no later than this, unless the last one failed: then its wait holds.
    pub fn hasten(&mut self, at: u64) {
        if self.failures == 0 {
            self.due = self.due.min(at);
        }
    }

    /// A call has ended, with an answer or without one. True when it was the reading.
    pub fn ended(&mut self, call: u64) -> bool {
        let is_reading = self.call == Some(call);
        if is_reading {
            self.call = None;
        }
        is_reading
    }

    /// The list was read.
    pub fn done(&mut self, now: u64) {
        self.failures = 0;
        self.read_at = Some(now);
        self.due = now.saturating_add(self.every_ns);
    }

    /// The list could not be read. True for the first failure in a row.
    pub fn failed(&mut self, now: u64) -> bool {
        let wait = (SECOND_NS << self.failures.min(16)).min(self.retry_max_ns);
        self.due = now.saturating_add(wait);
        self.failures = self.failures.saturating_add(1);
        self.failures == 1
    }

    /// When the list was read last; `None`: not yet.
    pub fn read_at(&self) -> Option<u64> {
        self.read_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_spaced_out_and_a_success_starts_the_interval() {
        let mut refresh = Refresh::new(3_600 * SECOND_NS, 5 * SECOND_NS);
        assert!(refresh.is_due(7));
        let (mut now, mut waits) = (7, Vec::new());
        for call in 0..5 {
            refresh.begin(call);
            assert!(!refresh.is_due(u64::MAX - 1) && refresh.is_under_way());
            assert!(!refresh.ended(call + 100) && refresh.ended(call));
            assert_eq!(refresh.failed(now), call == 0, "reported once");
            refresh.hasten(now);
            waits.push((refresh.next_due() - now) / SECOND_NS);
            now = refresh.next_due();
        }
        assert_eq!(waits, [1, 2, 4, 5, 5], "a failure is not hastened");
        assert_eq!(refresh.read_at(), None);
        refresh.done(now);
        assert_eq!(refresh.read_at(), Some(now));
        assert_eq!(refresh.next_due(), now + 3_600 * SECOND_NS);
        refresh.hasten(now + 9);
        assert_eq!(refresh.next_due(), now + 9);
    }
}
