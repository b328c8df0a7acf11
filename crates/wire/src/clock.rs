//! The two clocks of the protocol, and the virtual one that can stand for both.

use std::{
    cell::Cell,
    rc::Rc,
    time::{SystemTime, UNIX_EPOCH},
};

/// `CLOCK_MONOTONIC`, nanoseconds since boot; the same for every process of a machine.
#[must_use]
pub fn monotonic_ns() -> u64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is a valid timespec to write to; the clock id is a constant every Unix knows.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

/// Wall clock, nanoseconds since the Unix epoch (exact until the year 2262).
#[must_use]
pub fn unix_ns() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |age| i64::try_from(age.as_nanos()).unwrap_or(i64::MAX))
}

/// The clock of a bot and of the connectors on its thread.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clocks.
    #[default]
    Real,
    /// Time that passes only where a wait lets it pass.
    Virtual(VirtualClock),
}

impl Clock {
    /// As [`monotonic_ns`].
    #[inline]
    #[must_use]
    pub fn monotonic_ns(&self) -> u64 {
        match self {
            Self::Real => monotonic_ns(),
            Self::Virtual(clock) => clock.monotonic_ns(),
        }
    }

    /// As [`unix_ns`].
    #[inline]
    #[must_use]
    pub fn unix_ns(&self) -> i64 {
        match self {
            Self::Real => unix_ns(),
            Self::Virtual(clock) => clock.unix_ns(),
        }
    }

    /// The virtual clock; `None` for the machine's.
    #[inline]
    #[must_use]
    pub const fn as_virtual(&self) -> Option<&VirtualClock> {
        match self {
            Self::Real => None,
            Self::Virtual(clock) => Some(clock),
        }
    }
}

/// A clock that stands still until it is advanced. Its copies show the same time.
#[derive(Clone, Debug)]
pub struct VirtualClock(Rc<VirtualTime>);

#[derive(Debug)]
struct VirtualTime {
    mono_ns: Cell<u64>,
    /// Wall clock minus monotonic clock.
    offset_ns: Cell<i64>,
}

impl VirtualClock {
    /// Monotonic time at the start: late enough that an earlier moment is no negative number.
    pub const START_MONO_NS: u64 = 1_000_000_000_000;

    /// A clock whose wall clock begins at `start_unix_ns`, its monotonic one at
    /// [`START_MONO_NS`](Self::START_MONO_NS).
    #[must_use]
    pub fn new(start_unix_ns: i64) -> Self {
        Self(Rc::new(VirtualTime {
            mono_ns: Cell::new(Self::START_MONO_NS),
            offset_ns: Cell::new(start_unix_ns.saturating_sub_unsigned(Self::START_MONO_NS)),
        }))
    }

    /// Monotonic time, ns.
    #[inline]
    #[must_use]
    pub fn monotonic_ns(&self) -> u64 {
        self.0.mono_ns.get()
    }

    /// Wall clock, nanoseconds since the Unix epoch.
    #[inline]
    #[must_use]
    pub fn unix_ns(&self) -> i64 {
        self.0
            .offset_ns
            .get()
            .saturating_add_unsigned(self.0.mono_ns.get())
    }

    /// True for a copy of this clock.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Lets time pass up to `mono_ns`; time never runs back.
    #[inline]
    pub fn advance_to(&self, mono_ns: u64) {
        self.0.mono_ns.set(self.0.mono_ns.get().max(mono_ns));
    }

    /// Sets the wall clock forward, or back; the monotonic clock stays.
    pub fn step_wall(&self, by_ns: i64) {
        self.0
            .offset_ns
            .set(self.0.offset_ns.get().saturating_add(by_ns));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_a_virtual_clock_show_one_time_that_never_runs_back() {
        let clock = VirtualClock::new(5_000_000_000_000);
        let copy = Clock::Virtual(clock.clone());
        assert_eq!(copy.unix_ns(), 5_000_000_000_000);
        assert_eq!(copy.monotonic_ns(), VirtualClock::START_MONO_NS);
        clock.advance_to(VirtualClock::START_MONO_NS + 7);
        clock.advance_to(VirtualClock::START_MONO_NS + 3);
        assert_eq!(copy.monotonic_ns(), VirtualClock::START_MONO_NS + 7);
        assert_eq!(copy.unix_ns(), 5_000_000_000_007);
    }

    #[test]
    fn a_step_of_the_wall_clock_leaves_the_monotonic_clock() {
        let clock = VirtualClock::new(5_000_000_000_000);
        clock.step_wall(-2_000_000_000);
        assert_eq!(clock.unix_ns(), 4_998_000_000_000);
        assert_eq!(clock.monotonic_ns(), VirtualClock::START_MONO_NS);
    }
}
