//! Whose order is which, and what a registering bot is told.

use super::*;
use crate::venue::{ADOPTED_HANDLES, PastFill};
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
        refusal: None,
    }
}

fn opened(router: &mut OrderRouter, owner: u64, state: OwnerState, id: u64) -> u64 {
    let handle = router.submit(owner, state, 0, &order(id)).unwrap();
    router.apply(&report(handle, Status::New, 10)).unwrap();
    handle
}

#[test]
fn updates_go_to_the_owner_and_those_of_stock_bots_to_all() {
    let mut router = OrderRouter::default();
    let own = router.submit(BOT, OwnerState::Alive, 0, &order(1)).unwrap();
    assert_eq!(router.apply(&report(own, Status::New, 10)).unwrap().to, BOT);
    let stock = router.submit(8, OwnerState::Stock, 0, &order(1)).unwrap();
    assert_eq!(
        router.apply(&report(stock, Status::New, 10)).unwrap().to,
        TO_ALL
    );
}

#[test]
fn an_open_id_cannot_be_used_twice_and_an_ended_one_can() {
    let mut router = OrderRouter::default();
    let first = opened(&mut router, BOT, OwnerState::Alive, 1);
    assert_eq!(router.submit(BOT, OwnerState::Alive, 0, &order(1)), None);
    assert!(
        router.submit(9, OwnerState::Alive, 0, &order(1)).is_some(),
        "another bot may"
    );
    router.apply(&report(first, Status::Canceled, 11)).unwrap();
    assert!(
        router
            .submit(BOT, OwnerState::Alive, 0, &order(1))
            .is_some()
    );
}

#[test]
fn times_of_an_order_always_grow_and_no_request_is_pending() {
    let mut router = OrderRouter::default();
    let mut new = order(1);
    new.req = Status::New;
    let handle = router.submit(BOT, OwnerState::Alive, 0, &new).unwrap();
    let first = router
        .apply(&report(handle, Status::New, 50))
        .unwrap()
        .order;
    let second = router
        .apply(&report(handle, Status::PartiallyFilled, 40))
        .unwrap()
        .order;
    assert_eq!((first.exch_timestamp, second.exch_timestamp), (50, 51));
    assert_eq!(second.req, Status::None);
    assert_eq!(router.retell(handle, 0).unwrap().order.exch_timestamp, 52);
}

#[test]
fn a_rejected_order_ends_as_expired_and_nothing_follows() {
    let mut router = OrderRouter::default();
    let handle = router.submit(BOT, OwnerState::Alive, 0, &order(1)).unwrap();
    let routed = router.apply(&report(handle, Status::Rejected, 10)).unwrap();
    assert_eq!(routed.order.status, Status::Expired);
    assert!(router.apply(&report(handle, Status::New, 11)).is_none());
}

#[test]
fn an_amended_order_stays_open() {
    let mut router = OrderRouter::default();
    let handle = opened(&mut router, BOT, OwnerState::Alive, 1);
    let amended = OrderReport {
        price_tick: 120,
        qty: 5.0,
        leaves_qty: 5.0,
        ..report(handle, Status::Replaced, 20)
    };
    let order = router.apply(&amended).unwrap().order;
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
        router.apply(&partly).unwrap().order.status,
        Status::PartiallyFilled
    );
}

#[test]
fn orders_of_an_orphan_move_to_the_bot_that_registers() {
    let mut router = OrderRouter::default();
    opened(&mut router, 1, OwnerState::Alive, 11);
    opened(&mut router, 2, OwnerState::Alive, 12);
    opened(&mut router, 3, OwnerState::Stock, 13);
    opened(&mut router, 4, OwnerState::Alive, 14);
    opened(&mut router, BOT, OwnerState::Alive, 15);
    let state = |id| match id {
        1 => OwnerState::Orphaned,
        2 => OwnerState::Dead,
        3 => OwnerState::Stock,
        _ => OwnerState::Alive,
    };
    let ids = |orders: Vec<Order>| orders.iter().map(|o| o.order_id).collect::<Vec<_>>();
    assert_eq!(ids(router.orders_for(BOT, 0, state)), [11, 13, 15]);
    assert_eq!(ids(router.orders_for(BOT, 1, state)), [0u64; 0]);
    let handle = router.find(BOT, OwnerState::Alive, 0, 11).unwrap();
    assert_eq!(
        router
            .apply(&report(handle, Status::Canceled, 30))
            .unwrap()
            .to,
        BOT
    );
    assert_eq!(
        router.find(BOT, OwnerState::Alive, 0, 13),
        None,
        "a stock order stays shared"
    );
    assert!(router.find(99, OwnerState::Stock, 0, 13).is_some());
}

