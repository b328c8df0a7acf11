//! The core of Bybit, a state machine: frames of sockets, REST answers, requests of bots and times go
//! in, actions and venue events come out. It never waits, and it reads no clock.

mod absence_proof;
mod account;
mod answers;
mod calls;
mod connections;
mod entry_wait;
mod instruments;
mod login;
mod order_rules;
mod orders;
mod position_lists;
mod positions;
mod previous_session;
mod private;
mod protocol;
mod public;
mod requests;
mod rest;
mod steps;
mod unreadable_orders;
mod venue;
mod wallet;

use std::collections::{HashMap, HashSet};

use hbl_exchange::Limits;

use crate::bybit::book::level_change::LevelChange;
use crate::bybit::book::symbol_feed::SymbolFeed;
use crate::bybit::book::topics::Topics;
use crate::bybit::frames::FrameError;
use crate::bybit::frames::fast_path::FastPath;
use crate::bybit::options::{OnConnect, OrderEntry, PositionMode};
use crate::bybit::orders::link_id::{LinkIds, PrefixError};
use crate::bybit::orders::order_table::OrderTable;
use crate::bybit::orders::reconcile::Reconcile;
use crate::bybit::session::rate_limiter::RateLimiter;
use crate::bybit::session::server_clock::ServerClock;
use crate::bybit::session::sign::Credentials;
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::listing::RegisteredListing;
use crate::kit::net::connect_limiter::ConnectLimiter;
use crate::kit::net::connection_supervisor::ConnectionSupervisor;
use crate::kit::notice::Notice;
use crate::kit::venue::VenueEvent;

pub use calls::{Method, RestAnswer, RestCall, RestFailure};
pub use protocol::Urls;

/// The venue allows 500 connections in five minutes; the rest is for other programs on this address.
const CONNECTS_MAX: usize = 400;

/// The three sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Socket {
    /// Market data.
    Public,
    /// Orders, executions, positions, wallet.
    Private,
    /// Order entry.
    Trade,
}

impl Socket {
    const ALL: [Self; 3] = [Self::Public, Self::Private, Self::Trade];

    fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Trade => "trade",
        }
    }
}

/// An action on the network.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Open a connection; its events carry this number.
    Connect(Socket, u64),
    /// Send a text on the current connection. It may hold a signature: never log it.
    Send(Socket, String),
    /// Close this connection; later events of it are ignored.
    Close(Socket, u64),
    /// Make a REST call.
    Rest(RestCall),
}

/// Settings of the core.
#[derive(Clone, Debug)]
pub struct CoreSettings {
    /// `linear` or `spot`.
    pub category: String,
    /// Depths to subscribe, any of 1, 50, 200, 1000.
    pub depths: Vec<u32>,
    /// Coin whose positions are read.
    pub settle_coin: String,
    /// Key and secret; `None`: market data only.
    pub credentials: Option<Credentials>,
    /// Prefix of our orders.
    pub order_prefix: String,
    /// Boot epoch from the clock, Unix seconds; orders of the account with a later one raise it.
    pub epoch: u32,
    /// What to do with orders of previous sessions.
    pub on_connect: OnConnect,
    /// How far back orders and executions of previous sessions are read, seconds.
    pub lookback_s: u32,
    /// Most pages that each of these lists is read.
    pub lookback_pages: u32,
    /// How order requests travel.
    pub order_entry: OrderEntry,
    /// Position mode of the account.
    pub position_mode: PositionMode,
    /// Receive window of requests, milliseconds.
    pub recv_window_ms: u32,
    /// Clock offset above which no order is sent, milliseconds.
    pub clock_refuse_ms: u32,
    /// How long an order may wait for the rate limit, milliseconds.
    pub order_wait_ms: u32,
    /// Seed of the jitter.
    pub seed: u64,
}

/// How far a socket that needs a login is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Login {
    No,
    /// The connection is open, and the venue's clock is not known yet.
    Clock {
        until: u64,
    },
    Asked {
        until: u64,
    },
    Subscribing {
        until: u64,
    },
    Yes,
    /// The venue refuses the key; it is tried again later.
    Refused,
}

struct Instrument {
    symbol: u32,
    registered: RegisteredListing,
    feed: SymbolFeed,
    /// The feed is live; else stale.
    is_live: bool,
    exch_ts: i64,
}

/// The venue without its sockets.
pub struct BybitCore {
    settings: CoreSettings,
    network: protocol::Network,
    connects: ConnectLimiter,
    links: HashMap<Socket, ConnectionSupervisor>,
    topics: Topics,
    private: Login,
    trade: Login,
    entry_wait: entry_wait::EntryWait,
    reconcile: Reconcile,
    /// When everything is compared with the venue again.
    audit_at: u64,
    clock: ServerClock,
    listings: instruments::Instruments,
    limits: HashMap<String, Limits>,
    /// Those that are registered.
    instruments: HashMap<String, Instrument>,
    names: Vec<String>,
    positions: positions::Positions,
    ids: LinkIds,
    orders: OrderTable,
    limiters: HashMap<requests::Op, RateLimiter>,
    requests: requests::Requests,
    calls: calls::Calls,
    actions: Vec<Action>,
    events: Vec<VenueEvent>,
    fast_path: FastPath,
    /// Scratch, empty between frames.
    changes: Vec<LevelChange>,
    /// Newest execution seen, Unix nanoseconds.
    last_exec_ns: i64,
    frame_errors: u64,
    was_up: bool,
    trade_wanted: bool,
    reported: wallet::Reported,
    previous: previous_session::PreviousSessions,
    absence: absence_proof::AbsenceProof,
    /// Bots of hftbacktest that have sent something.
    upstream_bots: HashSet<u64>,
    key: login::KeyState,
    account: account::Account,
    /// When this run began.
    started: Now,
    /// REST is not used before this, because the venue's HTTP edge answered 403.
    rest_from: u64,
}

