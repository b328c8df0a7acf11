//! A venue whose orders never reach it.

use hbl_exchange::{Instrument, SetupError, Side};
use hftbacktest::types::{BUY_EVENT, DEPTH_EVENT, Event, TRADE_EVENT};
use tracing::info;

use super::feed_delay::FeedDelay;
use crate::clock::Now;
use crate::codes;
use crate::config::paper_config::PaperConfig;
use crate::venue::{Balance, NewOrder, Refusal, Venue, VenueEvent, VenueSocket, Wake};
use crate::venues::shadow_desk::{ShadowDesk, Shown};

/// What is known of a symbol beside its book.
#[derive(Default)]
struct Market {
    is_listed: bool,
    /// The venue says that its book cannot be relied on.
    is_stale: bool,
    /// Orders are refused and nobody is filled.
    is_halted: bool,
}

/// A venue whose orders never reach it: they are filled against its book and trades, by the rules
/// of `hbl_exchange::ShadowExchange`. Market data passes unchanged; the venue's own orders,
/// positions and money are not shown.
///
/// While the venue is down, and for a symbol while its feed is stale, its book is crossed or there
/// is none, nobody is filled and orders and amendments are refused
/// ([`Halted`](hbl_exchange::Reject::Halted), 1013); cancellations work. When the book can be relied
/// on again, resting orders keep the place they had as far as it allows.
pub struct PaperVenue<V> {
    inner: V,
    desk: ShadowDesk,
    delay: Option<FeedDelay>,
    markets: Vec<Market>,
    is_down: bool,
    /// Levels of a change that the desk has not been told of, and their symbol.
    levels: Vec<Shown>,
    change: Option<u32>,
    in_batch: bool,
    events: Vec<VenueEvent>,
    book: Vec<Event>,
    foreign: u64,
}

impl<V: Venue> PaperVenue<V> {
    /// Puts paper trading over a venue that nobody has used yet.
    ///
    /// # Errors
    /// When a setting is outside of its range.
    pub fn new(inner: V, config: &PaperConfig, now: Now) -> Result<Self, SetupError> {
        Ok(Self {
            inner,
            desk: ShadowDesk::new(config.clone(), now)?,
            delay: FeedDelay::new(&config.latency, config.seed),
            markets: Vec::new(),
            is_down: false,
            levels: Vec::new(),
            change: None,
            in_batch: false,
            events: Vec::new(),
            book: Vec::new(),
            foreign: 0,
        })
    }

    /// The venue below.
    pub fn inner(&self) -> &V {
        &self.inner
    }

    /// Reads an event of the venue. `false`: it is not for our bots.
    fn read(&mut self, now: Now, event: &VenueEvent) -> bool {
        // A venue that gives a book up empties it and then says so: that is no change of the market.
        let is_given_up =
            matches!(event, VenueEvent::FeedStale { symbol } if self.change == Some(*symbol));
        if !self.in_batch && !is_given_up {
            self.end_change(now);
        }
        match event {
            VenueEvent::Feed { symbol, event } => {
                if !self.desk.is_listed(*symbol) {
                    return false;
                }
                self.feed(now, *symbol, event);
            }
            VenueEvent::FeedBatchStart { symbol } => {
                self.in_batch = true;
                return self.desk.is_listed(*symbol);
            }
            VenueEvent::FeedBatchEnd { symbol } => {
                self.in_batch = false;
                return self.desk.is_listed(*symbol);
            }
            VenueEvent::FeedStale { symbol } | VenueEvent::FeedFresh { symbol } => {
                let is_stale = matches!(event, VenueEvent::FeedStale { .. });
                self.market(*symbol).is_stale = is_stale;
                self.judge(now, *symbol);
                self.end_change(now);
            }
            VenueEvent::Down(_) | VenueEvent::Up => {
                self.is_down = matches!(event, VenueEvent::Down(_));
                for symbol in 0..self.markets.len() as u32 {
                    self.judge(now, symbol);
                }
            }
            VenueEvent::Notice(_)
            | VenueEvent::Socket {
                socket: VenueSocket::Public,
                ..
            } => {}
            VenueEvent::Order(_)
            | VenueEvent::Adopted(_)
            | VenueEvent::RequestRefused { .. }
            | VenueEvent::OrderNotice { .. }
            | VenueEvent::Balance(_)
            | VenueEvent::Socket { .. }
            | VenueEvent::Position { .. } => {
                self.foreign += 1;
                if self.foreign == 1 {
                    info!("what the venue tells of its own orders and positions is not shown");
                }
                return false;
            }
        }
        true
    }

    fn feed(&mut self, now: Now, symbol: u32, event: &Event) {
        if event.is(TRADE_EVENT) {
            // Levels before it belong before it.
            self.flush(now);
            let side = side_of(event);
            self.desk.trade(now, symbol, side, event.px, event.qty);
        } else if event.is(DEPTH_EVENT) {
            self.change = Some(symbol);
            self.levels.push((side_of(event), event.px, event.qty));
        }
    }

