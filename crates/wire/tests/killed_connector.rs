//! A connector that was killed starts again while its bots live, also when iceoryx2 has lost sight of it.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    env, fs,
    io::{self, BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
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
const TEST: &str =
    "a_killed_connector_of_which_iceoryx2_knows_nothing_starts_again_while_its_bot_lives";
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
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture"])
        .env(INSIDE, name)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains(READY)));
    child
}

/// What that process does.
fn run(name: &str) {
    let mut port = connector(name).unwrap();
    let line = format!("\n{READY}\n");
    io::stdout().write_all(line.as_bytes()).unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while Instant::now() < until {
        port.wait(Duration::from_millis(20));
    }
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
