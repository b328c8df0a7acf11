//! A bot's end of the protocol, towards one connector.

use std::{cell::Cell, sync::Arc, time::Duration};

use hftbacktest::types::LiveRequest;
use iceoryx2::{
    port::port_identifiers::UniquePublisherId,
    prelude::{CallbackProgression, PortFactory},
};

use crate::{
    Asked, Capabilities, ChannelConfig, ControlEvent, ControlRequest, Destination, Ringer, Slot,
    WakerAffinity, WireError, clock,
    codec::decode_owned,
    config::Channels,
    connector_port::{check_name, publish_with, receive_error},
    control_block::{self, ControlBlock, Hello},
    idle::doorbell,
    leftovers,
    register::{self, Register},
    room,
    service::{
        Direction, IpcNode, IpcPublisher, IpcService, IpcSubscriber, Lane, open_node,
        open_publisher, open_service, open_subscriber,
    },
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
    /// Start of its run, Unix nanoseconds; 0 when it is not ours.
    pub epoch: u64,
    /// Its process id; 0 when it is not ours.
    pub pid: u32,
    /// Its version; empty when it is not ours.
    pub version: String,
    /// Age of its heartbeat in nanoseconds; `None` when it is not ours.
    pub heartbeat_age_ns: Option<u64>,
    /// Where its orders go; unknown when it does not say.
    pub destination: Destination,
}

struct Side {
    publisher: IpcPublisher,
    subscriber: IpcSubscriber,
    _services: [IpcService; 2],
}

/// The ports on which one kind of connector is heard and spoken to.
struct Ports {
    to_bot: IpcSubscriber,
    from_bot: IpcPublisher,
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
    name: String,
    bot: u64,
    config: ChannelConfig,
    heartbeat_timeout: Duration,
    main: Ports,
    /// In use while hftbacktest's connector is there instead of ours.
    stock: Option<Ports>,
    control: Option<Side>,
    /// The connector's control block; `None` for hftbacktest's connector, or when none is there yet.
    block: Option<ControlBlock>,
    connected: bool,
    /// Tells runs apart: the control block's epoch, or a publisher's id where there is no control block.
    run: Option<Run>,
    /// The publisher that `last_seq` counts; `None` until its first message.
    origin: Option<UniquePublisherId>,
    last_seq: u64,
    /// Taken, and not read to its end.
    unfinished: Option<Slot>,
    /// Of the destination that orders may go to; 0: of any.
    agreed_tag: u32,
    /// With which our connector serves hftbacktest's bots, while ours is there.
    ours_for_stock: Option<UniquePublisherId>,
    _main_services: [IpcService; 2],
    stock_services: [IpcService; 2],
    node: IpcNode,
    /// Entries of the node: let go of after it.
    register: Register,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    Epoch(u64),
    Publisher(UniquePublisherId),
}

/// A control block that a bot holds so that connectors can wake it and see that it lives.
pub struct BotControlBlock(pub(crate) Arc<ControlBlock>);

impl BotControlBlock {
    /// Makes the control block of bot `id`.
    ///
    /// # Errors
    /// [`WireError::AlreadyRunning`] when a living bot has this id, [`WireError::ControlBlock`] otherwise.
    pub fn own(id: u64) -> Result<Self, WireError> {
        Self::own_as(id, Capabilities::default())
    }

    /// As [`own`](Self::own), for a bot that is [`Capabilities::ONLOOKER`].
    ///
    /// # Errors
    /// As [`own`](Self::own).
    pub fn own_as(id: u64, capabilities: Capabilities) -> Result<Self, WireError> {
        let hello = Hello {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            kind: "bot".to_owned(),
            capabilities,
            destination: Destination::default(),
        };
        leftovers::sweep();
        register::check()?;
        room::require(room::BOT_BYTES)?;
        let block = ControlBlock::own(
            control_block::bot_path(id),
            &format!("bot {id:#018x}"),
            &hello,
        )?;
        block.set_state(control_block::ControlBlockState::Ready);
        Ok(Self(Arc::new(block)))
    }

    /// Wakes the bot from another thread.
    #[must_use]
    pub fn ringer(&self) -> Ringer {
        Ringer::new(self.0.clone())
    }

