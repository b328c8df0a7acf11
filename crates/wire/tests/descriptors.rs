//! What a connector keeps of bots that have gone. A program of its own: others would be counted too.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "this test needs a part of the helpers")]
mod support;

use std::{
    fmt::Write as _,
    fs,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use hbl_wire::{BotControlBlock, BotPort, ConnectorPort, Liveness, random_bot_id};
use hftbacktest::types::LiveRequest;

use support::{hello, name, until};

/// Keeps the words that are logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Warnings that a bot cannot be looked at.
    fn failed_looks(&self, bot: u64) -> usize {
        let lines = self.0.lock().unwrap();
        let is_meant = |line: &&String| {
            line.contains("cannot be looked at, so it counts as alive")
                && line.contains(&format!("bot={bot} "))
        };
        lines.iter().filter(is_meant).count()
    }
}

struct Words(String);

impl tracing::field::Visit for Words {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{}={value:?} ", field.name()).unwrap();
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut words = Words(String::new());
        event.record(&mut words);
        self.0.lock().unwrap().push(words.0);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

fn mapped_pages() -> usize {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.contains("/hbl-")).count()
}

fn register(connector: &mut ConnectorPort, bot: &BotPort) {
    let symbol = "X".to_owned();
    let (tick_size, lot_size) = (0.5, 0.1);
    bot.send(&LiveRequest::RegisterInstrument {
        symbol,
        tick_size,
        lot_size,
    })
    .unwrap();
    until(|| connector.recv().unwrap());
}

/// A connector tidies up about once a second.
fn tidy(connector: &mut ConnectorPort) {
    let started = Instant::now();
    while started.elapsed() < Duration::from_millis(1_200) {
        connector.heartbeat();
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn nothing_is_kept_of_bots_that_have_gone_and_a_failed_look_is_reported_and_no_death() {
    let log = Log::default();
    let _logged = tracing::subscriber::set_default(log.clone());
    let name = name();
    let mut connector = ConnectorPort::open(&name, &hello()).unwrap();
    let run = |connector: &mut ConnectorPort| {
        let id = random_bot_id();
        let block = BotControlBlock::own(id).unwrap();
        let mut bot = BotPort::open(&name, id, Duration::from_secs(3)).unwrap();
        until(|| bot.check_link().unwrap());
        register(connector, &bot);
        assert_eq!(connector.liveness(id), Liveness::Alive);
        (id, block, bot)
    };
    drop(run(&mut connector));
    tidy(&mut connector);
    let before = (descriptors(), mapped_pages());
    let mut ids = Vec::new();
    for _ in 0..40 {
        let (id, block, bot) = run(&mut connector);
        drop((block, bot));
        ids.push(id);
    }
    tidy(&mut connector);
    assert_eq!((descriptors(), mapped_pages()), before);
    for id in ids {
        assert_eq!(connector.liveness(id), Liveness::Dead);
    }

    // A bot registers while no descriptor is left, which takes nothing from it.
    let id = random_bot_id();
    let block = BotControlBlock::own(id).unwrap();
    let mut bot = BotPort::open(&name, id, Duration::from_secs(3)).unwrap();
    until(|| bot.check_link().unwrap());
    // So that the connector has what the bot's port takes.
    connector.recv().unwrap();
    tidy(&mut connector);
    let taken: Vec<fs::File> = {
        let limit = descriptors() + 8;
        set_limit(limit);
        std::iter::from_fn(|| fs::File::open("/dev/null").ok()).collect()
    };
    assert_eq!(connector.liveness(id), Liveness::Alive, "the look failed");
    assert_eq!(log.failed_looks(id), 1);
    let stranger = random_bot_id();
    assert_eq!(connector.liveness(stranger), Liveness::Alive);
    assert_eq!(log.failed_looks(stranger), 1);
    register(&mut connector, &bot);
    assert_eq!(log.failed_looks(id), 2);
    assert_eq!(connector.liveness(id), Liveness::Alive);
    drop(taken);
    assert_eq!(connector.liveness(stranger), Liveness::Dead);
    tidy(&mut connector);
    assert_eq!(connector.liveness(id), Liveness::Alive);
    drop((block, bot));
    assert_eq!(connector.liveness(id), Liveness::Dead);
}

fn set_limit(descriptors: usize) {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` outlives both calls.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit), 0);
        limit.rlim_cur = descriptors as libc::rlim_t;
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit), 0);
    }
}
