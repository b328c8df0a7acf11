//! The JSON lines protocol: commands in, lines out, without any input or output of its own.

use tracing::info;

use super::command::{self, Channel, Command};
use super::conflating_queue::{ConflatingQueue, Losses};
use super::json;
use super::served::ServedSymbols;
use super::sizes::Sizes;
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::codes;
use hbl_venues::kit::notice::Notice;
use hbl_venues::kit::sizes::check_valid;
use hbl_venues::kit::venue::{Reject, Venue, VenueEvent, VenueSocket};

/// Symbols that may wait for the venue's instruments.
const WAITING_MAX: usize = 10_000;

/// A subscription as it was asked for.
#[derive(Clone, Debug)]
struct Wanted {
    channel: Channel,
    symbol: String,
    sizes: Sizes,
    interval_ns: u64,
    /// When it is refused, on the monotonic clock.
    until_ns: u64,
}

/// Whether the venue can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    Unknown,
    Up,
    Down,
}

/// One conversation over the standard streams.
pub struct Session {
    queue: ConflatingQueue,
    symbols: ServedSymbols,
    waiting: Vec<Wanted>,
    link: Link,
    wait_ns: u64,
    is_stopped: bool,
    /// Symbol of the batch that is being read.
    batch: Option<u32>,
    events: Vec<VenueEvent>,
}

impl Session {
    /// `wait_ns`: how long a subscription may wait until the venue knows its instruments.
    pub fn new(now: Now, wait_ns: u64) -> Self {
        Self {
            queue: ConflatingQueue::new(now.unix_ns),
            symbols: ServedSymbols::default(),
            waiting: Vec::new(),
            link: Link::Unknown,
            wait_ns,
            is_stopped: false,
            batch: None,
            events: Vec::new(),
        }
    }

    /// True when the other side asked for the end.
    pub fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    /// What was left out or merged because the other side read too slowly.
    pub fn losses(&self) -> Losses {
        self.queue.losses()
    }

    /// The first line: the process can take commands.
    pub fn ready(&mut self, kind: &str, (orders, environment): (&str, &str), paper: bool) {
        self.status("ready", |line| {
            json::key(line, "version");
            json::text(line, env!("CARGO_PKG_VERSION"));
            json::key(line, "kind");
            json::text(line, kind);
            json::key(line, "pid");
            json::integer(line, std::process::id());
            json::key(line, "orders");
            json::text(line, orders);
            json::key(line, "environment");
            json::text(line, environment);
            json::key(line, "paper");
            line.extend_from_slice(if paper { b"true" } else { b"false" });
        });
    }

    /// The last line.
    pub fn stopping(&mut self) {
        self.status("stopping", |_| {});
    }

    /// Takes one line of the standard input, without its end.
    pub fn command(&mut self, now: Now, line: &[u8], venue: &mut dyn Venue) {
        if line.trim_ascii().is_empty() {
            return;
        }
        match command::parse(line) {
            Ok(Command::Subscribe {
                channel,
                symbol,
                tick,
                lot,
                interval_ms,
            }) => {
                let wanted = Wanted {
                    channel,
                    symbol: symbol.into_owned(),
                    sizes: Sizes { tick, lot },
                    interval_ns: u64::from(interval_ms.unwrap_or(0)) * 1_000_000,
                    until_ns: now.mono_ns.saturating_add(self.wait_ns),
                };
                self.waiting.retain(|w| !w.is_same(channel, &wanted.symbol));
                self.subscribe(now, wanted, venue);
            }
            Ok(Command::Unsubscribe { channel, symbol }) => self.unsubscribe(channel, &symbol),
            Ok(Command::Ping { id }) => self.status("pong", |line| {
                if let Some(id) = id {
                    json::key(line, "id");
                    json::integer(line, id);
                }
            }),
            Ok(Command::Step {}) => venue.step(),
            Ok(Command::Stop {}) => self.is_stopped = true,
            Err(reason) => {
                let text = format!("a line of the standard input cannot be understood: {reason}");
                self.error(codes::COMMAND_UNREADABLE, &text, None);
            }
        }
    }

    /// A line of the standard input was too long to be kept.
    pub fn too_long(&mut self, bytes_max: usize) {
        let text = format!("a line of the standard input is longer than {bytes_max} bytes");
        self.error(codes::COMMAND_UNREADABLE, &text, None);
    }

