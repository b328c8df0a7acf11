//! The simulated venue: the exchange crate with its background flow, paced by the wall.

use hbl_exchange::{EventBody, Exchange, ExchangeEvent, Instrument, Side as ExchangeSide};
use hftbacktest::types::{
    Event, LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT, LOCAL_BUY_TRADE_EVENT,
    LOCAL_SELL_TRADE_EVENT,
};

use super::exchange_bridge;
use super::published_book::PublishedBook;
use crate::clock::{Now, WallOffset};
use crate::codes;
use crate::config::sim_config::SimConfig;
use crate::error::ConnectorError;
use crate::venue::{Balance, NewOrder, Refusal, Venue, VenueEvent};

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
    is_limited: bool,
    /// Wallet balance and its time that are yet to be told: of several fills the last one's.
    wallet: Option<(f64, i64)>,
}

impl SimVenue {
    /// Builds the exchange.
    ///
    /// # Errors
    /// When a setting is outside of its range.
    pub fn new(config: &SimConfig, now: Now) -> Result<Self, ConnectorError> {
        let mut exchange = Exchange::new(config.exchange(), now.mono_ns as i64)?;
        let mut specs = Vec::new();
        for symbol in &config.symbols {
            let spec = Instrument::new(&symbol.symbol, symbol.tick_size, symbol.lot_size)?
                .with_fees(symbol.maker_fee_rate, symbol.taker_fee_rate)?;
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
            is_limited: config.leverage.is_some(),
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
        exchange_bridge::balance(&self.coin, wallet, unrealised, self.is_limited, exch_ts)
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
                let ev = depth_flags(level.side);
                let (px, qty) = (spec.px(level.px_tick), spec.qty(level.qty_lots));
                let event = feed_event(ev, exch_ts, now.unix_ns, px, qty);
                out.push(VenueEvent::Feed {
                    symbol: level.symbol,
                    event,
                });
                if !*opened && book.is_two_sided() {
                    *opened = true;
                    out.push(VenueEvent::FeedFresh {
                        symbol: level.symbol,
                    });
                }
            }
            EventBody::Trade(trade) => {
                let Some(spec) = self.specs.get(trade.symbol as usize) else {
                    return;
                };
                let ev = match trade.aggressor {
                    ExchangeSide::Buy => LOCAL_BUY_TRADE_EVENT,
                    ExchangeSide::Sell => LOCAL_SELL_TRADE_EVENT,
                };
                let (px, qty) = (spec.px(trade.px_tick), spec.qty(trade.qty_lots));
                let event = feed_event(ev, exch_ts, now.unix_ns, px, qty);
                out.push(VenueEvent::Feed {
                    symbol: trade.symbol,
                    event,
                });
            }
            EventBody::Order(report) => {
                if let Some(spec) = self.specs.get(report.symbol as usize) {
                    let report = exchange_bridge::order_report(spec, report, exch_ts);
                    out.push(VenueEvent::Order(report));
                }
            }
            EventBody::CancelReject(reject) => out.push(VenueEvent::RequestRefused {
                handle: reject.client_id,
                refusal: exchange_bridge::refusal(reject.reason),
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

/// What several feed events have in common when they are parts of one change.
fn change_of(event: &ExchangeEvent) -> Option<(u32, i64)> {
    match &event.body {
        EventBody::Level(level) => Some((level.symbol, event.exch_ts_ns)),
        EventBody::Trade(trade) => Some((trade.symbol, event.exch_ts_ns)),
        _ => None,
    }
}

fn depth_flags(side: ExchangeSide) -> u64 {
    match side {
        ExchangeSide::Buy => LOCAL_BID_DEPTH_EVENT,
        ExchangeSide::Sell => LOCAL_ASK_DEPTH_EVENT,
    }
}

fn feed_event(ev: u64, exch_ts: i64, local_ts: i64, px: f64, qty: f64) -> Event {
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

impl Venue for SimVenue {
    fn register(&mut self, _: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Refusal> {
        let Some(index) = self.exchange.symbol(symbol) else {
            let known: Vec<_> = self.specs.iter().map(Instrument::symbol).collect();
            let text = format!("{symbol} is not simulated; there is {}", known.join(", "));
            return Err(Refusal {
                code: codes::SYMBOL_UNKNOWN,
                text,
            });
        };
        let spec = &self.specs[index as usize];
        let same = |a: f64, b: f64| (a - b).abs() <= b * 1e-9;
        if same(tick, spec.tick_size()) && same(lot, spec.lot_size()) {
            return Ok(index);
        }
        let text = format!(
            "{symbol} has tick size {} and lot size {} here, not {tick} and {lot}",
            spec.tick_size(),
            spec.lot_size()
        );
        Err(Refusal {
            code: codes::SIZE_MISMATCH,
            text,
        })
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        let spec = self.specs.get(self.exchange.symbol(symbol)? as usize)?;
        Some((spec.tick_size(), spec.lot_size()))
    }

    fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        let request = exchange_bridge::new_order(symbol, &self.specs[symbol as usize], order);
        self.request(now, request);
    }

    fn cancel(&mut self, now: Now, symbol: u32, handle: u64) {
        self.request(now, exchange_bridge::cancel(symbol, handle));
    }

    fn amend(&mut self, now: Now, symbol: u32, handle: u64, price_tick: i64, qty: f64) {
        let spec = &self.specs[symbol as usize];
        let request = exchange_bridge::amend(symbol, spec, handle, price_tick, qty);
        self.request(now, request);
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
        out.extend(book.levels().map(|(side, tick, lots)| {
            let exch_ts = book.exch_ts();
            feed_event(
                depth_flags(side),
                exch_ts,
                now.unix_ns,
                spec.px(tick),
                spec.qty(lots),
            )
        }));
    }

    fn has_whole_book(&self, symbol: u32) -> bool {
        self.opened
            .get(symbol as usize)
            .is_some_and(|opened| *opened)
    }

    fn balances(&self, now: Now, out: &mut Vec<Balance>) {
        let known = self.exchange.balance(exchange_bridge::ACCOUNT);
        out.push(self.balance(known.wallet, now.unix_ns));
    }

    fn position(&self, symbol: u32) -> f64 {
        self.positions.get(symbol as usize).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests;
