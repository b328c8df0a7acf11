//! A bot on the bus: it sends orders, follows them as a live bot does, and counts their fills.

use std::collections::BTreeMap;

use hbl_connector::clock::Now;
use hbl_connector::dispatcher::Dispatcher;
use hbl_connector::order_router::{OwnerState, is_final};
use hbl_connector::outlet::{Outgoing, Outlet};
use hbl_connector::venues::bybit::core::BybitCore;
use hbl_livebot::Awaited;
use hbl_wire::{Request, SideEvent, TO_ALL, WireError};
use hftbacktest::types::{LOCAL_BID_DEPTH_EVENT, OrdType, Order, Side, Status, TimeInForce};

use super::Random;

const ID: u64 = 7;
const SYMBOL: &str = "XUSDT";

/// An order as the bot knows it.
#[derive(Debug)]
pub struct Seen {
    pub order: Order,
    /// Sum of the executions that it was told of.
    pub filled: f64,
}

#[derive(Default)]
pub struct Bot {
    pub orders: BTreeMap<u64, Seen>,
    pub book: BTreeMap<(bool, i64), f64>,
    pub position: f64,
    pub stale: bool,
    awaited: Awaited,
    asked: bool,
    registered: bool,
    in_batch: bool,
    in_answer: bool,
}

impl Bot {
    pub fn connector_is_gone(&mut self) {
        self.registered = false;
        self.asked = true;
    }

    pub fn connector_is_new(&mut self) {
        self.asked = false;
        self.in_batch = false;
        self.in_answer = false;
        self.book.clear();
        let orders = self.orders.values().map(|seen| &seen.order);
        let orders = orders.filter(|order| order.active() || order.status == Status::None);
        self.awaited.start(orders);
    }

    pub fn ask_registration(&mut self, at: Now, bus: &mut Dispatcher<BybitCore>) {
        if !std::mem::replace(&mut self.asked, true) {
            let request = Request::Register {
                bot: ID,
                symbol: SYMBOL.into(),
                tick_size: 0.5,
                lot_size: 0.1,
            };
            bus.handle(at, request, self);
        }
    }

    pub fn trade(&mut self, at: Now, random: &mut Random, bus: &mut Dispatcher<BybitCore>) {
        if !self.registered {
            return;
        }
        if random.one_in(3) {
            let id = 1001 + self.orders.len() as u64;
            let side = if random.one_in(2) {
                Side::Buy
            } else {
                Side::Sell
            };
            let mut order = Order::new(
                id,
                90 + random.below(20) as i64,
                0.5,
                (1 + random.below(9)) as f64 / 10.0,
                side,
                OrdType::Limit,
                TimeInForce::GTC,
            );
            order.req = Status::New;
            order.local_timestamp = at.unix_ns;
            let seen = Seen {
                order: order.clone(),
                filled: 0.0,
            };
            self.orders.insert(id, seen);
            let request = Request::Submit {
                bot: ID,
                symbol: SYMBOL.into(),
                order,
            };
            bus.handle(at, request, self);
        }
        let open = self.orders.values().map(|seen| &seen.order);
        let open = open.filter(|order| !is_final(order.status));
        let open: Vec<u64> = open.map(|order| order.order_id).collect();
        if open.is_empty() {
            return;
        }
        let symbol = SYMBOL.to_owned();
        if random.one_in(4) {
            let order_id = open[random.below(open.len() as u64) as usize];
            let request = Request::Cancel {
                bot: ID,
                symbol,
                order_id,
            };
            bus.handle(at, request, self);
        } else if random.one_in(60) {
            bus.handle(at, Request::CancelAll { bot: ID, symbol }, self);
        }
    }

    fn take_order(&mut self, order: &Order) {
        let mut order = order.clone();
        if !self.in_answer {
            self.awaited.seen(&order);
        } else if !self.awaited.judge(&mut order) {
            return;
        }
        let seen = self.orders.get_mut(&order.order_id).unwrap();
        let was = &seen.order;
        assert!(
            !is_final(was.status) || order.exec_qty == 0.0,
            "{order:?} after {was:?}"
        );
        if is_final(was.status) {
            // Asked about an order that has ended, the connector tells its end again.
            assert_eq!(order.status, was.status);
            return;
        }
        assert!(
            order.exch_timestamp >= was.exch_timestamp,
            "hftbacktest would ignore {order:?} after {was:?}"
        );
        seen.filled += order.exec_qty;
        seen.order = order;
    }
}

impl Outlet for Bot {
    fn send(&mut self, to: u64, message: Outgoing<'_>) -> Result<(), WireError> {
        assert!(to == TO_ALL || to == ID, "{to}: {message:?}");
        match message {
            Outgoing::BatchStart => {
                self.in_batch = true;
                self.in_answer = to == ID;
            }
            Outgoing::BatchEnd => {
                self.in_batch = false;
                if std::mem::take(&mut self.in_answer) {
                    self.registered = true;
                    if self.awaited.is_active() {
                        for id in self.awaited.finish() {
                            self.orders.get_mut(&id).unwrap().order.status = Status::Expired;
                        }
                    }
                }
            }
            Outgoing::Order(_, order) => self.take_order(order),
            Outgoing::Position(_, qty, _) => self.position = qty,
            Outgoing::Feed(_, event) => {
                assert!(self.in_batch, "a feed event outside of a batch");
                let key = (event.ev == LOCAL_BID_DEPTH_EVENT, (event.px * 2.0) as i64);
                if event.qty > 0.0 {
                    self.book.insert(key, event.qty);
                } else {
                    self.book.remove(&key);
                }
                let bid = self.book.keys().filter(|k| k.0).map(|k| k.1).max();
                let ask = self.book.keys().filter(|k| !k.0).map(|k| k.1).min();
                assert!(
                    self.in_answer || bid.zip(ask).is_none_or(|(b, a)| b < a),
                    "the book is crossed"
                );
            }
            Outgoing::Side(SideEvent::FeedStale { .. }) => self.stale = true,
            Outgoing::Side(SideEvent::FeedFresh { .. }) => self.stale = false,
            _ => {}
        }
        Ok(())
    }

    fn owner_state(&self, _: u64) -> OwnerState {
        OwnerState::Alive
    }
}
