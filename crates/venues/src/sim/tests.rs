use hftbacktest::types::{
    LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT, OrdType, Side, Status, TimeInForce,
};

use super::*;
use crate::kit::venue::OrderReport;

fn at(ms: u64) -> Now {
    let mono_ns = 1_000_000_000 + ms * 1_000_000;
    Now {
        mono_ns,
        unix_ns: 1_700_000_000_000_000_000 + mono_ns as i64,
    }
}

fn venue() -> SimVenue {
    SimVenue::new(&SimConfig::default(), at(0)).unwrap()
}

/// Polls every millisecond.
fn run(venue: &mut SimVenue, from_ms: u64, to_ms: u64) -> Vec<VenueEvent> {
    let mut out = Vec::new();
    for ms in from_ms..=to_ms {
        venue.poll(at(ms), &mut out);
    }
    out
}

fn feeds(events: &[VenueEvent]) -> impl Iterator<Item = &Event> {
    events.iter().filter_map(|event| match event {
        VenueEvent::Feed { event, .. } => Some(event),
        _ => None,
    })
}

fn best(venue: &SimVenue, flags: u64) -> f64 {
    let mut levels = Vec::new();
    venue.book(at(0), 0, &mut levels);
    levels.iter().find(|level| level.ev == flags).unwrap().px
}

#[test]
fn the_default_flow_has_about_two_thousand_events_a_second() {
    let mut venue = venue();
    run(&mut venue, 0, 1000);
    let count = feeds(&run(&mut venue, 1001, 6000)).count();
    assert!((8_000..12_500).contains(&count), "{count} in five seconds");
}

#[test]
fn times_are_unix_and_events_apply_to_an_uncrossed_book() {
    let mut venue = venue();
    let events = run(&mut venue, 0, 500);
    for event in feeds(&events) {
        assert!(
            (at(0).unix_ns..=at(500).unix_ns).contains(&event.exch_ts),
            "{event:?}"
        );
        assert!(event.local_ts >= event.exch_ts);
    }
    assert!(best(&venue, LOCAL_BID_DEPTH_EVENT) < best(&venue, LOCAL_ASK_DEPTH_EVENT));
}

#[test]
fn a_book_is_synced_when_it_has_had_both_sides_and_that_is_reported_once() {
    let mut venue = venue();
    assert!(!venue.is_book_synced(0), "a market begins empty");
    let events = run(&mut venue, 0, 500);
    assert!(venue.is_book_synced(0));
    let sides = |events: &[VenueEvent]| {
        let of = |side: u64| feeds(events).any(|event| event.ev == side);
        (of(LOCAL_BID_DEPTH_EVENT), of(LOCAL_ASK_DEPTH_EVENT))
    };
    let is_live = |event: &VenueEvent| matches!(event, VenueEvent::FeedLive { symbol: 0 });
    let at = events.iter().position(is_live).unwrap();
    assert_eq!(sides(&events[..at]), (true, true));
    assert_ne!(sides(&events[..at - 1]), (true, true));
    assert_eq!(events.iter().filter(|event| is_live(event)).count(), 1);
    assert!(!venue.is_book_synced(99), "no such symbol");
}

#[test]
fn levels_of_one_change_come_as_one_batch() {
    let mut venue = venue();
    let (mut depth, mut batches) = (0, 0);
    for event in run(&mut venue, 0, 2000) {
        match event {
            VenueEvent::FeedBatchStart { .. } => (depth, batches) = (depth + 1, batches + 1),
            VenueEvent::FeedBatchEnd { .. } => depth -= 1,
            _ => {}
        }
        assert!((0..=1).contains(&depth));
    }
    assert!(
        batches > 1,
        "the first book at least is a batch for each symbol"
    );
}

#[test]
fn wrong_sizes_and_unknown_symbols_are_refused_in_words() {
    let mut venue = venue();
    assert_eq!(venue.register(at(0), "BTCUSDT", 0.1, 0.001), Ok(0));
    let wrong = venue.register(at(0), "BTCUSDT", 0.5, 0.001).unwrap_err();
    assert_eq!(wrong.code, codes::SIZE_MISMATCH);
    assert!(wrong.text.contains("0.1"), "{}", wrong.text);
    let unknown = venue.register(at(0), "NOPE", 0.1, 0.001).unwrap_err();
    assert_eq!(unknown.code, codes::SYMBOL_UNKNOWN);
    assert!(unknown.text.contains("BTCUSDT"), "{}", unknown.text);
    let near = venue.register(at(0), "btcusd", 0.1, 0.001).unwrap_err();
    assert!(
        near.text.ends_with("; did you mean BTCUSDT?"),
        "{}",
        near.text
    );
}

