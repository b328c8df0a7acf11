//! The first login of order entry: registrations wait for it, for a while. Otherwise the first order of
//! a bot that was just registered is rejected for want of a connection that is there a moment later.

use crate::bybit::core::BybitCore;
use crate::kit::clock::Now;

/// How long registrations wait for it once the account is read. Without order entry bots still get
/// market data and their positions, and orders are rejected with the reason.
const WAIT_NS: u64 = 10_000_000_000;

/// Whether registrations wait for order entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum EntryWait {
    /// The account is not read yet.
    #[default]
    Account,
    /// They wait until this time.
    Until(u64),
    /// They wait no longer: orders could be sent once, or it took too long.
    Over,
}

impl EntryWait {
    pub(super) fn next_due(self) -> u64 {
        match self {
            Self::Until(until) => until,
            Self::Account | Self::Over => u64::MAX,
        }
    }
}

impl BybitCore {
    pub(super) fn tick_entry_wait(&mut self, now: Now) {
        if self.is_gathering() {
            return;
        }
        if self.entry_wait == EntryWait::Account {
            self.entry_wait = EntryWait::Until(now.mono_ns.saturating_add(WAIT_NS));
        }
        let is_over = |until| self.has_order_entry() || now.mono_ns >= until;
        if matches!(self.entry_wait, EntryWait::Until(until) if is_over(until)) {
            self.entry_wait = EntryWait::Over;
        }
    }

    /// Why a registration waits for order entry; `None`: it does not.
    pub(super) fn entry_pending(&self) -> Option<&'static str> {
        let waits = self.entry_wait != EntryWait::Over && !self.has_order_entry();
        waits.then_some("the login on the trade connection is not done")
    }
}
