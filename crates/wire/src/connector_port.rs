//! A connector's end of the protocol.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use hftbacktest::types::{Event, LiveError, LiveRequest, Order, Status, Value};
use iceoryx2::port::update_connections::UpdateConnections as _;

use crate::{
    Berth, MAX_MESSAGE_BYTES, Ringer, SLOT_BYTES, SideEvent, SideRequest, TO_ALL, WireError,
    WireEventRef, bell, clock,
    codec::{clip, decode_owned, decode_request, encode},
    config::Channels,
    main_lane::MainLane,
    page::{self, Hello, Page, PageState},
    service::{
        Direction, IpcNode, IpcPublisher, IpcService, IpcSubscriber, Lane, open_node,
        open_publisher, open_service, open_subscriber,
    },
    stock_lane::StockLane,
};

/// hftbacktest's bots ring nobody: while one is known, requests are looked for this often.
const STOCK_POLL: Duration = Duration::from_micros(50);
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
}

/// Whether a bot lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// It holds its page.
    Alive,
    /// It is gone.
    Dead,
    /// It has no page: hftbacktest's own bot, of which nobody can tell.
    Stock,
}

/// A bot that has sent something.
enum Known {
    /// hftbacktest's own.
    Stock,
    /// Ours, with its page unless it was gone already.
    Ours(Option<Page>),
}

/// How often memory shared with bots that have gone is looked for.
const TIDY_NS: u64 = 1_000_000_000;

/// A connector's end: one per process and name, on one thread.
///
/// What is sent to bots of ours waits for [`flush`](Self::flush), several messages to a slot; a full slot
/// leaves at once. Their order stays.
pub struct ConnectorPort {
    to_bot: MainLane,
    from_bot: IpcSubscriber,
    side_to_bot: IpcPublisher,
    side_from_bot: IpcSubscriber,
    stock: StockLane,
    /// A side request waits here until what the bots sent before it has been taken.
    held: VecDeque<Request>,
    /// Something was sent since the last flush.
    is_due: bool,
    bots: HashMap<u64, Known>,
    stock_bots: usize,
    sent: u64,
    decode_errors: u64,
    next_tidy_ns: u64,
    page: Arc<Page>,
    /// Since bots were rung last.
    slept: bool,
    // Dropped last: ports and services belong to the node.
    _services: [IpcService; 4],
    _node: IpcNode,
}

impl ConnectorPort {
    /// Opens the services of `name` and holds its page until dropped.
    ///
    /// # Errors
    /// [`WireError::AlreadyRunning`] when a living connector has this name, [`WireError::Name`],
    /// [`WireError::Config`], [`WireError::Page`] and [`WireError::Service`] with their remedies.
    pub fn open(name: &str, hello: &Hello) -> Result<Self, WireError> {
        let Channels { own, stock } = Channels::load()?;
        check_name(name)?;
        page::sweep();
        let page = Arc::new(Page::own(page::connector_path(name), name, hello)?);
        let node = open_node()?;
        let open = |lane, direction| open_service(&node, name, lane, direction, own);
        let services = [
            open(Lane::Main, Direction::ToBot)?,
            open(Lane::Main, Direction::FromBot)?,
            open(Lane::Side, Direction::ToBot)?,
            open(Lane::Side, Direction::FromBot)?,
        ];
        let port = Self {
            to_bot: MainLane::new(open_publisher(&services[0], name)?),
            from_bot: open_subscriber(&services[1], name)?,
            side_to_bot: open_publisher(&services[2], name)?,
            side_from_bot: open_subscriber(&services[3], name)?,
            stock: StockLane::open(&node, name, stock)?,
            held: VecDeque::new(),
            is_due: false,
            bots: HashMap::new(),
            stock_bots: 0,
            sent: 0,
            decode_errors: 0,
            next_tidy_ns: 0,
            page,
            slept: false,
            _services: services,
            _node: node,
        };
        port.page.set_state(PageState::Ready);
        Ok(port)
    }