    /// Takes what has happened at the venue, and appends what can be written now to `out` unless it
    /// is full. Returns whether anything happened.
    pub fn poll(&mut self, now: Now, venue: &mut dyn Venue, out: &mut Vec<u8>) -> bool {
        let mut events = std::mem::take(&mut self.events);
        venue.poll(now, &mut events);
        let has_events = !events.is_empty();
        for event in events.drain(..) {
            self.event(now, event, out);
        }
        self.events = events;
        self.try_waiting(now, venue);
        self.fill(now, venue, out);
        has_events
    }

    /// Appends what waits to `out` unless it is full.
    pub fn fill(&mut self, now: Now, venue: &dyn Venue, out: &mut Vec<u8>) {
        let book_of = |symbol: u32, levels: &mut Vec<_>| venue.book(now, symbol, levels);
        self.queue.fill(now.mono_ns, &book_of, out);
    }

    /// True when more waits than one piece held.
    pub fn has_more(&self) -> bool {
        self.queue.is_cut()
    }

    /// When `poll` has something to do by itself, besides the venue.
    pub fn next_due_ns(&self) -> Option<u64> {
        let waiting = self.waiting.iter().map(|wanted| wanted.until_ns).min();
        let due = [self.queue.next_due_ns(), waiting];
        due.into_iter().flatten().min()
    }

    fn event(&mut self, now: Now, event: VenueEvent, out: &mut Vec<u8>) {
        match event {
            VenueEvent::Feed { symbol, event } => {
                self.is_up();
                self.queue.event(symbol, &event);
                if self.batch.is_none() {
                    self.end_change(now, symbol, out);
                }
            }
            VenueEvent::FeedBatchStart { symbol } => self.batch = Some(symbol),
            VenueEvent::FeedBatchEnd { symbol } => {
                self.batch = None;
                self.end_change(now, symbol, out);
            }
            VenueEvent::FeedStale { symbol } => self.feed_state(symbol, true),
            VenueEvent::FeedLive { symbol } => {
                self.is_up();
                self.feed_state(symbol, false);
            }
            VenueEvent::Up => self.is_up(),
            VenueEvent::Down(text) => self.is_down(&text),
            VenueEvent::Socket {
                socket: VenueSocket::Public,
                up,
                text,
            } => match up {
                true => self.is_up(),
                false => self.is_down(&text),
            },
            VenueEvent::Notice(Notice { code, text, .. })
            | VenueEvent::Suspended {
                reject: Reject { code, text },
                ..
            } => self.status("notice", |line| {
                json::key(line, "code");
                json::integer(line, code);
                json::key(line, "message");
                json::text(line, &text);
            }),
            // Orders are not part of the protocol.
            VenueEvent::Order(_)
            | VenueEvent::Resumed { .. }
            | VenueEvent::Recovered(_)
            | VenueEvent::RequestReject { .. }
            | VenueEvent::OrderNotice { .. }
            | VenueEvent::Position { .. }
            | VenueEvent::PositionUnknown { .. }
            | VenueEvent::Balance(_)
            | VenueEvent::Socket { .. } => {}
        }
    }

    fn end_change(&mut self, now: Now, symbol: u32, out: &mut Vec<u8>) {
        if self.queue.is_wanted(symbol) {
            self.queue.end_change(symbol);
            self.queue.fill_change(now.mono_ns, symbol, out);
        }
    }

    fn is_up(&mut self) {
        match std::mem::replace(&mut self.link, Link::Up) {
            Link::Up => {}
            Link::Unknown => self.status("connected", |_| {}),
            Link::Down => self.status("up", |_| {}),
        }
    }

    fn is_down(&mut self, text: &str) {
        if std::mem::replace(&mut self.link, Link::Down) != Link::Down {
            self.status("down", |line| {
                json::key(line, "message");
                json::text(line, text);
            });
        }
    }

    fn feed_state(&mut self, symbol: u32, is_stale: bool) {
        self.queue.stale(symbol, is_stale);
        if self.queue.is_wanted(symbol) {
            let name = self.symbols.name(symbol).to_owned();
            let status = if is_stale { "stale" } else { "fresh" };
            self.status(status, |line| {
                json::key(line, "symbol");
                json::text(line, &name);
            });
        }
    }

