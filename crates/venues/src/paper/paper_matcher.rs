//! Fills orders against an external book: a recording's, or a live venue's.

use hbl_exchange::{
    EventBody, ExchangeEvent, FillSimulator, Instrument, Limits, Request, SetupError, Side,
};
use tracing::warn;

use crate::kit::clock::{Now, WallOffset};
use crate::kit::exchange_bridge;
use crate::kit::order_rules::{OrderRules, VenueCode, no_code};
use crate::kit::venue::{Amendment, Balance, NewOrder, VenueEvent};
use crate::paper::config::PaperConfig;

/// A level as it is published: side, price, all that is there now (0: it is gone).
pub type Shown = (Side, f64, f64);

/// One symbol that orders can be sent for.
struct Listed {
    /// Its index at the venue.
    symbol: u32,
    spec: Instrument,
    code: VenueCode,
    position: f64,
    /// Orders of greater handles belong to it, unless a later listing has them; `None`: all.
    after_handle: Option<u64>,
}

/// Fills orders against a book that it is given. Symbols are named by the venue's own index;
/// everything about one that is not listed is left out. It runs on the monotonic clock.
pub struct PaperMatcher {
    exchange: FillSimulator,
    config: PaperConfig,
    listed: Vec<Listed>,
    /// By the venue's index: where in `listed`, which is the exchange's own order too. Several for a
    /// symbol whose sizes have changed, the newest at the end: orders stay in their unit.
    by_symbol: Vec<Vec<u32>>,
    /// The greatest handle so far.
    last_handle: u64,
    wall: WallOffset,
    events: Vec<ExchangeEvent>,
    errors: u64,
}

impl PaperMatcher {
    /// A matcher without symbols.
    ///
    /// # Errors
    /// When a setting is outside of its range.
    pub fn new(config: PaperConfig, now: Now) -> Result<Self, SetupError> {
        Ok(Self {
            exchange: config.exchange(at(now))?,
            config,
            listed: Vec::new(),
            by_symbol: Vec::new(),
            last_handle: 0,
            wall: WallOffset::default(),
            events: Vec::new(),
            errors: 0,
        })
    }

    /// Adds a symbol with the book as it is now and with the rules of its venue, where it has some.
    /// One that is listed already, in other sizes, is listed anew: its open orders are cancelled,
    /// since its book comes in the new unit only, and its position stays.
    ///
    /// # Errors
    /// When the exchange refuses name or sizes.
    pub fn list(
        &mut self,
        now: Now,
        symbol: u32,
        name: &str,
        (tick, lot): (f64, f64),
        rules: Option<OrderRules>,
        book: impl IntoIterator<Item = Shown>,
    ) -> Result<(), SetupError> {
        let fees = (self.config.maker_fee_rate, self.config.taker_fee_rate);
        let (limits, code) = self.limits(name, rules);
        let place = symbol as usize;
        let before = self.by_symbol.get(place).map_or(0, Vec::len);
        // The exchange knows a name once.
        let name = match before {
            0 => name.to_owned(),
            n => format!("{name} #{}", n + 1),
        };
        let spec = Instrument::new(&name, tick, lot)?
            .with_fees(fees.0, fees.1)?
            .with_limits(limits)?;
        let index = self.exchange.add_instrument(spec.clone())?;
        let levels = book.into_iter().map(|level| on_grid(&spec, level));
        self.exchange.apply_snapshot(at(now), index, levels)?;
        self.by_symbol
            .resize(self.by_symbol.len().max(place + 1), Vec::new());
        if let Some(old) = self.index(symbol) {
            self.exchange
                .submit(at(now), exchange_bridge::cancel_all(old));
        }
        self.by_symbol[place].push(index);
        self.listed.push(Listed {
            symbol,
            spec,
            code,
            position: 0.0,
            after_handle: (before > 0).then_some(self.last_handle),
        });
        Ok(())
    }

    /// Goes by other rules of the venue for a symbol that is listed already in these sizes. Open orders stay.
    ///
    /// # Errors
    /// When the exchange refuses a limit.
    pub fn set_rules(
        &mut self,
        symbol: u32,
        name: &str,
        rules: Option<OrderRules>,
    ) -> Result<(), SetupError> {
        let Some(index) = self.index(symbol) else {
            return Ok(());
        };
        let (limits, code) = self.limits(name, rules);
        self.exchange.set_limits(index, limits)?;
        self.listed[index as usize].code = code;
        Ok(())
    }

