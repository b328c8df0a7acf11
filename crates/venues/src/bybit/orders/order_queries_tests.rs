//! Queries for unconfirmed orders, and their answers.

use super::*;
use crate::bybit::frames::order::{OrderPhase, OrderUpdate};
use crate::bybit::orders::arrival::ARRIVAL_NS;
use crate::bybit::orders::test_order::{fill, status, table, update};
use crate::bybit::orders::venue_order::VenueOrder;
use crate::kit::decimal::Step;
use crate::kit::scale::Scale;
use hftbacktest::types::Side;

fn asked(table: &mut OrderTable, now: u64) -> Vec<OrderQuery> {
    let mut asks = Vec::new();
    table.due_queries(now, &mut asks);
    asks
}

#[test]
fn an_unconfirmed_order_is_asked_for_until_it_cannot_arrive_any_more() {
    let (mut table, mut out) = (table(), vec![]);
    table.unconfirmed(SECOND_NS, 1);
    let (mut now, mut queries) = (SECOND_NS, 0);
    while out.is_empty() {
        assert!(queries < 20, "it must end");
        for ask in asked(&mut table, now) {
            assert!(ask.link_id == "L" && !ask.executions);
            queries += 1;
            table.missed(now, 1, &mut out);
        }
        now = table.next_due().unwrap_or(now);
    }
    assert!(queries >= MISSES_MIN && now >= ARRIVAL_NS);
    assert_eq!(status(&out[0]), Status::Rejected);
}

#[test]
fn an_unanswered_query_is_repeated() {
    let mut table = table();
    table.unconfirmed(5, 1);
    assert_eq!(asked(&mut table, 5).len(), 1);
    assert!(asked(&mut table, 6).is_empty());
    assert_eq!(asked(&mut table, 5 + ANSWER_NS).len(), 1);
}

#[test]
fn an_accepted_order_without_a_report_is_asked_for() {
    let (mut table, mut out) = (table(), vec![]);
    table.accepted(0, 1, "V", &mut out);
    assert!(out.is_empty(), "accepted is not open");
    assert_eq!(table.next_due(), Some(SHOW_NS));
    table.on_order(1, &update(OrderPhase::Open, 0), &mut out);
    assert_eq!(table.next_due(), None);
    assert_eq!(status(&out[0]), Status::New);
}

#[test]
fn an_unconfirmed_cancel_is_rejected_when_the_order_lives_and_not_when_it_ended() {
    for (phase, expected) in [(OrderPhase::Open, true), (OrderPhase::Cancelled, false)] {
        let (mut table, mut out) = (table(), vec![]);
        table.on_order(0, &update(OrderPhase::Open, 0), &mut out);
        let reject = Reject {
            code: 10_016,
            text: "server error".into(),
        };
        table.unconfirmed_cancel(9, 1, reject);
        assert_eq!(asked(&mut table, 9).len(), 1);
        out.clear();
        table.on_order(
            10,
            &OrderUpdate {
                updated_ns: 20,
                ..update(phase, 0)
            },
            &mut out,
        );
        table.found(10, 1, &mut out);
        let is_rejected = out
            .iter()
            .any(|e| matches!(e, VenueEvent::RequestReject { .. }));
        assert_eq!(is_rejected, expected);
        assert_eq!(table.next_due(), None);
    }
}

#[test]
fn an_unconfirmed_cancel_of_a_filled_order_is_not_rejected_while_its_executions_lack() {
    let (mut table, mut out) = (table(), vec![]);
    table.on_order(0, &update(OrderPhase::Open, 0), &mut out);
    let reject = Reject {
        code: 10_016,
        text: "server error".into(),
    };
    table.unconfirmed_cancel(9, 1, reject);
    assert_eq!(asked(&mut table, 9).len(), 1);
    out.clear();
    table.on_order(10, &update(OrderPhase::Filled, 10), &mut out);
    table.found(10, 1, &mut out);
    assert!(out.is_empty(), "the fill comes first: {out:?}");
    table.on_fill(&fill("L", 10), &mut out);
    assert_eq!(status(out.last().unwrap()), Status::Filled);
    let is_reject = |event: &VenueEvent| matches!(event, VenueEvent::RequestReject { .. });
    assert!(!out.iter().any(is_reject), "{out:?}");
}

#[test]
fn missing_executions_are_asked_for_twice_and_then_reported_at_the_average() {
    let (mut table, mut out) = (table(), vec![]);
    table.on_order(0, &update(OrderPhase::Filled, 10), &mut out);
    assert!(out.is_empty());
    for _ in 0..2 {
        let due = table.next_due().unwrap();
        let asks = asked(&mut table, due);
        assert!(asks.len() == 1 && asks[0].executions);
        table.fills_answered(due, 1, &mut out);
    }
    assert_eq!(status(&out[0]), Status::Filled);
    assert_eq!((out.len(), table.next_due()), (1, None));
}

#[test]
fn an_old_report_does_not_confirm_an_order() {
    let (mut table, mut out) = (table(), vec![]);
    table.on_order(0, &update(OrderPhase::Open, 0), &mut out);
    table.unconfirmed(5, 1);
    assert_eq!(asked(&mut table, 5).len(), 1);
    table.on_order(6, &update(OrderPhase::Open, 0), &mut out);
    table.on_fill(&fill("L", 3), &mut out);
    assert_eq!(
        asked(&mut table, 5 + ANSWER_NS).len(),
        1,
        "it is asked for again"
    );
    table.found(6, 1, &mut out);
    assert_eq!(table.next_due(), None);
}

#[test]
fn many_queries_are_spread_over_time_and_a_refused_one_comes_again_soon() {
    let mut table = OrderTable::default();
    let one = Step::parse("1").unwrap();
    let scale = Scale {
        tick: one,
        lot: one,
    };
    for handle in 1..=25 {
        let order = VenueOrder::new(
            (handle, 0),
            format!("L{handle}"),
            scale,
            Side::Buy,
            (100, 10),
        );
        table.insert(0, order);
        table.unconfirmed(0, handle);
    }
    let mut sizes = vec![];
    let mut now = 0;
    while now < SECOND_NS {
        sizes.push(asked(&mut table, now).len());
        now = table.next_due().unwrap();
    }
    assert_eq!(sizes, [10, 10, 5]);
    let later = 2 * ASKS_PAUSE_NS;
    table.query_failed(later, 7);
    assert_eq!(table.next_due(), Some(later + ASK_AGAIN_NS));
    assert_eq!(asked(&mut table, later + ASK_AGAIN_NS).len(), 1);
}

#[test]
fn orders_that_ended_are_not_looked_through_again() {
    let (mut table, mut out) = (table(), vec![]);
    table.accepted(0, 1, "V", &mut out);
    assert_eq!((table.next_due(), table.asked.len()), (Some(SHOW_NS), 1));
    table.on_order(1, &update(OrderPhase::Cancelled, 0), &mut out);
    assert!(asked(&mut table, SHOW_NS).is_empty());
    assert_eq!((table.next_due(), table.asked.len()), (None, 0));
}
