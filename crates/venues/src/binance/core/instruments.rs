//! The venue's instruments, and what follows when one changes: a registered symbol is served in the
//! unit that it was registered with, and new orders stop until it is registered with that of now.

use std::collections::BTreeMap;

use super::{BinanceCore, Sync};
use crate::binance::symbol_feed::SymbolFeed;
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::frame::FrameError;
use crate::kit::listing::Listing;
use crate::kit::nearest;
use crate::kit::venue::{Reject, VenueEvent};

const SECOND_NS: u64 = 1_000_000_000;
/// A message that does not fit the instruments makes them be read again, but not more often than
/// this.
const REREAD_NS: u64 = 30 * SECOND_NS;
/// A registration that does not fit makes them be read after this; so does, of each symbol, one that is not
/// listed.
const ASKED_NS: u64 = 5 * SECOND_NS;
/// They come all in one answer, about 1 MB: for another symbol it is asked for after this.
const BETWEEN_NS: u64 = SECOND_NS;
/// After an unreadable answer it is asked for after this.
const UNREADABLE_NS: u64 = 60 * SECOND_NS;

impl BinanceCore {
    /// A registration does not fit what is known of a symbol: the instruments are read at once, unless
    /// that was done just now. True when they are being read.
    pub(super) fn reread_instruments(&mut self, now: Now) -> bool {
        if self.refresh.is_under_way() {
            return true;
        }
        let Some(read_at) = self.refresh.read_at() else {
            return false;
        };
        if now.mono_ns < read_at.saturating_add(ASKED_NS) {
            return false;
        }
        self.ask_instruments(now.mono_ns);
        true
    }

    /// A number lies between two steps of the known grid: the instruments are read at once, or as soon as
    /// the last reading is [`REREAD_NS`] ago. False when that is planned or under way already.
    pub(super) fn reread_off_grid(&mut self, now: Now) -> bool {
        let Some(read_at) = self.refresh.read_at() else {
            return false;
        };
        let planned = self.refresh.next_due();
        self.ask_instruments(now.mono_ns.max(read_at.saturating_add(REREAD_NS)));
        self.refresh.next_due() < planned
    }

    /// A symbol that a bot wants is not listed. It may have been since: unless that was looked at just
    /// now the instruments are read for it, and the reject waits for that.
    pub(super) fn look_for_listing(&mut self, now: Now, symbol: &str) {
        let Some(read_at) = self.refresh.read_at() else {
            return;
        };
        let looked = self.not_listed.get(symbol);
        if looked.is_some_and(|at| now.mono_ns < at.saturating_add(ASKED_NS)) {
            return;
        }
        self.ask_instruments(now.mono_ns.max(read_at.saturating_add(BETWEEN_NS)));
        self.judged_later.insert(symbol.to_owned());
    }

    /// The instruments are read at this time, unless they are being read, or failed just now.
    fn ask_instruments(&mut self, at: u64) {
        if !self.refresh.is_under_way() {
            self.refresh.hasten(at);
        }
    }

    pub(super) fn listings_read(
        &mut self,
        now: Now,
        mut found: BTreeMap<String, Listing>,
        unreadable: &[(String, FrameError)],
    ) {
        let is_recent = |at: &u64| now.mono_ns < at.saturating_add(ASKED_NS);
        self.not_listed.retain(|_, at| is_recent(at));
        for symbol in std::mem::take(&mut self.judged_later) {
            if !found.contains_key(&symbol) {
                self.not_listed.insert(symbol, now.mono_ns);
            }
        }
        for (symbol, error) in unreadable {
            self.unreadable(&format!("the sizes of {symbol}"), error);
            // An unreadable answer leaves the known instruments.
            if let Some(known) = self.listings.remove(symbol) {
                found.insert(symbol.clone(), known);
                self.refresh.set_due(now.mono_ns + UNREADABLE_NS);
            }
        }
        self.listings = found;
        for index in 0..self.instruments.len() {
            self.compare(index);
        }
    }

    fn compare(&mut self, index: usize) {
        let instrument = &mut self.instruments[index];
        let now = self.listings.get(&instrument.name);
        let symbol = u32::try_from(index).unwrap_or(u32::MAX);
        let event = instrument.registered.compare(symbol, &instrument.name, now);
        self.events.extend(event);
    }

    /// A symbol that is registered already is registered again, with the sizes of now.
    pub(super) fn register_again(&mut self, now: Now, index: usize, listing: Listing) {
        let scale = listing.scale;
        self.instruments[index].registered.register_again(listing);
        if *self.instruments[index].feed.scale() != scale {
            let mut changes = Vec::new();
            self.instruments[index].feed.reset(&mut changes);
            let exch_ts = self.instruments[index].exch_ts;
            // Deleted in the unit that they were published in.
            self.show(now, index, exch_ts, &changes);
            let instrument = &mut self.instruments[index];
            instrument.feed = SymbolFeed::new(scale);
            instrument.tries = 0;
            if instrument.sync != Sync::Unsubscribed {
                instrument.sync = Sync::Wanted { at: now.mono_ns };
            }
            if std::mem::replace(&mut instrument.synced, false) {
                let symbol = u32::try_from(index).unwrap_or(u32::MAX);
                self.events.push(VenueEvent::FeedStale { symbol });
            }
        }
        self.compare(index);
    }

    pub(super) fn listing_of(&self, symbol: &str) -> Result<Listing, Reject> {
        let Some(listing) = self.listings.get(symbol) else {
            let hint = nearest::hint(symbol, self.listings.keys().map(String::as_str));
            return Err(Reject {
                code: codes::SYMBOL_UNKNOWN,
                text: format!("{symbol} is no USD-M future of Binance{hint}"),
            });
        };
        Ok(listing.clone())
    }
}
