//! The venue's instruments: how they are read, and the effects of a change.
//!
//! A registered symbol is served in the unit that it was registered with. When the venue changes
//! it, new orders stop until a bot registers the symbol with the new sizes; existing orders,
//! reports and the book stay in the unit that they were made with.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::bybit::book::level_change::{BookSide, LevelChange};
use crate::bybit::book::symbol_feed::SymbolFeed;
use crate::bybit::core::calls::{Method, Purpose};
use crate::bybit::core::{BybitCore, Instrument};
use crate::bybit::frames::rest::InstrumentItem;
use crate::bybit::frames::{FrameError, rest};
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::listing::Listing;
use crate::kit::nearest;
use crate::kit::query_text::query_text;
use crate::kit::scale::Scale;
use crate::kit::venue::{Reject, VenueEvent};

const SECOND_NS: u64 = 1_000_000_000;
const EVERY_NS: u64 = 3600 * SECOND_NS;
const RETRY_NS: u64 = 10 * SECOND_NS;
/// A symbol is not asked for by itself more often than this.
const ONE_NS: u64 = 5 * SECOND_NS;

/// What is known of the venue's instruments.
#[derive(Debug, Default)]
pub(super) struct Instruments {
    /// By symbol, as they were read last.
    listed: HashMap<String, Listing>,
    /// When all of them are read next.
    pub(super) at: u64,
    /// True once every page was read.
    pub(super) are_known: bool,
    /// Why the last question for them failed.
    trouble: Option<String>,
    /// Symbols on the pages of the reading that is under way, readable or not.
    named: HashSet<String>,
    /// Something on them could not be read.
    has_unreadable: bool,
    /// Number of that reading.
    reading: u64,
    /// Symbols to be read by themselves, and when: `true` while the answer is waited for.
    ones: BTreeMap<String, (u64, bool)>,
    /// When a symbol was read last.
    read_at: HashMap<String, u64>,
}

impl Instruments {
    pub(super) fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    pub(super) fn get(&self, symbol: &str) -> Option<&Listing> {
        self.listed.get(symbol)
    }

    /// The names of all of them.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.listed.keys().map(String::as_str)
    }

    /// The coins that the instruments are settled in.
    pub(super) fn settle_coins(&self) -> BTreeSet<String> {
        let coins = self.listed.values().map(|listing| &listing.settle_coin);
        coins.filter(|coin| !coin.is_empty()).cloned().collect()
    }

    pub(super) fn next_due(&self) -> u64 {
        let ones = self.ones.values().filter(|(_, is_out)| !is_out);
        ones.map(|(at, _)| *at)
            .min()
            .unwrap_or(u64::MAX)
            .min(self.at)
    }

    pub(super) fn failed(&mut self, why: String) {
        self.trouble = Some(why);
    }

    /// A question for one symbol has no answer: it is asked again.
    pub(super) fn one_failed(&mut self, now: u64, symbol: &str) {
        if let Some(one) = self.ones.get_mut(symbol) {
            *one = (now + ONE_NS, false);
        }
    }

    /// True while a symbol is being read by itself.
    pub(super) fn is_being_read(&self, symbol: &str) -> bool {
        self.ones.contains_key(symbol)
    }

    /// Why nothing can be registered yet.
    pub(super) fn wait(&self) -> String {
        let text = "the venue's instruments are not known yet";
        match &self.trouble {
            Some(trouble) => format!("{text}: {trouble}"),
            None => text.to_owned(),
        }
    }
}

impl BybitCore {
    pub(super) fn tick_instruments(&mut self, now: Now) {
        if now.mono_ns >= self.listings.at {
            self.listings.at = now.mono_ns + RETRY_NS;
            self.listings.named.clear();
            self.listings.has_unreadable = false;
            self.listings.reading += 1;
            self.ask_instruments(None);
        }
        let mut due = Vec::new();
        for (symbol, (at, is_out)) in &mut self.listings.ones {
            if !*is_out && now.mono_ns >= *at {
                *is_out = true;
                due.push(symbol.clone());
            }
        }
        for symbol in due {
            let category = &self.settings.category;
            let query = format!("category={category}&symbol={}", query_text(&symbol));
            let path = "/v5/market/instruments-info";
            self.call(Method::Get, path, query, false, Purpose::Instrument(symbol));
        }
    }

