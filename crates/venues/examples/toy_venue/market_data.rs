//! Phase 1: instruments over REST, books and trades over one WebSocket.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use hbl_exchange::Side as BookSide;
use hbl_venues::kit::book::published_book::PublishedBook;
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::codes;
use hbl_venues::kit::decimal::{DecimalError, Step};
use hbl_venues::kit::net::connect_limiter::ConnectLimiter;
use hbl_venues::kit::net::connection_supervisor::{ConnectionSupervisor, SupervisorAct};
use hbl_venues::kit::net::refresh::Refresh;
use hbl_venues::kit::net::{
    Closed, HttpAnswer, HttpCall, Method, NetAction, Protocol, RestFailure, SocketId,
};
use hbl_venues::kit::notice::Notice;
use hbl_venues::kit::scale::Scale;
use hbl_venues::kit::venue::{MarketData, Reject, VenueEvent, VenueSocket};
use hftbacktest::types::Event;
use serde::Deserialize;

use crate::orders::{OpenOrder, OrderFrame};

pub const SOCKET: SocketId = SocketId(0);
pub const INSTRUMENTS: u64 = 1;
const SECOND_NS: u64 = 1_000_000_000;
/// The toy venue allows this many connections in five minutes.
const CONNECTS_MAX: usize = 100;
/// A message could not be read. A real venue has a `codes.rs` with numbers of its own.
const UNREADABLE: i64 = 3903;

/// What the venue sends. One typed reading per frame; texts are borrowed.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Frame<'a> {
    Pong,
    #[serde(borrow)]
    Book(BookFrame<'a>),
    #[serde(borrow)]
    Trade(TradeFrame<'a>),
    #[serde(borrow)]
    Order(OrderFrame<'a>),
}

#[derive(Deserialize)]
struct BookFrame<'a> {
    symbol: &'a str,
    seq: u64,
    snapshot: bool,
    ts_ms: i64,
    #[serde(borrow)]
    bids: Vec<(&'a str, &'a str)>,
    #[serde(borrow)]
    asks: Vec<(&'a str, &'a str)>,
}

#[derive(Deserialize)]
struct TradeFrame<'a> {
    symbol: &'a str,
    ts_ms: i64,
    px: &'a str,
    qty: &'a str,
    taker_buys: bool,
}

#[derive(Deserialize)]
struct Listed {
    symbol: String,
    tick: String,
    lot: String,
}

pub struct Instrument {
    pub symbol: String,
    pub scale: Scale,
    book: PublishedBook,
    /// Number of the last message; `None`: a snapshot is waited for.
    seq: Option<u64>,
    pub position: i64,
}

/// The protocol: no socket, no clock, no thread. Everything it knows was passed in.
pub struct Toy {
    ws_url: String,
    rest_url: String,
    connects: ConnectLimiter,
    pub link: ConnectionSupervisor,
    /// What the venue offers; `None` until it was read.
    listed: Option<HashMap<String, Scale>>,
    refresh: Refresh,
    pub instruments: Vec<Instrument>,
    pub orders: HashMap<u64, OpenOrder>,
    actions: Vec<NetAction>,
    pub events: Vec<VenueEvent>,
}

impl Toy {
    pub fn new(now: Now, ws_url: &str, rest_url: &str) -> Self {
        let mut link = ConnectionSupervisor::default();
        link.start(now.mono_ns);
        Self {
            ws_url: ws_url.to_owned(),
            rest_url: rest_url.to_owned(),
            connects: ConnectLimiter::new(1, CONNECTS_MAX),
            link,
            listed: None,
            refresh: Refresh::new(3_600 * SECOND_NS, 60 * SECOND_NS),
            instruments: Vec::new(),
            orders: HashMap::new(),
            actions: Vec::new(),
            events: Vec::new(),
        }
    }

    pub fn send(&mut self, text: String) {
        let text = text.into();
        self.actions.push(NetAction::Send {
            socket: SOCKET,
            text,
        });
    }

