//! One order, put together from reports that come in any order and more than once.
//!
//! Fills are reported from executions, each once by its id; the order's own reports say how many lots
//! there must be. Invariant: the end is reported only after every lot before it, whichever came first.

use std::collections::HashSet;
use std::sync::Arc;

use hftbacktest::types::{Side, Status};

use crate::bybit::frames::execution::Fill;
use crate::bybit::frames::order::{OrderPhase, OrderUpdate};
use crate::kit::codes;
use crate::kit::decimal::Step;
use crate::kit::scale::Scale;
use crate::kit::venue::{ExecutionDetails, OrderReport, Reject, VenueEvent};

/// Effect of an execution on its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillEffect {
    /// Seen before.
    Repeated,
    /// Reported, or accounted for before.
    Counted,
    /// More than the order had when its end was reported.
    Late,
}

/// One order at the venue.
#[derive(Clone, Debug)]
pub struct VenueOrder {
    /// The bus's number.
    pub handle: u64,
    /// Index of the symbol.
    pub symbol: u32,
    /// Our id at the venue.
    pub link_id: String,
    /// The venue's id, once it is known.
    pub order_id: Option<String>,
    /// Side.
    pub side: Side,
    /// Leg of the position: 0 one-way, 1 long, 2 short.
    pub position_idx: usize,
    scale: Scale,
    price_tick: i64,
    qty_lots: i64,
    /// Time and filled lots of the newest report that price and quantity were taken from.
    newest: (i64, i64),
    /// Worst end that was reported; `Filled` outranks `Cancelled` outranks `Rejected`.
    end: Option<(OrderPhase, Option<String>)>,
    /// The venue's total of filled lots.
    cum_lots: i64,
    /// Lots of the executions seen.
    exec_lots: i64,
    /// Greatest ordered lots that an execution named, once one said that nothing is left.
    complete_at: Option<i64>,
    order_lots_seen: i64,
    avg_tick: Option<i64>,
    last_ns: i64,
    executions: HashSet<String>,
    /// Lots that were reported.
    reported_lots: i64,
    reported_open: bool,
    reported_terms: (i64, i64),
    reported_end: bool,
    /// The venue has it, although its report could not be read.
    shown: bool,
    /// The status that its end was reported with.
    reported_status: Option<Status>,
}

impl VenueOrder {
    /// An order about to be sent, or found at the venue.
    pub fn new(
        (handle, symbol): (u64, u32),
        link_id: String,
        scale: Scale,
        side: Side,
        (price_tick, qty_lots): (i64, i64),
    ) -> Self {
        Self {
            handle,
            symbol,
            link_id,
            order_id: None,
            side,
            position_idx: 0,
            scale,
            price_tick,
            qty_lots,
            newest: (i64::MIN, 0),
            end: None,
            cum_lots: 0,
            exec_lots: 0,
            complete_at: None,
            order_lots_seen: 0,
            avg_tick: None,
            last_ns: 0,
            executions: HashSet::new(),
            reported_lots: 0,
            reported_open: false,
            reported_terms: (price_tick, qty_lots),
            reported_end: false,
            shown: false,
            reported_status: None,
        }
    }

    /// True when its end was reported.
    pub fn has_ended(&self) -> bool {
        self.reported_end
    }

    /// True when it is known how the order ended. The executions may not have come yet: then the end
    /// is reported after them.
    pub fn is_end_known(&self) -> bool {
        self.reported_end || self.end.is_some()
    }

    /// True when the venue has shown that it knows the order.
    pub fn is_known(&self) -> bool {
        let is_reported = self.end.is_some() || self.newest.0 != i64::MIN;
        self.reported_open || self.reported_lots > 0 || is_reported || self.shown
    }

    /// The venue has it, although its report could not be read.
    pub fn was_shown(&mut self) {
        self.shown = true;
    }

    /// True when the venue has filled more than the executions account for.
    pub fn lacks_fills(&self) -> bool {
        !self.reported_end && self.cum_lots > self.exec_lots.max(self.reported_lots)
    }

    /// Lots reported as filled.
    pub fn reported_lots(&self) -> i64 {
        self.reported_lots
    }

    /// The quantity that is not reported as filled.
    pub fn leaves_qty(&self) -> f64 {
        let lots = (self.qty_lots - self.reported_lots).max(0);
        self.scale.lot.f64_of(lots)
    }

    /// Limit price in ticks, and ordered quantity, as they are now.
    pub fn terms(&self) -> (i64, f64) {
        (self.price_tick, self.scale.lot.f64_of(self.qty_lots))
    }

