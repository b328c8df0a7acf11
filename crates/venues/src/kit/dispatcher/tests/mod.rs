//! The dispatcher between a scripted venue and a notebook of sent messages.

mod deadlines;
mod events;
mod order_questions;
mod orders;
mod registrations;
mod restarts;
mod upstream_orders;

use std::cell::RefCell;
use std::collections::HashMap;

use hbl_wire::{Asked, ControlEvent, Request, TO_ALL, WireError};
use hftbacktest::types::{Event, LOCAL_BID_DEPTH_EVENT, OrdType, Order, Side, Status, TimeInForce};

use super::*;
use crate::kit::codes;
use crate::kit::notice::Notice;
use crate::kit::venue::{
    Amendment, MarketData, NewOrder, OrderReport, RECOVERED_HANDLES, Recovered, Sought,
};

const BOT: u64 = 7;

/// A venue that does what the test says.
#[derive(Default)]
struct Scripted {
    submitted: Vec<NewOrder>,
    canceled: Vec<u64>,
    says: RefCell<Vec<VenueEvent>>,
    /// The snapshot has not come.
    without_book: bool,
    /// It has no key.
    without_account: bool,
    keeps_orders: bool,
    /// What it is asked for is proven to be gone.
    found_gone: bool,
    /// It can be asked for the sizes of X.
    knows_sizes: bool,
    /// Bots that were announced as upstream bots.
    upstream_bots: Vec<u64>,
    /// The tick size of every symbol, where the venue knows it.
    tick: Option<f64>,
    /// It looks for something before it judges a registration.
    looks: bool,
    amended: Vec<(u64, i64)>,
    no_position: bool,
}

impl MarketData for Scripted {
    fn pending_reason(&self, _: &str) -> Option<String> {
        self.looks.then(|| "it looks".to_owned())
    }

    fn register(&mut self, _: Now, symbol: &str, tick: f64, _: f64) -> Result<u32, Reject> {
        if self.tick.is_some_and(|known| known != tick) {
            return Err(Reject {
                code: codes::SIZE_MISMATCH,
                text: "other sizes".into(),
            });
        }
        match symbol {
            "X" => Ok(0),
            "Y" => Ok(1),
            _ => Err(Reject {
                code: codes::SYMBOL_UNKNOWN,
                text: "no such symbol".into(),
            }),
        }
    }

    fn poll(&mut self, _: Now, out: &mut Vec<VenueEvent>) {
        out.append(&mut self.says.borrow_mut());
    }

    fn next_due_ns(&self) -> Option<u64> {
        None
    }

    fn book(&self, _: Now, _: u32, out: &mut Vec<Event>) {
        if !self.without_book {
            out.push(level(1.0));
        }
    }

    fn sizes(&self, symbol: &str) -> Option<(f64, f64)> {
        let tick = self
            .tick
            .or((self.knows_sizes && symbol == "X").then_some(0.1));
        tick.map(|tick| (tick, 0.001))
    }

    fn is_book_synced(&self, _: u32) -> bool {
        !self.without_book
    }
}

impl Venue for Scripted {
    fn submit(&mut self, _: Now, _: u32, order: &NewOrder) {
        self.submitted.push(*order);
    }

    fn cancel(&mut self, _: Now, _: u32, handle: u64) {
        self.canceled.push(handle);
    }

    fn amend(&mut self, _: Now, _: u32, change: &Amendment) {
        self.amended.push((change.handle, change.price_tick));
    }

    fn orders_unknown(&self) -> Option<&str> {
        self.without_account.then_some("no key")
    }

    fn keeps_orders(&self) -> bool {
        self.keeps_orders
    }

    fn meet_upstream_bot(&mut self, owner: u64) {
        self.upstream_bots.push(owner);
    }

    fn look_for(&mut self, _: Now, _: u32, _: u64, _: u64) -> Sought {
        match self.keeps_orders && !self.found_gone {
            true => Sought::Unknown("it is looked for".into()),
            false => Sought::Gone("it is not there".into()),
        }
    }

    fn position(&self, _: u32) -> Option<f64> {
        (!self.no_position).then_some(0.25)
    }

    fn balances(&self, _: Now, out: &mut Vec<Balance>) {
        out.push(balance(10.0));
    }
}

fn level(px: f64) -> Event {
    let ev = LOCAL_BID_DEPTH_EVENT;
    Event {
        ev,
        exch_ts: 1,
        local_ts: 1,
        px,
        qty: 1.0,
        order_id: 0,
        ival: 0,
        fval: 0.0,
    }
}

fn balance(equity: f64) -> Balance {
    Balance {
        coin: "USDT".into(),
        equity,
        wallet_balance: 9.0,
        available: 8.0,
        initial_margin: 0.0,
        maintenance_margin: 0.0,
        unrealised_pnl: 1.0,
        exch_ts: 3,
    }
}

/// Notes what is sent as `to:what`.
#[derive(Default)]
struct Notebook {
    sent: Vec<String>,
    orders: Vec<Order>,
    states: HashMap<u64, OwnerState>,
    broken: bool,
    /// Why orders of upstream bots may not be meant for here.
    destination: Option<String>,
}

