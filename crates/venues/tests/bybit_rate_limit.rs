//! The core and the venue's quota of orders: what waits, what is refused, and when it ends.

use crate::bybit_rig::{OPEN, Rig, settings};
use hbl_venues::bybit::core::{CoreSettings, RestCall};
use hbl_venues::kit::codes;
use hftbacktest::types::{Side, Status};

#[test]
fn orders_at_once_never_exceed_the_venues_window_and_what_would_wait_too_long_is_refused_here() {
    let mut rig = Rig::new(settings()).ready();
    rig.submit_at_once(1..=16);
    assert_eq!(rig.frames.len(), 10);
    let refused: Vec<_> = (11..=16)
        .map(|handle| (handle, Status::Rejected, codes::RATE_LIMITED))
        .collect();
    assert_eq!(rig.ends(), refused);
    rig.run(900);
    rig.submit(17, Side::Buy, 1.0);
    rig.run(80);
    assert_eq!(rig.frames.len(), 10, "the venue's second is not over yet");
    rig.run(400);
    assert_eq!(rig.frames.len(), 11);
}

#[test]
fn orders_that_may_wait_are_sent_when_the_window_has_room_again() {
    let settings = CoreSettings {
        order_wait_ms: 1500,
        ..settings()
    };
    let mut rig = Rig::new(settings).ready();
    rig.submit_at_once(1..=16);
    rig.run(970);
    assert_eq!(rig.frames.len(), 10);
    rig.run(300);
    assert_eq!(rig.frames.len(), 16);
    assert!(rig.ends().is_empty());
}

#[test]
fn what_others_use_of_the_account_s_quota_is_left_to_them() {
    let mut rig = Rig::new(settings()).ready();
    rig.submit(1, Side::Buy, 1.0);
    rig.answer(0, 0, 3);
    rig.submit_at_once(2..=9);
    assert_eq!(rig.frames.len(), 4);
}

#[test]
fn a_waiting_order_is_refused_when_the_venue_says_that_the_quota_is_used_up() {
    let settings = CoreSettings {
        order_wait_ms: 300,
        ..settings()
    };
    let mut rig = Rig::new(settings).ready();
    rig.submit_at_once(1..=10);
    rig.run(900);
    rig.submit(11, Side::Buy, 1.0);
    rig.answer(9, 10_006, 0);
    rig.run(500);
    assert_eq!(rig.frames.len(), 10, "not sent into the reject");
    assert!(
        rig.ends()
            .contains(&(11, Status::Rejected, codes::RATE_LIMITED))
    );
}

#[test]
fn an_order_refused_for_the_rate_limit_ends_within_seconds_with_the_venues_code() {
    let mut rig = Rig::new(settings()).ready();
    rig.submit(1, Side::Buy, 1.0);
    rig.answer(0, 10_006, 0);
    rig.asked.clear();
    rig.run(2000);
    assert!(rig.ends().is_empty(), "it is asked for first");
    rig.run(3000);
    assert_eq!(rig.ends(), [(1, Status::Rejected, 10_006)]);
    // The list of all open orders is read as well.
    let is_ask = |call: &&RestCall| call.path == OPEN && call.query.contains("orderLinkId=");
    assert_eq!(rig.asked.iter().filter(is_ask).count(), 3);
}

#[test]
fn an_order_of_which_nothing_was_heard_ends_when_it_is_past_the_receive_window() {
    let mut rig = Rig::new(settings()).ready();
    rig.submit(1, Side::Buy, 1.0);
    rig.answer(0, 10_016, 9);
    rig.run(14_000);
    assert!(rig.ends().is_empty(), "it may still arrive");
    rig.run(2000);
    assert_eq!(rig.ends(), [(1, Status::Rejected, codes::NEVER_ARRIVED)]);
}
