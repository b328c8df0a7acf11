//! Orders, cancellations and amendments, and their reports.

use std::sync::Arc;

use super::*;
use crate::kit::venue::ExecutionDetails;

#[test]
fn a_refused_cancel_of_an_order_on_its_way_tells_no_state_of_it() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.ask(cancel(BOT, 1));
    bench.sent();
    bench.says(VenueEvent::RequestReject {
        handle: 1,
        reject: Reject {
            code: 3206,
            text: "no quota".into(),
        },
    });
    assert_eq!(bench.sent(), ["7:reject 1 3206"]);
    bench.says(report(1, Status::New));
    assert_eq!(bench.sent(), ["7:order X 1 New"]);
}

#[test]
fn a_reject_of_an_amendment_that_arrived_is_not_reported_as_one() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.says(report(1, Status::New));
    let amend = |price_tick, qty| Request::Amend {
        bot: BOT,
        symbol: "X".into(),
        order_id: 1,
        price_tick,
        qty,
    };
    let refused = || VenueEvent::RequestReject {
        handle: 1,
        reject: Reject {
            code: 3205,
            text: "unconfirmed".into(),
        },
    };
    bench.ask(amend(101, 3.0));
    let VenueEvent::Order(replaced) = report(1, Status::Replaced) else {
        panic!()
    };
    bench.says(VenueEvent::Order(OrderReport {
        price_tick: 101,
        qty: 3.0,
        leaves_qty: 3.0,
        ..replaced
    }));
    bench.sent();
    bench.says(refused());
    assert_eq!(bench.sent(), ["7:order X 1 New"]);
    // One that did not arrive, and a cancellation after one that did, are refused.
    bench.ask(amend(102, 3.0));
    bench.says(refused());
    assert_eq!(bench.sent(), ["7:reject 1 3205", "7:order X 1 New"]);
    bench.ask(amend(101, 3.0));
    bench.ask(cancel(BOT, 1));
    bench.says(refused());
    assert_eq!(bench.sent(), ["7:reject 1 3205", "7:order X 1 New"]);
}

#[test]
fn a_reject_explains_itself_before_the_order_ends() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    let reject = Some(Reject {
        code: 1003,
        text: "tick".into(),
    });
    let VenueEvent::Order(rejected) = report(1, Status::Rejected) else {
        panic!()
    };
    bench.says(VenueEvent::Order(OrderReport { reject, ..rejected }));
    assert_eq!(bench.sent(), ["7:reject 1 1003", "7:order X 1 Expired"]);
    assert_eq!(bench.out.orders[0].req, Status::None);
}

#[test]
fn an_end_without_a_time_of_the_venue_has_the_time_at_which_it_arrived() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    let VenueEvent::Order(refused) = report(1, Status::Rejected) else {
        panic!()
    };
    let timeless = OrderReport {
        exch_ts: 0,
        ..refused
    };
    let now = Now {
        unix_ns: 1_700_000_000_000_000_000,
        ..Now::default()
    };
    *bench.dispatcher.venue.says.borrow_mut() = vec![VenueEvent::Order(timeless)];
    bench.dispatcher.poll(now, &mut bench.out);
    assert_eq!(bench.out.orders[0].exch_timestamp, now.unix_ns);
}

#[test]
fn an_order_on_an_unregistered_symbol_or_of_an_unknown_kind_ends_as_expired() {
    let mut bench = Bench::registered();
    bench.ask(Request::Submit {
        bot: BOT,
        symbol: "Z".into(),
        order: order(1),
    });
    assert_eq!(bench.sent(), ["7:reject 1 3001", "7:order Z 1 Expired"]);
    let mut odd = order(2);
    odd.side = Side::None;
    bench.ask(Request::Submit {
        bot: BOT,
        symbol: "X".into(),
        order: odd,
    });
    assert_eq!(bench.sent(), ["7:reject 2 3004", "7:order X 2 Expired"]);
    let mut coarse = order(3);
    coarse.tick_size = 0.5;
    bench.ask(Request::Submit {
        bot: BOT,
        symbol: "X".into(),
        order: coarse,
    });
    assert_eq!(bench.sent()[0], "7:reject 3 3002");
    assert!(bench.dispatcher.venue.submitted.is_empty());
}

#[test]
fn a_duplicate_id_is_refused_and_the_open_order_lives_on() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.says(report(1, Status::New));
    bench.sent();
    bench.ask(submit(BOT, 1));
    assert_eq!(bench.sent(), ["7:reject 1 3005"]);
    bench.ask(cancel(BOT, 1));
    assert_eq!(bench.dispatcher.venue.canceled, [1]);
}

#[test]
fn a_bot_cannot_cancel_what_is_not_its_own() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.says(report(1, Status::New));
    bench.sent();
    bench.ask(cancel(8, 1));
    assert_eq!(bench.sent(), ["8:reject 1 3006"], "nobody ends it");
    assert!(bench.dispatcher.venue.canceled.is_empty());
}

