//! An order without a proven end counts as open, however its bot came to know nothing of it.

use hbl_livebot::{LadderMarketDepth, LiveCore, RecordKind};
use hbl_wire::{Capabilities, ControlEvent, OrderFate, Request};
use hftbacktest::types::{Bot, Order, Status};

use crate::{
    session::{Session, rejects},
    support::{SYMBOL, answer},
};

/// What is open by the bot's own list of orders: their ids, and the quantity that may still be executed.
fn exposure(core: &LiveCore<LadderMarketDepth>) -> (Vec<u64>, f64) {
    let open = core.bot().orders(0).values();
    let open: Vec<&Order> = open.filter(|order| order.active()).collect();
    let mut ids: Vec<u64> = open.iter().map(|order| order.order_id).collect();
    ids.sort_unstable();
    (ids, open.iter().map(|order| order.leaves_qty).sum())
}

/// What cancelling everything sends: whether it reached the connector as a whole, and which orders by
/// their ids.
fn cancelled(session: &mut Session, by_id: usize) -> (bool, Vec<u64>) {
    session.rig.core.cancel_all(0).unwrap();
    let (mut all, mut ids) = (false, Vec::new());
    while !all || ids.len() < by_id {
        match session.request() {
            Request::CancelAll { symbol, .. } => {
                assert_eq!(symbol, SYMBOL);
                all = true;
            }
            Request::Cancel { order_id, .. } => ids.push(order_id),
            Request::AskOrder { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    ids.sort_unstable();
    (all, ids)
}

#[test]
fn an_order_whose_acknowledgement_is_lost_counts_through_registrations_and_is_cancelled_with_all() {
    let mut session = Session::new();
    session.submit(1);
    session.open(2, 10);
    assert_eq!(exposure(&session.rig.core), (vec![1, 2], 2.0));
    session.rig.core.resync(0).unwrap();
    session.register();
    // The connector follows the first and has no state of it; of the second it says nothing.
    session.send_fate(1, OrderFate::Pending);
    session.answer();
    session.settle(RecordKind::BookReady);
    assert_eq!(exposure(&session.rig.core), (vec![1, 2], 2.0));
    assert_eq!(session.asked(2), (0, true));
    session.send_fate(2, OrderFate::Unknown);
    session.settle(RecordKind::Reject);
    assert_eq!(exposure(&session.rig.core), (vec![1, 2], 2.0));
    // The connector cancels what it follows, and is reported of the other one by its id.
    assert_eq!(cancelled(&mut session, 1), (true, vec![2]));
    // That was asked for, and proves nothing.
    assert_eq!(exposure(&session.rig.core), (vec![1, 2], 2.0));
    session.send_fate(2, OrderFate::Gone);
    session.settle(RecordKind::Reject);
    assert_eq!(exposure(&session.rig.core), (vec![1], 1.0));
}

#[test]
fn the_open_rest_of_an_unconfirmed_order_counts_and_not_what_was_executed() {
    let (mut session, orders) = Session::with_orders(&[1]);
    session.report(&Order {
        status: Status::PartiallyFilled,
        leaves_qty: 0.25,
        exec_qty: 0.75,
        exec_price_tick: 190,
        exch_timestamp: 11,
        ..orders[0].clone()
    });
    session.rig.until(RecordKind::Order);
    let mut second = session.restart();
    second.asked(1);
    second.send_fate(1, OrderFate::Unknown);
    second.settle(RecordKind::Reject);
    assert_eq!(exposure(&second.rig.core), (vec![1], 0.25));
    assert_eq!(cancelled(&mut second, 1), (true, vec![1]));
}

#[test]
fn orders_that_the_next_connector_cannot_know_count_and_are_cancelled_by_their_ids() {
    let paper = Capabilities::all().and(Capabilities::PAPER);
    for (next, is_keyless) in [(Capabilities::all(), true), (paper, false)] {
        let (mut first, _) = Session::with_orders(&[1, 2]);
        first.submit(3);
        let mut second = first.restart_with(next);
        second.register();
        if is_keyless {
            second.send_control(&ControlEvent::OrdersUnknown {
                text: "there is no key".into(),
            });
        }
        answer(&mut second.connector, second.bot, SYMBOL, &[], 0.0);
        second.settle(RecordKind::BookReady);
        assert_eq!(exposure(&second.rig.core), (vec![1, 2, 3], 3.0), "{next:?}");
        let (all, by_id) = cancelled(&mut second, 3);
        assert!(all && by_id == [1, 2, 3], "{next:?}: {by_id:?}");
        for id in 1..=3 {
            second.reject(id, 3006);
        }
        let mut refused = 0;
        while refused < 3 {
            let records = second.settle(RecordKind::Reject);
            refused += rejects(&records).len();
        }
        assert_eq!(exposure(&second.rig.core), (vec![1, 2, 3], 3.0), "{next:?}");
    }
}
