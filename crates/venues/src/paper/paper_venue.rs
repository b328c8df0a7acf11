//! Paper trading: the market data of a venue, and orders filled in this process.

use std::os::fd::RawFd;

use hbl_exchange::{Instrument, SetupError, Side};
use hftbacktest::types::{BUY_EVENT, DEPTH_EVENT, Event, TRADE_EVENT};
use tracing::info;

use super::feed_delay::FeedDelay;
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::order_rules::OrderRules;
use crate::kit::venue::{
    Amendment, Balance, MarketData, NewOrder, Reject, Venue, VenueEvent, VenueSocket, Wake,
};
use crate::paper::config::PaperConfig;
use crate::paper::paper_matcher::{PaperMatcher, Shown};

/// The state of a symbol, without its book.
#[derive(Default)]
struct Market {
    is_listed: bool,
    /// The feed of the symbol is stale.
    is_stale: bool,
    /// Orders are rejected and none is filled.
    is_halted: bool,
}

/// Paper trading over the market data of a venue. Orders are filled against its book and trades, by the
/// rules of `hbl_exchange::FillSimulator`; the trait [`MarketData`] has no way to send one. Market data passes unchanged; the venue's own orders,
/// positions and money are not shown.
///
/// While the venue is down, and for a symbol while its feed is stale, its book is crossed or there
/// is none, no order is filled and orders and amendments are rejected
/// ([`Halted`](hbl_exchange::Reject::Halted), 1013); cancellations work. When the book is synced
/// again, resting orders keep the place they had as far as it allows.
pub struct PaperVenue<D> {
    inner: D,
    matcher: PaperMatcher,
    delay: Option<FeedDelay>,
    markets: Vec<Market>,
    is_down: bool,
    /// Levels of a change that have not reached the matcher, and their symbol.
    levels: Vec<Shown>,
    change: Option<u32>,
    in_batch: bool,
    events: Vec<VenueEvent>,
    book: Vec<Event>,
    foreign: u64,
}

