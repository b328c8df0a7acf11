//! The order quota over real sockets: `connector bybit` with the fake venue behind it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod support;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use hbl_fake_bybit::{Config, FakeBybit};
use hftbacktest::depth::MarketDepth;
use hftbacktest::prelude::Bot;
use hftbacktest::types::{OrdType, Status, TimeInForce};
use support::{Connector, UpstreamBot, unique_name, until, upstream_bot};

/// The venue with a quota of `per_second`, the connector, and a bot that has a book.
struct Rig {
    venue: FakeBybit,
    _config: tempfile::TempPath,
    _connector: Connector,
    bot: UpstreamBot,
}

impl Rig {
    fn start(seed: u64, per_second: u32) -> Self {
        let config = Config {
            seed,
            ..Config::default()
        };
        let venue = FakeBybit::start(config).unwrap();
        venue
            .control()
            .settings(|settings| settings.order_rate = per_second);
        let urls = venue.urls();
        let text = format!(
            "public_url = \"{}\"\nprivate_url = \"{}\"\ntrade_url = \"{}\"\nrest_url = \"{}\"\napi_key = \"LOOPKEY0000000001\"\nsecret = \"loopback-secret-0001\"\n",
            urls.public_linear, urls.private, urls.trade, urls.rest
        );
        let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let permissions = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(file.path(), permissions).unwrap();
        let config = file.into_temp_path();
        let name = unique_name();
        let path = config.to_str().unwrap();
        let connector = Connector::start(&[&name, "bybit", path, "--paper=false"]);
        let mut bot = upstream_bot(&name, 0.1, 0.001, |_| {});
        until(&mut bot, "a book", |bot| {
            bot.depth(0).best_bid() < bot.depth(0).best_ask()
        });
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
            self.bot
                .submit_buy_order(0, id, px, 0.001, TimeInForce::GTC, OrdType::Limit, false)
                .unwrap();
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
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(rig.venue.control().counter("rateLimited"), 0);
}

#[test]
fn orders_that_the_venue_refuses_for_its_quota_end_within_seconds() {
    // Less than the documented quota: the first burst is too much.
    let mut rig = Rig::start(52, 5);
    let (open, ended, took) = rig.burst(10);
    assert_eq!((open, ended), (5, 5));
    assert!(took < Duration::from_secs(6), "{took:?}");
    assert_eq!(rig.venue.control().counter("rateLimited"), 5);
}