impl BotPublisher for Notebook {
    fn send(&mut self, to: u64, message: BotMessage<'_>) -> Result<(), WireError> {
        if self.broken {
            return Err(WireError::Send("broken".into()));
        }
        let what = match message {
            BotMessage::BatchStart => "start".into(),
            BotMessage::BatchEnd => "end".into(),
            BotMessage::Feed(symbol, event) => format!("feed {symbol} {}", event.px),
            BotMessage::Order(symbol, order) => {
                self.orders.push(order.clone());
                format!("order {symbol} {} {:?}", order.order_id, order.status)
            }
            BotMessage::Execution(symbol, order, details) => {
                format!("execution {symbol} {} {details:?}", order.order_id)
            }
            BotMessage::Position(symbol, qty, _) => format!("position {symbol} {qty}"),
            BotMessage::Error(error) => format!("error {:?}", error.kind),
            BotMessage::Side(ControlEvent::Reject { order_id, code, .. }) => {
                format!("reject {order_id} {code}")
            }
            BotMessage::Side(ControlEvent::OrderFate { order_id, fate, .. }) => {
                format!("fate {order_id} {fate:?}")
            }
            BotMessage::Side(ControlEvent::RegisterRefused {
                symbol,
                code,
                sizes,
                ..
            }) => match sizes {
                Some((tick, lot)) => format!("refused {symbol} {code} has {tick} {lot}"),
                None => format!("refused {symbol} {code}"),
            },
            BotMessage::Side(ControlEvent::VenueDown { .. }) => "down".into(),
            BotMessage::Side(ControlEvent::Balance(balance)) => {
                format!("balance {} {}", balance.coin, balance.equity)
            }
            BotMessage::Side(ControlEvent::Socket { socket, up, text }) => {
                format!("socket {socket:?} {up} {text}")
            }
            BotMessage::Side(ControlEvent::Notice {
                severity,
                code,
                symbol,
                order_id,
                ..
            }) => format!("notice {severity:?} {code} {symbol}{order_id}"),
            BotMessage::Side(other) => format!("side {other:?}"),
        };
        self.sent.push(format!("{to}:{what}"));
        Ok(())
    }
    fn owner_state(&self, bot: u64) -> OwnerState {
        self.states.get(&bot).copied().unwrap_or(OwnerState::Alive)
    }
    fn unknown_destination(&self, _: u64) -> Option<String> {
        self.destination.clone()
    }
}

fn order(id: u64) -> Order {
    let mut order = Order::new(
        id,
        100,
        0.1,
        2.0,
        Side::Buy,
        OrdType::Limit,
        TimeInForce::GTC,
    );
    order.req = Status::New;
    order
}

fn report(handle: u64, status: Status) -> VenueEvent {
    VenueEvent::Order(OrderReport {
        handle,
        status,
        price_tick: 0,
        qty: 0.0,
        leaves_qty: 2.0,
        exec_qty: 0.0,
        exec_price_tick: 0,
        maker: false,
        exch_ts: 5,
        details: None,
        reject: None,
    })
}

fn register(bot: u64, symbol: &str, tick_size: f64) -> Request {
    Request::Register {
        bot,
        symbol: symbol.into(),
        tick_size,
        lot_size: 0.001,
    }
}

fn submit(bot: u64, id: u64) -> Request {
    Request::Submit {
        bot,
        symbol: "X".into(),
        order: order(id),
    }
}

fn cancel(bot: u64, order_id: u64) -> Request {
    Request::Cancel {
        bot,
        symbol: "X".into(),
        order_id,
        held: None,
    }
}

struct Bench {
    dispatcher: Dispatcher<Scripted>,
    out: Notebook,
}

impl Bench {
    fn registered() -> Self {
        let mut bench = Self {
            dispatcher: Dispatcher::new(Scripted::default()),
            out: Notebook::default(),
        };
        bench.ask(register(BOT, "X", 0.1));
        bench.out.sent.clear();
        bench
    }
    fn ask(&mut self, request: Request) {
        self.dispatcher
            .handle(Now::default(), request, &mut self.out);
    }
    fn says(&mut self, event: VenueEvent) {
        self.dispatcher.venue.says.borrow_mut().push(event);
        self.dispatcher.poll(Now::default(), &mut self.out);
    }
    fn sent(&mut self) -> Vec<String> {
        std::mem::take(&mut self.out.sent)
    }
}

fn at(mono_ns: u64) -> Now {
    Now {
        mono_ns,
        ..Now::default()
    }
}

fn amend(bot: u64, order_id: u64) -> Request {
    Request::Amend {
        bot,
        symbol: "X".into(),
        order_id,
        price_tick: 99,
        qty: 1.0,
    }
}

fn ask(order_id: u64, sent_ts: i64, to_this_run: bool) -> Request {
    Request::AskOrder {
        bot: BOT,
        symbol: "X".into(),
        order_id,
        sent_ts,
        to_this_run,
    }
}

fn says(dispatcher: &mut Dispatcher<Scripted>, events: Vec<VenueEvent>) -> Vec<String> {
    let mut out = Notebook::default();
    *dispatcher.venue().says.borrow_mut() = events;
    dispatcher.poll(Now::default(), &mut out);
    out.sent
}
