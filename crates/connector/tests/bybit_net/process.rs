//! The binary against the fake venue.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread::JoinHandle;
use std::time::Duration;

use super::{KEY, SECRET};
use crate::support::child;
use crate::support::names::unique_name;

pub struct BybitProcess {
    child: Child,
    pub name: String,
    pub ready: serde_json::Value,
    output: Vec<JoinHandle<String>>,
}

/// The folder of the runs of this test program; it goes with the program.
fn state_dir() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    extern "C" fn remove() {
        if let Some(folder) = FOLDER.get() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
    FOLDER.get_or_init(|| {
        // SAFETY: the function touches nothing but the static above.
        unsafe { libc::atexit(remove) };
        tempfile::tempdir().unwrap().keep()
    })
}

fn command(name: &str, config: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_connector"));
    command
        .args([name, "bybit"])
        .arg(config)
        .args(more)
        .arg("--ready-json")
        .env_remove("BYBIT_CONNECTOR_TESTNET")
        .env_remove("BYBIT_CONNECTOR_CONFIG_FILE")
        .env_remove("CONNECTOR_PAPER_TRADING")
        .env_remove("LOG_LEVEL")
        .env("RUST_LOG", "info")
        .env("CONNECTOR_STATE_DIR", state_dir())
        .env("BYBIT_API_KEY", KEY)
        .env("BYBIT_API_SECRET", SECRET)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl BybitProcess {
    /// Starts the binary with keys and waits until bots may connect.
    pub fn start(name: &str, config: &Path, more: &[&str]) -> Self {
        Self::start_with(name, config, more, |_| {})
    }

    pub fn start_with(
        name: &str,
        config: &Path,
        more: &[&str],
        change: impl FnOnce(&mut Command),
    ) -> Self {
        let mut command = command(name, config, more);
        change(&mut command);
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut err = child.stderr.take().unwrap();
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = err.read_to_string(&mut text);
            text
        });
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| {
            let _ = child.kill();
            panic!("not ready: {line:?}")
        });
        let rest = std::thread::spawn(move || {
            let mut text = line;
            let _ = out.read_to_string(&mut text);
            text
        });
        Self {
            child,
            name: name.to_owned(),
            ready,
            output: vec![errors, rest],
        }
    }

    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends a signal.
    pub fn signal(&self, signal: i32) {
        child::signal(&self.child, signal);
    }

    /// Stops it in order: exit status and everything that it has written.
    pub fn stop(self) -> (ExitStatus, String) {
        self.signal(libc::SIGTERM);
        self.wait(Duration::from_secs(20))
    }

    /// Waits for its end: exit status and everything that it has written.
    pub fn wait(mut self, time: Duration) -> (ExitStatus, String) {
        let status = child::wait_for_end(&mut self.child, time);
        let output = std::mem::take(&mut self.output);
        let text: Vec<String> = output.into_iter().map(|o| o.join().unwrap()).collect();
        (status, text.concat())
    }
}

impl Drop for BybitProcess {
    fn drop(&mut self) {
        self.kill();
        let failed = std::thread::panicking();
        for output in self.output.drain(..) {
            let text = output.join().unwrap_or_default();
            if failed {
                let _ = writeln!(std::io::stderr(), "{text}");
            }
        }
    }
}

/// Runs the binary to its end, for 30 s at most: exit code and everything that it has written.
pub fn run_to_end(
    config: &Path,
    more: &[&str],
    change: impl FnOnce(&mut Command),
) -> (i32, String) {
    let mut command = command(&unique_name(), config, more);
    change(&mut command);
    let output = child::output_within(&mut command, Duration::from_secs(30));
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&text).into_owned(),
    )
}
