//! The order quota over real sockets: `connector bybit` with the fake venue behind it.

use std::time::{Duration, Instant};

use crate::bybit_net::{REAL, config_with_keys, venue};
use crate::support::connector::Connector;
use crate::support::names::unique_name;
use crate::support::upstream_bot::{UpstreamBot, buy, has_book, until, upstream_bot};
use hbl_fake_bybit::FakeBybit;
use hftbacktest::depth::MarketDepth;
use hftbacktest::prelude::Bot;
use hftbacktest::types::{Status, TimeInForce};

/// The venue with a quota of `per_second`, the connector, and a bot that has a book.
struct Rig {
    venue: FakeBybit,
    _config: tempfile::TempPath,
    _connector: Connector,
    bot: UpstreamBot,
}

impl Rig {
    fn start(seed: u64, per_second: u32) -> Self {
        let venue = venue(seed);
        venue
            .control()
            .settings(|settings| settings.order_rate = per_second);
        let config = config_with_keys(&venue, "");
        let name = unique_name();
        let path = config.to_str().unwrap();
        let connector = Connector::start(&[&name, "bybit", path, REAL[0]]);
        let mut bot = upstream_bot(&name, 0.1, 0.001, |_| {});
        until(&mut bot, "a book", has_book);
        // Market data may be there before the trade connection is.
        bot.elapse(1_000_000_000).unwrap();
        Self {
            venue,
            _config: config,
            _connector: connector,
            bot,
        }
    }

    /// Sends resting orders at once; how many are open and how many have ended once all are known,
    /// and how long that took.
    fn burst(&mut self, count: u64) -> (usize, usize, Duration) {
        let bid = self.bot.depth(0).best_bid();
        let px = ((bid * 0.9) * 10.0).round() / 10.0;
        let start = Instant::now();
        for id in 1..=count {
            buy(&mut self.bot, id, px, 0.001, TimeInForce::GTC);
        }
        let with = |bot: &UpstreamBot, status: Status| {
            let orders = bot.orders(0).values();
            orders
                .filter(|order| order.status == status && order.req == Status::None)
                .count()
        };
        until(&mut self.bot, "a report of every order", |bot| {
            with(bot, Status::New) + with(bot, Status::Expired) == usize::try_from(count).unwrap()
        });
        let (open, ended) = (
            with(&self.bot, Status::New),
            with(&self.bot, Status::Expired),
        );
        (open, ended, start.elapsed())
    }
}

#[test]
fn a_burst_is_kept_within_the_venues_quota_and_the_rest_is_refused_at_once() {
    let mut rig = Rig::start(51, 10);
    let (open, ended, took) = rig.burst(16);
    assert_eq!((open, ended), (10, 6));
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert_eq!(rig.venue.control().counter("rateLimited"), 0);
}

#[test]
fn orders_that_the_venue_refuses_for_its_quota_end_within_seconds() {
    // Less than the documented quota: the first burst is too much.
    let mut rig = Rig::start(52, 5);
    let (open, ended, took) = rig.burst(10);
    assert_eq!((open, ended), (5, 5));
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(rig.venue.control().counter("rateLimited"), 5);
}
