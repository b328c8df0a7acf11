//! A bot whose book is ready, with the connector that it is connected with, for tests of orders.

use std::time::Duration;

use hbl_livebot::{Record, RecordKind};
use hbl_wire::{Capabilities, ConnectorPort, ControlEvent, OrderFate, Request};
use hftbacktest::types::{Order, Status};

use crate::support::{
    HashRig, SYMBOL, accept, answer, buy, config, connector_with, instrument, name, only,
    registration, request, submission,
};

/// What a test does as the connector, and the bot in `rig`.
pub struct Session {
    name: String,
    pub connector: ConnectorPort,
    pub rig: HashRig,
    /// The bot's id.
    pub bot: u64,
}

impl Session {
    /// A connector that sends orders to a venue.
    pub fn new() -> Self {
        let name = name();
        let mut connector = connector_with(&name, Capabilities::all());
        let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
        let bot = registration(&mut connector, &mut rig);
        answer(&mut connector, bot, SYMBOL, &[], 0.5);
        rig.until(RecordKind::BookReady);
        Self {
            name,
            connector,
            rig,
            bot,
        }
    }

    /// The same with open orders of these ids, as the connector reported them.
    pub fn with_orders(ids: &[u64]) -> (Self, Vec<Order>) {
        let mut session = Self::new();
        let orders = ids.iter().map(|id| session.open(*id, 10)).collect();
        (session, orders)
    }

    /// The connector ends, and another run takes over; the bot has not registered with it yet.
    pub fn restart_with(self, capabilities: Capabilities) -> Self {
        drop(self.connector);
        Self {
            connector: connector_with(&self.name, capabilities),
            ..self
        }
    }

    /// The same with all capabilities, and an answer to the registration that names no order.
    pub fn restart(self) -> Self {
        let mut session = self.restart_with(Capabilities::all());
        session.register();
        session.answer();
        session
    }

    pub fn request(&mut self) -> Request {
        request(&mut self.connector, &mut self.rig)
    }

    pub fn register(&mut self) {
        self.bot = registration(&mut self.connector, &mut self.rig);
    }

    /// Answers a registration without an order and without a level of the book.
    pub fn answer(&mut self) {
        answer(&mut self.connector, self.bot, SYMBOL, &[], 0.0);
    }

    /// Answers a registration with these orders, with the next flush.
    pub fn put_answer(&mut self, orders: &[Order]) {
        self.connector.send_batch_start(self.bot).unwrap();
        for order in orders {
            self.connector.send_order(self.bot, SYMBOL, order).unwrap();
        }
        self.connector.send_batch_end(self.bot).unwrap();
    }

    /// The bot sends an order, and the connector has it.
    pub fn submit(&mut self, id: u64) -> Order {
        self.rig.core.submit(0, buy(id, 99.0), 0).unwrap();
        submission(&mut self.connector, &mut self.rig)
    }

    /// The same, and the connector reports it as open.
    pub fn open(&mut self, id: u64, exch_timestamp: i64) -> Order {
        let order = accept(&self.submit(id), Status::New, exch_timestamp);
        self.report(&order);
        self.rig.until(RecordKind::Order);
        order
    }

    /// The bot cancels an order, and the connector has the request.
    pub fn cancel(&mut self, id: u64) -> Request {
        self.rig.core.cancel(0, id, 0).unwrap();
        let next = self.request();
        assert!(matches!(next, Request::Cancel { .. }), "{next:?}");
        next
    }

    pub fn report(&mut self, order: &Order) {
        self.connector.send_order(self.bot, SYMBOL, order).unwrap();
        self.connector.flush().unwrap();
    }

    pub fn send_control(&mut self, event: &ControlEvent) {
        self.connector.send_control(self.bot, event).unwrap();
        self.connector.flush().unwrap();
    }

    /// The connector refuses a request about an order.
    pub fn reject(&mut self, order_id: u64, code: i64) {
        self.send_control(&ControlEvent::Reject {
            symbol: SYMBOL.into(),
            order_id,
            code,
            text: "unknown".into(),
        });
    }

    pub fn send_fate(&mut self, order_id: u64, fate: OrderFate) {
        self.send_control(&ControlEvent::OrderFate {
            symbol: SYMBOL.into(),
            order_id,
            fate,
            text: "as the venue says".into(),
        });
    }

    /// Waits for the question about an order: when it was sent, and whether to this run.
    pub fn asked(&mut self, id: u64) -> (i64, bool) {
        match self.request() {
            Request::AskOrder {
                order_id,
                sent_ts,
                to_this_run,
                ..
            } => {
                assert_eq!(order_id, id);
                (sent_ts, to_this_run)
            }
            other => panic!("not a question: {other:?}"),
        }
    }

    /// Waits for a record of this kind; gives it with all that comes before and within 20 ms after it.
    pub fn settle(&mut self, kind: RecordKind) -> Vec<Record> {
        let mut records = self.rig.until(kind);
        records.extend(self.rig.batch(Duration::from_millis(20)));
        records
    }

    pub fn order(&self, id: u64) -> &Order {
        self.rig.core.order(0, id).unwrap()
    }

    pub fn status(&self, id: u64) -> Status {
        self.order(id).status
    }
}

/// Order and code of each rejection.
pub fn rejects(records: &[Record]) -> Vec<(u64, i64)> {
    let rejects = only(records, RecordKind::Reject);
    rejects.iter().map(|r| (r.order_id, r.value)).collect()
}
