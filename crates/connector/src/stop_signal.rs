//! SIGINT and SIGTERM as a flag.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::ConnectorError;

static STOP: AtomicBool = AtomicBool::new(false);

extern "C" fn on_signal(_: libc::c_int) {
    STOP.store(true, Ordering::Relaxed);
}

/// Says whether the process has been asked to stop.
pub struct StopSignal(());

impl StopSignal {
    /// Installs the handlers. A second signal of the same kind ends the process at once.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn install() -> Result<Self, ConnectorError> {
        for signal in [libc::SIGINT, libc::SIGTERM] {
            // SAFETY: zeroed is a valid sigaction; the handler only stores to an atomic, which is
            // safe in a signal handler.
            let status = unsafe {
                let mut action: libc::sigaction = std::mem::zeroed();
                action.sa_sigaction = on_signal as *const () as libc::sighandler_t;
                action.sa_flags = libc::SA_RESETHAND;
                libc::sigemptyset(&mut action.sa_mask);
                libc::sigaction(signal, &action, std::ptr::null_mut())
            };
            if status != 0 {
                let source = std::io::Error::last_os_error();
                return Err(ConnectorError::System {
                    what: "signal handler",
                    source,
                });
            }
        }
        Ok(Self(()))
    }

    /// Asks to stop, as a signal does.
    pub fn request() {
        STOP.store(true, Ordering::Relaxed);
    }

    /// True once a signal came, or a stop was requested.
    pub fn is_set(&self) -> bool {
        STOP.load(Ordering::Relaxed)
    }
}
