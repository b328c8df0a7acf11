//! Open orders across connectors that do not know them.

use crate::support::{
    HashRig, SYMBOL, answer, buy, config, connector, connector_with, instrument, level, name, only,
    request,
};
use hbl_livebot::CommandError;
use hbl_livebot::{Record, RecordKind};
use hbl_wire::{Capabilities, ConnectorPort, ControlEvent, OrderFate, Request};
use hftbacktest::types::{Bot, Order, Side, Status};
use std::time::Duration;

const UNCONFIRMED: i64 = -2;
const GONE: i64 = -1;
const NOT_SENT: i64 = -3;

fn registration(connector: &mut ConnectorPort, rig: &mut HashRig) -> u64 {
    match request(connector, rig) {
        Request::Register { bot, .. } => bot,
        other => panic!("not a registration: {other:?}"),
    }
}

/// A bot with open orders of these ids at a connector that sends them to a venue.
fn with_orders(name: &str, ids: &[u64]) -> (ConnectorPort, HashRig, Vec<Order>) {
    let mut connector = connector(name);
    let mut rig = HashRig::new(&config(vec![instrument(name, SYMBOL)]));
    let bot = registration(&mut connector, &mut rig);
    answer(&mut connector, bot, SYMBOL, &[], 0.5);
    rig.until(RecordKind::BookReady);
    let mut orders = Vec::new();
    for id in ids {
        rig.core.submit(0, buy(*id, 99.0), 0).unwrap();
        let Request::Submit { bot, order, .. } = request(&mut connector, &mut rig) else {
            panic!()
        };
        let order = Order {
            status: Status::New,
            exch_timestamp: 10,
            req: Status::None,
            ..order
        };
        connector.send_order(bot, SYMBOL, &order).unwrap();
        connector.flush().unwrap();
        rig.until(RecordKind::Order);
        orders.push(order);
    }
    (connector, rig, orders)
}

/// Waits for the question about an order: when it was sent, and whether to this run.
fn asked(connector: &mut ConnectorPort, rig: &mut HashRig, id: u64) -> (i64, bool) {
    match request(connector, rig) {
        Request::AskOrder {
            order_id,
            sent_ts,
            to_this_run,
            ..
        } => {
            assert_eq!(order_id, id);
            (sent_ts, to_this_run)
        }
        other => panic!("not a question: {other:?}"),
    }
}

fn send_fate(connector: &mut ConnectorPort, bot: u64, order_id: u64, fate: OrderFate) {
    let event = ControlEvent::OrderFate {
        symbol: SYMBOL.into(),
        order_id,
        fate,
        text: "as the venue says".into(),
    };
    connector.send_control(bot, &event).unwrap();
    connector.flush().unwrap();
}

fn rejects(records: &[Record]) -> Vec<(u64, i64)> {
    let rejects = only(records, RecordKind::Reject);
    rejects.iter().map(|r| (r.order_id, r.value)).collect()
}

fn status(rig: &HashRig, id: u64) -> Status {
    rig.core.order(0, id).unwrap().status
}

