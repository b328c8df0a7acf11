//! A bot's end of the protocol, towards one connector.

use std::time::Duration;

use hftbacktest::types::LiveRequest;
use iceoryx2::port::port_identifiers::UniquePublisherId;

use crate::{
    Asked, ChannelConfig, ControlEvent, ControlRequest, Destination, LinkEvent, LinkInfo, Slot,
    WireError, clock,
    codec::decode_owned,
    config::Channels,
    connector_link::{ConnectorLink, LinkChange, Run},
    ports::{open_publisher, open_subscriber},
    register::Register,
    service::{
        Direction, IpcNode, IpcService, IpcSubscriber, Lane, check_name, open_node, open_service,
    },
    slot_io::{publish_with, receive},
    slot_publisher::SlotPublisher,
};

/// The ports of the control channel.
struct Side {
    publisher: SlotPublisher,
    subscriber: IpcSubscriber,
    _services: [IpcService; 2],
}

/// The ports towards one kind of connector.
struct Ports {
    to_bot: IpcSubscriber,
    from_bot: SlotPublisher,
}

impl Ports {
    fn open([to_bot, from_bot]: &[IpcService; 2], name: &str) -> Result<Self, WireError> {
        Ok(Self {
            to_bot: open_subscriber(to_bot, name)?,
            from_bot: open_publisher(from_bot, name)?,
        })
    }
}

/// A bot's end towards one connector; lives on one thread.
pub struct BotPort {
    bot: u64,
    config: ChannelConfig,
    link: ConnectorLink,
    main: Ports,
    /// In use while hftbacktest's connector is there instead of one of this package.
    upstream: Option<Ports>,
    control: Option<Side>,
    /// The publisher that `last_seq` counts; `None` until its first message.
    origin: Option<UniquePublisherId>,
    last_seq: u64,
    /// A slot that was taken and not read to its end.
    unfinished: Option<Slot>,
    /// Tag of the destination that orders may go to; 0: any destination.
    agreed_tag: u32,
    _main_services: [IpcService; 2],
    upstream_services: [IpcService; 2],
    node: IpcNode,
    /// The node's entries in iceoryx2's register; dropped after the node.
    register: Register,
}

impl BotPort {
    /// Opens the services of connector `name` for bot `bot`. The connector need not be there yet.
    ///
    /// # Errors
    /// [`WireError::Name`], [`WireError::Config`] and [`WireError::Service`] with their remedies.
    pub fn open(name: &str, bot: u64, heartbeat_timeout: Duration) -> Result<Self, WireError> {
        let Channels { own, upstream } = Channels::load()?;
        check_name(name)?;
        let node = open_node()?;
        let open = |lane, config| -> Result<[IpcService; 2], WireError> {
            Ok([
                open_service(&node, name, lane, Direction::ToBot, config)?,
                open_service(&node, name, lane, Direction::FromBot, config)?,
            ])
        };
        let main_services = open(Lane::Main, own)?;
        let upstream_services = open(Lane::Upstream, upstream)?;
        let register = Register::of(&node);
        Ok(Self {
            bot,
            config: own,
            link: ConnectorLink::new(name, heartbeat_timeout),
            main: Ports::open(&main_services, name)?,
            upstream: None,
            control: None,
            origin: None,
            last_seq: 0,
            unfinished: None,
            agreed_tag: 0,
            _main_services: main_services,
            upstream_services,
            node,
            register,
        })
    }

    fn ports(&self) -> &Ports {
        self.upstream.as_ref().unwrap_or(&self.main)
    }

    /// Takes the next slot, whichever bot it is addressed to, and says how many messages were lost before it.
    /// A slot that was [put back](Self::put_back) comes first. The count starts at a publisher's first
    /// message that is received.
    ///
    /// # Errors
    /// [`WireError::Receive`] when iceoryx2 fails.
    #[inline]
    pub fn recv(&mut self) -> Result<Option<(Slot, u64)>, WireError> {
        if let Some(slot) = self.unfinished.take() {
            return Ok(Some((slot, 0)));
        }
        let Some(sample) = receive(&self.ports().to_bot)? else {
            return Ok(None);
        };
        let origin = sample.origin();
        let slot = Slot::new(sample);
        let mut lost = 0;
        if let Some(tail) = slot.tail() {
            if self.origin == Some(origin) {
                lost = tail.seq.saturating_sub(self.last_seq.wrapping_add(1));
            }
            self.origin = Some(origin);
            // The number of the slot's last message.
            self.last_seq = tail.seq.wrapping_add(u64::from(tail.count)).wrapping_sub(1);
        }
        Ok(Some((slot, lost)))
    }

    /// Gives a slot back that was not read to its end: [`recv`](Self::recv) goes on with it.
    #[inline]
    pub fn put_back(&mut self, slot: Slot) {
        self.unfinished = (slot.left() > 0 && !slot.is_torn()).then_some(slot);
    }

    /// True when a message waits.
    #[must_use]
    pub fn has_messages(&self) -> bool {
        self.unfinished.is_some()
            || self.ports().to_bot.has_samples().unwrap_or(true)
            || self
                .control
                .as_ref()
                .is_some_and(|control| control.subscriber.has_samples().unwrap_or(true))
    }

