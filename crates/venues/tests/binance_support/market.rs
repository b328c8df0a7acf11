//! One symbol at a venue that numbers its messages as Binance USD-M does.

use std::collections::{BTreeMap, VecDeque};

use super::random::Random;

/// Levels of a side, price in ticks to quantity in lots.
pub type Side = BTreeMap<i64, i64>;

/// A symbol with tick size 0.10 and lot size 0.001.
pub struct Market {
    pub symbol: String,
    pub bids: Side,
    pub asks: Side,
    /// Last id given to a change; ids in between change nothing of this book.
    id: u64,
    sent: u64,
    changed: [Side; 2],
    trade_id: u64,
    mid: i64,
    random: Random,
    /// Snapshots of the last changes, oldest first.
    past: VecDeque<(u64, Side, Side)>,
}

fn price(tick: i64) -> String {
    format!("{}.{}0", tick / 10, tick % 10)
}

fn qty(lots: i64) -> String {
    format!("{}.{:03}", lots / 1000, lots % 1000)
}

fn levels<'a>(levels: impl Iterator<Item = (&'a i64, &'a i64)>) -> String {
    let levels = levels.map(|(tick, lots)| format!(r#"["{}","{}"]"#, price(*tick), qty(*lots)));
    format!("[{}]", levels.collect::<Vec<_>>().join(","))
}

impl Market {
    pub fn new(symbol: &str, seed: u64) -> Self {
        let mut market = Self {
            symbol: symbol.to_owned(),
            bids: Side::new(),
            asks: Side::new(),
            id: 1_000,
            sent: 1_000,
            changed: Default::default(),
            trade_id: 0,
            mid: 600_000,
            random: Random(seed),
            past: VecDeque::new(),
        };
        for i in 1..20 {
            market.bids.insert(600_000 - i, 100 * i);
            market.asks.insert(600_000 + i, 100 * i);
        }
        market.keep();
        market
    }

    /// Changes some levels; the book never crosses.
    pub fn step(&mut self) {
        for _ in 0..=self.random.below(4) {
            self.id += 1 + self.random.below(3);
            if self.random.per_mille(200) {
                self.mid += 1 - i64::from(self.random.per_mille(500)) * 2;
            }
            let away = 1 + i64::try_from(self.random.below(25)).unwrap();
            let lots = i64::try_from(self.random.below(4)).unwrap() * 7;
            let is_bid = self.random.per_mille(500);
            let tick = if is_bid {
                self.mid - away
            } else {
                self.mid + away
            };
            // Orders of the other side that are met are gone.
            let met: Vec<i64> = if lots == 0 {
                Vec::new()
            } else if is_bid {
                self.asks.range(..=tick).map(|(tick, _)| *tick).collect()
            } else {
                self.bids.range(tick..).map(|(tick, _)| *tick).collect()
            };
            for tick in met {
                self.set(!is_bid, tick, 0);
            }
            self.set(is_bid, tick, lots);
        }
        // The venue sheds unused ids too.
        self.id += self.random.below(2);
        self.keep();
    }

    fn set(&mut self, is_bid: bool, tick: i64, lots: i64) {
        let side = if is_bid {
            &mut self.bids
        } else {
            &mut self.asks
        };
        if lots > 0 {
            side.insert(tick, lots);
        } else {
            side.remove(&tick);
        }
        self.changed[usize::from(!is_bid)].insert(tick, lots);
    }

    fn keep(&mut self) {
        self.past
            .push_back((self.id, self.bids.clone(), self.asks.clone()));
        if self.past.len() > 100 {
            self.past.pop_front();
        }
    }

    /// What the depth stream says next; `None` when nothing changed.
    pub fn depth(&mut self, time_ms: u64) -> Option<String> {
        if self.changed.iter().all(Side::is_empty) {
            return None;
        }
        let [bids, asks] = std::mem::take(&mut self.changed);
        let (first, before) = (self.sent + 1 + (self.id - self.sent - 1) / 3, self.sent);
        self.sent = self.id;
        Some(format!(
            r#"{{"e":"depthUpdate","E":{time_ms},"T":{time_ms},"s":"{}","U":{first},"u":{},"pu":{before},"b":{},"a":{}}}"#,
            self.symbol,
            self.id,
            levels(bids.iter()),
            levels(asks.iter()),
        ))
    }

    /// What the best prices are.
    pub fn top(&self, time_ms: u64) -> String {
        let best =
            |level: Option<(&i64, &i64)>| level.map_or((0, 0), |(tick, lots)| (*tick, *lots));
        let (bid, ask) = (
            best(self.bids.last_key_value()),
            best(self.asks.first_key_value()),
        );
        format!(
            r#"{{"e":"bookTicker","u":{},"s":"{}","b":"{}","B":"{}","a":"{}","A":"{}","T":{time_ms},"E":{time_ms}}}"#,
            self.id,
            self.symbol,
            price(bid.0),
            qty(bid.1),
            price(ask.0),
            qty(ask.1),
        )
    }

    /// A trade whose quantity in lots is its number.
    pub fn trade(&mut self, time_ms: u64) -> String {
        self.trade_id += 1;
        let id = self.trade_id;
        let lots = i64::try_from(id).unwrap();
        format!(
            r#"{{"e":"trade","E":{time_ms},"T":{time_ms},"s":"{}","t":{id},"p":"{}","q":"{}","X":"MARKET","m":false}}"#,
            self.symbol,
            price(self.mid),
            qty(lots),
        )
    }

    /// The snapshot of so many changes ago.
    pub fn snapshot(&self, ago: usize) -> String {
        let at = self.past.len().saturating_sub(1 + ago);
        let (id, bids, asks) = &self.past[at];
        format!(
            r#"{{"lastUpdateId":{id},"E":1700000000002,"T":1700000000001,"bids":{},"asks":{}}}"#,
            levels(bids.iter().rev()),
            levels(asks.iter()),
        )
    }
}

/// What the venue says of its instruments.
pub fn exchange_info(symbols: &[&str]) -> String {
    let symbols = symbols.iter().map(|symbol| {
        format!(
            r#"{{"symbol":"{symbol}","status":"TRADING","contractType":"PERPETUAL","filters":[{{"filterType":"PRICE_FILTER","minPrice":"0.10","maxPrice":"1000000","tickSize":"0.10"}},{{"filterType":"LOT_SIZE","minQty":"0.001","maxQty":"1000","stepSize":"0.001"}},{{"filterType":"MIN_NOTIONAL","notional":"5"}}]}}"#
        )
    });
    let symbols = symbols.collect::<Vec<_>>().join(",");
    format!(
        r#"{{"timezone":"UTC","serverTime":1700000000000,"rateLimits":[{{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":2400}}],"symbols":[{symbols}]}}"#
    )
}
