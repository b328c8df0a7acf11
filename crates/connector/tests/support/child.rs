//! Signals to a child process, and its end.

use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// Sends a signal to a child that has not been waited for.
pub fn signal(child: &Child, signal: i32) {
    // SAFETY: the child has not been waited for, so the pid is still its own.
    unsafe { libc::kill(child.id() as i32, signal) };
}

/// Waits for the end of a child.
pub fn wait_for_end(child: &mut Child, timeout: Duration) -> ExitStatus {
    let end = Instant::now() + timeout;
    while Instant::now() < end {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    panic!("the connector does not end");
}
