//! A connector's end of the protocol.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use hftbacktest::types::{Event, LiveError, LiveRequest, Order, Status, Value};
use iceoryx2::port::update_connections::UpdateConnections as _;
use tracing::warn;

use crate::{
    Asked, Capabilities, ControlEvent, ControlRequest, MAX_MESSAGE_BYTES, Ringer, SLOT_BYTES,
    TO_ALL, WakerAffinity, WireError, WireEventRef, clock,
    codec::{clip, decode_owned, decode_request, encode},
    config::Channels,
    control_block::{self, ControlBlock, ControlBlockState, Hello},
    idle::doorbell,
    leftovers,
    main_channel::MainChannel,
    register::{self, Register},
    room,
    service::{
        Direction, IpcNode, IpcPublisher, IpcService, IpcSubscriber, Lane, open_node,
        open_publisher, open_service, open_subscriber,
    },
    upstream_channel::UpstreamChannel,
};

/// hftbacktest's bots ring nobody: while one is known, requests are looked for this often.
const UPSTREAM_POLL: Duration = Duration::from_micros(50);
/// A bot of hftbacktest that nobody knows yet is noticed within this time.
const UNKNOWN_POLL: Duration = Duration::from_millis(2);
/// Texts of errors are cut to this.
const ERROR_TEXT_BYTES: usize = 200;

/// What a bot asks of a connector.
#[derive(Clone, Debug)]
pub enum Request {
    /// Send the state of a symbol, and its events from now on.
    Register {
        /// The bot.
        bot: u64,
        /// Symbol.
        symbol: String,
        /// The bot's tick size.
        tick_size: f64,
        /// The bot's lot size.
        lot_size: f64,
    },
    /// Open an order.
    Submit {
        /// The bot.
        bot: u64,
        /// Symbol.
        symbol: String,
        /// The order as the bot holds it.
        order: Order,
    },
    /// Cancel an order.
    Cancel {
        /// The bot.
        bot: u64,
        /// Symbol.
        symbol: String,
        /// The order.
        order_id: u64,
        /// The order as the bot holds it, with this request pending; `None` where it was not told.
        held: Option<Box<Order>>,
    },
    /// Change an order's price and total quantity.
    Amend {
        /// The bot.
        bot: u64,
        /// Symbol.
        symbol: String,
        /// The order.
        order_id: u64,
        /// New price in ticks.
        price_tick: i64,
        /// New total quantity.
        qty: f64,
    },
    /// Cancel all of the bot's orders on a symbol.
    CancelAll {
        /// The bot.
        bot: u64,
        /// Symbol.
        symbol: String,
    },
    /// Tell what has become of an order, see [`ControlRequest::AskOrder`].
    AskOrder {
        /// The bot.
        bot: u64,
        /// Symbol.
        symbol: String,
        /// The order.
        order_id: u64,
        /// When it was sent, Unix nanoseconds; 0 when the bot has heard of it since.
        sent_ts: i64,
        /// It was sent to this run of the connector.
        to_this_run: bool,
    },
    /// A new or changed order that was meant for another [`Destination`](crate::Destination) than this
    /// connector's.
    Elsewhere {
        /// The bot.
        bot: u64,
        /// Symbol.
        symbol: String,
        /// The order.
        order_id: u64,
        /// The order as the bot holds it, when it is a new one.
        order: Option<Order>,
    },
}

/// Whether a bot lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// It holds its control block.
    Alive,
    /// It is gone.
    Dead,
    /// It has no control block: hftbacktest's own bot, of which nobody can tell.
    Stock,
}

/// A bot that has sent something.
enum Known {
    /// hftbacktest's own.
    Stock,
    /// Ours.
    Ours(ControlBlock),
    /// Ours, and nobody can say whether it lives: the look at its control block failed. Looked for again.
    Unseen,
    /// Ours, and gone before it was looked at.
    Gone,
}

/// A bot of ours as its control block shows it now.
fn look_for(bot: u64) -> Known {
    match ControlBlock::visit(control_block::bot_path(bot)) {
        Ok(Some(block)) if block.is_held() => Known::Ours(block),
        Ok(_) => Known::Gone,
        Err(error) => {
            warn!(bot, %error, "a bot cannot be looked at, so it counts as alive; is the limit of open files (ulimit -n) reached?");
            Known::Unseen
        }
    }
}