impl<D: MarketData> PaperVenue<D> {
    /// Puts paper trading over market data that is not in use yet.
    ///
    /// # Errors
    /// When a setting is outside of its range.
    pub fn new(inner: D, config: &PaperConfig, now: Now) -> Result<Self, SetupError> {
        Ok(Self {
            inner,
            matcher: PaperMatcher::new(config.clone(), now)?,
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

    /// The market data below.
    pub fn inner(&self) -> &D {
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
                if !self.matcher.is_listed(*symbol) {
                    return false;
                }
                self.feed(now, *symbol, event);
            }
            VenueEvent::FeedBatchStart { symbol } => {
                self.in_batch = true;
                return self.matcher.is_listed(*symbol);
            }
            VenueEvent::FeedBatchEnd { symbol } => {
                self.in_batch = false;
                return self.matcher.is_listed(*symbol);
            }
            VenueEvent::FeedStale { symbol } | VenueEvent::FeedLive { symbol } => {
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
            | VenueEvent::Suspended { .. }
            | VenueEvent::Resumed { .. }
            | VenueEvent::Socket {
                socket: VenueSocket::Public,
                ..
            } => {}
            VenueEvent::Order(_)
            | VenueEvent::Recovered(_)
            | VenueEvent::RequestReject { .. }
            | VenueEvent::OrderNotice { .. }
            | VenueEvent::Balance(_)
            | VenueEvent::Socket { .. }
            | VenueEvent::Position { .. }
            | VenueEvent::PositionUnknown { .. } => {
                self.foreign += 1;
                if self.foreign == 1 {
                    info!("orders and positions of the venue's own account are not shown");
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
            self.matcher.trade(now, symbol, side, event.px, event.qty);
        } else if event.is(DEPTH_EVENT) {
            self.change = Some(symbol);
            self.levels.push((side_of(event), event.px, event.qty));
        }
    }

    fn flush(&mut self, now: Now) {
        if let Some(symbol) = self.change {
            self.matcher.levels(now, symbol, self.levels.drain(..));
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
        let is_sound = self.matcher.has_sound_book(symbol);
        let market = self.market(symbol);
        if !market.is_listed {
            return;
        }
        let is_halted = is_down || market.is_stale || !is_sound;
        match (
            std::mem::replace(&mut market.is_halted, is_halted),
            is_halted,
        ) {
            (false, true) => self.matcher.halt(now, symbol),
            (true, false) => self.matcher.resume(now, symbol),
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

impl<D: MarketData> MarketData for PaperVenue<D> {
    fn register(&mut self, now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Reject> {
        let index = self.inner.register(now, symbol, tick, lot)?;
        let refuse = |error: SetupError| Reject {
            code: codes::SIZE_INVALID,
            text: error.to_string(),
        };
        let spec = Instrument::new(symbol, tick, lot).map_err(refuse)?;
        let rules = self.inner.order_rules(symbol);
        // Again because the venue had suspended it; the sizes are as they were, the limits need not be.
        if self.matcher.sizes(index) == Some((tick, lot)) {
            self.matcher
                .set_rules(index, symbol, rules)
                .map_err(refuse)?;
            return Ok(index);
        }
        self.book.clear();
        self.inner.book(now, index, &mut self.book);
        let shown = |level: &Event| (side_of(level), level.px, level.qty);
        self.matcher
            .list(
                now,
                index,
                symbol,
                (tick, lot),
                rules,
                self.book.iter().map(shown),
            )
            .map_err(refuse)?;
        if let Some(delay) = &mut self.delay {
            let is_synced = self.inner.is_book_synced(index);
            delay.list(index, spec, &self.book, is_synced);
        }
        self.market(index).is_listed = true;
        self.judge(now, index);
        Ok(index)
    }

    fn pending_reason(&self, symbol: &str) -> Option<String> {
        self.inner.pending_reason(symbol)
    }

    fn order_rules(&self, symbol: &str) -> Option<OrderRules> {
        self.inner.order_rules(symbol)
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        self.inner.sizes(symbol)
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
        self.matcher.poll(now, out);
    }

    fn next_due_ns(&self) -> Option<u64> {
        let delayed = self.delay.as_ref().and_then(FeedDelay::next_due_ns);
        let due = [
            self.inner.next_due_ns(),
            self.matcher.next_due_ns(),
            delayed,
        ];
        due.into_iter().flatten().min()
    }

    fn has_arrivals(&self) -> bool {
        self.inner.has_arrivals()
    }

    fn wake_with(&mut self, wake: Wake) {
        self.inner.wake_with(wake);
    }

    fn take_sockets(&mut self) -> Option<RawFd> {
        self.inner.take_sockets()
    }

    fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>) {
        match &self.delay {
            Some(delay) => delay.book(now, symbol, out),
            None => self.inner.book(now, symbol, out),
        }
    }

    fn is_book_synced(&self, symbol: u32) -> bool {
        match &self.delay {
            Some(delay) => delay.is_book_synced(symbol),
            None => self.inner.is_book_synced(symbol),
        }
    }

    fn step(&mut self) {
        self.inner.step();
    }

    fn is_finished(&self) -> bool {
        let delayed = self.delay.as_ref().and_then(FeedDelay::next_due_ns);
        self.inner.is_finished() && delayed.is_none()
    }
}

impl<D: MarketData> Venue for PaperVenue<D> {
    fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        self.matcher.submit(now, symbol, order);
    }

    fn cancel(&mut self, now: Now, symbol: u32, handle: u64) {
        self.matcher.cancel(now, symbol, handle);
    }

    fn amend(&mut self, now: Now, symbol: u32, change: &Amendment) {
        self.matcher.amend(now, symbol, change);
    }

    fn balances(&self, now: Now, out: &mut Vec<Balance>) {
        out.push(self.matcher.balance(now));
    }

    fn position(&self, symbol: u32) -> Option<f64> {
        Some(self.matcher.position(symbol))
    }
}

#[cfg(test)]
mod tests;
