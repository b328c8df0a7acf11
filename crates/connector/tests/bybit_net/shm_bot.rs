//! A bot on the bare wire of shared memory, for one symbol.

use std::time::{Duration, Instant};

use hbl_wire::{BotControlBlock, BotPort, ControlRequest, TO_ALL, WireEvent, random_bot_id};
use hftbacktest::types::{LiveRequest, OrdType, Order, Side, Status, TimeInForce};

use super::ledger::Ledger;

pub struct ShmBot {
    port: BotPort,
    _page: BotControlBlock,
    id: u64,
    symbol: String,
    sizes: (f64, f64),
    pub ledger: Ledger,
    pub lost: u64,
}

impl ShmBot {
    pub fn join(connector: &str, symbol: &str, tick: f64, lot: f64) -> Self {
        let id = random_bot_id();
        let page = BotControlBlock::own(id).unwrap();
        let mut port = BotPort::open(connector, id, Duration::from_secs(2)).unwrap();
        port.check_link().unwrap();
        let bot = Self {
            port,
            _page: page,
            id,
            symbol: symbol.to_owned(),
            sizes: (tick, lot),
            ledger: Ledger::new(tick),
            lost: 0,
        };
        bot.register();
        bot
    }

    pub fn register(&self) {
        self.port
            .send(&LiveRequest::RegisterInstrument {
                symbol: self.symbol.clone(),
                tick_size: self.sizes.0,
                lot_size: self.sizes.1,
            })
            .unwrap();
    }

    /// Takes what is there; false when there is nothing.
    pub fn take(&mut self) -> bool {
        while let Some(event) = self.port.recv_control() {
            self.ledger.side(event.unwrap());
        }
        let Some((mut slot, lost)) = self.port.recv().unwrap() else {
            return false;
        };
        self.lost += lost;
        let to = slot.to();
        if to != TO_ALL && to != self.id {
            return true;
        }
        while let Some(message) = slot.next_message() {
            match message.unwrap() {
                WireEvent::Feed { event, symbol } if symbol == self.symbol => {
                    self.ledger.feed(&event)
                }
                WireEvent::Order { order, symbol } if symbol == self.symbol => {
                    self.ledger.order(&order)
                }
                WireEvent::Position { qty, symbol, .. } if symbol == self.symbol => {
                    self.ledger.position = qty;
                }
                WireEvent::BatchStart => self.ledger.batch(true),
                WireEvent::BatchEnd => self.ledger.batch(false),
                _ => {}
            }
        }
        true
    }

    pub fn until(&mut self, what: &str, mut condition: impl FnMut(&Ledger) -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
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
        self.port
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
        self.port
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
        self.port.send_side_by(&amend, deadline_ns).unwrap();
    }

    pub fn cancel_all(&self) {
        self.cancel_all_on(&self.symbol);
    }

    pub fn cancel_all_on(&self, symbol: &str) {
        let symbol = symbol.to_owned();
        self.port
            .send_control(&ControlRequest::CancelAll { symbol })
            .unwrap();
    }

    /// Sends an order again under new ids until the venue takes one: right after the start orders
    /// are refused until everything was compared.
    pub fn open_order(&mut self, first_id: u64, side: Side, price_tick: i64, qty: f64) -> u64 {
        let end = Instant::now() + Duration::from_secs(20);
        for id in first_id.. {
            assert!(Instant::now() < end, "never: an open order");
            self.submit(id, side, price_tick, qty, TimeInForce::GTC);
            self.until("an answer", |ledger| ledger.orders.contains_key(&id));
            if !self.ledger.is(id, Status::Expired) {
                return id;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        unreachable!()
    }
}
