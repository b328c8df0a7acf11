//! A bot: hftbacktest's `LiveBot`, the channel under it, and what keeps the two whole.

use std::{cell::RefCell, rc::Rc, sync::Arc, time::Duration};

use hbl_wire::{
    BotPage, BotPort, LinkEvent, SideRequest, clock::monotonic_ns, price_of, random_bot_id,
};
use hftbacktest::{
    live::{BotError, Instrument, LiveBot, LiveBotBuilder},
    types::{
        Bot, ElapseResult, Event, LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT, LiveEvent,
        LiveRequest, OrdType, Order, OrderRequest, Side, TimeInForce,
    },
};

use crate::{
    book::{Book, Level},
    channel::{
        ANSWER_TIMEOUT_NS, Asset, LINK_CHECK_NS, Mode, Peer, Shared, TapChannel, index, set_next,
    },
    command::{Command, CommandKind},
    error::{CommandError, LiveBotError},
    link::LinkView,
    orders,
    record::{FLAG_SYNTHETIC, LinkStatus, Record, RecordKind},
    remote::Remote,
    sink::{Linear, Stats},
    state::StateBlock,
    trades::LastTrades,
    wait::{WaitConfig, Waiter},
};

/// Messages taken between two looks at commands and links.
const DRAIN_MAX: u32 = 512;
/// "For as long as the channel says", for `LiveBot::elapse`.
const UNBOUNDED_NS: i64 = i64::MAX;

/// An instrument as a bot registers it.
#[derive(Clone, Debug)]
pub struct InstrumentConfig {
    /// Name of the connector.
    pub connector: String,
    /// Symbol as the connector knows it.
    pub symbol: String,
    /// Price step.
    pub tick_size: f64,
    /// Quantity step.
    pub lot_size: f64,
    /// Lower bound of the range of interest, in price; read by the ROI depth only.
    pub roi_lb: f64,
    /// Upper bound of the range of interest, in price.
    pub roi_ub: f64,
    /// How many of the last trades are kept.
    pub last_trades_capacity: usize,
}

/// What a bot is built from.
#[derive(Clone, Debug)]
pub struct BotConfig {
    /// The instruments; their numbers are their places here.
    pub instruments: Vec<InstrumentConfig>,
    /// Id on the wire; 0 draws one.
    pub bot_id: u64,
    /// How to wait.
    pub wait: WaitConfig,
    /// A connector without a heartbeat for this long counts as lost.
    pub heartbeat_timeout: Duration,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This many records were written.
    Records(usize),
    /// The bot was told to stop.
    Stopped,
}

/// A live bot over one depth type; lives on the thread that made it.
pub struct LiveCore<MD> {
    bot: LiveBot<TapChannel, MD>,
    shared: Rc<RefCell<Shared>>,
    state: Option<StateBlock>,
    next_report_ns: u64,
    levels: Vec<Level>,
}

fn check(instruments: &[InstrumentConfig], with_roi: bool) -> Result<(), LiveBotError> {
    let fail = |at: usize, what: &str| {
        Err(LiveBotError::InvalidArgument(format!(
            "instruments[{at}].{what}"
        )))
    };
    if instruments.is_empty() {
        return Err(LiveBotError::InvalidArgument(
            "instruments: at least one is needed".to_owned(),
        ));
    }
    for (at, one) in instruments.iter().enumerate() {
        if !(one.tick_size.is_finite() && one.tick_size > 0.0) {
            return fail(at, "tickSize: must be a positive number");
        }
        if !(one.lot_size.is_finite() && one.lot_size > 0.0) {
            return fail(at, "lotSize: must be a positive number");
        }
        if one.symbol.is_empty() || one.symbol.len() > 100 {
            return fail(at, "symbol: must have 1 to 100 bytes");
        }
        if with_roi {
            let ticks = (one.roi_ub - one.roi_lb) / one.tick_size;
            if !(one.roi_lb.is_finite()
                && one.roi_ub.is_finite()
                && one.roi_lb >= 0.0
                && one.roi_ub > one.roi_lb)
            {
                return fail(at, "roi: the bounds must be numbers, lower before upper");
            }
            if ticks > 1e8 {
                return fail(at, "roi: the range must not exceed 100 million ticks");
            }
        }
        let twin = |other: &InstrumentConfig| {
            other.symbol == one.symbol && other.connector == one.connector
        };
        if instruments[..at].iter().any(twin) {
            return fail(at, "symbol: is registered twice on its connector");
        }
    }
    Ok(())
}

