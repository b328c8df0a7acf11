//! Owners of orders, and the orders in the answer to a registration.

use std::sync::Arc;

use super::*;
use crate::kit::venue::{ExecutionDetails, PastFill, RECOVERED_HANDLES};
use hftbacktest::types::{OrdType, Side, TimeInForce};

const BOT: u64 = 7;

fn order(id: u64) -> Order {
    Order::new(
        id,
        100,
        0.1,
        2.0,
        Side::Buy,
        OrdType::Limit,
        TimeInForce::GTC,
    )
}

fn report(handle: u64, status: Status, exch_ts: i64) -> OrderReport {
    OrderReport {
        handle,
        status,
        price_tick: 0,
        qty: 0.0,
        leaves_qty: 2.0,
        exec_qty: 0.0,
        exec_price_tick: 0,
        maker: false,
        exch_ts,
        details: None,
        reject: None,
    }
}

fn opened(registry: &mut OrderRegistry, owner: u64, state: OwnerState, id: u64) -> u64 {
    let handle = registry.submit(owner, state, 0, &order(id)).unwrap();
    registry.apply(&report(handle, Status::New, 10)).unwrap();
    handle
}

#[test]
fn updates_go_to_the_owner_and_those_of_upstream_bots_to_all() {
    let mut registry = OrderRegistry::default();
    let own = registry
        .submit(BOT, OwnerState::Alive, 0, &order(1))
        .unwrap();
    assert_eq!(
        registry.apply(&report(own, Status::New, 10)).unwrap().to,
        BOT
    );
    let upstream = registry
        .submit(8, OwnerState::Upstream, 0, &order(1))
        .unwrap();
    assert_eq!(
        registry
            .apply(&report(upstream, Status::New, 10))
            .unwrap()
            .to,
        TO_ALL
    );
}

#[test]
fn an_open_id_cannot_be_used_twice_and_an_ended_one_can() {
    let mut registry = OrderRegistry::default();
    let first = opened(&mut registry, BOT, OwnerState::Alive, 1);
    assert_eq!(registry.submit(BOT, OwnerState::Alive, 0, &order(1)), None);
    assert!(
        registry
            .submit(9, OwnerState::Alive, 0, &order(1))
            .is_some(),
        "another bot may"
    );
    registry
        .apply(&report(first, Status::Canceled, 11))
        .unwrap();
    assert!(
        registry
            .submit(BOT, OwnerState::Alive, 0, &order(1))
            .is_some()
    );
}

#[test]
fn times_of_an_order_always_grow_and_no_request_is_pending() {
    let mut registry = OrderRegistry::default();
    let mut new = order(1);
    new.req = Status::New;
    let handle = registry.submit(BOT, OwnerState::Alive, 0, &new).unwrap();
    let first = registry
        .apply(&report(handle, Status::New, 50))
        .unwrap()
        .order;
    let second = registry
        .apply(&report(handle, Status::PartiallyFilled, 40))
        .unwrap()
        .order;
    assert_eq!((first.exch_timestamp, second.exch_timestamp), (50, 51));
    assert_eq!(second.req, Status::None);
    assert_eq!(
        registry
            .report_again(handle, 0)
            .unwrap()
            .order
            .exch_timestamp,
        52
    );
}

#[test]
fn a_rejected_order_ends_as_expired_and_nothing_follows() {
    let mut registry = OrderRegistry::default();
    let handle = registry
        .submit(BOT, OwnerState::Alive, 0, &order(1))
        .unwrap();
    let routed = registry
        .apply(&report(handle, Status::Rejected, 10))
        .unwrap();
    assert_eq!(routed.order.status, Status::Expired);
    assert!(registry.apply(&report(handle, Status::New, 11)).is_none());
}

#[test]
fn an_amended_order_stays_open() {
    let mut registry = OrderRegistry::default();
    let handle = opened(&mut registry, BOT, OwnerState::Alive, 1);
    let amended = OrderReport {
        price_tick: 120,
        qty: 5.0,
        leaves_qty: 5.0,
        ..report(handle, Status::Replaced, 20)
    };
    let order = registry.apply(&amended).unwrap().order;
    assert_eq!(
        (order.status, order.price_tick, order.qty),
        (Status::New, 120, 5.0)
    );
    let partly = OrderReport {
        leaves_qty: 3.0,
        qty: 5.0,
        ..report(handle, Status::Replaced, 21)
    };
    assert_eq!(
        registry.apply(&partly).unwrap().order.status,
        Status::PartiallyFilled
    );
}

