//! The line between the core and the test's venue, its faults, and a bot that trades through it.

mod bot;
mod check;
mod line;
mod venue;

use std::collections::{BTreeMap, HashMap};

use hbl_venues::bybit::core::{Action, BybitCore, CoreSettings, RestAnswer, RestFailure, Socket};
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::dispatcher::Dispatcher;

pub use crate::random::Random;
use bot::Bot;
pub use venue::Venue;

pub const STORM_MS: u64 = 40_000;
const START_MS: u64 = 1_764_000_000_000;

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
        depths: vec![1, 50],
        // As the clock says it: starts within one second have the same epoch.
        epoch: ((START_MS + ms) / 1000) as u32,
        lookback_pages: 60,
        seed,
        ..crate::bybit_settings::settings()
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
}

fn now(ms: u64) -> Now {
    Now {
        mono_ns: ms * 1_000_000,
        unix_ns: ((START_MS + ms) * 1_000_000) as i64,
    }
}
