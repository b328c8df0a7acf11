//! Opening the iceoryx2 services.

use std::{thread, time::Duration};

use hftbacktest::live::ipc::iceoryx::CustomHeader;
use iceoryx2::{
    node::{Node, NodeBuilder},
    port::{publisher::Publisher, subscriber::Subscriber},
    prelude::{ServiceName, SignalHandlingMode, ipc},
    service::{
        builder::publish_subscribe::{
            PublishSubscribeOpenError, PublishSubscribeOpenOrCreateError,
        },
        port_factory::publish_subscribe::PortFactory,
    },
};

use tracing::warn;

use crate::{ChannelConfig, WireError, remains};

/// Size of every message's slot, hftbacktest's `MAX_PAYLOAD_SIZE`.
pub const SLOT_BYTES: usize = 512;
/// Bytes at the end of a slot for sequence number and send time, see [`Tail`](crate::Tail).
pub(crate) const TAIL_BYTES: usize = 24;
/// Bytes before each message of a shared slot: length and kind.
pub(crate) const PREFIX_BYTES: usize = 3;

/// A service in a bad state is tried again this often before it is an error.
pub(crate) const TRIES: u32 = 8;
pub(crate) const FIRST_PAUSE: Duration = Duration::from_millis(5);

pub(crate) type IpcNode = Node<ipc::Service>;
pub(crate) type IpcService = PortFactory<ipc::Service, [u8], CustomHeader>;
pub(crate) type IpcPublisher = Publisher<ipc::Service, [u8], CustomHeader>;
pub(crate) type IpcSubscriber = Subscriber<ipc::Service, [u8], CustomHeader>;

/// Which way a service runs.
#[derive(Clone, Copy)]
pub(crate) enum Direction {
    ToBot,
    FromBot,
}

/// A pair of services of a connector.
#[derive(Clone, Copy)]
pub(crate) enum Lane {
    /// hftbacktest's own.
    Upstream,
    /// The same messages between programs of this package, with sizes of their own.
    Main,
    /// What hftbacktest's messages have no room for.
    Side,
}

fn service_name(connector: &str, lane: Lane, direction: Direction) -> String {
    let suffix = match (lane, direction) {
        (Lane::Upstream, Direction::ToBot) => "ToBot",
        (Lane::Upstream, Direction::FromBot) => "FromBot",
        (Lane::Main, Direction::ToBot) => "Main/ToBot",
        (Lane::Main, Direction::FromBot) => "Main/FromBot",
        (Lane::Side, Direction::ToBot) => "Side/ToBot",
        (Lane::Side, Direction::FromBot) => "Side/FromBot",
    };
    format!("{connector}/{suffix}")
}

/// Refuses a connector's name of which no service can be made.
pub(crate) fn check_name(name: &str) -> Result<(), WireError> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.len() > 100 {
        "it is longer than 100 bytes"
    } else if name.chars().any(char::is_control) {
        "it holds control characters"
    } else {
        return Ok(());
    };
    Err(WireError::Name {
        name: name.to_owned(),
        reason: reason.to_owned(),
    })
}

/// A node that leaves the process's signals alone.
pub(crate) fn open_node() -> Result<IpcNode, WireError> {
    NodeBuilder::new()
        .signal_handling_mode(SignalHandlingMode::Disabled)
        .create::<ipc::Service>()
        .map_err(|error| WireError::Service {
            service: "node".to_owned(),
            reason: format!("{error:?}"),
            remedy: "Check that iceoryx2's folder in the temporary directory is writable by this user",
        })
}