#[test]
fn a_connector_without_keys_ends_no_order_and_one_with_keys_reports_them() {
    let name = name();
    let (first, mut rig, orders) = with_orders(&name, &[1, 2]);
    drop(first);
    let mut keyless = connector(&name);
    let bot = registration(&mut keyless, &mut rig);
    let unknown = ControlEvent::OrdersUnknown {
        text: "there is no key".into(),
    };
    keyless.send_control(bot, &unknown).unwrap();
    answer(
        &mut keyless,
        bot,
        SYMBOL,
        &[level(Side::Buy, 98.0, 1.0)],
        0.0,
    );
    let mut records = rig.until(RecordKind::BookReady);
    let ready = only(&records, RecordKind::BookReady)[0];
    assert_eq!(
        ready.status, 1,
        "nothing follows from what it does not name"
    );
    let position = only(&records, RecordKind::Position);
    assert!(position.is_empty(), "a position without an account");
    records.extend(rig.batch(Duration::from_millis(20)));
    let mut reported = rejects(&records);
    reported.sort_unstable();
    assert_eq!(reported, [(1, UNCONFIRMED), (2, UNCONFIRMED)]);
    let notice = only(&records, RecordKind::Notice);
    assert_eq!(
        (notice.len(), notice[0].value, notice[0].status),
        (1, 3110, 1)
    );
    assert_eq!(
        (status(&rig, 1), status(&rig, 2)),
        (Status::New, Status::New)
    );
    assert_eq!(rig.core.bot().position(0), 0.5, "as it was known last");

    // A refused cancellation leaves nothing pending.
    rig.core.cancel(0, 1, 0).unwrap();
    assert!(matches!(
        request(&mut keyless, &mut rig),
        Request::Cancel { .. }
    ));
    let reject = ControlEvent::Reject {
        symbol: SYMBOL.into(),
        order_id: 1,
        code: 3110,
        text: "unknown".into(),
    };
    keyless.send_control(bot, &reject).unwrap();
    rig.until(RecordKind::Order);
    rig.batch(Duration::from_millis(20));
    let order = rig.core.order(0, 1).unwrap();
    assert_eq!((order.status, order.req), (Status::New, Status::None));

    // The connector learns them: the bot registers again.
    keyless
        .send_control(bot, &ControlEvent::OrdersKnown)
        .unwrap();
    let bot = registration(&mut keyless, &mut rig);
    keyless
        .send_control(bot, &ControlEvent::OrdersKnown)
        .unwrap();
    keyless.send_batch_start(bot).unwrap();
    keyless.flush().unwrap();
    let named = Order {
        exch_timestamp: 30,
        ..orders[1].clone()
    };
    keyless.send_order(bot, SYMBOL, &named).unwrap();
    keyless.send_position(bot, SYMBOL, 0.75, 1).unwrap();
    keyless.send_batch_end(bot).unwrap();
    keyless.flush().unwrap();
    let mut records = rig.until(RecordKind::BookReady);
    records.extend(rig.batch(Duration::from_millis(20)));
    assert_eq!(rejects(&records), [], "it was reported before");
    assert_eq!(asked(&mut keyless, &mut rig, 1), (0, false));
    send_fate(&mut keyless, bot, 1, OrderFate::Gone);
    let reported = rig.until(RecordKind::Reject);
    rig.batch(Duration::from_millis(20));
    assert_eq!(rejects(&reported), [(1, GONE)]);
    let ready = only(&records, RecordKind::BookReady);
    assert_eq!(ready.last().unwrap().status, 0);
    assert_eq!(
        (status(&rig, 1), status(&rig, 2)),
        (Status::Expired, Status::New)
    );
    assert_eq!(rig.core.bot().position(0), 0.75);
}