#[test]
fn an_order_rests_is_canceled_and_a_crossing_one_fills_and_moves_the_position() {
    let mut venue = venue();
    run(&mut venue, 0, 10);
    let ask = best(&venue, LOCAL_ASK_DEPTH_EVENT);
    let tick = (ask / 0.1).round() as i64;
    let order = |handle, price_tick, time_in_force| NewOrder {
        handle,
        owner: 1,
        order_id: handle,
        price_tick,
        qty: 0.002,
        side: Side::Buy,
        order_type: OrdType::Limit,
        time_in_force,
        deadline_ns: u64::MAX,
    };
    venue.submit(at(11), 0, &order(1, tick - 500, TimeInForce::GTC));
    venue.cancel(at(12), 0, 1);
    venue.submit(at(12), 0, &order(2, tick + 100, TimeInForce::IOC));
    venue.submit(at(12), 0, &order(3, tick + 100, TimeInForce::GTX));
    let events = run(&mut venue, 11, 30);
    let statuses = |handle| {
        events
            .iter()
            .filter_map(|event| match event {
                VenueEvent::Order(report) if report.handle == handle => Some(report.status),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(statuses(1), [Status::New, Status::Canceled]);
    assert_eq!(statuses(2).last(), Some(&Status::Filled));
    assert_eq!(statuses(3), [Status::Expired]);
    let mut ids = std::collections::HashSet::new();
    for event in &events {
        let VenueEvent::Order(report) = event else {
            continue;
        };
        let Some(details) = report.details.as_deref() else {
            assert_eq!(report.exec_qty, 0.0, "an execution without details");
            continue;
        };
        let value = report.exec_qty * report.exec_price_tick as f64 * 0.1;
        let fee = details.fee.unwrap();
        assert!(
            (fee - value * 0.0005).abs() < 1e-9 && fee > 0.0,
            "{fee} of {value}"
        );
        assert!(format!("{fee}").len() < 14, "{fee}: noise of floats");
        assert_eq!(details.fee_coin.as_deref(), Some("USDT"));
        assert!(
            ids.insert(details.trade_id.clone().unwrap()),
            "an id of its own"
        );
    }
    assert!(!ids.is_empty());
    let refused = events.iter().any(|event| {
        matches!(
            event,
            VenueEvent::Order(OrderReport {
                handle: 3,
                reject: Some(_),
                ..
            })
        )
    });
    assert!(
        refused,
        "a post-only order that would take says why it ended"
    );
    assert!((venue.position(0).unwrap() - 0.002).abs() < 1e-12);
}

#[test]
fn a_process_that_was_held_up_does_not_send_a_burst() {
    let mut venue = venue();
    run(&mut venue, 0, 100);
    let mut out = Vec::new();
    venue.poll(at(60_000), &mut out);
    assert!(feeds(&out).count() < 2_000, "{}", out.len());
    let later = run(&mut venue, 60_001, 61_000);
    assert!(feeds(&later).count() > 1_000, "it goes on at its rate");
}

#[test]
fn a_wall_clock_step_changes_timestamps_only() {
    let mut venue = venue();
    run(&mut venue, 0, 100);
    let mut out = Vec::new();
    let hour = 3_600_000_000_000;
    for ms in 101..=1100 {
        let now = at(ms);
        venue.poll(
            Now {
                unix_ns: now.unix_ns - hour,
                ..now
            },
            &mut out,
        );
    }
    assert!(feeds(&out).count() > 1_000);
    assert!(feeds(&out).all(|event| event.local_ts - event.exch_ts < 10_000_000));
}

#[test]
fn the_sizes_that_the_venue_tells_are_those_it_registers() {
    let mut venue = venue();
    let (tick, lot) = venue.sizes("ETHUSDT").unwrap();
    assert!(venue.register(at(0), "ETHUSDT", tick, lot).is_ok());
    assert_eq!(venue.sizes("NOSUCH"), None);
}

fn fills(events: &[VenueEvent]) -> Vec<(f64, f64)> {
    let fill = |event: &VenueEvent| match event {
        VenueEvent::Order(report) if report.exec_qty > 0.0 => {
            Some((report.exec_price_tick as f64 * 0.1, report.exec_qty))
        }
        _ => None,
    };
    events.iter().filter_map(fill).collect()
}

fn balances_of(events: &[VenueEvent]) -> Vec<Balance> {
    let balance = |event: &VenueEvent| match event {
        VenueEvent::Balance(balance) => Some(balance.clone()),
        _ => None,
    };
    events.iter().filter_map(balance).collect()
}

#[test]
fn a_balance_after_fills_is_what_was_there_less_fees_and_with_the_profit_of_the_position() {
    let mut venue = venue();
    run(&mut venue, 0, 10);
    let mut known = Vec::new();
    venue.balances(at(10), &mut known);
    let [start] = known.as_slice() else {
        panic!("{known:?}")
    };
    assert_eq!((start.coin.as_str(), start.wallet_balance), ("USDT", 1e6));
    assert_eq!((start.equity, start.unrealised_pnl), (1e6, 0.0));

    let tick = (best(&venue, LOCAL_ASK_DEPTH_EVENT) / 0.1).round() as i64;
    let order = |handle, side, price_tick| NewOrder {
        handle,
        owner: 1,
        order_id: handle,
        price_tick,
        qty: 0.5,
        side,
        order_type: OrdType::Limit,
        time_in_force: TimeInForce::IOC,
        deadline_ns: u64::MAX,
    };
    venue.submit(at(11), 0, &order(1, Side::Buy, tick + 1000));
    let bought = run(&mut venue, 11, 20);
    let value = |fills: &[(f64, f64)]| fills.iter().map(|(px, qty)| px * qty).sum::<f64>();
    let cost = value(&fills(&bought));
    assert!((fills(&bought).iter().map(|(_, qty)| qty).sum::<f64>() - 0.5).abs() < 1e-9);
    let balances = balances_of(&bought);
    let [balance] = balances.as_slice() else {
        panic!("several fills of one moment are reported as one balance: {balances:?}")
    };
    // 0.0005 is the default fee of what takes.
    assert!((balance.wallet_balance - (1e6 - cost * 0.0005)).abs() < 1e-6);
    assert!((balance.equity - balance.wallet_balance - balance.unrealised_pnl).abs() < 1e-6);
    // Bought at the ask and valued at the middle.
    assert!(balance.unrealised_pnl < 0.0 && balance.unrealised_pnl > -cost * 0.001);
    assert!((balance.available - (balance.equity - balance.initial_margin)).abs() < 1e-6);
    assert!(balance.initial_margin > 0.0, "a position needs margin");
    assert!(balance.exch_ts >= at(11).unix_ns && balance.exch_ts <= at(20).unix_ns);

    venue.submit(at(21), 0, &order(2, Side::Sell, tick - 1000));
    let sold = run(&mut venue, 21, 30);
    let revenue = value(&fills(&sold));
    let flat = balances_of(&sold).pop().expect("a balance");
    let expected = 1e6 + revenue - cost - (revenue + cost) * 0.0005;
    assert!((flat.wallet_balance - expected).abs() < 1e-6, "{flat:?}");
    assert_eq!(
        (flat.unrealised_pnl, flat.equity),
        (0.0, flat.wallet_balance)
    );
}

fn limit(handle: u64, side: Side, price_tick: i64, qty: f64) -> NewOrder {
    NewOrder {
        handle,
        owner: 1,
        order_id: handle,
        price_tick,
        qty,
        side,
        order_type: OrdType::Limit,
        time_in_force: TimeInForce::GTC,
        deadline_ns: u64::MAX,
    }
}

#[test]
fn what_positions_and_orders_need_of_the_equity_is_not_available() {
    let config = SimConfig {
        leverage: Some(2.0),
        coin: "EUR".into(),
        ..SimConfig::default()
    };
    let mut venue = SimVenue::new(&config, at(0)).unwrap();
    let mut known = Vec::new();
    venue.balances(at(0), &mut known);
    assert_eq!((known[0].coin.as_str(), known[0].equity), ("EUR", 1e6));
    assert_eq!((known[0].available, known[0].initial_margin), (1e6, 0.0));
    // Half of 2 at 45 000.
    venue.submit(at(1), 0, &limit(1, Side::Buy, 450_000, 2.0));
    run(&mut venue, 1, 10);
    known.clear();
    venue.balances(at(11), &mut known);
    assert_eq!(
        (known[0].available, known[0].initial_margin),
        (955_000.0, 45_000.0)
    );
}

#[test]
fn an_order_beyond_the_money_or_the_limits_is_rejected_by_its_number() {
    let mut venue = SimVenue::new(&SimConfig::default(), at(0)).unwrap();
    run(&mut venue, 0, 10);
    let mut codes = Vec::new();
    for (id, side, price_tick, qty) in [
        (1, Side::Buy, 480_000, 1e9),
        (2, Side::Buy, 480_000, 100_000.0),
        (3, Side::Buy, 480_000, 100.0),
        (4, Side::Buy, 480_000, 100.0),
        (5, Side::Buy, 480_000, 100.0),
        (6, Side::Buy, 900_000, 1.0),
        (7, Side::Sell, 100_000, 1.0),
        (8, Side::Buy, 480_000, 0.0001),
    ] {
        let from = 10 * (id + 1);
        venue.submit(at(from), 0, &limit(id, side, price_tick, qty));
        for event in run(&mut venue, from, from + 5) {
            if let VenueEvent::Order(report) = event
                && report.handle == id
            {
                codes.push(report.reject.map_or(0, |reject| reject.code));
            }
        }
    }
    assert_eq!(codes, [1017, 1017, 0, 0, 1011, 1018, 1019, 1005]);
}
