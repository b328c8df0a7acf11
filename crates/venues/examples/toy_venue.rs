//! A venue in one file: market data and orders over one WebSocket, instruments over REST. It is the
//! example of `docs/guide/adding-a-venue.md`. `main` plays the venue, so nothing is connected.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use hbl_exchange::Side as BookSide;
use hbl_venues::kit::book::published_book::PublishedBook;
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::codes;
use hbl_venues::kit::decimal::Step;
use hbl_venues::kit::net::connect_limiter::ConnectLimiter;
use hbl_venues::kit::net::connection_supervisor::{ConnectionSupervisor, SupervisorAct};
use hbl_venues::kit::net::{
    Closed, HttpAnswer, HttpCall, Method, NetAction, NetSettings, NetVenue, Protocol, RestFailure,
    SocketId,
};
use hbl_venues::kit::notice::Notice;
use hbl_venues::kit::venue::{
    Amendment, NewOrder, OrderReport, Reject, Venue, VenueEvent, VenueSocket,
};
use hbl_venues::paper::PaperVenue;
use hbl_venues::paper::config::PaperConfig;
use hftbacktest::types::{
    Event, LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT, LOCAL_BUY_TRADE_EVENT,
    LOCAL_SELL_TRADE_EVENT, OrdType, Side, Status, TimeInForce,
};
use serde::Deserialize;

const SOCKET: SocketId = SocketId(0);
const INSTRUMENTS: u64 = 1;
const RETRY_NS: u64 = 5_000_000_000;
/// Not sent: there is no connection. A real venue has a `codes.rs` with a hundred of its own.
const NOT_CONNECTED: i64 = 3901;

/// What the venue sends. One typed reading per frame; texts are borrowed.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Frame<'a> {
    Pong,
    Book {
        symbol: &'a str,
        seq: u64,
        snapshot: bool,
        ts_ms: i64,
        #[serde(borrow)]
        bids: Vec<(&'a str, &'a str)>,
        #[serde(borrow)]
        asks: Vec<(&'a str, &'a str)>,
    },
    Trade {
        symbol: &'a str,
        ts_ms: i64,
        px: &'a str,
        qty: &'a str,
        taker_buys: bool,
    },
    Order {
        handle: u64,
        state: &'a str,
        leaves: &'a str,
        fill_qty: &'a str,
        fill_px: &'a str,
        ts_ms: i64,
    },
}

#[derive(Deserialize)]
struct Listed {
    symbol: String,
    tick: String,
    lot: String,
}

struct Instrument {
    symbol: String,
    tick: Step,
    lot: Step,
    book: PublishedBook,
    /// Number of the last message; `None`: a snapshot is waited for.
    seq: Option<u64>,
    position: i64,
}

struct OpenOrder {
    symbol: usize,
    side: Side,
}

/// The protocol: no socket, no clock, no thread. Everything it knows was passed in.
struct Toy {
    ws_url: String,
    rest_url: String,
    connects: ConnectLimiter,
    link: ConnectionSupervisor,
    /// What the venue offers; `None` until it was read.
    listed: Option<HashMap<String, (Step, Step)>>,
    ask_at: Option<u64>,
    instruments: Vec<Instrument>,
    orders: HashMap<u64, OpenOrder>,
    actions: Vec<NetAction>,
    events: Vec<VenueEvent>,
}

impl Toy {
    fn new(now: Now, ws_url: &str, rest_url: &str) -> Self {
        let mut link = ConnectionSupervisor::default();
        link.start(now.mono_ns);
        Self {
            ws_url: ws_url.to_owned(),
            rest_url: rest_url.to_owned(),
            connects: ConnectLimiter::new(1),
            link,
            listed: None,
            ask_at: Some(now.mono_ns),
            instruments: Vec::new(),
            orders: HashMap::new(),
            actions: Vec::new(),
            events: Vec::new(),
        }
    }