#[test]
fn a_connector_on_paper_has_no_word_on_orders_at_the_venue_and_the_last_one_on_its_own() {
    let name = name();
    let (first, mut rig, orders) = with_orders(&name, &[1]);
    drop(first);
    let paper = || connector_with(&name, Capabilities::all().and(Capabilities::PAPER));
    let mut second = paper();
    let reported = rig.until(RecordKind::Notice);
    assert_eq!(rejects(&reported), [(1, UNCONFIRMED)]);
    assert_eq!(only(&reported, RecordKind::Notice)[0].value, 3110);
    let bot = registration(&mut second, &mut rig);
    answer(&mut second, bot, SYMBOL, &[], 0.0);
    let mut records = rig.until(RecordKind::BookReady);
    records.extend(rig.batch(Duration::from_millis(20)));
    assert_eq!(rejects(&records), []);
    // Paper trading reports an order that it does not know as ended.
    rig.core.cancel(0, 1, 0).unwrap();
    assert!(matches!(
        request(&mut second, &mut rig),
        Request::Cancel { .. }
    ));
    let reject = ControlEvent::Reject {
        symbol: SYMBOL.into(),
        order_id: 1,
        code: 3006,
        text: "unknown".into(),
    };
    second.send_control(bot, &reject).unwrap();
    let ended = Order {
        status: Status::Expired,
        exch_timestamp: 20,
        ..orders[0].clone()
    };
    second.send_order(bot, SYMBOL, &ended).unwrap();
    second.flush().unwrap();
    rig.until(RecordKind::Reject);
    rig.batch(Duration::from_millis(20));
    let order = rig.core.order(0, 1).unwrap();
    assert_eq!((order.status, order.req), (Status::New, Status::None));
    // Its own order ends with it.
    rig.core.submit(0, buy(2, 98.0), 0).unwrap();
    let Request::Submit { order, .. } = request(&mut second, &mut rig) else {
        panic!()
    };
    let open = Order {
        status: Status::New,
        exch_timestamp: 21,
        req: Status::None,
        ..order
    };
    second.send_order(bot, SYMBOL, &open).unwrap();
    second.flush().unwrap();
    rig.until(RecordKind::Order);
    drop(second);
    let mut third = paper();
    let bot = registration(&mut third, &mut rig);
    answer(&mut third, bot, SYMBOL, &[], 0.0);
    rig.until(RecordKind::BookReady);
    // It is asked only for its own order.
    asked(&mut third, &mut rig, 2);
    send_fate(&mut third, bot, 2, OrderFate::Gone);
    send_fate(&mut third, bot, 1, OrderFate::Gone);
    let mut records = rig.until(RecordKind::Reject);
    records.extend(rig.batch(Duration::from_millis(20)));
    assert_eq!(rejects(&records), [(2, GONE)]);
    assert_eq!(
        (status(&rig, 1), status(&rig, 2)),
        (Status::New, Status::Expired)
    );
}

#[test]
fn an_unacked_order_is_waited_for_however_often_the_registration_is_repeated() {
    let name = name();
    let (mut first, mut rig, _) = with_orders(&name, &[]);
    rig.core.submit(0, buy(1, 99.0), 0).unwrap();
    assert!(matches!(
        request(&mut first, &mut rig),
        Request::Submit { .. }
    ));
    drop(first);
    let mut second = connector(&name);
    registration(&mut second, &mut rig);
    // It takes more than a second, and the bot asks again.
    let bot = registration(&mut second, &mut rig);
    answer(&mut second, bot, SYMBOL, &[], 0.0);
    rig.until(RecordKind::BookReady);
    let sent = rig.core.order(0, 1).unwrap().local_timestamp;
    assert_eq!(asked(&mut second, &mut rig, 1), (sent, false));
    send_fate(&mut second, bot, 1, OrderFate::Gone);
    let mut records = rig.until(RecordKind::Reject);
    records.extend(rig.batch(Duration::from_millis(20)));
    assert_eq!(rejects(&records), [(1, GONE)]);
    assert_eq!(status(&rig, 1), Status::Expired);
}

#[test]
fn an_order_on_its_way_lives_through_every_registration_and_is_acknowledged_after_it() {
    let name = name();
    let (mut connector, mut rig, _) = with_orders(&name, &[]);
    rig.core.submit(0, buy(1, 99.0), 0).unwrap();
    let Request::Submit { bot, order, .. } = request(&mut connector, &mut rig) else {
        panic!()
    };
    for _ in 0..3 {
        rig.core.resync(0).unwrap();
        registration(&mut connector, &mut rig);
        send_fate(&mut connector, bot, 1, OrderFate::Pending);
        answer(&mut connector, bot, SYMBOL, &[], 0.0);
        let mut records = rig.until(RecordKind::BookReady);
        records.extend(rig.batch(Duration::from_millis(20)));
        assert_eq!(rejects(&records), []);
    }
    let held = rig.core.order(0, 1).unwrap();
    assert_eq!((held.status, held.req), (Status::New, Status::New));
    let open = Order {
        exch_timestamp: 10,
        req: Status::None,
        ..order
    };
    connector.send_order(bot, SYMBOL, &open).unwrap();
    connector.flush().unwrap();
    rig.until(RecordKind::Order);
    rig.core.cancel(0, 1, 0).unwrap();
    let next = request(&mut connector, &mut rig);
    assert!(matches!(next, Request::Cancel { .. }), "{next:?}");
}

