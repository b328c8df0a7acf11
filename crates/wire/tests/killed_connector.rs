//! A connector that was killed starts again while its bots live, also when iceoryx2 has lost sight of it.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    env,
    fs::{self, OpenOptions},
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use hbl_wire::{BotPort, Capabilities, ConnectorPort, Destination, Hello, TO_ALL, WireError};
use iceoryx2::{
    config::Config,
    node::{Node, NodeState, NodeView as _},
    prelude::{CallbackProgression, ipc},
};

const TIMEOUT: Duration = Duration::from_secs(2);
const INSIDE: &str = "HBL_KILLED_CONNECTOR";
const WHAT: &str = "HBL_KILLED_CONNECTOR_WHAT";
const TEST: &str =
    "a_killed_connector_of_which_iceoryx2_knows_nothing_starts_again_while_its_bot_lives";
const REFUSED: &str = "refused: ";
const READY: &str = "the connector is ready";

fn connector(name: &str) -> Result<ConnectorPort, WireError> {
    let hello = Hello {
        version: "0".into(),
        kind: "test".into(),
        capabilities: Capabilities::all(),
        destination: Destination::default(),
    };
    ConnectorPort::open(name, &hello)
}

/// A process with a connector of this name.
fn spawn(name: &str) -> Child {
    try_spawn("connector", name).unwrap()
}

/// A process with a connector of this name, or with a bot that joins it again and again. Its last line when it
/// does not begin.
fn try_spawn(what: &str, name: &str) -> Result<Child, String> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture"])
        .env(INSIDE, name)
        .env(WHAT, what)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut last = String::new();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        if line.contains(READY) {
            return Ok(child);
        }
        if line.starts_with(REFUSED) {
            last = line;
        }
    }
    child.wait().unwrap();
    Err(last)
}

/// What that process does.
fn run(name: &str) {
    if env::var(WHAT).unwrap() == "bot" {
        return join_for_ever(name);
    }
    let mut port = match connector(name) {
        Ok(port) => port,
        Err(error) => {
            let line = format!("\n{REFUSED}{error}\n");
            return io::stdout().write_all(line.as_bytes()).unwrap();
        }
    };
    let line = format!("\n{READY}\n");
    io::stdout().write_all(line.as_bytes()).unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while Instant::now() < until {
        port.wait(Duration::from_millis(1));
        while port.recv().unwrap().is_some() {}
        port.heartbeat();
        // So that it connects with a bot that has just come.
        port.send_batch_end(TO_ALL).unwrap();
        port.flush().unwrap();
    }
}

/// A bot that comes and goes.
fn join_for_ever(name: &str) {
    let line = format!("\n{READY}\n");
    io::stdout().write_all(line.as_bytes()).unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    for id in 2.. {
        if Instant::now() > until {
            return;
        }
        if let Ok(mut bot) = BotPort::open(name, id, TIMEOUT) {
            let _ = bot.check_link();
        }
    }
}

/// The connections between a process and this one.
fn connections_with(pid: u32) -> Vec<PathBuf> {
    let pid_of = |port: u128| {
        let [a, b, c, d, ..] = port.to_ne_bytes();
        u32::from_ne_bytes([a, b, c, d])
    };
    let is_meant = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let ends = name.strip_suffix(".connection").unwrap_or_default();
        let ends = ends.split('_').filter_map(|end| end.parse().ok());
        ends.map(pid_of).any(|end| end == pid)
    };
    let entries = fs::read_dir("/dev/shm").unwrap().flatten();
    entries.map(|entry| entry.path()).filter(is_meant).collect()
}

/// Removes what the register has of a dead process, as iceoryx2 does after it has passed over a port.
fn forget(pid: u32) -> usize {
    let mut ids = Vec::new();
    Node::<ipc::Service>::list(Config::global_config(), |state| {
        if let NodeState::Dead(view) = state
            && u32::try_from(view.id().pid().value()) == Ok(pid)
        {
            ids.push(view.id().value());
        }
        CallbackProgression::Continue
    })
    .unwrap();
    let nodes = format!("{}/nodes", Config::global_config().global.root_path());
    for id in &ids {
        let monitor = format!("{nodes}/iox2_{id}.node_monitor");
        fs::remove_file(&monitor).unwrap();
        fs::remove_file(format!("{monitor}_owner_lock")).unwrap();
        fs::remove_dir_all(format!("{nodes}/{id}")).unwrap();
    }
    ids.len()
}

#[test]
fn a_killed_connector_of_which_iceoryx2_knows_nothing_starts_again_while_its_bot_lives() {
    if let Ok(name) = env::var(INSIDE) {
        run(&name);
        return;
    }
    let name = format!("t-killed-{}", std::process::id());
    let mut killed = spawn(&name);
    let mut bot = BotPort::open(&name, 1, TIMEOUT).unwrap();
    assert!(bot.check_link().unwrap().is_some());
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(forget(killed.id()), 1, "nodes of the killed process");

    let mut port = connector(&name).unwrap();
    hears(&mut bot, &mut port);
}

/// What the connector sends reaches the bot.
fn hears(bot: &mut BotPort, port: &mut ConnectorPort) {
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        bot.check_link().unwrap();
        port.send_batch_end(TO_ALL).unwrap();
        port.flush().unwrap();
        if bot.recv().unwrap().is_some() {
            break;
        }
        assert!(Instant::now() < until, "the bot hears nothing");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_connection_that_the_kill_left_half_made_does_not_keep_the_connector_from_starting() {
    let name = format!("t-killed-half-{}", std::process::id());
    let mut killed = spawn(&name);
    let mut bot = BotPort::open(&name, 1, TIMEOUT).unwrap();
    assert!(bot.check_link().unwrap().is_some());
    killed.kill().unwrap();
    killed.wait().unwrap();
    let connections = connections_with(killed.id());
    assert!(!connections.is_empty());
    for path in connections {
        // As iceoryx2 leaves one: it has its size, and nobody may read it yet.
        fs::remove_file(&path).unwrap();
        let mut options = OpenOptions::new();
        let made = options.write(true).create_new(true).mode(0o200);
        made.open(&path).unwrap().set_len(8_192).unwrap();
    }

    let mut port = connector(&name).unwrap();
    hears(&mut bot, &mut port);
    assert_eq!(connections_with(killed.id()), [] as [PathBuf; 0]);
}

/// Kills at any moment, while others need the processor too. `HBL_KILLS=n` is how often, 60 by default.
#[test]
fn a_connector_starts_again_whenever_it_and_a_joining_bot_were_killed() {
    let rounds = env::var("HBL_KILLS")
        .ok()
        .and_then(|text| text.parse().ok());
    let rounds: u64 = rounds.unwrap_or(60);
    let name = format!("t-killed-often-{}", std::process::id());
    let is_over = AtomicBool::new(false);
    let refused = thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let mut bot = BotPort::open(&name, 1, TIMEOUT).unwrap();
        let mut refused = Vec::new();
        for round in 0..rounds {
            let mut killed = match try_spawn("connector", &name) {
                Ok(child) => child,
                Err(why) => {
                    refused.push(format!("round {round}: {why}"));
                    continue;
                }
            };
            let mut joining = try_spawn("bot", &name).unwrap();
            bot.check_link().unwrap();
            // Different in every round, and up to 6 ms.
            thread::sleep(Duration::from_micros(round * 7_919 % 6_000));
            joining.kill().unwrap();
            killed.kill().unwrap();
            joining.wait().unwrap();
            killed.wait().unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
        refused
    });
    assert_eq!(refused, [] as [String; 0]);
}
