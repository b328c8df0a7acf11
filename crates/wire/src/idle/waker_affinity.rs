//! Pins a parked thread to the core of its last waker.
//!
//! Waking a thread on an idle core first takes that core out of its sleep, on a virtual machine through
//! the hypervisor: tens of microseconds. Waking it on the waker's own core is a context switch: a few
//! microseconds and a quarter of the processor time. The kernel prefers the idle core. So the thread
//! allows itself only the waker's core while it sleeps, and all of its cores again as soon as it is
//! awake, so that the scheduler places its work as usual.

use core::{
    mem,
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
};

use crate::clock::monotonic_ns;

/// A wake-up on the waker's core that took longer than this is late: another thread holds that core.
const LATE_NS: u64 = 200_000;
/// After so many late wake-ups in a row the thread is not pinned for a while. A single one proves nothing:
/// machines stall.
const LATE_MAX: u32 = 3;
/// How long it is not pinned then.
const REST_NS: u64 = 1_000_000_000;
/// A thread that works longer than this before it sleeps again would hold up its waker.
const WORK_MAX_NS: u64 = 200_000;

/// Core and time of the last wake-up, written by the waker.
#[repr(C)]
pub(crate) struct WakeStamp {
    /// The core's number plus one; 0: the thread is not to be pinned there.
    from: AtomicU32,
    _pad: u32,
    at_ns: AtomicU64,
}

impl WakeStamp {
    /// The waker calls this before it wakes the thread. A waker that was just woken itself (not `awake`)
    /// offers no core: the kernel places the thread on the waker's core anyway, without these system calls.
    pub(crate) fn write(&self, awake: bool) {
        let core = awake.then(cpu::own).flatten();
        let from = core.map_or(0, |core| core.saturating_add(1));
        self.from.store(from, Ordering::Relaxed);
        self.at_ns.store(monotonic_ns(), Ordering::Relaxed);
    }

    fn core(&self) -> Option<u32> {
        self.from.load(Ordering::Relaxed).checked_sub(1)
    }
}

/// Whether the next wake-up is expected from the same core.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    None,
    /// The last two came from it.
    Full,
    /// The last one did not, those before it did.
    Shaken,
}

/// The affinity of one thread that sleeps now and then. On by default; `shareCore: false` turns it off.
pub struct WakerAffinity {
    enabled: bool,
    /// Core of the expected waker.
    core: Option<u32>,
    trust: Trust,
    late: u32,
    rests_until_ns: u64,
    woke_ns: Option<u64>,
    works_long: bool,
    stays_awake: bool,
    home: cpu::Set,
    shares: bool,
}

impl WakerAffinity {
    /// `enabled`: false never pins.
    #[must_use]
    pub const fn new(enabled: bool) -> Self {
        Self {
            enabled,
            core: None,
            trust: Trust::None,
            late: 0,
            rests_until_ns: 0,
            woke_ns: None,
            works_long: false,
            stays_awake: false,
            home: cpu::Set::EMPTY,
            shares: false,
        }
    }

    /// The thread has done what it woke for.
    #[inline]
    pub fn worked(&mut self, now_ns: u64) {
        if let Some(woke_ns) = self.woke_ns.take() {
            self.works_long = now_ns.saturating_sub(woke_ns) > WORK_MAX_NS;
        }
    }

    /// `stays`: the thread polls for long once it is awake. On its waker's core the two would take turns by
    /// time slices, so it is not pinned.
    #[inline]
    pub const fn stays_awake(&mut self, stays: bool) {
        self.stays_awake = stays;
    }

    /// Before a sleep: the thread may run on its waker's core only.
    pub(crate) fn pin(&mut self) {
        let Some(core) = self.core.filter(|_| self.is_worth_it()) else {
            return;
        };
        let Some(home) = cpu::Set::of_this_thread() else {
            self.enabled = false;
            return;
        };
        // A thread with a single core stays there, and one that may not use this core keeps away.
        if home.len() < 2 || !home.has(core) {
            return;
        }
        self.home = home;
        self.shares = cpu::Set::only(core).apply();
        self.enabled = self.shares;
    }

    fn is_worth_it(&self) -> bool {
        self.enabled
            && self.trust != Trust::None
            && !self.works_long
            && !self.stays_awake
            && (self.rests_until_ns == 0 || monotonic_ns() >= self.rests_until_ns)
    }

