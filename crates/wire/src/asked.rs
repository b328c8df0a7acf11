//! When a request was made and until when it may be carried out: what bots of this package write into the
//! unused end of a request's slot. Other connectors do not read these bytes; hftbacktest's bots do not write
//! them.

use crate::service::{SLOT_BYTES, TAIL_BYTES};

const MAGIC: [u8; 4] = *b"hAk2";
const AT: usize = SLOT_BYTES - TAIL_BYTES;

/// When a request was made, on the clock that all processes of a machine share,
/// [`monotonic_ns`](crate::clock::monotonic_ns).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// When the bot sent it; when the connector received it, where the bot does not say.
    pub sent_mono_ns: u64,
    /// The request must not be carried out after this; [`u64::MAX`]: it is never too late. `None`: the bot
    /// does not say.
    pub deadline_mono_ns: Option<u64>,
    /// The tag of the [`Destination`](crate::Destination) that the bot's program has agreed to; 0: the bot
    /// does not say.
    pub tag: u32,
}

impl Asked {
    /// The request of a bot that says nothing.
    #[must_use]
    pub const fn received_at(mono_ns: u64) -> Self {
        Self {
            sent_mono_ns: mono_ns,
            deadline_mono_ns: None,
            tag: 0,
        }
    }

    /// Writes it into a slot of [`SLOT_BYTES`] bytes.
    pub(crate) fn write(sent_mono_ns: u64, deadline_mono_ns: u64, tag: u32, slot: &mut [u8]) {
        let tail = &mut slot[AT..AT + TAIL_BYTES];
        tail[0..4].copy_from_slice(&MAGIC);
        tail[4..8].copy_from_slice(&tag.to_le_bytes());
        tail[8..16].copy_from_slice(&sent_mono_ns.to_le_bytes());
        tail[16..24].copy_from_slice(&deadline_mono_ns.to_le_bytes());
    }

    /// Reads it from a slot that was received at `now_ns`.
    pub(crate) fn read(slot: &[u8], now_ns: u64) -> Self {
        let written = slot.get(AT..AT + TAIL_BYTES).and_then(|tail| {
            let word = |at: usize| tail[at..at + 8].try_into().map(u64::from_le_bytes).ok();
            let tag = u32::from_le_bytes([tail[4], tail[5], tail[6], tail[7]]);
            (tail[..4] == MAGIC).then_some((word(8)?, word(16)?, tag))
        });
        match written {
            // A time in the future was not written by a bot with this machine's clock.
            Some((sent_mono_ns, deadline, tag)) if sent_mono_ns <= now_ns => Self {
                sent_mono_ns,
                deadline_mono_ns: Some(deadline),
                tag,
            },
            _ => Self::received_at(now_ns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_bot_wrote_is_read_and_anything_else_counts_from_its_receipt() {
        let mut slot = [0u8; SLOT_BYTES];
        assert_eq!(Asked::read(&slot, 9), Asked::received_at(9));
        Asked::write(7, 20, 5, &mut slot);
        let asked = Asked::read(&slot, 9);
        assert_eq!((asked.sent_mono_ns, asked.deadline_mono_ns), (7, Some(20)));
        assert_eq!(asked.tag, 5);
        assert_eq!(Asked::read(&slot, 6), Asked::received_at(6));
        assert_eq!(Asked::read(&slot[..4], 9), Asked::received_at(9));
    }
}
