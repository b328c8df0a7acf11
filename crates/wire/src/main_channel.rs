//! A connector's messages to bots of this package, several to a slot.

use crate::{
    MAX_MESSAGE_BYTES, SLOT_BYTES, Tail, WireError, WireEventRef, clock, message,
    service::TAIL_BYTES,
    slot_io,
    slot_publisher::{LoanedSlot, SlotPublisher},
};

/// Bytes of a slot for messages: all before the tail.
const ROOM: usize = SLOT_BYTES - TAIL_BYTES;

/// A slot that is being filled.
struct OpenSlot {
    slot: LoanedSlot,
    to: u64,
    len: usize,
    count: u16,
    since_mono_ns: u64,
}

impl OpenSlot {
    /// False when the message does not fit any more.
    #[inline]
    fn put(&mut self, event: &WireEventRef<'_>) -> bool {
        let free = &mut self.slot.payload_mut()[self.len..ROOM];
        let Some(len) = message::put(event, free) else {
            return false;
        };
        self.len += len;
        self.count += 1;
        true
    }
}

/// The publisher for bots of this package. A message that was [`put`](Self::put) waits until the slot is
/// full, another bot is addressed, or [`flush`](Self::flush) sends it.
pub(crate) struct MainChannel {
    publisher: SlotPublisher,
    open: Option<OpenSlot>,
    /// Of the last message that was sent.
    seq: u64,
}

impl MainChannel {
    pub(crate) const fn new(publisher: SlotPublisher) -> Self {
        Self {
            publisher,
            open: None,
            seq: 0,
        }
    }

    pub(crate) const fn publisher(&self) -> &SlotPublisher {
        &self.publisher
    }

    pub(crate) const fn is_flushed(&self) -> bool {
        self.open.is_none()
    }

    /// Puts a message behind those that wait. A send error concerns the messages before this one: this one
    /// waits all the same. A message for which there is no slot is counted, so that bots see it missing; one
    /// that fits into no slot is not counted, because a bot that asked for it again would not get it either.
    ///
    /// # Errors
    /// [`WireError::Send`], [`WireError::Room`], [`WireError::TooLarge`].
    #[inline]
    pub(crate) fn put(&mut self, to: u64, event: &WireEventRef<'_>) -> Result<(), WireError> {
        if let Some(open) = &mut self.open
            && open.to == to
            && open.put(event)
        {
            return Ok(());
        }
        let flushed = self.flush();
        let mut open = self.loan(to).inspect_err(|_| self.seq += 1)?;
        if !open.put(event) {
            return Err(WireError::TooLarge {
                len: 0,
                max: MAX_MESSAGE_BYTES,
            });
        }
        self.open = Some(open);
        flushed
    }

    fn loan(&self, to: u64) -> Result<OpenSlot, WireError> {
        Ok(OpenSlot {
            slot: self.publisher.loan()?,
            to,
            len: 0,
            count: 0,
            since_mono_ns: clock::monotonic_ns(),
        })
    }

    /// Sends what waits. Messages that cannot be sent are counted, so that bots see them missing.
    ///
    /// # Errors
    /// [`WireError::Send`].
    #[inline]
    pub(crate) fn flush(&mut self) -> Result<(), WireError> {
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        let tail = Tail {
            seq: self.seq + 1,
            count: open.count,
            sent_mono_ns: open.since_mono_ns,
        };
        self.seq += u64::from(open.count);
        tail.write(open.slot.payload_mut());
        slot_io::send(open.slot, open.to, open.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ChannelConfig,
        ports::{open_publisher, open_subscriber},
        service::{Direction, Lane, open_node, open_service},
    };

    #[test]
    fn a_message_for_which_there_was_no_slot_is_seen_missing() {
        let name = format!("t-main-lane-{}", std::process::id());
        let node = open_node().unwrap();
        let config = ChannelConfig {
            buffer_size: 16,
            max_bots: 1,
        };
        let service = open_service(&node, &name, Lane::Main, Direction::ToBot, config).unwrap();
        let subscriber = open_subscriber(&service, &name).unwrap();
        let mut lane = MainChannel::new(open_publisher(&service, &name).unwrap());
        let put = |lane: &mut MainChannel| lane.put(0, &WireEventRef::BatchEnd);

        put(&mut lane).unwrap();
        lane.flush().unwrap();
        let loans: Vec<_> = std::iter::from_fn(|| lane.publisher().loan().ok()).collect();
        assert!(!loans.is_empty(), "the publisher lends some slots");
        assert!(matches!(put(&mut lane), Err(WireError::Send(_))));
        drop(loans);
        put(&mut lane).unwrap();
        lane.flush().unwrap();

        let seqs: Vec<u64> = std::iter::from_fn(|| subscriber.receive().unwrap())
            .map(|slot| Tail::read(slot.payload()).unwrap().seq)
            .collect();
        assert_eq!(seqs, [1, 3]);
    }
}
