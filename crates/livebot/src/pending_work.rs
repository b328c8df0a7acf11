//! Work that the channel finds and cannot do from inside `LiveBot`: `LiveCore::run_pending` does it
//! before the next message.

/// What waits to be done.
#[derive(Default)]
pub(crate) struct PendingWork {
    /// Registrations to send, with a cleared book.
    pub(crate) resync: Vec<usize>,
    /// Books to clear before `held` is applied: the answer to their registration begins.
    pub(crate) clear: Vec<usize>,
    /// Instruments whose registration was answered in full.
    pub(crate) answered: Vec<usize>,
    /// Orders that the connector reported as unknown to it.
    pub(crate) unknown: Vec<(usize, u64)>,
    /// The links are due for a check.
    pub(crate) links_due: bool,
}

impl PendingWork {
    /// True when there is something to do.
    pub(crate) fn is_due(&self) -> bool {
        self.links_due
            || !(self.resync.is_empty()
                && self.clear.is_empty()
                && self.answered.is_empty()
                && self.unknown.is_empty())
    }
}
