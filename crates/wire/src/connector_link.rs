//! Whether a bot's connector is there, of which kind it is, and which run of it.

use std::{cell::Cell, time::Duration};

use iceoryx2::{
    port::port_identifiers::UniquePublisherId,
    prelude::{CallbackProgression, PortFactory},
};

use crate::{
    Capabilities, Destination, WireError, block_path::connector_path, control_block::ControlBlock,
    idle::doorbell, service::IpcService,
};

/// What happened to the link with a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkEvent {
    /// It is there; the instruments must be registered.
    Connected,
    /// It died, stopped or went silent.
    Lost,
    /// Another run of it took over; the instruments must be registered again.
    Restarted,
}

/// What is known of a connector.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkInfo {
    /// It is there now.
    pub connected: bool,
    /// It has the control channel.
    pub control_channel: bool,
    /// What it can do beyond hftbacktest's protocol; nothing when it has no control channel.
    pub capabilities: Capabilities,
    /// Start of its run, Unix nanoseconds; 0 for hftbacktest's connector.
    pub epoch: u64,
    /// Its process id; 0 for hftbacktest's connector.
    pub pid: u32,
    /// Its version; empty for hftbacktest's connector.
    pub version: String,
    /// Age of its heartbeat in nanoseconds; `None` for hftbacktest's connector.
    pub heartbeat_age_ns: Option<u64>,
    /// Where its orders go; unknown when it does not say.
    pub destination: Destination,
}

/// A run of a connector.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run {
    /// Of a connector of this package: the epoch of its control block.
    Epoch(u64),
    /// Of hftbacktest's connector, which has no control block: the id of its publisher.
    Publisher(UniquePublisherId),
}

/// What a look at a connector found.
pub(crate) enum LinkChange {
    /// It is not there any more.
    Lost,
    /// This run is there, and the bot is not connected to it yet.
    Found(Run),
}

/// The link of a bot with one connector.
pub(crate) struct ConnectorLink {
    connector: String,
    heartbeat_timeout: Duration,
    /// The connector's control block; `None` for hftbacktest's connector, or when none is there yet.
    block: Option<ControlBlock>,
    connected: bool,
    /// The run that the bot was connected to last.
    run: Option<Run>,
    /// The publisher with which a connector of this package serves hftbacktest's bots, as it was seen last.
    ours_for_upstream: Option<UniquePublisherId>,
}

impl ConnectorLink {
    pub(crate) fn new(connector: &str, heartbeat_timeout: Duration) -> Self {
        Self {
            connector: connector.to_owned(),
            heartbeat_timeout,
            block: None,
            connected: false,
            run: None,
            ours_for_upstream: None,
        }
    }

    pub(crate) fn connector(&self) -> &str {
        &self.connector
    }

    /// True when the connector is there.
    pub(crate) const fn is_connected(&self) -> bool {
        self.connected
    }

    /// True when the connector is of this package.
    pub(crate) const fn is_ours(&self) -> bool {
        self.block.is_some()
    }

    /// Whether the connector is of this package and has this capability.
    pub(crate) fn offers(&self, capability: Capabilities) -> bool {
        self.block
            .as_ref()
            .is_some_and(|block| block.capabilities().contains(capability))
    }

    /// Wakes the connector if it sleeps; hftbacktest's has no doorbell.
    pub(crate) fn ring(&self) {
        if let Some(block) = &self.block {
            doorbell::ring(block);
        }
    }

    /// Looks whether the connector came, went or was replaced. A run that is found counts only once
    /// [`connect`](Self::connect) is called: until then every look finds it again. `upstream_events` is the
    /// service on which a connector publishes for hftbacktest's bots.
    ///
    /// # Errors
    /// [`WireError::ControlBlock`].
    pub(crate) fn look(
        &mut self,
        upstream_events: &IpcService,
    ) -> Result<Option<LinkChange>, WireError> {
        if self
            .block
            .as_ref()
            .is_none_or(|block| !block.is_held() || block.is_replaced())
        {
            let found =
                ControlBlock::visit(connector_path(&self.connector))?.filter(ControlBlock::is_held);
            if found.is_some() {
                self.block = found;
            }
        }
        Ok(match self.current_run(upstream_events) {
            Some(run) if self.connected && self.run == Some(run) => None,
            Some(run) => Some(LinkChange::Found(run)),
            None => core::mem::take(&mut self.connected).then_some(LinkChange::Lost),
        })
    }

    /// From now on the bot is connected to this run.
    pub(crate) fn connect(&mut self, run: Run) -> LinkEvent {
        self.connected = true;
        match self.run.replace(run) {
            Some(before) if before != run => LinkEvent::Restarted,
            _ => LinkEvent::Connected,
        }
    }

    /// The run of the connector that is there now.
    fn current_run(&mut self, upstream_events: &IpcService) -> Option<Run> {
        if let Some(block) = &self.block {
            if block.is_held() {
                self.ours_for_upstream = publisher_of(upstream_events);
                let timeout = u64::try_from(self.heartbeat_timeout.as_nanos()).unwrap_or(u64::MAX);
                return (block.is_ready() && block.heartbeat_age_ns() < timeout)
                    .then(|| Run::Epoch(block.epoch()));
            }
            // Its owner is dead; hftbacktest's connector may have taken the name since. The publisher of a
            // dead connector stays listed until iceoryx2 cleans up after it, so only another one counts.
            let publisher = publisher_of(upstream_events)?;
            if self.ours_for_upstream == Some(publisher) {
                return None;
            }
            self.block = None;
            return Some(Run::Publisher(publisher));
        }
        publisher_of(upstream_events).map(Run::Publisher)
    }

    /// What is known of the connector. `has_control`: the bot has opened the control channel.
    pub(crate) fn info(&self, has_control: bool) -> LinkInfo {
        let mut info = LinkInfo {
            connected: self.connected,
            ..LinkInfo::default()
        };
        if let Some(block) = &self.block {
            info.control_channel = has_control;
            info.capabilities = block.capabilities();
            info.epoch = block.epoch();
            info.pid = block.pid();
            info.version = block.version();
            info.heartbeat_age_ns = Some(block.heartbeat_age_ns());
            info.destination = block.destination();
        }
        info
    }
}

/// The publisher of a service for hftbacktest's bots: hftbacktest's connector, or ours for these bots.
fn publisher_of(upstream_events: &IpcService) -> Option<UniquePublisherId> {
    let found = Cell::new(None);
    upstream_events
        .dynamic_config()
        .list_publishers(|publisher| {
            found.set(Some(publisher.publisher_id));
            CallbackProgression::Stop
        });
    found.get()
}