    fn send(&mut self, text: String) {
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
        let frame = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        match frame {
            Frame::Pong => self.link.pong(),
            Frame::Book {
                symbol,
                seq,
                snapshot,
                ts_ms,
                bids,
                asks,
            } => {
                let Some(index) = self.index_of(symbol) else {
                    return Ok(());
                };
                let is_next = self.instruments[index]
                    .seq
                    .is_some_and(|last| last + 1 == seq);
                if !snapshot && !is_next {
                    return self.gap(now, index);
                }
                let (tick, lot) = (self.instruments[index].tick, self.instruments[index].lot);
                let mut levels = Vec::new();
                for (side, list) in [(BookSide::Buy, bids), (BookSide::Sell, asks)] {
                    for (px, qty) in list {
                        let px = tick.units(px).map_err(|error| error.to_string())?;
                        levels.push((side, px, lot.units(qty).map_err(|error| error.to_string())?));
                    }
                }
                let was_stale = self.instruments[index].seq.replace(seq).is_none();
                self.publish(now, index, ts_ms * 1_000_000, levels, snapshot);
                if was_stale {
                    let symbol = index as u32;
                    self.events.push(VenueEvent::FeedLive { symbol });
                }
            }
            Frame::Trade {
                symbol,
                ts_ms,
                px,
                qty,
                taker_buys,
            } => {
                let Some(index) = self.index_of(symbol) else {
                    return Ok(());
                };
                let i = &self.instruments[index];
                let px = i
                    .tick
                    .f64_of(i.tick.units(px).map_err(|error| error.to_string())?);
                let qty = i
                    .lot
                    .f64_of(i.lot.units(qty).map_err(|error| error.to_string())?);
                let kind = if taker_buys {
                    LOCAL_BUY_TRADE_EVENT
                } else {
                    LOCAL_SELL_TRADE_EVENT
                };
                let event = event(kind, ts_ms * 1_000_000, now, px, qty);
                self.events.push(VenueEvent::Feed {
                    symbol: index as u32,
                    event,
                });
            }
            Frame::Order {
                handle,
                state,
                leaves,
                fill_qty,
                fill_px,
                ts_ms,
            } => {
                let Some(order) = self.orders.get(&handle) else {
                    return Ok(());
                };
                let (index, side) = (order.symbol, order.side);
                let i = &mut self.instruments[index];
                let lots = i.lot.units(fill_qty).map_err(|error| error.to_string())?;
                let leaves = i.lot.units(leaves).map_err(|error| error.to_string())?;
                let exec_price_tick = i.tick.units(fill_px).map_err(|error| error.to_string())?;
                let (status, reject) = match state {
                    "open" if lots > 0 => (Status::PartiallyFilled, None),
                    "open" => (Status::New, None),
                    "filled" => (Status::Filled, None),
                    "canceled" => (Status::Canceled, None),
                    other => {
                        let text = format!("the venue refused the order: {other}");
                        (
                            Status::Rejected,
                            Some(Reject {
                                code: NOT_CONNECTED + 1,
                                text,
                            }),
                        )
                    }
                };
                if !matches!(status, Status::New | Status::PartiallyFilled) {
                    self.orders.remove(&handle);
                }
                let exch_ts = ts_ms * 1_000_000;
                let (exec_qty, leaves_qty) = (i.lot.f64_of(lots), i.lot.f64_of(leaves));
                // 0 keeps what is known of price and quantity.
                self.events.push(VenueEvent::Order(OrderReport {
                    handle,
                    status,
                    price_tick: 0,
                    qty: 0.0,
                    leaves_qty,
                    exec_qty,
                    exec_price_tick,
                    maker: false,
                    exch_ts,
                    reject,
                }));
                if lots > 0 {
                    i.position += if side == Side::Buy { lots } else { -lots };
                    let (symbol, qty) = (index as u32, i.lot.f64_of(i.position));
                    self.events.push(VenueEvent::Position {
                        symbol,
                        qty,
                        exch_ts,
                    });
                }
            }
        }
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
        let named: BTreeSet<_> = levels
            .iter()
            .map(|(side, px, _)| (*side == BookSide::Buy, *px))
            .collect();
        let mut gone = Vec::new();
        if is_whole {
            let vanished = i
                .book
                .levels()
                .filter(|(s, px, _)| !named.contains(&(*s == BookSide::Buy, *px)));
            gone.extend(vanished.map(|(side, px, _)| (side, px, 0)));
        }
        let (deleted, set): (Vec<_>, Vec<_>) =
            levels.into_iter().partition(|(.., lots)| *lots == 0);
        let symbol = index as u32;
        self.events.push(VenueEvent::FeedBatchStart { symbol });
        for (side, px, lots) in gone.into_iter().chain(deleted).chain(set) {
            i.book.set(side, px, lots, exch_ts);
            let event = event(
                depth(side),
                exch_ts,
                now,
                i.tick.f64_of(px),
                i.lot.f64_of(lots),
            );
            self.events.push(VenueEvent::Feed { symbol, event });
        }
        self.events.push(VenueEvent::FeedBatchEnd { symbol });
    }

