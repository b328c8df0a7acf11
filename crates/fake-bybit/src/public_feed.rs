//! Public topics: books and trades.

use serde_json::{Value, json};

use crate::{
    book_stream::{DEPTHS, Kind},
    category::Category,
    conn::Class,
    error::CommandError,
    fault::Socket,
    order::side_name,
    venue::{PendingTrade, Venue},
};
use hbl_exchange::Side;

/// Trades of one message at most.
const TRADES_MAX: usize = 1024;

pub(crate) const fn public_socket(category: Category) -> Socket {
    match category {
        Category::Linear => Socket::Public,
        Category::Spot => Socket::Spot,
    }
}

impl Venue {
    fn subscribers(&self, category: Category, topic: &str) -> Vec<u64> {
        let socket = public_socket(category);
        let on = self
            .conns
            .iter()
            .filter(|(_, c)| c.socket == socket && c.topics.contains(topic));
        on.map(|(&id, _)| id).collect()
    }

    /// The stream of a topic of a category.
    pub(crate) fn stream(&self, category: Category, topic: &str) -> Option<usize> {
        self.streams
            .iter()
            .position(|s| s.topic == topic && self.markets[s.market as usize].category == category)
    }

    pub(crate) fn publish_books(&mut self) {
        let now_ms = self.now_ms();
        for at in 0..self.streams.len() {
            if !self.streams[at].is_due(now_ms) {
                continue;
            }
            let category = self.markets[self.streams[at].market as usize].category;
            let ids = self.subscribers(category, &self.streams[at].topic);
            if ids.is_empty() {
                continue;
            }
            let (market, depth) = (self.streams[at].market, self.streams[at].depth);
            let bids = self.levels(market, Side::Buy, depth);
            let asks = self.levels(market, Side::Sell, depth);
            let cts = !self.settings.missing_cts;
            let info = &self.markets[market as usize];
            if let Some(text) = self.streams[at].publish(info, bids, asks, now_ms, cts) {
                for id in ids {
                    self.send(id, Class::Data, text.clone(), 0);
                }
            }
        }
    }

    /// The first message of a subscription: the state of the other subscribers, or the book now.
    pub(crate) fn first_snapshot(&mut self, id: u64, category: Category, topic: &str) {
        let Some(at) = self.stream(category, topic) else {
            return;
        };
        // The caller is among the subscribers already.
        if self.subscribers(category, topic).len() <= 1 {
            self.refresh(at);
        }
        let now_ms = self.now_ms();
        let stream = &self.streams[at];
        let cts = !self.settings.missing_cts;
        let text = stream.snapshot(&self.markets[stream.market as usize], now_ms, cts);
        self.send(id, Class::Data, text, 0);
    }

    fn refresh(&mut self, at: usize) {
        let (market, depth) = (self.streams[at].market, self.streams[at].depth);
        let bids = self.levels(market, Side::Buy, depth);
        let asks = self.levels(market, Side::Sell, depth);
        let now_ms = self.now_ms();
        self.streams[at].refresh(&self.markets[market as usize], bids, asks, now_ms);
    }

    fn topic_of(
        &self,
        category: Category,
        symbol: &str,
        depth: usize,
    ) -> Result<usize, CommandError> {
        let topic = format!("orderbook.{depth}.{symbol}");
        self.stream(category, &topic)
            .ok_or(CommandError::Unknown(topic))
    }

    /// Loses the next deltas of a topic.
    pub(crate) fn gap(
        &mut self,
        category: Category,
        symbol: &str,
        depth: usize,
        count: u32,
    ) -> Result<(), CommandError> {
        let at = self.topic_of(category, symbol, depth)?;
        self.streams[at].lose += count;
        Ok(())
    }

    /// A service restart: `u` = 1.
    pub(crate) fn restart(
        &mut self,
        category: Category,
        symbol: &str,
        depth: Option<usize>,
        as_delta: bool,
    ) -> Result<(), CommandError> {
        let depths = match depth {
            Some(depth) => vec![depth],
            None => DEPTHS.map(|(depth, _)| depth).to_vec(),
        };
        for depth in depths {
            let at = self.topic_of(category, symbol, depth)?;
            self.refresh(at);
            self.streams[at].u = 1;
            let kind = if as_delta {
                Kind::Delta
            } else {
                Kind::Snapshot
            };
            self.send_whole(at, kind);
        }
        Ok(())
    }

