//! Orders of previous sessions, from any part of their reports.

use super::*;
use crate::bybit::frames::order::{OrderPhase, OrderUpdate};
use crate::kit::decimal::Step;
use crate::kit::scale::Scale;
use crate::kit::venue::VenueEvent;
use hftbacktest::types::Side;
use proptest::prelude::*;

const GTX: (OrdType, TimeInForce) = (OrdType::Limit, TimeInForce::GTX);

fn id(epoch: u32, order_id: u64) -> LinkId {
    LinkId {
        epoch,
        counter: 1,
        is_upstream: false,
        owner: 7,
        order_id,
    }
}

fn meet(table: &mut OrderTable, link: &str, id: LinkId) -> u64 {
    let one = Step::parse("1").unwrap();
    let scale = Scale {
        tick: one,
        lot: one,
    };
    let handle = table.next_recovered();
    let order = VenueOrder::new((handle, 0), link.into(), scale, Side::Buy, (100, 10));
    table.insert_recovered(0, order, id, GTX);
    handle
}

fn update(link: &str, phase: OrderPhase, cum: i64, at: i64) -> OrderUpdate {
    OrderUpdate {
        order_id: format!("V{link}"),
        link_id: link.into(),
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

fn fill(link: &str, n: i64, lots: i64, leaves: i64) -> Fill {
    Fill {
        exec_id: format!("E{link}{n}"),
        order_id: format!("V{link}"),
        link_id: link.into(),
        side: Side::Buy,
        tick: 90 + n,
        between: None,
        lot: Step::parse("1").unwrap(),
        lots,
        order_lots: 10,
        completes: leaves == 0,
        maker: true,
        exec_ns: n,
        fee: Some(0.25),
        fee_coin: Some("USDT".into()),
    }
}

#[test]
fn an_open_order_is_reported_once_with_its_fills_and_followed_from_there() {
    let (mut table, mut out) = (OrderTable::default(), vec![]);
    let handle = meet(&mut table, "A", id(1, 5));
    assert!(handle >= RECOVERED_HANDLES);
    table.on_fill(&fill("A", 2, 3, 5), &mut out);
    table.on_order(0, &update("A", OrderPhase::PartlyFilled, 5, 2), &mut out);
    table.on_fill(&fill("A", 1, 2, 8), &mut out);
    assert!(out.is_empty(), "nothing before it is reported: {out:?}");
    let recovered = table.take_recovered(0);
    let [order] = recovered.as_slice() else {
        panic!("{recovered:?}");
    };
    assert_eq!((order.owner, order.order_id, order.handle), (7, 5, handle));
    assert_eq!(
        (order.status, order.leaves_qty),
        (Status::PartiallyFilled, 5.0)
    );
    assert_eq!((order.order_type, order.time_in_force), GTX);
    let fills: Vec<_> = order.fills.iter().map(|f| (f.qty, f.price_tick)).collect();
    assert_eq!(fills, [(2.0, 91), (3.0, 92)]);
    assert!(table.take_recovered(0).is_empty());
    table.on_fill(&fill("A", 3, 5, 0), &mut out);
    let [VenueEvent::Order(report)] = out.as_slice() else {
        panic!("{out:?}");
    };
    assert_eq!((report.handle, report.status), (handle, Status::Filled));
    assert_eq!((report.exec_qty, report.leaves_qty), (5.0, 0.0));
}

#[test]
fn an_order_known_by_executions_alone_is_asked_for_unless_they_fill_it() {
    let (mut table, mut out) = (OrderTable::default(), vec![]);
    let handle = meet(&mut table, "A", id(1, 1));
    meet(&mut table, "B", id(1, 2));
    table.on_fill(&fill("A", 1, 3, 7), &mut out);
    table.on_fill(&fill("B", 4, 6, 0), &mut out);
    let recovered = table.take_recovered(5);
    assert_eq!(
        recovered
            .iter()
            .map(|order| (order.order_id, order.status, order.leaves_qty))
            .collect::<Vec<_>>(),
        [
            (1, Status::PartiallyFilled, 7.0),
            // Executions before the look back are missing, but it ended with nothing left.
            (2, Status::Filled, 0.0)
        ]
    );
    let mut asks = Vec::new();
    table.due_queries(5, &mut asks);
    let asked: Vec<_> = asks.iter().map(|a| (a.handle, a.executions)).collect();
    assert_eq!(asked, [(handle, false)], "no report says that it ended");
    table.on_order(6, &update("A", OrderPhase::Cancelled, 3, 6), &mut out);
    table.found(6, handle, &mut out);
    assert!(matches!(&out[..], [VenueEvent::Order(r)] if r.status == Status::Canceled));
}

#[test]
fn of_ended_orders_with_one_id_only_the_newest_counts() {
    let (mut table, mut out) = (OrderTable::default(), vec![]);
    for (link, epoch, at) in [("A", 1, 9), ("B", 3, 5), ("C", 2, 7)] {
        meet(&mut table, link, id(epoch, 5));
        table.on_order(0, &update(link, OrderPhase::Cancelled, 0, at), &mut out);
    }
    let recovered = table.take_recovered(0);
    assert_eq!(recovered.len(), 1);
    assert_eq!(recovered[0].exch_ts, 5, "that of the newest epoch");
}

#[test]
fn missing_executions_of_an_open_order_are_asked_for_and_not_reported_again() {
    let (mut table, mut out) = (OrderTable::default(), vec![]);
    let handle = meet(&mut table, "A", id(1, 1));
    table.on_order(0, &update("A", OrderPhase::PartlyFilled, 4, 2), &mut out);
    assert_eq!(table.take_recovered(7)[0].leaves_qty, 6.0);
    let mut asks = Vec::new();
    table.due_queries(7, &mut asks);
    assert!(asks.len() == 1 && asks[0].executions);
    table.on_fill(&fill("A", 1, 4, 6), &mut out);
    table.fills_answered(8, handle, &mut out);
    assert!(out.is_empty(), "{out:?}");
    assert_eq!(table.next_due(), None);
    table.on_fill(&fill("A", 2, 1, 5), &mut out);
    assert!(matches!(&out[0], VenueEvent::Order(report) if report.exec_qty == 1.0));
}

proptest! {
    /// Reports and executions in any order, some missing, some twice, and the recovery at any point:
    /// what is reported at once and what is reported after it add up to what the venue filled.
    #[test]
    fn the_past_and_what_follows_add_up(
        parts in prop::collection::vec(1i64..4, 1..4),
        order in prop::collection::vec(0usize..8, 1..24),
        cut in 0usize..24,
    ) {
        let total: i64 = parts.iter().sum();
        let (mut table, mut out) = (OrderTable::default(), vec![]);
        let handle = meet(&mut table, "A", id(1, 1));
        let message = |n: usize, table: &mut OrderTable, out: &mut Vec<VenueEvent>| {
            let at = n % parts.len();
            let cum: i64 = parts[..=at].iter().sum();
            if n < 4 {
                let mut fill = fill("A", at as i64, parts[at], 10 - cum);
                fill.completes = false;
                table.on_fill(&fill, out);
            } else {
                table.on_order(0, &update("A", OrderPhase::PartlyFilled, cum, at as i64), out);
            }
        };
        // It is open for sure, with the first part.
        table.on_order(0, &update("A", OrderPhase::PartlyFilled, parts[0], 0), &mut out);
        let cut = cut.min(order.len());
        for n in &order[..cut] {
            message(*n, &mut table, &mut out);
        }
        prop_assert!(out.is_empty());
        let recovered = table.take_recovered(0);
        prop_assert_eq!(recovered.len(), 1);
        let mut filled = recovered[0].qty - recovered[0].leaves_qty;
        let past: f64 = recovered[0].fills.iter().map(|fill| fill.qty).sum();
        prop_assert!(past <= filled + 1e-9, "{} of {}", past, filled);
        for n in &order[cut..] {
            message(*n, &mut table, &mut out);
        }
        // At last the venue reports all of it, and is asked for all executions.
        table.on_order(0, &update("A", OrderPhase::PartlyFilled, total, 9), &mut out);
        for n in 0..parts.len() {
            message(n, &mut table, &mut out);
        }
        table.fills_answered(0, handle, &mut out);
        for event in &out {
            if let VenueEvent::Order(report) = event {
                filled += report.exec_qty;
                prop_assert!((report.leaves_qty - (report.qty - filled)).abs() < 1e-9);
            }
        }
        prop_assert!((filled - total as f64).abs() < 1e-9, "{} of {}", filled, total);
    }
}
