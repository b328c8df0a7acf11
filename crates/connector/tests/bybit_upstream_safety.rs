//! hftbacktest's own bots on `connector bybit` with real orders: none goes out that the bot sends blindly.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::bybit_net::process::BybitProcess;
use crate::bybit_net::truth::ours;
use crate::bybit_net::{REAL, XRP, config_file, place, truth, venue};
use crate::support::names::unique_name;
use crate::support::upstream_bot::{UpstreamBot, buy, is_reported, until, upstream_bot_on};
use hbl_fake_bybit::{ControlHandle, FakeBybit, Socket};
use hftbacktest::prelude::Bot;
use hftbacktest::types::{ErrorKind, Status, TimeInForce, Value};
use serde_json::json;

/// The bot did not register here, and may be for another destination.
const NOT_MET: i64 = 3114;
/// The book is not live.
const BOOK_NOT_LIVE: i64 = 3115;
/// The bot does not know the position.
const NO_POSITION: i64 = 3116;

type Rejects = Rc<RefCell<Vec<(i64, String)>>>;

/// hftbacktest's bot for XRPUSDT, and the rejects reported to it.
struct Watched {
    bot: UpstreamBot,
    rejects: Rejects,
}

impl Watched {
    fn start(connector: &str) -> Self {
        let rejects = Rejects::default();
        let noted = Rc::clone(&rejects);
        let bot = upstream_bot_on(connector, (XRP, 0.0001, 0.1), move |error| {
            let map = error.value.get_map();
            if let (ErrorKind::OrderError, Some(map)) = (error.kind, map)
                && let (Some(code), Some(Value::String(text))) =
                    (map.get("code").map(Value::get_int), map.get("msg"))
            {
                noted.borrow_mut().push((code.unwrap(), text.clone()));
            }
        });
        Self { bot, rejects }
    }

    /// Sends an order that rests far below the market, and waits for its answer: whether it is open.
    fn rests(&mut self, id: u64) -> bool {
        self.rejects.borrow_mut().clear();
        buy(&mut self.bot, id, 2.0, 20.0, TimeInForce::GTC);
        until(&mut self.bot, "an answer", |bot| {
            bot.orders(0)[&id].req == Status::None
        });
        let status = self.bot.orders(0)[&id].status;
        assert!(
            matches!(status, Status::New | Status::Expired),
            "{status:?}"
        );
        status == Status::New
    }

    /// Sends orders under ids from this one on until one is open; its id.
    fn opens(&mut self, first_id: u64) -> u64 {
        let end = Instant::now() + Duration::from_secs(30);
        for id in first_id.. {
            if self.rests(id) {
                return id;
            }
            assert!(Instant::now() < end, "never open: {:?}", self.rejects);
            // Below the quota of the venue.
            self.bot.elapse(150_000_000).unwrap();
        }
        unreachable!()
    }

    /// Sends orders under ids from this one on until one is refused with this code; the text of that.
    fn is_refused(&mut self, first_id: u64, code: i64) -> String {
        let end = Instant::now() + Duration::from_secs(30);
        for id in first_id.. {
            let is_open = self.rests(id);
            let refused = self
                .rejects
                .borrow()
                .iter()
                .find(|(c, _)| *c == code)
                .cloned();
            if let (false, Some((_, text))) = (is_open, refused) {
                return text;
            }
            assert!(Instant::now() < end, "never {code}: {:?}", self.rejects);
            // Below the quota of the venue.
            self.bot.elapse(150_000_000).unwrap();
        }
        unreachable!()
    }

    /// Sends an order, and expects that it is refused for this reason.
    fn refuses(&mut self, id: u64, code: i64) -> String {
        assert!(!self.rests(id), "order {id} is open");
        let rejects = self.rejects.borrow();
        assert_eq!(rejects[0].0, code, "order {id}: {rejects:?}");
        rejects[0].1.clone()
    }

    fn cancels(&mut self, id: u64) {
        self.bot.cancel(0, id, false).unwrap();
        until(&mut self.bot, "canceled", |bot| {
            is_reported(bot, id, Status::Canceled)
        });
    }
}

fn at_venue(control: &ControlHandle) -> usize {
    ours(&truth(control)).len()
}

fn paper(name: &str, config: &tempfile::TempPath) -> BybitProcess {
    let process = BybitProcess::start(name, config, &[]);
    assert_eq!(process.ready["orders"], "paper");
    process
}

fn real(name: &str, config: &tempfile::TempPath) -> BybitProcess {
    let process = BybitProcess::start(name, config, REAL);
    assert_eq!(process.ready["orders"], "real");
    process
}

fn offered(seed: u64) -> FakeBybit {
    let venue = venue(seed);
    place(venue.control(), "Sell", "100.0", "2.5100");
    venue
}

