//! A bot: hftbacktest's `LiveBot`, the channel under it, and what both share.
//!
//! Its methods lie in files by subject: `waiting`, `order_entry`, `link_changes`, `resync`
//! (registrations and books), `bot_state`.

use std::{cell::RefCell, collections::HashSet, rc::Rc, sync::Arc, thread, time::Duration};

use hbl_wire::{
    BotControlBlock, BotPort, Capabilities, Clock, DirectConnector, DirectPort, Fault, PollSet,
    random_bot_id,
};
use hftbacktest::{
    live::{Instrument, LiveBot, LiveBotBuilder},
    types::{Bot, Order},
};

use crate::{
    book::{Book, Level},
    book_state::{BookCheck, BookState},
    bot_config::{BotConfig, check},
    channel::{TapChannel, set_next},
    connector_session::ConnectorSession,
    error::LiveBotError,
    idle::{RateDetector, Waiter},
    link::LinkView,
    port::Port,
    record::Record,
    remote::Remote,
    resync_orders::ResyncOrders,
    shared::{Asset, Shared},
    sink::{Linear, Stats},
    state::StateBlock,
    trades::LastTrades,
    unconfirmed::UnconfirmedOrders,
};

/// Between two looks at connectors of this thread that are to end.
const STOP_POLL: Duration = Duration::from_micros(200);

fn capabilities_of(config: &BotConfig) -> Capabilities {
    if config.only_looks {
        Capabilities::READ_ONLY
    } else {
        Capabilities::default()
    }
}

/// The clock that all connectors of a thread run by.
fn common_clock(directs: &[Box<dyn DirectConnector>]) -> Result<Clock, LiveBotError> {
    let clock = directs.first().map_or(Clock::Real, |first| first.clock());
    let is_same = |other: &Clock| match (&clock, other) {
        (Clock::Real, Clock::Real) => true,
        (Clock::Virtual(one), Clock::Virtual(other)) => one.is_same(other),
        _ => false,
    };
    if directs.iter().all(|direct| is_same(&direct.clock())) {
        return Ok(clock);
    }
    let text = "direct: the connectors of one bot need one clock";
    Err(LiveBotError::InvalidArgument(text.to_owned()))
}

/// A live bot over one depth type; lives on the thread that made it.
pub struct LiveCore<MD> {
    pub(crate) bot: LiveBot<TapChannel, MD>,
    pub(crate) shared: Rc<RefCell<Shared>>,
    pub(crate) clock: Clock,
    pub(crate) state: Option<StateBlock>,
    pub(crate) next_report_ns: u64,
    pub(crate) levels: Vec<Level>,
    pub(crate) rate: RateDetector,
    pub(crate) require_live_book: bool,
}

/// Takes the sockets of the connectors to this thread, and what ends a sleep then. A bot that another process
/// rings for leaves them on threads of their own: it cannot sleep on both.
fn take_sockets(block: &BotControlBlock, sessions: &mut [ConnectorSession]) -> Option<PollSet> {
    if sessions.iter().any(|session| session.port.is_shared()) {
        return None;
    }
    let mut set = block.poll_set().ok()?;
    for session in sessions {
        if let Some(descriptor) = session.port.take_sockets() {
            set.add(descriptor);
        }
    }
    (!set.is_empty()).then_some(set)
}

impl<MD: Book> LiveCore<MD> {
    /// Builds a bot. Its connectors need not run yet: the links show when they come.
    ///
    /// # Errors
    /// [`LiveBotError::InvalidArgument`] with the path of the bad field, [`LiveBotError::Wire`].
    pub fn new(config: &BotConfig, with_roi: bool) -> Result<Self, LiveBotError> {
        Self::with_direct(config, with_roi, Vec::new())
    }

