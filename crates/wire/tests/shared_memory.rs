//! What a connector and its bots take of /dev/shm with default settings. Docker gives 64 MB.

#![cfg(target_os = "linux")]

use std::{
    collections::BTreeSet, fs, io, io::Write as _, os::unix::fs::MetadataExt as _, process::Command,
};

use hbl_wire::{BotPort, Capabilities, ChannelConfig, ConnectorPort, Hello, TO_ALL};
use hftbacktest::{live::ipc::iceoryx::IceoryxBuilder, types::LiveEvent};

const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(2);
const MB: u64 = 1 << 20;
const ROOM: u64 = 64 * MB;

/// Sizes of the files in /dev/shm that this process has mapped, and what of them takes memory.
fn mapped() -> io::Result<(u64, u64)> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    let files: BTreeSet<&str> = maps
        .lines()
        .filter_map(|line| line.find("/dev/shm/").map(|at| &line[at..]))
        .collect();
    Ok(files
        .into_iter()
        .filter_map(|file| fs::metadata(file).ok())
        .fold((0, 0), |(reserved, touched), file| {
            (reserved + file.len(), touched + file.blocks() * 512)
        }))
}

#[test]
fn as_many_bots_as_there_may_be_fit_into_64_mb_and_one_more_gets_an_error_that_says_what_to_set() {
    let name = format!("t-room-{}", std::process::id());
    let hello = Hello {
        version: "0".into(),
        kind: "test".into(),
        capabilities: Capabilities::all(),
        destination: hbl_wire::Destination::default(),
    };
    let mut connector = ConnectorPort::open(&name, &hello).unwrap();
    let ChannelConfig {
        buffer_size,
        max_bots,
    } = ChannelConfig::OWN;
    let mut bots: Vec<BotPort> = (1..=max_bots)
        .map(|id| BotPort::open(&name, u64::try_from(id).unwrap(), TIMEOUT).unwrap())
        .collect();
    for bot in &mut bots {
        assert!(bot.check_link().unwrap().is_some());
    }
    // Nobody reads: every buffer is full, and the oldest are overwritten.
    for _ in 0..buffer_size + 2_000 {
        connector.send_batch_end(TO_ALL).unwrap();
        connector.flush().unwrap();
    }
    let (reserved, touched) = mapped().unwrap();
    println!(
        "{} MB reserved, {} MB touched with {max_bots} bots",
        reserved / MB,
        touched / MB
    );
    assert!(touched > 0);
    assert!(touched < ROOM, "{touched} bytes touched");
    assert!(reserved < 1_000 * MB, "{reserved} bytes reserved");
    for bot in &mut bots {
        let mut received = 0;
        while bot.recv().unwrap().is_some() {
            received += 1;
        }
        assert_eq!(received, buffer_size);
    }
    let more = BotPort::open(&name, 1_000, TIMEOUT).err().unwrap();
    let text = more.to_string();
    assert!(
        text.contains("max_bots") && text.contains("HFTBACKTEST_CHANNEL_CONFIG"),
        "{text}"
    );
    bots.truncate(2);
    // hftbacktest's bot has no such place taken from it, and finds the sizes that it asks for.
    let theirs = IceoryxBuilder::new(&name).receiver::<LiveEvent>().unwrap();
    connector.send_batch_end(TO_ALL).unwrap();
    connector.flush().unwrap();
    assert!(matches!(
        theirs.receive().unwrap(),
        Some((0, LiveEvent::BatchEnd))
    ));
}

/// The same in a `/dev/shm` of 64 MB, where this system lets a test have one.
#[test]
fn the_same_in_a_dev_shm_of_64_mb() {
    let mount = "mount -t tmpfs -o size=64m tmpfs /dev/shm";
    let isolated = |script: &str| {
        Command::new("unshare")
            .args(["-rm", "sh", "-c", script])
            .arg(std::env::current_exe().unwrap())
            .output()
    };
    if !isolated(mount).is_ok_and(|output| output.status.success()) {
        let required = std::env::var("REQUIRE_NATIVE").is_ok_and(|value| value == "1");
        assert!(
            !required,
            "no mount namespace here, and REQUIRE_NATIVE is 1"
        );
        // Past the harness: the runner of the tests counts it as skipped.
        let line = "\nSKIPPED the_same_in_a_dev_shm_of_64_mb: no mount namespace here\n";
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        return;
    }
    let test = "as_many_bots_as_there_may_be_fit_into_64_mb_and_one_more_gets_an_error_that_says_what_to_set";
    let script = format!("{mount} && exec \"$0\" --exact {test} --nocapture");
    let output = isolated(&script).unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
