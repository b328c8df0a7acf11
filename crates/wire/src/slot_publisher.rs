//! A publisher whose slots have memory before anything is written to them.
//!
//! iceoryx2 makes the file of a publisher's slots sparse. A write to a part of it that has no memory yet
//! ends the process with SIGBUS when the folder of shared memory is full by then. iceoryx2 lends the slot
//! that was given back last, and slots never used in ascending order, so that the next one without memory
//! always follows the highest that was lent: it is enough to stay a step ahead of that one.

use core::cell::Cell;

use hftbacktest::live::ipc::iceoryx::CustomHeader;
use iceoryx2::{
    port::update_connections::UpdateConnections as _, prelude::ipc, sample_mut::SampleMut,
};

use crate::{SLOT_BYTES, WireError, room, service::IpcPublisher};

/// A slot to write into.
pub(crate) type LoanedSlot = SampleMut<ipc::Service, [u8], CustomHeader>;

pub(crate) fn send_error(error: impl core::fmt::Debug) -> WireError {
    WireError::Send(format!("{error:?}"))
}

/// More than a slot with its headers: what must be there behind a slot before the next one is lent.
const STEP_BYTES: usize = 1024;
/// Asked for at once, so that few sends ask.
const CHUNK_BYTES: usize = 64 * 1024;

/// A publisher that lends only slots which have memory.
pub(crate) struct SlotPublisher {
    port: IpcPublisher,
    /// Address up to which there is memory for slots; 0 before the first.
    populated_to: Cell<usize>,
}

impl SlotPublisher {
    /// # Errors
    /// [`WireError::Room`] when there is no memory for the first slots.
    pub(crate) fn new(port: IpcPublisher) -> Result<Self, WireError> {
        room::require(CHUNK_BYTES as u64)?;
        let publisher = Self {
            port,
            populated_to: Cell::new(0),
        };
        drop(publisher.loan()?);
        Ok(publisher)
    }

    /// Takes a slot to write into.
    ///
    /// # Errors
    /// [`WireError::Send`] when all are in use, [`WireError::Room`] when there is no memory for more.
    #[inline]
    pub(crate) fn loan(&self) -> Result<LoanedSlot, WireError> {
        let slot = self
            .port
            .loan_slice_uninit(SLOT_BYTES)
            .map_err(send_error)?;
        let end = slot.payload().as_ptr().addr() + SLOT_BYTES;
        if end + STEP_BYTES > self.populated_to.get() {
            // The slot goes back on an error, and is the next that is lent.
            self.populate_behind(end)?;
        }
        // SAFETY: bytes of a mapped file are initialised by the kernel, and any byte is a valid u8.
        Ok(unsafe { slot.assume_init() })
    }

    /// Opens connections to bots that came, closes those to bots that went.
    pub(crate) fn update_connections(&self) {
        // A connection that cannot be opened shows again at the next send, as its error.
        let _ = self.port.update_connections();
    }

    #[cold]
    fn populate_behind(&self, end: usize) -> Result<(), WireError> {
        let from = match self.populated_to.get() {
            0 => end - SLOT_BYTES,
            populated_to => populated_to,
        };
        let to = room::populate(from, end + STEP_BYTES, from + CHUNK_BYTES)
            .ok_or_else(|| room::short(CHUNK_BYTES as u64))?;
        self.populated_to.set(to);
        Ok(())
    }
}
