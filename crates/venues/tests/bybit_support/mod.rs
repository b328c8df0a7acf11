//! The line between the core and the test's venue, its faults, and a bot that trades through it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod bot;
mod venue;

use std::collections::{BTreeMap, HashMap};

use hbl_venues::bybit::core::{Action, BybitCore, CoreSettings, RestAnswer, RestFailure, Socket};
use hbl_venues::bybit::options::{OnConnect, OrderEntry, PositionMode};
use hbl_venues::bybit::session::sign::Credentials;
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::config::secret::Secret;
use hbl_venues::kit::dispatcher::Dispatcher;
use hbl_venues::kit::venue::Venue as _;
use hftbacktest::types::Status;

use bot::Bot;
pub use venue::Venue;

pub const STORM_MS: u64 = 40_000;
const START_MS: u64 = 1_764_000_000_000;

/// splitmix64.
pub struct Random(u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

enum Input {
    Opened(Socket, u64),
    Frame(Socket, u64, String),
    Closed(Socket, u64),
    Rest(u64, Result<String, RestFailure>),
}

/// One end of a connection as the line sees it.
#[derive(Default)]
struct Line {
    conn: u64,
    open: bool,
    /// Nothing gets through, and neither side is notified.
    mute: bool,
    last_ms: u64,
}

pub struct Run {
    pub bus: Dispatcher<BybitCore>,
    pub venue: Venue,
    pub bot: Bot,
    pub faults: bool,
    /// The connector dies now and then.
    pub deaths: bool,
    /// Instruments change, and private items cannot be read.
    pub oddities: bool,
    pub garbled: usize,
    pub died: usize,
    pub connects: usize,
    seed: u64,
    /// While dead: when it starts again.
    back_at: Option<u64>,
    random: Random,
    lines: HashMap<Socket, Line>,
    queue: BTreeMap<(u64, u64), Input>,
    queued: u64,
    ms: u64,
}

fn core(seed: u64, ms: u64) -> BybitCore {
    let settings = CoreSettings {
        category: "linear".into(),
        depths: vec![1, 50],
        settle_coin: "USDT".into(),
        credentials: Some(Credentials {
            key: Secret::new("key"),
            secret: Secret::new("canary"),
        }),
        order_prefix: "t".into(),
        // As the clock says it: starts within one second have the same epoch.
        epoch: ((START_MS + ms) / 1000) as u32,
        on_connect: OnConnect::Adopt,
        lookback_s: 86_400,
        lookback_pages: 60,
        order_entry: OrderEntry::Socket,
        position_mode: PositionMode::Detect,
        recv_window_ms: 5000,
        clock_refuse_ms: 800,
        order_wait_ms: 500,
        seed,
    };
    BybitCore::new(now(ms), settings).unwrap()
}

impl Run {
    pub fn new(seed: u64) -> Self {
        Self {
            bus: Dispatcher::new(core(seed, 0)),
            venue: Venue::default(),
            bot: Bot::default(),
            faults: true,
            deaths: false,
            oddities: false,
            garbled: 0,
            died: 0,
            connects: 0,
            seed,
            back_at: None,
            random: Random(seed),
            lines: HashMap::new(),
            queue: BTreeMap::new(),
            queued: 0,
            ms: 0,
        }
    }

    pub fn submitted(&self) -> usize {
        self.bot.orders.len()
    }

    pub fn storm(&mut self, for_ms: u64) {
        let until = self.ms + for_ms;
        while self.ms < until {
            self.step(10);
            self.venue.trade(&mut self.random, self.ms);
            if self.ms.is_multiple_of(100) {
                self.venue.move_book(&mut self.random, self.ms);
                self.trade();
            }
            if self.faults {
                self.fault();
            }
            self.broadcast();
        }
    }

    pub fn calm(&mut self, for_ms: u64) {
        self.faults = false;
        let mut changes = if self.oddities { 60 } else { 0 };
        for line in self.lines.values_mut() {
            // A mute line stays so until a side notices: that is the point of it.
            line.last_ms = line.last_ms.max(self.ms);
        }
        let until = self.ms + for_ms;
        while self.ms < until {
            self.step(50);
            if self.ms.is_multiple_of(1000) && self.ms + 5000 < until {
                self.venue.move_book(&mut self.random, self.ms);
                // As it was; what is said of it is looked at again while trades lie on no grid.
                if changes > 0 {
                    changes -= 1;
                    self.venue.change(("0.50", "Trading"));
                }
            }
            self.broadcast();
        }
    }

    fn step(&mut self, by_ms: u64) {
        self.ms += by_ms;
        while let Some(entry) = self.queue.first_entry()
            && entry.key().0 <= self.ms
        {
            let input = entry.remove();
            let at = now(self.ms);
            match input {
                Input::Opened(socket, conn) => self.bus.venue_mut().on_opened(at, socket, conn),
                Input::Frame(socket, conn, text) => {
                    self.bus
                        .venue_mut()
                        .on_frame(at, socket, conn, text.as_bytes());
                }
                Input::Closed(socket, conn) => {
                    self.bus.venue_mut().on_closed(at, socket, conn, None)
                }
                Input::Rest(id, answer) => {
                    let answer = answer.as_ref().map(|text| RestAnswer::new(text.as_bytes()));
                    self.bus
                        .venue_mut()
                        .on_rest(at, id, answer.map_err(Clone::clone));
                }
            }
            self.act();
        }
        if self.back_at.is_some_and(|at| self.ms >= at) {
            self.back_at = None;
            self.bus = Dispatcher::new(core(self.seed + self.ms, self.ms));
            self.bot.connector_is_new();
        }
        self.poll();
        self.act();
    }

    /// `kill -9`: nothing of it is left, and nothing that was on its way to it arrives.
    fn die(&mut self) {
        self.died += 1;
        self.back_at = Some(self.ms + 50 + self.random.below(4000));
        self.queue.clear();
        for (socket, line) in &mut self.lines {
            line.open = false;
            self.venue.gone(*socket);
        }
        self.bot.connector_is_gone();
    }

    /// Dead for so long, while the venue trades on.
    pub fn die_for(&mut self, for_ms: u64) {
        self.die();
        self.back_at = Some(self.ms + for_ms);
        for _ in 0..for_ms / 10 {
            self.step(10);
            self.venue.trade(&mut self.random, self.ms);
            self.venue.take_pushed();
        }
    }

    fn poll(&mut self) {
        if self.back_at.is_some() {
            return;
        }
        let at = now(self.ms);
        self.bot.ask_registration(at, &mut self.bus);
        self.bus.poll(at, &mut self.bot);
    }

    fn act(&mut self) {
        if self.back_at.is_some() {
            self.bus.venue_mut().take_actions();
            return;
        }
        for action in self.bus.venue_mut().take_actions() {
            match action {
                Action::Connect(socket, conn) => self.connect(socket, conn),
                Action::Close(socket, conn) => {
                    let line = self.lines.entry(socket).or_default();
                    if line.conn == conn {
                        line.open = false;
                        self.venue.gone(socket);
                    }
                }
                Action::Send(socket, text) => self.sent(socket, &text),
                Action::Rest(call) => {
                    let slow = self.faults && self.random.one_in(10);
                    let lost = self.faults && self.random.one_in(8);
                    let answer = self.venue.rest(call.path, &call.query, START_MS + self.ms);
                    let answer = if call.signed {
                        self.garble(answer)
                    } else {
                        answer
                    };
                    let answer = if lost {
                        Err(RestFailure::Network("cut".into()))
                    } else {
                        Ok(answer)
                    };
                    let at = self.ms + 20 + if slow { self.random.below(3000) } else { 0 };
                    self.put(at, Input::Rest(call.id, answer));
                }
            }
        }
    }

    fn put(&mut self, at: u64, input: Input) {
        self.queued += 1;
        self.queue.insert((at, self.queued), input);
    }

    fn connect(&mut self, socket: Socket, conn: u64) {
        self.connects += 1;
        let fails = self.faults && self.random.one_in(3);
        let line = Line {
            conn,
            open: !fails,
            mute: false,
            last_ms: self.ms + 20,
        };
        self.lines.insert(socket, line);
        self.venue.gone(socket);
        let at = self.ms + 20;
        if fails {
            self.put(at, Input::Closed(socket, conn));
        } else {
            self.put(at, Input::Opened(socket, conn));
        }
    }

    fn sent(&mut self, socket: Socket, text: &str) {
        assert!(!text.contains("canary"), "the secret is on the wire");
        let Some(line) = self.lines.get(&socket) else {
            return;
        };
        if !line.open || line.mute {
            return;
        }
        // Cut before it arrives, or after it did and before the answer goes out.
        let (before, after) = if self.faults {
            (self.random.one_in(40), self.random.one_in(40))
        } else {
            (false, false)
        };
        if before {
            self.cut(socket);
            return;
        }
        let answers = self
            .venue
            .text(socket, text, START_MS + self.ms, &mut self.random);
        if after {
            self.cut(socket);
            return;
        }
        for answer in answers {
            let lost = self.faults && socket == Socket::Trade && self.random.one_in(12);
            if !lost {
                self.deliver(socket, answer);
            }
        }
        self.broadcast();
    }

    fn deliver(&mut self, socket: Socket, text: String) {
        let Some(line) = self.lines.get_mut(&socket) else {
            return;
        };
        if !line.open || line.mute {
            return;
        }
        let delay = if self.faults {
            self.random.below(60)
        } else {
            5
        };
        line.last_ms = line.last_ms.max(self.ms + delay);
        let (at, conn) = (line.last_ms, line.conn);
        let text = match socket {
            Socket::Private => self.garble(text),
            _ => text,
        };
        let twice = self.faults && socket == Socket::Private && self.random.one_in(10);
        if twice {
            self.put(at, Input::Frame(socket, conn, text.clone()));
        }
        self.put(at, Input::Frame(socket, conn, text));
    }

    /// Sometimes makes one field of the account's items unreadable.
    fn garble(&mut self, text: String) -> String {
        if !self.oddities || !self.faults || !self.random.one_in(8) {
            return text;
        }
        let mut frame: serde_json::Value = serde_json::from_str(&text).unwrap();
        let is_answer = frame["result"].is_object();
        let items = match is_answer {
            true => &mut frame["result"]["list"],
            false => &mut frame["data"],
        };
        let Some(item) = items.as_array_mut().and_then(|items| items.last_mut()) else {
            return text;
        };
        let fields = [
            "price",
            "orderStatus",
            "cumExecQty",
            "execQty",
            "execPrice",
            "execTime",
            "size",
            "side",
            "orderId",
            "positionIdx",
            "qty",
        ];
        let there: Vec<&str> = fields
            .into_iter()
            .filter(|f| item.get(f).is_some())
            .collect();
        if there.is_empty() {
            return text;
        }
        let field = there[self.random.below(there.len() as u64) as usize];
        item[field] = match self.random.below(3) {
            0 => serde_json::Value::Null,
            // Another id would be another order.
            1 if field != "orderId" => "?".into(),
            _ => serde_json::json!([1]),
        };
        self.garbled += 1;
        frame.to_string()
    }

    fn broadcast(&mut self) {
        for (socket, text, vital) in self.venue.take_pushed() {
            let lost = self.faults && !vital && self.random.one_in(30);
            if !lost {
                self.deliver(socket, text);
            }
        }
    }

    fn cut(&mut self, socket: Socket) {
        self.venue.gone(socket);
        if let Some(line) = self.lines.get_mut(&socket)
            && line.open
        {
            line.open = false;
            let (at, conn) = (line.last_ms.max(self.ms + 5), line.conn);
            self.put(at, Input::Closed(socket, conn));
        }
    }

    fn fault(&mut self) {
        let socket =
            [Socket::Public, Socket::Private, Socket::Trade][self.random.below(3) as usize];
        if self.random.one_in(400) {
            self.cut(socket);
        }
        if self.random.one_in(2000)
            && let Some(line) = self.lines.get_mut(&socket)
        {
            line.mute = true;
            self.venue.gone(socket);
        }
        if self.random.one_in(1500) {
            self.venue.restart();
        }
        if self.oddities && self.random.one_in(600) {
            let listings = [
                ("0.50", "Trading"),
                ("0.05", "Trading"),
                ("1", "Trading"),
                ("0.50", "Closed"),
            ];
            self.venue.change(listings[self.random.below(4) as usize]);
        }
        if self.deaths && self.back_at.is_none() && self.random.one_in(1000) {
            self.die();
        }
    }

    fn trade(&mut self) {
        if self.back_at.is_none() {
            self.bot
                .trade(now(self.ms), &mut self.random, &mut self.bus);
            self.poll();
            self.act();
        }
    }

    pub fn check(&mut self) {
        let core = self.bus.venue();
        assert!(core.is_ready(), "not ready in the end");
        let topics = ["orderbook.1.XUSDT", "orderbook.50.XUSDT"];
        assert_eq!(
            core.live_topics(),
            [topics[0], topics[1], "publicTrade.XUSDT"]
        );
        assert_eq!(self.venue.topics(), core.live_topics());
        assert!(!self.bot.stale, "the feed is stale in the end");
        assert_eq!(self.bot.book, self.venue.levels(), "the book");
        let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(
            close(core.position(0).unwrap(), self.venue.position()),
            "the position"
        );
        assert!(
            close(self.bot.position.unwrap(), self.venue.position()),
            "the position as reported"
        );
        for (id, seen) in &self.bot.orders {
            let status = seen.order.status;
            match self.venue.order(*id) {
                Some(order) => {
                    assert!(
                        close(seen.filled, order.cum as f64 / 10.0),
                        "{id}: {} of {order:?}; {:#?}",
                        seen.filled,
                        self.bot.story.get(id)
                    );
                    let end = match order.status {
                        "Filled" => Status::Filled,
                        "Cancelled" => Status::Canceled,
                        _ if order.cum > 0 => Status::PartiallyFilled,
                        _ => Status::New,
                    };
                    assert_eq!(status, end, "{id}: {order:?}");
                    let leaves = (order.qty - order.cum) as f64 / 10.0;
                    assert!(close(seen.order.leaves_qty, leaves), "{id}: {seen:?}");
                }
                None => {
                    assert_eq!(status, Status::Expired, "{id} never arrived");
                    assert_eq!(seen.filled, 0.0);
                }
            }
        }
        assert_eq!(self.venue.repeated_ids, 0, "an order was sent twice");
        assert!(self.venue.foreign_is_open, "a foreign order was touched");
        if !self.oddities {
            assert_eq!(core.frame_errors(), 0);
        }
        assert!(!self.bot.suspended, "new orders are refused in the end");
        assert_eq!(core.orders_unknown(), None);
        let on_grid = |price: &String| price.ends_with(".0") || price.ends_with(".5");
        assert!(
            self.venue.prices.iter().all(on_grid),
            "{:?}",
            self.venue.prices
        );
        for (id, seen) in &self.bot.orders {
            if let Some(order) = self.venue.order(*id) {
                let asked = seen.order.price_tick as f64 / 2.0;
                assert!(
                    close(order.price.parse().unwrap(), asked),
                    "{id}: {order:?} {seen:?}"
                );
            }
        }
    }
}

fn now(ms: u64) -> Now {
    Now {
        mono_ns: ms * 1_000_000,
        unix_ns: ((START_MS + ms) * 1_000_000) as i64,
    }
}