#[test]
fn a_bot_that_began_on_paper_sends_no_real_order_when_a_real_connector_takes_the_name() {
    let venue = offered(61);
    let control = venue.control();
    let config = config_file(&venue, "");
    let name = unique_name();
    let mut process = paper(&name, &config);
    let mut bot = Watched::start(&name);
    let on_paper = bot.opens(1);

    process.kill();
    let mut process = real(&name, &config);
    for id in 1_000..1_003 {
        let text = bot.refuses(id, NOT_MET);
        assert!(text.contains("paper (custom)"), "{text}");
        assert!(text.ends_with("start the bot again"), "{text}");
    }
    // A cancellation passes, and is no agreement either.
    bot.bot.cancel(0, on_paper, false).unwrap();
    until(&mut bot.bot, "an answer to the cancellation", |bot| {
        bot.orders(0)
            .get(&on_paper)
            .is_none_or(|order| order.req == Status::None)
    });
    bot.refuses(1_010, NOT_MET);

    // Nor after another start of the same connector.
    process.kill();
    let process = real(&name, &config);
    bot.refuses(1_020, NOT_MET);
    assert_eq!(at_venue(control), 0);

    // One that is started now means this connector.
    let mut fresh = Watched::start(&name);
    let id = fresh.opens(2_000);
    fresh.cancels(id);
    assert_eq!(at_venue(control), 1);
    drop(process);
}

#[test]
fn a_bot_whose_beginning_is_not_known_sends_no_real_order() {
    let venue = offered(62);
    let config = config_file(&venue, "");
    let name = unique_name();
    // Its registration reaches nobody.
    let mut bot = Watched::start(&name);
    let _process = real(&name, &config);
    let text = bot.refuses(1, NOT_MET);
    assert!(text.contains("not known"), "{text}");
    assert_eq!(at_venue(venue.control()), 0);
}

#[test]
fn a_bot_of_a_real_connector_goes_on_after_its_restarts_until_paper_comes_between() {
    let venue = offered(63);
    let control = venue.control();
    let config = config_file(&venue, "");
    let name = unique_name();
    let mut process = real(&name, &config);
    let mut bot = Watched::start(&name);
    bot.opens(1);
    for first_id in [1_000, 2_000] {
        process.kill();
        process = real(&name, &config);
        bot.opens(first_id);
    }
    let before = at_venue(control);
    process.kill();
    drop(paper(&name, &config));
    let _process = real(&name, &config);
    bot.refuses(3_000, NOT_MET);
    assert_eq!(at_venue(control), before);
}

/// The venue takes no market data connections, and has cut those that there were.
fn cut_market_data(control: &ControlHandle) {
    control.faults(Socket::Public, |faults| faults.refuse = true);
    let cut = json!({"cmd": "cut", "socket": "public"});
    control.run_json(cut).unwrap();
}

#[test]
fn on_a_book_that_is_not_live_orders_are_refused_and_cancellations_are_not() {
    let venue = offered(64);
    let control = venue.control();
    let config = config_file(&venue, "");
    let process = real(&unique_name(), &config);
    let mut bot = Watched::start(&process.name);
    let open = bot.opens(1);
    cut_market_data(control);
    let text = bot.is_refused(1_000, BOOK_NOT_LIVE);
    assert!(text.contains("not live"), "{text}");
    let before = at_venue(control);
    for id in 2_000..2_005 {
        bot.refuses(id, BOOK_NOT_LIVE);
    }
    assert_eq!(at_venue(control), before);
    bot.cancels(open);
    control.faults(Socket::Public, |faults| faults.refuse = false);
    bot.opens(3_000);
}

#[test]
fn orders_go_out_on_a_book_that_is_not_live_where_that_is_allowed() {
    let venue = offered(65);
    let control = venue.control();
    let config = config_file(&venue, "");
    let allowed = [REAL, &["--require-live-book=false"]].concat();
    let process = BybitProcess::start(&unique_name(), &config, &allowed);
    let mut bot = Watched::start(&process.name);
    bot.opens(1);
    cut_market_data(control);
    bot.bot.elapse(1_000_000_000).unwrap();
    assert!(bot.rests(1_000), "{:?}", bot.rejects);
    assert_eq!(at_venue(control), 2);
}

#[test]
fn orders_are_refused_while_the_position_is_not_known_and_cancellations_are_not() {
    let venue = offered(66);
    let control = venue.control();
    let config = config_file(&venue, "");
    let process = real(&unique_name(), &config);
    let mut bot = Watched::start(&process.name);
    let open = bot.opens(1);
    let unreadable = json!({
        "cmd": "garble", "topic": "position", "field": "size", "value": "x", "of": XRP,
    });
    control.run_json(unreadable).unwrap();
    buy(&mut bot.bot, 900, 2.51, 10.0, TimeInForce::IOC);
    until(&mut bot.bot, "filled", |bot| {
        is_reported(bot, 900, Status::Filled)
    });
    let text = bot.is_refused(1_000, NO_POSITION);
    assert!(text.contains("position"), "{text}");
    // A bot that is started now reads 0 too.
    let mut other = Watched::start(&process.name);
    other.is_refused(100_000, NO_POSITION);
    assert!(other.bot.position(0).abs() < 1e-9);
    let before = at_venue(control);
    for id in 2_000..2_005 {
        bot.refuses(id, NO_POSITION);
    }
    assert_eq!(at_venue(control), before);
    bot.cancels(open);
    control.run_json(json!({"cmd": "clearFaults"})).unwrap();
    other.opens(200_000);
    assert!((other.bot.position(0) - 10.0).abs() < 1e-9);
    bot.opens(3_000);
}
