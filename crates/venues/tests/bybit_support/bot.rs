//! A bot on the bus: it sends orders, follows them as `LiveBot` does (new from the start, nothing
//! after an end), asks for what an answer does not name, and counts fills.

use std::collections::{BTreeMap, BTreeSet};

use hbl_livebot::ResyncOrders;
use hbl_venues::bybit::core::BybitCore;
use hbl_venues::kit::bot_publisher::{BotMessage, BotPublisher};
use hbl_venues::kit::clock::Now;
use hbl_venues::kit::dispatcher::Dispatcher;
use hbl_venues::kit::order_registry::{OwnerState, is_final};
use hbl_wire::{ControlEvent, OrderFate, Request, TO_ALL, WireError};
use hftbacktest::types::{LOCAL_BID_DEPTH_EVENT, OrdType, Order, Side, Status, TimeInForce};

use super::Random;

const ID: u64 = 7;
const SYMBOL: &str = "XUSDT";

/// An order as the bot knows it.
#[derive(Debug)]
pub struct Seen {
    pub order: Order,
    /// Sum of the reported executions.
    pub filled: f64,
}

#[derive(Default)]
pub struct Bot {
    pub orders: BTreeMap<u64, Seen>,
    pub book: BTreeMap<(bool, i64), f64>,
    /// `None` while it is not known.
    pub position: Option<f64>,
    pub stale: bool,
    pub suspended: bool,
    resync_orders: ResyncOrders,
    /// Unconfirmed orders: when to ask for each, and the next pause.
    unconfirmed: BTreeMap<u64, (u64, u64)>,
    /// Sent to a previous session of the connector, without a report yet.
    earlier: BTreeSet<u64>,
    /// Reports of each order, for failures.
    pub story: BTreeMap<u64, Vec<String>>,
    asked: bool,
    registered: bool,
    refused: bool,
    ask_again_ns: u64,
    in_batch: bool,
    in_answer: bool,
}

impl Bot {
    pub fn connector_is_gone(&mut self) {
        self.registered = false;
        self.asked = true;
    }

    pub fn connector_is_new(&mut self) {
        for story in self.story.values_mut() {
            story.push("a new connector".to_owned());
        }
        self.earlier = self.active().map(|order| order.order_id).collect();
        self.register_again();
    }

    fn active(&self) -> impl Iterator<Item = &Order> {
        let orders = self.orders.values().map(|seen| &seen.order);
        orders.filter(|order| order.active())
    }

    /// Registers in the midst of everything, as a bot does that has missed a message.
    pub fn register_again(&mut self) {
        self.asked = false;
        self.in_batch = false;
        self.in_answer = false;
        self.suspended = false;
        self.book.clear();
        let orders: Vec<Order> = self.active().cloned().collect();
        self.resync_orders.start(orders.iter(), 0.1);
    }

    fn ask_unconfirmed(&mut self, at: Now, bus: &mut Dispatcher<BybitCore>) {
        let mut due = Vec::new();
        for (id, (ask_at, pause)) in &mut self.unconfirmed {
            if at.mono_ns >= *ask_at {
                let what = format!("asked at {}", at.mono_ns / 1_000_000);
                self.story.entry(*id).or_default().push(what);
                due.push(*id);
                *ask_at = at.mono_ns + *pause;
                *pause = (2 * *pause).min(30_000_000_000);
            }
        }
        for order_id in due {
            let order = &self.orders[&order_id].order;
            let is_unheard = order.exch_timestamp == 0;
            let request = Request::AskOrder {
                bot: ID,
                symbol: SYMBOL.into(),
                order_id,
                sent_ts: if is_unheard { order.local_timestamp } else { 0 },
                to_this_run: !self.earlier.contains(&order_id),
            };
            bus.handle(at, request, self);
        }
    }

    fn note(&mut self, order_id: u64, what: String) {
        self.story.entry(order_id).or_default().push(what);
    }

    fn take_fate(&mut self, order_id: u64, fate: OrderFate) {
        self.note(order_id, format!("{fate:?}"));
        match fate {
            OrderFate::Pending => self.resync_orders.confirm(order_id),
            OrderFate::Unknown => {}
            OrderFate::Found => {
                if self.unconfirmed.contains_key(&order_id) {
                    self.register_again();
                }
            }
            OrderFate::NotReceived | OrderFate::Gone => {
                if self.unconfirmed.remove(&order_id).is_some() {
                    let seen = self.orders.get_mut(&order_id).unwrap();
                    seen.order.status = Status::Expired;
                    seen.order.req = Status::None;
                }
            }
        }
    }

