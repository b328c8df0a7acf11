//! The offset of the local wall clock from the venue's.

use crate::kit::clock::Now;

const SECOND_NS: u64 = 1_000_000_000;
const EVERY_NS: u64 = 60 * SECOND_NS;
const RETRY_NS: u64 = 5 * SECOND_NS;
/// A sample with a longer way there and back says too little.
const TRIP_MAX_NS: u64 = SECOND_NS;
/// An offset that was not confirmed for this long is not relied on.
const AGE_MAX_NS: u64 = 300 * SECOND_NS;

/// The offset from our wall clock to the venue's.
#[derive(Debug)]
pub struct ServerClock {
    offset_ns: Option<i64>,
    measured_at: u64,
    ask_at: u64,
    refuse_ns: i64,
}

impl ServerClock {
    /// `refuse_ms`: the offset above which no order is sent.
    pub fn new(refuse_ms: u32) -> Self {
        Self {
            offset_ns: None,
            measured_at: 0,
            ask_at: 0,
            refuse_ns: i64::from(refuse_ms) * 1_000_000,
        }
    }

    /// The venue answered a question for its time, sent at `sent` and received at `now`.
    pub fn sample(&mut self, sent: Now, now: Now, server_ns: i64) {
        let trip = now.mono_ns.saturating_sub(sent.mono_ns);
        if trip > TRIP_MAX_NS {
            self.ask_at = now.mono_ns + RETRY_NS;
            return;
        }
        #[expect(clippy::cast_possible_wrap, reason = "below TRIP_MAX_NS")]
        let middle = sent.unix_ns + (trip / 2) as i64;
        let offset_ns = server_ns - middle;
        self.offset_ns = Some(offset_ns);
        self.measured_at = now.mono_ns;
        // While the offset stops orders, the clock is likely to be corrected soon.
        let is_off = offset_ns.abs() > self.refuse_ns;
        self.ask_at = now.mono_ns + if is_off { RETRY_NS } else { EVERY_NS };
    }

    /// True when the venue's time has to be asked for; the next question is a while later.
    pub fn take_ask(&mut self, now: Now) -> bool {
        let due = now.mono_ns >= self.ask_at;
        if due {
            self.ask_at = now.mono_ns + RETRY_NS;
        }
        due
    }

    /// The venue found a time wrong: ask at once.
    pub fn ask_at_once(&mut self, now: Now) {
        self.ask_at = self.ask_at.min(now.mono_ns);
    }

    /// When the venue's time has to be asked for.
    pub fn next_due(&self) -> u64 {
        self.ask_at
    }

    /// Offset in nanoseconds; `None` before the first answer.
    pub fn offset_ns(&self) -> Option<i64> {
        self.offset_ns
    }

    /// The venue's time in milliseconds, as well as it is known.
    pub fn server_ms(&self, now: Now) -> i64 {
        (now.unix_ns + self.offset_ns.unwrap_or(0)) / 1_000_000
    }

    /// A time of the venue on our monotonic clock.
    pub fn mono_of_server_ms(&self, now: Now, server_ms: i64) -> Option<u64> {
        let ahead_ms = server_ms.checked_sub(self.server_ms(now))?;
        let ahead_ns = ahead_ms.checked_mul(1_000_000)?;
        now.mono_ns.checked_add_signed(ahead_ns)
    }

    /// Whether requests with a timestamp may be sent.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, now: Now) -> Result<(), String> {
        let Some(offset) = self.offset_ns else {
            return Err("the venue's clock is not known yet".to_owned());
        };
        if now.mono_ns.saturating_sub(self.measured_at) > AGE_MAX_NS {
            return Err("the venue's clock was not compared for five minutes".to_owned());
        }
        if offset.abs() > self.refuse_ns {
            let ms = offset / 1_000_000;
            return Err(format!(
                "this clock is {ms} ms from the venue's; set it right"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Now {
        Now {
            mono_ns: ms * 1_000_000,
            unix_ns: (1_000_000 + ms as i64) * 1_000_000,
        }
    }

    #[test]
    fn the_offset_is_taken_at_the_middle_of_the_way() {
        let mut clock = ServerClock::new(800);
        assert!(clock.check(at(0)).is_err() && clock.take_ask(at(0)) && !clock.take_ask(at(1)));
        clock.sample(at(0), at(100), 1_000_250 * 1_000_000);
        assert_eq!(clock.offset_ns(), Some(200_000_000));
        assert_eq!(clock.server_ms(at(200)), 1_000_400);
        assert_eq!(
            clock.mono_of_server_ms(at(200), 1_000_500),
            Some(300_000_000)
        );
        assert_eq!(clock.check(at(200)), Ok(()));
    }

    #[test]
    fn a_clock_that_is_off_or_old_stops_orders() {
        let mut clock = ServerClock::new(800);
        clock.sample(at(0), at(0), 1_001_000 * 1_000_000);
        assert!(clock.check(at(1)).unwrap_err().contains("1000 ms"));
        assert_eq!(clock.next_due(), 5 * SECOND_NS, "compared again soon");
        clock.sample(at(10), at(10), 1_000_010 * 1_000_000);
        assert!(clock.check(at(11)).is_ok());
        assert!(clock.check(at(400_000)).is_err());
        clock.sample(at(400_000), at(405_000), 5);
        assert!(
            clock.check(at(405_000)).is_err(),
            "a slow answer is no sample"
        );
    }
}