    /// How many of the order's lots one of these is. The order counts in finer lots from now on
    /// when it has to: the venue may make its step finer while an order is open. `None` when such
    /// lots do not fit.
    fn unify(&mut self, lot: &Step) -> Option<i64> {
        let own = self.scale.lot;
        if own == *lot {
            return Some(1);
        }
        let common = own.common(lot)?;
        let grown = own.ratio(&common)?;
        let factor = lot.ratio(&common)?;
        if grown != 1 {
            let lots = [
                &mut self.qty_lots,
                &mut self.newest.1,
                &mut self.cum_lots,
                &mut self.exec_lots,
                &mut self.order_lots_seen,
                &mut self.reported_lots,
                &mut self.reported_terms.1,
            ];
            for lots in lots.into_iter().chain(self.complete_at.as_mut()) {
                *lots = lots.saturating_mul(grown);
            }
            self.scale.lot = common;
        }
        Some(factor)
    }

    /// The grid it is on.
    pub fn scale(&self) -> &Scale {
        &self.scale
    }

    /// The order as it was reported last, without an execution.
    pub fn now(&self) -> OrderReport {
        let status = match self.reported_status {
            Some(Status::Rejected) => Status::Expired,
            Some(status) => status,
            None if self.reported_lots > 0 => Status::PartiallyFilled,
            None => Status::New,
        };
        self.report(status, (0, 0, false), None)
    }

    /// Settles an order of a previous session on its known reports: lots whose executions are missing
    /// count as filled. False when there is no report of the order itself and its executions do not
    /// fill it: its state is unconfirmed.
    pub fn conclude(&mut self) -> bool {
        let mut unreported = Vec::new();
        if let Some(lots) = self.complete_at {
            self.cum_lots = self.cum_lots.max(lots).max(self.order_lots_seen);
        }
        self.fill_up(&mut unreported);
        self.reported_end || self.newest.0 != i64::MIN
    }

    /// Takes a report of the `order` topic or of REST.
    pub fn on_order(&mut self, update: &OrderUpdate, out: &mut Vec<VenueEvent>) {
        let Some(factor) = self.unify(&update.lot) else {
            return;
        };
        let qty_lots = update.qty_lots.saturating_mul(factor);
        let cum_lots = update.cum_lots.saturating_mul(factor);
        self.order_id.get_or_insert_with(|| update.order_id.clone());
        self.last_ns = self.last_ns.max(update.updated_ns);
        self.cum_lots = self.cum_lots.max(cum_lots);
        let version = (update.updated_ns, cum_lots);
        if version >= self.newest {
            self.newest = version;
            if update.price_tick != 0 {
                self.price_tick = update.price_tick;
            }
            self.qty_lots = qty_lots;
        }
        if cum_lots == self.cum_lots {
            self.avg_tick = update.avg_tick.or(self.avg_tick);
        }
        if update.phase.is_terminal() {
            let rank = |phase| match phase {
                OrderPhase::Filled => 2,
                OrderPhase::Cancelled => 1,
                _ => 0,
            };
            let known = self.end.as_ref().map(|(phase, _)| rank(*phase));
            if known.is_none_or(|known| rank(update.phase) > known) {
                self.end = Some((update.phase, update.reason.clone()));
            }
        } else if update.phase != OrderPhase::Unknown && self.end.is_none() && !self.reported_end {
            self.report_open(out);
        }
        self.settle(out);
    }

    /// Takes an execution.
    pub fn on_fill(&mut self, fill: &Fill, out: &mut Vec<VenueEvent>) -> FillEffect {
        let Some(factor) = self.unify(&fill.lot) else {
            return FillEffect::Repeated;
        };
        let order_lots = fill.order_lots.saturating_mul(factor);
        if !self.executions.insert(fill.exec_id.clone()) {
            return FillEffect::Repeated;
        }
        self.order_id.get_or_insert_with(|| fill.order_id.clone());
        self.last_ns = self.last_ns.max(fill.exec_ns);
        self.exec_lots = self
            .exec_lots
            .saturating_add(fill.lots.saturating_mul(factor));
        self.order_lots_seen = self.order_lots_seen.max(order_lots);
        if fill.completes {
            self.complete_at = Some(self.complete_at.unwrap_or(0).max(order_lots));
        }
        // Lots that were reported before without their execution are not reported again.
        let lots = self.exec_lots - self.reported_lots;
        if self.reported_end && lots > 0 {
            return FillEffect::Late;
        }
        if lots > 0 {
            // Only of an execution that is reported as it is: not of one that was partly reported before.
            let is_whole = lots == fill.lots.saturating_mul(factor);
            let details = is_whole.then(|| Arc::new(fill.details()));
            self.report_fill(lots, (fill.tick, fill.maker), details, out);
        }
        self.settle(out);
        FillEffect::Counted
    }

