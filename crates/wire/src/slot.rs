//! One received message, and the tail that our connector writes behind it.

use hftbacktest::live::ipc::iceoryx::CustomHeader;
use iceoryx2::{prelude::ipc, sample::Sample};

use crate::{
    codec::{DecodeError, WireEvent, decode_event},
    service::SLOT_BYTES,
};

/// Marks a slot whose tail is ours; hftbacktest leaves these bytes alone.
const TAIL_MAGIC: u64 = u64::from_le_bytes(*b"hblTail1");
pub(crate) const TAIL_BYTES: usize = 24;
const TAIL_AT: usize = SLOT_BYTES - TAIL_BYTES;

/// Sequence number and send time, in the last 24 bytes of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Counts every message that the publisher sent, from 1.
    pub seq: u64,
    /// When it was sent, [`monotonic_ns`](crate::clock::monotonic_ns).
    pub sent_mono_ns: u64,
}

impl Tail {
    /// Writes the tail into a slot of [`SLOT_BYTES`] bytes.
    pub(crate) fn write(self, slot: &mut [u8]) {
        let tail = &mut slot[TAIL_AT..TAIL_AT + TAIL_BYTES];
        tail[0..8].copy_from_slice(&TAIL_MAGIC.to_le_bytes());
        tail[8..16].copy_from_slice(&self.seq.to_le_bytes());
        tail[16..24].copy_from_slice(&self.sent_mono_ns.to_le_bytes());
    }

    /// Reads the tail of a slot; `None` when the publisher is not ours.
    pub(crate) fn read(slot: &[u8]) -> Option<Self> {
        let tail = slot.get(TAIL_AT..TAIL_AT + TAIL_BYTES)?;
        let word = |at: usize| tail[at..at + 8].try_into().map(u64::from_le_bytes).ok();
        (word(0)? == TAIL_MAGIC).then_some(Self {
            seq: word(8)?,
            sent_mono_ns: word(16)?,
        })
    }
}

/// One message for a bot, still in shared memory.
pub struct Slot {
    sample: Sample<ipc::Service, [u8], CustomHeader>,
}

impl Slot {
    pub(crate) const fn new(sample: Sample<ipc::Service, [u8], CustomHeader>) -> Self {
        Self { sample }
    }

    /// The addressed bot, [`TO_ALL`](crate::TO_ALL) for every bot.
    #[must_use]
    pub fn to(&self) -> u64 {
        self.sample.user_header().id
    }

    /// Sequence number and send time, `None` from hftbacktest's own connector.
    #[must_use]
    pub fn tail(&self) -> Option<Tail> {
        Tail::read(self.sample.payload())
    }

    /// The message, borrowed from shared memory.
    ///
    /// # Errors
    /// [`DecodeError`] for foreign or damaged bytes; nothing was allocated beyond 64 KiB.
    pub fn event(&self) -> Result<WireEvent<'_>, DecodeError> {
        decode_event(self.sample.payload(), self.sample.user_header().len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_comes_back_as_written() {
        let mut slot = [0u8; SLOT_BYTES];
        assert_eq!(Tail::read(&slot), None);
        let tail = Tail {
            seq: u64::MAX,
            sent_mono_ns: 7,
        };
        tail.write(&mut slot);
        assert_eq!(Tail::read(&slot), Some(tail));
        assert_eq!(Tail::read(&slot[..SLOT_BYTES - 1]), None);
    }
}