    fn ask_instruments(&mut self, cursor: Option<&str>) {
        let mut query = format!("category={}&limit=1000", self.settings.category);
        if let Some(cursor) = cursor {
            query.push_str("&cursor=");
            query.push_str(cursor);
        }
        let path = "/v5/market/instruments-info";
        let purpose = Purpose::Instruments(self.listings.reading);
        self.call(Method::Get, path, query, false, purpose);
    }

    /// A value does not fit the known instrument: it is read at once, or as soon as its last reading is
    /// [`ONE_NS`] ago.
    pub(super) fn reread(&mut self, now: Now, symbol: &str) {
        if !self.listings.are_known || symbol.is_empty() {
            return;
        }
        let read_at = self.listings.read_at.get(symbol);
        let at = read_at.map_or(0, |at| at.saturating_add(ONE_NS));
        let ones = &mut self.listings.ones;
        ones.entry(symbol.to_owned())
            .or_insert((now.mono_ns.max(at), false));
    }

    /// A registration does not fit the known instrument: it is read at once, unless that was done just
    /// now.
    pub(super) fn reread_for_registration(&mut self, now: Now, symbol: &str) {
        let read_at = self.listings.read_at.get(symbol);
        if read_at.is_none_or(|at| now.mono_ns >= at.saturating_add(ONE_NS)) {
            self.reread(now, symbol);
        }
    }

    /// A page of all instruments. Pages of an earlier reading, which took too long, show what they
    /// hold, and not what is missing.
    pub(super) fn instruments_page(
        &mut self,
        now: Now,
        reading: u64,
        body: &[u8],
    ) -> Result<bool, FrameError> {
        let answer = rest::instruments(body)?;
        if answer.code != 0 {
            let (code, text) = (answer.code, &answer.text);
            self.listings.failed(format!("{text} ({code})"));
            return Ok(false);
        }
        self.listings.trouble = None;
        let mut is_read = true;
        for item in &answer.result.items {
            is_read &= self.instrument_item(item);
        }
        self.listings.has_unreadable |= !is_read;
        if reading != self.listings.reading {
            return Ok(true);
        }
        match &answer.result.cursor {
            Some(cursor) => self.ask_instruments(Some(cursor)),
            None => {
                self.listings.are_known = true;
                // What could not be read is not left so for an hour.
                let wait = match self.listings.has_unreadable {
                    true => 6 * RETRY_NS,
                    false => EVERY_NS,
                };
                self.listings.at = now.mono_ns + wait;
                self.all_read(now);
            }
        }
        Ok(true)
    }

    /// The answer to a question for one symbol.
    pub(super) fn instrument_answer(
        &mut self,
        now: Now,
        symbol: &str,
        body: &[u8],
    ) -> Result<bool, FrameError> {
        let answer = rest::instruments(body)?;
        match answer.code {
            0 => {}
            // It does not know the symbol; of one that is registered the whole list decides.
            10_001 => {
                self.listings.ones.remove(symbol);
                let read_at = &mut self.listings.read_at;
                read_at.insert(symbol.to_owned(), now.mono_ns);
                if self.instruments.contains_key(symbol) {
                    self.listings.at = self.listings.at.min(now.mono_ns);
                }
                return Ok(true);
            }
            _ => return Ok(false),
        }
        for item in &answer.result.items {
            self.instrument_item(item);
        }
        let symbols = answer.result.items.iter().map(|item| &item.symbol);
        self.one_read(now, symbol, symbols.map(|text| text.or_empty()));
        Ok(true)
    }

