//! The venue's state. Nothing here blocks: frames go to the queues of the connections.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use hbl_exchange::{EventBody, Exchange, ExchangeConfig, ExchangeEvent, Reject, SelfTrade, Side};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::time::Instant;

use crate::{
    book_stream::{BookStream, DEPTHS, Levels},
    config::Config,
    conn::Conn,
    error::StartError,
    fault::{CutPoint, End, Faults, ReplyRule, Socket},
    garble::Garble,
    journal::Journal,
    ledger::Ledger,
    market::Market,
    order::{Execution, Order},
    private_update::PrivateUpdate,
    rate::Limiter,
    settings::Settings,
};

/// The client's account at the exchange.
pub(crate) const ACCOUNT: u64 = 1;
/// The account of orders that only take. Resting orders of others have an account each, so that they
/// trade with each other.
pub(crate) const TAKER: u64 = 2;

/// A trade that is not published yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PendingTrade {
    pub(crate) side: Side,
    pub(crate) tick: i64,
    pub(crate) lots: i64,
    pub(crate) id: u64,
    pub(crate) ms: i64,
    pub(crate) seq: u64,
    pub(crate) up: i64,
}

/// The records behind the REST lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct Records {
    pub(crate) orders: Vec<Order>,
    pub(crate) executions: Vec<Execution>,
    pub(crate) ledger: Ledger,
}

