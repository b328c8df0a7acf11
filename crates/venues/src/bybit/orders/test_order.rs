//! One order in a table, with its reports and executions, for tests.

use hftbacktest::types::{Side, Status};

use crate::bybit::frames::execution::Fill;
use crate::bybit::frames::order::{OrderPhase, OrderUpdate};
use crate::bybit::orders::order_table::OrderTable;
use crate::bybit::orders::venue_order::VenueOrder;
use crate::kit::decimal::Step;
use crate::kit::scale::Scale;
use crate::kit::venue::VenueEvent;

pub fn table() -> OrderTable {
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

pub fn update(phase: OrderPhase, cum: i64) -> OrderUpdate {
    OrderUpdate {
        order_id: "V".into(),
        link_id: "L".into(),
        side: Side::Buy,
        phase,
        price_tick: 100,
        lot: Step::parse("1").unwrap(),
        qty_lots: 10,
        cum_lots: cum,
        avg_tick: None,
        updated_ns: 1 + cum,
        reason: None,
    }
}

pub fn fill(link: &str, lots: i64) -> Fill {
    Fill {
        exec_id: "E".into(),
        order_id: "V".into(),
        link_id: link.into(),
        side: Side::Buy,
        tick: 100,
        between: None,
        lot: Step::parse("1").unwrap(),
        lots,
        order_lots: 0,
        completes: false,
        maker: true,
        exec_ns: 5,
        fee: Some(0.25),
        fee_coin: Some("USDT".into()),
    }
}

pub fn status(event: &VenueEvent) -> Status {
    match event {
        VenueEvent::Order(report) => report.status,
        other => panic!("{other:?}"),
    }
}
