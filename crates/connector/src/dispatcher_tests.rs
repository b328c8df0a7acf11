use std::cell::RefCell;
use std::collections::HashMap;

use hbl_wire::{Request, SideEvent, TO_ALL, WireError};
use hftbacktest::types::{Event, LOCAL_BID_DEPTH_EVENT, OrdType, Order, Side, Status, TimeInForce};

use super::*;
use crate::codes;
use crate::venue::NewOrder;
use crate::venues::bybit::codes as bybit_codes;

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
}

impl Venue for Scripted {
    fn register(&mut self, _: Now, symbol: &str, _: f64, _: f64) -> Result<u32, Refusal> {
        match symbol {
            "X" => Ok(0),
            "Y" => Ok(1),
            _ => Err(Refusal {
                code: codes::SYMBOL_UNKNOWN,
                text: "no such symbol".into(),
            }),
        }
    }
    fn submit(&mut self, _: Now, _: u32, order: &NewOrder) {
        self.submitted.push(*order);
    }
    fn cancel(&mut self, _: Now, _: u32, handle: u64) {
        self.canceled.push(handle);
    }
    fn amend(&mut self, _: Now, _: u32, _: u64, _: i64, _: f64) {}
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
    fn orders_unknown(&self) -> Option<&str> {
        self.without_account.then_some("no key")
    }
    fn keeps_orders(&self) -> bool {
        self.keeps_orders
    }
    fn has_whole_book(&self, _: u32) -> bool {
        !self.without_book
    }
    fn position(&self, _: u32) -> f64 {
        0.25
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
}

impl Outlet for Notebook {
    fn send(&mut self, to: u64, message: Outgoing<'_>) -> Result<(), WireError> {
        if self.broken {
            return Err(WireError::Send("broken".into()));
        }
        let what = match message {
            Outgoing::BatchStart => "start".into(),
            Outgoing::BatchEnd => "end".into(),
            Outgoing::Feed(symbol, event) => format!("feed {symbol} {}", event.px),
            Outgoing::Order(symbol, order) => {
                self.orders.push(order.clone());
                format!("order {symbol} {} {:?}", order.order_id, order.status)
            }
            Outgoing::Position(symbol, qty, _) => format!("position {symbol} {qty}"),
            Outgoing::Error(error) => format!("error {:?}", error.kind),
            Outgoing::Side(SideEvent::Reject { order_id, code, .. }) => {
                format!("reject {order_id} {code}")
            }
            Outgoing::Side(SideEvent::RegisterRefused { symbol, code, .. }) => {
                format!("refused {symbol} {code}")
            }
            Outgoing::Side(SideEvent::VenueDown { .. }) => "down".into(),
            Outgoing::Side(SideEvent::Balance(balance)) => {
                format!("balance {} {}", balance.coin, balance.equity)
            }
            Outgoing::Side(SideEvent::Socket { socket, up, text }) => {
                format!("socket {socket:?} {up} {text}")
            }
            Outgoing::Side(SideEvent::Notice {
                severity,
                code,
                symbol,
                order_id,
                ..
            }) => format!("notice {severity:?} {code} {symbol}{order_id}"),
            Outgoing::Side(other) => format!("side {other:?}"),
        };
        self.sent.push(format!("{to}:{what}"));
        Ok(())
    }
    fn owner_state(&self, bot: u64) -> OwnerState {
        self.states.get(&bot).copied().unwrap_or(OwnerState::Alive)
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
        refusal: None,
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

#[test]
fn a_registering_bot_gets_orders_position_book_and_balances_in_one_batch_of_its_own() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.says(report(1, Status::New));
    bench.sent();
    bench.ask(register(BOT, "X", 0.1));
    assert_eq!(
        bench.sent(),
        [
            "7:start",
            "7:order X 1 New",
            "7:position X 0.25",
            "7:feed X 1",
            "7:balance USDT 10",
            "7:end"
        ]
    );
    bench.ask(register(8, "X", 0.1));
    assert_eq!(
        bench.sent(),
        [
            "8:start",
            "8:position X 0.25",
            "8:feed X 1",
            "8:balance USDT 10",
            "8:end"
        ]
    );
}

#[test]
fn without_an_account_a_bot_is_told_that_orders_are_unknown_and_none_is_called_ended() {
    let venue = Scripted {
        without_account: true,
        ..Scripted::default()
    };
    let mut dispatcher = Dispatcher::new(venue);
    let mut out = Notebook::default();
    out.states.insert(9, OwnerState::Stock);
    dispatcher.handle(at(1), register(BOT, "X", 0.1), &mut out);
    assert_eq!(out.sent[0], "7:side OrdersUnknown { text: \"no key\" }");
    assert_eq!(out.sent[1..3], ["7:start", "7:position X 0.25"]);
    out.sent.clear();
    dispatcher.handle(at(2), register(9, "X", 0.1), &mut out);
    let position = out.sent.iter().any(|what| what.contains("position"));
    assert!(!position, "a stock bot would believe it: {:?}", out.sent);
    out.sent.clear();
    dispatcher.handle(at(3), cancel(BOT, 5), &mut out);
    dispatcher.handle(at(3), cancel(9, 5), &mut out);
    assert_eq!(
        out.sent,
        ["7:reject 5 3110", "9:reject 5 3110", "9:error OrderError"]
    );
    // The account is read.
    out.sent.clear();
    dispatcher.poll(at(4), &mut out);
    dispatcher.venue_mut().without_account = false;
    dispatcher.venue_mut().keeps_orders = true;
    dispatcher.poll(at(5), &mut out);
    dispatcher.poll(at(6), &mut out);
    assert_eq!(out.sent, ["0:side OrdersKnown"]);
    dispatcher.handle(at(7), register(BOT, "X", 0.1), &mut out);
    assert_eq!(out.sent[1], "7:side OrdersKnown");
    dispatcher.handle(at(8), cancel(BOT, 5), &mut out);
    assert_eq!(out.sent.last().unwrap(), "7:order X 5 Expired");
}

fn at(mono_ns: u64) -> Now {
    Now {
        mono_ns,
        ..Now::default()
    }
}

#[test]
fn a_registration_is_answered_with_the_first_whole_book_and_not_before() {
    let venue = Scripted {
        without_book: true,
        ..Scripted::default()
    };
    let mut dispatcher = Dispatcher::new(venue);
    let mut out = Notebook::default();
    dispatcher.handle(at(1), register(BOT, "X", 0.1), &mut out);
    dispatcher.handle(at(2), register(8, "X", 0.1), &mut out);
    // A bot that has no answer asks again.
    dispatcher.handle(at(1_000_000_000), register(BOT, "X", 0.1), &mut out);
    dispatcher.poll(at(1_000_000_001), &mut out);
    assert_eq!(out.sent, Vec::<String>::new(), "no answer without a book");
    dispatcher.handle(at(1_000_000_002), submit(BOT, 1), &mut out);
    assert_eq!(dispatcher.venue().submitted.len(), 1, "orders need no book");
    dispatcher.venue_mut().without_book = false;
    dispatcher.poll(at(1_000_000_003), &mut out);
    let answer = [
        "start",
        "position X 0.25",
        "feed X 1",
        "balance USDT 10",
        "end",
    ];
    let to = |bot: u64| answer.map(|what| format!("{bot}:{what}"));
    assert_eq!(out.sent, [to(BOT), to(8)].concat());
    dispatcher.poll(at(9_000_000_000), &mut out);
    assert_eq!(out.sent.len(), 10, "one answer for each");
}

#[test]
fn a_registration_whose_book_does_not_come_is_answered_as_stale_after_five_seconds() {
    let venue = Scripted {
        without_book: true,
        ..Scripted::default()
    };
    let mut dispatcher = Dispatcher::new(venue);
    let mut out = Notebook::default();
    dispatcher.handle(at(1), register(BOT, "X", 0.1), &mut out);
    dispatcher.poll(at(BOOK_WAIT_NS), &mut out);
    assert_eq!(out.sent, Vec::<String>::new());
    dispatcher.poll(at(BOOK_WAIT_NS + 1), &mut out);
    let stale = [
        "start",
        "position X 0.25",
        "notice Warning 3109 0",
        "side FeedStale { symbol: \"X\" }",
        "balance USDT 10",
        "end",
    ];
    assert_eq!(out.sent, stale.map(|what| format!("{BOT}:{what}")));
    // Who comes later does not wait again: the answer names orders too.
    out.sent.clear();
    dispatcher.handle(at(BOOK_WAIT_NS + 2), register(8, "X", 0.1), &mut out);
    assert_eq!(out.sent, stale.map(|what| format!("8:{what}")));
    out.sent.clear();
    dispatcher.venue_mut().without_book = false;
    dispatcher
        .venue()
        .says
        .borrow_mut()
        .push(VenueEvent::FeedFresh { symbol: 0 });
    dispatcher.poll(at(BOOK_WAIT_NS + 3), &mut out);
    assert_eq!(out.sent, ["0:side FeedFresh { symbol: \"X\" }"]);
}

#[test]
fn a_refused_registration_is_told_in_words_that_the_bot_knows() {
    let mut bench = Bench::registered();
    bench.ask(register(8, "NOPE", 0.1));
    assert_eq!(bench.sent(), ["8:refused NOPE 3001"]);
    bench.ask(register(8, "X", 0.5));
    assert_eq!(bench.sent(), ["8:refused X 3002"]);
    bench.ask(register(8, "X", f64::NAN));
    assert_eq!(bench.sent(), ["8:refused X 3003"]);
    bench.out.states.insert(9, OwnerState::Stock);
    bench.ask(register(9, "X", 0.5));
    assert_eq!(bench.sent(), ["9:refused X 3002", "9:error Custom(3002)"]);
}

#[test]
fn feed_goes_to_all_but_only_for_registered_symbols() {
    let mut bench = Bench::registered();
    bench.says(VenueEvent::Feed {
        symbol: 0,
        event: level(2.0),
    });
    bench.says(VenueEvent::Feed {
        symbol: 1,
        event: level(3.0),
    });
    bench.says(VenueEvent::FeedBatchStart { symbol: 1 });
    assert_eq!(bench.sent(), ["0:feed X 2"]);
}

#[test]
fn a_reject_explains_itself_before_the_order_ends() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    let refusal = Some(Refusal {
        code: 1003,
        text: "tick".into(),
    });
    let VenueEvent::Order(rejected) = report(1, Status::Rejected) else {
        panic!()
    };
    bench.says(VenueEvent::Order(OrderReport {
        refusal,
        ..rejected
    }));
    assert_eq!(bench.sent(), ["7:reject 1 1003", "7:order X 1 Expired"]);
    assert_eq!(bench.out.orders[0].req, Status::None);
}

#[test]
fn an_end_without_a_time_of_the_venue_has_the_time_at_which_it_was_heard_of() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    let VenueEvent::Order(refused) = report(1, Status::Rejected) else {
        panic!()
    };
    let timeless = OrderReport {
        exch_ts: 0,
        ..refused
    };
    let now = Now {
        unix_ns: 1_700_000_000_000_000_000,
        ..Now::default()
    };
    *bench.dispatcher.venue.says.borrow_mut() = vec![VenueEvent::Order(timeless)];
    bench.dispatcher.poll(now, &mut bench.out);
    assert_eq!(bench.out.orders[0].exch_timestamp, now.unix_ns);
}

