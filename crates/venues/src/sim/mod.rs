//! The simulated venue: the exchange crate with its background flow, paced by the wall clock.

pub mod config;
pub mod open;

use hbl_exchange::{EventBody, Exchange, ExchangeEvent, Instrument, Side as ExchangeSide};
use hftbacktest::types::Event;

use crate::kit::book::published_book::PublishedBook;
use crate::kit::clock::{Now, WallOffset};
use crate::kit::codes;
use crate::kit::error::VenueError;
use crate::kit::exchange_bridge;
use crate::kit::feed_event::{level_event, trade_event};
use crate::kit::nearest;
use crate::kit::order_rules::{OrderRules, no_code};
use crate::kit::sizes;
use crate::kit::venue::{Amendment, Balance, MarketData, NewOrder, Reject, Venue, VenueEvent};
use crate::sim::config::SimConfig;

/// A process that was held up for longer than this does not make up for it: the burst would only
/// overrun the bots.
const CATCH_UP_MAX_NS: i64 = 20_000_000;

/// The simulated venue. The exchange runs on the monotonic clock; only published times are Unix.
pub struct SimVenue {
    exchange: Exchange,
    specs: Vec<Instrument>,
    books: Vec<PublishedBook>,
    /// Whose book has had both sides: a simulated market begins empty.
    opened: Vec<bool>,
    positions: Vec<f64>,
    wall: WallOffset,
    /// Monotonic time that the exchange has not lived through.
    skipped_ns: i64,
    events: Vec<ExchangeEvent>,
    coin: String,
    /// Wallet balance and its time that are yet to be reported: of several fills the last one's.
    wallet: Option<(f64, i64)>,
}

impl SimVenue {
    /// Builds the exchange.
    ///
    /// # Errors
    /// When a setting is outside of its range.
    pub fn new(config: &SimConfig, now: Now) -> Result<Self, VenueError> {
        let mut exchange = Exchange::new(config.exchange(), now.mono_ns as i64)?;
        let mut specs = Vec::new();
        for symbol in &config.symbols {
            let spec = Instrument::new(&symbol.symbol, symbol.tick_size, symbol.lot_size)?
                .with_fees(symbol.maker_fee_rate, symbol.taker_fee_rate)?
                .with_limits(
                    symbol
                        .limits
                        .unwrap_or(config.limits)
                        .limits(&symbol.symbol),
                )?;
            exchange.add_instrument(spec.clone(), Some(symbol.flow()))?;
            specs.push(spec);
        }
        let books = specs.iter().map(|_| PublishedBook::default()).collect();
        let opened = vec![false; specs.len()];
        let positions = vec![0.0; specs.len()];
        let wall = WallOffset::default();
        Ok(Self {
            exchange,
            specs,
            books,
            opened,
            positions,
            wall,
            skipped_ns: 0,
            events: Vec::new(),
            coin: config.coin.clone(),
            wallet: None,
        })
    }

    /// The exchange's time.
    fn engine_ns(&self, now: Now) -> i64 {
        (now.mono_ns as i64 - self.skipped_ns).max(self.exchange.now_ns())
    }

    fn balance(&self, wallet: f64, exch_ts: i64) -> Balance {
        let profit = |(symbol, spec): (u32, &Instrument)| {
            let position = self.exchange.position(exchange_bridge::ACCOUNT, symbol);
            let best = [ExchangeSide::Buy, ExchangeSide::Sell]
                .map(|side| Some(self.exchange.book(symbol, side).next()?.0));
            exchange_bridge::unrealised(spec, &position, best)
        };
        let unrealised = (0..).zip(&self.specs).map(profit).sum();
        let margin = self.exchange.initial_margin(exchange_bridge::ACCOUNT);
        exchange_bridge::balance(&self.coin, wallet, unrealised, margin, exch_ts)
    }

    fn request(&mut self, now: Now, request: hbl_exchange::Request) {
        let at = self.engine_ns(now);
        self.exchange.submit(at, request);
    }

    fn translate(&mut self, now: Now, event: &ExchangeEvent, out: &mut Vec<VenueEvent>) {
        let exch_ts = self.wall.unix_ns(event.exch_ts_ns + self.skipped_ns);
        match &event.body {
            EventBody::Level(level) => {
                let (Some(spec), Some(book), Some(opened)) = (
                    self.specs.get(level.symbol as usize),
                    self.books.get_mut(level.symbol as usize),
                    self.opened.get_mut(level.symbol as usize),
                ) else {
                    return;
                };
                book.set(level.side, level.px_tick, level.qty_lots, exch_ts);
                let values = (spec.px(level.px_tick), spec.qty(level.qty_lots));
                let is_bid = level.side == ExchangeSide::Buy;
                let event = level_event(is_bid, values, exch_ts, now.unix_ns);
                out.push(VenueEvent::Feed {
                    symbol: level.symbol,
                    event,
                });
                if !*opened && book.is_two_sided() {
                    *opened = true;
                    out.push(VenueEvent::FeedLive {
                        symbol: level.symbol,
                    });
                }
            }
            EventBody::Trade(trade) => {
                let Some(spec) = self.specs.get(trade.symbol as usize) else {
                    return;
                };
                let values = (spec.px(trade.px_tick), spec.qty(trade.qty_lots));
                let buyer_takes = trade.aggressor == ExchangeSide::Buy;
                let event = trade_event(buyer_takes, values, exch_ts, now.unix_ns);
                out.push(VenueEvent::Feed {
                    symbol: trade.symbol,
                    event,
                });
            }
            EventBody::Order(report) => {
                if let Some(spec) = self.specs.get(report.symbol as usize) {
                    let coin = &self.coin;
                    let report =
                        exchange_bridge::order_report(spec, report, exch_ts, no_code, coin);
                    out.push(VenueEvent::Order(report));
                }
            }
            EventBody::CancelReject(reject) => out.push(VenueEvent::RequestReject {
                handle: reject.client_id,
                reject: exchange_bridge::reject(reject.reason, no_code),
            }),
            EventBody::Position(position) => {
                let Some(spec) = self.specs.get(position.symbol as usize) else {
                    return;
                };
                let qty = spec.qty(position.qty_lots);
                if let Some(known) = self.positions.get_mut(position.symbol as usize) {
                    *known = qty;
                }
                out.push(VenueEvent::Position {
                    symbol: position.symbol,
                    qty,
                    exch_ts,
                });
            }
            EventBody::Balance(balance) => self.wallet = Some((balance.wallet, exch_ts)),
        }
    }
}

