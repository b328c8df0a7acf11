use std::collections::BTreeMap;

use super::super::synth;
use super::*;
use crate::kit::notice::Notice;
use crate::replay::config::Speed;
use hftbacktest::types::{DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT, OrdType, Side, Status, TimeInForce};

mod odd;

const START_NS: i64 = 1_700_000_000_000_000_000;
const STEPS: u64 = 50;

fn at(us: u64) -> Now {
    let mono_ns = 1_000_000_000 + us * 1_000;
    Now {
        mono_ns,
        unix_ns: 1_800_000_000_000_000_000 + mono_ns as i64,
    }
}

fn recording(folder: &std::path::Path) -> ReplayConfig {
    let path = folder.join("btcusdt_20240808.gz");
    synth::write_lines(&path, &synth::usdm_lines("BTCUSDT", START_NS, STEPS)).unwrap();
    ReplayConfig {
        files: vec![path],
        speed: Speed::Max,
        ..ReplayConfig::default()
    }
}

fn run(venue: &mut ReplayVenue, from_us: u64, to_us: u64) -> Vec<VenueEvent> {
    let mut out = Vec::new();
    for us in (from_us..to_us).step_by(100) {
        venue.poll(at(us), &mut out);
    }
    out
}

fn feeds(events: &[VenueEvent]) -> Vec<Event> {
    events
        .iter()
        .filter_map(|event| match event {
            VenueEvent::Feed { event, .. } => Some(event.clone()),
            _ => None,
        })
        .collect()
}

/// The book of someone who applies the events one by one; panics when it is ever crossed.
fn book_of(events: &[Event]) -> (BTreeMap<i64, f64>, BTreeMap<i64, f64>) {
    let (mut bids, mut asks) = (BTreeMap::new(), BTreeMap::new());
    for event in events.iter().filter(|event| event.is(DEPTH_EVENT)) {
        let side = if event.is(LOCAL_BID_DEPTH_EVENT) {
            &mut bids
        } else {
            &mut asks
        };
        let tick = (event.px * 10.0).round() as i64;
        if event.qty > 0.0 {
            side.insert(tick, event.qty)
        } else {
            side.remove(&tick)
        };
        if let (Some(bid), Some(ask)) = (bids.keys().next_back(), asks.keys().next()) {
            assert!(bid < ask, "crossed at {event:?}");
        }
    }
    (bids, asks)
}

#[test]
fn nothing_plays_before_a_bot_registers() {
    let folder = tempfile::tempdir().unwrap();
    let mut venue = ReplayVenue::new(recording(folder.path()), at(0)).unwrap();
    assert!(run(&mut venue, 0, 10_000).is_empty());
    venue.register(at(10_000), "BTCUSDT", 0.1, 0.001).unwrap();
    let events = run(&mut venue, 10_000, 100_000);
    assert!(venue.is_finished());
    let (bids, asks) = book_of(&feeds(&events));
    assert_eq!(bids.iter().next_back(), Some((&1050, &1.5)));
    assert_eq!(asks.iter().next(), Some((&1051, &1.25)));
    assert!(
        !bids.contains_key(&500),
        "what the snapshot made void is never reported"
    );
    assert!(
        !bids.contains_key(&998),
        "what came before the snapshot but belongs after it counts"
    );
    let trades = feeds(&events)
        .iter()
        .filter(|event| !event.is(DEPTH_EVENT))
        .count();
    assert_eq!(trades as u64, STEPS);
    assert!(matches!(
        events.last(),
        Some(VenueEvent::Notice(Notice {
            code: codes::END_OF_DATA,
            ..
        }))
    ));
}

