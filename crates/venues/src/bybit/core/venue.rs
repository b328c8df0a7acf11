//! The core as the bus sees it.

use hftbacktest::types::Event;

use crate::bybit::book::level_change::{BookSide, LevelChange};
use crate::bybit::book::symbol_feed::SymbolFeed;
use crate::bybit::core::{BybitCore, Instrument};
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::listing::RegisteredListing;
use crate::kit::order_rules::OrderRules;
use crate::kit::venue::{
    Amendment, Balance, MarketData, NewOrder, Reject, Sought, Venue, VenueEvent,
};

/// Why nothing is known of the account while another connector has it.
const TAKEN: &str = "another connector of this machine works on the account, see notice 3225: stop one of them, or give each an order_prefix of its own";
/// Why nothing is known of the account.
const UNREAD: &str = "the account could not be read, see notice 3213: correct the key and start the connector again, or look at the account";

impl MarketData for BybitCore {
    fn register(&mut self, now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Reject> {
        if self.listings.is_empty() {
            return Err(Reject {
                code: codes::NOT_READY,
                text: format!("{}; register again", self.listings.wait()),
            });
        }
        let Some(listing) = self.listings.get(symbol).cloned() else {
            // It may have been listed since.
            self.reread_for_registration(now, symbol);
            return Err(self.unknown_symbol(symbol));
        };
        if let Err(reject) = listing.scale.check_sizes(symbol, tick, lot) {
            // The sizes may have changed since.
            self.reread_for_registration(now, symbol);
            return Err(reject);
        }
        if let Some(known) = self.instruments.get(symbol) {
            let index = known.symbol;
            self.register_again(now, symbol, listing);
            return Ok(index);
        }
        let index = self.index_of(symbol);
        self.want_mode(symbol);
        let instrument = Instrument {
            symbol: index,
            feed: SymbolFeed::new(listing.scale, &self.settings.depths),
            registered: RegisteredListing::new(listing.clone()),
            is_live: false,
            exch_ts: 0,
        };
        self.instruments.insert(symbol.to_owned(), instrument);
        self.register_again(now, symbol, listing);
        for depth in self.settings.depths.clone() {
            self.topics.want(&format!("orderbook.{depth}.{symbol}"));
        }
        self.topics.want(&format!("publicTrade.{symbol}"));
        self.position_asked(symbol);
        Ok(index)
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        let scale = self.listings.get(symbol)?.scale;
        Some((scale.tick.to_f64(), scale.lot.to_f64()))
    }

    fn order_rules(&self, symbol: &str) -> Option<OrderRules> {
        self.rules_of(symbol)
    }

    /// The account is read first, so that a bot that registers gets the state of its orders; then it can
    /// send some.
    fn pending_reason(&self, symbol: &str) -> Option<String> {
        let known = self.listings.are_known || self.listings.get(symbol).is_some();
        if !known {
            return Some(self.listings.wait());
        }
        if self.listings.is_being_read(symbol) {
            return Some(format!("the venue is asked for {symbol}"));
        }
        if self.settings.credentials.is_none() || self.key.was_refused {
            return None;
        }
        let pending = match self.is_gathering() {
            true => Some(self.account_wait()),
            false => self.entry_pending(),
        };
        pending.map(str::to_owned)
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

    fn is_book_synced(&self, symbol: u32) -> bool {
        let name = self.names.get(symbol as usize);
        let instrument = name.and_then(|name| self.instruments.get(name));
        instrument.is_some_and(|instrument| instrument.is_live)
    }
}

impl Venue for BybitCore {
    fn keeps_orders(&self) -> bool {
        true
    }

    fn meet_upstream_bot(&mut self, owner: u64) {
        self.upstream_bots.insert(owner);
    }

    fn look_for(&mut self, now: Now, _symbol: u32, _owner: u64, _order_id: u64) -> Sought {
        self.seek(now)
    }

    fn orders_unknown(&self) -> Option<&str> {
        self.settings.credentials.as_ref()?;
        match self.is_gathering() {
            true if self.account.is_taken() => Some(TAKEN),
            true => Some(UNREAD),
            false => self.previous.unreadable.text(),
        }
    }

    fn submit(&mut self, now: Now, symbol: u32, order: &NewOrder) {
        self.send_order(now, symbol, order);
    }

    fn cancel(&mut self, now: Now, _symbol: u32, handle: u64) {
        self.send_cancel(now, handle);
    }

    fn has_requests_under_way(&self) -> bool {
        self.requests.are_under_way()
    }

    fn cancel_all(&mut self, now: Now, _symbol: u32, handles: &[u64]) {
        self.cancel_several(now, handles);
    }

    fn amend(&mut self, now: Now, _symbol: u32, change: &Amendment) {
        self.send_amend(now, change);
    }

    fn balances(&self, _now: Now, out: &mut Vec<Balance>) {
        out.extend(self.known_balances().cloned());
    }

    fn position(&self, symbol: u32) -> Option<f64> {
        self.position_of(self.names.get(symbol as usize)?)
    }
}