    fn subscribe(&mut self, index: usize) {
        let symbol = &self.instruments[index].symbol;
        let text = format!(r#"{{"op":"subscribe","symbol":"{symbol}"}}"#);
        self.send(text);
    }

    fn index_of(&self, symbol: &str) -> Option<usize> {
        self.instruments.iter().position(|i| i.symbol == symbol)
    }

    /// A frame of the venue; the error is for a notice.
    fn read(&mut self, now: Now, bytes: &[u8]) -> Result<(), String> {
        match serde_json::from_slice(bytes).map_err(|error| error.to_string())? {
            Frame::Pong => self.link.pong(),
            Frame::Book(frame) => self.read_book(now, &frame).map_err(|e| e.to_string())?,
            Frame::Trade(frame) => self.read_trade(now, &frame).map_err(|e| e.to_string())?,
            Frame::Order(frame) => self.read_order(&frame).map_err(|e| e.to_string())?,
        }
        Ok(())
    }

    fn read_book(&mut self, now: Now, frame: &BookFrame<'_>) -> Result<(), DecimalError> {
        let Some(index) = self.index_of(frame.symbol) else {
            return Ok(());
        };
        let i = &mut self.instruments[index];
        let is_next = i.seq.is_some_and(|last| last + 1 == frame.seq);
        if !frame.snapshot && !is_next {
            self.gap(now, index);
            return Ok(());
        }
        let mut levels = Vec::new();
        for (side, list) in [(BookSide::Buy, &frame.bids), (BookSide::Sell, &frame.asks)] {
            for (px, qty) in list {
                levels.push((side, i.scale.tick.units(px)?, i.scale.lot.units(qty)?));
            }
        }
        let was_stale = i.seq.replace(frame.seq).is_none();
        self.publish(now, index, frame.ts_ms * 1_000_000, levels, frame.snapshot);
        if was_stale {
            let symbol = index as u32;
            self.events.push(VenueEvent::FeedLive { symbol });
        }
        Ok(())
    }

    fn read_trade(&mut self, now: Now, frame: &TradeFrame<'_>) -> Result<(), DecimalError> {
        let Some(index) = self.index_of(frame.symbol) else {
            return Ok(());
        };
        let scale = &self.instruments[index].scale;
        let units = (scale.tick.units(frame.px)?, scale.lot.units(frame.qty)?);
        let exch_ts = frame.ts_ms * 1_000_000;
        let event = scale.trade_event(frame.taker_buys, units, exch_ts, now.unix_ns);
        let symbol = index as u32;
        self.events.push(VenueEvent::Feed { symbol, event });
        Ok(())
    }

    /// One change as one batch: first everything that goes, then everything that is there.
    fn publish(
        &mut self,
        now: Now,
        index: usize,
        exch_ts: i64,
        levels: Vec<(BookSide, i64, i64)>,
        is_whole: bool,
    ) {
        let i = &mut self.instruments[index];
        let is_bid = |side| side == BookSide::Buy;
        let named: BTreeSet<_> = levels.iter().map(|(s, px, _)| (is_bid(*s), *px)).collect();
        let mut gone = Vec::new();
        if is_whole {
            let shown = i.book.levels();
            let vanished = shown.filter(|(s, px, _)| !named.contains(&(is_bid(*s), *px)));
            gone.extend(vanished.map(|(side, px, _)| (side, px, 0)));
        }
        let (deleted, set): (Vec<_>, Vec<_>) =
            levels.into_iter().partition(|(.., lots)| *lots == 0);
        let symbol = index as u32;
        self.events.push(VenueEvent::FeedBatchStart { symbol });
        for (side, px, lots) in gone.into_iter().chain(deleted).chain(set) {
            i.book.set(side, px, lots, exch_ts);
            let event = i
                .scale
                .level_event(is_bid(side), (px, lots), exch_ts, now.unix_ns);
            self.events.push(VenueEvent::Feed { symbol, event });
        }
        self.events.push(VenueEvent::FeedBatchEnd { symbol });
    }

    /// A message is missing: a book with a hole is worse than none.
    fn gap(&mut self, now: Now, index: usize) {
        if self.instruments[index].seq.take().is_some() {
            self.publish(now, index, now.unix_ns, Vec::new(), true);
            let symbol = index as u32;
            self.events.push(VenueEvent::FeedStale { symbol });
            self.subscribe(index);
        }
    }

    fn socket(&mut self, up: bool, text: &str) {
        self.events.push(VenueEvent::Socket {
            socket: VenueSocket::Public,
            up,
            text: text.to_owned(),
        });
    }

    fn lost(&mut self, text: &str) {
        self.socket(false, text);
        self.events.push(VenueEvent::Down(text.to_owned()));
        for (index, i) in self.instruments.iter_mut().enumerate() {
            // The levels stay: they are old, not wrong.
            if i.seq.take().is_some() {
                let symbol = index as u32;
                self.events.push(VenueEvent::FeedStale { symbol });
            }
        }
    }
}

impl Protocol for Toy {
    fn take_actions(&mut self, out: &mut Vec<NetAction>) {
        out.append(&mut self.actions);
    }

    fn on_opened(&mut self, now: Now, _socket: SocketId, conn: u64) {
        if !self.link.opened(now.mono_ns, conn) {
            return;
        }
        for index in 0..self.instruments.len() {
            self.subscribe(index);
        }
        self.ask_for_orders();
        self.socket(true, "");
        self.events.push(VenueEvent::Up);
    }