#[derive(Debug)]
pub(crate) struct Venue {
    pub(crate) config: Config,
    pub(crate) settings: Settings,
    pub(crate) faults: BTreeMap<Socket, Faults>,
    pub(crate) refuse_until: BTreeMap<Socket, Instant>,
    pub(crate) cuts: Vec<CutPoint>,
    pub(crate) rules: Vec<ReplyRule>,
    pub(crate) garbles: Vec<Garble>,
    started: Instant,
    epoch_ns: i64,
    pub(crate) exchange: Exchange,
    exchange_ns: i64,
    advanced_ns: i64,
    events: Vec<ExchangeEvent>,
    pub(crate) markets: Vec<Market>,
    pub(crate) streams: Vec<BookStream>,
    pub(crate) trades: Vec<Vec<PendingTrade>>,
    pub(crate) seq: u64,
    pub(crate) records: Records,
    pub(crate) journal: Journal,
    pub(crate) stale: Option<Box<Records>>,
    pub(crate) by_id: HashMap<String, usize>,
    pub(crate) by_link: HashMap<String, usize>,
    pub(crate) by_client: HashMap<u64, usize>,
    pub(crate) last_client_id: u64,
    /// Accounts of others with orders in the book.
    pub(crate) others: Vec<u64>,
    /// Why the exchange refused the request in hand.
    pub(crate) refused: Option<Reject>,
    pub(crate) batch: Vec<PrivateUpdate>,
    pub(crate) sent: VecDeque<(&'static str, u32, serde_json::Value)>,
    pub(crate) conns: BTreeMap<u64, Conn>,
    pub(crate) last_conn: u64,
    pub(crate) limiter: Limiter,
    pub(crate) banned_until_ms: i64,
    pub(crate) counters: BTreeMap<String, u64>,
    pub(crate) rng: ChaCha8Rng,
}

/// The venue, shared by its tasks and the handle.
pub(crate) type Shared = Arc<Mutex<Venue>>;

/// Locks the venue. A panic in another holder leaves it usable: it is a test double.
pub(crate) fn lock(shared: &Shared) -> MutexGuard<'_, Venue> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Venue {
    pub(crate) fn new(config: Config) -> Result<Self, StartError> {
        // Together: the time between the two is the error of the venue's clock.
        let started = Instant::now();
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        let epoch_ns = epoch.map_or(0, |d| d.as_nanos() as i64);
        let setup = ExchangeConfig {
            seed: config.seed,
            self_trade: SelfTrade::ExpireTaker,
            initial_balance: config.balance_usdt,
            leverage: Some(10.0),
            ..ExchangeConfig::default()
        };
        let mut exchange = Exchange::new(setup, epoch_ns)?;
        exchange.set_initial_balance(TAKER, 1e15)?;
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed ^ 0xB1B);
        let (mut markets, mut streams) = (Vec::new(), Vec::new());
        for (index, spec) in config.markets.iter().enumerate() {
            let market = Market::new(spec)?;
            exchange.add_instrument(market.spec.clone(), Market::flow(spec))?;
            for (depth, interval_ms) in DEPTHS {
                let u = rng.random_range(10_000..1_000_000);
                streams.push(BookStream::new(
                    index as u32,
                    &spec.symbol,
                    depth,
                    interval_ms,
                    u,
                ));
            }
            markets.push(market);
        }
        let mut ledger = Ledger {
            usdt: config.balance_usdt,
            ..Ledger::default()
        };
        for market in &markets {
            ledger.coins.insert(market.base.clone(), 10.0);
        }
        Ok(Self {
            settings: config.settings.clone(),
            faults: Socket::ALL.map(|s| (s, Faults::default())).into(),
            refuse_until: BTreeMap::new(),
            cuts: Vec::new(),
            rules: Vec::new(),
            garbles: Vec::new(),
            started,
            epoch_ns,
            exchange,
            exchange_ns: epoch_ns,
            advanced_ns: epoch_ns,
            events: Vec::new(),
            trades: vec![Vec::new(); markets.len()],
            markets,
            streams,
            seq: 9_000_000_000,
            records: Records {
                ledger,
                ..Records::default()
            },
            journal: Journal::default(),
            stale: None,
            by_id: HashMap::new(),
            by_link: HashMap::new(),
            by_client: HashMap::new(),
            last_client_id: 0,
            others: Vec::new(),
            refused: None,
            batch: Vec::new(),
            sent: VecDeque::new(),
            conns: BTreeMap::new(),
            last_conn: 0,
            limiter: Limiter::default(),
            banned_until_ms: 0,
            counters: BTreeMap::new(),
            rng,
            config,
        })
    }

    fn real_ns(&self) -> i64 {
        self.epoch_ns + self.started.elapsed().as_nanos() as i64
    }

    /// The machine's clock, µs.
    pub(crate) fn real_us(&self) -> i64 {
        self.real_ns() / 1000
    }

    /// The machine's clock, ms.
    pub(crate) fn real_ms(&self) -> i64 {
        self.real_ns() / 1_000_000
    }

    /// The venue's clock, ms.
    pub(crate) fn now_ms(&self) -> i64 {
        self.real_ms() + self.settings.clock_skew_ms
    }

    pub(crate) fn count(&mut self, name: &str) {
        if let Some(count) = self.counters.get_mut(name) {
            *count += 1;
        } else {
            self.counters.insert(name.to_owned(), 1);
        }
    }

    pub(crate) fn exchange_ns(&self) -> i64 {
        self.exchange_ns
    }

    pub(crate) fn uuid(&mut self) -> String {
        let (a, b): (u64, u64) = (self.rng.random(), self.rng.random());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            a >> 16 & 0xffff,
            a & 0xfff,
            0x8000 | b >> 48 & 0x3fff,
            b & 0xffff_ffff_ffff
        )
    }

    // --- the exchange

    /// Advances the exchange and takes its events.
    pub(crate) fn pump(&mut self) {
        let real_ns = self.real_ns();
        let passed_ns = real_ns - self.advanced_ns;
        self.advanced_ns = real_ns;
        if !self.settings.paused {
            self.exchange_ns += passed_ns.max(0);
        }
        let mut events = std::mem::take(&mut self.events);
        self.exchange.advance(self.exchange_ns, &mut events);
        let now_ms = self.now_ms();
        for event in events.drain(..) {
            let behind_ms = ((self.exchange_ns - event.exch_ts_ns) / 1_000_000).max(0);
            self.take_in(event.body, now_ms - behind_ms);
        }
        self.events = events;
    }

    fn take_in(&mut self, body: EventBody, ms: i64) {
        self.seq += 1;
        match body {
            EventBody::Level(level) => {
                let market = &mut self.markets[level.symbol as usize];
                market.cts_ms = market.cts_ms.max(ms);
                market.seq = self.seq;
            }
            EventBody::Trade(trade) => {
                let market = &mut self.markets[trade.symbol as usize];
                let up = (trade.px_tick - market.last_tick).signum();
                market.last_tick = trade.px_tick;
                self.trades[trade.symbol as usize].push(PendingTrade {
                    side: trade.aggressor,
                    tick: trade.px_tick,
                    lots: trade.qty_lots,
                    id: trade.trade_id,
                    ms,
                    seq: self.seq,
                    up,
                });
            }
            EventBody::Order(report) if report.account == ACCOUNT => self.on_report(&report, ms),
            EventBody::CancelReject(refusal) if refusal.account == ACCOUNT => {
                self.refused = Some(refusal.reason);
            }
            _ => {}
        }
    }

    pub(crate) fn levels(&self, market: u32, side: Side, depth: usize) -> Levels {
        let depth = if depth == 0 { usize::MAX } else { depth };
        self.exchange.book(market, side).take(depth).collect()
    }

    /// Publishes books and trades, sends held frames, ends idle connections.
    pub(crate) fn tick(&mut self) {
        self.pump();
        self.flush_private();
        self.publish_trades();
        self.publish_books();
        let real_ms = self.real_ms();
        let mut idle = Vec::new();
        for (&id, conn) in &mut self.conns {
            if let Some((_, out)) = conn.held.take_if(|(ms, _)| real_ms - *ms > 100) {
                conn.push(out);
            }
            let limited = matches!(conn.socket, Socket::Private | Socket::Trade);
            if limited && real_ms - conn.active_ms > conn.idle_ms {
                idle.push(id);
            }
        }
        for id in idle {
            self.end(id, End::Drop);
        }
    }
}