    /// After a sleep: the thread has all its cores again. `stamp`: of the wake-up; `None` after a time-out.
    pub(crate) fn unpin(&mut self, stamp: Option<&WakeStamp>) {
        let shared = mem::take(&mut self.shares);
        if shared {
            // Fails only when the process may not use these cores any more; then the kernel chooses.
            self.home.apply();
        }
        let Some(stamp) = stamp.filter(|_| self.enabled) else {
            return;
        };
        let now_ns = monotonic_ns();
        self.woke_ns = Some(now_ns);
        let late_ns = now_ns.saturating_sub(stamp.at_ns.load(Ordering::Relaxed));
        self.late = if shared && late_ns > LATE_NS {
            self.late + 1
        } else {
            0
        };
        if self.late == LATE_MAX {
            self.late = 0;
            self.rests_until_ns = now_ns + REST_NS;
        }
        self.trust = match (stamp.core(), self.trust) {
            (None, _) => Trust::None,
            (core, _) if core == self.core => Trust::Full,
            (_, Trust::Full) => Trust::Shaken,
            (core, _) => {
                self.core = core;
                Trust::None
            }
        };
    }
}

#[cfg(target_os = "linux")]
mod cpu {
    /// Cores that a thread may run on.
    #[derive(Clone, Copy)]
    pub(super) struct Set(libc::cpu_set_t);

    impl Set {
        // SAFETY: a set of bits; all of them 0 is the empty set.
        pub(super) const EMPTY: Self = Self(unsafe { core::mem::zeroed() });

        /// `None` when the kernel does not say.
        pub(super) fn of_this_thread() -> Option<Self> {
            let mut set = Self::EMPTY;
            // SAFETY: the set is as long as is said; 0 is the calling thread.
            let failed =
                unsafe { libc::sched_getaffinity(0, size_of::<Self>(), &raw mut set.0) } != 0;
            (!failed).then_some(set)
        }

        /// `core` is within a set's size: see [`own`].
        pub(super) fn only(core: u32) -> Self {
            let mut set = Self::EMPTY;
            // SAFETY: CPU_SET ignores what is beyond the set.
            unsafe { libc::CPU_SET(core as usize, &mut set.0) };
            set
        }

        pub(super) fn has(&self, core: u32) -> bool {
            // SAFETY: reads the set; the core is within it.
            core < libc::CPU_SETSIZE as u32 && unsafe { libc::CPU_ISSET(core as usize, &self.0) }
        }

        pub(super) fn len(&self) -> usize {
            // SAFETY: reads the set.
            usize::try_from(unsafe { libc::CPU_COUNT(&self.0) }).unwrap_or(0)
        }

        /// Makes this thread run on these cores only; false when it may not.
        pub(super) fn apply(&self) -> bool {
            // SAFETY: the set is as long as is said; 0 is the calling thread.
            unsafe { libc::sched_setaffinity(0, size_of::<Self>(), &raw const self.0) == 0 }
        }
    }

    /// The core that this thread runs on. `None` under a real-time policy: a thread pinned to its core
    /// would not run before it sleeps.
    pub(super) fn own() -> Option<u32> {
        // SAFETY: both take no pointer; 0 is the calling thread.
        let (policy, core) = unsafe { (libc::sched_getscheduler(0), libc::sched_getcpu()) };
        let is_fair = matches!(policy, libc::SCHED_OTHER | libc::SCHED_BATCH);
        u32::try_from(core).ok().filter(|_| is_fair)
    }
}

#[cfg(not(target_os = "linux"))]
mod cpu {
    #[derive(Clone, Copy)]
    pub(super) struct Set;

    impl Set {
        pub(super) const EMPTY: Self = Self;

        pub(super) fn of_this_thread() -> Option<Self> {
            None
        }

        pub(super) fn only(_core: u32) -> Self {
            Self
        }

        pub(super) fn has(&self, _core: u32) -> bool {
            false
        }

        pub(super) fn len(&self) -> usize {
            0
        }

        pub(super) fn apply(&self) -> bool {
            false
        }
    }

