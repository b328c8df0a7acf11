//! A bot of this project on the bare wire.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hbl_wire::{ControlEvent, WireEvent};
use hftbacktest::types::{
    Event, LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT, LOCAL_BUY_TRADE_EVENT, LiveRequest,
    OrdType, Order, Side, Status, TRADE_EVENT, TimeInForce,
};

use super::wire_end::WireEnd;

/// A bot on the bare wire.
pub struct WireBot {
    pub end: WireEnd,
    pub orders: Vec<Order>,
    pub rejects: Vec<(u64, i64)>,
    pub feeds: u64,
    pub best_bid: f64,
    pub snapshot_levels: u64,
    /// Trades, volume bought and sold by takers.
    pub trades: (u64, f64, f64),
    /// Bids and asks by price in tenths.
    pub book: [BTreeMap<i64, f64>; 2],
}

impl WireBot {
    /// Registers BTCUSDT.
    pub fn join(name: &str) -> Self {
        let end = WireEnd::join(name);
        end.register("BTCUSDT", (0.1, 0.001));
        Self {
            end,
            orders: Vec::new(),
            rejects: Vec::new(),
            feeds: 0,
            best_bid: 0.0,
            snapshot_levels: 0,
            trades: (0, 0.0, 0.0),
            book: Default::default(),
        }
    }

    /// Takes what is there; false when there is nothing.
    pub fn take(&mut self) -> bool {
        if let Some(Ok(ControlEvent::Reject { order_id, code, .. })) = self.end.port.recv_control()
        {
            self.rejects.push((order_id, code));
        }
        // What it takes is noted apart: the end is borrowed meanwhile.
        let (mut feed, mut orders) = (Vec::new(), Vec::new());
        let is_there = self.end.take(|message, is_private| match message {
            WireEvent::Feed { event, .. } => feed.push((event, is_private)),
            WireEvent::Order { order, .. } => orders.push(order),
            _ => {}
        });
        for (event, is_private) in feed {
            self.feeds += 1;
            self.note(&event);
            self.snapshot_levels += u64::from(is_private);
            if is_bid(&event) && self.best_bid == 0.0 {
                self.best_bid = event.px;
            }
        }
        self.orders.append(&mut orders);
        is_there
    }

    fn note(&mut self, event: &Event) {
        if event.is(TRADE_EVENT) {
            self.trades.0 += 1;
            let is_buy = event.is(LOCAL_BUY_TRADE_EVENT);
            *(if is_buy {
                &mut self.trades.1
            } else {
                &mut self.trades.2
            }) += event.qty;
        } else {
            let side = &mut self.book[usize::from(event.is(LOCAL_ASK_DEPTH_EVENT))];
            let tick = (event.px * 10.0).round() as i64;
            if event.qty > 0.0 {
                side.insert(tick, event.qty)
            } else {
                side.remove(&tick)
            };
        }
    }

    pub fn until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let end = Instant::now() + Duration::from_secs(30);
        while !condition(self) {
            assert!(Instant::now() < end, "never: {what}; {:?}", self.orders);
            if !self.take() {
                std::thread::sleep(Duration::from_micros(100));
            }
        }
    }

    pub fn submit(&self, id: u64, price_tick: i64) {
        let mut order = Order::new(
            id,
            price_tick,
            0.1,
            0.01,
            Side::Buy,
            OrdType::Limit,
            TimeInForce::GTC,
        );
        order.req = Status::New;
        self.end
            .port
            .send(&LiveRequest::Order {
                symbol: "BTCUSDT".into(),
                order,
            })
            .unwrap();
    }

    pub fn last(&self, id: u64) -> Option<&Order> {
        self.orders.iter().rev().find(|order| order.order_id == id)
    }

    pub fn is(&self, id: u64, status: Status) -> bool {
        self.last(id).is_some_and(|order| order.status == status)
    }
}

fn is_bid(event: &Event) -> bool {
    event.is(LOCAL_BID_DEPTH_EVENT)
}
