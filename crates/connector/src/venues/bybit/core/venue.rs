//! The core as the bus sees it.

use hftbacktest::types::Event;

use super::{BybitCore, Instrument};
use crate::clock::Now;
use crate::codes as bus_codes;
use crate::venue::{Balance, NewOrder, Refusal, Venue, VenueEvent};
use crate::venues::bybit::codes;
use crate::venues::bybit::symbol_feed::SymbolFeed;
use crate::venues::bybit::topic_book::{BookSide, LevelChange};

/// Why nothing is known of the account.
const UNREAD: &str = "the account could not be read, see notice 3213: correct the key and start the connector again, or look at the account";

impl Venue for BybitCore {
    fn register(&mut self, _now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Refusal> {
        if self.scales.is_empty() {
            return Err(Refusal {
                code: codes::NOT_READY,
                text: format!("{}; register again", self.instruments_wait()),
            });
        }
        let Some(scale) = self.scale_of(symbol) else {
            return Err(Refusal {
                code: bus_codes::SYMBOL_UNKNOWN,
                text: format!("{symbol} is no {} instrument", self.settings.category),
            });
        };
        scale.check_sizes(symbol, tick, lot)?;
        if let Some(known) = self.instruments.get(symbol) {
            return Ok(known.symbol);
        }
        let index = self.index_of(symbol);
        self.want_mode(symbol);
        let instrument = Instrument {
            symbol: index,
            feed: SymbolFeed::new(scale, &self.settings.depths),
            fresh: false,
            exch_ts: 0,
        };
        self.instruments.insert(symbol.to_owned(), instrument);
        for depth in self.settings.depths.clone() {
            self.topics.want(format!("orderbook.{depth}.{symbol}"));
        }
        self.topics.want(format!("publicTrade.{symbol}"));
        Ok(index)
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        let scale = self.scale_of(symbol)?;
        Some((scale.tick.to_f64(), scale.lot.to_f64()))
    }

    fn keeps_orders(&self) -> bool {
        true
    }

    /// The account is read first: a bot that registers has to be told which of its orders live.
    fn not_yet(&self, symbol: &str) -> Option<String> {
        let known = self.instruments_known || self.scales.contains_key(symbol);
        if !known {
            return Some(self.instruments_wait());
        }
        let waits =
            self.settings.credentials.is_some() && self.is_gathering() && !self.key.was_refused;
        waits.then(|| self.account_wait().to_owned())
    }

    fn orders_unknown(&self) -> Option<&str> {
        let is_unread = self.settings.credentials.is_some() && self.is_gathering();
        is_unread.then_some(UNREAD)
    }

    fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        self.send_order(now, symbol, order);
    }

    fn cancel(&mut self, now: Now, _symbol: u32, handle: u64) {
        self.send_cancel(now, handle);
    }

    fn cancel_all(&mut self, now: Now, _symbol: u32, handles: &[u64]) {
        self.cancel_several(now, handles);
    }

    fn amend(&mut self, now: Now, _symbol: u32, handle: u64, price_tick: i64, qty: f64) {
        self.send_amend(now, handle, price_tick, qty);
    }

    fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        self.tick(now);
        out.append(&mut self.events);
    }

    fn next_due_ns(&self) -> Option<u64> {
        Some(self.due()).filter(|due| *due != u64::MAX)
    }

    fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>) {
        let name = self.names.get(symbol as usize);
        let Some(instrument) = name.and_then(|name| self.instruments.get(name)) else {
            return;
        };
        for side in [BookSide::Bid, BookSide::Ask] {
            for (tick, lots) in instrument.feed.levels(side) {
                let change = LevelChange { side, tick, lots };
                let exch_ts = instrument.exch_ts;
                out.push(instrument.feed.level_event(&change, exch_ts, now.unix_ns));
            }
        }
    }

    fn has_whole_book(&self, symbol: u32) -> bool {
        let name = self.names.get(symbol as usize);
        let instrument = name.and_then(|name| self.instruments.get(name));
        instrument.is_some_and(|instrument| instrument.fresh)
    }

    fn balances(&self, _now: Now, out: &mut Vec<Balance>) {
        out.extend(self.known_balances().cloned());
    }

    fn position(&self, symbol: u32) -> f64 {
        let name = self.names.get(symbol as usize);
        name.map_or(0.0, |name| self.position_of(name))
    }
}
