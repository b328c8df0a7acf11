//! Helpers of the tests.
#![expect(dead_code, reason = "not every test uses everything")]

use std::collections::BTreeMap;

use hbl_exchange::{
    CancelOrder, EventBody, Exchange, ExchangeConfig, ExchangeEvent, Instrument, NewOrder,
    OrderReport, OrderStatus, Reject, Request, SelfTrade, Side, TimeInForce, Trade,
};

pub const A: u64 = 1;
pub const B: u64 = 2;
pub const C: u64 = 3;

/// One instrument whose prices are ticks and whose quantities are lots.
pub fn plain() -> Instrument {
    Instrument::new("X", 1.0, 1.0).expect("valid")
}

/// An exchange without latency and background.
pub fn quiet(self_trade: SelfTrade) -> Exchange {
    let config = ExchangeConfig {
        self_trade,
        ..ExchangeConfig::default()
    };
    let mut exchange = Exchange::new(config, 0).expect("valid");
    exchange.add_instrument(plain(), None).expect("new symbol");
    exchange
}

pub fn limit(account: u64, id: u64, side: Side, px: f64, qty: f64, tif: TimeInForce) -> Request {
    NewOrder::limit(account, 0, id, side, px, qty, tif).into()
}

pub fn gtc(account: u64, id: u64, side: Side, px: f64, qty: f64) -> Request {
    limit(account, id, side, px, qty, TimeInForce::Gtc)
}

pub fn cancel(account: u64, client_id: u64) -> Request {
    CancelOrder {
        account,
        symbol: 0,
        client_id,
    }
    .into()
}

/// Sends a request and returns what comes of it.
pub fn send(exchange: &mut Exchange, request: Request) -> Vec<ExchangeEvent> {
    let now_ns = exchange.now_ns() + 1;
    exchange.submit(now_ns, request);
    let mut out = Vec::new();
    // Reports of one account are a nanosecond apart.
    exchange.advance(now_ns + 100, &mut out);
    out
}

pub fn orders(events: &[ExchangeEvent]) -> Vec<OrderReport> {
    let order = |e: &ExchangeEvent| match e.body {
        EventBody::Order(report) => Some(report),
        _ => None,
    };
    events.iter().filter_map(order).collect()
}

pub fn trades(events: &[ExchangeEvent]) -> Vec<Trade> {
    let trade = |e: &ExchangeEvent| match e.body {
        EventBody::Trade(trade) => Some(trade),
        _ => None,
    };
    events.iter().filter_map(trade).collect()
}

/// (account, client id, status, reason, last lots, leaves) of each order report.
pub fn story(events: &[ExchangeEvent]) -> Vec<(u64, u64, OrderStatus, Option<Reject>, i64, i64)> {
    let line = |o: OrderReport| {
        (
            o.account,
            o.client_id,
            o.status,
            o.reason,
            o.last_lots,
            o.leaves_lots,
        )
    };
    orders(events).into_iter().map(line).collect()
}

/// The reason of the only refusal among the events.
pub fn refusal(events: &[ExchangeEvent]) -> Option<Reject> {
    match events {
        [
            ExchangeEvent {
                body: EventBody::CancelReject(refusal),
                ..
            },
        ] => Some(refusal.reason),
        _ => None,
    }
}

pub fn book(exchange: &Exchange, side: Side) -> Vec<(i64, i64)> {
    exchange.book(0, side).collect()
}

/// A book built from level events alone.
#[derive(Debug, Default)]
pub struct Rebuilt {
    bids: BTreeMap<i64, i64>,
    asks: BTreeMap<i64, i64>,
}

impl Rebuilt {
    pub fn apply(&mut self, side: Side, px_tick: i64, lots: i64) {
        let half = if side == Side::Buy {
            &mut self.bids
        } else {
            &mut self.asks
        };
        if lots == 0 {
            half.remove(&px_tick);
        } else {
            half.insert(px_tick, lots);
        }
    }

    pub fn best(&self, side: Side) -> Option<i64> {
        match side {
            Side::Buy => self.bids.keys().next_back().copied(),
            Side::Sell => self.asks.keys().next().copied(),
        }
    }

    pub fn is_crossed(&self) -> bool {
        matches!((self.best(Side::Buy), self.best(Side::Sell)), (Some(b), Some(a)) if b >= a)
    }

    pub fn levels(&self, side: Side) -> Vec<(i64, i64)> {
        let pair = |(&px_tick, &lots): (&i64, &i64)| (px_tick, lots);
        match side {
            Side::Buy => self.bids.iter().rev().map(pair).collect(),
            Side::Sell => self.asks.iter().map(pair).collect(),
        }
    }
}
