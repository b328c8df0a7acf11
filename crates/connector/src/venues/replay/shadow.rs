//! Orders against a recorded book.

use hbl_exchange::{
    EventBody, ExchangeEvent, Instrument, Request, SetupError, ShadowExchange, Side as ExchangeSide,
};
use tracing::warn;

use super::book_fusion::{BookSide, Change};
use super::message::{Level, Trade};
use crate::clock::{Now, WallOffset};
use crate::venue::VenueEvent;
use crate::venues::exchange_bridge;

/// One registered symbol.
struct Listed {
    /// Its index in the recording.
    symbol: u32,
    spec: Instrument,
    position: f64,
}

/// The exchange that fills orders against a recorded book. It runs on the monotonic clock.
pub struct Shadow {
    exchange: ShadowExchange,
    listed: Vec<Listed>,
    events: Vec<ExchangeEvent>,
    errors: u64,
}

impl Shadow {
    /// Wraps an exchange without instruments.
    pub fn new(exchange: ShadowExchange) -> Self {
        Self {
            exchange,
            listed: Vec::new(),
            events: Vec::new(),
            errors: 0,
        }
    }

    /// Adds a symbol with the book as it is now; returns its index in the exchange.
    ///
    /// # Errors
    /// When the exchange refuses the instrument.
    pub fn list(
        &mut self,
        now: Now,
        symbol: u32,
        spec: Instrument,
        bids: &[Level],
        asks: &[Level],
    ) -> Result<u32, SetupError> {
        let index = self.exchange.add_instrument(spec.clone())?;
        let of = |side, level: &Level| {
            (
                side,
                spec.nearest_tick(level.px.to_f64()),
                spec.nearest_lots(level.qty),
            )
        };
        let levels = bids
            .iter()
            .map(|level| of(ExchangeSide::Buy, level))
            .chain(asks.iter().map(|level| of(ExchangeSide::Sell, level)))
            .collect::<Vec<_>>();
        self.exchange
            .apply_snapshot(now.mono_ns as i64, index, levels)?;
        self.listed.push(Listed {
            symbol,
            spec,
            position: 0.0,
        });
        Ok(index)
    }

    /// The specification of a listed symbol.
    pub fn spec(&self, index: u32) -> &Instrument {
        &self.listed[index as usize].spec
    }

    /// The position in a listed symbol.
    pub fn position(&self, index: u32) -> f64 {
        self.listed[index as usize].position
    }

    /// Sends a request.
    pub fn request(&mut self, now: Now, request: Request) {
        self.exchange.submit(now.mono_ns as i64, request);
    }

    /// Feeds what a message changed.
    pub fn feed(&mut self, now: Now, index: u32, trades: &[Trade], changes: &[Change]) {
        let at = now.mono_ns as i64;
        let spec = &self.listed[index as usize].spec;
        for trade in trades {
            let side = if trade.buyer_takes {
                ExchangeSide::Buy
            } else {
                ExchangeSide::Sell
            };
            let (tick, lots) = (
                spec.nearest_tick(trade.px.to_f64()),
                spec.nearest_lots(trade.qty),
            );
            let fed = self.exchange.apply_trade(at, index, side, tick, lots);
            count(&mut self.errors, fed);
        }
        for change in changes {
            let side = match change.side {
                BookSide::Bid => ExchangeSide::Buy,
                BookSide::Ask => ExchangeSide::Sell,
            };
            let tick = spec.nearest_tick(change.px.to_f64());
            let lots = spec.nearest_lots(change.qty);
            let fed = self.exchange.apply_level(at, index, side, tick, lots);
            count(&mut self.errors, fed);
        }
    }

    /// Hands out what has happened to orders.
    pub fn poll(&mut self, now: Now, wall: &WallOffset, out: &mut Vec<VenueEvent>) {
        self.exchange.advance(now.mono_ns as i64, &mut self.events);
        for event in self.events.drain(..) {
            let exch_ts = wall.unix_ns(event.exch_ts_ns);
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
                EventBody::Level(_) | EventBody::Trade(_) | EventBody::Balance(_) => {}
            }
        }
    }

    /// When `poll` has something to do by itself, monotonic nanoseconds.
    pub fn next_due_ns(&self) -> Option<u64> {
        self.exchange
            .next_due_ns()
            .map(|due| u64::try_from(due).unwrap_or(0))
    }
}

fn count(errors: &mut u64, fed: Result<(), SetupError>) {
    if let Err(error) = fed {
        *errors += 1;
        if *errors == 1 {
            warn!(%error, "the exchange does not take a recorded event");
        }
    }
}
