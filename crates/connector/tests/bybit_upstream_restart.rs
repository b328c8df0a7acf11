//! hftbacktest's own bot over a restart of `connector bybit`: it registers once and never again, and
//! takes every end as final.

use std::time::{Duration, Instant};

use crate::bybit_net::process::BybitProcess;
use crate::bybit_net::truth::ours;
use crate::bybit_net::{REAL, XRP, config_file, truth, venue};
use crate::support::names::unique_name;
use crate::support::upstream_bot::{UpstreamBot, buy, until, upstream_bot_on};
use hbl_fake_bybit::ControlHandle;
use hftbacktest::prelude::Bot;
use hftbacktest::types::{Order, Status, TimeInForce};

fn bot_on(connector: &str) -> UpstreamBot {
    upstream_bot_on(connector, (XRP, 0.0001, 0.1), |_| {})
}

fn order(bot: &UpstreamBot, id: u64) -> &Order {
    &bot.orders(0)[&id]
}

/// Sends orders under new ids until one is open: right after the start they are refused.
fn open(bot: &mut UpstreamBot, first_id: u64) -> u64 {
    for id in first_id.. {
        buy(bot, id, 2.40, 20.0, TimeInForce::GTC);
        until(bot, "an answer", |bot| order(bot, id).req == Status::None);
        if order(bot, id).status == Status::New {
            return id;
        }
        bot.elapse(20_000_000).unwrap();
    }
    unreachable!()
}

/// Cancels again after each reject; the order never ends without a report of the venue.
fn cancel(bot: &mut UpstreamBot, id: u64) {
    let end = Instant::now() + Duration::from_secs(30);
    while order(bot, id).status == Status::New {
        assert!(
            Instant::now() < end,
            "never cancelled: {:?}",
            order(bot, id)
        );
        if order(bot, id).cancellable() {
            bot.cancel(0, id, false).unwrap();
        }
        bot.elapse(5_000_000).unwrap();
    }
    assert_eq!(order(bot, id).status, Status::Canceled);
}

fn status_at_venue(control: &ControlHandle, id: u64) -> String {
    let orders = ours(&truth(control));
    orders[&id][0]["orderStatus"].as_str().unwrap().to_owned()
}

#[test]
fn its_orders_live_on_over_a_restart_and_it_can_cancel_them_and_send_new_ones() {
    let venue = venue(31);
    let control = venue.control();
    let config = config_file(&venue, "");
    let name = unique_name();
    let mut process = BybitProcess::start(&name, &config, REAL);
    let mut bot = bot_on(&name);
    let first = open(&mut bot, 1);
    let second = open(&mut bot, 101);

    process.kill();
    let mut process = BybitProcess::start(&name, &config, REAL);
    // The first request to the new session is a cancellation.
    cancel(&mut bot, first);
    assert_eq!(status_at_venue(control, first), "Cancelled");
    assert_eq!(status_at_venue(control, second), "New");
    let third = open(&mut bot, 201);

    process.kill();
    let process = BybitProcess::start(&name, &config, REAL);
    // The first request is a new order.
    let fourth = open(&mut bot, 301);
    for id in [second, third, fourth] {
        assert_eq!(status_at_venue(control, id), "New");
        cancel(&mut bot, id);
        assert_eq!(status_at_venue(control, id), "Cancelled");
    }

    // Another one finds and cancels what this one left, over a restart too.
    let left = open(&mut bot, 401);
    drop(bot);
    drop(process);
    let process = BybitProcess::start(&name, &config, REAL);
    let mut bot = bot_on(&name);
    until(&mut bot, "the order of the one before", |bot| {
        bot.orders(0).contains_key(&left)
    });
    cancel(&mut bot, left);
    assert_eq!(status_at_venue(control, left), "Cancelled");
    drop(process);
}