    pub(crate) fn mid_snapshot(
        &mut self,
        category: Category,
        symbol: &str,
        depth: usize,
    ) -> Result<(), CommandError> {
        let at = self.topic_of(category, symbol, depth)?;
        self.refresh(at);
        self.send_whole(at, Kind::Snapshot);
        Ok(())
    }

    /// A delta with a bid above the best ask.
    pub(crate) fn cross(
        &mut self,
        category: Category,
        symbol: &str,
        depth: usize,
    ) -> Result<(), CommandError> {
        let at = self.topic_of(category, symbol, depth)?;
        let best = self.streams[at].asks.first();
        let &(ask, lots) =
            best.ok_or_else(|| CommandError::Unknown("no ask was published".into()))?;
        self.streams[at].u += 1;
        if depth == 1 {
            self.send_book(at, Kind::Snapshot, &[(ask + 2, lots)], &[(ask, lots)]);
        } else {
            self.send_book(at, Kind::Delta, &[(ask + 2, lots)], &[]);
        }
        Ok(())
    }

    /// A delta that deletes a level that does not exist.
    pub(crate) fn delete_absent(
        &mut self,
        category: Category,
        symbol: &str,
        depth: usize,
    ) -> Result<(), CommandError> {
        let at = self.topic_of(category, symbol, depth)?;
        let bids = &self.streams[at].bids;
        let tick = bids.last().map_or(1, |&(tick, _)| (tick - 1000).max(1));
        self.streams[at].u += 1;
        self.send_book(at, Kind::Delta, &[(tick, 0)], &[]);
        Ok(())
    }

    /// Sends the whole book of a topic.
    fn send_whole(&mut self, at: usize, kind: Kind) {
        let (bids, asks) = (self.streams[at].bids.clone(), self.streams[at].asks.clone());
        self.send_book(at, kind, &bids, &asks);
    }

    fn send_book(&mut self, at: usize, kind: Kind, bids: &[(i64, i64)], asks: &[(i64, i64)]) {
        let stream = &self.streams[at];
        let market = &self.markets[stream.market as usize];
        let (now_ms, cts) = (self.now_ms(), !self.settings.missing_cts);
        let text = stream.frame(market, kind, bids, asks, now_ms, cts);
        for id in self.subscribers(market.category, &stream.topic) {
            self.send(id, Class::Data, text.clone(), 0);
        }
    }

    pub(crate) fn publish_trades(&mut self) {
        for market in 0..self.markets.len() {
            if self.trades[market].is_empty() {
                continue;
            }
            let trades = std::mem::take(&mut self.trades[market]);
            let info = &self.markets[market];
            let topic = format!("publicTrade.{}", info.symbol);
            let ids = self.subscribers(info.category, &topic);
            if ids.is_empty() {
                continue;
            }
            for part in trades.chunks(TRADES_MAX) {
                let data: Vec<Value> = part.iter().map(|t| self.trade(market, t)).collect();
                let now_ms = self.now_ms();
                let text = json!({"topic": topic, "type": "snapshot", "ts": now_ms, "data": data});
                let text = text.to_string();
                for &id in &ids {
                    self.send(id, Class::Data, text.clone(), 0);
                }
            }
        }
    }

    fn trade(&self, market: usize, trade: &PendingTrade) -> Value {
        let info = &self.markets[market];
        let (px, qty) = (info.px(trade.tick), info.qty(trade.lots));
        let side = side_name(trade.side);
        match info.category {
            Category::Linear => json!({
                "T": trade.ms, "s": info.symbol, "S": side, "v": qty, "p": px,
                "L": match trade.up { 1 => "PlusTick", -1 => "MinusTick", _ => "ZeroPlusTick" },
                "i": format!("7ade0000-0000-5000-8000-{:012x}", trade.id),
                "BT": false, "RPI": false, "seq": trade.seq,
            }),
            Category::Spot => json!({
                "T": trade.ms, "s": info.symbol, "S": side, "v": qty, "p": px,
                "i": format!("22900000{:011}", trade.id), "BT": false, "RPI": false, "seq": trade.seq,
            }),
        }
    }
}
