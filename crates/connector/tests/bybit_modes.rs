//! `connector bybit` as a process against accounts and venues that are not the usual ones: hedge
//! mode, no trade socket, clocks that differ.

use std::time::Duration;

use crate::bybit_net::ledger::Ledger;
use crate::bybit_net::process::BybitProcess;
use crate::bybit_net::shm_bot::ShmBot;
use crate::bybit_net::truth::{differences, ours, position};
use crate::bybit_net::{
    REAL, XRP, config_file, config_without_trade, place, place_with, truth, venue, wait_until,
};
use crate::support::names::unique_name;
use hbl_fake_bybit::{ControlHandle, End, FakeBybit, Socket};
use hbl_venues::kit::codes;
use hbl_wire::{ControlEvent, VenueSocket};
use hftbacktest::types::{Side, Status, TimeInForce};
use serde_json::json;

/// A bot for XRPUSDT, whose book holds only what is placed in it: 100 on each side.
fn start(venue: &FakeBybit, config: &tempfile::TempPath) -> (BybitProcess, ShmBot) {
    let process = BybitProcess::start(&unique_name(), config, REAL);
    assert_eq!(process.ready["orders"], "real");
    let mut bot = ShmBot::xrp(&process);
    place(venue.control(), "Sell", "100.0", "2.5100");
    place(venue.control(), "Buy", "100.0", "2.4900");
    bot.until("a book", |l| !l.book[0].is_empty() && !l.book[1].is_empty());
    (process, bot)
}

/// The leg that an order of the bot was sent for, as the venue has it.
fn leg(control: &ControlHandle, id: u64) -> i64 {
    let truth = truth(control);
    ours(&truth)[&id][0]["positionIdx"].as_i64().unwrap()
}

