//! Open orders across connectors that do not know them.

use std::time::Duration;

use hbl_livebot::{CommandError, RecordKind};
use hbl_wire::{Capabilities, ControlEvent, OrderFate, Request};
use hftbacktest::types::{Bot, Order, Side, Status};

use crate::{
    session::{Session, rejects},
    support::{SYMBOL, accept, answer, level, only},
};

const UNCONFIRMED: i64 = -2;
const GONE: i64 = -1;
const NOT_SENT: i64 = -3;

/// An order after a fill of three quarters.
fn filled(order: &Order) -> Order {
    Order {
        status: Status::PartiallyFilled,
        leaves_qty: 0.25,
        exec_qty: 0.75,
        exec_price_tick: 190,
        exch_timestamp: 11,
        ..order.clone()
    }
}

#[test]
fn a_connector_without_keys_ends_no_order_and_one_with_keys_reports_them() {
    let (session, orders) = Session::with_orders(&[1, 2]);
    let mut keyless = session.restart_with(Capabilities::all());
    keyless.register();
    keyless.send_control(&ControlEvent::OrdersUnknown {
        text: "there is no key".into(),
    });
    answer(
        &mut keyless.connector,
        keyless.bot,
        SYMBOL,
        &[level(Side::Buy, 98.0, 1.0)],
        0.0,
    );
    let records = keyless.settle(RecordKind::BookReady);
    let ready = only(&records, RecordKind::BookReady)[0];
    assert_eq!(
        ready.status, 1,
        "nothing follows from what it does not name"
    );
    let position = only(&records, RecordKind::Position);
    assert!(position.is_empty(), "a position without an account");
    let mut reported = rejects(&records);
    reported.sort_unstable();
    assert_eq!(reported, [(1, UNCONFIRMED), (2, UNCONFIRMED)]);
    let notice = only(&records, RecordKind::Notice);
    assert_eq!(
        (notice.len(), notice[0].value, notice[0].status),
        (1, 3110, 1)
    );
    assert_eq!(
        (keyless.status(1), keyless.status(2)),
        (Status::New, Status::New)
    );
    let position = keyless.rig.core.bot().position(0);
    assert_eq!(position, 0.5, "as it was known last");

    // A refused cancellation leaves nothing pending.
    keyless.cancel(1);
    keyless.reject(1, 3110);
    keyless.settle(RecordKind::Order);
    let order = keyless.order(1);
    assert_eq!((order.status, order.req), (Status::New, Status::None));

    // The connector learns them: the bot registers again.
    keyless.send_control(&ControlEvent::OrdersKnown);
    keyless.register();
    keyless.send_control(&ControlEvent::OrdersKnown);
    let (connector, bot) = (&mut keyless.connector, keyless.bot);
    connector.send_batch_start(bot).unwrap();
    connector.flush().unwrap();
    let named = Order {
        exch_timestamp: 30,
        ..orders[1].clone()
    };
    connector.send_order(bot, SYMBOL, &named).unwrap();
    connector.send_position(bot, SYMBOL, 0.75, 1).unwrap();
    connector.send_batch_end(bot).unwrap();
    connector.flush().unwrap();
    let records = keyless.settle(RecordKind::BookReady);
    assert_eq!(rejects(&records), [], "it was reported before");
    assert_eq!(keyless.asked(1), (0, false));
    keyless.send_fate(1, OrderFate::Gone);
    let reported = keyless.settle(RecordKind::Reject);
    assert_eq!(rejects(&reported), [(1, GONE)]);
    let ready = only(&records, RecordKind::BookReady);
    assert_eq!(ready.last().unwrap().status, 0);
    assert_eq!(
        (keyless.status(1), keyless.status(2)),
        (Status::Expired, Status::New)
    );
    assert_eq!(keyless.rig.core.bot().position(0), 0.75);
}

