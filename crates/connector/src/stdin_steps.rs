//! Lines on the standard input as steps.

use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hbl_wire::Ringer;

use crate::bus::Commands;
use crate::error::ConnectorError;

/// Counts lines on the standard input and wakes the bus for each.
pub struct StdinSteps(Arc<AtomicUsize>);

impl StdinSteps {
    /// Starts to read. The thread ends with the input, or with the process.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn start(ringer: Ringer) -> Result<Self, ConnectorError> {
        let steps = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&steps);
        std::thread::Builder::new()
            .name("stdin".into())
            .spawn(move || {
                for line in std::io::stdin().lock().lines() {
                    if line.is_err() {
                        break;
                    }
                    counted.fetch_add(1, Ordering::Release);
                    ringer.ring();
                }
            })
            .map_err(|source| ConnectorError::System {
                what: "thread for the standard input",
                source,
            })?;
        Ok(Self(steps))
    }
}

impl Commands for StdinSteps {
    fn steps(&mut self) -> usize {
        self.0.swap(0, Ordering::Acquire)
    }
}