    /// Subscribes, or waits until the venue knows its instruments.
    fn subscribe(&mut self, now: Now, wanted: Wanted, venue: &mut dyn Venue) {
        let given = self.symbols.given(&wanted.symbol, wanted.sizes);
        // A size that is not given is the venue's own.
        let sizes = given.or_of(venue.sizes(&wanted.symbol));
        let waits = now.mono_ns < wanted.until_ns;
        let served = match self.symbols.with(&wanted.symbol, sizes) {
            Some(index) => Ok(index),
            None => self.register(now, &wanted.symbol, (given, sizes), venue),
        };
        let symbol = match served {
            Ok(symbol) => symbol,
            // The venue cannot judge it yet, or looks whether it is still so.
            Err(_) if waits && venue.pending_reason(&wanted.symbol).is_some() => {
                return self.wait(wanted);
            }
            Err(Reject { code, text }) => return self.error(code, &text, Some(&wanted)),
        };
        match wanted.channel {
            Channel::Trades => self.queue.want_trades(symbol, &wanted.symbol, true),
            Channel::Depth => {
                let interval = Some(wanted.interval_ns);
                self.queue.want_depth(symbol, &wanted.symbol, interval);
            }
        }
        self.status("subscribed", |line| {
            wanted.write(line);
            for (key, size) in [("tick", sizes.tick), ("lot", sizes.lot)] {
                if let Some(size) = size {
                    json::key(line, key);
                    json::number(line, size);
                }
            }
        });
    }

    fn wait(&mut self, wanted: Wanted) {
        if self.waiting.len() == WAITING_MAX {
            let text = format!("{WAITING_MAX} subscriptions wait already; send it again later");
            self.error(codes::TOO_MANY_WAITING, &text, Some(&wanted));
        } else {
            self.waiting.push(wanted);
        }
    }

    fn register(
        &mut self,
        now: Now,
        name: &str,
        (given, sizes): (Sizes, Sizes),
        venue: &mut dyn Venue,
    ) -> Result<u32, Reject> {
        if let Some(text) = venue.pending_reason(name) {
            let code = codes::NOT_READY;
            return Err(Reject { code, text });
        }
        // A venue that does not have the symbol says so itself; the sizes do not matter then.
        let sizes = sizes.complete(1.0);
        check_valid(name, sizes)?;
        let symbol = venue.register(now, name, sizes.0, sizes.1)?;
        info!(symbol = name, tick = sizes.0, lot = sizes.1, "subscribed");
        self.symbols.insert(name, symbol, given, sizes);
        Ok(symbol)
    }

    fn unsubscribe(&mut self, channel: Channel, symbol: &str) {
        self.waiting
            .retain(|wanted| !wanted.is_same(channel, symbol));
        if let Some(index) = self.symbols.index(symbol) {
            match channel {
                Channel::Trades => self.queue.want_trades(index, symbol, false),
                Channel::Depth => self.queue.want_depth(index, symbol, None),
            }
        }
        self.status("unsubscribed", |line| {
            json::key(line, "channel");
            json::text(line, channel.word());
            json::key(line, "symbol");
            json::text(line, symbol);
        });
    }

    fn try_waiting(&mut self, now: Now, venue: &mut dyn Venue) {
        if self.waiting.is_empty() {
            return;
        }
        for wanted in std::mem::take(&mut self.waiting) {
            self.subscribe(now, wanted, venue);
        }
    }

    fn status(&mut self, status: &str, more: impl FnOnce(&mut Vec<u8>)) {
        let mut line = br#"{"type":"status","status":"#.to_vec();
        json::text(&mut line, status);
        more(&mut line);
        line.push(b'}');
        self.queue.line(line);
    }

    fn error(&mut self, code: i64, message: &str, wanted: Option<&Wanted>) {
        let mut line = br#"{"type":"error","code":"#.to_vec();
        json::integer(&mut line, code);
        json::key(&mut line, "message");
        json::text(&mut line, message);
        if let Some(wanted) = wanted {
            wanted.write(&mut line);
        }
        line.push(b'}');
        self.queue.line(line);
    }
}

impl Wanted {
    fn is_same(&self, channel: Channel, symbol: &str) -> bool {
        self.channel == channel && self.symbol == symbol
    }

    fn write(&self, line: &mut Vec<u8>) {
        json::key(line, "channel");
        json::text(line, self.channel.word());
        json::key(line, "symbol");
        json::text(line, &self.symbol);
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
