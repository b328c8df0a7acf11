//! Silence of Bybit's public socket, through the core: the connection stays open, and nothing comes.

use crate::bybit_script::{Script, settings};
use hbl_venues::bybit::core::{CoreSettings, Socket};
use hbl_venues::kit::venue::VenueEvent;

fn ready(depths: &[u32]) -> Script {
    let settings = CoreSettings {
        depths: depths.to_vec(),
        ..settings()
    };
    Script::ready_with(settings, 0.5, 0.1)
}

/// How long until the book is stale, ms; a minute and a half at most.
fn until_stale(venue: &mut Script) -> Option<u64> {
    let from = venue.ms;
    let is_stale =
        |venue: &Script| venue.is_reported(|event| matches!(event, VenueEvent::FeedStale { .. }));
    while !is_stale(venue) && venue.ms < from + 90_000 {
        venue.pass(10);
    }
    is_stale(venue).then(|| venue.ms - from)
}

#[test]
fn a_socket_that_answers_nothing_is_stale_within_ten_seconds_whatever_its_depths() {
    for depths in [&[1][..], &[1, 50], &[50], &[200, 1000]] {
        // The last message may be of any depth, and any time before a ping.
        for last in depths {
            for after in [0, 900, 2900] {
                let mut venue = ready(depths);
                for depth in depths {
                    venue.snapshot(*depth);
                }
                venue.pass(after);
                venue.u += 1;
                venue.snapshot(*last);
                venue.mute.extend(["ping", "subscribe", "unsubscribe"]);
                let took = until_stale(&mut venue);
                let is_soon = took.is_some_and(|ms| ms <= 10_000);
                assert!(is_soon, "{depths:?} {last} {after}: {took:?}");
            }
        }
    }
}

#[test]
fn best_prices_that_stop_while_pongs_come_are_stale_within_ten_seconds() {
    for depths in [&[1][..], &[1, 50]] {
        let mut venue = ready(depths);
        venue.books = false;
        let took = until_stale(&mut venue);
        assert!(took.is_some_and(|ms| ms <= 10_000), "{depths:?}: {took:?}");
    }
}

#[test]
fn a_quiet_deep_book_whose_venue_answers_pings_stays_live() {
    let mut venue = ready(&[50]);
    venue.pass(36_000);
    assert!(!venue.is_reported(|event| matches!(event, VenueEvent::FeedStale { .. })));
    let sent = venue.sent.iter();
    let pings = sent.filter(|(socket, frame)| *socket == Socket::Public && frame["op"] == "ping");
    let pings = pings.count();
    assert!((7..=9).contains(&pings), "{pings}");
}