    /// As [`new`](Self::new), with connectors that run on this thread in place of the ones of their names
    /// in shared memory. One that no instrument names is refused.
    ///
    /// The bot takes over their clock. Connectors of one bot have one clock, and a virtual one is for
    /// connectors on this thread only.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_direct(
        config: &BotConfig,
        with_roi: bool,
        mut directs: Vec<Box<dyn DirectConnector>>,
    ) -> Result<Self, LiveBotError> {
        check(&config.instruments, with_roi)?;
        let clock = common_clock(&directs)?;
        let id = if config.bot_id == 0 {
            random_bot_id()
        } else {
            config.bot_id
        };
        let block = BotControlBlock::own_as(id, capabilities_of(config))?;
        let mut sessions: Vec<ConnectorSession> = Vec::new();
        let mut assets = Vec::new();
        let mut builder = LiveBotBuilder::<MD>::new().id(id);
        for (at, one) in config.instruments.iter().enumerate() {
            let known = sessions
                .iter()
                .position(|session| session.port.name() == one.connector);
            let session = match known {
                Some(session) => session,
                None => {
                    let direct = directs.iter().position(|it| it.name() == one.connector);
                    let port = match direct {
                        Some(at) => {
                            let connector = directs.swap_remove(at);
                            Port::Direct(Box::new(DirectPort::new(
                                id,
                                config.only_looks,
                                connector,
                                block.ringer(),
                            )))
                        }
                        None if clock.as_virtual().is_some() => {
                            return Err(LiveBotError::InvalidArgument(format!(
                                "instruments: '{}' is no connector of this thread, which a virtual clock needs",
                                one.connector
                            )));
                        }
                        None => Port::Shared(Box::new(BotPort::open(
                            &one.connector,
                            id,
                            config.heartbeat_timeout,
                        )?)),
                    };
                    sessions.push(ConnectorSession::new(port));
                    sessions.len() - 1
                }
            };
            sessions[session].assets.insert(one.symbol.clone(), at);
            assets.push(Asset {
                session,
                symbol: one.symbol.clone(),
                tick_size: one.tick_size,
                lot_size: one.lot_size,
                trades: LastTrades::new(one.last_trades_capacity),
                check: BookCheck::default(),
                resync_orders: ResyncOrders::default(),
                unconfirmed: UnconfirmedOrders::default(),
                earlier: HashSet::new(),
                unanswered: false,
                refused: false,
                registered_ns: 0,
                position_reported: false,
                order_latency: None,
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
        if let Some(unused) = directs.first() {
            return Err(LiveBotError::InvalidArgument(format!(
                "direct: no instrument names the connector '{}'",
                unused.name()
            )));
        }
        let mut waiter = Waiter::new(config.wait);
        if let Some(set) = take_sockets(&block, &mut sessions) {
            waiter.sleep_on(set);
        }
        let shared = Rc::new(RefCell::new(Shared::new(
            (id, clock.clone()),
            block,
            sessions,
            assets,
            waiter,
        )));
        {
            let mut shared = shared.borrow_mut();
            shared.only_looks = config.only_looks;
            shared.order_deadline_ns = config
                .order_deadline
                .map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        }
        set_next(shared.clone());
        let bot = builder
            .build::<TapChannel>()
            .map_err(|error| LiveBotError::InvalidArgument(format!("instruments: {error}")))?;
        let mut core = Self {
            bot,
            shared,
            clock,
            state: None,
            next_report_ns: 0,
            levels: Vec::new(),
            rate: RateDetector::default(),
            require_live_book: config.require_live_book,
        };
        core.check_links();
        Ok(core)
    }

    /// The bot's id on the wire.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.shared.borrow().id
    }

    /// Writes the records of every wait to `records`, and the state of the instruments to `state`.
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

    /// Writes the time on `CLOCK_MONOTONIC`, ns, into the state block: returning a number would allocate
    /// in JavaScript.
    pub fn note_time(&self) {
        if let Some(state) = &self.state {
            state.put_time(self.clock.monotonic_ns());
        }
    }

    /// Ties the bot to a remote: stop and commands come from it, and its ring, where it has one,
    /// takes the records.
    pub fn bind(&mut self, remote: Arc<Remote>) {
        let mut shared = self.shared.borrow_mut();
        remote.bind(shared.block.ringer());
        if let Some(ring) = remote.take_ring() {
            let instruments = shared.assets.len();
            let Shared {
                sink,
                stats,
                waiter,
                ..
            } = &mut *shared;
            sink.set_ring(ring, instruments, stats);
            waiter.serve_another_thread();
        }
        shared.remote = Some(remote);
        drop(shared);
        self.report(true);
    }

    /// Unties the bot from its remote: a stop has no effect any more, so that the bot can take the answers
    /// to its last requests.
    pub fn unbind(&mut self) {
        if let Some(remote) = self.shared.borrow_mut().remote.take() {
            remote.unbind();
        }
    }

    /// hftbacktest's bot, to read from.
    #[must_use]
    pub const fn bot(&self) -> &LiveBot<TapChannel, MD> {
        &self.bot
    }

    /// Signed position of an instrument; NaN until the connector has reported it, and when the connector
    /// cannot know it. hftbacktest's own connectors report no flat position: with them it is 0 from the
    /// connection on, as in hftbacktest's own bot.
    #[must_use]
    pub fn position(&self, asset: usize) -> f64 {
        match self.shared.borrow().assets.get(asset) {
            Some(one) if one.position_reported => self.bot.position(asset),
            _ => f64::NAN,
        }
    }

    /// The order of an id, `None` when the bot does not hold it.
    #[must_use]
    pub fn order(&self, asset: usize, order_id: u64) -> Option<&Order> {
        self.bot.orders(asset).get(&order_id)
    }

    /// State of an instrument's book; [`BookState::Disconnected`] for an unknown number.
    #[must_use]
    pub fn book_state(&self, asset: usize) -> BookState {
        let shared = self.shared.borrow();
        let one = shared.assets.get(asset);
        one.map_or(BookState::Disconnected, |one| one.check.state)
    }

    /// Wall clock now, Unix ns.
    #[must_use]
    pub fn current_timestamp(&self) -> i64 {
        self.clock.unix_ns()
    }

    /// Request, exchange and response of the last order update, Unix ns; `None` before the first.
    #[must_use]
    pub fn order_latency(&self, asset: usize) -> Option<(i64, i64, i64)> {
        match self.clock {
            Clock::Real => self.bot.order_latency(asset),
            Clock::Virtual(_) => self.shared.borrow().assets.get(asset)?.order_latency,
        }
    }

    /// Symbol of an instrument; empty for an unknown number.
    #[must_use]
    pub fn symbol(&self, asset: usize) -> String {
        let shared = self.shared.borrow();
        let one = shared.assets.get(asset);
        one.map_or_else(String::new, |one| one.symbol.clone())
    }

    /// Puts a fault into the connector of an instrument. False where it has none of the kind: only
    /// connectors on this thread with a virtual clock have faults.
    pub fn inject(&mut self, asset: usize, fault: Fault) -> bool {
        let mut shared = self.shared.borrow_mut();
        let Some(session) = shared.assets.get(asset).map(|one| one.session) else {
            return false;
        };
        self.clock.as_virtual().is_some() && shared.sessions[session].port.inject(fault)
    }

    /// Sets the wall clock forward, or back. False for the machine's clock, which is left alone.
    pub fn step_wall_clock(&mut self, by_ns: i64) -> bool {
        let Some(clock) = self.clock.as_virtual() else {
            return false;
        };
        clock.step_wall(by_ns);
        true
    }

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

    /// Ends the connectors that run on this thread. `None` when something that was asked of them is not sent
    /// or not answered after `wait_ns`: call again. Else the orders that stay open at their venues, one JSON
    /// object each; the bot can only be dropped then.
    pub fn stop_direct(&mut self, wait_ns: u64) -> Option<Vec<String>> {
        let mut shared = self.shared.borrow_mut();
        let until_ns = self.clock.monotonic_ns().saturating_add(wait_ns);
        loop {
            let ended = shared
                .sessions
                .iter_mut()
                .map(|session| session.port.stop());
            let ended: Vec<_> = ended.collect();
            if ended.iter().all(Option::is_some) {
                return Some(ended.into_iter().flatten().flatten().collect());
            }
            if self.clock.monotonic_ns() >= until_ns {
                return None;
            }
            match &self.clock {
                Clock::Real => thread::sleep(STOP_POLL),
                Clock::Virtual(clock) => {
                    let now_ns = clock.monotonic_ns();
                    let due_ns = shared.next_due_ns().max(now_ns + 1);
                    clock.advance_to(due_ns.min(until_ns));
                }
            }
        }
    }

    /// The links with the connectors.
    #[must_use]
    pub fn links(&self) -> Vec<LinkView> {
        let shared = self.shared.borrow();
        let view = |session: &ConnectorSession| LinkView {
            connector: session.port.name().to_owned(),
            status: session.status,
            info: session.port.info(),
            agreed: session.destination.is_agreed(),
        };
        shared.sessions.iter().map(view).collect()
    }
}
