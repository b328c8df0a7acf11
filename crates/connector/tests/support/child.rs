//! Signals to a child process, and its end.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Sends a signal to a child that has not been waited for.
pub fn signal(child: &Child, signal: i32) {
    // SAFETY: the child has not been waited for, so the pid is still its own.
    unsafe { libc::kill(child.id() as i32, signal) };
}

/// Waits for the end of a child.
pub fn wait_for_end(child: &mut Child, timeout: Duration) -> ExitStatus {
    end_within(child, timeout).expect("the connector does not end")
}

/// Runs a command to its end. One that does not end is killed after so long, and fails the test.
pub fn output_within(command: &mut Command, timeout: Duration) -> Output {
    command.stdin(Stdio::null());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stdout = read_all(child.stdout.take().unwrap());
    let stderr = read_all(child.stderr.take().unwrap());
    let status = end_within(&mut child, timeout);
    if status.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
    let Some(status) = status else {
        let text = [stdout, stderr].concat();
        let text = String::from_utf8_lossy(&text);
        panic!("the connector does not end in {timeout:?}: {text}");
    };
    Output {
        status,
        stdout,
        stderr,
    }
}

fn read_all(mut from: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

fn end_within(child: &mut Child, timeout: Duration) -> Option<ExitStatus> {
    let end = Instant::now() + timeout;
    while Instant::now() < end {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    None
}
