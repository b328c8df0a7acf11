//! Paces a replay: the due time of each recorded message, by speed and greatest rate.

use crate::replay::config::Speed;

/// Turns recorded times into monotonic ones and keeps the rate below its bound.
#[derive(Clone, Debug)]
pub struct Pacer {
    speed: Speed,
    /// Nanoseconds that one event costs at the greatest rate.
    event_cost_ns: f64,
    /// Monotonic and recorded time that belong together.
    anchor: Option<(u64, i64)>,
    /// Recorded time of the message that was asked for last.
    last_ts: i64,
    /// Before this moment the bound on the rate is used up.
    free_ns: f64,
    steps: u64,
}

impl Pacer {
    /// How far the rate may run ahead of its bound for a moment.
    const BURST_NS: f64 = 20_000_000.0;
    /// Recorded time that runs back by more than this was set back.
    const STEP_BACK_NS: i64 = 1_000_000_000;
    /// Due when a step is asked for.
    const NEVER: u64 = u64::MAX;

    /// Starts with the first message that is asked for.
    pub fn new(speed: Speed, max_rate: f64) -> Self {
        Self {
            speed,
            event_cost_ns: 1e9 / max_rate,
            anchor: None,
            last_ts: i64::MIN,
            free_ns: 0.0,
            steps: 0,
        }
    }

    /// Forgets where recorded time stood: the next message is due at once.
    pub fn restart(&mut self) {
        self.anchor = None;
    }

    /// Allows one more message when stepping.
    pub fn step(&mut self) {
        self.steps += 1;
    }

    /// When a message received at `local_ts` is due, on the monotonic clock.
    pub fn due_ns(&mut self, local_ts: i64, now_ns: u64) -> u64 {
        let by_speed = match self.speed {
            Speed::Max => now_ns,
            Speed::Step if self.steps > 0 => now_ns,
            Speed::Step => return Self::NEVER,
            Speed::Times(times) => {
                // After a clock was set back, messages keep their distances.
                if local_ts < self.last_ts.saturating_sub(Self::STEP_BACK_NS) {
                    self.anchor = None;
                }
                self.last_ts = local_ts;
                let (anchor_ns, anchor_ts) = *self.anchor.get_or_insert((now_ns, local_ts));
                let passed_ns = (local_ts - anchor_ts).max(0) as f64 / times;
                anchor_ns.saturating_add(passed_ns as u64)
            }
        };
        by_speed.max(self.free_ns as u64)
    }

    /// Counts a message that was sent with so many events.
    pub fn sent(&mut self, now_ns: u64, events: usize) {
        self.steps = self.steps.saturating_sub(1);
        let start = self.free_ns.max(now_ns as f64 - Self::BURST_NS);
        self.free_ns = start + self.event_cost_ns * events as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn recorded_time_passes_at_the_speed_asked_for() {
        let mut pacer = Pacer::new(Speed::Times(20.0), 1e9);
        assert_eq!(pacer.due_ns(5_000_000_000, 100 * MS), 100 * MS);
        assert_eq!(pacer.due_ns(6_000_000_000, 101 * MS), 150 * MS);
    }

    #[test]
    fn a_recorders_clock_that_ran_back_delays_nothing() {
        let mut pacer = Pacer::new(Speed::Times(1.0), 1e9);
        pacer.due_ns(5_000_000_000, 100 * MS);
        assert_eq!(pacer.due_ns(4_500_000_000, 101 * MS), 100 * MS);
        assert_eq!(pacer.due_ns(1_000_000_000, 101 * MS), 101 * MS);
    }

    #[test]
    fn what_follows_a_clock_that_was_set_back_keeps_its_distances() {
        let mut pacer = Pacer::new(Speed::Times(1.0), 1e9);
        pacer.due_ns(5_000_000_000_000, 100 * MS);
        assert_eq!(pacer.due_ns(1_000_000_000_000, 100 * MS), 100 * MS);
        assert_eq!(pacer.due_ns(1_000_500_000_000, 100 * MS), 600 * MS);
    }

    #[test]
    fn the_greatest_speed_keeps_its_bound() {
        let mut pacer = Pacer::new(Speed::Max, 100_000.0);
        let (mut now, mut sent) = (1_000 * MS, 0);
        let end = now + 100 * MS;
        while now < end {
            let due = pacer.due_ns(0, now);
            if due > now {
                now = due;
                continue;
            }
            pacer.sent(now, 10);
            sent += 10;
        }
        assert!(
            (11_900..=12_200).contains(&sent),
            "100 ms at the bound, 20 ms of burst: {sent}"
        );
    }

    #[test]
    fn stepping_waits_for_each_step() {
        let mut pacer = Pacer::new(Speed::Step, 1e9);
        assert_eq!(pacer.due_ns(1, 5), u64::MAX);
        pacer.step();
        assert_eq!(pacer.due_ns(1, 5), 5);
        pacer.sent(5, 1);
        assert_eq!(pacer.due_ns(2, 6), u64::MAX);
    }
}