impl BybitCore {
    /// Starts; nothing is connected until the first [`tick`](Self::tick).
    ///
    /// # Errors
    /// When the order prefix cannot be used.
    pub fn new(now: Now, settings: CoreSettings) -> Result<Self, PrefixError> {
        let ids = LinkIds::new(&settings.order_prefix, settings.epoch)?;
        let per_second = if settings.category == "spot" { 20 } else { 10 };
        use requests::Op;
        let ops = [Op::Create, Op::Amend, Op::Cancel];
        let mut links: HashMap<Socket, ConnectionSupervisor> = HashMap::new();
        for socket in Socket::ALL {
            let link = links.entry(socket).or_insert_with(|| match socket {
                Socket::Public => ConnectionSupervisor::of_feed(),
                Socket::Private | Socket::Trade => ConnectionSupervisor::default(),
            });
            let wanted = match socket {
                Socket::Public => true,
                Socket::Private => settings.credentials.is_some(),
                Socket::Trade => {
                    settings.credentials.is_some() && settings.order_entry == OrderEntry::Socket
                }
            };
            if wanted {
                link.start(now.mono_ns);
            }
        }
        Ok(Self {
            network: protocol::Network::default(),
            connects: ConnectLimiter::new(settings.seed, CONNECTS_MAX),
            links,
            topics: Topics::default(),
            private: Login::No,
            trade: Login::No,
            entry_wait: entry_wait::EntryWait::default(),
            reconcile: Reconcile::default(),
            audit_at: u64::MAX,
            clock: ServerClock::new(settings.clock_refuse_ms),
            listings: instruments::Instruments::default(),
            limits: HashMap::new(),
            instruments: HashMap::new(),
            names: Vec::new(),
            positions: positions::Positions::default(),
            ids,
            orders: OrderTable::default(),
            limiters: ops.map(|op| (op, RateLimiter::new(per_second))).into(),
            requests: requests::Requests::default(),
            calls: calls::Calls::default(),
            actions: Vec::new(),
            events: Vec::new(),
            fast_path: FastPath::default(),
            changes: Vec::new(),
            last_exec_ns: now.unix_ns,
            frame_errors: 0,
            was_up: true,
            trade_wanted: settings.credentials.is_some(),
            reported: wallet::Reported::default(),
            previous: previous_session::PreviousSessions::default(),
            absence: absence_proof::AbsenceProof::new(now, settings.recv_window_ms),
            upstream_bots: HashSet::new(),
            key: login::KeyState::default(),
            account: account::Account::default(),
            started: now,
            rest_from: 0,
            settings,
        })
    }

    /// Takes the actions on the network, oldest first.
    pub fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    /// Frames and items that could not be read, since the start.
    pub fn frame_errors(&self) -> u64 {
        self.frame_errors
    }

    /// True when orders can be sent: private and trade socket are logged in, and open orders,
    /// executions, positions and wallet were compared with the venue.
    pub fn is_ready(&self) -> bool {
        self.private == Login::Yes && self.reconcile.is_done() && self.has_order_entry()
    }

    /// Boot epoch that ids of new orders carry.
    pub fn epoch(&self) -> u32 {
        self.ids.epoch()
    }

    /// Topics that the venue sends.
    pub fn live_topics(&self) -> Vec<String> {
        self.topics.live().map(ToOwned::to_owned).collect()
    }

    /// Does the work that is due.
    pub fn tick(&mut self, now: Now) {
        for socket in Socket::ALL {
            self.tick_link(now, socket);
        }
        self.tick_topics(now);
        self.tick_login(now);
        self.tick_entry_wait(now);
        self.tick_rest(now);
        self.tick_modes(now);
        self.tick_requests(now);
        self.tick_sweep(now);
        self.report_up(now);
    }

    fn notice(&mut self, code: i64, text: String) {
        self.events.push(VenueEvent::Notice(Notice::of(code, text)));
    }

    /// Counts reading errors; the first one and every hundredth are reported.
    fn unreadable(&mut self, what: &str, error: &FrameError) {
        self.frame_errors += 1;
        if self.frame_errors % 100 == 1 {
            let count = self.frame_errors;
            let text = format!("{what}: {error} ({count} so far)");
            self.notice(codes::FRAME_UNREADABLE, text);
        }
    }

    fn due(&self) -> u64 {
        let links = self
            .links
            .values()
            .filter_map(ConnectionSupervisor::next_due)
            .min();
        let login = [self.private, self.trade].map(|login| match login {
            Login::Clock { until } | Login::Asked { until } | Login::Subscribing { until } => until,
            _ => u64::MAX,
        });
        [
            links.unwrap_or(u64::MAX),
            self.topics.next_due().unwrap_or(u64::MAX),
            login[0],
            login[1],
            self.rest_due(),
            self.sweep_due(),
            self.key.next_due(),
            self.entry_wait.next_due(),
            self.requests.next_due().unwrap_or(u64::MAX),
        ]
        .into_iter()
        .min()
        .unwrap_or(u64::MAX)
    }
}