    /// Sleeps until a connector or a [`Ringer`] rings, unless `has_work` finds something after
    /// the sleeper has announced itself. `affinity` is the calling thread's.
    pub fn sleep(
        &self,
        timeout: Duration,
        affinity: &mut WakerAffinity,
        has_work: impl FnOnce() -> bool,
    ) {
        doorbell::sleep(&self.0, timeout, affinity, has_work);
    }
}

impl BotPort {
    /// Opens the services of connector `name` for bot `bot`. The connector need not be there yet.
    ///
    /// # Errors
    /// [`WireError::Name`], [`WireError::Config`] and [`WireError::Service`] with their remedies.
    pub fn open(name: &str, bot: u64, heartbeat_timeout: Duration) -> Result<Self, WireError> {
        let Channels { own, stock } = Channels::load()?;
        check_name(name)?;
        let node = open_node()?;
        let open = |lane, config| -> Result<[IpcService; 2], WireError> {
            Ok([
                open_service(&node, name, lane, Direction::ToBot, config)?,
                open_service(&node, name, lane, Direction::FromBot, config)?,
            ])
        };
        let main_services = open(Lane::Main, own)?;
        let stock_services = open(Lane::Stock, stock)?;
        let register = Register::of(&node);
        Ok(Self {
            name: name.to_owned(),
            bot,
            config: own,
            heartbeat_timeout,
            main: Ports::open(&main_services, name)?,
            stock: None,
            control: None,
            block: None,
            connected: false,
            run: None,
            origin: None,
            last_seq: 0,
            unfinished: None,
            agreed_tag: 0,
            ours_for_stock: None,
            _main_services: main_services,
            stock_services,
            node,
            register,
        })
    }

    fn ports(&self) -> &Ports {
        self.stock.as_ref().unwrap_or(&self.main)
    }

    /// Takes the next slot, whoever it is addressed to, and says how many messages were lost before it;
    /// first one that was [put back](Self::put_back). The first message of a publisher is where its
    /// count starts.
    ///
    /// # Errors
    /// [`WireError::Receive`] when iceoryx2 fails.
    #[inline]
    pub fn recv(&mut self) -> Result<Option<(Slot, u64)>, WireError> {
        if let Some(slot) = self.unfinished.take() {
            return Ok(Some((slot, 0)));
        }
        let Some(sample) = self.ports().to_bot.receive().map_err(receive_error)? else {
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
            // Of its last message.
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
    /// [`monotonic_ns`](clock::monotonic_ns), and wakes the connector. Only our connector heeds it.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_by(&self, request: &LiveRequest, deadline_ns: u64) -> Result<(), WireError> {
        let tail = |slot: &mut [u8]| {
            Asked::write(clock::monotonic_ns(), deadline_ns, self.agreed_tag, slot)
        };
        publish_with(&self.ports().from_bot, self.bot, request, tail)?;
        self.ring();
        Ok(())
    }

    /// From now on requests say that orders are meant for this destination. A connector of ours that
    /// is another one, because it took over a moment ago for instance, refuses them.
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
        let (needed, what) = match request {
            ControlRequest::Amend { .. } => (Capabilities::AMEND, "modify"),
            ControlRequest::CancelAll { .. } => (Capabilities::CANCEL_ALL, "cancel-all"),
            ControlRequest::AskOrder { .. } => (Capabilities::ASK_ORDER, "questions about orders"),
        };
        let able = self
            .block
            .as_ref()
            .is_some_and(|block| block.capabilities().contains(needed));
        let Some(control) = self.control.as_ref().filter(|_| able) else {
            return Err(WireError::Unsupported {
                connector: self.name.clone(),
                what,
            });
        };
        let tail = |slot: &mut [u8]| {
            Asked::write(clock::monotonic_ns(), deadline_ns, self.agreed_tag, slot)
        };
        publish_with(&control.publisher, self.bot, request, tail)?;
        self.ring();
        Ok(())
    }

    fn ring(&self) {
        if let Some(block) = &self.block {
            doorbell::ring(block);
        }
    }