#[test]
fn an_order_on_an_unregistered_symbol_or_of_an_unknown_kind_ends_as_expired() {
    let mut bench = Bench::registered();
    bench.ask(Request::Submit {
        bot: BOT,
        symbol: "Z".into(),
        order: order(1),
    });
    assert_eq!(bench.sent(), ["7:reject 1 3001", "7:order Z 1 Expired"]);
    let mut odd = order(2);
    odd.side = Side::None;
    bench.ask(Request::Submit {
        bot: BOT,
        symbol: "X".into(),
        order: odd,
    });
    assert_eq!(bench.sent(), ["7:reject 2 3004", "7:order X 2 Expired"]);
    let mut coarse = order(3);
    coarse.tick_size = 0.5;
    bench.ask(Request::Submit {
        bot: BOT,
        symbol: "X".into(),
        order: coarse,
    });
    assert_eq!(bench.sent()[0], "7:reject 3 3002");
    assert!(bench.dispatcher.venue.submitted.is_empty());
}

#[test]
fn a_duplicate_id_is_refused_and_the_open_order_lives_on() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.says(report(1, Status::New));
    bench.sent();
    bench.ask(submit(BOT, 1));
    assert_eq!(bench.sent(), ["7:reject 1 3005"]);
    bench.ask(cancel(BOT, 1));
    assert_eq!(bench.dispatcher.venue.canceled, [1]);
}