    /// Reports the lots whose executions did not come, at the price that the average leaves for them.
    pub fn fill_up(&mut self, out: &mut Vec<VenueEvent>) {
        let lots = self.cum_lots - self.reported_lots;
        if lots > 0 && !self.reported_end {
            let tick = self.avg_tick.unwrap_or(self.price_tick);
            self.report_fill(lots, (tick, false), None, out);
            self.settle(out);
        }
    }

    /// Ends the order without a report of the venue: it was rejected, or is not there.
    pub fn end_as(&mut self, status: Status, reject: Option<Reject>, out: &mut Vec<VenueEvent>) {
        if !self.reported_end {
            self.reported_end = true;
            self.reported_status = Some(status);
            let report = self.report(status, (0, 0, false), reject);
            out.push(VenueEvent::Order(report));
        }
    }

    fn report_open(&mut self, out: &mut Vec<VenueEvent>) {
        let terms = (self.price_tick, self.qty_lots);
        let status = if self.reported_open || self.reported_lots > 0 {
            if terms == self.reported_terms {
                return;
            }
            Status::Replaced
        } else {
            Status::New
        };
        self.reported_open = true;
        self.reported_terms = terms;
        out.push(VenueEvent::Order(self.report(status, (0, 0, false), None)));
    }

    fn is_complete(&self) -> bool {
        let reported = self.reported_lots;
        match (&self.end, self.complete_at) {
            (Some((OrderPhase::Filled, _)), _) => reported >= self.cum_lots,
            (None, Some(lots)) => reported >= lots.max(self.order_lots_seen).max(self.cum_lots),
            _ => false,
        }
    }

    fn report_fill(
        &mut self,
        lots: i64,
        (tick, maker): (i64, bool),
        details: Option<Arc<ExecutionDetails>>,
        out: &mut Vec<VenueEvent>,
    ) {
        self.reported_lots += lots;
        self.reported_end = self.is_complete();
        let status = if self.reported_end {
            self.reported_status = Some(Status::Filled);
            // A change that the order's own report has not shown yet: the filled lots are all of it.
            self.qty_lots = self.reported_lots;
            Status::Filled
        } else {
            Status::PartiallyFilled
        };
        let report = self.report(status, (lots, tick, maker), None);
        out.push(VenueEvent::Order(OrderReport { details, ..report }));
    }

    /// Reports the end when nothing before it is missing.
    fn settle(&mut self, out: &mut Vec<VenueEvent>) {
        let Some((phase, reason)) = self.end.clone() else {
            return;
        };
        if self.reported_end || self.reported_lots < self.cum_lots {
            return;
        }
        let (status, reject) = match (phase, reason) {
            (OrderPhase::Filled, _) => (Status::Filled, None),
            (OrderPhase::Rejected, reason) if !reason.as_deref().is_some_and(is_own_end) => {
                let text = reason.unwrap_or_else(|| "rejected without a reason".to_owned());
                (Status::Rejected, Some(reject(codes::VENUE_REJECTED, text)))
            }
            (_, Some(reason)) => {
                // Its own terms ended it: expired. Anything else that ended it: cancelled.
                let status = if is_own_end(&reason) {
                    Status::Expired
                } else {
                    Status::Canceled
                };
                (status, Some(reject(codes::VENUE_ENDED, reason)))
            }
            (_, None) => (Status::Canceled, None),
        };
        self.end_as(status, reject, out);
    }

    fn report(
        &self,
        status: Status,
        (exec_lots, exec_tick, maker): (i64, i64, bool),
        reject: Option<Reject>,
    ) -> OrderReport {
        let lot = &self.scale.lot;
        let leaves = if status == Status::Filled {
            0
        } else {
            (self.qty_lots - self.reported_lots).max(0)
        };
        OrderReport {
            handle: self.handle,
            status,
            price_tick: self.price_tick,
            qty: lot.f64_of(self.qty_lots),
            leaves_qty: lot.f64_of(leaves),
            exec_qty: lot.f64_of(exec_lots),
            exec_price_tick: exec_tick,
            maker,
            exch_ts: self.last_ns,
            details: None,
            reject,
        }
    }
}

/// Whether an order ended by its own terms. The venue calls that cancelled, or rejected.
fn is_own_end(reason: &str) -> bool {
    matches!(
        reason,
        "EC_PostOnlyWillTakeLiquidity" | "EC_NoImmediateQtyToFill" | "EC_CancelForNoFullFill"
    )
}

fn reject(code: i64, text: String) -> Reject {
    Reject { code, text }
}

#[cfg(test)]
#[path = "venue_order_tests.rs"]
mod tests;
