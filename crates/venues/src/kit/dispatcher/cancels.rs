//! Cancellations that bots asked for, until their orders have ended.
//!
//! While the connector stops, a cancellation that was rejected for a passing reason is repeated: no bot
//! asks for it again.

use std::collections::HashMap;

use crate::kit::clock::Now;
use crate::kit::codes;

/// Time until a cancellation that was rejected for a passing reason is repeated, while the connector
/// stops.
const AGAIN_NS: u64 = 250_000_000;

/// Orders whose cancellation was asked for and which have not ended.
#[derive(Debug, Default)]
pub(super) struct Cancels {
    /// With the time to repeat it, where the cancellation was rejected; monotonic.
    requested: HashMap<u64, Option<u64>>,
    /// True once the connector has begun to stop.
    pub(super) is_stopping: bool,
}

impl Cancels {
    /// A cancellation of these orders was requested.
    pub(super) fn requested(&mut self, handles: &[u64]) {
        self.requested
            .extend(handles.iter().map(|handle| (*handle, None)));
    }

    /// A cancellation, or another request about the order, was rejected. While the connector stops,
    /// one that was rejected for a passing reason is kept, to be repeated.
    pub(super) fn rejected(&mut self, now: Now, handle: u64, code: i64) {
        if self.is_stopping && codes::is_passing(code) {
            if let Some(again_at) = self.requested.get_mut(&handle) {
                *again_at = Some(now.mono_ns + AGAIN_NS);
            }
        } else {
            self.requested.remove(&handle);
        }
    }

    /// The order has ended.
    pub(super) fn ended(&mut self, handle: u64) {
        self.requested.remove(&handle);
    }

    /// True when no cancellation is open.
    pub(super) fn is_empty(&self) -> bool {
        self.requested.is_empty()
    }

    /// Takes the orders whose cancellation has to be repeated now.
    pub(super) fn take_due(&mut self, now: Now) -> Vec<u64> {
        let due = self.requested.iter_mut().filter_map(|(handle, again_at)| {
            again_at.filter(|at| now.mono_ns >= *at)?;
            *again_at = None;
            Some(*handle)
        });
        let mut due: Vec<u64> = due.collect();
        due.sort_unstable();
        due
    }
}