    /// Takes the next event of the control channel that is for this bot. `Err(())` stands for damaged
    /// bytes: count it and go on.
    #[must_use]
    pub fn recv_control(&mut self) -> Option<Result<ControlEvent, ()>> {
        let control = self.control.as_ref()?;
        loop {
            let sample = control.subscriber.receive().ok()??;
            let header = sample.user_header();
            if header.id == crate::TO_ALL || header.id == self.bot {
                return Some(decode_owned(sample.payload(), header.len).map_err(|_| ()));
            }
        }
    }

    /// Sends a request that is never too late and wakes the connector.
    ///
    /// # Errors
    /// [`WireError::Send`], [`WireError::TooLarge`].
    pub fn send(&self, request: &LiveRequest) -> Result<(), WireError> {
        self.send_by(request, u64::MAX)
    }

    /// Sends a request that must not be carried out after `deadline_ns`,
    /// [`monotonic_ns`](clock::monotonic_ns), and wakes the connector. Only connectors of this package check
    /// the deadline.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_by(&self, request: &LiveRequest, deadline_ns: u64) -> Result<(), WireError> {
        let tail = |slot: &mut [u8]| {
            Asked::write(clock::monotonic_ns(), deadline_ns, self.agreed_tag, slot)
        };
        publish_with(&self.ports().from_bot, self.bot, request, tail)?;
        self.link.ring();
        Ok(())
    }

    /// From now on requests say that orders are meant for this destination. A connector of this package with
    /// another destination, which took over a moment ago for instance, refuses them.
    pub fn agree(&mut self, destination: &Destination) {
        self.agreed_tag = destination.tag();
    }

    /// Sends a request on the control channel and wakes the connector.
    ///
    /// # Errors
    /// [`WireError::Unsupported`] when the connector does not have it, else as [`BotPort::send`].
    pub fn send_control(&self, request: &ControlRequest) -> Result<(), WireError> {
        self.send_side_by(request, u64::MAX)
    }

    /// As [`send_control`](Self::send_control), for a request that must not be carried out after
    /// `deadline_ns`, [`monotonic_ns`](clock::monotonic_ns).
    ///
    /// # Errors
    /// As [`send_control`](Self::send_control).
    pub fn send_side_by(
        &self,
        request: &ControlRequest,
        deadline_ns: u64,
    ) -> Result<(), WireError> {
        let (needed, what) = request.needs();
        let able = self.link.offers(needed);
        let Some(control) = self.control.as_ref().filter(|_| able) else {
            return Err(WireError::Unsupported {
                connector: self.name().to_owned(),
                what,
            });
        };
        let tail = |slot: &mut [u8]| {
            Asked::write(clock::monotonic_ns(), deadline_ns, self.agreed_tag, slot)
        };
        publish_with(&control.publisher, self.bot, request, tail)?;
        self.link.ring();
        Ok(())
    }

    /// True when the connector rings a doorbell after it has sent messages.
    #[must_use]
    pub const fn has_doorbell(&self) -> bool {
        self.link.is_ours() && self.link.is_connected()
    }

    /// True for a connector of this package: its answers report every order, and it rings.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        self.link.is_ours()
    }

    /// True when the connector is there.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.link.is_connected()
    }

    /// The connector's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.link.connector()
    }

    /// Looks whether the connector came, went or was replaced. Costs two system calls; call it
    /// every few milliseconds, not per message.
    ///
    /// # Errors
    /// [`WireError::Service`] when the control channel of a connector cannot be opened.
    pub fn check_link(&mut self) -> Result<Option<LinkEvent>, WireError> {
        self.register.keep();
        match self.link.look(&self.upstream_services[0])? {
            None => Ok(None),
            Some(LinkChange::Lost) => Ok(Some(LinkEvent::Lost)),
            Some(LinkChange::Found(run)) => {
                self.turn_to(run)?;
                Ok(Some(self.link.connect(run)))
            }
        }
    }

    /// Uses the services of the kind of connector that is there now.
    fn turn_to(&mut self, run: Run) -> Result<(), WireError> {
        self.unfinished = None;
        match run {
            Run::Epoch(_) => {
                self.upstream = None;
                if self.control.is_none() {
                    self.control = Some(self.open_control()?);
                    self.register.note(&self.node);
                }
            }
            Run::Publisher(_) => {
                self.control = None;
                if self.upstream.is_none() {
                    self.upstream = Some(Ports::open(&self.upstream_services, self.name())?);
                }
            }
        }
        Ok(())
    }

    fn open_control(&self) -> Result<Side, WireError> {
        let open =
            |direction| open_service(&self.node, self.name(), Lane::Side, direction, self.config);
        let services = [open(Direction::ToBot)?, open(Direction::FromBot)?];
        Ok(Side {
            subscriber: open_subscriber(&services[0], self.name())?,
            publisher: open_publisher(&services[1], self.name())?,
            _services: services,
        })
    }

    /// What is known of the connector.
    #[must_use]
    pub fn info(&self) -> LinkInfo {
        self.link.info(self.control.is_some())
    }
}