#[test]
fn speed_stretches_recorded_time() {
    let folder = tempfile::tempdir().unwrap();
    let config = ReplayConfig {
        speed: Speed::Times(2.0),
        ..recording(folder.path())
    };
    let mut venue = ReplayVenue::new(config, at(0)).unwrap();
    venue.register(at(0), "BTCUSDT", 0.1, 0.001).unwrap();
    // 153 messages one millisecond apart take 76 ms at twice the speed.
    run(&mut venue, 0, 75_000);
    assert!(!venue.is_finished());
    run(&mut venue, 75_000, 78_000);
    assert!(venue.is_finished());
}

#[test]
fn a_step_plays_one_message() {
    let folder = tempfile::tempdir().unwrap();
    let config = ReplayConfig {
        speed: Speed::Step,
        ..recording(folder.path())
    };
    let mut venue = ReplayVenue::new(config, at(0)).unwrap();
    venue.register(at(0), "BTCUSDT", 0.1, 0.001).unwrap();
    assert!(run(&mut venue, 0, 1_000).is_empty());
    for _ in 0..3 {
        venue.step();
    }
    let events = feeds(&run(&mut venue, 1_000, 2_000));
    assert_eq!(
        events.len(),
        4,
        "the snapshot without the level that was deleted: {events:?}"
    );
    assert_eq!(venue.counters(0).messages, 3);
}

#[test]
fn times_are_shifted_to_now_and_keep_the_recorded_latency() {
    let folder = tempfile::tempdir().unwrap();
    for rebase_time in [true, false] {
        let config = ReplayConfig {
            rebase_time,
            ..recording(folder.path())
        };
        let mut venue = ReplayVenue::new(config, at(0)).unwrap();
        venue.register(at(0), "BTCUSDT", 0.1, 0.001).unwrap();
        let events = feeds(&run(&mut venue, 0, 100_000));
        let base = if rebase_time { at(0).unix_ns } else { START_NS };
        assert!(
            events
                .iter()
                .all(|event| (base..base + 1_000_000_000).contains(&event.local_ts))
        );
        let first = &events[0];
        assert_eq!(
            first.local_ts - first.exch_ts,
            3_000_000,
            "rebased: {rebase_time}"
        );
    }
}

#[test]
fn a_loop_starts_with_an_empty_book_and_later_times() {
    let folder = tempfile::tempdir().unwrap();
    let config = ReplayConfig {
        repeat: true,
        rebase_time: false,
        ..recording(folder.path())
    };
    let mut venue = ReplayVenue::new(config, at(0)).unwrap();
    venue.register(at(0), "BTCUSDT", 0.1, 0.001).unwrap();
    let mut out = Vec::new();
    let mut us = 0;
    while venue.counters(0).messages < 400 {
        venue.poll(at(us), &mut out);
        us += 100;
    }
    let events = feeds(&out);
    book_of(&events);
    assert!(
        events
            .windows(2)
            .all(|pair| pair[0].local_ts <= pair[1].local_ts)
    );
    assert!(!venue.is_finished());
}

#[test]
fn a_late_joiner_gets_the_book_as_it_was_published() {
    let folder = tempfile::tempdir().unwrap();
    let config = ReplayConfig {
        wait_for_bot: false,
        ..recording(folder.path())
    };
    let mut venue = ReplayVenue::new(config, at(0)).unwrap();
    let published = book_of(&feeds(&run(&mut venue, 0, 100_000)));
    venue.register(at(100_000), "BTCUSDT", 0.1, 0.001).unwrap();
    let mut levels = Vec::new();
    venue.book(at(100_000), 0, &mut levels);
    assert_eq!(book_of(&levels), published);
}