#[test]
fn a_bot_cannot_cancel_what_is_not_its_own() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.says(report(1, Status::New));
    bench.sent();
    bench.ask(cancel(8, 1));
    assert_eq!(bench.sent(), ["8:reject 1 3006", "8:order X 1 Expired"]);
    assert!(bench.dispatcher.venue.canceled.is_empty());
}

#[test]
fn canceling_an_ended_order_tells_again_how_it_ended() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.says(report(1, Status::Filled));
    bench.sent();
    bench.ask(cancel(BOT, 1));
    assert_eq!(bench.sent(), ["7:reject 1 3007", "7:order X 1 Filled"]);
    assert!(bench.out.orders[1].exch_timestamp > bench.out.orders[0].exch_timestamp);
}

#[test]
fn a_refused_cancellation_leaves_the_order_open_and_unpending() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.says(report(1, Status::New));
    bench.sent();
    let refusal = Refusal {
        code: 9001,
        text: "busy".into(),
    };
    bench.says(VenueEvent::RequestRefused { handle: 1, refusal });
    assert_eq!(bench.sent(), ["7:reject 1 9001", "7:order X 1 New"]);
}

#[test]
fn a_bot_is_told_of_its_own_orders_only() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.ask(submit(8, 1));
    bench.says(report(1, Status::New));
    bench.says(report(2, Status::PartiallyFilled));
    bench.says(report(2, Status::Canceled));
    let told = [
        "7:order X 1 New",
        "8:order X 1 PartiallyFilled",
        "8:order X 1 Canceled",
    ];
    assert_eq!(bench.sent(), told);
}

