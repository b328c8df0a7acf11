//! The two clocks of the connector.

use hbl_wire::Clock;

/// One moment on both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// `CLOCK_MONOTONIC`, nanoseconds: everything is paced by it.
    pub mono_ns: u64,
    /// Wall clock, nanoseconds since the Unix epoch: only for timestamps.
    pub unix_ns: i64,
}

impl Now {
    /// The time of a clock.
    pub fn of(clock: &Clock) -> Self {
        match clock.as_virtual() {
            None => Self::read(),
            Some(clock) => Self {
                mono_ns: clock.monotonic_ns(),
                unix_ns: clock.unix_ns(),
            },
        }
    }

    /// Reads both clocks of the machine.
    pub fn read() -> Self {
        let unix = read(libc::CLOCK_REALTIME);
        Self {
            mono_ns: read(libc::CLOCK_MONOTONIC).unsigned_abs(),
            unix_ns: unix,
        }
    }
}

fn read(clock: libc::clockid_t) -> i64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is valid for writing; both clocks exist on every Linux and macOS.
    unsafe { libc::clock_gettime(clock, &mut time) };
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

/// Turns monotonic times into wall-clock times with an offset that stands still until the wall clock
/// is stepped or has drifted by a millisecond, so that the results keep their order.
#[derive(Clone, Copy, Debug, Default)]
pub struct WallOffset {
    offset_ns: Option<i64>,
}

impl WallOffset {
    const TOLERANCE_NS: i64 = 1_000_000;

    /// Follows the wall clock.
    pub fn follow(&mut self, now: Now) {
        let actual = now.unix_ns - now.mono_ns as i64;
        if self
            .offset_ns
            .is_none_or(|offset| (offset - actual).abs() > Self::TOLERANCE_NS)
        {
            self.offset_ns = Some(actual);
        }
    }

    /// Unix nanoseconds of a monotonic time.
    pub fn unix_ns(&self, mono_ns: i64) -> i64 {
        mono_ns + self.offset_ns.unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_differences_keep_the_offset_and_a_step_moves_it() {
        let mut wall = WallOffset::default();
        wall.follow(Now {
            mono_ns: 100,
            unix_ns: 1_000_100,
        });
        wall.follow(Now {
            mono_ns: 200,
            unix_ns: 1_000_290,
        });
        assert_eq!(wall.unix_ns(300), 1_000_300);
        wall.follow(Now {
            mono_ns: 300,
            unix_ns: 3_600_001_000_300,
        });
        assert_eq!(wall.unix_ns(400), 3_600_001_000_400);
    }
}