#[test]
fn sizes_that_cannot_show_the_recording_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut venue = ReplayVenue::new(recording(folder.path()), at(0)).unwrap();
    let coarse = venue.register(at(0), "BTCUSDT", 0.5, 0.001).unwrap_err();
    assert_eq!(coarse.code, codes::SIZE_MISMATCH);
    assert!(
        coarse.text.contains("0.1") && coarse.text.contains("0.5"),
        "{}",
        coarse.text
    );
    assert_eq!(
        venue
            .register(at(0), "ETHUSDT", 0.1, 0.001)
            .unwrap_err()
            .code,
        codes::SYMBOL_UNKNOWN
    );
    let near = venue
        .register(at(0), "BTC-USDT", 0.1, 0.001)
        .unwrap_err()
        .text;
    assert!(near.ends_with("; did you mean BTCUSDT?"), "{near}");
    assert_eq!(venue.register(at(0), "BTCUSDT", 0.01, 0.001), Ok(0));
}

#[test]
fn orders_fill_against_the_recorded_book() {
    let folder = tempfile::tempdir().unwrap();
    let config = ReplayConfig {
        speed: Speed::Times(1.0),
        ..recording(folder.path())
    };
    let mut venue = ReplayVenue::new(config, at(0)).unwrap();
    venue.register(at(0), "BTCUSDT", 0.1, 0.001).unwrap();
    run(&mut venue, 0, 10_000);
    let order = |handle, side, price_tick, time_in_force| NewOrder {
        handle,
        owner: 1,
        order_id: handle,
        price_tick,
        qty: 0.1,
        side,
        order_type: OrdType::Limit,
        time_in_force,
        deadline_ns: u64::MAX,
    };
    // The price climbs: an offer above it is reached later, a far bid never.
    venue.submit(at(10_000), 0, &order(1, Side::Buy, 1080, TimeInForce::IOC));
    venue.submit(at(10_000), 0, &order(2, Side::Sell, 1030, TimeInForce::GTX));
    venue.submit(at(10_000), 0, &order(3, Side::Buy, 900, TimeInForce::GTC));
    venue.cancel(at(20_000), 0, 3);
    let events = run(&mut venue, 10_000, 160_000);
    let last = |handle| {
        events
            .iter()
            .filter_map(|event| match event {
                VenueEvent::Order(report) if report.handle == handle => Some(report.status),
                _ => None,
            })
            .next_back()
    };
    assert_eq!(last(1), Some(Status::Filled));
    assert_eq!(last(2), Some(Status::Filled));
    assert_eq!(last(3), Some(Status::Canceled));
    assert!(
        venue.position(0).unwrap().abs() < 1e-12,
        "bought and sold the same"
    );
}

#[test]
fn a_gap_is_reported_and_empties_the_book() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.gz");
    let mut lines = synth::usdm_lines("BTCUSDT", START_NS, 10);
    // The fourth depth message after the snapshot is lost.
    let lost = lines
        .iter()
        .enumerate()
        .filter(|(_, (_, json))| json.contains("depthUpdate"))
        .nth(5)
        .unwrap()
        .0;
    lines.remove(lost);
    synth::write_lines(&path, &lines).unwrap();
    let config = ReplayConfig {
        files: vec![path],
        speed: Speed::Max,
        ..ReplayConfig::default()
    };
    let mut venue = ReplayVenue::new(config, at(0)).unwrap();
    venue.register(at(0), "BTCUSDT", 0.1, 0.001).unwrap();
    let events = run(&mut venue, 0, 100_000);
    assert!(
        events
            .iter()
            .any(|event| matches!(event, VenueEvent::FeedStale { symbol: 0 }))
    );
    assert_eq!(venue.counters(0).gaps, 1);
    let (bids, asks) = book_of(&feeds(&events));
    assert!(bids.is_empty() && asks.is_empty());
}

#[test]
fn the_sizes_that_the_recording_shows_are_those_it_registers() {
    let folder = tempfile::tempdir().unwrap();
    let mut venue = ReplayVenue::new(recording(folder.path()), at(0)).unwrap();
    assert_eq!(venue.sizes("BTCUSDT"), Some((0.1, 0.01)));
    assert!(venue.register(at(0), "BTCUSDT", 0.1, 0.01).is_ok());
    assert_eq!(venue.sizes("NOSUCH"), None);
}
