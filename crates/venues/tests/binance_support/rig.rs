//! The core and a venue in one process and on one made-up clock, with faults between them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use hbl_venues::binance::{BinanceCore, CoreSettings};
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::net::{Closed, HttpAnswer, NetAction, Protocol, RestFailure, SocketId};
use hbl_venues::kit::venue::{MarketData as _, VenueEvent};

use super::bot::Bot;
use super::market::{Market, exchange_info};
use super::random::Random;

pub const MS: u64 = 1_000_000;
pub const SECOND: u64 = 1_000 * MS;

/// Chances in a thousand.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// A connection ends, per connection and 100 ms.
    pub cut: u64,
    /// A connection is refused.
    pub refuse: u64,
    /// A message is left out.
    pub lose: u64,
    /// A message comes twice.
    pub double: u64,
    /// A message comes after the next one.
    pub reorder: u64,
    /// A connection sends nothing for a while, per 100 ms.
    pub stall: u64,
    /// A confirmed stream sends nothing until it is asked for anew.
    pub mute: u64,
    /// An answer to a request gets lost.
    pub unanswered: u64,
    /// A request is refused.
    pub refused: u64,
    /// A snapshot is an old one.
    pub behind: u64,
    /// A call fails: 429, 418, 500, no answer, rubbish.
    pub rest: u64,
    /// A message is no JSON.
    pub rubbish: u64,
}

struct Conn {
    number: u64,
    open: bool,
    opens_at: u64,
    subscribed: BTreeSet<String>,
    muted: BTreeSet<String>,
    queue: VecDeque<(u64, String)>,
    stalled_until: u64,
}

struct Answer {
    at: u64,
    id: u64,
    status: u16,
    retry_after: Option<u64>,
    body: Option<String>,
}

pub struct Rig {
    pub core: BinanceCore,
    pub bot: Bot,
    pub markets: Vec<Market>,
    pub faults: Faults,
    pub now: u64,
    pub connects: Vec<(u64, String)>,
    pub texts: Vec<(u64, String)>,
    pub calls: Vec<(u64, String)>,
    /// The status of the answers until it is taken away, with `Retry-After`.
    pub all_calls_answered: Option<(u16, Option<u64>)>,
    /// What REST answers say instead: a part of the address, and the words that are put in once for others.
    pub rewritten: Vec<(&'static str, &'static str, &'static str)>,
    /// Streams that are confirmed and never sent.
    pub dead_streams: BTreeSet<String>,
    pub depth_every_ms: u64,
    pub quiet: bool,
    /// Open connections say nothing, whatever they are asked.
    pub silent: bool,
    conns: BTreeMap<u16, Conn>,
    answers: Vec<Answer>,
    random: Random,
    events: Vec<VenueEvent>,
}

impl Rig {
    pub fn new(seed: u64, symbols: &[&str], settings: CoreSettings) -> Self {
        let mut random = Random(seed);
        Self {
            core: BinanceCore::new(CoreSettings {
                seed: random.next(),
                ..settings
            }),
            bot: Bot::default(),
            markets: symbols
                .iter()
                .map(|symbol| Market::new(symbol, random.next()))
                .collect(),
            faults: Faults::default(),
            now: SECOND,
            connects: Vec::new(),
            texts: Vec::new(),
            calls: Vec::new(),
            all_calls_answered: None,
            rewritten: Vec::new(),
            dead_streams: BTreeSet::new(),
            depth_every_ms: 50,
            quiet: false,
            silent: false,
            conns: BTreeMap::new(),
            answers: Vec::new(),
            random,
            events: Vec::new(),
        }
    }

    pub fn at(&self) -> Now {
        Now {
            mono_ns: self.now,
            unix_ns: 1_700_000_000_000_000_000 + self.now as i64,
        }
    }

    /// Reads the instruments and registers every symbol.
    pub fn start(&mut self) {
        while self.core.pending_reason("").is_some() {
            self.run_for(10);
        }
        let names: Vec<String> = self
            .markets
            .iter()
            .map(|market| market.symbol.clone())
            .collect();
        for name in names {
            let at = self.at();
            self.core.register(at, &name, 0.1, 0.001).unwrap();
        }
    }

