//! The binary: its line, its addresses, its end.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

fn start(arguments: &[&str]) -> (Child, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fake-bybit"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

fn exit_code(child: &mut Child) -> Option<i32> {
    let end = Instant::now() + Duration::from_secs(20);
    while Instant::now() < end {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    panic!("it did not end");
}

/// Local addresses that a process listens on, as in /proc/net/tcp.
fn listeners(pid: u32) -> Vec<String> {
    let inodes: Vec<String> = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .filter_map(|fd| std::fs::read_link(fd.unwrap().path()).ok())
        .filter_map(|link| {
            Some(
                link.to_str()?
                    .strip_prefix("socket:[")?
                    .trim_end_matches(']')
                    .to_owned(),
            )
        })
        .collect();
    let mut found = Vec::new();
    for table in ["tcp", "tcp6"] {
        let text = std::fs::read_to_string(format!("/proc/{pid}/net/{table}")).unwrap_or_default();
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if fields[3] == "0A" && inodes.iter().any(|inode| inode == fields[9]) {
                found.push(fields[1].to_owned());
            }
        }
    }
    found
}

#[test]
fn it_says_ready_listens_on_loopback_only_and_ends_on_sigterm() {
    let (mut child, ready) = start(&["--seed", "7"]);
    assert_eq!(
        (&ready["type"], &ready["seed"], &ready["pid"]),
        (&json!("ready"), &json!(7), &json!(child.id()))
    );
    for name in ["publicLinear", "publicSpot", "private", "trade"] {
        crate::support::Client::connect(ready["urls"][name].as_str().unwrap());
    }
    let listeners = listeners(child.id());
    assert_eq!(listeners.len(), 4);
    assert!(
        listeners
            .iter()
            .all(|address| address.starts_with("0100007F:")),
        "{listeners:?}"
    );
    // SAFETY: kill has no memory effects; the pid is our child's.
    let killed = unsafe { libc::kill(child.id() as i32, libc::SIGTERM) };
    assert_eq!(killed, 0);
    assert_eq!(exit_code(&mut child), Some(0));
}

#[test]
fn with_stdin_it_ends_with_the_one_who_started_it() {
    let (mut child, _) = start(&["--with-stdin"]);
    assert!(child.try_wait().unwrap().is_none());
    drop(child.stdin.take());
    assert_eq!(exit_code(&mut child), Some(0));
}

#[test]
fn a_taken_port_is_an_error_not_a_hang() {
    let (mut child, ready) = start(&[]);
    let port = ready["ports"]["rest"].as_u64().unwrap().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_fake-bybit"))
        .args(["--port", &port])
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("listen"));
    child.kill().unwrap();
    child.wait().unwrap();
}