    pub fn ask_registration(&mut self, at: Now, bus: &mut Dispatcher<BybitCore>) {
        // Its program starts again, with the same sizes, until the venue has them again.
        if self.refused && at.mono_ns >= self.ask_again_ns {
            (self.refused, self.asked) = (false, false);
            self.ask_again_ns = at.mono_ns + 1_000_000_000;
        }
        if !std::mem::replace(&mut self.asked, true) {
            let request = Request::Register {
                bot: ID,
                symbol: SYMBOL.into(),
                tick_size: 0.5,
                lot_size: 0.1,
            };
            bus.handle(at, request, self);
        }
        if self.registered {
            self.ask_unconfirmed(at, bus);
        }
    }

    pub fn trade(&mut self, at: Now, random: &mut Random, bus: &mut Dispatcher<BybitCore>) {
        if !self.registered {
            return;
        }
        if random.one_in(30) {
            self.register_again();
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
            order.status = Status::New;
            order.req = Status::New;
            order.leaves_qty = order.qty;
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
                held: None,
            };
            bus.handle(at, request, self);
        } else if random.one_in(60) {
            bus.handle(at, Request::CancelAll { bot: ID, symbol }, self);
        }
    }

    fn take_order(&mut self, order: &Order) {
        let mut order = order.clone();
        let what = (
            order.status,
            order.exec_qty,
            order.leaves_qty,
            order.exch_timestamp,
        );
        self.note(order.order_id, format!("{what:?} {}", self.in_answer));
        self.unconfirmed.remove(&order.order_id);
        self.earlier.remove(&order.order_id);
        if !self.in_answer {
            self.resync_orders.seen(&order);
        } else if !self.resync_orders.judge(&mut order) {
            return;
        }
        let seen = self.orders.get_mut(&order.order_id).unwrap();
        let was = &seen.order;
        assert!(
            !is_final(was.status) || order.exec_qty == 0.0,
            "{order:?} after {was:?}"
        );
        if is_final(was.status) {
            // Asked about an order that has ended, the connector reports its end again.
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

impl BotPublisher for Bot {
    fn send(&mut self, to: u64, message: BotMessage<'_>) -> Result<(), WireError> {
        assert!(to == TO_ALL || to == ID, "{to}: {message:?}");
        match message {
            BotMessage::BatchStart => {
                self.in_batch = true;
                self.in_answer = to == ID;
            }
            BotMessage::BatchEnd => {
                self.in_batch = false;
                if std::mem::take(&mut self.in_answer) {
                    self.registered = true;
                    if self.resync_orders.is_active() {
                        for id in self.resync_orders.finish() {
                            let order = &self.orders[&id].order;
                            if order.active() {
                                self.unconfirmed.entry(id).or_insert((0, 1_000_000_000));
                            }
                        }
                    }
                }
            }
            BotMessage::Execution(..) => {}
            BotMessage::Order(_, order) => self.take_order(order),
            BotMessage::Position(_, qty, _) => self.position = (!qty.is_nan()).then_some(qty),
            BotMessage::Feed(_, event) => {
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
            BotMessage::Side(ControlEvent::OrderFate { order_id, fate, .. }) => {
                self.take_fate(*order_id, *fate);
            }
            BotMessage::Side(ControlEvent::Reject {
                order_id,
                code: 3006 | 3110,
                ..
            }) => {
                let known = self.orders.get(order_id);
                if known.is_some_and(|seen| seen.order.active()) {
                    self.unconfirmed
                        .entry(*order_id)
                        .or_insert((0, 1_000_000_000));
                }
            }
            BotMessage::Side(ControlEvent::RegisterRefused { .. }) => self.refused = true,
            BotMessage::Side(ControlEvent::Notice { code: 3220, .. }) => self.suspended = true,
            BotMessage::Side(ControlEvent::Notice { code: 3221, .. }) => self.suspended = false,
            BotMessage::Side(ControlEvent::FeedStale { .. }) => self.stale = true,
            BotMessage::Side(ControlEvent::FeedLive { .. }) => self.stale = false,
            _ => {}
        }
        Ok(())
    }

    fn owner_state(&self, _: u64) -> OwnerState {
        OwnerState::Alive
    }
}
