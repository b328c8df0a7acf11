//! The real binary over shared memory.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::child;

/// A running connector; killed when dropped.
pub struct Connector {
    child: Child,
    /// The line that `--ready-json` printed.
    pub ready: serde_json::Value,
}

impl Connector {
    /// Starts the binary and waits until bots may connect.
    pub fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_connector"))
            .args(args)
            .arg("--ready-json")
            .env("LOG_LEVEL", "warn")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not ready: {line:?}"));
        Self { child, ready }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().unwrap()
    }

    /// Sends a signal.
    pub fn send_signal(&self, signal: i32) {
        child::signal(&self.child, signal);
    }

    /// Sends a signal and waits for the end.
    pub fn signal(&mut self, signal: i32) -> (ExitStatus, Duration) {
        let start = Instant::now();
        self.send_signal(signal);
        let status = self.wait(Duration::from_secs(20));
        (status, start.elapsed())
    }

    /// Waits for the end.
    pub fn wait(&mut self, timeout: Duration) -> ExitStatus {
        child::wait_for_end(&mut self.child, timeout)
    }
}

impl Drop for Connector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the binary to its end, for 30 s at most: exit code and standard error.
pub fn run_to_end(args: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_connector"));
    let output = child::output_within(command.args(args), Duration::from_secs(30));
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}