    pub(super) fn own() -> Option<u32> {
        None
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    /// The stamp of a waker on `core`.
    fn stamp(core: u32, late_ns: u64) -> WakeStamp {
        WakeStamp {
            from: AtomicU32::new(core + 1),
            _pad: 0,
            at_ns: AtomicU64::new(monotonic_ns() - late_ns),
        }
    }

    fn cores() -> Vec<u32> {
        let home = cpu::Set::of_this_thread().unwrap();
        (0..1024).filter(|core| home.has(*core)).collect()
    }

    /// The cores that a thread may use while it sleeps; then it is woken, or not.
    fn sleep(affinity: &mut WakerAffinity, woken: Option<&WakeStamp>) -> Vec<u32> {
        affinity.pin();
        let asleep = cores();
        affinity.unpin(woken);
        affinity.worked(monotonic_ns());
        asleep
    }

    /// The cores of this machine, and an affinity to the first of them; `None` with fewer than two,
    /// where nothing is pinned.
    fn shared() -> Option<(Vec<u32>, WakerAffinity)> {
        let (home, mut affinity) = (cores(), WakerAffinity::new(true));
        if home.len() < 2 {
            assert_eq!(sleep(&mut affinity, Some(&stamp(home[0], 0))), home);
            assert_eq!(sleep(&mut affinity, None), home);
            return None;
        }
        for time in ["never", "once"] {
            assert_eq!(
                sleep(&mut affinity, Some(&stamp(home[0], 0))),
                home,
                "{time}"
            );
        }
        assert_eq!(sleep(&mut affinity, None), [home[0]]);
        assert_eq!(cores(), home, "awake it may run where it could before");
        Some((home, affinity))
    }

    #[test]
    fn a_sleeper_follows_its_waker_when_it_was_elsewhere_twice() {
        let Some((home, mut affinity)) = shared() else {
            return;
        };
        let (here, there) = (stamp(home[0], 0), stamp(home[1], 0));
        assert_eq!(sleep(&mut affinity, Some(&there)), [home[0]]);
        assert_eq!(sleep(&mut affinity, Some(&here)), [home[0]], "once");
        assert_eq!(sleep(&mut affinity, Some(&there)), [home[0]]);
        assert_eq!(sleep(&mut affinity, Some(&there)), [home[0]], "twice");
        assert_eq!(sleep(&mut affinity, Some(&there)), home, "not yet");
        assert_eq!(sleep(&mut affinity, None), [home[1]]);
    }

    #[test]
    fn a_waker_that_does_not_ask_for_it_is_not_followed() {
        let Some((home, mut affinity)) = shared() else {
            return;
        };
        let alone = WakeStamp {
            from: AtomicU32::new(0),
            _pad: 0,
            at_ns: AtomicU64::new(monotonic_ns()),
        };
        assert_eq!(sleep(&mut affinity, Some(&alone)), [home[0]]);
        assert_eq!(sleep(&mut affinity, None), home);
        alone.write(false);
        assert_eq!(alone.core(), None, "it was asleep itself");
        alone.write(true);
        assert!(home.contains(&alone.core().unwrap()));
    }

    #[test]
    fn a_core_that_wakes_late_again_and_again_is_left_alone() {
        let Some((home, mut affinity)) = shared() else {
            return;
        };
        let (soon, late) = (stamp(home[0], 0), stamp(home[0], 2 * LATE_NS));
        for woken in [&late, &late, &soon, &late, &late, &late] {
            assert_eq!(sleep(&mut affinity, Some(woken)), [home[0]]);
        }
        assert_eq!(sleep(&mut affinity, Some(&soon)), home);
        affinity.rests_until_ns = monotonic_ns();
        assert_eq!(sleep(&mut affinity, Some(&soon)), [home[0]]);
    }

    #[test]
    fn a_thread_that_works_long_is_not_pinned() {
        let Some((home, mut affinity)) = shared() else {
            return;
        };
        affinity.unpin(Some(&stamp(home[0], 0)));
        affinity.worked(monotonic_ns() + 2 * WORK_MAX_NS);
        assert_eq!(sleep(&mut affinity, Some(&stamp(home[0], 0))), home);
        assert_eq!(sleep(&mut affinity, None), [home[0]]);
    }

    #[test]
    fn a_thread_that_stays_awake_is_not_pinned() {
        let Some((home, mut affinity)) = shared() else {
            return;
        };
        affinity.stays_awake(true);
        assert_eq!(sleep(&mut affinity, Some(&stamp(home[0], 0))), home);
        affinity.stays_awake(false);
        assert_eq!(sleep(&mut affinity, None), [home[0]]);
    }

    #[test]
    fn a_thread_keeps_the_cores_that_it_was_given() {
        let Some((home, mut affinity)) = shared() else {
            return;
        };
        assert!(cpu::Set::only(home[1]).apply());
        assert_eq!(sleep(&mut affinity, None), [home[1]]);
        assert_eq!(cores(), [home[1]]);
        assert_eq!(sleep(&mut WakerAffinity::new(false), None), [home[1]]);
    }

    #[test]
    fn pinning_can_be_turned_off() {
        let (home, mut affinity) = (cores(), WakerAffinity::new(false));
        sleep(&mut affinity, Some(&stamp(home[0], 0)));
        assert_eq!(sleep(&mut affinity, None), home);
    }
}
