//! A connector's end of the protocol.

use std::{sync::Arc, time::Duration};

use hftbacktest::types::{Event, LiveError, Order, Value};

use crate::{
    Asked, ControlEvent, ExecutionDetails, Liveness, Request, Ringer, WakerAffinity, WireError,
    WireEventRef, block_path, clock,
    codec::clip,
    config::Channels,
    control_block::{ControlBlock, ControlBlockState, Hello},
    idle::doorbell,
    known_bots::KnownBots,
    leftovers,
    main_channel::MainChannel,
    ports::{open_publisher, open_subscriber},
    register::{self, Register},
    request_reader::RequestReader,
    room,
    run_record::RunRecord,
    service::{Direction, IpcNode, IpcService, Lane, check_name, open_node, open_service},
    slot_io::publish,
    slot_publisher::SlotPublisher,
    upstream_channel::UpstreamChannel,
};

/// hftbacktest's bots ring no doorbell: while one is known, the connector looks for requests this often.
const UPSTREAM_POLL: Duration = Duration::from_micros(50);
/// A bot of hftbacktest that has not sent anything yet is noticed within this time.
const UNKNOWN_POLL: Duration = Duration::from_millis(2);
/// Texts of errors are cut to this.
const ERROR_TEXT_BYTES: usize = 200;

/// How often memory that was shared with bots that have ended is freed.
const TIDY_NS: u64 = 1_000_000_000;

/// A connector's end: one per process and name, on one thread.
///
/// A message to bots of this package waits for [`flush`](Self::flush), so that several share a slot; a full
/// slot is sent at once. Their order stays.
pub struct ConnectorPort {
    to_bot: MainChannel,
    control_to_bot: SlotPublisher,
    requests: RequestReader,
    upstream: UpstreamChannel,
    /// Something was sent since the last flush.
    is_due: bool,
    bots: KnownBots,
    record: RunRecord,
    sent: u64,
    next_tidy_ns: u64,
    /// The log has said that shared memory is nearly full.
    is_short_reported: bool,
    block: Arc<ControlBlock>,
    /// It has slept since it last woke bots.
    slept: bool,
    /// When the request that was taken last was asked for.
    asked: Asked,
    // Dropped last: ports and services belong to the node.
    _services: [IpcService; 4],
    _node: IpcNode,
    /// Entries of the node: let go of after it.
    register: Register,
}

impl ConnectorPort {
    /// Opens the services of `name` and holds its control block until dropped.
    ///
    /// # Errors
    /// [`WireError::AlreadyRunning`] when a living connector has this name, [`WireError::Name`],
    /// [`WireError::Config`], [`WireError::ControlBlock`] and [`WireError::Service`] with their remedies.
    pub fn open(name: &str, hello: &Hello) -> Result<Self, WireError> {
        let Channels { own, upstream } = Channels::load()?;
        check_name(name)?;
        leftovers::sweep();
        register::check()?;
        room::require(room::CONNECTOR_BYTES)?;
        let block = Arc::new(ControlBlock::own(
            block_path::connector_path(name),
            name,
            hello,
        )?);
        let record = RunRecord::open(name, hello)?;
        let node = open_node()?;
        let open = |lane, direction| open_service(&node, name, lane, direction, own);
        let services = [
            open(Lane::Main, Direction::ToBot)?,
            open(Lane::Main, Direction::FromBot)?,
            open(Lane::Side, Direction::ToBot)?,
            open(Lane::Side, Direction::FromBot)?,
        ];
        let upstream = UpstreamChannel::open(&node, name, upstream)?;
        let register = Register::of(&node);
        let port = Self {
            to_bot: MainChannel::new(open_publisher(&services[0], name)?),
            control_to_bot: open_publisher(&services[2], name)?,
            requests: RequestReader::new(
                open_subscriber(&services[1], name)?,
                open_subscriber(&services[3], name)?,
                block.destination().tag(),
            ),
            upstream,
            is_due: false,
            bots: KnownBots::default(),
            record,
            sent: 0,
            next_tidy_ns: 0,
            is_short_reported: false,
            block,
            slept: false,
            asked: Asked::received_at(0),
            _services: services,
            _node: node,
            register,
        };
        port.block.set_state(ControlBlockState::Ready);
        Ok(port)
    }

