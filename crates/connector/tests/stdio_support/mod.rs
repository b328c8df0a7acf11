//! A connector that speaks JSON lines.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::child;

/// A test whose lines do not come fails after this long.
const LIFE_MAX: Duration = Duration::from_secs(60);

/// A running `connector … --stdio`; killed when dropped, and after a minute.
pub struct Lines {
    _alive: Sender<()>,
    child: Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
}

impl Lines {
    pub fn start(args: &[&str]) -> Self {
        Self::start_with(args, &[])
    }

    /// With more environment variables.
    pub fn start_with(args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_connector"))
            .args(args)
            .arg("--stdio")
            .env("LOG_LEVEL", "warn")
            .env_remove("BYBIT_API_KEY")
            .env_remove("BYBIT_API_SECRET")
            .env_remove("CONNECTOR_PAPER_TRADING")
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (_alive, ended) = channel::<()>();
        let pid = child.id() as i32;
        std::thread::spawn(move || {
            if ended.recv_timeout(LIFE_MAX) == Err(RecvTimeoutError::Timeout) {
                // SAFETY: plain system call; whoever reads finds the end of the output.
                unsafe { libc::kill(pid, libc::SIGKILL) };
            }
        });
        Self {
            _alive,
            input: child.stdin.take(),
            output: child.stdout.take().map(BufReader::new),
            child,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn send(&mut self, command: &Value) {
        self.write(format!("{command}\n").as_bytes());
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.input.as_mut().unwrap().write_all(bytes).unwrap();
    }

    pub fn take_input(&mut self) -> Option<ChildStdin> {
        self.input.take()
    }

    pub fn close_output(&mut self) {
        self.output = None;
    }

    /// The next line, which must be there.
    pub fn next(&mut self) -> Value {
        let mut line = String::new();
        self.output.as_mut().unwrap().read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "the output ended: {line:?}");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// The next line for which the condition holds; others are left out.
    pub fn until(&mut self, condition: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + Duration::from_secs(40);
        loop {
            let line = self.next();
            if condition(&line) {
                return line;
            }
            assert!(Instant::now() < end, "it never came; the last was {line}");
        }
    }

    pub fn signal(&self, signal: i32) {
        child::signal(&self.child, signal);
    }

    pub fn resident_kb(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    pub fn wait(&mut self) -> ExitStatus {
        child::wait_for_end(&mut self.child, Duration::from_secs(20))
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
