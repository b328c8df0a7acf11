//! The venue as one machine: sockets' frames, REST answers, bots' requests and times in; actions
//! and venue events out.

mod answers;
mod earlier;
mod login;
mod orders;
mod positions;
mod private;
mod public;
mod requests;
mod rest;
mod steps;
mod venue;
mod wallet;

use std::collections::HashMap;

use super::codes;
use super::connects::{Connects, HOLD_NS};
use super::decimal::Scale;
use super::frames::FrameError;
use super::frames::quick::Quick;
use super::link::{Link, LinkAct};
use super::link_id::{LinkIds, PrefixError};
use super::order_table::OrderTable;
use super::policy::{OnConnect, OrderEntry, PositionMode};
use super::rate_bucket::RateBucket;
use super::reconcile::Reconcile;
use super::server_clock::ServerClock;
use super::sign::Credentials;
use super::symbol_feed::SymbolFeed;
use super::topic_book::LevelChange;
use super::topics::Topics;
use crate::clock::Now;
use crate::venue::{Refusal, VenueEvent};

pub use rest::{Method, RestAnswer, RestCall, RestFailure};

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

/// What the shell has to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Open a connection and name it by this number in what it reports.
    Connect(Socket, u64),
    /// Send a text on the current connection. It may hold a signature: never log it.
    Send(Socket, String),
    /// Close this connection; what it still reports is ignored.
    Close(Socket, u64),
    /// Make a REST call.
    Rest(RestCall),
}

/// What the venue has to know from its configuration.
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
    /// Boot epoch as the clock says it, Unix seconds; what the account's orders show raises it.
    pub epoch: u32,
    /// What to do with orders of earlier runs.
    pub on_connect: OnConnect,
    /// How far back orders and executions of earlier runs are read, seconds.
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
    feed: SymbolFeed,
    fresh: bool,
    exch_ts: i64,
}