    /// A message is missing: a book with a hole is worse than none.
    fn gap(&mut self, now: Now, index: usize) -> Result<(), String> {
        if self.instruments[index].seq.take().is_some() {
            self.publish(now, index, now.unix_ns, Vec::new(), true);
            self.events.push(VenueEvent::FeedStale {
                symbol: index as u32,
            });
            self.subscribe(index);
        }
        Ok(())
    }

    fn lost(&mut self, text: &str) {
        self.events.push(VenueEvent::Socket {
            socket: VenueSocket::Public,
            up: false,
            text: text.to_owned(),
        });
        self.events.push(VenueEvent::Down(text.to_owned()));
        for (index, i) in self.instruments.iter_mut().enumerate() {
            // The levels stay: they are old, not wrong.
            if i.seq.take().is_some() {
                self.events.push(VenueEvent::FeedStale {
                    symbol: index as u32,
                });
            }
        }
    }
}

fn depth(side: BookSide) -> u64 {
    match side {
        BookSide::Buy => LOCAL_BID_DEPTH_EVENT,
        BookSide::Sell => LOCAL_ASK_DEPTH_EVENT,
    }
}

fn event(ev: u64, exch_ts: i64, now: Now, px: f64, qty: f64) -> Event {
    let local_ts = now.unix_ns;
    Event {
        ev,
        exch_ts,
        local_ts,
        px,
        qty,
        order_id: 0,
        ival: 0,
        fval: 0.0,
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
        // What was on its way when the connection was lost is asked for, never sent again.
        let asked: Vec<_> = self.orders.keys().copied().collect();
        for handle in asked {
            self.send(format!(r#"{{"op":"query","handle":{handle}}}"#));
        }
        let (socket, text) = (VenueSocket::Public, String::new());
        self.events.push(VenueEvent::Socket {
            socket,
            up: true,
            text,
        });
        self.events.push(VenueEvent::Up);
    }

    fn on_frame(&mut self, now: Now, _socket: SocketId, conn: u64, bytes: &[u8]) {
        if conn != self.link.conn() {
            return;
        }
        if let Err(text) = self.read(now, bytes) {
            let text = format!("a frame could not be read: {text}");
            self.events
                .push(VenueEvent::Notice(Notice::of(NOT_CONNECTED + 2, text)));
        }
    }

    fn on_closed(&mut self, now: Now, _socket: SocketId, conn: u64, closed: &Closed) {
        if self.link.closed(now.mono_ns, conn, &mut self.connects) {
            self.lost(&closed.reason);
        }
    }

    fn on_rest(&mut self, now: Now, id: u64, answer: Result<HttpAnswer<'_>, RestFailure>) {
        let list: Option<Vec<Listed>> = match answer {
            Ok(answer) if id == INSTRUMENTS && answer.status == 200 => {
                serde_json::from_slice(answer.body).ok()
            }
            _ => None,
        };
        let Some(list) = list else {
            self.ask_at = Some(now.mono_ns + RETRY_NS);
            return;
        };
        let sizes = |i: &Listed| Some((Step::parse(&i.tick).ok()?, Step::parse(&i.lot).ok()?));
        let known = list
            .into_iter()
            .filter_map(|i| sizes(&i).map(|sizes| (i.symbol, sizes)));
        self.listed = Some(known.collect());
    }
}

impl Venue for Toy {
    fn register(&mut self, _now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Reject> {
        let found = self
            .listed
            .as_ref()
            .and_then(|listed| listed.get(symbol))
            .copied();
        let Some((has_tick, has_lot)) = found else {
            let text = format!("the toy venue has no {symbol}");
            return Err(Reject {
                code: codes::SYMBOL_UNKNOWN,
                text,
            });
        };
        let same = |a: f64, b: f64| (a - b).abs() <= b * 1e-9;
        let (t, l) = (has_tick.to_f64(), has_lot.to_f64());
        if !same(tick, t) || !same(lot, l) {
            let text = format!("{symbol} has tick size {t} and lot size {l}, not {tick} and {lot}");
            return Err(Reject {
                code: codes::SIZE_MISMATCH,
                text,
            });
        }
        // Only after the sizes were compared: prices travel as ticks.
        if let Some(known) = self.index_of(symbol) {
            return Ok(known as u32);
        }
        self.instruments.push(Instrument {
            symbol: symbol.to_owned(),
            tick: has_tick,
            lot: has_lot,
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
        self.listed
            .is_none()
            .then(|| "the instruments are still being read".to_owned())
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        let (tick, lot) = self.listed.as_ref()?.get(symbol)?;
        Some((tick.to_f64(), lot.to_f64()))
    }

    fn keeps_orders(&self) -> bool {
        true
    }

    fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        let i = &self.instruments[symbol as usize];
        let qty = i
            .lot
            .units_of_f64(order.qty)
            .and_then(|lots| i.lot.text(lots));
        let (true, Some(qty), Some(px)) = (self.link.is_open(), qty, i.tick.text(order.price_tick))
        else {
            let text = "not sent: no connection, or off the grid".to_owned();
            self.events.push(VenueEvent::Order(OrderReport::rejected(
                order,
                now.unix_ns,
                Reject {
                    code: NOT_CONNECTED,
                    text,
                },
            )));
            return;
        };
        let (handle, buys, name) = (order.handle, order.side == Side::Buy, &i.symbol);
        let text = format!(
            r#"{{"op":"order","handle":{handle},"symbol":"{name}","buy":{buys},"px":"{px}","qty":"{qty}"}}"#
        );
        self.orders.insert(
            handle,
            OpenOrder {
                symbol: symbol as usize,
                side: order.side,
            },
        );
        self.send(text);
    }

    fn cancel(&mut self, _now: Now, _symbol: u32, handle: u64) {
        if self.link.is_open() {
            return self.send(format!(r#"{{"op":"cancel","handle":{handle}}}"#));
        }
        let text = "not sent: there is no connection".to_owned();
        let reject = Reject {
            code: NOT_CONNECTED,
            text,
        };
        self.events
            .push(VenueEvent::RequestReject { handle, reject });
    }

    fn amend(&mut self, _now: Now, _symbol: u32, change: &Amendment) {
        let handle = change.handle;
        let text = "the toy venue cannot amend: cancel and submit anew".to_owned();
        let reject = Reject {
            code: codes::ORDER_UNSUPPORTED,
            text,
        };
        self.events
            .push(VenueEvent::RequestReject { handle, reject });
    }

    fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        if self.ask_at.is_some_and(|at| now.mono_ns >= at) {
            self.ask_at = None;
            self.actions.push(NetAction::Rest(HttpCall {
                id: INSTRUMENTS,
                method: Method::Get,
                url: format!("{}/instruments", self.rest_url),
                headers: Vec::new(),
                body: "".into(),
                timeout: Duration::from_secs(5),
            }));
        }
        match self.link.tick(now.mono_ns, &mut self.connects) {
            Some(SupervisorAct::Connect(conn)) => {
                let url = self.ws_url.clone();
                self.actions.push(NetAction::Connect {
                    socket: SOCKET,
                    conn,
                    url,
                });
            }
            Some(SupervisorAct::Ping) => self.send(r#"{"op":"ping"}"#.to_owned()),
            Some(SupervisorAct::Dead(reason)) => {
                let conn = self.link.conn();
                self.actions.push(NetAction::Close {
                    socket: SOCKET,
                    conn,
                });
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
        self.link.next_due().into_iter().chain(self.ask_at).min()
    }

    fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>) {
        let i = &self.instruments[symbol as usize];
        let ts = i.book.exch_ts();
        let levels = i.book.levels();
        out.extend(levels.map(|(side, px, lots)| {
            event(depth(side), ts, now, i.tick.f64_of(px), i.lot.f64_of(lots))
        }));
    }

    fn position(&self, symbol: u32) -> Option<f64> {
        let i = &self.instruments[symbol as usize];
        Some(i.lot.f64_of(i.position))
    }
}

/// Sockets and paper trading come with the two wrappers.
#[expect(
    dead_code,
    reason = "shows the wiring; the example connects to nothing"
)]
fn on_the_network(now: Now) -> Result<impl Venue, Box<dyn std::error::Error>> {
    let toy = Toy::new(now, "wss://toy.example/ws", "https://toy.example");
    let venue = NetVenue::new(toy, &NetSettings::default())?;
    Ok(PaperVenue::new(venue, &PaperConfig::default(), now)?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut now = Now {
        mono_ns: 1_000_000_000,
        unix_ns: 1_800_000_000_000_000_000,
    };
    let mut toy = Toy::new(now, "wss://toy.example/ws", "https://toy.example");
    let headers = Default::default();
    let mut events = Vec::new();
    let play = |toy: &mut Toy, now: &mut Now, frame: &str, events: &mut Vec<VenueEvent>| {
        now.mono_ns += 1_000_000;
        now.unix_ns += 1_000_000;
        println!("<- {frame}");
        toy.on_frame(*now, SOCKET, toy.link.conn(), frame.as_bytes());
        toy.poll(*now, events);
        show(toy, events);
    };

    toy.poll(now, &mut events);
    show(&mut toy, &mut events);
    assert!(
        toy.pending_reason("TOYUSD").is_some(),
        "registrations wait for the instruments"
    );
    let body = br#"[{"symbol":"TOYUSD","tick":"0.5","lot":"0.1"}]"#;
    toy.on_rest(now, INSTRUMENTS, Ok(HttpAnswer::new(200, &headers, body)));
    assert!(
        toy.register(now, "TOYUSD", 0.1, 0.1).is_err(),
        "another tick size is refused"
    );
    let symbol = toy
        .register(now, "TOYUSD", 0.5, 0.1)
        .map_err(|reject| reject.text)?;
    toy.on_opened(now, SOCKET, toy.link.conn());
    toy.poll(now, &mut events);
    show(&mut toy, &mut events);
    let frames = [
        r#"{"type":"book","symbol":"TOYUSD","seq":7,"snapshot":true,"ts_ms":1800000000000,"bids":[["99.5","1.0"]],"asks":[["100.0","2.0"],["100.5","1.0"]]}"#,
        r#"{"type":"book","symbol":"TOYUSD","seq":8,"snapshot":false,"ts_ms":1800000000001,"bids":[["100.0","0.4"]],"asks":[["100.0","0"]]}"#,
        r#"{"type":"trade","symbol":"TOYUSD","ts_ms":1800000000002,"px":"100.5","qty":"0.2","taker_buys":true}"#,
    ];
    for frame in frames {
        play(&mut toy, &mut now, frame, &mut events);
    }
    let order = NewOrder {
        handle: 1,
        owner: 7,
        order_id: 70,
        price_tick: 201,
        qty: 0.3,
        side: Side::Buy,
        order_type: OrdType::Limit,
        time_in_force: TimeInForce::GTC,
        deadline_ns: u64::MAX,
    };
    toy.submit(now, symbol, &order);
    toy.poll(now, &mut events);
    show(&mut toy, &mut events);
    let filled = r#"{"type":"order","handle":1,"state":"filled","leaves":"0","fill_qty":"0.3","fill_px":"100.5","ts_ms":1800000000003}"#;
    play(&mut toy, &mut now, filled, &mut events);
    let gap = r#"{"type":"book","symbol":"TOYUSD","seq":11,"snapshot":false,"ts_ms":1800000000004,"bids":[],"asks":[]}"#;
    play(&mut toy, &mut now, gap, &mut events);

    let mut book = Vec::new();
    toy.book(now, symbol, &mut book);
    assert!(book.is_empty(), "after a gap there is no book");
    assert!(
        toy.position(symbol)
            .is_some_and(|held| (held - 0.3).abs() < 1e-9)
    );
    Ok(())
}

fn show(toy: &mut Toy, events: &mut Vec<VenueEvent>) {
    let mut actions = Vec::new();
    toy.take_actions(&mut actions);
    for action in actions {
        match action {
            NetAction::Send { text, .. } => println!("-> {}", text.reveal()),
            other => println!("-> {other:?}"),
        }
    }
    for event in events.drain(..) {
        match event {
            VenueEvent::Feed { event, .. } => {
                println!("     level or trade {} @ {}", event.qty, event.px)
            }
            other => println!("   {other:?}"),
        }
    }
}