impl<MD: Book> LiveCore<MD> {
    /// Builds a bot. Its connectors need not be there yet: their links say when they come.
    ///
    /// # Errors
    /// [`LiveBotError::InvalidArgument`] with the path of the bad field, [`LiveBotError::Wire`].
    pub fn new(config: &BotConfig, with_roi: bool) -> Result<Self, LiveBotError> {
        check(&config.instruments, with_roi)?;
        let id = if config.bot_id == 0 {
            random_bot_id()
        } else {
            config.bot_id
        };
        let page = BotPage::own(id)?;
        let mut peers: Vec<Peer> = Vec::new();
        let mut assets = Vec::new();
        let mut builder = LiveBotBuilder::<MD>::new().id(id);
        for (at, one) in config.instruments.iter().enumerate() {
            let known = peers
                .iter()
                .position(|peer| peer.port.name() == one.connector);
            let peer = match known {
                Some(peer) => peer,
                None => {
                    peers.push(Peer::new(BotPort::open(
                        &one.connector,
                        id,
                        config.heartbeat_timeout,
                    )?));
                    peers.len() - 1
                }
            };
            peers[peer].assets.insert(one.symbol.clone(), at);
            assets.push(Asset {
                peer,
                symbol: one.symbol.clone(),
                tick_size: one.tick_size,
                lot_size: one.lot_size,
                trades: LastTrades::new(one.last_trades_capacity),
                trusted: false,
                awaited: orders::Awaited::default(),
                unanswered: false,
                registered_ns: 0,
                touched: true,
            });
            builder = builder.register(Instrument::new(
                &one.connector,
                &one.symbol,
                one.tick_size,
                one.lot_size,
                MD::empty(one),
                0,
            ));
        }
        let shared = Rc::new(RefCell::new(Shared::new(
            id,
            page,
            peers,
            assets,
            Waiter::new(config.wait),
        )));
        set_next(shared.clone());
        let bot = builder
            .build::<TapChannel>()
            .map_err(|error| LiveBotError::InvalidArgument(format!("instruments: {error}")))?;
        let mut core = Self {
            bot,
            shared,
            state: None,
            next_report_ns: 0,
            levels: Vec::new(),
        };
        core.check_links();
        Ok(core)
    }