    fn on_frame(&mut self, now: Now, _socket: SocketId, conn: u64, bytes: &[u8]) {
        if conn != self.link.conn() {
            return;
        }
        if let Err(text) = self.read(now, bytes) {
            let text = format!("a frame could not be read: {text}");
            let notice = Notice::of(UNREADABLE, text);
            self.events.push(VenueEvent::Notice(notice));
        }
    }

    fn on_closed(&mut self, now: Now, _socket: SocketId, conn: u64, closed: &Closed) {
        if self.link.closed(now.mono_ns, conn, &mut self.connects) {
            self.lost(&closed.reason);
        }
    }

    fn on_rest(&mut self, now: Now, id: u64, answer: Result<HttpAnswer<'_>, RestFailure>) {
        if !self.refresh.ended(id) {
            return;
        }
        let list: Option<Vec<Listed>> = match answer {
            Ok(answer) if answer.status == 200 => serde_json::from_slice(answer.body).ok(),
            _ => None,
        };
        let Some(list) = list else {
            self.refresh.failed(now.mono_ns);
            return;
        };
        self.refresh.done(now.mono_ns);
        let scale = |i: &Listed| {
            Some(Scale {
                tick: Step::parse(&i.tick).ok()?,
                lot: Step::parse(&i.lot).ok()?,
            })
        };
        let known = list.into_iter();
        let known = known.filter_map(|i| scale(&i).map(|scale| (i.symbol, scale)));
        self.listed = Some(known.collect());
    }
}

impl MarketData for Toy {
    fn register(&mut self, _now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Reject> {
        let listed = self.listed.as_ref();
        let Some(scale) = listed.and_then(|listed| listed.get(symbol)).copied() else {
            return Err(Reject {
                code: codes::SYMBOL_UNKNOWN,
                text: format!("the toy venue has no {symbol}"),
            });
        };
        // Of a known symbol too: prices travel as ticks.
        scale.check_sizes(symbol, tick, lot)?;
        if let Some(known) = self.index_of(symbol) {
            return Ok(known as u32);
        }
        self.instruments.push(Instrument {
            symbol: symbol.to_owned(),
            scale,
            book: PublishedBook::default(),
            seq: None,
            position: 0,
        });
        let index = self.instruments.len() - 1;
        if self.link.is_open() {
            self.subscribe(index);
        }
        Ok(index as u32)
    }

    fn pending_reason(&self, _symbol: &str) -> Option<String> {
        let is_pending = self.listed.is_none();
        is_pending.then(|| "the instruments are still being read".to_owned())
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        let scale = self.listed.as_ref()?.get(symbol)?;
        Some((scale.tick.to_f64(), scale.lot.to_f64()))
    }

    fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        if self.refresh.is_due(now.mono_ns) {
            self.refresh.begin(INSTRUMENTS);
            self.actions.push(NetAction::Rest(HttpCall {
                id: INSTRUMENTS,
                method: Method::Get,
                url: format!("{}/instruments", self.rest_url),
                headers: Vec::new(),
                body: "".into(),
                timeout: Duration::from_secs(5),
            }));
        }
        let socket = SOCKET;
        match self.link.tick(now.mono_ns, &mut self.connects) {
            Some(SupervisorAct::Connect(conn)) => {
                let url = self.ws_url.clone();
                self.actions.push(NetAction::Connect { socket, conn, url });
            }
            Some(SupervisorAct::Ping) => self.send(r#"{"op":"ping"}"#.to_owned()),
            Some(SupervisorAct::Dead(reason)) => {
                let conn = self.link.conn();
                self.actions.push(NetAction::Close { socket, conn });
                self.link.closed(now.mono_ns, conn, &mut self.connects);
                self.lost(reason);
            }
            None => {}
        }
        out.append(&mut self.events);
    }

    fn next_due_ns(&self) -> Option<u64> {
        if !self.events.is_empty() {
            return Some(0);
        }
        let dues = [self.link.next_due(), Some(self.refresh.next_due())];
        dues.into_iter().flatten().min()
    }

    fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>) {
        let i = &self.instruments[symbol as usize];
        let exch_ts = i.book.exch_ts();
        out.extend(i.book.levels().map(|(side, px, lots)| {
            i.scale
                .level_event(side == BookSide::Buy, (px, lots), exch_ts, now.unix_ns)
        }));
    }

    fn is_book_synced(&self, symbol: u32) -> bool {
        self.instruments[symbol as usize].seq.is_some()
    }
}