#[test]
fn orders_of_an_orphan_move_to_the_bot_that_registers() {
    let mut registry = OrderRegistry::default();
    opened(&mut registry, 1, OwnerState::Alive, 11);
    opened(&mut registry, 2, OwnerState::Alive, 12);
    opened(&mut registry, 3, OwnerState::Upstream, 13);
    opened(&mut registry, 4, OwnerState::Alive, 14);
    opened(&mut registry, BOT, OwnerState::Alive, 15);
    let state = |id| match id {
        1 => OwnerState::Orphaned,
        2 => OwnerState::Dead,
        3 => OwnerState::Upstream,
        _ => OwnerState::Alive,
    };
    let ids = |states: Vec<OrderState>| -> Vec<u64> {
        states.iter().map(|state| state.order.order_id).collect()
    };
    assert_eq!(ids(registry.orders_for(BOT, 0, state)), [11, 13, 15]);
    assert_eq!(ids(registry.orders_for(BOT, 1, state)), [0u64; 0]);
    let handle = registry.find(BOT, OwnerState::Alive, 0, 11).unwrap();
    assert_eq!(
        registry
            .apply(&report(handle, Status::Canceled, 30))
            .unwrap()
            .to,
        BOT
    );
    assert_eq!(
        registry.find(BOT, OwnerState::Alive, 0, 13),
        None,
        "a upstream order stays shared"
    );
    assert!(registry.find(99, OwnerState::Upstream, 0, 13).is_some());
}

fn details(number: i64) -> Arc<ExecutionDetails> {
    Arc::new(ExecutionDetails {
        trade_id: Some(format!("e{number}")),
        ..ExecutionDetails::default()
    })
}

fn trade_id_of(details: Option<&ExecutionDetails>) -> &str {
    details
        .and_then(|known| known.trade_id.as_deref())
        .unwrap_or_default()
}

fn recovered(n: u64, order_id: u64, status: Status, leaves_qty: f64) -> Recovered {
    let fill = |qty, price_tick, exch_ts| PastFill {
        qty,
        price_tick,
        maker: true,
        exch_ts,
        details: Some(details(price_tick)),
    };
    Recovered {
        handle: RECOVERED_HANDLES + n,
        owner: BOT,
        is_upstream: false,
        symbol: 0,
        order_id,
        side: Side::Buy,
        order_type: OrdType::Limit,
        time_in_force: TimeInForce::GTX,
        tick_size: 0.1,
        lot_size: 1.0,
        price_tick: 100,
        qty: 10.0,
        leaves_qty,
        status,
        exch_ts: 50,
        fills: vec![fill(1.0, 99, 20), fill(2.0, 98, 20)],
    }
}

#[test]
fn a_registering_bot_gets_the_past_of_recovered_orders_step_by_step() {
    let mut registry = OrderRegistry::default();
    registry
        .recover(&recovered(1, 5, Status::PartiallyFilled, 6.0))
        .unwrap();
    assert!(
        registry
            .recover(&recovered(1, 5, Status::New, 6.0))
            .is_none()
    );
    let reported = registry.orders_for(BOT, 0, |_| OwnerState::Alive);
    let steps: Vec<_> = reported
        .iter()
        .map(|OrderState { order: o, .. }| (o.leaves_qty, o.exec_qty, o.exec_price_tick, o.status))
        .collect();
    let partly = Status::PartiallyFilled;
    // One lot was filled before the executions that are known.
    assert_eq!(
        steps,
        [
            (8.0, 1.0, 99, partly),
            (6.0, 2.0, 98, partly),
            (6.0, 0.0, 0, partly)
        ]
    );
    let ids = reported
        .iter()
        .map(|state| trade_id_of(state.details.as_deref()));
    assert_eq!(
        ids.collect::<Vec<_>>(),
        ["e99", "e98", ""],
        "each with its own"
    );
    assert!(reported.is_sorted_by_key(|OrderState { order: o, .. }| o.exch_timestamp));
    let handle = registry.find(BOT, OwnerState::Alive, 0, 5).unwrap();
    assert_eq!(
        registry
            .apply(&report(handle, Status::Canceled, 60))
            .unwrap()
            .to,
        BOT
    );
}

#[test]
fn a_registering_bot_learns_how_its_orders_ended_but_only_the_last_of_an_id() {
    let mut registry = OrderRegistry::default();
    registry
        .recover(&recovered(1, 5, Status::Canceled, 7.0))
        .unwrap();
    let again = opened(&mut registry, BOT, OwnerState::Alive, 5);
    registry.apply(&report(again, Status::Filled, 70)).unwrap();
    opened(&mut registry, BOT, OwnerState::Alive, 6);
    let states = |registry: &mut OrderRegistry, owner| {
        let reported = registry.orders_for(BOT, 0, |_| owner);
        reported
            .iter()
            .map(|OrderState { order: o, .. }| (o.order_id, o.status))
            .collect::<Vec<_>>()
    };
    let ours = states(&mut registry, OwnerState::Alive);
    assert_eq!(ours, [(5, Status::Filled), (6, Status::New)]);
    let upstream = states(&mut registry, OwnerState::Upstream);
    assert_eq!(
        upstream,
        [(6, Status::New)],
        "an upstream bot takes open orders only"
    );
}

