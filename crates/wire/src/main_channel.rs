//! A connector's messages to bots of ours, several to a slot.

use hftbacktest::live::ipc::iceoryx::CustomHeader;
use iceoryx2::{prelude::ipc, sample_mut::SampleMut};

use crate::{
    MAX_MESSAGE_BYTES, SLOT_BYTES, Tail, WireError, WireEventRef, clock, message,
    service::{IpcPublisher, TAIL_BYTES},
};

/// What is before the tail.
const ROOM: usize = SLOT_BYTES - TAIL_BYTES;

/// A slot that is being filled.
struct OpenSlot {
    sample: SampleMut<ipc::Service, [u8], CustomHeader>,
    to: u64,
    len: usize,
    count: u16,
    since_mono_ns: u64,
}

impl OpenSlot {
    /// False when the message does not fit any more.
    #[inline]
    fn put(&mut self, event: &WireEventRef<'_>) -> bool {
        let free = &mut self.sample.payload_mut()[self.len..ROOM];
        let Some(len) = message::put(event, free) else {
            return false;
        };
        self.len += len;
        self.count += 1;
        true
    }
}

/// The publisher for bots of ours. What is [`put`](Self::put) waits for what comes after it until the
/// slot is full, somebody else is addressed, or [`flush`](Self::flush).
pub(crate) struct MainChannel {
    publisher: IpcPublisher,
    open: Option<OpenSlot>,
    /// Of the last message that was sent.
    seq: u64,
}

impl MainChannel {
    pub(crate) const fn new(publisher: IpcPublisher) -> Self {
        Self {
            publisher,
            open: None,
            seq: 0,
        }
    }

    pub(crate) const fn publisher(&self) -> &IpcPublisher {
        &self.publisher
    }

    pub(crate) const fn is_flushed(&self) -> bool {
        self.open.is_none()
    }

    /// Puts a message behind what waits. An error of sending that concerns messages before this one:
    /// this one waits all the same. When there is no slot for it, it is counted, so that bots see it
    /// missing; one that fits into no slot is not: asked for again, it would not fit again.
    ///
    /// # Errors
    /// [`WireError::Send`], [`WireError::TooLarge`].
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
        let sample = self.publisher.loan_slice_uninit(SLOT_BYTES);
        let sample = sample.map_err(|error| WireError::Send(format!("{error:?}")))?;
        Ok(OpenSlot {
            // SAFETY: bytes of a mapped file are initialised by the kernel, and any byte is a valid u8.
            sample: unsafe { sample.assume_init() },
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
        tail.write(open.sample.payload_mut());
        let header = open.sample.user_header_mut();
        header.id = open.to;
        header.len = open.len;
        match open.sample.send() {
            Ok(_) => Ok(()),
            Err(error) => Err(WireError::Send(format!("{error:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ChannelConfig,
        service::{Direction, Lane, open_node, open_publisher, open_service, open_subscriber},
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
        let loans: Vec<_> =
            std::iter::from_fn(|| lane.publisher().loan_slice_uninit(SLOT_BYTES).ok()).collect();
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