pub(crate) fn open_service(
    node: &IpcNode,
    connector: &str,
    lane: Lane,
    direction: Direction,
    config: ChannelConfig,
) -> Result<IpcService, WireError> {
    let name = service_name(connector, lane, direction);
    let service: ServiceName = name.as_str().try_into().map_err(|error| WireError::Name {
        name: connector.to_owned(),
        reason: format!("{error:?}"),
    })?;
    let (publishers, subscribers) = match direction {
        Direction::ToBot => (1, config.max_bots),
        Direction::FromBot => (config.max_bots, 1),
    };
    // iceoryx2 allows 20 nodes per service by default. A service that hftbacktest made has that
    // limit; one that we make has room for every bot.
    let mut nodes = config.max_bots + 2;
    let mut pause = FIRST_PAUSE;
    let mut is_cleared = false;
    for attempt in 1.. {
        let result = node
            .service_builder(&service)
            .publish_subscribe::<[u8]>()
            .subscriber_max_buffer_size(config.buffer_size)
            .max_publishers(publishers)
            .max_subscribers(subscribers)
            .max_nodes(nodes)
            .user_header::<CustomHeader>()
            .open_or_create();
        match result {
            Ok(factory) => return Ok(factory),
            Err(PublishSubscribeOpenOrCreateError::PublishSubscribeOpenError(
                PublishSubscribeOpenError::DoesNotSupportRequestedAmountOfNodes,
            )) if nodes > 1 => nodes = 1,
            Err(error) if is_passing(&error) && attempt < TRIES => {
                thread::sleep(pause);
                pause *= 2;
            }
            // Files of it that a killed process left may be in the way.
            Err(_) if !core::mem::replace(&mut is_cleared, true) && remains::remove(&name) => {
                warn!(service = name, "removed what a killed process left of it");
            }
            Err(error) => {
                if let Some(foreign) = remains::foreign(&name) {
                    return Err(foreign);
                }
                return Err(WireError::Service {
                    service: name,
                    reason: format!("{error:?}"),
                    remedy: remedy(&error),
                });
            }
        }
    }
    unreachable!("the loop returns")
}

fn is_passing(error: &PublishSubscribeOpenOrCreateError) -> bool {
    use PublishSubscribeOpenError as Open;
    match error {
        PublishSubscribeOpenOrCreateError::SystemInFlux
        | PublishSubscribeOpenOrCreateError::PublishSubscribeCreateError(_) => true,
        PublishSubscribeOpenOrCreateError::PublishSubscribeOpenError(open) => matches!(
            open,
            Open::DoesNotExist
                | Open::InternalFailure
                | Open::IncompatibleTypes
                | Open::ServiceInCorruptedState
                | Open::HangsInCreation
                | Open::IsMarkedForDestruction
        ),
    }
}

fn remedy(error: &PublishSubscribeOpenOrCreateError) -> &'static str {
    use PublishSubscribeOpenError as Open;
    let PublishSubscribeOpenOrCreateError::PublishSubscribeOpenError(open) = error else {
        return "If a connector of this name runs already, the register of iceoryx2 (/tmp/iceoryx2) was emptied under it: \
                restart it. Else check the size of /dev/shm (a connector reserves about 560 bytes x max_bots x buffer_size twice) \
                and lower max_bots and buffer_size through HFTBACKTEST_CHANNEL_CONFIG";
    };
    match open {
        Open::DoesNotSupportRequestedMinBufferSize
        | Open::DoesNotSupportRequestedAmountOfPublishers
        | Open::DoesNotSupportRequestedAmountOfSubscribers => {
            "Give every process of this connector the same HFTBACKTEST_CHANNEL_CONFIG, and restart them together"
        }
        Open::ExceedsMaxNumberOfNodes => {
            "Too many bots on this connector: stop some, or raise max_bots through HFTBACKTEST_CHANNEL_CONFIG for all of \
             them. A service that hftbacktest made has room for 20 programs: start our connector first"
        }
        Open::InsufficientPermissions => "Run the connector and its bots as the same user",
        Open::IncompatibleTypes
        | Open::IncompatibleMessagingPattern
        | Open::IncompatibleOverflowBehavior
        | Open::IncompatibleAttributes => {
            "Another program made a service of this name; choose another connector name"
        }
        _ => {
            "A process was killed while it made the service. Stop every bot and connector of this name, \
             then remove the files of iceoryx2 in the temporary directory and in /dev/shm (iox2_*)"
        }
    }
}