fn take(bot: &mut ShmBot, id: u64, side: Side, qty: f64, position: f64) {
    let price = if side == Side::Buy { 25_100 } else { 24_900 };
    bot.submit(id, side, price, qty, TimeInForce::IOC);
    bot.until("filled", |ledger| ledger.is(id, Status::Filled));
    bot.until("the net position", |l| near(l.position, position));
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

#[test]
fn in_hedge_mode_orders_name_their_leg_and_both_legs_are_one_position() {
    for mode in ["", "position_mode = \"hedge\""] {
        let venue = venue(41);
        let control = venue.control();
        control.settings(|settings| settings.hedge = true);
        let (process, mut bot) = start(&venue, &config_file(&venue, mode));
        let rests = bot.open_order(1, Side::Sell, 26_000, 10.0);
        assert_eq!(
            leg(control, rests),
            2,
            "a sale without a long leg opens short"
        );
        bot.cancel(rests);
        bot.until("canceled", |ledger| ledger.is(rests, Status::Canceled));

        take(&mut bot, 100, Side::Buy, 20.0, 20.0);
        let short = json!({"owner": "account", "orderLinkId": "by-hand", "positionIdx": 2});
        place_with(control, "Sell", "8.0", "2.4900", short);
        bot.until("both legs", |ledger| near(ledger.position, 12.0));
        take(&mut bot, 101, Side::Sell, 5.0, 7.0);
        take(&mut bot, 102, Side::Buy, 3.0, 10.0);
        take(&mut bot, 103, Side::Buy, 9.0, 19.0);
        let legs = [100, 101, 102, 103].map(|id| leg(control, id));
        assert_eq!(
            legs,
            [1, 1, 2, 1],
            "opens, closes, closes, too big to close"
        );

        // What happens while the private socket is down is read over REST, leg by leg.
        let before = bot.ledger.sides.len();
        control.faults(Socket::Private, |faults| faults.refuse_ms = 300);
        control
            .run_json(json!({"cmd": "cut", "socket": "private", "end": End::Reset}))
            .unwrap();
        let short = json!({"owner": "account", "orderLinkId": "by-hand-2", "positionIdx": 2});
        place_with(control, "Sell", "4.0", "2.4900", short);
        let is_up = |event: &ControlEvent| {
            matches!(
                event,
                ControlEvent::Socket {
                    socket: VenueSocket::Private,
                    up: true,
                    ..
                }
            )
        };
        bot.until("the socket", |l| l.sides[before..].iter().any(is_up));
        bot.until("the position", |ledger| near(ledger.position, 15.0));
        let mut late = ShmBot::xrp(&process);
        late.until("the position", |ledger| near(ledger.position, 15.0));
        assert!(near(position(&truth(control), XRP), 15.0));
        bot.until("as at the venue", |ledger| {
            differences(ledger, control, XRP, 0.0001, 50).is_empty()
        });
    }
}

#[test]
fn without_a_trade_socket_orders_live_change_and_end_over_rest() {
    let venue = venue(42);
    let control = venue.control();
    // Whoever tries it all the same is turned away.
    control.faults(Socket::Trade, |faults| faults.refuse = true);
    let config = config_without_trade(&venue, "environment = \"demo\"");
    let (_process, mut bot) = start(&venue, &config);
    let id = bot.open_order(1, Side::Buy, 24_000, 20.0);
    assert_eq!(leg(control, id), 0, "one-way");
    bot.amend(id, 25_000, 30.0);
    bot.until("amended", |ledger| {
        let last = &ledger.orders[&id].last;
        last.price_tick == 25_000 && last.qty == 30.0
    });
    place(control, "Sell", "12.5", "2.5000");
    bot.until("partly filled", |ledger| ledger.orders[&id].filled > 12.4);
    bot.cancel(id);
    bot.until("canceled", |ledger| ledger.is(id, Status::Canceled));
    take(&mut bot, 100, Side::Buy, 7.5, 20.0);

    // Refused by the venue, by its own number.
    control
        .reply(serde_json::from_value(json!({"op": "order.create", "retCode": 110_007})).unwrap());
    bot.submit(101, Side::Buy, 24_000, 5.0, TimeInForce::GTC);
    bot.until("refused", |ledger| ledger.is(101, Status::Expired));
    let reported = |e: &ControlEvent| {
        matches!(
            e,
            ControlEvent::Reject {
                order_id: 101,
                code: 110_007,
                ..
            }
        )
    };
    bot.until("the reason", |ledger| ledger.count(reported) == 1);

    // Taken by the venue, and the answer is lost: asked for, not sent again, not given up.
    control.reply(serde_json::from_value(json!({"op": "order.create", "shape": "none"})).unwrap());
    bot.submit(102, Side::Buy, 24_000, 5.0, TimeInForce::GTC);
    bot.until("open", |ledger| ledger.is(102, Status::New));

    // A cancel-all without batches: each by itself, under the quota.
    for id in 103..106 {
        bot.submit(id, Side::Sell, 26_000, 5.0, TimeInForce::GTC);
        bot.until("open", |ledger| ledger.is(id, Status::New));
    }
    bot.cancel_all();
    bot.until("all canceled", |ledger| {
        (102..106).all(|id| ledger.is(id, Status::Canceled))
    });

    // More than the quota takes: sent or refused by name, and never turned away by the venue.
    for id in 200..240 {
        bot.submit(id, Side::Buy, 24_000, 5.0, TimeInForce::GTC);
    }
    bot.until("an answer to each", |ledger| {
        let answered = |id| ledger.is(id, Status::New) || ledger.is(id, Status::Expired);
        (200..240).all(answered)
    });
    let refused = (200..240).filter(|id| bot.ledger.is(*id, Status::Expired));
    let limited = |e: &ControlEvent| {
        matches!(
            e,
            ControlEvent::Reject {
                code: codes::RATE_LIMITED,
                ..
            }
        )
    };
    let (refused, by_name) = (refused.count(), bot.ledger.count(limited));
    assert!(
        refused > 0 && refused < 40 && refused == by_name,
        "{refused}, {by_name}"
    );
    bot.until("as at the venue", |l| {
        differences(l, control, XRP, 0.0001, 50).is_empty()
    });
    for name in [
        "connect.trade",
        "order.create.trade",
        "rateLimited",
        "banned",
    ] {
        assert_eq!(control.counter(name), 0, "{name}");
    }
    assert!(control.counter("order.create.rest") > 5);
}

/// Sends an order under a new id each time until the answer is as wanted.
fn try_until(bot: &mut ShmBot, ids: &mut u64, what: &str, is_it: impl Fn(&ShmBot, u64) -> bool) {
    let end = std::time::Instant::now() + Duration::from_secs(40);
    loop {
        assert!(
            std::time::Instant::now() < end,
            "never: {what}; {:?}",
            bot.ledger.sides
        );
        *ids += 1;
        let id = *ids;
        bot.submit(id, Side::Buy, 24_000, 5.0, TimeInForce::GTC);
        bot.until("an answer", |ledger| ledger.orders.contains_key(&id));
        bot.run_for(Duration::from_millis(50));
        if is_it(bot, id) {
            return;
        }
    }
}

fn is_refused(ledger: &Ledger, id: u64, wanted: i64, words: &str) -> bool {
    let reported = |event: &ControlEvent| {
        matches!(event, ControlEvent::Reject { order_id, code, text, .. }
            if *order_id == id && *code == wanted && text.contains(words))
    };
    ledger.is(id, Status::Expired) && ledger.count(reported) == 1
}

#[test]
fn while_the_clocks_differ_orders_are_refused_by_name_and_market_data_goes_on() {
    let venue = venue(43);
    let control = venue.control();
    // Half a minute: logins and REST calls are signed by the venue's clock all the same.
    control.settings(|settings| settings.clock_skew_ms = 30_000);
    let (_process, mut bot) = start(&venue, &config_file(&venue, ""));
    let mut ids = 0;
    try_until(&mut bot, &mut ids, "the clock", |bot, id| {
        is_refused(
            &bot.ledger,
            id,
            codes::CLOCK_OFF,
            "ms from the venue's; set it right",
        )
    });
    assert_eq!(control.counter("order.create.trade"), 0, "none was sent");
    place(control, "Sell", "5.0", "2.5200");
    bot.until("more of the book", |l| l.book[1].contains_key(&25_200));
    control.settings(|settings| settings.clock_skew_ms = 0);
    try_until(&mut bot, &mut ids, "an order", |bot, id| {
        bot.ledger.is(id, Status::New)
    });
}

#[test]
fn a_clock_that_the_venue_finds_wrong_later_on_is_compared_at_once() {
    let venue = venue(44);
    let control = venue.control();
    let (_process, mut bot) = start(&venue, &config_file(&venue, ""));
    bot.open_order(1, Side::Buy, 24_000, 5.0);
    wait_until("the login", || control.counter("auth.trade") == 1);
    // Ours is ahead: the venue takes nothing from its future.
    control.settings(|settings| settings.clock_skew_ms = -3_000);
    bot.submit(100, Side::Buy, 24_000, 5.0, TimeInForce::GTC);
    bot.until("refused", |ledger| is_refused(ledger, 100, 10_002, ""));
    let mut ids = 100;
    try_until(&mut bot, &mut ids, "the clock", |bot, id| {
        is_refused(&bot.ledger, id, codes::CLOCK_OFF, "set it right")
    });
    control.settings(|settings| settings.clock_skew_ms = 0);
    try_until(&mut bot, &mut ids, "an order", |bot, id| {
        bot.ledger.is(id, Status::New)
    });
}
