//! Where a parked bot sleeps.

use std::{fs, sync::mpsc, thread, time::Duration};

use hbl_livebot::{WaitConfig, WaitStrategy};
use hbl_wire::{Request, TO_ALL};
use hftbacktest::{depth::HashMapMarketDepth, types::Side};

use crate::support::{Rig, SYMBOL, answer, config, connector, instrument, level, name};

/// Between two events: the bot sleeps well before the second.
const GAP: Duration = Duration::from_millis(5);
/// A machine with other work may wake late, and a core that wakes late is left alone for a second.
const EVENTS_MAX: u32 = 600;

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
        assert_eq!(
            libc::sched_setaffinity(0, size_of_val(&set), &raw const set),
            0
        );
        core
    };
    core.to_string()
}

/// Sends events from one core to a parked bot; whether it was ever found asleep on that core alone.
fn shares(share_core: bool, events: u32) -> bool {
    let name = name();
    let mut connector = connector(&name);
    let (send_thread, thread_of) = mpsc::channel();
    let (stop, stopped) = mpsc::channel::<()>();
    let bot = thread::spawn(move || {
        let mut config = config(vec![instrument(&name, SYMBOL)]);
        config.wait = WaitConfig {
            strategy: WaitStrategy::Park,
            share_core,
            ..WaitConfig::default()
        };
        let mut rig = Rig::<HashMapMarketDepth>::new(&config);
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
    let core = stay_here();
    let found = (0..events).any(|i| {
        let price = 100.0 + f64::from(i % 2);
        connector
            .send_feed(TO_ALL, SYMBOL, &level(Side::Buy, price, 1.0))
            .unwrap();
        connector.flush().unwrap();
        thread::sleep(GAP);
        connector.heartbeat();
        allowed(bot_thread) == core
    });
    drop(stop);
    assert_eq!(
        bot.join().unwrap(),
        home,
        "awake it may run where it could before"
    );
    found
}

#[test]
fn a_parked_bot_sleeps_on_the_core_of_its_connector_unless_told_otherwise() {
    let cores = thread::available_parallelism().unwrap();
    // A thread each: one that stays on a core hands that down to those that it starts.
    let on_its_own = |share_core, events| {
        let sharing = thread::spawn(move || shares(share_core, events));
        sharing.join().unwrap()
    };
    assert!(on_its_own(true, EVENTS_MAX));
    assert_eq!(on_its_own(false, 40), cores.get() == 1);
}
