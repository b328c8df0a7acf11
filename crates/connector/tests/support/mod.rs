//! The real binary, and hftbacktest's own bot as its client.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
#![expect(dead_code, reason = "not every test uses all of it")]

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use hftbacktest::live::ipc::iceoryx::IceoryxUnifiedChannel;
use hftbacktest::live::{Instrument, LiveBot, LiveBotBuilder};
use hftbacktest::prelude::{Bot, HashMapMarketDepth};
use hftbacktest::types::LiveError;

/// hftbacktest's own bot.
pub type UpstreamBot = LiveBot<IceoryxUnifiedChannel, HashMapMarketDepth>;

/// A connector name that no other test uses.
pub fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let nanos = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .unwrap()
        .subsec_nanos();
    format!(
        "t-{}-{}-{nanos:x}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

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
        // SAFETY: the child has not been waited for, so the pid is still its own.
        unsafe { libc::kill(self.child.id() as i32, signal) };
    }

    /// Sends a signal and waits for the end.
    pub fn signal(&mut self, signal: i32) -> (ExitStatus, Duration) {
        let start = Instant::now();
        self.send_signal(signal);
        let status = self.wait(Duration::from_secs(5));
        (status, start.elapsed())
    }

    /// Waits for the end.
    pub fn wait(&mut self, timeout: Duration) -> ExitStatus {
        let end = Instant::now() + timeout;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("the connector does not end");
    }
}

impl Drop for Connector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the binary to its end: exit code and standard error.
pub fn run_to_end(args: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_connector"))
        .args(args)
        .output()
        .unwrap();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// Connects hftbacktest's own bot.
pub fn upstream_bot(
    connector: &str,
    tick: f64,
    lot: f64,
    on_error: impl Fn(LiveError) + 'static,
) -> UpstreamBot {
    let depth = HashMapMarketDepth::new(tick, lot);
    LiveBotBuilder::new()
        .register(Instrument::new(
            connector, "BTCUSDT", tick, lot, depth, 10_000,
        ))
        .error_handler(move |error| {
            on_error(error);
            Ok(())
        })
        .build()
        .unwrap()
}

/// Lets the bot take events until the condition holds.
pub fn until(bot: &mut UpstreamBot, what: &str, condition: impl Fn(&UpstreamBot) -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !condition(bot) {
        assert!(Instant::now() < end, "never: {what}");
        bot.elapse(1_000_000).unwrap();
    }
}