    /// Takes the request that was sent first, `None` when there is none now. Damaged bytes are counted and
    /// passed.
    ///
    /// # Errors
    /// [`WireError::Receive`] when iceoryx2 fails.
    pub fn recv(&mut self) -> Result<Option<Request>, WireError> {
        let Some(received) = self.requests.take(&self.upstream)? else {
            return Ok(None);
        };
        let (request, bot) = (received.request, received.bot);
        let again = matches!(request, Request::Register { .. });
        self.bots.meet(bot, received.is_upstream, again);
        if received.is_upstream && again {
            self.record.registered(bot);
        }
        self.asked = received.asked;
        Ok(Some(request))
    }

    /// When the request that [`recv`](Self::recv) gave last was asked for.
    #[must_use]
    pub const fn asked(&self) -> Asked {
        self.asked
    }

    /// True for a bot that has said that it is read-only; hftbacktest's bots cannot say so.
    #[must_use]
    pub fn only_looks(&self, bot: u64) -> bool {
        self.bots.only_looks(bot)
    }

    /// Why an order of one of hftbacktest's bots may not have been meant for this connector, whose orders are
    /// real, and what to do; `None`: it registered with this connector, or with ones of the same name,
    /// kind and destination that ran before without another in between, or orders are not real here.
    #[must_use]
    pub fn unknown_destination(&self, bot: u64) -> Option<String> {
        self.record.unknown_destination(bot)
    }

    /// Starts a batch.
    ///
    /// # Errors
    /// [`WireError::Send`].
    pub fn send_batch_start(&mut self, to: u64) -> Result<(), WireError> {
        self.send(to, &WireEventRef::BatchStart)
    }

    /// Ends a batch.
    ///
    /// # Errors
    /// [`WireError::Send`].
    pub fn send_batch_end(&mut self, to: u64) -> Result<(), WireError> {
        self.send(to, &WireEventRef::BatchEnd)
    }

    /// Sends market data.
    ///
    /// # Errors
    /// [`WireError::Send`], [`WireError::TooLarge`] for a very long symbol.
    pub fn send_feed(&mut self, to: u64, symbol: &str, event: &Event) -> Result<(), WireError> {
        self.send(to, &WireEventRef::Feed { symbol, event })
    }

    /// Sends the state of an order.
    ///
    /// # Errors
    /// [`WireError::Send`], [`WireError::TooLarge`] for a very long symbol.
    pub fn send_order(&mut self, to: u64, symbol: &str, order: &Order) -> Result<(), WireError> {
        self.send(to, &WireEventRef::Order { symbol, order })
    }

    /// Sends more of the execution in the state of an order, which has to be sent next.
    /// hftbacktest's own bots never see it.
    ///
    /// # Errors
    /// [`WireError::Send`], [`WireError::TooLarge`] for a very long symbol.
    pub fn send_execution(
        &mut self,
        to: u64,
        symbol: &str,
        order: &Order,
        details: &ExecutionDetails,
    ) -> Result<(), WireError> {
        let (to_ours, _) = self.bots.channels_of(to);
        if !to_ours {
            return Ok(());
        }
        self.is_due = true;
        self.sent += 1;
        let event = WireEventRef::Execution {
            symbol,
            order_id: order.order_id,
            exch_ts: order.exch_timestamp,
            details: &details.clipped(),
        };
        self.to_bot.put(to, &event)
    }

    /// Sends the position; `exch_ts` in Unix nanoseconds.
    ///
    /// # Errors
    /// [`WireError::Send`], [`WireError::TooLarge`] for a very long symbol.
    pub fn send_position(
        &mut self,
        to: u64,
        symbol: &str,
        qty: f64,
        exch_ts: i64,
    ) -> Result<(), WireError> {
        self.send(
            to,
            &WireEventRef::Position {
                symbol,
                qty,
                exch_ts,
            },
        )
    }

    /// Sends an error; texts are cut to 200 bytes so that it always fits.
    ///
    /// # Errors
    /// [`WireError::Send`].
    pub fn send_error(&mut self, to: u64, error: &LiveError) -> Result<(), WireError> {
        let mut error = error.clone();
        clip_value(&mut error.value);
        self.send(to, &WireEventRef::Error(&error))
    }