#[test]
fn canceling_an_ended_order_tells_again_how_it_ended() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.says(report(1, Status::Filled));
    bench.sent();
    bench.ask(cancel(BOT, 1));
    assert_eq!(bench.sent(), ["7:reject 1 3007", "7:order X 1 Filled"]);
    assert!(bench.out.orders[1].exch_timestamp > bench.out.orders[0].exch_timestamp);
}

#[test]
fn a_refused_cancellation_leaves_the_order_open_and_unpending() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.says(report(1, Status::New));
    bench.sent();
    let reject = Reject {
        code: 9001,
        text: "busy".into(),
    };
    bench.says(VenueEvent::RequestReject { handle: 1, reject });
    assert_eq!(bench.sent(), ["7:reject 1 9001", "7:order X 1 New"]);
}

#[test]
fn a_bot_gets_reports_of_its_own_orders_only() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.ask(submit(8, 1));
    bench.says(report(1, Status::New));
    bench.says(report(2, Status::PartiallyFilled));
    bench.says(report(2, Status::Canceled));
    let sent = [
        "7:order X 1 New",
        "8:order X 1 PartiallyFilled",
        "8:order X 1 Canceled",
    ];
    assert_eq!(bench.sent(), sent);
}

#[test]
fn cancel_all_reaches_only_the_askers_orders() {
    let mut bench = Bench::registered();
    for (bot, id) in [(BOT, 1), (8, 1), (BOT, 2)] {
        bench.ask(submit(bot, id));
    }
    for handle in 1..=3 {
        bench.says(report(handle, Status::New));
    }
    bench.ask(Request::CancelAll {
        bot: BOT,
        symbol: "X".into(),
    });
    assert_eq!(bench.dispatcher.venue.canceled, [1, 3]);
}

#[test]
fn orders_of_upstream_bots_are_reported_to_all_and_shared_among_them() {
    let mut bench = Bench::registered();
    bench.out.states.insert(50, OwnerState::Upstream);
    bench.out.states.insert(51, OwnerState::Upstream);
    bench.ask(register(50, "X", 0.1));
    bench.ask(submit(50, 1));
    bench.sent();
    bench.says(report(1, Status::New));
    assert_eq!(bench.sent(), [format!("{TO_ALL}:order X 1 New")]);
    bench.ask(cancel(51, 1));
    assert_eq!(bench.dispatcher.venue.canceled, [1]);
}

#[test]
fn stopping_ends_open_orders_for_their_owners() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    bench.says(report(1, Status::New));
    bench.sent();
    bench.dispatcher.stop(Now::default(), &mut bench.out);
    assert_eq!(bench.sent(), ["7:order X 1 Canceled", "0:down"]);
}

#[test]
fn an_upstream_bot_gets_a_reject_through_its_error_handler() {
    let mut bench = Bench::registered();
    bench.out.states.insert(50, OwnerState::Upstream);
    bench.ask(submit(50, 1));
    bench.sent();
    bench.ask(submit(50, 1));
    assert_eq!(bench.sent(), ["50:reject 1 3005", "50:error OrderError"]);
}

#[test]
fn a_cancel_all_that_cannot_be_done_is_answered() {
    let mut bench = Bench::registered();
    bench.ask(Request::CancelAll {
        bot: BOT,
        symbol: "Y".into(),
    });
    assert_eq!(bench.out.sent, ["7:reject 0 3001"]);
}

#[test]
fn what_the_venue_says_of_an_execution_is_sent_right_before_the_order_and_again_in_an_answer() {
    let mut bench = Bench::registered();
    bench.ask(submit(BOT, 1));
    let VenueEvent::Order(filled) = report(1, Status::PartiallyFilled) else {
        panic!()
    };
    let details = ExecutionDetails {
        fee: Some(0.25),
        fee_coin: None,
        trade_id: Some("e1".to_owned()),
    };
    let of = |details: &ExecutionDetails| OrderReport {
        exec_qty: 0.5,
        leaves_qty: 1.5,
        details: Some(Arc::new(details.clone())),
        ..filled.clone()
    };
    bench.sent();
    bench.says(VenueEvent::Order(of(&details)));
    let expected = format!("7:execution X 1 {details:?}");
    assert_eq!(bench.sent(), [&expected, "7:order X 1 PartiallyFilled"]);
    // Nothing is known: nothing is said.
    bench.says(VenueEvent::Order(of(&ExecutionDetails::default())));
    assert_eq!(bench.sent(), ["7:order X 1 PartiallyFilled"]);
    bench.ask(register(BOT, "X", 0.1));
    let sent = bench.sent();
    let at = sent.iter().position(|what| *what == expected).unwrap();
    assert_eq!(sent[at + 1], "7:order X 1 PartiallyFilled");
    assert_eq!(sent.iter().filter(|what| **what == expected).count(), 1);
}
