//! Orders across a restart of the connector.

use std::time::Duration;

use hbl_livebot::{FLAG_SYNTHETIC, Record, RecordKind};
use hbl_wire::{ControlEvent, ExecutionDetails, OrderFate, Request};
use hftbacktest::types::{Order, Status};

use crate::support::{SYMBOL, accept, buy, connector, name, only, ready, registration, request};

#[test]
fn fills_while_the_connector_was_dead_are_reported_once_and_then_the_end() {
    let name = name();
    let (mut first, mut rig) = ready(&name);
    rig.core.submit(0, buy(1, 99.0), 0).unwrap();
    let Request::Submit { bot, order, .. } = request(&mut first, &mut rig) else {
        panic!()
    };
    let step = |leaves: f64, exec: f64, at: i64| Order {
        leaves_qty: order.qty * leaves,
        exec_qty: order.qty * exec,
        exec_price_tick: order.price_tick,
        ..accept(&order, Status::PartiallyFilled, at)
    };
    first
        .send_order(bot, SYMBOL, &step(0.75, 0.25, 10))
        .unwrap();
    first.flush().unwrap();
    rig.until(RecordKind::Order);
    drop(first);
    let mut second = connector(&name);
    let bot = registration(&mut second, &mut rig);
    second.send_batch_start(bot).unwrap();
    second.flush().unwrap();
    // An ended order that this bot does not follow, the fill that it knows, one that it does not.
    let mut other = accept(&order, Status::Canceled, 9);
    other.order_id = 77;
    let end = Order {
        leaves_qty: order.qty * 0.25,
        ..accept(&order, Status::Canceled, 13)
    };
    for order in [other, step(0.75, 0.25, 10), step(0.25, 0.5, 12), end] {
        let details = ExecutionDetails {
            fee: Some(order.exch_timestamp as f64),
            ..ExecutionDetails::default()
        };
        second
            .send_execution(bot, SYMBOL, &order, &details)
            .unwrap();
        second.send_order(bot, SYMBOL, &order).unwrap();
        second.flush().unwrap();
    }
    second.send_position(bot, SYMBOL, 0.0, 1).unwrap();
    second.send_batch_end(bot).unwrap();
    second.flush().unwrap();
    let records = rig.until(RecordKind::BookReady);
    let reported: Vec<_> = only(&records, RecordKind::Order)
        .into_iter()
        .map(|r| (r.order_id, r.status, r.exec_qty / order.qty))
        .collect();
    assert_eq!(
        reported,
        [
            (1, Status::PartiallyFilled as u8, 0.5),
            (1, Status::Canceled as u8, 0.0)
        ]
    );
    let fees = only(&records, RecordKind::Execution);
    let fees: Vec<_> = fees.iter().map(|r| (r.order_id, r.px)).collect();
    assert_eq!(fees, [(1, 12.0)], "of the fill that is news");
    assert_eq!(rig.core.order(0, 1).unwrap().status, Status::Canceled);
    assert!(rig.core.order(0, 77).is_none());
}

#[test]
fn an_order_that_an_answer_does_not_name_is_asked_for_and_ends_by_a_proof_only() {
    let name = name();
    let (mut first, mut rig) = ready(&name);
    for id in [1, 2] {
        rig.core.submit(0, buy(id, 99.0), 0).unwrap();
        let Request::Submit { bot, order, .. } = request(&mut first, &mut rig) else {
            panic!()
        };
        first
            .send_order(bot, SYMBOL, &accept(&order, Status::New, 10))
            .unwrap();
        first.flush().unwrap();
        rig.until(RecordKind::Order);
    }
    let kept = rig.core.order(0, 2).unwrap().clone();
    drop(first);
    let mut second = connector(&name);
    let bot = registration(&mut second, &mut rig);
    second.send_batch_start(bot).unwrap();
    second
        .send_order(bot, SYMBOL, &accept(&kept, Status::New, 12))
        .unwrap();
    second.send_position(bot, SYMBOL, 0.0, 1).unwrap();
    second.send_batch_end(bot).unwrap();
    second.flush().unwrap();
    let records = rig.until(RecordKind::BookReady);
    assert!(only(&records, RecordKind::Reject).is_empty());
    let Request::AskOrder {
        order_id: 1,
        sent_ts: 0,
        to_this_run: false,
        ..
    } = request(&mut second, &mut rig)
    else {
        panic!("no question about the order that the answer does not contain")
    };
    assert_eq!(rig.core.order(0, 1).unwrap().status, Status::New);
    let gone = ControlEvent::OrderFate {
        symbol: SYMBOL.into(),
        order_id: 1,
        fate: OrderFate::Gone,
        text: "it is not there".into(),
    };
    second.send_control(bot, &gone).unwrap();
    second.flush().unwrap();
    let records = rig.until(RecordKind::Reject);
    rig.batch(Duration::from_millis(20));
    let ended: Vec<Record> = only(&records, RecordKind::Order)
        .into_iter()
        .filter(|record| record.flags & FLAG_SYNTHETIC != 0)
        .collect();
    assert_eq!(
        ended
            .iter()
            .map(|record| record.order_id)
            .collect::<Vec<_>>(),
        [1]
    );
    assert_eq!(rig.core.order(0, 1).unwrap().status, Status::Expired);
    assert_eq!(rig.core.order(0, 2).unwrap().status, Status::New);
}

#[test]
fn a_part_of_an_execution_and_one_before_a_gap_have_no_fee() {
    let name = name();
    let (mut first, mut rig) = ready(&name);
    rig.core.submit(0, buy(1, 99.0), 0).unwrap();
    let Request::Submit { bot, order, .. } = request(&mut first, &mut rig) else {
        panic!()
    };
    let step = |leaves: f64, exec: f64, at: i64| Order {
        leaves_qty: order.qty * leaves,
        exec_qty: order.qty * exec,
        exec_price_tick: order.price_tick,
        ..accept(&order, Status::PartiallyFilled, at)
    };
    let details = ExecutionDetails {
        fee: Some(0.5),
        ..ExecutionDetails::default()
    };
    first.send_order(bot, SYMBOL, &step(0.7, 0.3, 10)).unwrap();
    // The state that this belongs to never comes.
    first
        .send_execution(bot, SYMBOL, &step(0.6, 0.1, 9), &details)
        .unwrap();
    first.flush().unwrap();
    rig.until(RecordKind::Order);
    drop(first);
    let mut second = connector(&name);
    let bot = registration(&mut second, &mut rig);
    second.send_batch_start(bot).unwrap();
    second.send_order(bot, SYMBOL, &step(0.6, 0.1, 11)).unwrap();
    // 0.4 of it were left: 0.2 of its 0.6 are known.
    let whole = step(0.2, 0.6, 12);
    second
        .send_execution(bot, SYMBOL, &whole, &details)
        .unwrap();
    second.send_order(bot, SYMBOL, &whole).unwrap();
    second.send_position(bot, SYMBOL, 0.0, 1).unwrap();
    second.send_batch_end(bot).unwrap();
    second.flush().unwrap();
    let records = rig.until(RecordKind::BookReady);
    let fills = only(&records, RecordKind::Order);
    let fills: Vec<_> = fills.iter().map(|r| r.exec_qty / order.qty).collect();
    assert_eq!(fills.len(), 2);
    assert!(
        (fills[0] - 0.1).abs() < 1e-9 && (fills[1] - 0.4).abs() < 1e-9,
        "{fills:?}"
    );
    assert!(only(&records, RecordKind::Execution).is_empty());
}
