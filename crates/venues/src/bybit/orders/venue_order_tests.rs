//! One order through every order of its reports.

use super::*;
use crate::kit::decimal::Step;
use proptest::prelude::*;

fn order(qty: i64) -> VenueOrder {
    let one = Step::parse("1").unwrap();
    let scale = Scale {
        tick: one,
        lot: one,
    };
    VenueOrder::new((7, 0), "L".into(), scale, Side::Buy, (100, qty))
}

fn update(phase: OrderPhase, cum: i64, at: i64) -> OrderUpdate {
    OrderUpdate {
        order_id: "V".into(),
        link_id: "L".into(),
        side: Side::Buy,
        phase,
        price_tick: 100,
        lot: Step::parse("1").unwrap(),
        qty_lots: 10,
        cum_lots: cum,
        avg_tick: (cum > 0).then_some(99),
        updated_ns: at,
        reason: None,
    }
}

fn fill(id: u32, lots: i64, leaves: i64) -> Fill {
    Fill {
        exec_id: format!("E{id}"),
        order_id: "V".into(),
        link_id: "L".into(),
        side: Side::Buy,
        tick: 90 + i64::from(id),
        between: None,
        lot: Step::parse("1").unwrap(),
        lots,
        order_lots: 10,
        completes: leaves == 0,
        maker: true,
        exec_ns: 100 + i64::from(id),
        fee: Some(0.25),
        fee_coin: Some("USDT".into()),
    }
}

fn reports(events: &[VenueEvent]) -> Vec<(Status, f64, i64, f64)> {
    let report = |event: &VenueEvent| match event {
        VenueEvent::Order(r) => (r.status, r.exec_qty, r.exec_price_tick, r.leaves_qty),
        other => panic!("{other:?}"),
    };
    events.iter().map(report).collect()
}

#[test]
fn filled_before_its_execution_keeps_the_price_of_the_fill() {
    let (mut order, mut out) = (order(10), vec![]);
    order.on_order(&update(OrderPhase::Open, 0, 1), &mut out);
    order.on_order(&update(OrderPhase::Filled, 10, 3), &mut out);
    assert_eq!(reports(&out).len(), 1, "the end waits for its fill");
    assert!(order.lacks_fills());
    order.on_fill(&fill(1, 10, 0), &mut out);
    assert_eq!(reports(&out)[1], (Status::Filled, 10.0, 91, 0.0));
    assert!(order.has_ended() && !order.lacks_fills());
}

#[test]
fn an_order_that_is_filled_at_its_change_was_for_what_was_filled() {
    let (mut order, mut out) = (order(10), vec![]);
    order.on_order(&update(OrderPhase::Open, 0, 1), &mut out);
    // Changed to 6 and filled at once: the execution comes before the word of the change.
    let changed = Fill {
        order_lots: 6,
        ..fill(1, 6, 0)
    };
    order.on_fill(&changed, &mut out);
    let VenueEvent::Order(report) = &out[1] else {
        panic!("{out:?}")
    };
    let reported = (
        report.status,
        report.qty,
        report.exec_qty,
        report.leaves_qty,
    );
    assert_eq!(reported, (Status::Filled, 6.0, 6.0, 0.0));
}

#[test]
fn a_cancel_after_a_partial_fill_waits_for_the_fill() {
    let (mut order, mut out) = (order(10), vec![]);
    order.on_order(&update(OrderPhase::Cancelled, 4, 5), &mut out);
    assert!(out.is_empty());
    order.on_fill(&fill(1, 4, 6), &mut out);
    let expected = [
        (Status::PartiallyFilled, 4.0, 91, 6.0),
        (Status::Canceled, 0.0, 0, 6.0),
    ];
    assert_eq!(reports(&out), expected);
}

#[test]
fn a_late_new_does_not_bring_an_order_back() {
    let (mut order, mut out) = (order(10), vec![]);
    order.on_fill(&fill(1, 4, 6), &mut out);
    order.on_order(&update(OrderPhase::Open, 0, 1), &mut out);
    order.on_order(&update(OrderPhase::PartlyFilled, 4, 2), &mut out);
    assert_eq!(out.len(), 1);
    order.on_order(&update(OrderPhase::Cancelled, 4, 5), &mut out);
    order.on_order(&update(OrderPhase::Open, 0, 1), &mut out);
    order.on_order(&update(OrderPhase::Filled, 10, 6), &mut out);
    assert_eq!(reports(&out).last(), Some(&(Status::Canceled, 0.0, 0, 6.0)));
}

#[test]
fn an_execution_that_never_comes_is_reported_at_the_average_and_not_again() {
    let (mut order, mut out) = (order(10), vec![]);
    order.on_order(&update(OrderPhase::Filled, 10, 3), &mut out);
    order.fill_up(&mut out);
    assert_eq!(reports(&out), [(Status::Filled, 10.0, 99, 0.0)]);
    assert_eq!(
        order.on_fill(&fill(1, 10, 0), &mut out),
        FillEffect::Counted
    );
    assert_eq!(
        order.on_fill(&fill(1, 10, 0), &mut out),
        FillEffect::Repeated
    );
    assert_eq!(order.on_fill(&fill(2, 1, 0), &mut out), FillEffect::Late);
    assert_eq!(out.len(), 1);
}