#[test]
fn a_connector_on_paper_has_no_word_on_orders_at_the_venue_and_the_last_one_on_its_own() {
    let paper = Capabilities::all().and(Capabilities::PAPER);
    let (session, orders) = Session::with_orders(&[1]);
    let mut second = session.restart_with(paper);
    let reported = second.rig.until(RecordKind::Notice);
    assert_eq!(rejects(&reported), [(1, UNCONFIRMED)]);
    assert_eq!(only(&reported, RecordKind::Notice)[0].value, 3110);
    second.register();
    second.answer();
    assert_eq!(rejects(&second.settle(RecordKind::BookReady)), []);
    // Paper trading reports an order that it does not know as ended.
    second.cancel(1);
    second.reject(1, 3006);
    second.report(&accept(&orders[0], Status::Expired, 20));
    second.settle(RecordKind::Reject);
    let order = second.order(1);
    assert_eq!((order.status, order.req), (Status::New, Status::None));
    // Its own order ends with it.
    second.open(2, 21);
    let mut third = second.restart_with(paper);
    third.register();
    third.answer();
    third.rig.until(RecordKind::BookReady);
    // It is asked only for its own order.
    third.asked(2);
    third.send_fate(2, OrderFate::Gone);
    third.send_fate(1, OrderFate::Gone);
    assert_eq!(rejects(&third.settle(RecordKind::Reject)), [(2, GONE)]);
    assert_eq!(
        (third.status(1), third.status(2)),
        (Status::New, Status::Expired)
    );
}

#[test]
fn an_unacked_order_is_waited_for_however_often_the_registration_is_repeated() {
    let mut first = Session::new();
    first.submit(1);
    let mut second = first.restart_with(Capabilities::all());
    second.register();
    // It takes more than a second, and the bot asks again.
    second.register();
    second.answer();
    second.rig.until(RecordKind::BookReady);
    let sent = second.order(1).local_timestamp;
    assert_eq!(second.asked(1), (sent, false));
    second.send_fate(1, OrderFate::Gone);
    assert_eq!(rejects(&second.settle(RecordKind::Reject)), [(1, GONE)]);
    assert_eq!(second.status(1), Status::Expired);
}

#[test]
fn an_order_on_its_way_lives_through_every_registration_and_is_acknowledged_after_it() {
    let mut session = Session::new();
    let order = session.submit(1);
    for _ in 0..3 {
        session.rig.core.resync(0).unwrap();
        session.register();
        session.send_fate(1, OrderFate::Pending);
        session.answer();
        assert_eq!(rejects(&session.settle(RecordKind::BookReady)), []);
    }
    let held = session.order(1);
    assert_eq!((held.status, held.req), (Status::New, Status::New));
    session.report(&accept(&order, Status::New, 10));
    session.rig.until(RecordKind::Order);
    session.cancel(1);
}