    fn one_read<'a>(&mut self, now: Now, symbol: &str, mut named: impl Iterator<Item = &'a str>) {
        self.listings.ones.remove(symbol);
        self.listings.read_at.insert(symbol.to_owned(), now.mono_ns);
        if !named.any(|name| name == symbol || name.is_empty()) {
            self.delisted(symbol);
        }
    }

    /// Every page was read: a symbol in none of them is not listed.
    fn all_read(&mut self, now: Now) {
        let mut gone: Vec<String> = Vec::new();
        for symbol in self.instruments.keys() {
            self.listings.read_at.insert(symbol.clone(), now.mono_ns);
            // An item without a name may be any of them.
            let is_named = |name: &str| self.listings.named.contains(name);
            if !is_named(symbol) && !is_named("") {
                gone.push(symbol.clone());
            }
        }
        gone.sort_unstable();
        for symbol in gone {
            self.delisted(&symbol);
        }
    }

    /// False when the item cannot be read: then the known instrument stays.
    fn instrument_item(&mut self, item: &InstrumentItem<'_>) -> bool {
        let name = item.symbol.or_empty();
        self.listings.named.insert(name.to_owned());
        match item.symbol.need("symbol").and_then(|_| item.listing()) {
            Ok(listing) => {
                let coin = item.base_coin.or_empty().to_owned();
                self.positions.base_coins.insert(name.to_owned(), coin);
                let coin = item.quote_coin.or_empty().to_owned();
                self.positions.quote_coins.insert(name.to_owned(), coin);
                self.note_limits(name, item);
                self.listings.listed.insert(name.to_owned(), listing);
                self.compare(name);
                true
            }
            Err(error) => {
                self.unreadable(&format!("instrument {name}"), &error);
                false
            }
        }
    }

    fn delisted(&mut self, symbol: &str) {
        self.listings.listed.remove(symbol);
        self.compare(symbol);
    }

    /// Compares the instrument as read with that of the registration.
    fn compare(&mut self, symbol: &str) {
        if let Some(instrument) = self.instruments.get_mut(symbol) {
            let now = self.listings.listed.get(symbol);
            let event = instrument
                .registered
                .compare(instrument.symbol, symbol, now);
            self.events.extend(event);
        }
    }

    /// A symbol that is registered already is registered again: with the sizes of now it is served
    /// in them from now on, and orders go again.
    pub(super) fn register_again(&mut self, now: Now, symbol: &str, listing: Listing) {
        let depths = self.settings.depths.clone();
        let Some(instrument) = self.instruments.get_mut(symbol) else {
            return;
        };
        let scale = listing.scale;
        instrument.registered.register_again(listing);
        if *instrument.feed.scale() != scale {
            let mut gone = Vec::new();
            for side in [BookSide::Bid, BookSide::Ask] {
                let levels = instrument.feed.levels(side).into_iter();
                gone.extend(levels.map(|(tick, _)| LevelChange {
                    side,
                    tick,
                    lots: 0,
                }));
            }
            let exch_ts = instrument.exch_ts;
            // Deleted in the unit that they were sent in.
            self.show(now, symbol, exch_ts, &gone);
            self.renew_feed(now, symbol, scale, &depths);
        }
        self.compare(symbol);
    }

    fn renew_feed(&mut self, now: Now, symbol: &str, scale: Scale, depths: &[u32]) {
        let Some(instrument) = self.instruments.get_mut(symbol) else {
            return;
        };
        instrument.feed = SymbolFeed::new(scale, depths);
        if std::mem::replace(&mut instrument.is_live, false) {
            let symbol = instrument.symbol;
            self.events.push(VenueEvent::FeedStale { symbol });
        }
        for depth in depths {
            self.topics
                .renew(now.mono_ns, &format!("orderbook.{depth}.{symbol}"));
        }
    }

    /// The unit that a symbol is served in; of one that is not registered, the venue's of now.
    pub(super) fn scale_of(&self, symbol: &str) -> Option<Scale> {
        match self.instruments.get(symbol) {
            Some(instrument) => Some(*instrument.feed.scale()),
            None => self.listings.get(symbol).map(|listing| listing.scale),
        }
    }

    /// Why a symbol that is not listed is refused.
    pub fn unknown_symbol(&self, symbol: &str) -> Reject {
        let hint = nearest::hint(symbol, self.listings.names());
        let category = &self.settings.category;
        Reject {
            code: codes::SYMBOL_UNKNOWN,
            text: format!("{symbol} is no {category} instrument{hint}"),
        }
    }

    /// Why no new order of a symbol may be sent.
    pub(super) fn orders_stopped(&self, symbol: &str) -> Option<&str> {
        let instrument: &Instrument = self.instruments.get(symbol)?;
        instrument.registered.stopped()
    }
}