#[test]
fn reports_of_recovered_orders_wait_for_the_answer_with_their_past() {
    let mut registry = OrderRegistry::default();
    let recovered = recovered(1, 5, Status::PartiallyFilled, 7.0);
    registry.recover(&recovered).unwrap();
    let filled = |leaves_qty, exch_ts| OrderReport {
        leaves_qty,
        exec_qty: 1.0,
        exec_price_tick: 97,
        ..report(recovered.handle, Status::PartiallyFilled, exch_ts)
    };
    assert!(!registry.apply(&filled(6.0, 60)).unwrap().is_reported);
    assert!(
        !registry
            .report_again(recovered.handle, 61)
            .unwrap()
            .is_reported
    );
    let answer = registry.orders_for(BOT, 0, |_| OwnerState::Alive);
    let steps: Vec<_> = answer
        .iter()
        .map(|OrderState { order: o, .. }| (o.leaves_qty, o.exec_qty))
        .collect();
    assert_eq!(
        steps,
        [(9.0, 1.0), (7.0, 2.0), (6.0, 1.0), (6.0, 0.0)],
        "what came before the answer stands in it, in its place"
    );
    assert!(answer.is_sorted_by_key(|OrderState { order: o, .. }| o.exch_timestamp));
    assert!(registry.apply(&filled(5.0, 70)).unwrap().is_reported);
}

#[test]
fn recovered_orders_of_an_orphan_move_without_their_past() {
    let mut registry = OrderRegistry::default();
    registry
        .recover(&recovered(1, 5, Status::PartiallyFilled, 7.0))
        .unwrap();
    let state = |id| match id {
        BOT => OwnerState::Orphaned,
        _ => OwnerState::Alive,
    };
    let reported = registry.orders_for(8, 0, state);
    assert_eq!(reported.len(), 1);
    assert_eq!(
        (reported[0].order.exec_qty, reported[0].order.leaves_qty),
        (0.0, 7.0)
    );
}

#[test]
fn the_memory_of_ended_orders_is_bounded() {
    let mut registry = OrderRegistry::default();
    for id in 0..(ENDED_MAX as u64 + 50) {
        let handle = opened(&mut registry, BOT, OwnerState::Alive, id);
        registry
            .apply(&report(handle, Status::Canceled, 11))
            .unwrap();
    }
    assert_eq!(registry.tracked.len(), ENDED_MAX);
    assert_eq!(registry.by_id.len(), ENDED_MAX);
}

#[test]
fn executions_that_an_owner_may_have_missed_are_reported_again_at_their_prices() {
    let mut registry = OrderRegistry::default();
    let handle = opened(&mut registry, BOT, OwnerState::Alive, 1);
    let fill = |qty, leaves_qty, exec_qty, price, exch_ts| OrderReport {
        status: Status::PartiallyFilled,
        qty,
        leaves_qty,
        exec_qty,
        exec_price_tick: price,
        details: Some(details(exch_ts)),
        ..report(handle, Status::New, exch_ts)
    };
    let routed = registry.apply(&fill(2.0, 1.5, 0.5, 98, 11)).unwrap();
    assert_eq!(trade_id_of(routed.details.as_deref()), "e11");
    let amended = OrderReport {
        status: Status::Replaced,
        ..fill(3.0, 2.5, 0.0, 0, 12)
    };
    let routed = registry.apply(&amended).unwrap();
    assert_eq!(routed.details, None, "no execution");
    registry.apply(&fill(3.0, 1.5, 1.0, 99, 13)).unwrap();
    let again = registry.report_again(handle, 14).unwrap();
    assert_eq!(again.details, None, "reported before");
    let reported = registry.orders_for(BOT, 0, |_| OwnerState::Alive);
    let ids = reported
        .iter()
        .map(|state| trade_id_of(state.details.as_deref()));
    assert_eq!(ids.collect::<Vec<_>>(), ["e11", "e13", ""]);
    let reported: Vec<_> = reported
        .iter()
        .map(|OrderState { order: o, .. }| (o.qty, o.leaves_qty, o.exec_qty, o.exec_price_tick))
        .collect();
    assert_eq!(
        reported,
        [(3.0, 2.5, 0.5, 98), (3.0, 1.5, 1.0, 99), (3.0, 1.5, 0.0, 0)]
    );
}