    /// True when messages of the connector come with a doorbell.
    #[must_use]
    pub const fn has_doorbell(&self) -> bool {
        self.block.is_some() && self.connected
    }

    /// True when the connector is ours, so that its answers are whole and it rings.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        self.block.is_some()
    }

    /// True when the connector is there.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.connected
    }

    /// The connector's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Looks whether the connector came, went or was replaced. Costs two system calls; call it
    /// every few milliseconds, not per message.
    ///
    /// # Errors
    /// [`WireError::Service`] when the control channel of a connector cannot be opened.
    pub fn check_link(&mut self) -> Result<Option<LinkEvent>, WireError> {
        self.register.keep();
        if self
            .block
            .as_ref()
            .is_none_or(|block| !block.is_held() || block.is_replaced())
        {
            let found = ControlBlock::visit(control_block::connector_path(&self.name))?
                .filter(ControlBlock::is_held);
            if found.is_some() {
                self.block = found;
            }
        }
        let run = self.current_run();
        match (self.connected, run) {
            (false, None) => Ok(None),
            (true, None) => {
                self.connected = false;
                Ok(Some(LinkEvent::Lost))
            }
            (connected, Some(now)) if !connected || self.run != Some(now) => {
                self.turn_to(now)?;
                let event = if self.run.is_some_and(|before| before != now) {
                    LinkEvent::Restarted
                } else {
                    LinkEvent::Connected
                };
                self.connected = true;
                self.run = Some(now);
                Ok(Some(event))
            }
            (_, Some(_)) => Ok(None),
        }
    }

    /// Uses the services of the kind of connector that is there now.
    fn turn_to(&mut self, run: Run) -> Result<(), WireError> {
        self.unfinished = None;
        match run {
            Run::Epoch(_) => {
                self.stock = None;
                if self.control.is_none() {
                    self.control = Some(self.open_control()?);
                    self.register.note(&self.node);
                }
            }
            Run::Publisher(_) if self.stock.is_none() => {
                self.stock = Some(Ports::open(&self.stock_services, &self.name)?);
            }
            Run::Publisher(_) => {}
        }
        Ok(())
    }

    /// The run of the connector that is there now.
    fn current_run(&mut self) -> Option<Run> {
        if let Some(block) = &self.block {
            if block.is_held() {
                self.ours_for_stock = self.stock_publisher();
                let timeout = u64::try_from(self.heartbeat_timeout.as_nanos()).unwrap_or(u64::MAX);
                return (block.is_ready() && block.heartbeat_age_ns() < timeout)
                    .then(|| Run::Epoch(block.epoch()));
            }
            // Its owner is dead; hftbacktest's connector may have taken the name since.
            if !self.has_foreign_publisher() {
                return None;
            }
            self.block = None;
            self.control = None;
        }
        self.stock_publisher().map(Run::Publisher)
    }

    /// hftbacktest's connector, or ours for hftbacktest's bots.
    fn stock_publisher(&self) -> Option<UniquePublisherId> {
        let found = Cell::new(None);
        self.stock_services[0]
            .dynamic_config()
            .list_publishers(|publisher| {
                found.set(Some(publisher.publisher_id));
                CallbackProgression::Stop
            });
        found.get()
    }

    /// A dead connector's publisher stays listed until somebody cleans up after it, so only
    /// another one than it had counts.
    fn has_foreign_publisher(&self) -> bool {
        self.stock_publisher()
            .is_some_and(|id| self.ours_for_stock != Some(id))
    }

    fn open_control(&self) -> Result<Side, WireError> {
        let open =
            |direction| open_service(&self.node, &self.name, Lane::Side, direction, self.config);
        let services = [open(Direction::ToBot)?, open(Direction::FromBot)?];
        Ok(Side {
            subscriber: open_subscriber(&services[0], &self.name)?,
            publisher: open_publisher(&services[1], &self.name)?,
            _services: services,
        })
    }

    /// What is known of the connector.
    #[must_use]
    pub fn info(&self) -> LinkInfo {
        let mut info = LinkInfo {
            connected: self.connected,
            ..LinkInfo::default()
        };
        if let Some(block) = &self.block {
            info.control_channel = self.control.is_some();
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
