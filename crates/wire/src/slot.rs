//! A received slot with one or more messages, and the tail that a connector of this package writes behind
//! them; or the same from a connector on the bot's own thread.

use crate::{
    clock,
    codec::{DecodeError, WireEvent, decode_event},
    direct::QueuedMessages,
    message,
    service::{SLOT_BYTES, TAIL_BYTES},
    slot_io::ReceivedSlot,
};

/// Marks a slot whose tail is ours; hftbacktest leaves these bytes alone.
const TAIL_MAGIC: [u8; 6] = *b"hblTl2";
const TAIL_AT: usize = SLOT_BYTES - TAIL_BYTES;
/// Stands for a place in a slot whose lengths are damaged.
const TORN: usize = usize::MAX;

/// Sequence number and send time, in the last 24 bytes of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Number of the slot's first message: counts every message that the publisher sent, from 1.
    pub seq: u64,
    /// Messages in the slot.
    pub count: u16,
    /// When the first of them was written, [`monotonic_ns`](crate::clock::monotonic_ns).
    pub sent_mono_ns: u64,
}

impl Tail {
    /// Writes the tail into a slot of [`SLOT_BYTES`] bytes.
    pub(crate) fn write(self, slot: &mut [u8]) {
        let tail = &mut slot[TAIL_AT..TAIL_AT + TAIL_BYTES];
        tail[0..6].copy_from_slice(&TAIL_MAGIC);
        tail[6..8].copy_from_slice(&self.count.to_le_bytes());
        tail[8..16].copy_from_slice(&self.seq.to_le_bytes());
        tail[16..24].copy_from_slice(&self.sent_mono_ns.to_le_bytes());
    }

    /// Reads the tail of a slot; `None` when the publisher is not ours.
    pub(crate) fn read(slot: &[u8]) -> Option<Self> {
        let tail = slot.get(TAIL_AT..TAIL_AT + TAIL_BYTES)?;
        let word = |at: usize| tail[at..at + 8].try_into().map(u64::from_le_bytes).ok();
        (tail[..6] == TAIL_MAGIC).then_some(Self {
            count: u16::from_le_bytes([tail[6], tail[7]]),
            seq: word(8)?,
            sent_mono_ns: word(16)?,
        })
    }
}

/// Where the messages are.
enum Place {
    /// In shared memory.
    Shared(ReceivedSlot),
    /// On this thread's heap.
    Queued(Box<QueuedMessages>),
}

impl Place {
    /// All bytes, and how many of them are messages.
    #[inline]
    fn payload(&self) -> (&[u8], usize) {
        match self {
            Self::Shared(sample) => (sample.payload(), sample.user_header().len),
            Self::Queued(queued) => (queued.bytes(), queued.bytes().len()),
        }
    }

    /// Where the last message ends at most.
    #[inline]
    const fn end(&self, len: usize) -> usize {
        match self {
            Self::Shared(_) if len > TAIL_AT => TAIL_AT,
            Self::Shared(_) | Self::Queued(_) => len,
        }
    }
}

/// Messages for a bot, still where the connector has put them.
pub struct Slot {
    place: Place,
    tail: Option<Tail>,
    received_mono_ns: u64,
    /// Where the next message begins, or [`TORN`].
    at: usize,
    /// How many messages were taken.
    taken: u16,
}

impl Slot {
    pub(crate) fn new(sample: ReceivedSlot) -> Self {
        Self {
            tail: Tail::read(sample.payload()),
            received_mono_ns: clock::monotonic_ns(),
            place: Place::Shared(sample),
            at: 0,
            taken: 0,
        }
    }

    /// The messages of a connector on this thread.
    pub(crate) fn of_queue(queued: Box<QueuedMessages>, received_mono_ns: u64) -> Self {
        Self {
            tail: Some(queued.tail),
            received_mono_ns,
            place: Place::Queued(queued),
            at: 0,
            taken: 0,
        }
    }

    /// What [`of_queue`](Self::of_queue) was given; `None` for a slot of shared memory.
    pub(crate) fn into_queued(self) -> Option<Box<QueuedMessages>> {
        match self.place {
            Place::Queued(queued) => Some(queued),
            Place::Shared(_) => None,
        }
    }

    /// The addressed bot, [`TO_ALL`](crate::TO_ALL) for every bot.
    #[must_use]
    pub fn to(&self) -> u64 {
        match &self.place {
            Place::Shared(sample) => sample.user_header().id,
            Place::Queued(queued) => queued.to,
        }
    }

    /// Sequence number and send time, `None` from hftbacktest's own connector.
    #[must_use]
    pub const fn tail(&self) -> Option<Tail> {
        self.tail
    }

    /// When it was received, [`monotonic_ns`](crate::clock::monotonic_ns).
    #[must_use]
    pub const fn received_mono_ns(&self) -> u64 {
        self.received_mono_ns
    }

    /// Sequence number of the next message; 0 from hftbacktest's own connector.
    #[must_use]
    pub fn next_seq(&self) -> u64 {
        self.tail
            .map_or(0, |tail| tail.seq.wrapping_add(u64::from(self.taken)))
    }

    /// How many messages were not taken yet.
    #[must_use]
    pub fn left(&self) -> u16 {
        self.tail.map_or(1, |tail| tail.count) - self.taken
    }

    /// True when a damaged length hides the messages that are left.
    #[must_use]
    pub const fn is_torn(&self) -> bool {
        self.at == TORN
    }

    /// The next message, borrowed from the slot; `None` after the last one.
    ///
    /// # Errors
    /// [`DecodeError`] for foreign or damaged bytes; nothing was allocated beyond 64 KiB. Damage
    /// inside a message leaves those after it readable.
    #[inline]
    pub fn next_message(&mut self) -> Option<Result<WireEvent<'_>, DecodeError>> {
        if self.left() == 0 || self.is_torn() {
            return None;
        }
        let (payload, len) = self.place.payload();
        if self.tail.is_none() {
            self.taken = 1;
            return Some(decode_event(payload, len));
        }
        let bytes = payload.get(self.at..self.place.end(len));
        let Some((message, _)) = bytes.and_then(message::split) else {
            self.at = TORN;
            return Some(Err(DecodeError::Length(len)));
        };
        self.at += 2 + message.len();
        self.taken += 1;
        Some(message::read(message))
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
            count: 0x102,
            sent_mono_ns: 7,
        };
        tail.write(&mut slot);
        assert_eq!(Tail::read(&slot), Some(tail));
        assert_eq!(Tail::read(&slot[..SLOT_BYTES - 1]), None);
    }
}