#[test]
fn cancel_all_reaches_only_the_askers_orders() {
    let mut bench = Bench::registered();
    for (bot, id) in [(BOT, 1), (8, 1), (BOT, 2)] {
        bench.ask(submit(bot, id));
    }
    for handle in 1..=3 {
        bench.says(report(handle, Status::New));
    }
    bench.ask(Request::CancelAll {
        bot: BOT,
        symbol: "X".into(),
    });
    assert_eq!(bench.dispatcher.venue.canceled, [1, 3]);
}

#[test]
fn orders_of_stock_bots_are_told_to_all_and_shared_among_them() {
    let mut bench = Bench::registered();
    bench.out.states.insert(50, OwnerState::Stock);
    bench.out.states.insert(51, OwnerState::Stock);
    bench.ask(submit(50, 1));
    bench.says(report(1, Status::New));
    assert_eq!(bench.sent(), [format!("{TO_ALL}:order X 1 New")]);
    bench.ask(cancel(51, 1));
    assert_eq!(bench.dispatcher.venue.canceled, [1]);
}

#[test]
fn stopping_ends_open_orders_for_their_owners() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.says(report(1, Status::New));
    bench.sent();
    bench.dispatcher.stop(Now::default(), &mut bench.out);
    assert_eq!(bench.sent(), ["7:order X 1 Canceled", "0:down"]);
}

#[test]
fn send_errors_are_counted_and_nothing_stops() {
    let mut bench = Bench::registered();
    bench.out.broken = true;
    for _ in 0..3 {
        bench.says(VenueEvent::Feed {
            symbol: 0,
            event: level(2.0),
        });
    }
    assert_eq!(bench.dispatcher.send_errors(), 3);
}

#[test]
fn a_bot_of_hftbacktest_is_told_of_a_reject_through_its_error_handler() {
    let mut bench = Bench::registered();
    bench.out.states.insert(50, OwnerState::Stock);
    bench.ask(submit(50, 1));
    bench.sent();
    bench.ask(submit(50, 1));
    assert_eq!(bench.sent(), ["50:reject 1 3005", "50:error OrderError"]);
}

fn socket(socket: VenueSocket, up: bool) -> VenueEvent {
    VenueEvent::Socket {
        socket,
        up,
        text: if up { "" } else { "closed" }.into(),
    }
}

fn says(dispatcher: &mut Dispatcher<Scripted>, events: Vec<VenueEvent>) -> Vec<String> {
    let mut out = Notebook::default();
    *dispatcher.venue().says.borrow_mut() = events;
    dispatcher.poll(Now::default(), &mut out);
    out.sent
}

