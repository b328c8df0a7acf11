//! Orders against a book that somebody else publishes: a recording's, or a live venue's.

use hbl_exchange::{
    EventBody, ExchangeEvent, Instrument, Request, SetupError, ShadowExchange, Side,
};
use tracing::warn;

use super::exchange_bridge;
use crate::clock::{Now, WallOffset};
use crate::config::paper_config::PaperConfig;
use crate::venue::{Balance, NewOrder, VenueEvent};

/// A level as it is published: side, price, all that is there now (0: it is gone).
pub type Shown = (Side, f64, f64);

/// One symbol that orders can be sent for.
struct Listed {
    /// Its index at the venue.
    symbol: u32,
    spec: Instrument,
    position: f64,
}

/// Fills orders against a book that it is told. Symbols are named by the venue's own index;
/// everything about one that is not listed is left out. It runs on the monotonic clock.
pub struct ShadowDesk {
    exchange: ShadowExchange,
    config: PaperConfig,
    listed: Vec<Listed>,
    /// By the venue's index: where in `listed`, which is the exchange's own order too.
    by_symbol: Vec<Option<u32>>,
    wall: WallOffset,
    events: Vec<ExchangeEvent>,
    errors: u64,
}

impl ShadowDesk {
    /// A desk without symbols.
    ///
    /// # Errors
    /// When a setting is outside of its range.
    pub fn new(config: PaperConfig, now: Now) -> Result<Self, SetupError> {
        Ok(Self {
            exchange: config.exchange(at(now))?,
            config,
            listed: Vec::new(),
            by_symbol: Vec::new(),
            wall: WallOffset::default(),
            events: Vec::new(),
            errors: 0,
        })
    }

    /// Adds a symbol with the book as it is now.
    ///
    /// # Errors
    /// When the exchange refuses name or sizes.
    pub fn list(
        &mut self,
        now: Now,
        symbol: u32,
        name: &str,
        (tick, lot): (f64, f64),
        book: impl IntoIterator<Item = Shown>,
    ) -> Result<(), SetupError> {
        let fees = (self.config.maker_fee_rate, self.config.taker_fee_rate);
        let spec = Instrument::new(name, tick, lot)?.with_fees(fees.0, fees.1)?;
        let index = self.exchange.add_instrument(spec.clone())?;
        let levels = book.into_iter().map(|level| on_grid(&spec, level));
        self.exchange.apply_snapshot(at(now), index, levels)?;
        let place = symbol as usize;
        self.by_symbol
            .resize(self.by_symbol.len().max(place + 1), None);
        self.by_symbol[place] = Some(index);
        self.listed.push(Listed {
            symbol,
            spec,
            position: 0.0,
        });
        Ok(())
    }

    /// True when orders can be sent for the symbol.
    pub fn is_listed(&self, symbol: u32) -> bool {
        self.index(symbol).is_some()
    }

    /// The position in a symbol, 0 when it is not listed.
    pub fn position(&self, symbol: u32) -> f64 {
        self.index(symbol)
            .map_or(0.0, |index| self.listed[index as usize].position)
    }

    /// The account's money as it is now.
    pub fn balance(&self, now: Now) -> Balance {
        let known = self.exchange.balance(exchange_bridge::ACCOUNT);
        self.valued(known.wallet, now.unix_ns)
    }

    /// A wallet balance with the profit of the positions at the middle of their books.
    fn valued(&self, wallet: f64, exch_ts: i64) -> Balance {
        let profit = |(index, listed): (u32, &Listed)| {
            let position = self.exchange.position(exchange_bridge::ACCOUNT, index);
            let best =
                [Side::Buy, Side::Sell].map(|side| Some(self.exchange.book(index, side).next()?.0));
            exchange_bridge::unrealised(&listed.spec, &position, best)
        };
        let unrealised = (0..).zip(&self.listed).map(profit).sum();
        let is_limited = self.config.leverage.is_some();
        exchange_bridge::balance(&self.config.coin, wallet, unrealised, is_limited, exch_ts)
    }

