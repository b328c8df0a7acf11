//! Doubts, questions and answers.

use super::*;
use crate::venues::bybit::decimal::{Scale, Step};
use crate::venues::bybit::frames::order::OrderPhase;
use hftbacktest::types::Side;

fn table() -> OrderTable {
    let one = Step::parse("1").unwrap();
    let scale = Scale {
        tick: one,
        lot: one,
    };
    let mut table = OrderTable::default();
    table.insert(
        0,
        VenueOrder::new((1, 0), "L".into(), scale, Side::Buy, (100, 10)),
    );
    table
}

fn update(phase: OrderPhase, cum: i64) -> OrderUpdate {
    OrderUpdate {
        order_id: "V".into(),
        link_id: "L".into(),
        side: Side::Buy,
        phase,
        price_tick: 100,
        qty_lots: 10,
        cum_lots: cum,
        avg_tick: None,
        updated_ns: 1 + cum,
        reason: None,
    }
}

fn fill(link: &str, lots: i64) -> Fill {
    Fill {
        exec_id: "E".into(),
        order_id: "V".into(),
        link_id: link.into(),
        side: Side::Buy,
        tick: 100,
        lots,
        order_lots: 0,
        completes: false,
        maker: true,
        exec_ns: 5,
    }
}

fn status(event: &VenueEvent) -> Status {
    match event {
        VenueEvent::Order(report) => report.status,
        other => panic!("{other:?}"),
    }
}

fn asked(table: &mut OrderTable, now: u64) -> Vec<Ask> {
    let mut asks = Vec::new();
    table.asks(now, &mut asks);
    asks
}

#[test]
fn a_doubtful_order_is_asked_for_until_it_surely_never_arrived() {
    let (mut table, mut out) = (table(), vec![]);
    table.doubt(SECOND_NS, 1);
    let (mut now, mut questions) = (SECOND_NS, 0);
    while out.is_empty() {
        assert!(questions < 20, "it must end");
        for ask in asked(&mut table, now) {
            assert!(ask.link_id == "L" && !ask.executions);
            questions += 1;
            table.missed(now, 1, &mut out);
        }
        now = table.next_due().unwrap_or(now);
    }
    assert!(questions >= MISSES_MIN && now >= ARRIVAL_NS);
    assert_eq!(status(&out[0]), Status::Rejected);
}

#[test]
fn an_unanswered_question_is_asked_again() {
    let mut table = table();
    table.doubt(5, 1);
    assert_eq!(asked(&mut table, 5).len(), 1);
    assert!(asked(&mut table, 6).is_empty());
    assert_eq!(asked(&mut table, 5 + ANSWER_NS).len(), 1);
}

#[test]
fn an_accepted_order_that_is_not_told_of_is_asked_for() {
    let (mut table, mut out) = (table(), vec![]);
    table.accepted(0, 1, "V", &mut out);
    assert!(out.is_empty(), "accepted is not open");
    assert_eq!(table.next_due(), Some(SHOW_NS));
    table.on_order(1, &update(OrderPhase::Open, 0), &mut out);
    assert_eq!(table.next_due(), None);
    assert_eq!(status(&out[0]), Status::New);
}

#[test]
fn a_cancel_in_doubt_is_refused_when_the_order_lives_and_silent_when_it_ended() {
    for (phase, refused) in [(OrderPhase::Open, true), (OrderPhase::Cancelled, false)] {
        let (mut table, mut out) = (table(), vec![]);
        table.on_order(0, &update(OrderPhase::Open, 0), &mut out);
        let refusal = Refusal {
            code: 10_016,
            text: "server error".into(),
        };
        table.doubt_request(9, 1, refusal);
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
        table.found(1, &mut out);
        let told = out
            .iter()
            .any(|e| matches!(e, VenueEvent::RequestRefused { .. }));
        assert_eq!(told, refused);
        assert_eq!(table.next_due(), None);
    }
}

#[test]
fn a_maker_fill_without_our_id_finds_its_order_once_the_venues_id_is_known() {
    let (mut table, mut out) = (table(), vec![]);
    table.on_fill(&fill("", 3), &mut out);
    assert!(out.is_empty());
    table.accepted(0, 1, "V", &mut out);
    assert_eq!(status(&out[0]), Status::PartiallyFilled);
    table.on_fill(&fill("", 3), &mut out);
    assert_eq!(out.len(), 1, "the same execution is told once");
}

#[test]
fn missing_executions_are_asked_for_twice_and_then_told_at_the_average() {
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
fn foreign_reports_touch_nothing_and_memory_is_bounded() {
    let (mut table, mut out) = (table(), vec![]);
    let foreign = OrderUpdate {
        link_id: "X".into(),
        order_id: "W".into(),
        ..update(OrderPhase::Filled, 10)
    };
    assert!(!table.on_order(0, &foreign, &mut out));
    for n in 0..3000 {
        let fill = Fill {
            exec_id: n.to_string(),
            order_id: "W".into(),
            ..fill("", 1)
        };
        table.on_fill(&fill, &mut out);
    }
    assert!(out.is_empty() && table.orphans.len() == ORPHANS_MAX);
}

#[test]
fn an_old_report_does_not_end_a_doubt() {
    let (mut table, mut out) = (table(), vec![]);
    table.on_order(0, &update(OrderPhase::Open, 0), &mut out);
    table.doubt(5, 1);
    assert_eq!(asked(&mut table, 5).len(), 1);
    table.on_order(6, &update(OrderPhase::Open, 0), &mut out);
    table.on_fill(&fill("L", 3), &mut out);
    assert_eq!(
        asked(&mut table, 5 + ANSWER_NS).len(),
        1,
        "it is asked for again"
    );
    table.found(1, &mut out);
    assert_eq!(table.next_due(), None);
}

#[test]
fn many_questions_are_spread_over_time_and_a_refused_one_comes_again_soon() {
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
        table.doubt(0, handle);
    }
    let mut sizes = vec![];
    let mut now = 0;
    while now < SECOND_NS {
        sizes.push(asked(&mut table, now).len());
        now = table.next_due().unwrap();
    }
    assert_eq!(sizes, [10, 10, 5]);
    let later = 2 * ASKS_PAUSE_NS;
    table.ask_failed(later, 7);
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
