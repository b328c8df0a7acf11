//! One order that the registry follows: as its owner knows it, and what it was after each execution.

use std::{collections::VecDeque, sync::Arc};

use hbl_wire::{ExecutionDetails, TO_ALL};
use hftbacktest::types::{Order, Status};

use crate::kit::venue::Recovered;

/// How many executions of one order are remembered, the newest ones; an owner that missed an older
/// one gets its quantity with the next.
const PAST_MAX: usize = 1024;

/// How much the clocks of bot and venue may differ.
const CLOCKS_NS: i64 = 1_000_000_000;

/// An order that the registry follows.
#[derive(Clone, Debug)]
pub(super) struct Tracked {
    pub(super) owner: u64,
    /// Updates go to all bots, as hftbacktest's connector sends them.
    pub(super) broadcast: bool,
    pub(super) symbol: u32,
    pub(super) order: Order,
    /// The order after each execution, and after each report while it is not reported to its owner,
    /// oldest first: an owner that missed executions gets each with its price.
    pub(super) past: VecDeque<OrderState>,
    /// The owner has received every report of this session. False for an order of a previous session
    /// until the answer to the owner's registration: an update before that answer would be newer than
    /// the states in it, and the bot would take the fills made meanwhile for old ones.
    pub(super) is_reported: bool,
    /// Price in ticks and quantity of the last amendment, while no cancellation came after it.
    pub(super) wanted: Option<(i64, f64)>,
}

/// An order as its owner has to see it.
#[derive(Clone, Debug)]
pub struct OrderState {
    /// The order.
    pub order: Order,
    /// What the venue says of the execution in it.
    pub details: Option<Arc<ExecutionDetails>>,
}

/// An update ready to be sent.
#[derive(Clone, Debug)]
pub struct Routed {
    /// Bot id, or [`TO_ALL`].
    pub to: u64,
    /// Index of the symbol.
    pub symbol: u32,
    /// The order as its owner has to see it.
    pub order: Order,
    /// What the venue says of the execution in it.
    pub details: Option<Arc<ExecutionDetails>>,
    /// False: not to be sent; the answer to its owner's registration reports it.
    pub is_reported: bool,
}

impl Tracked {
    /// False for an older order of the id that a bot asks for.
    pub(super) fn is_of(&self, sent_ts: i64) -> bool {
        match self.order.local_timestamp {
            _ if sent_ts == 0 => true,
            // Of a previous session: when it was sent is not known, only when it changed last.
            0 => self.order.exch_timestamp.saturating_add(CLOCKS_NS) >= sent_ts,
            sent => sent == sent_ts,
        }
    }

    /// The order as it is, without an execution that was reported before.
    pub(super) fn without_execution(&self) -> OrderState {
        let mut order = self.order.clone();
        order.exec_qty = 0.0;
        order.exec_price_tick = 0;
        OrderState {
            order,
            details: None,
        }
    }

    pub(super) fn remember(&mut self, state: OrderState) {
        if self.past.len() == PAST_MAX {
            self.past.pop_front();
        }
        self.past.push_back(state);
    }

    /// An amended order is reported with its quantity of now, also as it was before: how much was
    /// filled then stays the same.
    pub(super) fn amend_past(&mut self, qty: f64) {
        let grown = qty - self.order.qty;
        if qty > 0.0 && grown != 0.0 {
            for OrderState { order, .. } in &mut self.past {
                order.qty = qty;
                order.leaves_qty += grown;
            }
        }
    }

    pub(super) fn routed(&self) -> Routed {
        let to = if self.broadcast { TO_ALL } else { self.owner };
        Routed {
            to,
            symbol: self.symbol,
            order: self.order.clone(),
            details: None,
            is_reported: self.is_reported,
        }
    }
}

/// A recovered order as it is, and what it was after each of its executions.
pub(super) fn orders_of(recovered: &Recovered) -> (Order, VecDeque<OrderState>) {
    let mut order = Order::new(
        recovered.order_id,
        recovered.price_tick,
        recovered.tick_size,
        recovered.qty,
        recovered.side,
        recovered.order_type,
        recovered.time_in_force,
    );
    // In lots: sums and differences of floats are no decimals.
    let lots = |qty: f64| (qty / recovered.lot_size).round() as i64;
    let filled: i64 = recovered.fills.iter().map(|fill| lots(fill.qty)).sum();
    // The quantity filled beyond the known executions was filled before them.
    let mut leaves_lots = lots(recovered.leaves_qty) + filled;
    let mut past = VecDeque::with_capacity(recovered.fills.len());
    order.status = Status::PartiallyFilled;
    for fill in &recovered.fills {
        leaves_lots -= lots(fill.qty);
        order.leaves_qty = hbl_wire::price_of(leaves_lots, recovered.lot_size);
        order.exec_qty = fill.qty;
        order.exec_price_tick = fill.price_tick;
        order.maker = fill.maker;
        order.exch_timestamp = next_time(&order, fill.exch_ts);
        past.push_back(OrderState {
            order: order.clone(),
            details: fill.details.clone(),
        });
    }
    order.status = recovered.status;
    order.leaves_qty = recovered.leaves_qty;
    order.exec_qty = 0.0;
    order.exec_price_tick = 0;
    order.exch_timestamp = next_time(&order, recovered.exch_ts);
    (order, past)
}

/// True for the statuses after which a bot takes no further update.
pub fn is_final(status: Status) -> bool {
    matches!(status, Status::Filled | Status::Canceled | Status::Expired)
}

pub(super) fn is_open(status: Status) -> bool {
    matches!(status, Status::New | Status::PartiallyFilled)
}

/// Bots ignore an update that is not newer than what they have.
pub(super) fn next_time(order: &Order, exch_ts: i64) -> i64 {
    exch_ts.max(order.exch_timestamp + 1)
}
