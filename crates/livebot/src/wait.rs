//! How a bot waits while shared memory has nothing for it.

use std::{hint, thread, time::Duration};

use hbl_wire::{Berth, BotPage, Crowd, clock::monotonic_ns};

/// From least latency to least CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WaitStrategy {
    /// Looks again at once; holds a core.
    Spin,
    /// Gives the core away between looks; holds what nobody else wants.
    Yield,
    /// Spins, then yields, then parks; parks at once while somebody else computes on its core ([`Crowd`]).
    #[default]
    Adaptive,
    /// Sleeps until the connector rings.
    Park,
}

/// Parameters of waiting.
#[derive(Clone, Copy, Debug)]
pub struct WaitConfig {
    /// The strategy.
    pub strategy: WaitStrategy,
    /// Adaptive: nanoseconds of spinning since the last event before it yields.
    pub spin_ns: u64,
    /// Adaptive: nanoseconds of yielding before it parks, when little comes.
    pub yield_ns: u64,
    /// Adaptive: up to so many nanoseconds of yielding while events come faster than that.
    pub yield_max_ns: u64,
    /// Longest sleep, in nanoseconds, while parked on a connector without a doorbell.
    pub park_ns: u64,
    /// Parks on the core from which it was woken lately: see [`Berth`].
    pub share_core: bool,
}

impl Default for WaitConfig {
    fn default() -> Self {
        Self {
            strategy: WaitStrategy::Adaptive,
            spin_ns: 20_000,
            yield_ns: 100_000,
            yield_max_ns: 4_000_000,
            park_ns: 50_000,
            share_core: true,
        }
    }
}

/// Looks without a pause, this many times, before the clock is read again.
const SPINS_PER_LOOK: u32 = 16;

pub(crate) struct Waiter {
    config: WaitConfig,
    idle_since_ns: Option<u64>,
    patience: Patience,
    parked: bool,
    /// Times the bot slept in the kernel.
    pub(crate) parks: u64,
    slack_lowered: bool,
    berth: Berth,
    crowd: Crowd,
}

impl Waiter {
    pub(crate) const fn new(config: WaitConfig) -> Self {
        Self {
            config,
            idle_since_ns: None,
            patience: Patience {
                now_ns: config.yield_ns,
            },
            parked: false,
            parks: 0,
            slack_lowered: false,
            berth: Berth::new(config.share_core),
            crowd: Crowd::new(),
        }
    }

    /// From now on somebody in this process has to run before what the bot found is of use: adaptive
    /// gives its core away instead of spinning. With fewer cores than busy threads that somebody
    /// would otherwise wait for the end of this thread's time slice.
    pub(crate) fn serve_another_thread(&mut self) {
        self.config.spin_ns = 0;
        // Naps are shorter than the kernel's usual slack, too.
        self.lower_slack();
    }

    /// True when the bot may sleep although messages come.
    pub(crate) const fn may_nap(&self) -> bool {
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

    /// Something came: the next pause starts from the beginning.
    pub(crate) fn reset(&mut self) {
        let idle_since_ns = self.idle_since_ns.take();
        if core::mem::take(&mut self.parked)
            && let Some(since_ns) = idle_since_ns
        {
            self.patience.learn(monotonic_ns() - since_ns, &self.config);
        }
    }

    /// Pauses once, at most until `until_ns` on the monotonic clock. `doorbell` says whether every
    /// connector rings.
    pub(crate) fn pause(
        &mut self,
        now_ns: u64,
        until_ns: u64,
        page: &BotPage,
        doorbell: bool,
        has_work: impl FnOnce() -> bool,
    ) {
        let idle_ns = now_ns - *self.idle_since_ns.get_or_insert(now_ns);
        self.berth.worked(now_ns);
        let WaitConfig {
            strategy, spin_ns, ..
        } = self.config;
        match strategy {
            WaitStrategy::Spin => spin(),
            WaitStrategy::Yield => thread::yield_now(),
            WaitStrategy::Adaptive if idle_ns < spin_ns => spin(),
            WaitStrategy::Adaptive
                if idle_ns < spin_ns + self.patience.now_ns && !self.crowd.is_here(now_ns) =>
            {
                self.crowd.yield_now(now_ns);
            }
            WaitStrategy::Adaptive | WaitStrategy::Park => {
                self.park(until_ns, page, doorbell, has_work)
            }
        }
    }

    fn park(
        &mut self,
        until_ns: u64,
        page: &BotPage,
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
        if sleep_ns > 0 {
            let is_patient = self.patience.now_ns > self.config.yield_ns;
            self.berth
                .stays_awake(self.config.strategy == WaitStrategy::Adaptive && is_patient);
            page.sleep(Duration::from_nanos(sleep_ns), &mut self.berth, has_work);
        }
    }
}

/// How long it is worth to stay awake. Waking a sleeping processor costs tens of microseconds, which
/// every event would pay that comes just after the bot went to sleep.
struct Patience {
    now_ns: u64,
}

impl Patience {
    /// A wait that ended in sleep took `idle_ns` in all. Had it been within reach, staying awake
    /// would have been better; had it been far out of reach, it was for nothing.
    fn learn(&mut self, idle_ns: u64, config: &WaitConfig) {
        let (least, most) = (config.yield_ns, config.yield_max_ns.max(config.yield_ns));
        self.now_ns = if idle_ns < most {
            (2 * idle_ns).clamp(self.now_ns, most)
        } else {
            (self.now_ns / 2).max(least)
        };
    }
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

#[cfg(test)]
mod tests {
    use super::{Patience, WaitConfig};

    #[test]
    fn patience_covers_a_steady_rate_and_ends_in_silence() {
        let config = WaitConfig::default();
        let mut patience = Patience {
            now_ns: config.yield_ns,
        };
        patience.learn(900_000, &config);
        assert_eq!(
            patience.now_ns, 1_800_000,
            "one event a millisecond is worth waiting for"
        );
        for _ in 0..5 {
            patience.learn(1_000_000_000, &config);
        }
        assert_eq!(patience.now_ns, config.yield_ns, "silence is not");
        patience.learn(2_000_001, &config);
        assert_eq!(patience.now_ns, config.yield_max_ns);
        let fixed = WaitConfig {
            yield_max_ns: 0,
            ..config
        };
        patience.now_ns = fixed.yield_ns;
        patience.learn(900_000, &fixed);
        assert_eq!(patience.now_ns, fixed.yield_ns, "it can be turned off");
    }
}
