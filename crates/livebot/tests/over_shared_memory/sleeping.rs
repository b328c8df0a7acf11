//! Where and when a bot sleeps.

use std::{
    fs, hint,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use hbl_livebot::{WaitConfig, WaitStrategy};
use hbl_wire::{ConnectorPort, Request, TO_ALL};
use hftbacktest::types::Side;

use crate::support::{
    HashRig, SYMBOL, TIMEOUT, answer, config, connector, instrument, level, name,
};

/// Between two events: the bot sleeps well before the second, whatever its strategy.
const GAP: Duration = Duration::from_millis(10);
/// Between two events that are worth staying awake for.
const SHORT_GAP: Duration = Duration::from_millis(1);
/// So many of those make a rate.
const EVENTS_TO_LEARN: u32 = 60;
/// Longer than a bot stays awake at any rate.
const SILENCE: Duration = Duration::from_millis(40);
/// A machine with other work may spoil a series.
const TRIES: u32 = 20;
/// A machine with other work may wake late, and a core that wakes late is left alone for a second.
const EVENTS_MAX: u32 = 300;

/// The cores that a thread of this process may run on, as the kernel writes them.
fn allowed(thread: i32) -> String {
    let status = fs::read_to_string(format!("/proc/self/task/{thread}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    line.unwrap().trim().to_owned()
}

fn this_thread() -> i32 {
    // SAFETY: takes no argument.
    unsafe { libc::gettid() }
}

/// Makes this thread stay on the core that it runs on, and returns it.
fn stay_here() -> String {
    // SAFETY: the set is as long as is said and only written to by CPU_SET.
    let core = unsafe {
        let core = libc::sched_getcpu();
        let mut set: libc::cpu_set_t = core::mem::zeroed();
        libc::CPU_SET(usize::try_from(core).unwrap(), &mut set);
        let failed = libc::sched_setaffinity(0, size_of_val(&set), &raw const set);
        assert_eq!(failed, 0);
        core
    };
    core.to_string()
}

/// A connector on one core, and a bot somewhere.
struct Pair {
    connector: ConnectorPort,
    core: String,
    bot: i32,
    sent: u32,
}

impl Pair {
    /// Sends an event; where the bot is allowed to run after the gap.
    fn event(&mut self, gap: Duration) -> String {
        self.sent += 1;
        let price = 100.0 + f64::from(self.sent % 2);
        let event = level(Side::Buy, price, 1.0);
        self.connector.send_feed(TO_ALL, SYMBOL, &event).unwrap();
        self.connector.flush().unwrap();
        thread::sleep(gap);
        self.connector.heartbeat();
        allowed(self.bot)
    }

    /// Sends events until the bot is found asleep on the connector's core alone.
    fn is_followed(&mut self, events: u32) -> bool {
        (0..events).any(|_| self.event(GAP) == self.core)
    }
}

/// Runs `look` with a bot that waits like this; its cores must be its own again in the end. On a thread of
/// its own: one that stays on a core hands that down to those that it starts.
fn with_bot<T: Send + 'static>(
    wait: WaitConfig,
    look: impl FnOnce(&mut Pair, &str) -> T + Send + 'static,
) -> T {
    let run = move || {
        let name = name();
        let mut connector = connector(&name);
        let (send_thread, thread_of) = mpsc::channel();
        let (stop, stopped) = mpsc::channel::<()>();
        let bot = thread::spawn(move || {
            let mut config = config(vec![instrument(&name, SYMBOL)]);
            config.wait = wait;
            let mut rig = HashRig::new(&config);
            send_thread.send(this_thread()).unwrap();
            while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
                rig.batch(Duration::from_millis(50));
            }
            allowed(this_thread())
        });
        let bot_thread = thread_of.recv().unwrap();
        let bot_id = loop {
            if let Some(Request::Register { bot, .. }) = connector.recv().unwrap() {
                break bot;
            }
            thread::sleep(GAP);
        };
        answer(&mut connector, bot_id, SYMBOL, &[], 0.0);
        let home = allowed(this_thread());
        let mut pair = Pair {
            connector,
            core: stay_here(),
            bot: bot_thread,
            sent: 0,
        };
        let seen = look(&mut pair, &home);
        drop(stop);
        assert_eq!(bot.join().unwrap(), home, "awake it may run anywhere again");
        seen
    };
    thread::spawn(run).join().unwrap()
}

fn is_single_core() -> bool {
    thread::available_parallelism().unwrap().get() == 1
}

#[test]
fn a_parked_bot_sleeps_on_the_core_of_its_connector_unless_share_core_is_off() {
    let wait = WaitConfig {
        strategy: WaitStrategy::Park,
        ..WaitConfig::default()
    };
    let apart = WaitConfig {
        share_core: false,
        ..wait
    };
    assert!(with_bot(wait, |pair, _| pair.is_followed(EVENTS_MAX)));
    assert_eq!(
        with_bot(apart, |pair, _| pair.is_followed(40)),
        is_single_core()
    );
}

#[test]
fn a_connector_that_sleeps_between_events_is_not_followed() {
    let wait = WaitConfig {
        strategy: WaitStrategy::Park,
        ..WaitConfig::default()
    };
    let followed = with_bot(wait, |pair, _| {
        (0..40).any(|_| {
            pair.connector.wait(Duration::from_millis(1));
            pair.event(GAP) == pair.core
        })
    });
    assert_eq!(followed, is_single_core());
}

#[test]
fn an_adaptive_bot_keeps_away_from_its_connector_while_awake_and_follows_it_into_silence() {
    with_bot(WaitConfig::default(), |pair, home| {
        assert!(pair.is_followed(EVENTS_MAX), "it sleeps between these");
        let stays_awake = |pair: &mut Pair| {
            for _ in 0..EVENTS_TO_LEARN {
                pair.event(SHORT_GAP);
            }
            (0..20).all(|_| pair.event(SHORT_GAP) == home)
        };
        assert!((0..TRIES).any(|_| stays_awake(pair)));
        let follows_at_once =
            (0..TRIES).any(|_| stays_awake(pair) && pair.event(SILENCE) == pair.core);
        assert!(follows_at_once, "the first pause that is silence");
    });
}

#[test]
fn an_adaptive_bot_sleeps_at_once_while_another_thread_computes_on_its_core() {
    static STOP: AtomicBool = AtomicBool::new(false);
    let parks = thread::spawn(|| {
        stay_here();
        let name = name();
        let _connector = connector(&name);
        let mut config = config(vec![instrument(&name, SYMBOL)]);
        config.wait = WaitConfig {
            spin_ns: 0,
            yield_ns: 60_000_000_000,
            ..WaitConfig::default()
        };
        let mut rig = HashRig::new(&config);
        // On the same core, as a thread that was started from here.
        let other = thread::spawn(|| {
            while !STOP.load(Ordering::Relaxed) {
                hint::spin_loop();
            }
        });
        let started = Instant::now();
        while rig.core.stats().parks == 0 && started.elapsed() < TIMEOUT {
            rig.batch(Duration::from_millis(10));
        }
        STOP.store(true, Ordering::Relaxed);
        other.join().unwrap();
        rig.core.stats().parks
    });
    assert!(parks.join().unwrap() > 0, "it only gave its core away");
}