#[test]
fn only_an_execution_that_is_reported_as_it_is_has_its_fee_and_id() {
    let (mut order, mut out) = (order(10), vec![]);
    order.on_order(&update(OrderPhase::PartlyFilled, 4, 3), &mut out);
    order.fill_up(&mut out);
    // Two of its lots are news, four were reported without an execution.
    order.on_fill(&fill(1, 6, 4), &mut out);
    order.on_fill(&fill(2, 4, 0), &mut out);
    let ids = out.iter().map(|event| match event {
        VenueEvent::Order(OrderReport {
            exec_qty, details, ..
        }) => {
            let details = details.as_deref().cloned().unwrap_or_default();
            (*exec_qty, details.fee, details.trade_id)
        }
        other => panic!("{other:?}"),
    });
    let known = (4.0, Some(0.25), Some("E2".to_owned()));
    let expected = [
        (0.0, None, None),
        (4.0, None, None),
        (2.0, None, None),
        known,
    ];
    assert_eq!(ids.collect::<Vec<_>>(), expected);
}

#[test]
fn an_amendment_is_reported_once_and_an_older_report_does_not_undo_it() {
    let (mut order, mut out) = (order(10), vec![]);
    order.on_order(&update(OrderPhase::Open, 0, 1), &mut out);
    let amended = OrderUpdate {
        price_tick: 120,
        qty_lots: 12,
        ..update(OrderPhase::Open, 0, 5)
    };
    order.on_order(&amended, &mut out);
    order.on_order(&amended, &mut out);
    order.on_order(&update(OrderPhase::Open, 0, 4), &mut out);
    assert_eq!(reports(&out).len(), 2);
    assert!(matches!(&out[1], VenueEvent::Order(r)
        if r.status == Status::Replaced && r.price_tick == 120 && r.qty == 12.0));
}

#[test]
fn an_order_that_ends_by_its_own_terms_expires_whatever_the_venue_calls_it() {
    let reasons = [
        "EC_PostOnlyWillTakeLiquidity",
        "EC_NoImmediateQtyToFill",
        "EC_CancelForNoFullFill",
    ];
    let phases = [OrderPhase::Cancelled, OrderPhase::Rejected];
    for (phase, reason) in phases.into_iter().flat_map(|p| reasons.map(|r| (p, r))) {
        let (mut order, mut out) = (order(10), vec![]);
        let mut end = update(phase, 0, 2);
        end.reason = Some(reason.into());
        order.on_order(&end, &mut out);
        let VenueEvent::Order(report) = &out[0] else {
            panic!()
        };
        assert_eq!(report.status, Status::Expired);
        assert!(report.reject.as_ref().unwrap().text.contains(reason));
    }
}

/// One message of a history.
#[derive(Clone, Debug)]
enum Message {
    Order(OrderUpdate),
    Fill(Fill),
}

/// A history that a venue can have: fills of a 10-lot order, an amendment in between or not, and an
/// end or none. The second value is the number of lots filled, the third whether it has ended.
fn history() -> impl Strategy<Value = (Vec<Message>, i64, Option<Status>)> {
    let fills = prop::collection::vec(1i64..5, 0..6);
    (fills, any::<bool>(), any::<bool>()).prop_map(|(sizes, cancelled, amended)| {
        let (mut messages, mut cum, mut at) = (vec![], 0, 1);
        messages.push(Message::Order(update(OrderPhase::Open, 0, at)));
        for (id, size) in sizes.into_iter().enumerate() {
            let lots = size.min(10 - cum);
            if lots == 0 {
                break;
            }
            cum += lots;
            at += 1;
            messages.push(Message::Fill(fill(id as u32, lots, 10 - cum)));
            let phase = if cum == 10 {
                OrderPhase::Filled
            } else {
                OrderPhase::PartlyFilled
            };
            messages.push(Message::Order(update(phase, cum, at)));
            if amended && cum < 10 {
                at += 1;
                let phase = OrderPhase::PartlyFilled;
                let amended = OrderUpdate {
                    price_tick: 100 + at,
                    ..update(phase, cum, at)
                };
                messages.push(Message::Order(amended));
            }
        }
        let end = if cum == 10 {
            Some(Status::Filled)
        } else if cancelled {
            messages.push(Message::Order(update(OrderPhase::Cancelled, cum, at + 1)));
            Some(Status::Canceled)
        } else {
            None
        };
        (messages, cum, end)
    })
}

fn shuffled() -> impl Strategy<Value = (Vec<Message>, i64, Option<Status>)> {
    history().prop_flat_map(|(messages, cum, end)| {
        let count = messages.len();
        let repeats = prop::collection::vec(0..count, 0..5);
        (Just(messages), repeats, Just(cum), Just(end)).prop_flat_map(
            |(messages, repeats, cum, end)| {
                let mut all = messages.clone();
                all.extend(repeats.into_iter().map(|at| messages[at].clone()));
                (Just(all).prop_shuffle(), Just(cum), Just(end))
            },
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn any_order_with_repeats_ends_the_same((messages, cum, end) in shuffled()) {
        let (mut order, mut out) = (order(10), vec![]);
        for message in &messages {
            match message {
                Message::Order(update) => order.on_order(update, &mut out),
                Message::Fill(fill) => {
                    order.on_fill(fill, &mut out);
                }
            }
        }
        let mut reported = 0.0;
        let mut ended = None;
        let mut rank = 0;
        for event in &out {
            let VenueEvent::Order(report) = event else { panic!() };
            prop_assert_eq!(ended, None, "nothing after the end: {:?}", out);
            reported += report.exec_qty;
            if crate::kit::order_registry::is_final(report.status) {
                ended = Some(report.status);
            }
            let now = match report.status {
                Status::New => 1,
                Status::PartiallyFilled => 2,
                Status::Replaced => rank,
                _ => 3,
            };
            prop_assert!(now >= rank, "no step back: {:?}", out);
            rank = now;
        }
        prop_assert_eq!(reported, cum as f64);
        prop_assert_eq!(ended, end);
        prop_assert_eq!(order.has_ended(), end.is_some());
    }
}
