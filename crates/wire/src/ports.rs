//! Opening the ports of a service.

use std::thread;

use iceoryx2::prelude::PortFactory as _;

use crate::{
    SLOT_BYTES, WireError, forgotten, room,
    service::{FIRST_PAUSE, IpcService, IpcSubscriber, TRIES},
    slot_publisher::SlotPublisher,
};

/// What a port takes beside what grows with its slots; generous.
const FIXED_BYTES: u64 = 16 * 1024;

/// # Errors
/// [`WireError::Room`] when shared memory has no room for it, [`WireError::Service`].
pub(crate) fn open_publisher(service: &IpcService, name: &str) -> Result<SlotPublisher, WireError> {
    let sizes = service.static_config();
    let slots = sizes.max_subscribers() * sizes.subscriber_max_buffer_size();
    let connections = service.dynamic_config().number_of_subscribers();
    room::require(index_bytes(slots) + connections as u64 * connection_bytes(service))?;
    let port = with_retry(service, name, || {
        service
            .publisher_builder()
            .initial_max_slice_len(SLOT_BYTES)
            .create()
    })?;
    SlotPublisher::new(port)
}

/// # Errors
/// As [`open_publisher`].
pub(crate) fn open_subscriber(
    service: &IpcService,
    name: &str,
) -> Result<IpcSubscriber, WireError> {
    let connections = service.dynamic_config().number_of_publishers();
    room::require(connections as u64 * connection_bytes(service))?;
    with_retry(service, name, || service.subscriber_builder().create())
}

/// What iceoryx2 writes for a publisher before its first slot: a number for each slot.
const fn index_bytes(slots: usize) -> u64 {
    4 * slots as u64 + FIXED_BYTES
}

/// What iceoryx2 writes for a pair of publisher and subscriber: a queue each way, and a flag for each slot.
fn connection_bytes(service: &IpcService) -> u64 {
    let sizes = service.static_config();
    let buffer = sizes.subscriber_max_buffer_size();
    (sizes.max_subscribers() * buffer + 16 * buffer) as u64 + FIXED_BYTES
}

fn with_retry<T, E: core::fmt::Debug>(
    service: &IpcService,
    name: &str,
    mut create: impl FnMut() -> Result<T, E>,
) -> Result<T, WireError> {
    let mut pause = FIRST_PAUSE;
    for attempt in 1.. {
        match create() {
            Ok(port) => return Ok(port),
            Err(_) if attempt < TRIES => {
                // By then the living have written anew what another program took from the register. Twice:
                // another program may be about the same the first time.
                if attempt + 2 >= TRIES {
                    forgotten::take_out(service, name);
                }
                thread::sleep(pause);
                pause *= 2;
            }
            Err(error) => {
                return Err(WireError::Service {
                    service: name.to_owned(),
                    reason: format!("{error:?}"),
                    remedy: "Either another connector holds this name, or all places for bots are taken (max_bots, by \
                             default 32), or /dev/shm is too small. Places and size are set through \
                             HFTBACKTEST_CHANNEL_CONFIG, the same for every program of this connector",
                });
            }
        }
    }
    unreachable!("the loop returns")
}
