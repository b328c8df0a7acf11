//! Orders after a restart of the connector: recovered ones, and those of upstream bots.

use super::*;

/// A connector after a restart, and the upstream bot 9, which registered with the previous session.
fn after_a_restart(keeps_orders: bool) -> Bench {
    let venue = Scripted {
        keeps_orders,
        knows_sizes: true,
        ..Scripted::default()
    };
    let mut out = Notebook::default();
    out.states.insert(9, OwnerState::Upstream);
    let dispatcher = Dispatcher::new(venue);
    Bench { dispatcher, out }
}

fn upstream_cancel(order_id: u64) -> Request {
    let mut held = order(order_id);
    held.status = Status::New;
    held.req = Status::Canceled;
    held.exch_timestamp = 40;
    Request::Cancel {
        bot: 9,
        symbol: "X".into(),
        order_id,
        held: Some(Box::new(held)),
    }
}

#[test]
fn a_request_of_a_bot_of_hftbacktest_counts_as_its_registration_after_a_restart() {
    let mut bench = after_a_restart(true);
    let mut new = order(1);
    new.local_timestamp = 1;
    bench.ask(Request::Submit {
        bot: 9,
        symbol: "X".into(),
        order: new,
    });
    assert_eq!(bench.dispatcher.venue.upstream_bots[0], 9);
    assert_eq!(bench.dispatcher.venue.submitted.len(), 1);
    let answer = ["9:side OrdersKnown", "9:start", "9:position X 0.25"];
    assert_eq!(bench.sent()[..3], answer);
    bench.says(report(1, Status::New));
    assert_eq!(
        bench.sent(),
        ["0:order X 1 New"],
        "reported to all, as ever"
    );
    bench.says(VenueEvent::Feed {
        symbol: 0,
        event: level(2.0),
    });
    assert_eq!(bench.sent(), ["0:feed X 2"]);
}

/// Order 5, found at the venue.
fn recovered(owner: u64, is_upstream: bool) -> Recovered {
    Recovered {
        handle: RECOVERED_HANDLES + 1,
        owner,
        is_upstream,
        symbol: 0,
        order_id: 5,
        side: Side::Buy,
        order_type: OrdType::Limit,
        time_in_force: TimeInForce::GTC,
        tick_size: 0.1,
        lot_size: 0.001,
        price_tick: 100,
        qty: 2.0,
        leaves_qty: 2.0,
        status: Status::New,
        exch_ts: 30,
        fills: Vec::new(),
    }
}

#[test]
fn a_recovered_order_of_an_upstream_bot_is_reported_and_can_be_cancelled() {
    let mut bench = after_a_restart(true);
    bench.says(VenueEvent::Recovered(Box::new(recovered(9, true))));
    assert_eq!(bench.sent(), Vec::<String>::new());
    bench.ask(upstream_cancel(5));
    assert_eq!(bench.dispatcher.venue.canceled, [RECOVERED_HANDLES + 1]);
    assert!(bench.sent().contains(&"9:order X 5 New".to_owned()));
    bench.says(report(RECOVERED_HANDLES + 1, Status::Canceled));
    assert_eq!(bench.sent(), ["0:order X 5 Canceled"]);
}

#[test]
fn a_connector_without_a_venue_ends_no_order_of_a_bot_of_hftbacktest_that_it_does_not_know() {
    let mut bench = after_a_restart(false);
    bench.ask(upstream_cancel(5));
    assert!(bench.sent().contains(&"9:order X 5 New".to_owned()));
    bench.ask(upstream_cancel(5));
    let refused = ["9:reject 5 3006", "9:error OrderError", "9:order X 5 New"];
    assert_eq!(bench.sent(), refused, "it may be at a venue");
    // Any other bot knows by the session that it was sent to whether that is so.
    bench.ask(register(BOT, "X", 0.1));
    bench.sent();
    bench.ask(cancel(BOT, 6));
    assert_eq!(bench.sent(), ["7:reject 6 3006", "7:order X 6 Expired"]);
}

#[test]
fn a_bot_refused_for_sizes_of_before_can_cancel_its_order_and_hears_of_the_end() {
    let mut bench = after_a_restart(true);
    bench.dispatcher.venue.tick = Some(0.01);
    let handle = RECOVERED_HANDLES + 1;
    bench.says(VenueEvent::Recovered(Box::new(recovered(BOT, false))));
    bench.ask(register(BOT, "X", 0.1));
    assert_eq!(bench.sent(), ["7:refused X 3002 has 0.01 0.001"]);
    bench.ask(Request::Cancel {
        bot: BOT,
        symbol: "X".into(),
        order_id: 5,
        held: Some(Box::new(order(5))),
    });
    assert_eq!(bench.dispatcher.venue.canceled, [handle]);
    assert_eq!(bench.sent(), Vec::<String>::new());
    bench.says(report(handle, Status::Canceled));
    assert_eq!(bench.sent(), ["7:order X 5 Canceled"]);
    // The same in one message for all.
    let mut bench = after_a_restart(true);
    bench.dispatcher.venue.tick = Some(0.01);
    bench.says(VenueEvent::Recovered(Box::new(recovered(BOT, false))));
    bench.ask(Request::CancelAll {
        bot: BOT,
        symbol: "X".into(),
    });
    assert_eq!(bench.dispatcher.venue.canceled, [handle]);
    bench.says(report(handle, Status::Canceled));
    assert_eq!(bench.sent(), ["7:order X 5 Canceled"]);
    // Its new orders stay refused: their prices are in the old unit.
    bench.ask(submit(BOT, 6));
    assert_eq!(bench.sent()[0], "7:reject 6 3002");
    assert!(bench.dispatcher.venue.submitted.is_empty());
}

#[test]
fn an_unknown_order_of_a_bot_of_hftbacktest_comes_back_as_it_was_until_it_is_proven_gone() {
    let mut bench = after_a_restart(true);
    bench.ask(upstream_cancel(5));
    bench.sent();
    bench.out.orders.clear();
    bench.ask(upstream_cancel(5));
    let refused = ["9:reject 5 3006", "9:error OrderError", "9:order X 5 New"];
    assert_eq!(bench.sent(), refused);
    let back = &bench.out.orders[0];
    assert_eq!((back.req, back.exch_timestamp), (Status::None, 41));
    bench.dispatcher.venue.found_gone = true;
    bench.ask(upstream_cancel(5));
    assert_eq!(bench.sent().last().unwrap(), "0:order X 5 Expired");
}