    /// Sends on the control channel; hftbacktest's own bots never see it. What explains an order
    /// update must be sent before it.
    ///
    /// # Errors
    /// [`WireError::Send`], [`WireError::TooLarge`] for a very long symbol.
    pub fn send_control(&mut self, to: u64, event: &ControlEvent) -> Result<(), WireError> {
        // Bots read what was sent before it before it.
        let flushed = self.to_bot.flush();
        self.is_due = true;
        publish(&self.control_to_bot, to, &event.clipped())?;
        flushed
    }

    fn send(&mut self, to: u64, event: &WireEventRef<'_>) -> Result<(), WireError> {
        let (to_ours, to_upstream) = self.bots.channels_of(to);
        if to_ours {
            self.is_due = true;
            self.to_bot.put(to, event)?;
        }
        if to_upstream && let Some(publisher) = self.upstream.events()? {
            publish(publisher, to, event)?;
        }
        self.sent += 1;
        Ok(())
    }

    /// Sends what waits and rings the bots that sleep; once per burst of messages. Ringing costs one
    /// load per bot that is awake; nothing happens when nothing was sent since the last flush.
    ///
    /// # Errors
    /// [`WireError::Send`]: messages are lost, and bots count them as missing.
    pub fn flush(&mut self) -> Result<(), WireError> {
        if !core::mem::take(&mut self.is_due) {
            return Ok(());
        }
        let flushed = self.to_bot.flush();
        let awake = !core::mem::take(&mut self.slept);
        for block in self.bots.blocks() {
            doorbell::ring_from(block, awake);
        }
        flushed
    }

    /// Sleeps until a bot sends, a [`Ringer`] rings or the time is over.
    /// [`flush`](Self::flush) comes before.
    pub fn wait(&mut self, timeout: Duration) {
        self.wait_unless(timeout, || false);
    }

    /// As [`wait`](Self::wait), unless `has_work` finds something after the sleeper has announced
    /// itself: what another thread brings just before it rings is not slept over.
    pub fn wait_unless(&mut self, timeout: Duration, has_work: impl FnOnce() -> bool) {
        debug_assert!(
            self.to_bot.is_flushed(),
            "messages would wait as long as we sleep"
        );
        self.heartbeat();
        let timeout = timeout.min(if self.bots.has_upstream() {
            UPSTREAM_POLL
        } else {
            UNKNOWN_POLL
        });
        let (requests, upstream) = (&self.requests, &self.upstream);
        self.slept = true;
        // A bot that wakes the bus may go on spinning, so the two must not share a core.
        doorbell::sleep(&self.block, timeout, &mut WakerAffinity::new(false), || {
            has_work() || requests.has_more(upstream)
        });
    }

    /// A handle that wakes [`ConnectorPort::wait`] from another thread.
    #[must_use]
    pub fn ringer(&self) -> Ringer {
        Ringer::new(self.block.clone())
    }

    /// Shows that this connector lives; call it at least every 100 ms. About once a second it frees the
    /// memory that was shared with bots that have ended: a service on which nothing is sent would keep it.
    pub fn heartbeat(&mut self) {
        self.block.beat();
        self.register.keep();
        let now_ns = clock::monotonic_ns();
        if now_ns < self.next_tidy_ns {
            return;
        }
        self.next_tidy_ns = now_ns + TIDY_NS;
        self.bots.forget_the_dead();
        room::watch(&mut self.is_short_reported);
        let publishers = [self.to_bot.publisher(), &self.control_to_bot];
        for publisher in publishers.into_iter().chain(self.upstream.publisher()) {
            publisher.update_connections();
        }
    }

    /// Whether a bot lives. One that could not be looked at is not called dead: its orders would go to
    /// others.
    #[must_use]
    pub fn liveness(&self, bot: u64) -> Liveness {
        self.bots.liveness(bot)
    }

    /// Requests that could not be understood, since the start.
    #[must_use]
    pub const fn decode_errors(&self) -> u64 {
        self.requests.decode_errors()
    }

    /// Messages sent to bots, since the start.
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.sent
    }
}

fn clip_value(value: &mut Value) {
    match value {
        Value::String(text) => *text = clip(text, ERROR_TEXT_BYTES).to_owned(),
        Value::List(values) => values.iter_mut().for_each(clip_value),
        Value::Map(values) => values.values_mut().for_each(clip_value),
        Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Empty => {}
    }
}