    /// Sends an order.
    pub fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        self.request(now, symbol, |index, spec| {
            exchange_bridge::new_order(index, spec, order)
        });
    }

    /// Cancels an order.
    pub fn cancel(&mut self, now: Now, symbol: u32, handle: u64) {
        self.request(now, symbol, |index, _| {
            exchange_bridge::cancel(index, handle)
        });
    }

    /// Changes price and total quantity of an order.
    pub fn amend(&mut self, now: Now, symbol: u32, handle: u64, price_tick: i64, qty: f64) {
        self.request(now, symbol, |index, spec| {
            exchange_bridge::amend(index, spec, handle, price_tick, qty)
        });
    }

    /// Feeds a trade. The levels that it took from are expected to follow.
    pub fn trade(&mut self, now: Now, symbol: u32, aggressor: Side, px: f64, qty: f64) {
        let Some(index) = self.index(symbol) else {
            return;
        };
        let spec = &self.listed[index as usize].spec;
        let (tick, lots) = (spec.nearest_tick(px), spec.nearest_lots(qty));
        let fed = self
            .exchange
            .apply_trade(at(now), index, aggressor, tick, lots);
        self.count(fed);
    }

    /// Feeds levels that are one change.
    pub fn levels(&mut self, now: Now, symbol: u32, levels: impl IntoIterator<Item = Shown>) {
        let Some(index) = self.index(symbol) else {
            return;
        };
        let spec = &self.listed[index as usize].spec;
        let levels = levels.into_iter().map(|level| on_grid(spec, level));
        let fed = self.exchange.apply_levels(at(now), index, levels);
        self.count(fed);
    }

    /// From now on nobody is filled in this symbol, and orders are refused.
    pub fn halt(&mut self, now: Now, symbol: u32) {
        if let Some(index) = self.index(symbol) {
            let halted = self.exchange.halt(at(now), index);
            self.count(halted);
        }
    }

    /// Ends a halt with the book as it is.
    pub fn resume(&mut self, now: Now, symbol: u32) {
        if let Some(index) = self.index(symbol) {
            let resumed = self.exchange.resume(at(now), index);
            self.count(resumed);
        }
    }

    /// Whether the book has a level and is not crossed.
    pub fn has_sound_book(&self, symbol: u32) -> bool {
        self.index(symbol).is_some_and(|index| {
            let mut sides = [Side::Buy, Side::Sell].into_iter();
            let has_level = sides.any(|side| self.exchange.book(index, side).next().is_some());
            has_level && !self.exchange.is_crossed(index)
        })
    }

    /// Hands out what has happened to orders.
    pub fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        self.wall.follow(now);
        self.exchange.advance(at(now), &mut self.events);
        let mut events = std::mem::take(&mut self.events);
        let mut wallet = None;
        for event in events.drain(..) {
            let exch_ts = self.wall.unix_ns(event.exch_ts_ns);
            match event.body {
                EventBody::Order(report) => {
                    if let Some(listed) = self.listed.get(report.symbol as usize) {
                        let report = exchange_bridge::order_report(&listed.spec, &report, exch_ts);
                        out.push(VenueEvent::Order(report));
                    }
                }
                EventBody::CancelReject(reject) => out.push(VenueEvent::RequestRefused {
                    handle: reject.client_id,
                    refusal: exchange_bridge::refusal(reject.reason),
                }),
                EventBody::Position(position) => {
                    if let Some(listed) = self.listed.get_mut(position.symbol as usize) {
                        listed.position = listed.spec.qty(position.qty_lots);
                        let (symbol, qty) = (listed.symbol, listed.position);
                        out.push(VenueEvent::Position {
                            symbol,
                            qty,
                            exch_ts,
                        });
                    }
                }
                // Of several fills the last one's says it all.
                EventBody::Balance(balance) => wallet = Some((balance.wallet, exch_ts)),
                EventBody::Level(_) | EventBody::Trade(_) => {}
            }
        }
        self.events = events;
        if let Some((wallet, exch_ts)) = wallet {
            out.push(VenueEvent::Balance(self.valued(wallet, exch_ts)));
        }
    }

    /// When `poll` has something to do by itself, monotonic nanoseconds.
    pub fn next_due_ns(&self) -> Option<u64> {
        self.exchange
            .next_due_ns()
            .map(|due| u64::try_from(due).unwrap_or(0))
    }

    fn index(&self, symbol: u32) -> Option<u32> {
        self.by_symbol.get(symbol as usize).copied().flatten()
    }

    fn request(
        &mut self,
        now: Now,
        symbol: u32,
        request: impl FnOnce(u32, &Instrument) -> Request,
    ) {
        if let Some(index) = self.index(symbol) {
            let request = request(index, &self.listed[index as usize].spec);
            self.exchange.submit(at(now), request);
        }
    }

    fn count(&mut self, fed: Result<(), SetupError>) {
        if let Err(error) = fed {
            self.errors += 1;
            if self.errors == 1 {
                warn!(%error, "the exchange does not take a market event");
            }
        }
    }
}

fn at(now: Now) -> i64 {
    now.mono_ns as i64
}

fn on_grid(spec: &Instrument, (side, px, qty): Shown) -> (Side, i64, i64) {
    (side, spec.nearest_tick(px), spec.nearest_lots(qty))
}
