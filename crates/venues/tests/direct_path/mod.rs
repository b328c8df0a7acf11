//! A bot in direct mode on the protocol core, with frames handed to it where its sockets would bring them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ptr::NonNull;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hbl_livebot::{
    BotConfig, InstrumentConfig, LiveCore, Outcome, RECORD_BYTES, STATE_BYTES, WaitConfig,
    WaitStrategy,
};
use hbl_venues::bybit::core::{BybitCore, Socket};
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::direct_venue::{DirectSettings, DirectVenue};
use hbl_venues::kit::kind::OpenVenue;
use hbl_venues::kit::venue::{Amendment, MarketData, NewOrder, Reject, Venue, VenueEvent};
use hbl_wire::Destination;
use hftbacktest::depth::{HashMapMarketDepth, MarketDepth as _};
use hftbacktest::types::{Bot as _, Event};

use crate::bybit_script::{SYMBOL, Script};

/// Records that one wait can bring.
const RECORDS: usize = 4_096;
const NAME: &str = "mine";
const SOON: Duration = Duration::from_secs(5);

/// Frames on their way.
type Arrived = Rc<RefCell<VecDeque<Rc<str>>>>;

/// The core at a moment that stands still: its connections are never silent for too long.
struct FedCore {
    core: BybitCore,
    now: Now,
    conn: u64,
    arrived: Arrived,
}

impl MarketData for FedCore {
    fn register(&mut self, _: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Reject> {
        self.core.register(self.now, symbol, tick, lot)
    }

    fn poll(&mut self, _: Now, out: &mut Vec<VenueEvent>) {
        let frame = self.arrived.borrow_mut().pop_front();
        if let Some(frame) = frame {
            self.core
                .on_frame(self.now, Socket::Public, self.conn, frame.as_bytes());
        }
        self.core.poll(self.now, out);
    }

    fn next_due_ns(&self) -> Option<u64> {
        None
    }

    fn has_arrivals(&self) -> bool {
        !self.arrived.borrow().is_empty()
    }

    fn book(&self, _: Now, symbol: u32, out: &mut Vec<Event>) {
        self.core.book(self.now, symbol, out);
    }

    fn is_book_synced(&self, symbol: u32) -> bool {
        self.core.is_book_synced(symbol)
    }
}

impl Venue for FedCore {
    fn submit(&mut self, _: Now, symbol: u32, order: &NewOrder) {
        self.core.submit(self.now, symbol, order);
    }

    fn cancel(&mut self, _: Now, symbol: u32, handle: u64) {
        self.core.cancel(self.now, symbol, handle);
    }

    fn amend(&mut self, _: Now, symbol: u32, change: &Amendment) {
        self.core.amend(self.now, symbol, change);
    }

    fn position(&self, symbol: u32) -> Option<f64> {
        self.core.position(symbol)
    }
}

/// The bot and what it is fed with.
pub struct DirectPath {
    bot: LiveCore<HashMapMarketDepth>,
    arrived: Arrived,
    _records: Vec<u64>,
    _state: Vec<u64>,
}

impl DirectPath {
    /// A bot whose book has come with the frame `snapshot`.
    pub fn ready(script: Script, tick_size: f64, lot_size: f64, snapshot: &str) -> Self {
        let arrived = Arrived::default();
        let core = FedCore {
            conn: script.conns[&Socket::Public],
            now: script.now(),
            core: script.core,
            arrived: Rc::clone(&arrived),
        };
        let settings = DirectSettings {
            name: NAME.into(),
            order_deadline: SOON,
            stop_wait: SOON,
            clock: hbl_wire::Clock::default(),
        };
        let venue = DirectVenue::new(OpenVenue::new(core, Destination::default()), settings);
        let config = BotConfig {
            instruments: vec![InstrumentConfig {
                connector: NAME.into(),
                symbol: SYMBOL.into(),
                tick_size,
                lot_size,
                roi_lb: 0.0,
                roi_ub: 0.0,
                last_trades_capacity: 0,
            }],
            bot_id: 0,
            wait: WaitConfig {
                strategy: WaitStrategy::Spin,
                ..WaitConfig::default()
            },
            order_deadline: None,
            only_looks: false,
            heartbeat_timeout: SOON,
            require_live_book: true,
        };
        let mut bot =
            LiveCore::with_direct(&config, false, vec![Box::new(venue)]).expect("a bot is made");
        let mut records = vec![0u64; RECORDS * RECORD_BYTES / size_of::<u64>()];
        let mut state = vec![0u64; STATE_BYTES / size_of::<u64>()];
        let place = |words: &mut Vec<u64>| {
            let bytes = size_of_val(words.as_slice());
            (NonNull::from(words.as_mut_slice()).cast(), bytes)
        };
        // SAFETY: both live as long as the bot, which is dropped first, and only it writes to them.
        unsafe { bot.attach(place(&mut records), place(&mut state)) }
            .expect("they are large enough");
        let mut path = Self {
            bot,
            arrived,
            _records: records,
            _state: state,
        };
        path.arrived.borrow_mut().push_back(snapshot.into());
        let start = Instant::now();
        while !path.bot.bot().depth(0).best_bid().is_finite() {
            assert!(start.elapsed() < SOON, "the book comes");
            path.wait();
        }
        path
    }

    /// Lets a frame arrive and waits for what it brings: the number of records.
    pub fn frame(&mut self, frame: &Rc<str>) -> usize {
        self.arrived.borrow_mut().push_back(Rc::clone(frame));
        self.wait()
    }

    fn wait(&mut self) -> usize {
        match self.bot.wait_batch(1_000_000, RECORDS) {
            Ok(Outcome::Records(written)) => written,
            other => panic!("{:?}", other.map(|_| "stopped")),
        }
    }
}