    fn flush(&mut self, now: Now) {
        if let Some(symbol) = self.change {
            self.desk.levels(now, symbol, self.levels.drain(..));
        }
    }

    fn end_change(&mut self, now: Now) {
        self.flush(now);
        if let Some(symbol) = self.change.take() {
            self.judge(now, symbol);
        }
    }

    /// Halts a symbol or ends its halt, by what is known now.
    fn judge(&mut self, now: Now, symbol: u32) {
        let is_down = self.is_down;
        let is_sound = self.desk.has_sound_book(symbol);
        let market = self.market(symbol);
        if !market.is_listed {
            return;
        }
        let is_halted = is_down || market.is_stale || !is_sound;
        match (
            std::mem::replace(&mut market.is_halted, is_halted),
            is_halted,
        ) {
            (false, true) => self.desk.halt(now, symbol),
            (true, false) => self.desk.resume(now, symbol),
            _ => {}
        }
    }

    fn market(&mut self, symbol: u32) -> &mut Market {
        let place = symbol as usize;
        if self.markets.len() <= place {
            self.markets.resize_with(place + 1, Market::default);
        }
        &mut self.markets[place]
    }
}

fn side_of(event: &Event) -> Side {
    match event.is(BUY_EVENT) {
        true => Side::Buy,
        false => Side::Sell,
    }
}

impl<V: Venue> Venue for PaperVenue<V> {
    fn register(&mut self, now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Refusal> {
        let index = self.inner.register(now, symbol, tick, lot)?;
        let refuse = |error: SetupError| Refusal {
            code: codes::SIZE_INVALID,
            text: error.to_string(),
        };
        let spec = Instrument::new(symbol, tick, lot).map_err(refuse)?;
        self.book.clear();
        self.inner.book(now, index, &mut self.book);
        let shown = |level: &Event| (side_of(level), level.px, level.qty);
        self.desk
            .list(now, index, symbol, (tick, lot), self.book.iter().map(shown))
            .map_err(refuse)?;
        if let Some(delay) = &mut self.delay {
            let is_whole = self.inner.has_whole_book(index);
            delay.list(index, spec, &self.book, is_whole);
        }
        self.market(index).is_listed = true;
        self.judge(now, index);
        Ok(index)
    }

    fn not_yet(&self, symbol: &str) -> Option<String> {
        self.inner.not_yet(symbol)
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        self.inner.sizes(symbol)
    }

    fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        self.desk.submit(now, symbol, order);
    }

    fn cancel(&mut self, now: Now, symbol: u32, handle: u64) {
        self.desk.cancel(now, symbol, handle);
    }

    fn amend(&mut self, now: Now, symbol: u32, handle: u64, price_tick: i64, qty: f64) {
        self.desk.amend(now, symbol, handle, price_tick, qty);
    }

    fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        let mut events = std::mem::take(&mut self.events);
        self.inner.poll(now, &mut events);
        for event in events.drain(..) {
            if !self.read(now, &event) {
                continue;
            }
            match &mut self.delay {
                Some(delay) => delay.push(now, event),
                None => out.push(event),
            }
        }
        self.events = events;
        if !self.in_batch {
            self.end_change(now);
        }
        if let Some(delay) = &mut self.delay {
            delay.poll(now, out);
        }
        self.desk.poll(now, out);
    }

    fn next_due_ns(&self) -> Option<u64> {
        let delayed = self.delay.as_ref().and_then(FeedDelay::next_due_ns);
        let due = [self.inner.next_due_ns(), self.desk.next_due_ns(), delayed];
        due.into_iter().flatten().min()
    }

    fn has_arrivals(&self) -> bool {
        self.inner.has_arrivals()
    }

    fn wake_with(&mut self, wake: Wake) {
        self.inner.wake_with(wake);
    }

    fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>) {
        match &self.delay {
            Some(delay) => delay.book(now, symbol, out),
            None => self.inner.book(now, symbol, out),
        }
    }

    fn has_whole_book(&self, symbol: u32) -> bool {
        match &self.delay {
            Some(delay) => delay.has_whole_book(symbol),
            None => self.inner.has_whole_book(symbol),
        }
    }

    fn balances(&self, now: Now, out: &mut Vec<Balance>) {
        out.push(self.desk.balance(now));
    }

    fn position(&self, symbol: u32) -> f64 {
        self.desk.position(symbol)
    }

    fn step(&mut self) {
        self.inner.step();
    }

    fn is_finished(&self) -> bool {
        let delayed = self.delay.as_ref().and_then(FeedDelay::next_due_ns);
        self.inner.is_finished() && delayed.is_none()
    }
}

#[cfg(test)]
mod tests;
