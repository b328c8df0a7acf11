//! Orders as records, and the changes that the bot itself makes to them.

use hbl_wire::{ExecutionDetails, price_of, without_noise};
use hftbacktest::types::{Order, Status};

use crate::record::{Record, RecordKind};

/// The record of an order's state.
pub(crate) fn record_of(order: &Order) -> Record {
    Record {
        kind: RecordKind::Order as u8,
        side: side_code(order.side as i8),
        status: order.status as u8,
        exch_ts_ns: order.exch_timestamp,
        local_ts_ns: order.local_timestamp,
        px: price_of(order.price_tick, order.tick_size),
        qty: order.qty,
        order_id: order.order_id,
        leaves_qty: order.leaves_qty,
        exec_qty: order.exec_qty,
        exec_px: price_of(order.exec_price_tick, order.tick_size),
        value: order.price_tick,
        time_in_force: order.time_in_force as u8,
        order_type: order.order_type as u8,
        req: order.req as u8,
        maker: u8::from(order.maker),
        ..Record::default()
    }
}

/// The record of what a venue says of the execution in the state of an order, and its text.
pub(crate) fn execution_record(order: &Order, details: &ExecutionDetails) -> (Record, String) {
    let record = Record {
        kind: RecordKind::Execution as u8,
        exch_ts_ns: order.exch_timestamp,
        order_id: order.order_id,
        px: details.fee.unwrap_or(f64::NAN),
        ..Record::default()
    };
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let (coin, trade_id) = (text(&details.fee_coin), text(&details.trade_id));
    (record, format!("{coin}\n{trade_id}"))
}

/// A reported quantity as the decimal that it is: sums and differences of floats are beside it by a little.
/// One between two lots stays as it came.
pub(crate) fn clean_qty(qty: f64, lot_size: f64) -> f64 {
    without_noise(qty.abs(), lot_size).copysign(qty)
}

/// As [`clean_qty`], for all quantities of an order.
pub(crate) fn clean(order: &mut Order, lot_size: f64) {
    order.qty = clean_qty(order.qty, lot_size);
    order.leaves_qty = clean_qty(order.leaves_qty, lot_size);
    order.exec_qty = clean_qty(order.exec_qty, lot_size);
}

/// 0 none, 1 buy, 2 sell.
pub(crate) const fn side_code(side: i8) -> u8 {
    match side {
        1 => 1,
        -1 => 2,
        _ => 0,
    }
}

/// True for an order that was sent and never acknowledged. `LiveBot` calls it new from the start, so
/// its status does not show this.
pub(crate) fn is_unacked(order: &Order) -> bool {
    order.exch_timestamp == 0
}

/// The order without a pending request. Its time stays: a later one would have `LiveBot` ignore the
/// connector's next update.
pub(crate) fn without_request(order: &Order) -> Order {
    let mut order = without_execution(order);
    order.req = Status::None;
    order
}

/// The order as it is, without the last execution, which was reported when it came.
pub(crate) fn without_execution(order: &Order) -> Order {
    let mut order = order.clone();
    order.exec_qty = 0.0;
    order.exec_price_tick = 0;
    order
}

pub(crate) const fn is_final(status: Status) -> bool {
    matches!(
        status,
        Status::Filled | Status::Canceled | Status::Expired | Status::Rejected
    )
}

/// The final state of an order that is proven to have ended.
pub(crate) fn expired(order: &Order) -> Order {
    let mut order = without_execution(order);
    order.status = Status::Expired;
    order.req = Status::None;
    order.leaves_qty = 0.0;
    order.exch_timestamp = order.exch_timestamp.saturating_add(1);
    order
}