/// Fields common to the feed events of one change.
fn change_of(event: &ExchangeEvent) -> Option<(u32, i64)> {
    match &event.body {
        EventBody::Level(level) => Some((level.symbol, event.exch_ts_ns)),
        EventBody::Trade(trade) => Some((trade.symbol, event.exch_ts_ns)),
        _ => None,
    }
}

impl MarketData for SimVenue {
    fn register(&mut self, _: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Reject> {
        let Some(index) = self.exchange.symbol(symbol) else {
            let known: Vec<_> = self.specs.iter().map(Instrument::symbol).collect();
            let hint = nearest::hint(symbol, known.iter().copied());
            let text = format!(
                "{symbol} is not simulated; there is {}{hint}",
                known.join(", ")
            );
            return Err(Reject {
                code: codes::SYMBOL_UNKNOWN,
                text,
            });
        };
        let spec = &self.specs[index as usize];
        sizes::check_same(symbol, (spec.tick_size(), spec.lot_size()), (tick, lot))?;
        Ok(index)
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        let spec = self.specs.get(self.exchange.symbol(symbol)? as usize)?;
        Some((spec.tick_size(), spec.lot_size()))
    }

    fn order_rules(&self, symbol: &str) -> Option<OrderRules> {
        let limits = *self
            .specs
            .get(self.exchange.symbol(symbol)? as usize)?
            .limits();
        Some(OrderRules {
            limits,
            code: no_code,
        })
    }

    fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        self.wall.follow(now);
        if let Some(due_ns) = self.exchange.next_due_ns() {
            let lag_ns = self.engine_ns(now) - due_ns;
            self.skipped_ns += (lag_ns - CATCH_UP_MAX_NS).max(0);
        }
        let mut events = std::mem::take(&mut self.events);
        self.exchange.advance(self.engine_ns(now), &mut events);
        let mut index = 0;
        while index < events.len() {
            let change = change_of(&events[index]);
            let alike = |event: &&ExchangeEvent| change.is_some() && change_of(event) == change;
            let run = events[index..].iter().take_while(alike).count().max(1);
            match change {
                Some((symbol, _)) if run > 1 => {
                    out.push(VenueEvent::FeedBatchStart { symbol });
                    for event in &events[index..index + run] {
                        self.translate(now, event, out);
                    }
                    out.push(VenueEvent::FeedBatchEnd { symbol });
                }
                _ => self.translate(now, &events[index], out),
            }
            index += run;
        }
        events.clear();
        self.events = events;
        if let Some((wallet, exch_ts)) = self.wallet.take() {
            out.push(VenueEvent::Balance(self.balance(wallet, exch_ts)));
        }
    }

    fn next_due_ns(&self) -> Option<u64> {
        let due = self.exchange.next_due_ns()? + self.skipped_ns;
        Some(u64::try_from(due).unwrap_or(0))
    }

    fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>) {
        let (spec, book) = (&self.specs[symbol as usize], &self.books[symbol as usize]);
        let exch_ts = book.exch_ts();
        out.extend(book.levels().map(|(side, tick, lots)| {
            let level = (spec.px(tick), spec.qty(lots));
            level_event(side == ExchangeSide::Buy, level, exch_ts, now.unix_ns)
        }));
    }

    fn is_book_synced(&self, symbol: u32) -> bool {
        self.opened
            .get(symbol as usize)
            .is_some_and(|opened| *opened)
    }
}

impl Venue for SimVenue {
    fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        let request = exchange_bridge::new_order(symbol, &self.specs[symbol as usize], order);
        self.request(now, request);
    }

    fn cancel(&mut self, now: Now, symbol: u32, handle: u64) {
        self.request(now, exchange_bridge::cancel(symbol, handle));
    }

    fn amend(&mut self, now: Now, symbol: u32, change: &Amendment) {
        let spec = &self.specs[symbol as usize];
        let request = exchange_bridge::amend(symbol, spec, change);
        self.request(now, request);
    }

    fn balances(&self, now: Now, out: &mut Vec<Balance>) {
        let known = self.exchange.balance(exchange_bridge::ACCOUNT);
        out.push(self.balance(known.wallet, now.unix_ns));
    }

    fn position(&self, symbol: u32) -> Option<f64> {
        self.positions.get(symbol as usize).copied()
    }
}

#[cfg(test)]
mod tests;