#[test]
fn an_unknown_order_is_reported_once_stays_open_and_can_be_cancelled() {
    let mut session = Session::new();
    let order = session.submit(1);
    session.rig.core.resync(0).unwrap();
    session.register();
    session.answer();
    assert_eq!(session.asked(1), (order.local_timestamp, true));
    session.send_fate(1, OrderFate::Unknown);
    let mut records = session.rig.until(RecordKind::Notice);
    session.send_fate(1, OrderFate::Unknown);
    records.extend(session.rig.batch(Duration::from_millis(50)));
    assert_eq!(rejects(&records), [(1, UNCONFIRMED)]);
    let held = session.order(1);
    assert_eq!((held.status, held.req), (Status::New, Status::None));
    // Both ways to cancel reach the connector; a refusal leaves nothing pending.
    session.rig.core.cancel_all(0).unwrap();
    session.rig.core.cancel(0, 1, 0).unwrap();
    assert_eq!(
        session.rig.core.cancel(0, 1, 0),
        Err(CommandError::InvalidOrderStatus)
    );
    let mut cancels = 0;
    let mut all = 0;
    while cancels < 2 || all < 1 {
        match session.request() {
            Request::Cancel { order_id: 1, .. } => cancels += 1,
            Request::CancelAll { .. } => all += 1,
            Request::AskOrder { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    session.reject(1, 3006);
    session.settle(RecordKind::Order);
    assert!(session.order(1).cancellable());
    // It was never sent after all; the question says when it was, not when it was cancelled.
    assert_eq!(session.asked(1), (order.local_timestamp, true));
    session.send_fate(1, OrderFate::NotReceived);
    let reported = session.settle(RecordKind::Reject);
    assert_eq!(rejects(&reported), [(1, NOT_SENT)]);
    assert_eq!(session.status(1), Status::Expired);
}

#[test]
fn an_order_that_the_connector_says_not_to_know_is_asked_for_and_not_ended() {
    let (mut session, _) = Session::with_orders(&[1]);
    let cancel = session.cancel(1);
    assert!(matches!(cancel, Request::Cancel { held: Some(_), .. }));
    session.reject(1, 3006);
    assert_eq!(session.asked(1), (0, true));
    session.rig.batch(Duration::from_millis(20));
    assert!(session.order(1).cancellable());
}

#[test]
fn an_execution_is_not_reported_again_when_its_order_becomes_unconfirmed_nor_when_it_ends() {
    let (mut first, orders) = Session::with_orders(&[1]);
    first.report(&filled(&orders[0]));
    first.rig.until(RecordKind::Order);
    let mut second = first.restart();
    second.asked(1);
    second.send_fate(1, OrderFate::Unknown);
    let mut records = second.rig.until(RecordKind::Notice);
    second.send_fate(1, OrderFate::Gone);
    records.extend(second.rig.until(RecordKind::Reject));
    let reported = only(&records, RecordKind::Order);
    assert_eq!(reported.len(), 2, "nothing pending, and the end");
    assert!(
        reported.iter().all(|record| record.exec_qty == 0.0),
        "{reported:?}"
    );
}

#[test]
fn an_update_right_after_an_answer_is_not_older_than_it() {
    let (mut session, orders) = Session::with_orders(&[1]);
    session.rig.core.resync(0).unwrap();
    session.register();
    session.put_answer(&orders);
    // The venue gives it the same time, and the connector the next nanosecond.
    let at = orders[0].exch_timestamp + 1;
    session.report(&accept(&orders[0], Status::Canceled, at));
    session.settle(RecordKind::BookReady);
    assert_eq!(session.status(1), Status::Canceled);
}

#[test]
fn a_found_order_with_executions_is_reported_by_a_registration() {
    let (first, orders) = Session::with_orders(&[1]);
    let mut second = first.restart();
    second.asked(1);
    second.send_fate(1, OrderFate::Found);
    second.register();
    let end = Order {
        leaves_qty: 0.25,
        ..accept(&orders[0], Status::Canceled, 12)
    };
    second.put_answer(&[filled(&orders[0]), end]);
    second.connector.flush().unwrap();
    let records = second.rig.until(RecordKind::BookReady);
    let reported = only(&records, RecordKind::Order);
    let reported: Vec<_> = reported.iter().map(|r| (r.status, r.exec_qty)).collect();
    assert_eq!(
        reported,
        [
            (Status::PartiallyFilled as u8, 0.75),
            (Status::Canceled as u8, 0.0)
        ]
    );
    assert_eq!(second.status(1), Status::Canceled);
}

#[test]
fn a_connector_that_cannot_be_asked_leaves_unconfirmed_orders_open() {
    let (first, _) = Session::with_orders(&[1]);
    let old = Capabilities(Capabilities::all().0 & !Capabilities::ASK_ORDER.0);
    let mut second = first.restart_with(old);
    second.register();
    second.answer();
    let records = second.settle(RecordKind::BookReady);
    assert_eq!(rejects(&records), [(1, UNCONFIRMED)]);
    assert_eq!(second.status(1), Status::New);
}
