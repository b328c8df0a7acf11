//! A bot: hftbacktest's `LiveBot`, the channel under it, and what keeps the two whole.
//!
//! What it does stands in rooms of its own: `waiting`, `upkeep` (links, registrations, books that
//! are whole or not) and `order_entry`.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use hbl_wire::{BotPage, BotPort, random_bot_id};
use hftbacktest::{
    live::{Instrument, LiveBot, LiveBotBuilder},
    types::{Bot, Order},
};

use crate::{
    book::{Book, Level},
    bot_config::{BotConfig, check},
    channel::{TapChannel, set_next},
    error::LiveBotError,
    link::LinkView,
    orders,
    pace::Pace,
    record::Record,
    remote::Remote,
    shared::{Asset, Peer, Shared},
    sink::{Linear, Stats},
    state::StateBlock,
    trades::LastTrades,
    unseen::Unseen,
    wait::Waiter,
};

/// A live bot over one depth type; lives on the thread that made it.
pub struct LiveCore<MD> {
    pub(crate) bot: LiveBot<TapChannel, MD>,
    pub(crate) shared: Rc<RefCell<Shared>>,
    pub(crate) state: Option<StateBlock>,
    pub(crate) next_report_ns: u64,
    pub(crate) levels: Vec<Level>,
    pub(crate) pace: Pace,
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
                unseen: Unseen::default(),
                unanswered: false,
                refused: false,
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
            pace: Pace::default(),
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

    /// Writes the time on `CLOCK_MONOTONIC` into the state block: a number returned to JavaScript
    /// would be allocated there.
    pub fn note_time(&self) {
        if let Some(state) = &self.state {
            state.put_time(hbl_wire::clock::monotonic_ns());
        }
    }

    /// Ties the bot to a remote: stop and commands come from it, and its ring, where it has one,
    /// takes the records.
    pub fn bind(&mut self, remote: Arc<Remote>) {
        let mut shared = self.shared.borrow_mut();
        remote.bind(shared.page.ringer());
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
