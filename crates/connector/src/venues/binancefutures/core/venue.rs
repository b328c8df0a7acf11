//! The core as the bus sees it.

use hftbacktest::types::Event;

use super::{BinanceCore, Instrument, Sync};
use crate::clock::Now;
use crate::codes as bus_codes;
use crate::venue::{NewOrder, OrderReport, Refusal, Venue, VenueEvent};
use crate::venues::binancefutures::codes;
use crate::venues::binancefutures::settings::TradeStream;
use crate::venues::binancefutures::symbol_feed::SymbolFeed;

fn paper_only() -> Refusal {
    Refusal {
        code: codes::PAPER_ONLY,
        text: "binancefutures: orders only in paper mode; start the connector with --paper"
            .to_owned(),
    }
}

impl Venue for BinanceCore {
    fn register(&mut self, now: Now, symbol: &str, tick: f64, lot: f64) -> Result<u32, Refusal> {
        if let Some(text) = self.not_yet(symbol) {
            let code = codes::NOT_READY;
            return Err(Refusal { code, text });
        }
        let Some(scale) = self.scales.get(symbol).copied() else {
            let upper = symbol.to_uppercase();
            let hint = if upper != symbol && self.scales.contains_key(&upper) {
                format!("; did you mean {upper}?")
            } else {
                String::new()
            };
            return Err(Refusal {
                code: bus_codes::SYMBOL_UNKNOWN,
                text: format!("{symbol} is no USD-M future of Binance{hint}"),
            });
        };
        scale.check_sizes(symbol, tick, lot)?;
        if let Some(known) = self.by_name.get(symbol) {
            return Ok(u32::try_from(*known).unwrap_or(u32::MAX));
        }
        let index = self.instruments.len();
        self.by_name.insert(symbol.to_owned(), index);
        self.instruments.push(Instrument {
            name: symbol.to_owned(),
            feed: SymbolFeed::new(scale),
            sync: Sync::Unsubscribed,
            tries: 0,
            fresh: false,
            exch_ts: 0,
            depth_at: now.mono_ns,
            silences: 0,
            behind_since: None,
        });
        self.subscribe(now, symbol);
        Ok(u32::try_from(index).unwrap_or(u32::MAX))
    }

    fn not_yet(&self, _symbol: &str) -> Option<String> {
        self.scales
            .is_empty()
            .then(|| "the instruments of Binance are still being read".to_owned())
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        let scale = self.scales.get(symbol)?;
        Some((scale.tick.to_f64(), scale.lot.to_f64()))
    }

    fn submit(&mut self, now: Now, _symbol: u32, order: &NewOrder) {
        let report = OrderReport::refused(order, now.unix_ns, paper_only());
        self.events.push(VenueEvent::Order(report));
    }

    fn cancel(&mut self, _now: Now, _symbol: u32, handle: u64) {
        let refusal = paper_only();
        self.events
            .push(VenueEvent::RequestRefused { handle, refusal });
    }

    fn amend(&mut self, _now: Now, _symbol: u32, handle: u64, _price_tick: i64, _qty: f64) {
        let refusal = paper_only();
        self.events
            .push(VenueEvent::RequestRefused { handle, refusal });
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

    fn has_whole_book(&self, symbol: u32) -> bool {
        let instrument = self.instruments.get(symbol as usize);
        instrument.is_some_and(|instrument| instrument.fresh)
    }

    fn position(&self, _symbol: u32) -> f64 {
        0.0
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