#[test]
fn a_bot_that_comes_later_hears_of_what_does_not_work_and_gets_the_balances() {
    let mut dispatcher = Dispatcher::new(Scripted::default());
    let mut out = Notebook::default();
    dispatcher.handle(Now::default(), register(8, "X", 0.1), &mut out);
    let trouble = vec![
        socket(VenueSocket::Private, false),
        socket(VenueSocket::Trade, false),
        socket(VenueSocket::Trade, true),
        VenueEvent::Down("gone".into()),
        VenueEvent::FeedStale { symbol: 0 },
    ];
    says(&mut dispatcher, trouble);
    let mut out = Notebook::default();
    dispatcher.handle(Now::default(), register(BOT, "X", 0.1), &mut out);
    let all = [
        "7:start",
        "7:position X 0.25",
        "7:feed X 1",
        "7:socket Private false closed",
        "7:down",
        "7:side FeedStale { symbol: \"X\" }",
        "7:balance USDT 10",
        "7:end",
    ];
    assert_eq!(out.sent, all);
    let works = vec![
        socket(VenueSocket::Private, true),
        VenueEvent::Up,
        VenueEvent::FeedFresh { symbol: 0 },
    ];
    says(&mut dispatcher, works);
    let mut out = Notebook::default();
    dispatcher.handle(Now::default(), register(9, "X", 0.1), &mut out);
    let all = [
        "start",
        "position X 0.25",
        "feed X 1",
        "balance USDT 10",
        "end",
    ];
    assert_eq!(out.sent, all.map(|what| format!("9:{what}")));
}

#[test]
fn a_balance_goes_to_every_bot() {
    let mut dispatcher = Dispatcher::new(Scripted::default());
    let sent = says(&mut dispatcher, vec![VenueEvent::Balance(balance(11.5))]);
    assert_eq!(sent, ["0:balance USDT 11.5"]);
}

#[test]
fn a_connection_is_lost_once_however_often_it_cannot_be_made_again() {
    let mut dispatcher = Dispatcher::new(Scripted::default());
    let events = vec![
        socket(VenueSocket::Public, true),
        socket(VenueSocket::Public, false),
        socket(VenueSocket::Public, false),
        socket(VenueSocket::Trade, false),
        socket(VenueSocket::Public, true),
        socket(VenueSocket::Public, true),
    ];
    let expected = [
        "0:socket Public true ",
        "0:socket Public false closed",
        "0:socket Trade false closed",
        "0:socket Public true ",
    ];
    assert_eq!(says(&mut dispatcher, events), expected);
}

#[test]
fn a_refused_key_is_told_as_a_notice_and_as_an_error_that_stock_bots_know() {
    let mut dispatcher = Dispatcher::new(Scripted::default());
    let notice = |code| {
        VenueEvent::Notice(Refusal {
            code,
            text: "words".into(),
        })
    };
    let events = vec![
        notice(bybit_codes::AUTH_REFUSED),
        notice(bybit_codes::UNFOLLOWED_ORDER),
        notice(codes::END_OF_DATA),
    ];
    let expected = [
        "0:notice Error 3213 0",
        "0:error CriticalConnectionError",
        "0:notice Warning 3216 0",
        "0:notice Info 3101 0",
    ];
    assert_eq!(says(&mut dispatcher, events), expected);
}

#[test]
fn a_late_fill_is_told_to_the_owner_of_its_order() {
    let mut dispatcher = Dispatcher::new(Scripted::default());
    let mut out = Notebook::default();
    dispatcher.handle(Now::default(), register(BOT, "X", 0.1), &mut out);
    dispatcher.handle(Now::default(), submit(BOT, 5), &mut out);
    let handle = dispatcher.venue().submitted[0].handle;
    let about = |handle| VenueEvent::OrderNotice {
        handle,
        notice: Refusal {
            code: bybit_codes::LATE_FILL,
            text: "late".into(),
        },
    };
    let sent = says(&mut dispatcher, vec![about(handle), about(999)]);
    let expected = ["7:notice Warning 3214 X5", "0:notice Warning 3214 0"];
    assert_eq!(sent, expected, "an order that is forgotten is nobody's");
}