    /// The limits of a symbol: the configuration's over those of its venue.
    fn limits(&self, name: &str, rules: Option<OrderRules>) -> (Limits, VenueCode) {
        let config = &self.config.limits;
        match rules {
            Some(rules) => (config.over(rules.limits), rules.code),
            None => (config.limits(name), no_code),
        }
    }

    /// Tick and lot size that a symbol is listed with.
    pub fn sizes(&self, symbol: u32) -> Option<(f64, f64)> {
        let spec = &self.listed[self.index(symbol)? as usize].spec;
        Some((spec.tick_size(), spec.lot_size()))
    }

    /// True when orders can be sent for the symbol.
    pub fn is_listed(&self, symbol: u32) -> bool {
        self.index(symbol).is_some()
    }

    /// The position in a symbol, 0 when it is not listed.
    pub fn position(&self, symbol: u32) -> f64 {
        let all = self.by_symbol.get(symbol as usize);
        let all = all
            .into_iter()
            .flatten()
            .map(|at| &self.listed[*at as usize]);
        let sum: f64 = all.clone().map(|listed| listed.position).sum();
        // On the finest grid of them: a sum of floats is on none.
        let finest = all.min_by(|a, b| a.spec.lot_size().total_cmp(&b.spec.lot_size()));
        finest.map_or(0.0, |listed| listed.spec.qty(listed.spec.nearest_lots(sum)))
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
            // The book goes on in the newest unit of the symbol.
            let newest = self.index(listed.symbol).unwrap_or(index);
            let px = |tick| self.listed[newest as usize].spec.px(tick);
            let best = [Side::Buy, Side::Sell].map(|side| {
                let (tick, _) = self.exchange.book(newest, side).next()?;
                Some(listed.spec.nearest_tick(px(tick)))
            });
            exchange_bridge::unrealised(&listed.spec, &position, best)
        };
        let unrealised = (0..).zip(&self.listed).map(profit).sum();
        let margin = self.exchange.initial_margin(exchange_bridge::ACCOUNT);
        exchange_bridge::balance(&self.config.coin, wallet, unrealised, margin, exch_ts)
    }

    /// Sends an order.
    pub fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        self.last_handle = self.last_handle.max(order.handle);
        self.request(now, symbol, order.handle, |index, spec| {
            exchange_bridge::new_order(index, spec, order)
        });
    }

    /// Cancels an order.
    pub fn cancel(&mut self, now: Now, symbol: u32, handle: u64) {
        self.request(now, symbol, handle, |index, _| {
            exchange_bridge::cancel(index, handle)
        });
    }

    /// Changes price and total quantity of an order.
    pub fn amend(&mut self, now: Now, symbol: u32, change: &Amendment) {
        self.request(now, symbol, change.handle, |index, spec| {
            exchange_bridge::amend(index, spec, change)
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

    /// From now on no order is filled in this symbol, and new ones are rejected.
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
                        let (spec, code) = (&listed.spec, listed.code);
                        let coin = &self.config.coin;
                        let report =
                            exchange_bridge::order_report(spec, &report, exch_ts, code, coin);
                        out.push(VenueEvent::Order(report));
                    }
                }
                EventBody::CancelReject(reject) => {
                    let listed = self.listed.get(reject.symbol as usize);
                    let code = listed.map_or(no_code as VenueCode, |listed| listed.code);
                    out.push(VenueEvent::RequestReject {
                        handle: reject.client_id,
                        reject: exchange_bridge::reject(reject.reason, code),
                    });
                }
                EventBody::Position(position) => {
                    if let Some(listed) = self.listed.get_mut(position.symbol as usize) {
                        listed.position = listed.spec.qty(position.qty_lots);
                        let symbol = listed.symbol;
                        let qty = self.position(symbol);
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
        self.by_symbol.get(symbol as usize)?.last().copied()
    }

    fn request(
        &mut self,
        now: Now,
        symbol: u32,
        handle: u64,
        request: impl FnOnce(u32, &Instrument) -> Request,
    ) {
        let all = self.by_symbol.get(symbol as usize).into_iter().flatten();
        let mut all = all.rev().copied();
        let after = |at: &u32| self.listed[*at as usize].after_handle;
        if let Some(index) = all.find(|at| after(at).is_none_or(|after| handle > after)) {
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
