//! `MarketData` for the core: registrations and books.

use hftbacktest::types::Event;

use super::quiet_book::Probe;
use super::{BinanceCore, Instrument, Sync};
use crate::binance::codes;
use crate::binance::paper_rules;
use crate::binance::settings::TradeStream;
use crate::binance::symbol_feed::SymbolFeed;
use crate::kit::clock::Now;
use crate::kit::listing::RegisteredListing;
use crate::kit::order_rules::OrderRules;
use crate::kit::venue::{MarketData, Reject, VenueEvent};

impl MarketData for BinanceCore {
    fn register(&mut self, now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Reject> {
        if let Some(text) = self.pending_reason(symbol) {
            let code = codes::NOT_READY;
            return Err(Reject { code, text });
        }
        let listing = match self.listing_of(symbol) {
            Ok(listing) => listing,
            Err(reject) => {
                self.look_for_listing(now, symbol);
                return Err(reject);
            }
        };
        if let Err(reject) = listing.scale.check_sizes(symbol, tick, lot) {
            // They may have changed since.
            if self.reread_instruments(now) {
                self.judged_later.insert(symbol.to_owned());
            }
            return Err(reject);
        }
        if let Some(&known) = self.by_name.get(symbol) {
            self.register_again(now, known, listing);
            return Ok(u32::try_from(known).unwrap_or(u32::MAX));
        }
        let index = self.instruments.len();
        self.by_name.insert(symbol.to_owned(), index);
        self.instruments.push(Instrument {
            name: symbol.to_owned(),
            feed: SymbolFeed::new(listing.scale),
            registered: RegisteredListing::new(listing.clone()),
            sync: Sync::Unsubscribed,
            tries: 0,
            synced: false,
            exch_ts: 0,
            depth_at: now.mono_ns,
            silences: 0,
            behind_since: None,
            probe: Probe::at(now.mono_ns),
        });
        self.subscribe(now, symbol);
        self.register_again(now, index, listing);
        Ok(u32::try_from(index).unwrap_or(u32::MAX))
    }

    fn pending_reason(&self, symbol: &str) -> Option<String> {
        let is_asked = self.judged_later.contains(symbol);
        (self.listings.is_empty() || is_asked)
            .then(|| "the instruments of Binance are still being read".to_owned())
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        let scale = self.listings.get(symbol)?.scale;
        Some((scale.tick.to_f64(), scale.lot.to_f64()))
    }

    fn order_rules(&self, symbol: &str) -> Option<OrderRules> {
        Some(OrderRules {
            limits: *self.limits.get(symbol)?,
            code: paper_rules::code,
        })
    }

    fn poll(&mut self, now: Now, out: &mut Vec<VenueEvent>) {
        self.tick(now);
        out.append(&mut self.events);
    }

    fn next_due_ns(&self) -> Option<u64> {
        Some(self.due()).filter(|due| *due != u64::MAX)
    }

    fn book(&self, now: Now, symbol: u32, out: &mut Vec<Event>) {
        if let Some(instrument) = self.instruments.get(symbol as usize) {
            instrument.feed.book(instrument.exch_ts, now.unix_ns, out);
        }
    }

    fn is_book_synced(&self, symbol: u32) -> bool {
        let instrument = self.instruments.get(symbol as usize);
        instrument.is_some_and(|instrument| instrument.synced)
    }
}

impl BinanceCore {
    fn subscribe(&mut self, now: Now, symbol: &str) {
        let lower = symbol.to_lowercase();
        let mut names = vec![self.settings.depth_stream(symbol)];
        if self.settings.book_ticker {
            names.push(format!("{lower}@bookTicker"));
        }
        if self.settings.trades == TradeStream::Trade {
            names.push(format!("{lower}@trade"));
        }
        let url = self.settings.stream_url.clone();
        self.want(now, &url, &names);
        if self.settings.trades == TradeStream::AggTrade {
            let url = self.settings.market_url.clone();
            self.want(now, &url, &[format!("{lower}@aggTrade")]);
        }
    }
}
