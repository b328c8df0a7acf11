//! The control block that a bot holds.

use std::{io, sync::Arc, time::Duration};

use crate::{
    Capabilities, Destination, Hello, PollSet, Ringer, WakerAffinity, WireError,
    block_path::bot_path,
    control_block::{ControlBlock, ControlBlockState},
    idle::doorbell,
    leftovers, register, room,
};

/// A control block that a bot holds so that connectors can wake it and see that it lives.
pub struct BotControlBlock(pub(crate) Arc<ControlBlock>);

impl BotControlBlock {
    /// Makes the control block of bot `id`.
    ///
    /// # Errors
    /// [`WireError::AlreadyRunning`] when a living bot has this id, [`WireError::ControlBlock`] otherwise.
    pub fn own(id: u64) -> Result<Self, WireError> {
        Self::own_as(id, Capabilities::default())
    }

    /// As [`own`](Self::own), for a bot that is [`Capabilities::READ_ONLY`].
    ///
    /// # Errors
    /// As [`own`](Self::own).
    pub fn own_as(id: u64, capabilities: Capabilities) -> Result<Self, WireError> {
        let hello = Hello {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            kind: "bot".to_owned(),
            capabilities,
            destination: Destination::default(),
        };
        leftovers::sweep();
        register::check()?;
        room::require(room::BOT_BYTES)?;
        let block = ControlBlock::own(bot_path(id), &format!("bot {id:#018x}"), &hello)?;
        block.set_state(ControlBlockState::Ready);
        Ok(Self(Arc::new(block)))
    }

    /// Wakes the bot from another thread.
    #[must_use]
    pub fn ringer(&self) -> Ringer {
        Ringer::new(self.0.clone())
    }

    /// Sleeps until a connector or a [`Ringer`] rings, unless `has_work` finds something after
    /// the sleeper has announced itself. `affinity` is the calling thread's.
    pub fn sleep(
        &self,
        timeout: Duration,
        affinity: &mut WakerAffinity,
        has_work: impl FnOnce() -> bool,
    ) {
        doorbell::sleep(&self.0, timeout, affinity, has_work);
    }

    /// What a bot sleeps on whose connectors are all on its own thread.
    ///
    /// # Errors
    /// When the system has no such descriptor (Linux has), or none left.
    pub fn poll_set(&self) -> io::Result<PollSet> {
        PollSet::new(&self.0)
    }

    /// As [`sleep`](Self::sleep), and a descriptor of the set ends it as well. A ring of another process does
    /// not.
    pub fn sleep_on(&self, set: &mut PollSet, timeout: Duration, has_work: impl FnOnce() -> bool) {
        set.sleep(&self.0, timeout, has_work);
    }
}