    /// Takes the next request, `None` when there is none now. Damaged bytes are counted and passed.
    ///
    /// # Errors
    /// [`WireError::Receive`] when iceoryx2 fails.
    pub fn recv(&mut self) -> Result<Option<Request>, WireError> {
        loop {
            let (sample, is_stock) = match self.from_bot.receive().map_err(receive_error)? {
                Some(sample) => (Some(sample), false),
                None => (
                    self.stock.requests().receive().map_err(receive_error)?,
                    true,
                ),
            };
            if let Some(sample) = sample {
                let header = sample.user_header();
                let (bot, decoded) = (header.id, decode_request(sample.payload(), header.len));
                drop(sample);
                match decoded.ok().and_then(|request| into_request(bot, request)) {
                    Some(request) => {
                        let again = matches!(request, Request::Register { .. });
                        self.meet(bot, is_stock, again);
                        return Ok(Some(request));
                    }
                    None => self.decode_errors += 1,
                }
                continue;
            }
            if let Some(request) = self.held.pop_front() {
                return Ok(Some(request));
            }
            let Some(sample) = self.side_from_bot.receive().map_err(receive_error)? else {
                return Ok(None);
            };
            let header = sample.user_header();
            let (bot, decoded) = (header.id, decode_owned(sample.payload(), header.len));
            drop(sample);
            match decoded {
                // Once more around: a bot sends an order before it amends it, and the order
                // may have come between our two looks.
                Ok(SideRequest::Amend {
                    symbol,
                    order_id,
                    price_tick,
                    qty,
                }) => {
                    self.held.push_back(Request::Amend {
                        bot,
                        symbol,
                        order_id,
                        price_tick,
                        qty,
                    });
                }
                Ok(SideRequest::CancelAll { symbol }) => {
                    self.held.push_back(Request::CancelAll { bot, symbol });
                }
                Err(_) => self.decode_errors += 1,
            }
        }
    }

    /// Gets to know a bot's page; again at each registration, for it may be another run.
    fn meet(&mut self, bot: u64, is_stock: bool, again: bool) {
        if !again && self.bots.contains_key(&bot) {
            return;
        }
        if is_stock {
            self.bots.insert(bot, Known::Stock);
        } else {
            let page = Page::visit(page::bot_path(bot)).filter(Page::is_held);
            // The page of one that is dead meanwhile still says so.
            if page.is_some() || !matches!(self.bots.get(&bot), Some(Known::Ours(_))) {
                self.bots.insert(bot, Known::Ours(page));
            }
        }
        self.stock_bots = self
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

    /// Sends on the side channel; hftbacktest's own bots never see it. What explains an order
    /// update must be sent before it.
    ///
    /// # Errors
    /// [`WireError::Send`], [`WireError::TooLarge`] for a very long symbol.
    pub fn send_side(&mut self, to: u64, event: &SideEvent) -> Result<(), WireError> {
        // What came before it is heard before it.
        let flushed = self.to_bot.flush();
        self.is_due = true;
        publish(&self.side_to_bot, to, &event.clipped())?;
        flushed
    }

    fn send(&mut self, to: u64, event: &WireEventRef<'_>) -> Result<(), WireError> {
        let known = (to != TO_ALL).then(|| self.bots.get(&to)).flatten();
        let [is_ours, is_stock] = [
            matches!(known, Some(Known::Ours(_))),
            matches!(known, Some(Known::Stock)),
        ];
        if !is_stock {
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
            if let Known::Ours(Some(page)) = known {
                bell::ring_from(page, awake);
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
        let timeout = timeout.min(if self.stock_bots > 0 {
            STOCK_POLL
        } else {
            UNKNOWN_POLL
        });
        let lanes = [&self.from_bot, &self.side_from_bot, self.stock.requests()];
        self.slept = true;
        // Who wakes the bus may well go on spinning (a bot that waits like that): nothing to share a core with.
        bell::sleep(&self.page, timeout, &mut Berth::new(false), || {
            has_work() || lanes.iter().any(|lane| lane.has_samples().unwrap_or(true))
        });
    }

    /// A handle that wakes [`ConnectorPort::wait`] from another thread.
    #[must_use]
    pub fn ringer(&self) -> Ringer {
        Ringer::new(self.page.clone())
    }

    /// Shows that this connector lives; call it at least every 100 ms. Frees, about once a second,
    /// the memory that was shared with bots that have gone: a lane on which nothing is sent keeps
    /// it otherwise.
    pub fn heartbeat(&mut self) {
        self.page.beat();
        let now_ns = clock::monotonic_ns();
        if now_ns < self.next_tidy_ns {
            return;
        }
        self.next_tidy_ns = now_ns + TIDY_NS;
        let publishers = [self.to_bot.publisher(), &self.side_to_bot];
        for publisher in publishers.into_iter().chain(self.stock.publisher()) {
            // A connection that cannot be opened shows again at the next send, as its error.
            let _ = publisher.update_connections();
        }
    }

    /// Whether a bot lives.
    #[must_use]
    pub fn liveness(&self, bot: u64) -> Liveness {
        match self.bots.get(&bot) {
            Some(Known::Ours(Some(page))) if page.is_held() => Liveness::Alive,
            Some(Known::Ours(_)) => Liveness::Dead,
            Some(Known::Stock) => Liveness::Stock,
            None => Page::visit(page::bot_path(bot)).map_or(Liveness::Dead, |page| {
                if page.is_held() {
                    Liveness::Alive
                } else {
                    Liveness::Dead
                }
            }),
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