    pub fn run_for(&mut self, ms: u64) {
        for _ in 0..ms {
            self.now += MS;
            self.one_ms();
        }
    }

    /// Jumps to what is due next, with the market standing still, and for at most so long.
    pub fn sleep_for(&mut self, mut ns: u64) {
        while ns > 0 {
            let due = self
                .core
                .next_due_ns()
                .unwrap_or(u64::MAX)
                .max(self.now + MS);
            let step = due.saturating_sub(self.now).min(ns);
            self.now += step;
            ns -= step;
            self.one_ms();
        }
    }

    fn time_ms(&self) -> u64 {
        1_700_000_000_000 + self.now / MS
    }

    fn one_ms(&mut self) {
        let ms = self.now / MS;
        if !self.quiet {
            let time = self.time_ms();
            for at in 0..self.markets.len() {
                if ms.is_multiple_of(7) {
                    self.markets[at].step();
                    let (symbol, top) = (
                        self.markets[at].symbol.to_lowercase(),
                        self.markets[at].top(time),
                    );
                    self.publish(&format!("{symbol}@bookTicker"), &top);
                }
                if ms.is_multiple_of(17) {
                    let (symbol, trade) = (
                        self.markets[at].symbol.to_lowercase(),
                        self.markets[at].trade(time),
                    );
                    self.publish(&format!("{symbol}@trade"), &trade);
                }
                if ms.is_multiple_of(self.depth_every_ms)
                    && let Some(depth) = self.markets[at].depth(time)
                {
                    let symbol = self.markets[at].symbol.to_lowercase();
                    self.publish(&format!("{symbol}@depth@0ms"), &depth);
                }
            }
        }
        if ms.is_multiple_of(100) {
            self.disturb();
        }
        self.deliver();
        let now = self.at();
        self.core.poll(now, &mut self.events);
        self.bot.take(&mut self.events);
        self.act();
    }

