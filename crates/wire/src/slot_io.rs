//! Sends and receives the slots of a service.

use hftbacktest::live::ipc::iceoryx::CustomHeader;
use iceoryx2::{prelude::ipc, sample::Sample};

use crate::{
    MAX_MESSAGE_BYTES, WireError,
    codec::encode,
    service::IpcSubscriber,
    slot_publisher::{LoanedSlot, SlotPublisher, send_error},
};

/// A slot that was received.
pub(crate) type ReceivedSlot = Sample<ipc::Service, [u8], CustomHeader>;

/// Sends a slot to bot `id`, or from it, of which `len` bytes are messages.
#[inline]
pub(crate) fn send(mut slot: LoanedSlot, id: u64, len: usize) -> Result<(), WireError> {
    let header = slot.user_header_mut();
    header.id = id;
    header.len = len;
    slot.send().map_err(send_error)?;
    Ok(())
}

/// Sends a message in a slot of its own.
pub(crate) fn publish<T: bincode::Encode>(
    publisher: &SlotPublisher,
    id: u64,
    message: &T,
) -> Result<(), WireError> {
    publish_with(publisher, id, message, |_| {})
}

/// As [`publish`], with what `finish` writes behind the message.
pub(crate) fn publish_with<T: bincode::Encode>(
    publisher: &SlotPublisher,
    id: u64,
    message: &T,
    finish: impl FnOnce(&mut [u8]),
) -> Result<(), WireError> {
    let mut slot = publisher.loan()?;
    let payload = slot.payload_mut();
    let len =
        encode(message, &mut payload[..MAX_MESSAGE_BYTES]).map_err(|_| WireError::TooLarge {
            len: 0,
            max: MAX_MESSAGE_BYTES,
        })?;
    finish(payload);
    send(slot, id, len)
}

/// Takes the next slot of a subscriber; `None` when none waits.
///
/// # Errors
/// [`WireError::Receive`].
#[inline]
pub(crate) fn receive(subscriber: &IpcSubscriber) -> Result<Option<ReceivedSlot>, WireError> {
    subscriber
        .receive()
        .map_err(|error| WireError::Receive(format!("{error:?}")))
}
