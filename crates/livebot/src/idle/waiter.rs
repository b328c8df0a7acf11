//! Waiting of a bot while shared memory holds no messages for it.

use std::{hint, thread, time::Duration};

use hbl_wire::{
    BotControlBlock, CpuContention, KeepAwake, PollSet, WakerAffinity, clock::monotonic_ns,
};

/// From least latency to least CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WaitStrategy {
    /// Polls without a pause; holds a core.
    Spin,
    /// Calls `sched_yield` between polls; holds a core while no other thread wants it.
    Yield,
    /// Spins, then yields, then parks; parks at once while another thread computes on its core ([`CpuContention`]).
    #[default]
    Adaptive,
    /// Sleeps until the connector rings.
    Park,
}

#[derive(Clone, Copy, Debug)]
pub struct WaitConfig {
    pub strategy: WaitStrategy,
    /// Adaptive: nanoseconds of spinning since the last event before it yields.
    pub spin_ns: u64,
    /// Adaptive: nanoseconds of yielding before it parks, at a low message rate.
    pub yield_ns: u64,
    /// Adaptive: mean pause between events, in nanoseconds, up to which it stays awake; see [`KeepAwake`].
    pub yield_max_ns: u64,
    /// Longest sleep, in nanoseconds, while parked on a connector without a doorbell.
    pub park_ns: u64,
    /// Pins the parked thread to the core of its last waker: see [`WakerAffinity`].
    pub share_core: bool,
}

impl Default for WaitConfig {
    fn default() -> Self {
        Self {
            strategy: WaitStrategy::Adaptive,
            spin_ns: 20_000,
            yield_ns: 100_000,
            yield_max_ns: KeepAwake::LIMIT_NS,
            park_ns: 50_000,
            share_core: true,
        }
    }
}

/// Polls without a pause, this many times, before the clock is read again.
const SPINS_PER_LOOK: u32 = 16;

pub(crate) struct Waiter {
    config: WaitConfig,
    idle_since_ns: Option<u64>,
    /// The last look of this pause.
    looked_ns: u64,
    keep_awake: KeepAwake,
    /// What it sleeps on where every connector is on this thread; `None`: its doorbell.
    sleeps_on: Option<PollSet>,
    parked: bool,
    /// Times the bot slept in the kernel.
    pub(crate) parks: u64,
    slack_lowered: bool,
    affinity: WakerAffinity,
    contention: CpuContention,
}

impl Waiter {
    pub(crate) const fn new(config: WaitConfig) -> Self {
        Self {
            config,
            idle_since_ns: None,
            looked_ns: 0,
            keep_awake: keep_awake(&config),
            sleeps_on: None,
            parked: false,
            parks: 0,
            slack_lowered: false,
            affinity: WakerAffinity::new(config.share_core),
            contention: CpuContention::new(),
        }
    }

    /// From now on another thread of this process consumes the events: `Adaptive` yields instead of
    /// spinning. With fewer cores than busy threads the consumer would otherwise wait for the end of
    /// this thread's time slice.
    pub(crate) fn serve_another_thread(&mut self) {
        self.config.spin_ns = 0;
        self.keep_awake = keep_awake(&self.config);
        // Batch sleeps are shorter than the kernel's usual slack, too.
        self.lower_slack();
    }

    /// From now on sleeps end with a descriptor of this set as well.
    pub(crate) fn sleep_on(&mut self, set: PollSet) {
        self.sleeps_on = Some(set);
    }

    /// True when the bot may sleep for a batch of messages although they arrive.
    pub(crate) const fn may_batch(&self) -> bool {
        matches!(
            self.config.strategy,
            WaitStrategy::Adaptive | WaitStrategy::Park
        )
    }

    fn lower_slack(&mut self) {
        if !core::mem::replace(&mut self.slack_lowered, true) {
            lower_timer_slack();
        }
    }

    /// A message came: the next pause starts from the beginning.
    pub(crate) fn reset(&mut self) {
        let parked = core::mem::take(&mut self.parked);
        if let Some(since_ns) = self.idle_since_ns.take() {
            let until_ns = if parked {
                monotonic_ns()
            } else {
                self.looked_ns
            };
            self.keep_awake.learn(until_ns.saturating_sub(since_ns));
        }
    }

    /// Pauses once, at most until `until_ns` on the monotonic clock. `doorbell` says whether every
    /// connector rings.
    pub(crate) fn pause(
        &mut self,
        now_ns: u64,
        until_ns: u64,
        block: &BotControlBlock,
        doorbell: bool,
        has_work: impl FnOnce() -> bool,
    ) {
        let idle_ns = now_ns - *self.idle_since_ns.get_or_insert(now_ns);
        self.looked_ns = now_ns;
        self.affinity.worked(now_ns);
        let WaitConfig {
            strategy, spin_ns, ..
        } = self.config;
        match strategy {
            WaitStrategy::Spin => spin(),
            WaitStrategy::Yield => thread::yield_now(),
            WaitStrategy::Adaptive if idle_ns < spin_ns => spin(),
            WaitStrategy::Adaptive if idle_ns < self.keep_awake.waits_ns() => {
                if self.contention.is_contended(now_ns) {
                    self.park(until_ns, block, doorbell, has_work);
                } else {
                    self.contention.yield_now(now_ns);
                }
            }
            WaitStrategy::Adaptive | WaitStrategy::Park => {
                self.keep_awake.give_up();
                self.park(until_ns, block, doorbell, has_work);
            }
        }
    }

    fn park(
        &mut self,
        until_ns: u64,
        block: &BotControlBlock,
        doorbell: bool,
        has_work: impl FnOnce() -> bool,
    ) {
        self.parks += 1;
        self.parked = true;
        let left_ns = until_ns.saturating_sub(monotonic_ns());
        let sleep_ns = if doorbell {
            left_ns
        } else {
            left_ns.min(self.config.park_ns)
        };
        if !doorbell {
            self.lower_slack();
        }
        if sleep_ns == 0 {
            return;
        }
        let time = Duration::from_nanos(sleep_ns);
        if let Some(set) = &mut self.sleeps_on {
            block.sleep_on(set, time, has_work);
        } else {
            self.affinity.stays_awake(self.keep_awake.is_awake());
            block.sleep(time, &mut self.affinity, has_work);
        }
    }
}

const fn keep_awake(config: &WaitConfig) -> KeepAwake {
    let base_ns = config.spin_ns.saturating_add(config.yield_ns);
    KeepAwake::new(base_ns, config.yield_max_ns)
}

fn spin() {
    for _ in 0..SPINS_PER_LOOK {
        hint::spin_loop();
    }
}

/// The kernel adds 50 µs to every sleep by default; this thread's sleeps are shorter than that.
fn lower_timer_slack() {
    #[cfg(target_os = "linux")]
    // SAFETY: PR_SET_TIMERSLACK takes one integer and concerns this thread only.
    unsafe {
        libc::prctl(libc::PR_SET_TIMERSLACK, 1_000, 0, 0, 0);
    }
}