/// The venue without its sockets.
pub struct BybitCore {
    settings: CoreSettings,
    connects: Connects,
    links: HashMap<Socket, Link>,
    topics: Topics,
    private: Login,
    trade: Login,
    reconcile: Reconcile,
    /// When everything is compared with the venue again.
    audit_at: u64,
    clock: ServerClock,
    scales: HashMap<String, Scale>,
    instruments_at: u64,
    /// True once every page of the instruments was read.
    instruments_known: bool,
    /// Why the last question for them failed.
    instruments_trouble: Option<String>,
    instruments: HashMap<String, Instrument>,
    names: Vec<String>,
    positions: positions::Positions,
    ids: LinkIds,
    orders: OrderTable,
    buckets: HashMap<requests::Op, RateBucket>,
    requests: requests::Requests,
    calls: rest::Calls,
    actions: Vec<Action>,
    events: Vec<VenueEvent>,
    quick: Quick,
    /// Scratch, empty between frames.
    changes: Vec<LevelChange>,
    /// Newest execution seen, Unix nanoseconds.
    last_exec_ns: i64,
    frame_errors: u64,
    was_up: bool,
    trade_wanted: bool,
    told: wallet::Told,
    earlier: earlier::EarlierRuns,
    key: login::KeyState,
    /// REST is not used before this, because the venue's gate said 403.
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
        let mut links: HashMap<Socket, Link> = HashMap::new();
        for socket in Socket::ALL {
            let link = links.entry(socket).or_default();
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
            connects: Connects::new(settings.seed),
            links,
            topics: Topics::default(),
            private: Login::No,
            trade: Login::No,
            reconcile: Reconcile::default(),
            audit_at: u64::MAX,
            clock: ServerClock::new(settings.clock_refuse_ms),
            scales: HashMap::new(),
            instruments_at: 0,
            instruments_known: false,
            instruments_trouble: None,
            instruments: HashMap::new(),
            names: Vec::new(),
            positions: positions::Positions::default(),
            ids,
            orders: OrderTable::default(),
            buckets: ops.map(|op| (op, RateBucket::new(per_second))).into(),
            requests: requests::Requests::default(),
            calls: rest::Calls::default(),
            actions: Vec::new(),
            events: Vec::new(),
            quick: Quick::default(),
            changes: Vec::new(),
            last_exec_ns: now.unix_ns,
            frame_errors: 0,
            was_up: true,
            trade_wanted: settings.credentials.is_some(),
            told: wallet::Told::default(),
            earlier: earlier::EarlierRuns::default(),
            key: login::KeyState::default(),
            rest_from: 0,
            settings,
        })
    }

    /// Takes out what the shell has to do, oldest first.
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

    /// A connection is open.
    pub fn on_opened(&mut self, now: Now, socket: Socket, conn: u64) {
        if !self.link(socket).opened(now.mono_ns, conn) {
            return;
        }
        match socket {
            Socket::Public => self.topics.opened(now.mono_ns),
            Socket::Private | Socket::Trade => self.login(now, socket),
        }
    }

    /// A connection is gone, or could not be opened (`http_status` when the venue's gate answered).
    pub fn on_closed(&mut self, now: Now, socket: Socket, conn: u64, http_status: Option<u16>) {
        self.on_closed_because(now, socket, conn, http_status, "closed");
    }

    /// As [`on_closed`](Self::on_closed), with the reason in words.
    pub fn on_closed_because(
        &mut self,
        now: Now,
        socket: Socket,
        conn: u64,
        http_status: Option<u16>,
        reason: &str,
    ) {
        let connects = &mut self.connects;
        if http_status == Some(403) {
            connects.hold(now.mono_ns);
            self.rest_from = now.mono_ns + HOLD_NS;
        }
        if let Some(link) = self.links.get_mut(&socket)
            && link.closed(now.mono_ns, conn, connects)
        {
            self.lost(now, socket, reason);
            if http_status == Some(401) && socket != Socket::Public {
                let what = format!("the {} connection is refused with HTTP 401", socket.name());
                self.key_refused(now, None, &what);
            }
        }
    }

    /// A text frame came.
    pub fn on_frame(&mut self, now: Now, socket: Socket, conn: u64, bytes: &[u8]) {
        let link = self.link(socket);
        if !link.is_open() || link.conn() != conn {
            return;
        }
        let read = match socket {
            Socket::Public => self.public_frame(now, bytes),
            Socket::Private => self.private_frame(now, bytes),
            Socket::Trade => self.trade_frame(now, bytes),
        };
        if let Err(error) = read {
            self.unreadable(socket.name(), &error);
        }
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Now) {
        for socket in Socket::ALL {
            self.tick_link(now, socket);
        }
        self.tick_topics(now);
        self.tick_login(now);
        self.tick_rest(now);
        self.tick_modes(now);
        self.tick_requests(now);
        self.tick_sweep(now);
        self.tell_link(now);
    }

    fn tick_link(&mut self, now: Now, socket: Socket) {
        let Some(link) = self.links.get_mut(&socket) else {
            return;
        };
        match link.tick(now.mono_ns, &mut self.connects) {
            Some(LinkAct::Connect(conn)) => self.actions.push(Action::Connect(socket, conn)),
            Some(LinkAct::Ping) => self.send(socket, r#"{"op":"ping"}"#.to_owned()),
            Some(LinkAct::Dead(reason)) => self.kill(now, socket, reason),
            None => {}
        }
    }

    /// Gives a connection up and plans the next one.
    fn kill(&mut self, now: Now, socket: Socket, reason: &str) {
        let Some(link) = self.links.get_mut(&socket) else {
            return;
        };
        let conn = link.conn();
        if link.closed(now.mono_ns, conn, &mut self.connects) {
            self.actions.push(Action::Close(socket, conn));
            self.lost(now, socket, reason);
        }
    }

    fn lost(&mut self, now: Now, socket: Socket, reason: &str) {
        match socket {
            Socket::Public => {
                self.topics.closed();
                for instrument in self.instruments.values_mut() {
                    instrument.feed.suspend();
                }
                self.tell_stale();
            }
            Socket::Private => {
                self.private = Login::No;
                self.reconcile.stop();
            }
            Socket::Trade => {
                self.trade = Login::No;
                self.drop_requests(now);
            }
        }
        self.tell_lost(socket, reason);
        let text = format!("the {} connection is lost: {reason}", socket.name());
        self.events.push(VenueEvent::Down(text));
        self.was_up = false;
    }

    /// Tells once that every wanted socket works again.
    fn tell_link(&mut self, _now: Now) {
        self.tell_working();
        let private = !self.trade_wanted || self.is_ready();
        if !self.was_up && private && self.is_link_open(Socket::Public) {
            self.was_up = true;
            self.events.push(VenueEvent::Up);
        }
    }

    fn is_link_open(&self, socket: Socket) -> bool {
        self.links.get(&socket).is_some_and(Link::is_open)
    }

    fn link(&mut self, socket: Socket) -> &mut Link {
        self.links.entry(socket).or_default()
    }

    fn send(&mut self, socket: Socket, text: String) {
        self.actions.push(Action::Send(socket, text));
    }

    fn notice(&mut self, code: i64, text: String) {
        self.events.push(VenueEvent::Notice(Refusal { code, text }));
    }

    /// Counts what could not be read; the first one and every hundredth are told.
    fn unreadable(&mut self, what: &str, error: &FrameError) {
        self.frame_errors += 1;
        if self.frame_errors % 100 == 1 {
            let count = self.frame_errors;
            let text = format!("{what}: {error} ({count} so far)");
            self.notice(codes::FRAME_UNREADABLE, text);
        }
    }

    fn scale_of(&self, symbol: &str) -> Option<Scale> {
        self.scales.get(symbol).copied()
    }

    fn due(&self) -> u64 {
        let links = self.links.values().filter_map(Link::next_due).min();
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
            self.requests.next_due().unwrap_or(u64::MAX),
        ]
        .into_iter()
        .min()
        .unwrap_or(u64::MAX)
    }
}
