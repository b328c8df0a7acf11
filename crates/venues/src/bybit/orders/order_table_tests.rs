//! Reports and executions find their orders.

use super::*;
use crate::bybit::frames::order::OrderPhase;
use crate::bybit::orders::test_order::{fill, status, table, update};

#[test]
fn a_maker_fill_without_our_id_finds_its_order_once_the_venues_id_is_known() {
    let (mut table, mut out) = (table(), vec![]);
    table.on_fill(&fill("", 3), &mut out);
    assert!(out.is_empty());
    table.accepted(0, 1, "V", &mut out);
    assert_eq!(status(&out[0]), Status::PartiallyFilled);
    table.on_fill(&fill("", 3), &mut out);
    assert_eq!(out.len(), 1, "the same execution is reported once");
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
