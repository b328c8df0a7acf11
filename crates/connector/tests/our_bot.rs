//! `connector sim` with a bot that has a page and the side channel.

mod support;

use std::time::{Duration, Instant};

use hbl_wire::{BotPage, BotPort, SideEvent, SideRequest, TO_ALL, WireEvent, random_bot_id};
use hftbacktest::types::{Event, LiveRequest, OrdType, Order, Side, Status, TimeInForce};
use support::{Connector, unique_name};

/// A bot on the bare wire.
struct WireBot {
    port: BotPort,
    _page: BotPage,
    id: u64,
    orders: Vec<Order>,
    rejects: Vec<(u64, i64)>,
    lost: u64,
    feeds: u64,
    best_bid: f64,
    snapshot_levels: u64,
}

impl WireBot {
    fn join(name: &str) -> Self {
        let id = random_bot_id();
        let page = BotPage::own(id).unwrap();
        let mut port = BotPort::open(name, id, Duration::from_secs(2)).unwrap();
        port.check_link().unwrap();
        let symbol = "BTCUSDT".to_owned();
        port.send(&LiveRequest::RegisterInstrument {
            symbol,
            tick_size: 0.1,
            lot_size: 0.001,
        })
        .unwrap();
        Self {
            port,
            _page: page,
            id,
            orders: Vec::new(),
            rejects: Vec::new(),
            lost: 0,
            feeds: 0,
            best_bid: 0.0,
            snapshot_levels: 0,
        }
    }

    /// Takes what is there; false when there is nothing.
    fn take(&mut self) -> bool {
        if let Some(Ok(SideEvent::Reject { order_id, code, .. })) = self.port.recv_side() {
            self.rejects.push((order_id, code));
        }
        let Some((slot, lost)) = self.port.recv().unwrap() else {
            return false;
        };
        self.lost += lost;
        let to = slot.to();
        if to != TO_ALL && to != self.id {
            return true;
        }
        match slot.event().unwrap() {
            WireEvent::Feed { event, .. } => {
                self.feeds += 1;
                self.snapshot_levels += u64::from(to == self.id);
                if is_bid(&event) && self.best_bid == 0.0 {
                    self.best_bid = event.px;
                }
            }
            WireEvent::Order { order, .. } => self.orders.push(order),
            _ => {}
        }
        true
    }

    fn until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let end = Instant::now() + Duration::from_secs(10);
        while !condition(self) {
            assert!(Instant::now() < end, "never: {what}; {:?}", self.orders);
            if !self.take() {
                std::thread::sleep(Duration::from_micros(100));
            }
        }
    }

    fn submit(&self, id: u64, price_tick: i64) {
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
        self.port
            .send(&LiveRequest::Order {
                symbol: "BTCUSDT".into(),
                order,
            })
            .unwrap();
    }

    fn last(&self, id: u64) -> Option<&Order> {
        self.orders.iter().rev().find(|order| order.order_id == id)
    }

    fn is(&self, id: u64, status: Status) -> bool {
        self.last(id).is_some_and(|order| order.status == status)
    }
}

fn is_bid(event: &Event) -> bool {
    event.is(hftbacktest::types::LOCAL_BID_DEPTH_EVENT)
}

#[test]
fn amend_cancel_all_and_refusals_work_and_updates_are_private() {
    let name = unique_name();
    let _connector = Connector::start(&[&name, "sim"]);
    let (mut one, mut two) = (WireBot::join(&name), WireBot::join(&name));
    one.until("a snapshot", |bot| bot.snapshot_levels >= 40);
    let tick = (one.best_bid * 9.8).round() as i64;
    one.submit(1, tick);
    one.submit(2, tick - 5);
    two.submit(1, tick - 7);
    one.until("open orders", |bot| {
        bot.is(1, Status::New) && bot.is(2, Status::New)
    });
    two.until("an open order", |bot| bot.is(1, Status::New));
    let symbol = || "BTCUSDT".to_owned();
    let amend = SideRequest::Amend {
        symbol: symbol(),
        order_id: 1,
        price_tick: tick - 20,
        qty: 0.02,
    };
    one.port.send_side(&amend).unwrap();
    one.until("amended", |bot| {
        bot.last(1)
            .is_some_and(|o| o.price_tick == tick - 20 && o.qty == 0.02 && o.status == Status::New)
    });
    one.submit(2, tick);
    one.until("refused", |bot| bot.rejects.contains(&(2, 3005)));
    assert!(one.is(2, Status::New), "the open order of that id lives on");
    one.port
        .send_side(&SideRequest::CancelAll { symbol: symbol() })
        .unwrap();
    one.until("all canceled", |bot| {
        bot.is(1, Status::Canceled) && bot.is(2, Status::Canceled)
    });
    two.until("more feed", |bot| bot.feeds > 500);
    assert!(two.is(1, Status::New), "another bot's order stays");
    assert!(two.orders.iter().all(|order| order.price_tick == tick - 7));
    assert_eq!((one.lost, two.lost), (0, 0));
}

#[test]
fn orders_of_a_dead_anonymous_bot_pass_to_the_next_one() {
    let name = unique_name();
    let _connector = Connector::start(&[&name, "sim"]);
    let mut dead = WireBot::join(&name);
    dead.until("a snapshot", |bot| bot.snapshot_levels >= 40);
    let tick = (dead.best_bid * 9.8).round() as i64;
    dead.submit(5, tick);
    dead.until("an open order", |bot| bot.is(5, Status::New));
    let mut living = WireBot::join(&name);
    living.until("its snapshot", |bot| bot.snapshot_levels >= 40);
    assert!(living.orders.is_empty(), "not while its owner lives");
    drop(dead);
    let mut heir = WireBot::join(&name);
    heir.until("the order", |bot| bot.is(5, Status::New));
    let symbol = "BTCUSDT".to_owned();
    heir.port
        .send_side(&SideRequest::CancelAll { symbol })
        .unwrap();
    heir.until("canceled", |bot| bot.is(5, Status::Canceled));
}

/// A measurement, not a check: what the simulator publishes at 200 000 events a second.
/// `cargo test --release -p hbl-connector --test our_bot -- --ignored --nocapture`
#[test]
#[ignore = "a measurement that wants both cores"]
fn rate_at_two_hundred_thousand_events_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("fast.toml");
    let text = "[[symbols]]\nsymbol = \"BTCUSDT\"\nlevels_per_second = 200000.0\ntrades_per_second = 2000.0\n";
    std::fs::write(&config, text).unwrap();
    for (what, config) in [("default", None), ("200 000/s", config.to_str())] {
        let name = unique_name();
        let connector =
            Connector::start(&[&name, "sim"].into_iter().chain(config).collect::<Vec<_>>());
        let mut bot = WireBot::join(&name);
        bot.until("a snapshot", |bot| bot.snapshot_levels >= 40);
        let (feeds, cpu, start) = (bot.feeds, connector.cpu(), Instant::now());
        while start.elapsed() < Duration::from_secs(5) {
            if !bot.take() {
                std::thread::sleep(Duration::from_micros(50));
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        eprintln!(
            "{what}: {:.0} feed events/s received, {} lost, {:.0} % of a core",
            (bot.feeds - feeds) as f64 / seconds,
            bot.lost,
            (connector.cpu() - cpu).as_secs_f64() / seconds * 100.0,
        );
    }
}
