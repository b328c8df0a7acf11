//! `kill -9` of `connector bybit` while orders are open: what happens meanwhile at the venue reaches
//! the bot, which is never restarted.

use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::time::{Duration, Instant};

use crate::bybit_net::process::BybitProcess;
use crate::bybit_net::truth::{ours, position};
use crate::bybit_net::{REAL, XRP, config_file, number, place, place_with, truth, venue};
use crate::support::names::unique_name;
use hbl_fake_bybit::ControlHandle;
use hbl_livebot::{
    BotConfig, InstrumentConfig, LiveCore, Outcome, RECORD_BYTES, Record, RecordKind, STATE_BYTES,
    WaitConfig,
};
use hftbacktest::prelude::{Bot, HashMapMarketDepth};
use hftbacktest::types::{OrdType, OrderRequest, Side, Status, TimeInForce};
use serde_json::{Value, json};

const TICK: f64 = 0.0001;

/// Our bot, with the memory that its records go to.
struct OurBot {
    core: LiveCore<HashMapMarketDepth>,
    records: Vec<[u64; RECORD_BYTES / 8]>,
    _state: Vec<u64>,
    /// Reported executions, by order: quantity and number.
    fills: BTreeMap<u64, (f64, usize)>,
    books: usize,
    links: Vec<u8>,
    /// Codes of the notices.
    notices: Vec<i64>,
}

impl OurBot {
    fn new(connector: &str) -> Self {
        let config = BotConfig {
            order_deadline: None,
            only_looks: false,
            instruments: vec![InstrumentConfig {
                connector: connector.into(),
                symbol: XRP.into(),
                tick_size: TICK,
                lot_size: 0.1,
                roi_lb: 0.0,
                roi_ub: 0.0,
                last_trades_capacity: 10,
            }],
            bot_id: 0,
            wait: WaitConfig::default(),
            heartbeat_timeout: Duration::from_secs(1),
            // Nobody else trades this symbol on the fake venue: its book is empty.
            require_live_book: false,
        };
        let mut core = LiveCore::new(&config, false).unwrap();
        let mut records = vec![[0u64; RECORD_BYTES / 8]; 4096];
        let mut state = vec![0u64; STATE_BYTES / 8];
        let at = |base: *mut u8| NonNull::new(base).unwrap();
        // SAFETY: both vectors live in this bot, are never resized, and outlive the core's writes.
        unsafe {
            core.attach(
                (
                    at(records.as_mut_ptr().cast()),
                    records.len() * RECORD_BYTES,
                ),
                (at(state.as_mut_ptr().cast()), state.len() * 8),
            )
        }
        .unwrap();
        Self {
            core,
            records,
            _state: state,
            fills: BTreeMap::new(),
            books: 0,
            links: Vec::new(),
            notices: Vec::new(),
        }
    }

    fn take(&mut self) {
        let Outcome::Records(count) = self.core.wait_batch(5_000_000, usize::MAX).unwrap() else {
            panic!("stopped");
        };
        for cell in &self.records[..count] {
            // SAFETY: a record is plain integers and floats of exactly this size.
            let record: Record = unsafe { core::mem::transmute(*cell) };
            if record.kind == RecordKind::Order as u8 && record.exec_qty > 0.0 {
                let fills = self.fills.entry(record.order_id).or_default();
                fills.0 += record.exec_qty;
                fills.1 += 1;
            }
            if record.kind == RecordKind::Notice as u8 {
                self.notices.push(record.value);
            }
            self.books += usize::from(record.kind == RecordKind::BookReady as u8);
            if record.kind == RecordKind::Link as u8 {
                self.links.push(record.status);
            }
        }
    }

    fn until(&mut self, what: &str, mut condition: impl FnMut(&Self) -> bool) {
        let end = Instant::now() + Duration::from_secs(40);
        while !condition(self) {
            assert!(
                Instant::now() < end,
                "never: {what}; fills {:?}, position {}, orders {:?}",
                self.fills,
                self.core.bot().position(0),
                self.core.bot().orders(0).values()
            );
            self.take();
        }
    }

