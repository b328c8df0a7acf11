//! Where a sleeper lies: on the core of whoever wakes it.
//!
//! To wake a thread on an idle core the kernel has to get that core out of its sleep first, on a virtual
//! machine through the hypervisor: tens of microseconds. On the waker's own core it only switches
//! threads: a few, for a quarter of the processor time. Left to itself it prefers the idle core. So
//! a sleeper allows itself just the core from which it was woken lately, for as long as it sleeps,
//! and all that it had as soon as it is awake: what it does then is shared out as ever.

use core::{
    mem,
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
};

use crate::clock::monotonic_ns;

/// A wake-up on a shared core that took longer: something else holds that core.
const LATE_NS: u64 = 200_000;
/// So many of them in a row, and no core is shared for a while. A single one says nothing: machines stall.
const LATE_MAX: u32 = 3;
const REST_NS: u64 = 1_000_000_000;
/// Who works longer than this before it sleeps again would keep its waker from its core.
const WORK_MAX_NS: u64 = 200_000;

/// Written by who wakes: from which core, and when.
#[repr(C)]
pub(crate) struct Rung {
    /// The core's number plus one; 0: not to be shared.
    from: AtomicU32,
    _pad: u32,
    at_ns: AtomicU64,
}

impl Rung {
    /// Called by the waker, before it wakes. One that was just woken itself (not `awake`) does not ask to be
    /// followed: the kernel puts whom it wakes beside it, for less.
    pub(crate) fn note(&self, awake: bool) {
        let core = awake.then(cpu::own).flatten();
        let from = core.map_or(0, |core| core.saturating_add(1));
        self.from.store(from, Ordering::Relaxed);
        self.at_ns.store(monotonic_ns(), Ordering::Relaxed);
    }

    fn core(&self) -> Option<u32> {
        self.from.load(Ordering::Relaxed).checked_sub(1)
    }
}

/// Whether the waker will be where it was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    None,
    /// It was, two times in a row.
    Full,
    /// It was until the last time.
    Shaken,
}