    /// The bot's id on the wire.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.shared.borrow().id
    }

    /// Sends the records of every wait to this memory, and the state of the instruments to that.
    ///
    /// # Safety
    /// Both must stay valid for writes, aligned to 8, until the bot is dropped or attached anew.
    ///
    /// # Errors
    /// [`LiveBotError::InvalidArgument`] when one is too small or not aligned.
    pub unsafe fn attach(
        &mut self,
        records: (core::ptr::NonNull<u8>, usize),
        state: (core::ptr::NonNull<u8>, usize),
    ) -> Result<(), LiveBotError> {
        let count = self.bot.num_assets();
        let fail = |what: &str| LiveBotError::InvalidArgument(what.to_owned());
        if records.1 < 16 * crate::RECORD_BYTES || records.0.as_ptr().align_offset(8) != 0 {
            return Err(fail(
                "records: needs room for 16 records, aligned to 8 bytes",
            ));
        }
        // SAFETY: the caller keeps both valid.
        let state = unsafe { StateBlock::new(state.0, state.1, count) };
        self.state =
            Some(state.ok_or_else(|| {
                fail("state: needs 128 bytes per instrument, aligned to 8 bytes")
            })?);
        // SAFETY: the caller keeps both valid.
        let linear = unsafe { Linear::new(records.0, records.1, count) };
        self.shared.borrow_mut().sink.set_linear(linear);
        self.refresh_state(true);
        Ok(())
    }

    /// Ties the bot to a remote: stop and commands come from it, and its ring, where it has one,
    /// takes the records.
    pub fn bind(&mut self, remote: Arc<Remote>) {
        let mut shared = self.shared.borrow_mut();
        remote.bind(shared.page.ringer());
        if let Some(ring) = remote.take_ring() {
            let instruments = shared.assets.len();
            let Shared { sink, stats, .. } = &mut *shared;
            sink.set_ring(ring, instruments, stats);
        }
        shared.remote = Some(remote);
        drop(shared);
        self.report(true);
    }

    // ---- waiting -------------------------------------------------------------------------------

    /// Waits until something arrives, then takes what is there, at most `records_max` records.
    /// Returns after `timeout_ns` with none.
    ///
    /// # Errors
    /// [`CommandError::Custom`] when shared memory fails.
    pub fn wait_batch(
        &mut self,
        timeout_ns: u64,
        records_max: usize,
    ) -> Result<Outcome, CommandError> {
        let until_ns = monotonic_ns().saturating_add(timeout_ns);
        self.shared.borrow_mut().begin();
        loop {
            if self.shared.borrow().is_stopped() {
                self.end();
                return Ok(Outcome::Stopped);
            }
            self.run_commands();
            self.drain(records_max)?;
            let written = self.shared.borrow().sink.len();
            if written > 0 || monotonic_ns() >= until_ns {
                self.end();
                return Ok(Outcome::Records(written));
            }
            self.shared.borrow_mut().wait_work(until_ns);
        }
    }

    /// Pumps records into the ring of the bound remote for `slice_ns`.
    ///
    /// # Errors
    /// [`CommandError::Custom`] when shared memory fails.
    pub fn run(&mut self, slice_ns: u64) -> Result<Outcome, CommandError> {
        let until_ns = monotonic_ns().saturating_add(slice_ns);
        let Some(remote) = self.shared.borrow().remote.clone() else {
            return Err(CommandError::InvalidArgument);
        };
        loop {
            if remote.is_stopped() || !remote.begin_pump() {
                self.report(true);
                return Ok(Outcome::Stopped);
            }
            self.run_commands();
            let drained = self.drain(usize::MAX);
            self.restore_ring();
            let wake = self.shared.borrow_mut().sink.publish();
            remote.end_pump();
            drained?;
            if wake {
                remote.wake();
            }
            self.refresh_state(false);
            self.report(false);
            if monotonic_ns() >= until_ns {
                return Ok(Outcome::Records(0));
            }
            self.shared.borrow_mut().wait_work(until_ns);
        }
    }

    /// hftbacktest's `wait_next_feed`.
    ///
    /// # Errors
    /// [`CommandError`] as `LiveBot` gives it.
    pub fn wait_next_feed(
        &mut self,
        include_order_resp: bool,
        timeout_ns: u64,
    ) -> Result<ElapseResult, CommandError> {
        self.forward(timeout_ns, |bot, left_ns| {
            bot.wait_next_feed(include_order_resp, left_ns)
        })
    }

    /// hftbacktest's `wait_order_response`.
    ///
    /// # Errors
    /// [`CommandError`] as `LiveBot` gives it, [`CommandError::InstrumentNotFound`].
    pub fn wait_order_response(
        &mut self,
        asset: usize,
        order_id: u64,
        timeout_ns: u64,
    ) -> Result<ElapseResult, CommandError> {
        self.peer_of(asset)?;
        self.forward(timeout_ns, |bot, left_ns| {
            bot.wait_order_response(asset, order_id, left_ns)
        })
    }

    /// hftbacktest's `elapse`.
    ///
    /// # Errors
    /// [`CommandError`] as `LiveBot` gives it.
    pub fn elapse(&mut self, duration_ns: u64) -> Result<ElapseResult, CommandError> {
        self.forward(duration_ns, |bot, left_ns| bot.elapse(left_ns))
    }

    /// Records that the last wait wrote.
    #[must_use]
    pub fn record_count(&self) -> usize {
        self.shared.borrow().sink.len()
    }

    /// Runs one of `LiveBot`'s own waits, again after each interruption of ours.
    fn forward(
        &mut self,
        timeout_ns: u64,
        mut wait: impl FnMut(&mut LiveBot<TapChannel, MD>, i64) -> Result<ElapseResult, BotError>,
    ) -> Result<ElapseResult, CommandError> {
        let until_ns = monotonic_ns().saturating_add(timeout_ns);
        {
            let mut shared = self.shared.borrow_mut();
            shared.begin();
            shared.mode = Mode::Forward;
            shared.records_max = usize::MAX;
        }
        loop {
            self.attend();
            self.run_commands();
            let before = self.record_count();
            let left_ns = until_ns.saturating_sub(monotonic_ns());
            let result = wait(&mut self.bot, i64::try_from(left_ns).unwrap_or(i64::MAX))?;
            let interrupted = {
                let shared = self.shared.borrow();
                let wanted = shared.attention.is_wanted() || shared.has_commands();
                wanted && result == ElapseResult::Ok && shared.sink.len() == before
            };
            self.attend();
            if !interrupted || monotonic_ns() >= until_ns {
                self.end();
                return Ok(result);
            }
        }
    }

    /// Ends a wait: what is told from now on waits for the next one.
    fn end(&mut self) {
        self.shared.borrow_mut().sink.end();
        self.refresh_state(false);
        self.report(false);
    }

    /// Takes what is there without waiting, applies it to `LiveBot`, and does what it calls for.
    fn drain(&mut self, records_max: usize) -> Result<(), CommandError> {
        {
            let mut shared = self.shared.borrow_mut();
            if monotonic_ns() >= shared.next_link_check_ns {
                shared.attention.links_due = true;
            }
        }
        self.attend();
        {
            let mut shared = self.shared.borrow_mut();
            shared.mode = Mode::Drain { left: DRAIN_MAX };
            shared.records_max = records_max;
        }
        let result = self.bot.elapse(UNBOUNDED_NS);
        self.attend();
        result.map(|_| ()).map_err(CommandError::from)
    }

    // ---- keeping it whole ----------------------------------------------------------------------

    /// Does what the channel cannot do from inside `LiveBot`.
    fn attend(&mut self) {
        let (links_due, clear, answered, resync) = {
            let attention = &mut self.shared.borrow_mut().attention;
            (
                core::mem::take(&mut attention.links_due),
                core::mem::take(&mut attention.clear),
                core::mem::take(&mut attention.answered),
                core::mem::take(&mut attention.resync),
            )
        };
        if links_due {
            self.check_links();
            self.repeat_unanswered();
        }
        for asset in clear {
            self.clear_book(asset);
        }
        for asset in answered {
            self.finish_answer(asset);
        }
        for asset in resync {
            self.shared.borrow_mut().stats.resyncs += 1;
            self.register(asset);
        }
    }

    fn check_links(&mut self) {
        let count = {
            let mut shared = self.shared.borrow_mut();
            shared.next_link_check_ns = monotonic_ns() + LINK_CHECK_NS;
            shared.peers.len()
        };
        for at in 0..count {
            let event = match self.shared.borrow_mut().peers[at].port.check_link() {
                Ok(event) => event,
                Err(error) => {
                    tracing::warn!(%error, "the link with a connector cannot be made");
                    None
                }
            };
            if let Some(event) = event {
                self.change_link(at, event);
            }
        }
    }

    /// Registers again what a connector of ours has not answered for too long.
    fn repeat_unanswered(&self) {
        let mut shared = self.shared.borrow_mut();
        let now_ns = monotonic_ns();
        for asset in 0..shared.assets.len() {
            let one = &shared.assets[asset];
            let port = &shared.peers[one.peer].port;
            let overdue = one.unanswered && now_ns >= one.registered_ns + ANSWER_TIMEOUT_NS;
            if overdue && port.is_connected() && port.is_ours() {
                shared.ask_resync(asset);
            }
        }
    }

    fn change_link(&mut self, at: usize, event: LinkEvent) {
        let status = match event {
            LinkEvent::Connected => LinkStatus::Connected,
            LinkEvent::Lost => LinkStatus::Lost,
            LinkEvent::Restarted => LinkStatus::Restarted,
        };
        let assets: Vec<usize> = {
            let mut shared = self.shared.borrow_mut();
            shared.peers[at].status = status;
            let epoch = shared.peers[at].port.info().epoch;
            let record = Record {
                kind: RecordKind::Link as u8,
                status: status as u8,
                asset: shared.first_asset(at),
                recv_mono_ns: monotonic_ns(),
                value: i64::try_from(epoch).unwrap_or(0),
                ..Record::default()
            };
            shared.push(&record);
            (0..shared.assets.len())
                .filter(|asset| shared.assets[*asset].peer == at)
                .collect()
        };
        for asset in assets {
            match event {
                LinkEvent::Lost => self.distrust(asset),
                LinkEvent::Connected => self.register(asset),
                LinkEvent::Restarted => {
                    self.shared.borrow_mut().stats.resyncs += 1;
                    self.register(asset);
                }
            }
        }
        self.report(true);
    }

    /// Marks the book as not whole; it keeps its levels until a snapshot comes.
    fn distrust(&mut self, asset: usize) {
        let mut shared = self.shared.borrow_mut();
        shared.assets[asset].touched = true;
        shared.assets[asset].trusted = false;
    }

    /// Clears the book and asks the connector for orders, position and book.
    fn register(&mut self, asset: usize) {
        self.clear_book(asset);
        let open: Vec<u64> = self
            .bot
            .orders(asset)
            .values()
            .filter(|order| order.active())
            .map(|order| order.order_id)
            .collect();
        let mut shared = self.shared.borrow_mut();
        let one = &mut shared.assets[asset];
        one.trusted = false;
        one.touched = true;
        one.unanswered = true;
        one.registered_ns = monotonic_ns();
        one.awaited.start(open.into_iter());
        let request = LiveRequest::RegisterInstrument {
            symbol: one.symbol.clone(),
            tick_size: one.tick_size,
            lot_size: one.lot_size,
        };
        let peer = one.peer;
        let sent = shared.peers[peer].port.send(&request);
        shared.push_edge(RecordKind::BookReset, asset, 0);
        if let Err(error) = sent {
            tracing::warn!(%error, "a registration could not be sent; it is tried again");
            shared.ask_resync(asset);
        }
    }

    /// `LiveBot` has no call to clear a book, so every level is deleted through its own events.
    fn clear_book(&mut self, asset: usize) {
        let depth = self.bot.depth(asset);
        let tick_size = depth.tick_size();
        let mut shared = self.shared.borrow_mut();
        for (side, ev) in [
            (Side::Buy, LOCAL_BID_DEPTH_EVENT),
            (Side::Sell, LOCAL_ASK_DEPTH_EVENT),
        ] {
            depth.for_each_level(side, |(tick, _)| {
                let px = price_of(tick, tick_size);
                let event = Event {
                    ev,
                    exch_ts: 0,
                    local_ts: 0,
                    px,
                    qty: 0.0,
                    order_id: 0,
                    ival: 0,
                    fval: 0.0,
                };
                shared.injected.push_back((
                    asset,
                    LiveEvent::Feed {
                        symbol: String::new(),
                        event,
                    },
                ));
            });
        }
    }

    /// The connector has answered a registration.
    fn finish_answer(&mut self, asset: usize) {
        let gone = {
            let mut shared = self.shared.borrow_mut();
            let (peer, was_trusted) = (shared.assets[asset].peer, shared.assets[asset].trusted);
            shared.assets[asset].trusted = true;
            shared.assets[asset].touched = true;
            if !was_trusted {
                shared.push_edge(RecordKind::BookReady, asset, 0);
            }
            // Only our connector is known to name every open order of this bot.
            let complete = shared.peers[peer].port.is_ours();
            let awaited = &mut shared.assets[asset].awaited;
            if awaited.is_active() && complete {
                awaited.finish()
            } else {
                Vec::new()
            }
        };
        for id in gone {
            if let Some(order) = self
                .bot
                .orders(asset)
                .get(&id)
                .filter(|order| order.active())
            {
                let order = orders::expired(order);
                let text = "not open any more at the connector; its last update was lost";
                self.shared
                    .borrow_mut()
                    .inject_order(asset, order, -1, text);
            }
        }
    }

    /// Sends the book anew, from `LiveBot`'s own, to a ring that had to drop some of it.
    fn restore_ring(&mut self) {
        let mut levels = core::mem::take(&mut self.levels);
        loop {
            let mut shared = self.shared.borrow_mut();
            let Some(asset) = shared.sink.take_recovered() else {
                break;
            };
            let n = shared.sink.snapshot_levels();
            shared.push_edge(RecordKind::BookReset, asset, FLAG_SYNTHETIC);
            let level = Record {
                kind: RecordKind::Depth as u8,
                asset: index(asset),
                flags: FLAG_SYNTHETIC,
                recv_mono_ns: monotonic_ns(),
                ..Record::default()
            };
            let depth = self.bot.depth(asset);
            for (side, code) in [(Side::Buy, 1), (Side::Sell, 2)] {
                depth.top(side, n, &mut levels);
                for (tick, qty) in &levels {
                    let px = price_of(*tick, depth.tick_size());
                    shared.push(&Record {
                        side: code,
                        px,
                        qty: *qty,
                        ..level
                    });
                }
            }
            if shared.assets[asset].trusted {
                shared.push_edge(RecordKind::BookReady, asset, FLAG_SYNTHETIC);
            }
        }
        self.levels = levels;
    }

    fn refresh_state(&mut self, all: bool) {
        let Some(state) = &self.state else { return };
        let mut shared = self.shared.borrow_mut();
        for asset in 0..shared.assets.len() {
            let one = &mut shared.assets[asset];
            if core::mem::take(&mut one.touched) || all {
                state.refresh(
                    asset,
                    self.bot.depth(asset),
                    self.bot.position(asset),
                    self.bot.feed_latency(asset),
                    one.trusted,
                );
            }
        }
    }

    fn report(&mut self, now: bool) {
        const REPORT_NS: u64 = 50_000_000;
        let Some(remote) = self.shared.borrow().remote.clone() else {
            return;
        };
        let now_ns = monotonic_ns();
        if now || now_ns >= self.next_report_ns {
            self.next_report_ns = now_ns + REPORT_NS;
            remote.set_report(self.stats(), Some(self.links()));
        }
    }

    // ---- orders --------------------------------------------------------------------------------

    fn peer_of(&self, asset: usize) -> Result<usize, CommandError> {
        self.shared
            .borrow()
            .assets
            .get(asset)
            .map(|one| one.peer)
            .ok_or(CommandError::InstrumentNotFound)
    }

    fn connected(&self, asset: usize) -> Result<usize, CommandError> {
        let peer = self.peer_of(asset)?;
        if self.shared.borrow().peers[peer].port.is_connected() {
            Ok(peer)
        } else {
            Err(CommandError::ConnectorDown)
        }
    }

    /// Opens an order. With `wait_ns` above 0 it waits that long for the first response.
    ///
    /// # Errors
    /// [`CommandError`]; nothing was sent unless it is [`CommandError::Timeout`].
    pub fn submit(
        &mut self,
        asset: usize,
        request: OrderRequest,
        wait_ns: u64,
    ) -> Result<(), CommandError> {
        self.connected(asset)?;
        let good = |value: f64| value.is_finite() && value > 0.0;
        let priced = request.order_type == OrdType::Market || good(request.price);
        let known = matches!(request.side, Side::Buy | Side::Sell)
            && request.order_type != OrdType::Unsupported
            && request.time_in_force != TimeInForce::Unsupported;
        if !good(request.qty) || !priced || !known || request.order_id == 0 {
            return Err(CommandError::InvalidArgument);
        }
        let (order_id, price) = (
            request.order_id,
            if request.price.is_finite() {
                request.price
            } else {
                0.0
            },
        );
        // `LiveBot` has two methods of this name; the trait's takes the request.
        let sent = Bot::submit_order(
            &mut self.bot,
            asset,
            OrderRequest { price, ..request },
            false,
        );
        if let Err(error) = sent {
            if matches!(error, BotError::Custom(_)) {
                self.forget_unsent(asset, order_id);
                return Err(CommandError::SendFailed);
            }
            return Err(error.into());
        }
        self.await_response(asset, order_id, Some(0), wait_ns)
    }

    /// `LiveBot` keeps an order whose request never got out; it must not look open for ever.
    fn forget_unsent(&mut self, asset: usize, order_id: u64) {
        if let Some(order) = self.bot.orders(asset).get(&order_id) {
            let order = orders::expired(order);
            self.shared.borrow_mut().inject_order(
                asset,
                order,
                -2,
                "the request could not be sent",
            );
        }
    }

    /// Changes price and total quantity of an open order, through the side channel.
    ///
    /// # Errors
    /// [`CommandError::Unsupported`] when the connector lacks it, and the others.
    pub fn modify(
        &mut self,
        asset: usize,
        order_id: u64,
        price: f64,
        qty: f64,
        wait_ns: u64,
    ) -> Result<(), CommandError> {
        let peer = self.connected(asset)?;
        if !(price.is_finite() && price > 0.0 && qty.is_finite() && qty > 0.0) {
            return Err(CommandError::InvalidArgument);
        }
        let order = self
            .bot
            .orders(asset)
            .get(&order_id)
            .ok_or(CommandError::OrderNotFound)?;
        if !order.cancellable() {
            return Err(CommandError::InvalidOrderStatus);
        }
        let before = Some(order.exch_timestamp);
        {
            let shared = self.shared.borrow();
            let one = &shared.assets[asset];
            #[expect(
                clippy::cast_possible_truncation,
                reason = "saturates, and the connector checks the price"
            )]
            let price_tick = (price / one.tick_size).round() as i64;
            let request = SideRequest::Amend {
                symbol: one.symbol.clone(),
                order_id,
                price_tick,
                qty,
            };
            shared.peers[peer]
                .port
                .send_side(&request)
                .map_err(|error| CommandError::from(&error))?;
        }
        self.await_response(asset, order_id, before, wait_ns)
    }

    /// Cancels an order.
    ///
    /// # Errors
    /// [`CommandError`]; nothing was sent unless it is [`CommandError::Timeout`].
    pub fn cancel(
        &mut self,
        asset: usize,
        order_id: u64,
        wait_ns: u64,
    ) -> Result<(), CommandError> {
        self.connected(asset)?;
        let before = self.last_update(asset, order_id);
        self.bot
            .cancel(asset, order_id, false)
            .map_err(|error| match error {
                BotError::Custom(_) => CommandError::SendFailed,
                other => other.into(),
            })?;
        self.await_response(asset, order_id, before, wait_ns)
    }

    /// Cancels every open order of this bot on an instrument, with one message.
    ///
    /// # Errors
    /// [`CommandError::Unsupported`] when the connector lacks it, and the others.
    pub fn cancel_all(&mut self, asset: usize) -> Result<(), CommandError> {
        let peer = self.connected(asset)?;
        let shared = self.shared.borrow();
        let request = SideRequest::CancelAll {
            symbol: shared.assets[asset].symbol.clone(),
        };
        shared.peers[peer]
            .port
            .send_side(&request)
            .map_err(|error| CommandError::from(&error))
    }

    /// Waits for the first update of an order after a request, whatever it says.
    fn await_response(
        &mut self,
        asset: usize,
        order_id: u64,
        before: Option<i64>,
        wait_ns: u64,
    ) -> Result<(), CommandError> {
        if wait_ns == 0 {
            return Ok(());
        }
        let until_ns = monotonic_ns().saturating_add(wait_ns);
        loop {
            let order = self.bot.orders(asset).get(&order_id);
            if order.map(|order| order.exch_timestamp) != before {
                return Ok(());
            }
            let left_ns = until_ns.saturating_sub(monotonic_ns());
            if left_ns == 0 {
                return Err(CommandError::Timeout);
            }
            if self.wait_order_response(asset, order_id, left_ns)? == ElapseResult::EndOfData {
                return Err(CommandError::Interrupted);
            }
        }
    }

    /// Exchange time of the last update of an order; 0 before the first.
    fn last_update(&self, asset: usize, order_id: u64) -> Option<i64> {
        self.order(asset, order_id)
            .map(|order| order.exch_timestamp)
    }

    /// Asks for the instrument's state again.
    ///
    /// # Errors
    /// [`CommandError::ConnectorDown`], [`CommandError::InstrumentNotFound`].
    pub fn resync(&mut self, asset: usize) -> Result<(), CommandError> {
        self.connected(asset)?;
        self.shared.borrow_mut().ask_resync(asset);
        Ok(())
    }

    /// Forgets the final orders of an instrument.
    ///
    /// # Errors
    /// [`CommandError::InstrumentNotFound`].
    pub fn clear_inactive_orders(&mut self, asset: usize) -> Result<(), CommandError> {
        self.peer_of(asset)?;
        self.bot.clear_inactive_orders(Some(asset));
        Ok(())
    }

    fn run_commands(&mut self) {
        let Some(remote) = self.shared.borrow().remote.clone() else {
            return;
        };
        if !remote.has_commands() {
            return;
        }
        while let Some(command) = remote.next_command() {
            let Err(error) = self.run_command(command) else {
                continue;
            };
            self.shared.borrow_mut().push(&Record {
                kind: RecordKind::Command as u8,
                status: error as u8,
                asset: index(command.asset),
                recv_mono_ns: monotonic_ns(),
                order_id: command.number,
                value: command.order_id.cast_signed(),
                ..Record::default()
            });
        }
    }

    fn run_command(&mut self, command: Command) -> Result<(), CommandError> {
        let Command {
            asset,
            order_id,
            kind,
            ..
        } = command;
        match kind {
            CommandKind::Submit {
                side,
                price,
                qty,
                time_in_force,
                order_type,
            } => {
                let request = order_request(order_id, side, price, qty, time_in_force, order_type)?;
                self.submit(asset, request, 0)
            }
            CommandKind::Modify { price, qty } => self.modify(asset, order_id, price, qty, 0),
            CommandKind::Cancel => self.cancel(asset, order_id, 0),
            CommandKind::CancelAll => self.cancel_all(asset),
            CommandKind::ClearInactive => self.clear_inactive_orders(asset),
            CommandKind::Resync => self.resync(asset),
        }
    }

    // ---- reading -------------------------------------------------------------------------------

    /// hftbacktest's bot, to read from.
    #[must_use]
    pub const fn bot(&self) -> &LiveBot<TapChannel, MD> {
        &self.bot
    }

    /// The order of an id, `None` when the bot does not hold it.
    #[must_use]
    pub fn order(&self, asset: usize, order_id: u64) -> Option<&Order> {
        self.bot.orders(asset).get(&order_id)
    }

    /// Number of instruments.
    #[must_use]
    pub fn num_assets(&self) -> usize {
        self.bot.num_assets()
    }

    /// Calls `f` for each of the last trades, oldest first.
    pub fn last_trades(&self, asset: usize, f: impl FnMut(&Record)) {
        if let Some(one) = self.shared.borrow().assets.get(asset) {
            one.trades.iter().for_each(f);
        }
    }

    /// Forgets the last trades of an instrument.
    pub fn clear_last_trades(&mut self, asset: usize) {
        if let Some(one) = self.shared.borrow_mut().assets.get_mut(asset) {
            one.trades.clear();
        }
    }

    /// Counters since the bot was made.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let shared = self.shared.borrow();
        Stats {
            parks: shared.waiter.parks,
            ..shared.stats
        }
    }

    /// The links with the connectors.
    #[must_use]
    pub fn links(&self) -> Vec<LinkView> {
        let shared = self.shared.borrow();
        let view = |peer: &Peer| LinkView {
            connector: peer.port.name().to_owned(),
            status: peer.status,
            info: peer.port.info(),
        };
        shared.peers.iter().map(view).collect()
    }
}

/// An order request from the numbers that cross from JavaScript.
///
/// # Errors
/// [`CommandError::InvalidArgument`] for a number that stands for nothing.
pub fn order_request(
    order_id: u64,
    side: i8,
    price: f64,
    qty: f64,
    time_in_force: u8,
    order_type: u8,
) -> Result<OrderRequest, CommandError> {
    Ok(OrderRequest {
        order_id,
        price,
        qty,
        side: match side {
            1 => Side::Buy,
            -1 => Side::Sell,
            _ => return Err(CommandError::InvalidArgument),
        },
        time_in_force: match time_in_force {
            0 => TimeInForce::GTC,
            1 => TimeInForce::GTX,
            2 => TimeInForce::FOK,
            3 => TimeInForce::IOC,
            _ => return Err(CommandError::InvalidArgument),
        },
        order_type: match order_type {
            0 => OrdType::Limit,
            1 => OrdType::Market,
            _ => return Err(CommandError::InvalidArgument),
        },
    })
}