#[test]
fn an_unknown_order_is_reported_once_stays_open_and_can_be_cancelled() {
    let name = name();
    let (mut connector, mut rig, _) = with_orders(&name, &[]);
    rig.core.submit(0, buy(1, 99.0), 0).unwrap();
    let Request::Submit { bot, order, .. } = request(&mut connector, &mut rig) else {
        panic!()
    };
    rig.core.resync(0).unwrap();
    registration(&mut connector, &mut rig);
    answer(&mut connector, bot, SYMBOL, &[], 0.0);
    assert_eq!(
        asked(&mut connector, &mut rig, 1),
        (order.local_timestamp, true)
    );
    send_fate(&mut connector, bot, 1, OrderFate::Unknown);
    let mut records = rig.until(RecordKind::Notice);
    send_fate(&mut connector, bot, 1, OrderFate::Unknown);
    records.extend(rig.batch(Duration::from_millis(50)));
    assert_eq!(rejects(&records), [(1, UNCONFIRMED)]);
    let held = rig.core.order(0, 1).unwrap();
    assert_eq!((held.status, held.req), (Status::New, Status::None));
    // Both ways to cancel reach the connector; a refusal leaves nothing pending.
    rig.core.cancel_all(0).unwrap();
    rig.core.cancel(0, 1, 0).unwrap();
    assert_eq!(
        rig.core.cancel(0, 1, 0),
        Err(CommandError::InvalidOrderStatus)
    );
    let mut cancels = 0;
    let mut all = 0;
    while cancels < 2 || all < 1 {
        match request(&mut connector, &mut rig) {
            Request::Cancel { order_id: 1, .. } => cancels += 1,
            Request::CancelAll { .. } => all += 1,
            Request::AskOrder { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    let reject = ControlEvent::Reject {
        symbol: SYMBOL.into(),
        order_id: 1,
        code: 3006,
        text: "unknown".into(),
    };
    connector.send_control(bot, &reject).unwrap();
    connector.flush().unwrap();
    rig.until(RecordKind::Order);
    rig.batch(Duration::from_millis(20));
    assert!(rig.core.order(0, 1).unwrap().cancellable());
    // It was never sent after all; the question says when it was, not when it was cancelled.
    assert_eq!(
        asked(&mut connector, &mut rig, 1),
        (order.local_timestamp, true)
    );
    send_fate(&mut connector, bot, 1, OrderFate::NotReceived);
    let reported = rig.until(RecordKind::Reject);
    rig.batch(Duration::from_millis(20));
    assert_eq!(rejects(&reported), [(1, NOT_SENT)]);
    assert_eq!(status(&rig, 1), Status::Expired);
}

#[test]
fn an_order_that_the_connector_says_not_to_know_is_asked_for_and_not_ended() {
    let name = name();
    let (mut connector, mut rig, _) = with_orders(&name, &[1]);
    let bot = rig.core.id();
    rig.core.cancel(0, 1, 0).unwrap();
    assert!(matches!(
        request(&mut connector, &mut rig),
        Request::Cancel { held: Some(_), .. }
    ));
    let reject = ControlEvent::Reject {
        symbol: SYMBOL.into(),
        order_id: 1,
        code: 3006,
        text: "unknown".into(),
    };
    connector.send_control(bot, &reject).unwrap();
    connector.flush().unwrap();
    assert_eq!(asked(&mut connector, &mut rig, 1), (0, true));
    rig.batch(Duration::from_millis(20));
    assert!(rig.core.order(0, 1).unwrap().cancellable());
}

#[test]
fn an_execution_is_not_reported_again_when_its_order_becomes_unconfirmed_nor_when_it_ends() {
    let name = name();
    let (mut first, mut rig, orders) = with_orders(&name, &[1]);
    let fill = Order {
        status: Status::PartiallyFilled,
        leaves_qty: 0.25,
        exec_qty: 0.75,
        exec_price_tick: 190,
        exch_timestamp: 11,
        ..orders[0].clone()
    };
    first.send_order(rig.core.id(), SYMBOL, &fill).unwrap();
    first.flush().unwrap();
    rig.until(RecordKind::Order);
    drop(first);
    let mut second = connector(&name);
    let bot = registration(&mut second, &mut rig);
    answer(&mut second, bot, SYMBOL, &[], 0.0);
    asked(&mut second, &mut rig, 1);
    send_fate(&mut second, bot, 1, OrderFate::Unknown);
    let mut records = rig.until(RecordKind::Notice);
    send_fate(&mut second, bot, 1, OrderFate::Gone);
    records.extend(rig.until(RecordKind::Reject));
    let reported = only(&records, RecordKind::Order);
    assert_eq!(reported.len(), 2, "nothing pending, and the end");
    assert!(
        reported.iter().all(|record| record.exec_qty == 0.0),
        "{reported:?}"
    );
}

#[test]
fn an_update_right_after_an_answer_is_not_older_than_it() {
    let name = name();
    let (mut connector, mut rig, orders) = with_orders(&name, &[1]);
    rig.core.resync(0).unwrap();
    let bot = registration(&mut connector, &mut rig);
    connector.send_batch_start(bot).unwrap();
    connector.send_order(bot, SYMBOL, &orders[0]).unwrap();
    connector.send_batch_end(bot).unwrap();
    // The venue gives it the same time, and the connector the next nanosecond.
    let end = Order {
        status: Status::Canceled,
        exch_timestamp: orders[0].exch_timestamp + 1,
        ..orders[0].clone()
    };
    connector.send_order(bot, SYMBOL, &end).unwrap();
    connector.flush().unwrap();
    rig.until(RecordKind::BookReady);
    rig.batch(Duration::from_millis(20));
    assert_eq!(status(&rig, 1), Status::Canceled);
}

#[test]
fn a_found_order_with_executions_is_reported_by_a_registration() {
    let name = name();
    let (first, mut rig, orders) = with_orders(&name, &[1]);
    drop(first);
    let mut second = connector(&name);
    let bot = registration(&mut second, &mut rig);
    answer(&mut second, bot, SYMBOL, &[], 0.0);
    asked(&mut second, &mut rig, 1);
    send_fate(&mut second, bot, 1, OrderFate::Found);
    registration(&mut second, &mut rig);
    second.send_batch_start(bot).unwrap();
    let order = &orders[0];
    let fill = Order {
        status: Status::PartiallyFilled,
        leaves_qty: 0.25,
        exec_qty: 0.75,
        exec_price_tick: 190,
        exch_timestamp: 11,
        ..order.clone()
    };
    let end = Order {
        status: Status::Canceled,
        leaves_qty: 0.25,
        exch_timestamp: 12,
        ..order.clone()
    };
    for order in [fill, end] {
        second.send_order(bot, SYMBOL, &order).unwrap();
    }
    second.send_batch_end(bot).unwrap();
    second.flush().unwrap();
    let records = rig.until(RecordKind::BookReady);
    let reported = only(&records, RecordKind::Order);
    let reported: Vec<_> = reported.iter().map(|r| (r.status, r.exec_qty)).collect();
    assert_eq!(
        reported,
        [
            (Status::PartiallyFilled as u8, 0.75),
            (Status::Canceled as u8, 0.0)
        ]
    );
    assert_eq!(status(&rig, 1), Status::Canceled);
}

#[test]
fn a_connector_that_cannot_be_asked_leaves_unconfirmed_orders_open() {
    let name = name();
    let (first, mut rig, _) = with_orders(&name, &[1]);
    drop(first);
    let old = Capabilities(Capabilities::all().0 & !Capabilities::ASK_ORDER.0);
    let mut second = connector_with(&name, old);
    let bot = registration(&mut second, &mut rig);
    answer(&mut second, bot, SYMBOL, &[], 0.0);
    let mut records = rig.until(RecordKind::BookReady);
    records.extend(rig.batch(Duration::from_millis(20)));
    assert_eq!(rejects(&records), [(1, UNCONFIRMED)]);
    assert_eq!(status(&rig, 1), Status::New);
}
