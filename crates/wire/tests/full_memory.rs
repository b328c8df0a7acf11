//! Shared memory that fills up under running programs is an error, never a signal. Each test runs again in a
//! process of its own with a small `/dev/shm`, where this system lets a test have one.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::{
    env, fs,
    io::{self, Write as _},
    path::Path,
    process::Command,
    time::Duration,
};

use hbl_wire::{BotPort, Capabilities, ConnectorPort, Destination, Hello, TO_ALL, WireError};
use hftbacktest::{
    live::ipc::iceoryx::IceoryxBuilder,
    types::{LiveEvent, LiveRequest},
};

const TIMEOUT: Duration = Duration::from_secs(2);
/// More than the buffers of a channel hold.
const MANY: usize = 12_000;
const INSIDE: &str = "HBL_SMALL_SHARED_MEMORY";

/// Runs a test again with a `/dev/shm` of `size`; true inside of it.
fn is_inside(test: &str, size: &str) -> bool {
    if env::var_os(INSIDE).is_some() {
        return true;
    }
    let mount = format!("mount -t tmpfs -o size={size} tmpfs /dev/shm");
    let isolated = |script: &str| {
        Command::new("unshare")
            .args(["-rm", "sh", "-c", script])
            .arg(env::current_exe().unwrap())
            .env(INSIDE, "1")
            .output()
    };
    if !isolated(&mount).is_ok_and(|output| output.status.success()) {
        // Not by `println!`, whose lines are shown for failed tests only.
        let line = format!("\nSKIPPED {test}: no mount namespace here\n");
        io::stderr().write_all(line.as_bytes()).unwrap();
        return false;
    }
    let script = format!("{mount} && exec \"$0\" --exact {test} --nocapture");
    let output = isolated(&script).unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{}: {text}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    false
}

fn connector(name: &str) -> ConnectorPort {
    let hello = Hello {
        version: "0".into(),
        kind: "test".into(),
        capabilities: Capabilities::all(),
        destination: Destination::default(),
    };
    ConnectorPort::open(name, &hello).unwrap()
}

/// Takes all that is left of the folder, by a file.
fn fill() -> &'static Path {
    let path = Path::new("/dev/shm/filler");
    let _ = fs::write(path, vec![0; 64 << 20]);
    path
}

/// Sends until it fails or enough was sent; returns how many went out, and the error.
fn send_many(mut send: impl FnMut() -> Result<(), WireError>) -> (usize, Option<WireError>) {
    for sent in 0..MANY {
        if let Err(error) = send() {
            return (sent, Some(error));
        }
    }
    (MANY, None)
}

#[test]
fn a_connector_without_room_for_more_messages_says_so_and_goes_on() {
    let test = "a_connector_without_room_for_more_messages_says_so_and_goes_on";
    if !is_inside(test, "16m") {
        return;
    }
    let name = format!("t-full-{}", std::process::id());
    let mut connector = connector(&name);
    let mut bot = BotPort::open(&name, 1, TIMEOUT).unwrap();
    assert!(bot.check_link().unwrap().is_some());
    let filler = fill();

    let mut send = || {
        connector.send_batch_end(TO_ALL)?;
        connector.flush()
    };
    let (sent, error) = send_many(&mut send);
    assert!(sent > 10, "{sent} messages");
    assert!(matches!(error, Some(WireError::Room { .. })), "{error:?}");
    // It stays an error, and no signal, for as long as nobody reads.
    for _ in 0..1_000 {
        assert!(matches!(send(), Err(WireError::Room { .. })));
    }

    // What the bot has read is used again, without more room.
    let mut received = 0;
    while bot.recv().unwrap().is_some() {
        received += 1;
    }
    assert_eq!(received, sent);
    assert_eq!(send_many(&mut send).0, sent);

    fs::remove_file(filler).unwrap();
    let (more, error) = send_many(&mut send);
    assert_eq!(more, MANY, "{error:?}");
}

#[test]
fn a_bot_without_room_for_more_requests_says_so_and_goes_on() {
    let test = "a_bot_without_room_for_more_requests_says_so_and_goes_on";
    if !is_inside(test, "16m") {
        return;
    }
    let name = format!("t-full-{}", std::process::id());
    let mut connector = connector(&name);
    let mut bot = BotPort::open(&name, 1, TIMEOUT).unwrap();
    assert!(bot.check_link().unwrap().is_some());
    let filler = fill();

    let request = LiveRequest::RegisterInstrument {
        symbol: "BTCUSDT".into(),
        tick_size: 0.1,
        lot_size: 0.001,
    };
    let (sent, error) = send_many(|| bot.send(&request));
    assert!(sent > 10, "{sent} requests");
    assert!(matches!(error, Some(WireError::Room { .. })), "{error:?}");
    assert!(matches!(bot.send(&request), Err(WireError::Room { .. })));

    let mut received = 0;
    while connector.recv().unwrap().is_some() {
        received += 1;
    }
    assert_eq!(received, sent);
    fs::remove_file(filler).unwrap();
    assert_eq!(send_many(|| bot.send(&request)).0, MANY);
}

#[test]
fn a_connector_without_room_for_bots_of_hftbacktest_serves_its_own_and_takes_them_later() {
    let test =
        "a_connector_without_room_for_bots_of_hftbacktest_serves_its_own_and_takes_them_later";
    if !is_inside(test, "32m") {
        return;
    }
    let name = format!("t-full-{}", std::process::id());
    let mut connector = connector(&name);
    let mut ours = BotPort::open(&name, 1, TIMEOUT).unwrap();
    assert!(ours.check_link().unwrap().is_some());
    let theirs = IceoryxBuilder::new(&name).receiver::<LiveEvent>().unwrap();
    let filler = fill();

    let error = connector.send_batch_end(TO_ALL).unwrap_err();
    assert!(matches!(error, WireError::Room { .. }), "{error}");
    connector.flush().unwrap();
    assert!(ours.recv().unwrap().is_some());

    fs::remove_file(filler).unwrap();
    connector.send_batch_end(TO_ALL).unwrap();
    connector.flush().unwrap();
    assert!(ours.recv().unwrap().is_some());
    assert!(matches!(
        theirs.receive().unwrap(),
        Some((0, LiveEvent::BatchEnd))
    ));
}