    fn publish(&mut self, stream: &str, data: &str) {
        let text = format!(r#"{{"stream":"{stream}","data":{data}}}"#);
        let (now, faults) = (self.now, self.faults);
        for conn in self.conns.values_mut() {
            if !conn.open
                || !conn.subscribed.contains(stream)
                || conn.muted.contains(stream)
                || self.dead_streams.contains(stream)
                || self.random.per_mille(faults.lose)
            {
                continue;
            }
            let due = now.max(conn.stalled_until) + self.random.below(3) * MS;
            let text = if self.random.per_mille(faults.rubbish) {
                text[..30].to_owned()
            } else {
                text.clone()
            };
            conn.queue.push_back((due, text.clone()));
            let last = conn.queue.len() - 1;
            if last > 0 && self.random.per_mille(faults.reorder) {
                conn.queue.swap(last, last - 1);
            }
            if self.random.per_mille(faults.double) {
                conn.queue.push_back((due, text));
            }
        }
    }

    fn disturb(&mut self) {
        let sockets: Vec<u16> = self.conns.keys().copied().collect();
        for socket in sockets {
            if self.random.per_mille(self.faults.cut) {
                self.cut(socket, None);
            } else if self.random.per_mille(self.faults.stall)
                && let Some(conn) = self.conns.get_mut(&socket)
            {
                conn.stalled_until = self.now + self.random.below(20_000) * MS;
            }
        }
    }

    /// Ends a connection.
    /// A frame on every open connection, as it is.
    pub fn say(&mut self, text: &str) {
        for conn in self.conns.values_mut().filter(|conn| conn.open) {
            conn.queue.push_back((self.now, text.to_owned()));
        }
    }

    pub fn cut(&mut self, socket: u16, http_status: Option<u16>) {
        if let Some(conn) = self.conns.remove(&socket) {
            let closed = Closed {
                http_status,
                reason: "cut".to_owned(),
            };
            let now = self.at();
            self.core
                .on_closed(now, SocketId(socket), conn.number, &closed);
            self.act();
        }
    }

    /// Sockets with an open connection.
    pub fn open_sockets(&self) -> Vec<u16> {
        let open = self.conns.iter().filter(|(_, conn)| conn.open);
        open.map(|(socket, _)| *socket).collect()
    }

    fn deliver(&mut self) {
        let now = self.at();
        let sockets: Vec<u16> = self.conns.keys().copied().collect();
        for socket in sockets {
            let Some(conn) = self.conns.get_mut(&socket) else {
                continue;
            };
            let number = conn.number;
            if !conn.open && self.now >= conn.opens_at {
                if self.random.per_mille(self.faults.refuse) {
                    self.cut(socket, Some(503));
                    continue;
                }
                conn.open = true;
                self.core.on_opened(now, SocketId(socket), number);
                self.act();
            }
            while let Some(conn) = self.conns.get_mut(&socket)
                && conn.number == number
                && conn.queue.front().is_some_and(|(due, _)| *due <= self.now)
                && !self.silent
                && conn.stalled_until <= self.now
                && let Some((_, text)) = conn.queue.pop_front()
            {
                self.core
                    .on_frame(now, SocketId(socket), number, text.as_bytes());
                self.act();
            }
        }
        let due: Vec<Answer> = self
            .answers
            .extract_if(.., |answer| answer.at <= now.mono_ns)
            .collect();
        for answer in due {
            let mut headers = http::HeaderMap::new();
            if let Some(seconds) = answer.retry_after {
                headers.insert("Retry-After", seconds.into());
            }
            match &answer.body {
                Some(body) => {
                    let sent = HttpAnswer::new(answer.status, &headers, body.as_bytes());
                    self.core.on_rest(now, answer.id, Ok(sent));
                }
                None => self.core.on_rest(now, answer.id, Err(RestFailure::Timeout)),
            }
            self.act();
        }
    }

    fn act(&mut self) {
        let mut actions = Vec::new();
        self.core.take_actions(&mut actions);
        for action in actions {
            match action {
                NetAction::Connect { socket, conn, url } => {
                    self.connects.push((self.now, url));
                    let opens_at = self.now + self.random.below(50) * MS;
                    let line = Conn {
                        number: conn,
                        open: false,
                        opens_at,
                        subscribed: BTreeSet::new(),
                        muted: BTreeSet::new(),
                        queue: VecDeque::new(),
                        stalled_until: 0,
                    };
                    self.conns.insert(socket.0, line);
                }
                NetAction::Send { socket, text } => self.request(socket.0, text.reveal()),
                NetAction::Close { socket, conn } => {
                    if self
                        .conns
                        .get(&socket.0)
                        .is_some_and(|line| line.number == conn)
                    {
                        self.conns.remove(&socket.0);
                    }
                }
                NetAction::Rest(call) => self.call(call.id, &call.url),
            }
        }
    }

    fn request(&mut self, socket: u16, text: &str) {
        self.texts.push((self.now, text.to_owned()));
        let (due, faults) = (self.now + 5 * MS, self.faults);
        let Some(conn) = self.conns.get_mut(&socket) else {
            return;
        };
        let request: serde_json::Value = serde_json::from_str(text).unwrap();
        let id = request["id"]
            .as_u64()
            .expect("the venue wants a whole number");
        let names = request["params"].as_array().cloned().unwrap_or_default();
        let names = names.iter().map(|name| name.as_str().unwrap().to_owned());
        let mut answer = format!(r#"{{"result":null,"id":{id}}}"#);
        match request["method"].as_str().unwrap() {
            "SUBSCRIBE" if self.random.per_mille(faults.refused) => {
                answer = format!(r#"{{"error":{{"code":2,"msg":"no"}},"id":{id}}}"#);
            }
            "SUBSCRIBE" => {
                for name in names {
                    conn.muted.remove(&name);
                    if self.random.per_mille(faults.mute) {
                        conn.muted.insert(name.clone());
                    }
                    conn.subscribed.insert(name);
                }
            }
            "UNSUBSCRIBE" => names.for_each(|name| {
                conn.subscribed.remove(&name);
            }),
            "LIST_SUBSCRIPTIONS" => {
                let list = conn
                    .subscribed
                    .iter()
                    .map(|name| format!("\"{name}\""))
                    .collect::<Vec<_>>();
                answer = format!(r#"{{"result":[{}],"id":{id}}}"#, list.join(","));
            }
            other => panic!("{other}"),
        }
        if !self.random.per_mille(faults.unanswered) {
            conn.queue.push_back((due.max(conn.stalled_until), answer));
        }
    }

    fn call(&mut self, id: u64, url: &str) {
        self.calls.push((self.now, url.to_owned()));
        let mut answer = Answer {
            at: self.now + (10 + self.random.below(200)) * MS,
            id,
            status: 200,
            retry_after: None,
            body: Some("{}".to_owned()),
        };
        if let Some((status, retry_after)) = self.all_calls_answered {
            (answer.status, answer.retry_after) = (status, retry_after);
        } else if self.random.per_mille(self.faults.rest) {
            match self.random.below(5) {
                0 => (answer.status, answer.retry_after) = (429, Some(1)),
                1 => (answer.status, answer.retry_after) = (418, Some(3)),
                2 => answer.status = 500,
                3 => answer.body = None,
                _ => answer.body = Some("<html>".to_owned()),
            }
        } else if url.contains("exchangeInfo") {
            let names: Vec<&str> = self
                .markets
                .iter()
                .map(|market| market.symbol.as_str())
                .collect();
            answer.body = Some(exchange_info(&names));
        } else {
            let symbol = url
                .split("symbol=")
                .nth(1)
                .and_then(|rest| rest.split('&').next())
                .unwrap();
            let ago = if self.random.per_mille(self.faults.behind) {
                self.random.below(100)
            } else {
                0
            };
            let market = self
                .markets
                .iter()
                .find(|market| market.symbol == symbol)
                .unwrap();
            answer.body = Some(market.snapshot(usize::try_from(ago).unwrap()));
        }
        for (part, from, to) in &self.rewritten {
            if let (true, Some(body)) = (url.contains(part), &mut answer.body) {
                *body = body.replacen(from, to, 1);
            }
        }
        self.answers.push(answer);
    }

    /// Stops the markets after depth has sent everything.
    pub fn pause(&mut self) {
        self.quiet = true;
        let time = self.time_ms();
        for at in 0..self.markets.len() {
            if let Some(depth) = self.markets[at].depth(time) {
                let symbol = self.markets[at].symbol.to_lowercase();
                self.publish(&format!("{symbol}@depth@0ms"), &depth);
            }
        }
    }

    /// Lets everything heal and compares each book with the venue's.
    pub fn settle_and_compare(&mut self) {
        self.faults = Faults::default();
        self.all_calls_answered = None;
        for conn in self.conns.values_mut() {
            conn.stalled_until = 0;
            for (due, _) in &mut conn.queue {
                *due = (*due).min(self.now);
            }
        }
        for _ in 0..400 {
            self.run_for(1_000);
            if self.is_complete() {
                break;
            }
        }
        assert!(
            self.is_complete(),
            "streams {:?}, synced {}",
            self.core.live_streams(),
            self.core.is_synced()
        );
        self.pause();
        self.run_for(100);
        for (index, market) in self.markets.iter().enumerate() {
            let book = &self.bot.books[index];
            assert!(book.synced, "{}", market.symbol);
            assert_eq!(
                (&book.bids, &book.asks),
                (&market.bids, &market.asks),
                "{}",
                market.symbol
            );
            let mut late = Vec::new();
            self.core
                .book(self.at(), u32::try_from(index).unwrap(), &mut late);
            assert_eq!(late.len(), market.bids.len() + market.asks.len());
        }
    }

    fn is_complete(&self) -> bool {
        // Streams that were muted are found out by their silence.
        let muted = self
            .conns
            .values()
            .any(|conn| conn.muted.iter().any(|name| name.contains("@depth")));
        let wanted = self.markets.len() * 3;
        !muted && self.core.is_synced() && self.core.live_streams().len() == wanted
    }
}