fn adopted(n: u64, order_id: u64, status: Status, leaves_qty: f64) -> Adopted {
    let fill = |qty, price_tick, exch_ts| PastFill {
        qty,
        price_tick,
        maker: true,
        exch_ts,
    };
    Adopted {
        handle: ADOPTED_HANDLES + n,
        owner: BOT,
        symbol: 0,
        order_id,
        side: Side::Buy,
        order_type: OrdType::Limit,
        time_in_force: TimeInForce::GTX,
        tick_size: 0.1,
        price_tick: 100,
        qty: 10.0,
        leaves_qty,
        status,
        exch_ts: 50,
        fills: vec![fill(1.0, 99, 20), fill(2.0, 98, 20)],
    }
}

#[test]
fn a_registering_bot_is_told_the_past_of_adopted_orders_step_by_step() {
    let mut router = OrderRouter::default();
    router
        .adopt(&adopted(1, 5, Status::PartiallyFilled, 6.0))
        .unwrap();
    assert!(router.adopt(&adopted(1, 5, Status::New, 6.0)).is_none());
    let told = router.orders_for(BOT, 0, |_| OwnerState::Alive);
    let steps: Vec<_> = told
        .iter()
        .map(|o| (o.leaves_qty, o.exec_qty, o.exec_price_tick, o.status))
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
    assert!(told.is_sorted_by_key(|o| o.exch_timestamp));
    let handle = router.find(BOT, OwnerState::Alive, 0, 5).unwrap();
    assert_eq!(
        router
            .apply(&report(handle, Status::Canceled, 60))
            .unwrap()
            .to,
        BOT
    );
}

#[test]
fn a_registering_bot_is_told_how_its_orders_ended_but_only_the_last_of_an_id() {
    let mut router = OrderRouter::default();
    router.adopt(&adopted(1, 5, Status::Canceled, 7.0)).unwrap();
    let again = opened(&mut router, BOT, OwnerState::Alive, 5);
    router.apply(&report(again, Status::Filled, 70)).unwrap();
    opened(&mut router, BOT, OwnerState::Alive, 6);
    let states = |router: &mut OrderRouter, owner| {
        let told = router.orders_for(BOT, 0, |_| owner);
        told.iter()
            .map(|o| (o.order_id, o.status))
            .collect::<Vec<_>>()
    };
    let ours = states(&mut router, OwnerState::Alive);
    assert_eq!(ours, [(5, Status::Filled), (6, Status::New)]);
    let stock = states(&mut router, OwnerState::Stock);
    assert_eq!(
        stock,
        [(6, Status::New)],
        "hftbacktest's bot takes open orders only"
    );
}

#[test]
fn reports_of_adopted_orders_wait_for_the_answer_that_tells_their_past() {
    let mut router = OrderRouter::default();
    let adopted = adopted(1, 5, Status::PartiallyFilled, 7.0);
    router.adopt(&adopted).unwrap();
    let filled = |leaves_qty, exch_ts| OrderReport {
        leaves_qty,
        exec_qty: 1.0,
        exec_price_tick: 97,
        ..report(adopted.handle, Status::PartiallyFilled, exch_ts)
    };
    assert!(!router.apply(&filled(6.0, 60)).unwrap().told);
    assert!(!router.retell(adopted.handle, 61).unwrap().told);
    let answer = router.orders_for(BOT, 0, |_| OwnerState::Alive);
    let steps: Vec<_> = answer.iter().map(|o| (o.leaves_qty, o.exec_qty)).collect();
    assert_eq!(
        steps,
        [(9.0, 1.0), (7.0, 2.0), (6.0, 1.0), (6.0, 0.0)],
        "what came before the answer stands in it, in its place"
    );
    assert!(answer.is_sorted_by_key(|o| o.exch_timestamp));
    assert!(router.apply(&filled(5.0, 70)).unwrap().told);
}

#[test]
fn adopted_orders_of_an_orphan_move_without_their_past() {
    let mut router = OrderRouter::default();
    router
        .adopt(&adopted(1, 5, Status::PartiallyFilled, 7.0))
        .unwrap();
    let state = |id| match id {
        BOT => OwnerState::Orphaned,
        _ => OwnerState::Alive,
    };
    let told = router.orders_for(8, 0, state);
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].exec_qty, told[0].leaves_qty), (0.0, 7.0));
}

#[test]
fn the_memory_of_ended_orders_is_bounded() {
    let mut router = OrderRouter::default();
    for id in 0..(ENDED_MAX as u64 + 50) {
        let handle = opened(&mut router, BOT, OwnerState::Alive, id);
        router.apply(&report(handle, Status::Canceled, 11)).unwrap();
    }
    assert_eq!(router.tracked.len(), ENDED_MAX);
    assert_eq!(router.by_id.len(), ENDED_MAX);
}