/// How often memory shared with bots that have gone is looked for.
const TIDY_NS: u64 = 1_000_000_000;

/// A connector's end: one per process and name, on one thread.
///
/// What is sent to bots of ours waits for [`flush`](Self::flush), several messages to a slot; a full slot
/// leaves at once. Their order stays.
pub struct ConnectorPort {
    to_bot: MainChannel,
    from_bot: IpcSubscriber,
    control_to_bot: IpcPublisher,
    control_from_bot: IpcSubscriber,
    stock: UpstreamChannel,
    /// A side request waits here until what the bots sent before it has been taken.
    held: VecDeque<(Request, Asked)>,
    /// Something was sent since the last flush.
    is_due: bool,
    bots: HashMap<u64, Known>,
    /// Of where orders go here.
    tag: u32,
    upstream_bots: usize,
    sent: u64,
    decode_errors: u64,
    next_tidy_ns: u64,
    /// It was told that shared memory is nearly full.
    is_short_told: bool,
    block: Arc<ControlBlock>,
    /// Since it last woke bots.
    slept: bool,
    /// Of the request that was taken last.
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
        let Channels { own, stock } = Channels::load()?;
        check_name(name)?;
        leftovers::sweep();
        register::check()?;
        room::require(room::CONNECTOR_BYTES)?;
        let block = Arc::new(ControlBlock::own(
            control_block::connector_path(name),
            name,
            hello,
        )?);
        let node = open_node()?;
        let open = |lane, direction| open_service(&node, name, lane, direction, own);
        let services = [
            open(Lane::Main, Direction::ToBot)?,
            open(Lane::Main, Direction::FromBot)?,
            open(Lane::Side, Direction::ToBot)?,
            open(Lane::Side, Direction::FromBot)?,
        ];
        let stock = UpstreamChannel::open(&node, name, stock)?;
        let register = Register::of(&node);
        let port = Self {
            to_bot: MainChannel::new(open_publisher(&services[0], name)?),
            from_bot: open_subscriber(&services[1], name)?,
            control_to_bot: open_publisher(&services[2], name)?,
            control_from_bot: open_subscriber(&services[3], name)?,
            stock,
            held: VecDeque::new(),
            is_due: false,
            bots: HashMap::new(),
            tag: block.destination().tag(),
            upstream_bots: 0,
            sent: 0,
            decode_errors: 0,
            next_tidy_ns: 0,
            is_short_told: false,
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

    /// Takes the next request, `None` when there is none now. Damaged bytes are counted and passed.
    ///
    /// # Errors
    /// [`WireError::Receive`] when iceoryx2 fails.
    pub fn recv(&mut self) -> Result<Option<Request>, WireError> {
        loop {
            let (sample, is_upstream) = match self.from_bot.receive().map_err(receive_error)? {
                Some(sample) => (Some(sample), false),
                None => (
                    self.stock.requests().receive().map_err(receive_error)?,
                    true,
                ),
            };
            if let Some(sample) = sample {
                let header = sample.user_header();
                let (bot, decoded) = (header.id, decode_request(sample.payload(), header.len));
                let asked = Asked::read(sample.payload(), clock::monotonic_ns());
                let is_meant = asked.tag == 0 || asked.tag == self.tag;
                drop(sample);
                match decoded.ok().and_then(|request| into_request(bot, request)) {
                    Some(Request::Submit { bot, symbol, order }) if !is_meant => {
                        self.meet(bot, is_upstream, false);
                        return Ok(Some(Request::Elsewhere {
                            bot,
                            symbol,
                            order_id: order.order_id,
                            order: Some(order),
                        }));
                    }
                    Some(request) => {
                        let again = matches!(request, Request::Register { .. });
                        self.meet(bot, is_upstream, again);
                        self.asked = asked;
                        return Ok(Some(request));
                    }
                    None => self.decode_errors += 1,
                }
                continue;
            }
            if let Some((request, asked)) = self.held.pop_front() {
                self.asked = asked;
                return Ok(Some(request));
            }
            let Some(sample) = self.control_from_bot.receive().map_err(receive_error)? else {
                return Ok(None);
            };
            let header = sample.user_header();
            let (bot, decoded) = (header.id, decode_owned(sample.payload(), header.len));
            let asked = Asked::read(sample.payload(), clock::monotonic_ns());
            let is_meant = asked.tag == 0 || asked.tag == self.tag;
            drop(sample);
            match decoded {
                Ok(ControlRequest::Amend {
                    symbol, order_id, ..
                }) if !is_meant => {
                    let request = Request::Elsewhere {
                        bot,
                        symbol,
                        order_id,
                        order: None,
                    };
                    self.held.push_back((request, asked));
                }
                // Once more around: a bot sends an order before it amends it, and the order
                // may have come between our two looks.
                Ok(ControlRequest::Amend {
                    symbol,
                    order_id,
                    price_tick,
                    qty,
                }) => {
                    let request = Request::Amend {
                        bot,
                        symbol,
                        order_id,
                        price_tick,
                        qty,
                    };
                    self.held.push_back((request, asked));
                }
                Ok(ControlRequest::CancelAll { symbol }) => {
                    let request = Request::CancelAll { bot, symbol };
                    self.held.push_back((request, asked));
                }
                Ok(ControlRequest::AskOrder {
                    symbol,
                    order_id,
                    sent_ts,
                    to_this_run,
                }) => {
                    let request = Request::AskOrder {
                        bot,
                        symbol,
                        order_id,
                        sent_ts,
                        to_this_run,
                    };
                    self.held.push_back((request, asked));
                }
                Err(_) => self.decode_errors += 1,
            }
        }
    }

    /// When the request that [`recv`](Self::recv) gave last was asked for.
    #[must_use]
    pub const fn asked(&self) -> Asked {
        self.asked
    }

    /// True for a bot that has said that it only looks on; hftbacktest's bots cannot say so.
    #[must_use]
    pub fn only_looks(&self, bot: u64) -> bool {
        let Some(Known::Ours(block)) = self.bots.get(&bot) else {
            return false;
        };
        block.capabilities().contains(Capabilities::ONLOOKER)
    }

    /// Gets to know a bot's control block; again at each registration, for it may be another run.
    fn meet(&mut self, bot: u64, is_upstream: bool, again: bool) {
        if !again && self.bots.contains_key(&bot) {
            return;
        }
        if is_upstream {
            self.bots.insert(bot, Known::Stock);
        } else {
            let known = look_for(bot);
            // The control block of one that is dead meanwhile still says so.
            if !matches!(known, Known::Gone) || !matches!(self.bots.get(&bot), Some(Known::Ours(_)))
            {
                self.bots.insert(bot, known);
            }
        }
        self.upstream_bots = self
            .bots
            .values()
            .filter(|known| matches!(known, Known::Stock))
            .count();
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
        // What came before it is heard before it.
        let flushed = self.to_bot.flush();
        self.is_due = true;
        publish(&self.control_to_bot, to, &event.clipped())?;
        flushed
    }

    fn send(&mut self, to: u64, event: &WireEventRef<'_>) -> Result<(), WireError> {
        let known = (to != TO_ALL).then(|| self.bots.get(&to)).flatten();
        let [is_ours, is_upstream] = [
            matches!(known, Some(Known::Ours(_) | Known::Unseen | Known::Gone)),
            matches!(known, Some(Known::Stock)),
        ];
        if !is_upstream {
            self.is_due = true;
            self.to_bot.put(to, event)?;
        }
        if !is_ours && let Some(publisher) = self.stock.events()? {
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
        for known in self.bots.values() {
            if let Known::Ours(block) = known {
                doorbell::ring_from(block, awake);
            }
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
        let timeout = timeout.min(if self.upstream_bots > 0 {
            UPSTREAM_POLL
        } else {
            UNKNOWN_POLL
        });
        let lanes = [
            &self.from_bot,
            &self.control_from_bot,
            self.stock.requests(),
        ];
        self.slept = true;
        // Who wakes the bus may well go on spinning (a bot that waits like that): nothing to share a core with.
        doorbell::sleep(&self.block, timeout, &mut WakerAffinity::new(false), || {
            has_work() || lanes.iter().any(|lane| lane.has_samples().unwrap_or(true))
        });
    }

    /// A handle that wakes [`ConnectorPort::wait`] from another thread.
    #[must_use]
    pub fn ringer(&self) -> Ringer {
        Ringer::new(self.block.clone())
    }

    /// Shows that this connector lives; call it at least every 100 ms. Frees, about once a second,
    /// the memory that was shared with bots that have gone: a lane on which nothing is sent keeps
    /// it otherwise.
    pub fn heartbeat(&mut self) {
        self.block.beat();
        self.register.keep();
        let now_ns = clock::monotonic_ns();
        if now_ns < self.next_tidy_ns {
            return;
        }
        self.next_tidy_ns = now_ns + TIDY_NS;
        self.forget_the_dead();
        room::watch(&mut self.is_short_told);
        let publishers = [self.to_bot.publisher(), &self.control_to_bot];
        for publisher in publishers.into_iter().chain(self.stock.publisher()) {
            // A connection that cannot be opened shows again at the next send, as its error.
            let _ = publisher.update_connections();
        }
    }

    /// Lets go of the control blocks of bots that are dead, and looks again for those that could not be seen.
    fn forget_the_dead(&mut self) {
        self.bots.retain(|bot, known| {
            if matches!(known, Known::Unseen) {
                *known = look_for(*bot);
            }
            match known {
                Known::Ours(block) => block.is_held(),
                Known::Gone => false,
                Known::Stock | Known::Unseen => true,
            }
        });
    }

    /// Whether a bot lives. One that could not be looked at is not called dead: its orders would go to
    /// others.
    #[must_use]
    pub fn liveness(&self, bot: u64) -> Liveness {
        let of = |known: &Known| match known {
            Known::Ours(block) if block.is_held() => Liveness::Alive,
            Known::Ours(_) | Known::Gone => Liveness::Dead,
            Known::Unseen => Liveness::Alive,
            Known::Stock => Liveness::Stock,
        };
        match self.bots.get(&bot) {
            Some(known) => of(known),
            None => of(&look_for(bot)),
        }
    }

    /// Requests that could not be understood, since the start.
    #[must_use]
    pub const fn decode_errors(&self) -> u64 {
        self.decode_errors
    }

    /// Messages sent to bots, since the start.
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.sent
    }
}

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

pub(crate) fn publish<T: bincode::Encode>(
    publisher: &IpcPublisher,
    id: u64,
    message: &T,
) -> Result<(), WireError> {
    publish_with(publisher, id, message, |_| {})
}

/// As [`publish`], with what `finish` writes behind the message.
pub(crate) fn publish_with<T: bincode::Encode>(
    publisher: &IpcPublisher,
    id: u64,
    message: &T,
    finish: impl FnOnce(&mut [u8]),
) -> Result<(), WireError> {
    let sample = publisher
        .loan_slice_uninit(SLOT_BYTES)
        .map_err(|error| WireError::Send(format!("{error:?}")))?;
    // SAFETY: bytes of a mapped file are initialised by the kernel, and any byte is a valid u8.
    let mut sample = unsafe { sample.assume_init() };
    let payload = sample.payload_mut();
    let len =
        encode(message, &mut payload[..MAX_MESSAGE_BYTES]).map_err(|_| WireError::TooLarge {
            len: 0,
            max: MAX_MESSAGE_BYTES,
        })?;
    finish(payload);
    let header = sample.user_header_mut();
    header.id = id;
    header.len = len;
    sample
        .send()
        .map_err(|error| WireError::Send(format!("{error:?}")))?;
    Ok(())
}

fn into_request(bot: u64, request: LiveRequest) -> Option<Request> {
    Some(match request {
        LiveRequest::Order { symbol, order } => match order.req {
            Status::New => Request::Submit { bot, symbol, order },
            Status::Canceled => Request::Cancel {
                bot,
                symbol,
                order_id: order.order_id,
                held: Some(Box::new(order)),
            },
            _ => return None,
        },
        LiveRequest::RegisterInstrument {
            symbol,
            tick_size,
            lot_size,
        } => Request::Register {
            bot,
            symbol,
            tick_size,
            lot_size,
        },
    })
}

pub(crate) fn receive_error(error: iceoryx2::port::ReceiveError) -> WireError {
    WireError::Receive(format!("{error:?}"))
}

fn clip_value(value: &mut Value) {
    match value {
        Value::String(text) => *text = clip(text, ERROR_TEXT_BYTES).to_owned(),
        Value::List(values) => values.iter_mut().for_each(clip_value),
        Value::Map(values) => values.values_mut().for_each(clip_value),
        Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Empty => {}
    }
}
