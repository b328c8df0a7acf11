//! A bot on the bare wire of shared memory, for one symbol.

use std::time::{Duration, Instant};

use hbl_wire::{ControlRequest, WireEvent};
use hftbacktest::types::{LiveRequest, OrdType, Order, Side, Status, TimeInForce};

use super::XRP;
use super::ledger::Ledger;
use super::process::BybitProcess;
use crate::support::wire_end::WireEnd;

pub struct ShmBot {
    end: WireEnd,
    symbol: String,
    sizes: (f64, f64),
    pub ledger: Ledger,
}

impl ShmBot {
    /// For XRPUSDT, with its sizes.
    pub fn xrp(process: &BybitProcess) -> Self {
        Self::join(&process.name, XRP, 0.0001, 0.1)
    }

    pub fn join(connector: &str, symbol: &str, tick: f64, lot: f64) -> Self {
        let bot = Self {
            end: WireEnd::join(connector),
            symbol: symbol.to_owned(),
            sizes: (tick, lot),
            ledger: Ledger::new(tick),
        };
        bot.register();
        bot
    }

    pub fn register(&self) {
        self.end.register(&self.symbol, self.sizes);
    }

    /// Messages that were overwritten before they were read.
    pub fn lost(&self) -> u64 {
        self.end.lost
    }

    /// Takes what is there; false when there is nothing.
    pub fn take(&mut self) -> bool {
        let Self {
            end,
            symbol: own,
            ledger,
            ..
        } = self;
        while let Some(event) = end.port.recv_control() {
            ledger.side(event.unwrap());
        }
        let own = own.as_str();
        end.take(|message, _| match message {
            WireEvent::Feed { event, symbol } if symbol == own => ledger.feed(&event),
            WireEvent::Order { order, symbol } if symbol == own => ledger.order(&order),
            WireEvent::Position { qty, symbol, .. } if symbol == own => ledger.position = qty,
            WireEvent::BatchStart => ledger.batch(true),
            WireEvent::BatchEnd => ledger.batch(false),
            _ => {}
        })
    }

    pub fn until(&mut self, what: &str, mut condition: impl FnMut(&Ledger) -> bool) {
        let end = Instant::now() + Duration::from_secs(40);
        while !condition(&self.ledger) {
            assert!(
                Instant::now() < end,
                "never: {what}; {:?} {:?}",
                self.ledger.orders,
                self.ledger.sides
            );
            if !self.take() {
                std::thread::sleep(Duration::from_micros(200));
            }
        }
    }

    /// Takes what comes for a while.
    pub fn run_for(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            if !self.take() {
                std::thread::sleep(Duration::from_micros(200));
            }
        }
    }

    pub fn submit(&self, id: u64, side: Side, price_tick: i64, qty: f64, tif: TimeInForce) {
        self.submit_by(id, (side, price_tick, qty, tif), u64::MAX);
    }

    pub fn submit_by(
        &self,
        id: u64,
        (side, price_tick, qty, tif): (Side, i64, f64, TimeInForce),
        deadline_ns: u64,
    ) {
        let mut order = Order::new(id, price_tick, self.sizes.0, qty, side, OrdType::Limit, tif);
        order.req = Status::New;
        let symbol = self.symbol.clone();
        self.end
            .port
            .send_by(&LiveRequest::Order { symbol, order }, deadline_ns)
            .unwrap();
    }

    pub fn cancel(&self, id: u64) {
        let mut order = Order::new(
            id,
            0,
            self.sizes.0,
            0.0,
            Side::Buy,
            OrdType::Limit,
            TimeInForce::GTC,
        );
        order.req = Status::Canceled;
        let symbol = self.symbol.clone();
        self.end
            .port
            .send(&LiveRequest::Order { symbol, order })
            .unwrap();
    }

    pub fn amend(&self, id: u64, price_tick: i64, qty: f64) {
        self.amend_by(id, price_tick, qty, u64::MAX);
    }

    pub fn amend_by(&self, id: u64, price_tick: i64, qty: f64, deadline_ns: u64) {
        let amend = ControlRequest::Amend {
            symbol: self.symbol.clone(),
            order_id: id,
            price_tick,
            qty,
        };
        self.end.port.send_side_by(&amend, deadline_ns).unwrap();
    }

    pub fn cancel_all(&self) {
        self.cancel_all_on(&self.symbol);
    }

    pub fn cancel_all_on(&self, symbol: &str) {
        let symbol = symbol.to_owned();
        self.end
            .port
            .send_control(&ControlRequest::CancelAll { symbol })
            .unwrap();
    }

    /// Sends an order again under new ids until one is open: right after the start orders are
    /// refused until everything was compared.
    pub fn open_order(&mut self, first_id: u64, side: Side, price_tick: i64, qty: f64) -> u64 {
        let end = Instant::now() + Duration::from_secs(40);
        for id in first_id.. {
            assert!(Instant::now() < end, "never: an open order");
            self.submit(id, side, price_tick, qty, TimeInForce::GTC);
            self.until("an answer", |ledger| ledger.orders.contains_key(&id));
            if !self.ledger.is(id, Status::Expired) {
                self.until("open", |ledger| ledger.is(id, Status::New));
                return id;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        unreachable!()
    }
}