/// The place of one thread.
pub struct Berth {
    enabled: bool,
    /// Where the waker is expected.
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

impl Berth {
    /// `share`: false leaves the choice of the core to the kernel for good.
    #[must_use]
    pub const fn new(share: bool) -> Self {
        Self {
            enabled: share,
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

    /// The owner has done what it woke for.
    #[inline]
    pub fn worked(&mut self, now_ns: u64) {
        if let Some(woke_ns) = self.woke_ns.take() {
            self.works_long = now_ns.saturating_sub(woke_ns) > WORK_MAX_NS;
        }
    }

    /// Whether the owner will look for more for long once it is awake: it would take turns with its waker.
    #[inline]
    pub const fn stays_awake(&mut self, stays: bool) {
        self.stays_awake = stays;
    }

    /// Before a sleep: from now on the thread may run on its waker's core only.
    pub(crate) fn take(&mut self) {
        let Some(core) = self.core.filter(|_| self.is_worth_it()) else {
            return;
        };
        let Some(home) = cpu::Set::of_this_thread() else {
            self.enabled = false;
            return;
        };
        // A thread that was given a single core stays there; one that must not use this core, too.
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

    /// After a sleep; `rung`: what its waker noted, `None` when nobody woke it.
    pub(crate) fn leave(&mut self, rung: Option<&Rung>) {
        let shared = mem::take(&mut self.shares);
        if shared {
            // Fails only when these cores were taken from the whole process: the kernel's choice then.
            self.home.apply();
        }
        let Some(rung) = rung.filter(|_| self.enabled) else {
            return;
        };
        let now_ns = monotonic_ns();
        self.woke_ns = Some(now_ns);
        let late_ns = now_ns.saturating_sub(rung.at_ns.load(Ordering::Relaxed));
        self.late = if shared && late_ns > LATE_NS {
            self.late + 1
        } else {
            0
        };
        if self.late == LATE_MAX {
            self.late = 0;
            self.rests_until_ns = now_ns + REST_NS;
        }
        self.trust = match (rung.core(), self.trust) {
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

        /// `None` when the kernel does not tell.
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

    /// The core that this thread runs on. `None` with a real-time policy: who shared its core would
    /// not run before it sleeps.
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

    /// What a waker on `core` leaves behind.
    fn rung(core: u32, late_ns: u64) -> Rung {
        Rung {
            from: AtomicU32::new(core + 1),
            _pad: 0,
            at_ns: AtomicU64::new(monotonic_ns() - late_ns),
        }
    }

    fn cores() -> Vec<u32> {
        let home = cpu::Set::of_this_thread().unwrap();
        (0..1024).filter(|core| home.has(*core)).collect()
    }

    /// The cores that a thread allows itself while it sleeps; then it is woken, or not.
    fn sleep(berth: &mut Berth, woken: Option<&Rung>) -> Vec<u32> {
        berth.take();
        let asleep = cores();
        berth.leave(woken);
        berth.worked(monotonic_ns());
        asleep
    }

    /// The cores of this machine, and a berth that lies on the first of them; `None` with fewer than two,
    /// where nothing can be shared.
    fn shared() -> Option<(Vec<u32>, Berth)> {
        let (home, mut berth) = (cores(), Berth::new(true));
        if home.len() < 2 {
            assert_eq!(sleep(&mut berth, Some(&rung(home[0], 0))), home);
            assert_eq!(sleep(&mut berth, None), home);
            return None;
        }
        for time in ["never", "once"] {
            assert_eq!(sleep(&mut berth, Some(&rung(home[0], 0))), home, "{time}");
        }
        assert_eq!(sleep(&mut berth, None), [home[0]]);
        assert_eq!(cores(), home, "awake it may run where it could before");
        Some((home, berth))
    }

    #[test]
    fn a_sleeper_follows_its_waker_when_it_was_elsewhere_twice() {
        let Some((home, mut berth)) = shared() else {
            return;
        };
        let (here, there) = (rung(home[0], 0), rung(home[1], 0));
        assert_eq!(sleep(&mut berth, Some(&there)), [home[0]]);
        assert_eq!(sleep(&mut berth, Some(&here)), [home[0]], "once");
        assert_eq!(sleep(&mut berth, Some(&there)), [home[0]]);
        assert_eq!(sleep(&mut berth, Some(&there)), [home[0]], "twice");
        assert_eq!(sleep(&mut berth, Some(&there)), home, "not yet");
        assert_eq!(sleep(&mut berth, None), [home[1]]);
    }

    #[test]
    fn a_waker_that_does_not_ask_for_it_is_not_followed() {
        let Some((home, mut berth)) = shared() else {
            return;
        };
        let alone = Rung {
            from: AtomicU32::new(0),
            _pad: 0,
            at_ns: AtomicU64::new(monotonic_ns()),
        };
        assert_eq!(sleep(&mut berth, Some(&alone)), [home[0]]);
        assert_eq!(sleep(&mut berth, None), home);
        alone.note(false);
        assert_eq!(alone.core(), None, "it was asleep itself");
        alone.note(true);
        assert!(home.contains(&alone.core().unwrap()));
    }

    #[test]
    fn a_core_that_wakes_late_again_and_again_is_left_alone() {
        let Some((home, mut berth)) = shared() else {
            return;
        };
        let (soon, late) = (rung(home[0], 0), rung(home[0], 2 * LATE_NS));
        for woken in [&late, &late, &soon, &late, &late, &late] {
            assert_eq!(sleep(&mut berth, Some(woken)), [home[0]]);
        }
        assert_eq!(sleep(&mut berth, Some(&soon)), home);
        berth.rests_until_ns = monotonic_ns();
        assert_eq!(sleep(&mut berth, Some(&soon)), [home[0]]);
    }

    #[test]
    fn who_works_long_keeps_away_from_its_waker() {
        let Some((home, mut berth)) = shared() else {
            return;
        };
        berth.leave(Some(&rung(home[0], 0)));
        berth.worked(monotonic_ns() + 2 * WORK_MAX_NS);
        assert_eq!(sleep(&mut berth, Some(&rung(home[0], 0))), home);
        assert_eq!(sleep(&mut berth, None), [home[0]]);
    }

    #[test]
    fn who_stays_awake_keeps_away_from_its_waker() {
        let Some((home, mut berth)) = shared() else {
            return;
        };
        berth.stays_awake(true);
        assert_eq!(sleep(&mut berth, Some(&rung(home[0], 0))), home);
        berth.stays_awake(false);
        assert_eq!(sleep(&mut berth, None), [home[0]]);
    }

    #[test]
    fn a_thread_stays_where_it_was_told_to_run() {
        let Some((home, mut berth)) = shared() else {
            return;
        };
        assert!(cpu::Set::only(home[1]).apply());
        assert_eq!(sleep(&mut berth, None), [home[1]]);
        assert_eq!(cores(), [home[1]]);
        assert_eq!(sleep(&mut Berth::new(false), None), [home[1]]);
    }

    #[test]
    fn sharing_can_be_turned_off() {
        let (home, mut berth) = (cores(), Berth::new(false));
        sleep(&mut berth, Some(&rung(home[0], 0)));
        assert_eq!(sleep(&mut berth, None), home);
    }
}