    fn buy(&mut self, order_id: u64, price: f64, qty: f64) {
        let request = OrderRequest {
            order_id,
            price,
            qty,
            side: Side::Buy,
            time_in_force: TimeInForce::GTC,
            order_type: OrdType::Limit,
        };
        self.core.submit(0, request, 0).unwrap();
    }

    /// Sends orders under new ids until one is open: right after the start they are refused.
    fn open(&mut self, first_id: u64, price: f64, qty: f64) -> u64 {
        for id in first_id.. {
            self.buy(id, price, qty);
            self.until("an answer", |bot| bot.status(id) != Status::None);
            if self.status(id) == Status::New {
                return id;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        unreachable!()
    }

    fn status(&self, id: u64) -> Status {
        let order = self.core.order(0, id);
        // What was asked for and not answered has no state yet.
        match order {
            Some(order) if order.req != Status::None => Status::None,
            Some(order) => order.status,
            None => Status::Unsupported,
        }
    }

    fn filled(&self, id: u64) -> f64 {
        self.fills.get(&id).map_or(0.0, |fills| fills.0)
    }
}

fn link_id(control: &ControlHandle, id: u64) -> String {
    let truth = truth(control);
    ours(&truth)[&id][0]["orderLinkId"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn fill(control: &ControlHandle, id: u64, qty: Option<&str>) {
    let mut command = json!({"cmd": "fill", "id": link_id(control, id)});
    if let Some(qty) = qty {
        command["qty"] = qty.into();
    }
    control.run_json(command).unwrap();
}

/// True when the bot's orders, fills and position are those of the venue.
fn agrees(bot: &OurBot, control: &ControlHandle) -> bool {
    let truth = truth(control);
    let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
    let same = |(id, orders): (&u64, &Vec<Value>)| {
        let status = match orders[0]["orderStatus"].as_str().unwrap() {
            "New" => Status::New,
            "PartiallyFilled" => Status::PartiallyFilled,
            "Filled" => Status::Filled,
            _ => Status::Canceled,
        };
        let leaves = bot
            .core
            .order(0, *id)
            .map_or(-1.0, |order| order.leaves_qty);
        let open = matches!(status, Status::New | Status::PartiallyFilled);
        orders.len() == 1
            && bot.status(*id) == status
            && close(bot.filled(*id), number(&orders[0]["cumExecQty"]))
            && (!open || close(leaves, number(&orders[0]["leavesQty"])))
    };
    ours(&truth).iter().all(same) && close(bot.core.bot().position(0), position(&truth, XRP))
}

#[test]
fn after_kill_9_the_bot_ends_with_the_venues_orders_fills_and_position() {
    let venue = venue(21);
    let control = venue.control();
    place(control, "Sell", "500.0", "2.5100");
    let config = config_file(&venue, "");
    let name = unique_name();
    let mut process = BybitProcess::start(&name, &config, REAL);
    let mut bot = OurBot::new(&name);
    bot.until("a book", |bot| bot.books > 0);
    let rests = bot.open(1, 2.40, 20.0);
    let [filled, partly, canceled, both] = [100, 101, 102, 103];
    for (id, price) in [
        (filled, 2.44),
        (partly, 2.43),
        (canceled, 2.42),
        (both, 2.45),
    ] {
        bot.buy(id, price, 10.0);
        bot.until("open", |bot| bot.status(id) == Status::New);
    }
    fill(control, both, Some("3.0"));
    bot.until("a fill", |bot| bot.filled(both) == 3.0);

    process.kill();
    // Best price first: whoever trades through to an order fills the better ones too.
    fill(control, both, Some("2.5"));
    fill(control, both, None);
    fill(control, filled, None);
    fill(control, partly, Some("4.0"));
    control
        .run_json(json!({"cmd": "cancelOrder", "id": link_id(control, canceled)}))
        .unwrap();
    // Somebody else's, on the same account.
    let foreign = json!({"owner": "account", "orderLinkId": "foreign"});
    place_with(control, "Buy", "5.0", "2.3000", foreign);
    bot.until("the loss", |bot| {
        !bot.core.links()[0]
            .status
            .eq(&hbl_livebot::LinkStatus::Connected)
    });

    let mut process = BybitProcess::start(&name, &config, REAL);
    bot.until("as at the venue", |bot| agrees(bot, control));
    assert_eq!(bot.status(rests), Status::New);
    assert_eq!(bot.status(filled), Status::Filled);
    assert_eq!(bot.status(partly), Status::PartiallyFilled);
    assert_eq!(bot.status(canceled), Status::Canceled);
    assert_eq!(bot.status(both), Status::Filled);
    assert_eq!(bot.core.bot().position(0), 24.0);

    // Again, and twice within a second: ids must not meet.
    process.kill();
    fill(control, partly, Some("1.0"));
    let mut process = BybitProcess::start(&name, &config, REAL);
    process.kill();
    let process = BybitProcess::start(&name, &config, REAL);
    bot.until("as at the venue", |bot| agrees(bot, control));

    // They can be worked with: cancelled, and new ones sent beside them.
    let new = bot.open(200, 2.39, 7.0);
    bot.core.cancel(0, rests, 0).unwrap();
    bot.until("canceled", |bot| bot.status(rests) == Status::Canceled);
    fill(control, partly, None);
    fill(control, new, None);
    bot.until("as at the venue", |bot| {
        agrees(bot, control) && bot.status(new) == Status::Filled
    });
    let truth = truth(control);
    let foreign = truth["orders"]
        .as_array()
        .unwrap()
        .iter()
        .find(|o| o["orderLinkId"] == "foreign");
    assert_eq!(foreign.unwrap()["orderStatus"], "New");
    let executions = truth["executions"].as_array().unwrap().len();
    let reported: usize = bot.fills.values().map(|fills| fills.1).sum();
    assert_eq!(reported, executions, "each execution once: {:?}", bot.fills);
    assert!(process.stop().0.success());
}

#[test]
fn a_restart_without_keys_or_on_paper_ends_no_order_at_the_bot_and_one_with_keys_reconciles() {
    let venue = venue(22);
    let control = venue.control();
    let config = config_file(&venue, "");
    let name = unique_name();
    let mut process = BybitProcess::start(&name, &config, REAL);
    let mut bot = OurBot::new(&name);
    let rests = bot.open(1, 2.40, 20.0);
    bot.buy(100, 2.45, 10.0);
    bot.until("open", |bot| bot.status(100) == Status::New);
    fill(control, 100, Some("3.0"));
    bot.until("a position", |bot| bot.core.bot().position(0) == 3.0);
    let keyless = |command: &mut std::process::Command| {
        command.env_remove("BYBIT_API_KEY");
        command.env_remove("BYBIT_API_SECRET");
    };
    let refused = |command: &mut std::process::Command| {
        command.env("BYBIT_API_SECRET", "not-the-secret-0001");
    };
    for (args, with, keeps_position) in [
        (REAL, &keyless as &dyn Fn(&mut _), true),
        (REAL, &refused, true),
        (&[][..], &keyless, false),
    ] {
        process.kill();
        fill(control, 100, Some("1.0"));
        process = BybitProcess::start_with(&name, &config, args, with);
        let (books, notices) = (bot.books, bot.notices.len());
        bot.until("an answer", |bot| bot.books > books);
        bot.until("what to do", |bot| bot.notices[notices..].contains(&3110));
        assert_eq!(bot.status(rests), Status::New);
        assert_eq!(bot.status(100), Status::PartiallyFilled);
        if keeps_position {
            assert_eq!(bot.core.bot().position(0), bot.filled(100), "as known last");
        }
        // A cancellation cannot be sent: it is refused, and the order is as before.
        bot.core.cancel(0, rests, 0).unwrap();
        bot.until("a reject", |bot| bot.status(rests) == Status::New);
        process.kill();
        process = BybitProcess::start(&name, &config, REAL);
        bot.until("as at the venue", |bot| agrees(bot, control));
    }
    assert_eq!(bot.filled(100), 6.0);
    bot.core.cancel(0, rests, 0).unwrap();
    bot.until("canceled", |bot| bot.status(rests) == Status::Canceled);
}
