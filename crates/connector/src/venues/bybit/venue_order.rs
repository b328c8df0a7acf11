//! One order, put together from reports that come in any order and more than once.
//!
//! Fills are told from executions, each once by its id; the order's own reports say how many lots
//! there must be. So the end is told only when every lot before it was told, whichever came first.

use std::collections::HashSet;

use hftbacktest::types::{Side, Status};

use super::codes;
use super::decimal::Scale;
use super::frames::execution::Fill;
use super::frames::order::{OrderPhase, OrderUpdate};
use crate::venue::{OrderReport, Refusal, VenueEvent};

/// What an execution was to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillEffect {
    /// Seen before.
    Repeated,
    /// Told, or accounted for before.
    Counted,
    /// More than the order had when its end was told.
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
    /// Lots that were told.
    told_lots: i64,
    told_open: bool,
    told_terms: (i64, i64),
    told_end: bool,
    /// How its end was told.
    told_status: Option<Status>,
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
            told_lots: 0,
            told_open: false,
            told_terms: (price_tick, qty_lots),
            told_end: false,
            told_status: None,
        }
    }

    /// True when its end was told.
    pub fn has_ended(&self) -> bool {
        self.told_end
    }

    /// True when the venue has shown that it knows the order.
    pub fn is_known(&self) -> bool {
        self.told_open || self.told_lots > 0 || self.end.is_some() || self.newest.0 != i64::MIN
    }

    /// True when the venue has filled more than the executions account for.
    pub fn lacks_fills(&self) -> bool {
        !self.told_end && self.cum_lots > self.exec_lots.max(self.told_lots)
    }

    /// Lots told as filled.
    pub fn told_lots(&self) -> i64 {
        self.told_lots
    }

    /// Lots that are not filled as far as was told.
    pub fn leaves_lots(&self) -> i64 {
        (self.qty_lots - self.told_lots).max(0)
    }

    /// The grid it is on.
    pub fn scale(&self) -> &Scale {
        &self.scale
    }

    /// The order as it was told last, without an execution.
    pub fn now(&self) -> OrderReport {
        let status = match self.told_status {
            Some(Status::Rejected) => Status::Expired,
            Some(status) => status,
            None if self.told_lots > 0 => Status::PartiallyFilled,
            None => Status::New,
        };
        self.report(status, (0, 0, false), None)
    }

    /// Settles an order of an earlier run on what is known of it: lots whose executions are missing
    /// count as filled, and what the venue does not call open has ended.
    pub fn conclude(&mut self) {
        let mut silence = Vec::new();
        if let Some(lots) = self.complete_at {
            self.cum_lots = self.cum_lots.max(lots).max(self.order_lots_seen);
        }
        self.fill_up(&mut silence);
        if self.newest.0 == i64::MIN {
            self.end_as(Status::Canceled, None, &mut silence);
        }
    }

    /// Takes a report of the `order` topic or of REST.
    pub fn on_order(&mut self, update: &OrderUpdate, out: &mut Vec<VenueEvent>) {
        self.order_id.get_or_insert_with(|| update.order_id.clone());
        self.last_ns = self.last_ns.max(update.updated_ns);
        self.cum_lots = self.cum_lots.max(update.cum_lots);
        let version = (update.updated_ns, update.cum_lots);
        if version >= self.newest {
            self.newest = version;
            if update.price_tick != 0 {
                self.price_tick = update.price_tick;
            }
            self.qty_lots = update.qty_lots;
        }
        if update.cum_lots == self.cum_lots {
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
        } else if update.phase != OrderPhase::Unknown && self.end.is_none() && !self.told_end {
            self.tell_open(out);
        }
        self.settle(out);
    }

    /// Takes an execution.
    pub fn on_fill(&mut self, fill: &Fill, out: &mut Vec<VenueEvent>) -> FillEffect {
        if !self.executions.insert(fill.exec_id.clone()) {
            return FillEffect::Repeated;
        }
        self.order_id.get_or_insert_with(|| fill.order_id.clone());
        self.last_ns = self.last_ns.max(fill.exec_ns);
        self.exec_lots = self.exec_lots.saturating_add(fill.lots);
        self.order_lots_seen = self.order_lots_seen.max(fill.order_lots);
        if fill.completes {
            self.complete_at = Some(self.complete_at.unwrap_or(0).max(fill.order_lots));
        }
        // Lots that were told before without their execution are not told again.
        let lots = self.exec_lots - self.told_lots;
        if self.told_end && lots > 0 {
            return FillEffect::Late;
        }
        if lots > 0 {
            self.tell_fill(lots, fill.tick, fill.maker, out);
        }
        self.settle(out);
        FillEffect::Counted
    }

    /// Tells the lots whose executions did not come, at the price that the average leaves for them.
    pub fn fill_up(&mut self, out: &mut Vec<VenueEvent>) {
        let lots = self.cum_lots - self.told_lots;
        if lots > 0 && !self.told_end {
            let tick = self.avg_tick.unwrap_or(self.price_tick);
            self.tell_fill(lots, tick, false, out);
            self.settle(out);
        }
    }

    /// Ends the order without the venue's word for it: it was refused, or is not there.
    pub fn end_as(&mut self, status: Status, refusal: Option<Refusal>, out: &mut Vec<VenueEvent>) {
        if !self.told_end {
            self.told_end = true;
            self.told_status = Some(status);
            let report = self.report(status, (0, 0, false), refusal);
            out.push(VenueEvent::Order(report));
        }
    }

    fn tell_open(&mut self, out: &mut Vec<VenueEvent>) {
        let terms = (self.price_tick, self.qty_lots);
        let status = if self.told_open || self.told_lots > 0 {
            if terms == self.told_terms {
                return;
            }
            Status::Replaced
        } else {
            Status::New
        };
        self.told_open = true;
        self.told_terms = terms;
        out.push(VenueEvent::Order(self.report(status, (0, 0, false), None)));
    }

    fn is_complete(&self) -> bool {
        let told = self.told_lots;
        match (&self.end, self.complete_at) {
            (Some((OrderPhase::Filled, _)), _) => told >= self.cum_lots,
            (None, Some(lots)) => told >= lots.max(self.order_lots_seen).max(self.cum_lots),
            _ => false,
        }
    }

    fn tell_fill(&mut self, lots: i64, tick: i64, maker: bool, out: &mut Vec<VenueEvent>) {
        self.told_lots += lots;
        self.told_end = self.is_complete();
        let status = if self.told_end {
            self.told_status = Some(Status::Filled);
            Status::Filled
        } else {
            Status::PartiallyFilled
        };
        out.push(VenueEvent::Order(self.report(
            status,
            (lots, tick, maker),
            None,
        )));
    }

    /// Tells the end when nothing before it is missing.
    fn settle(&mut self, out: &mut Vec<VenueEvent>) {
        let Some((phase, reason)) = self.end.clone() else {
            return;
        };
        if self.told_end || self.told_lots < self.cum_lots {
            return;
        }
        let (status, refusal) = match (phase, reason) {
            (OrderPhase::Filled, _) => (Status::Filled, None),
            (OrderPhase::Rejected, reason) => {
                let text = reason.unwrap_or_else(|| "rejected without a reason".to_owned());
                (Status::Rejected, Some(refusal(codes::VENUE_REJECTED, text)))
            }
            (_, Some(reason)) => {
                // Never wanted to rest, or could not: it expired. What others ended was cancelled.
                let status = match reason.as_str() {
                    "EC_PostOnlyWillTakeLiquidity"
                    | "EC_NoImmediateQtyToFill"
                    | "EC_CancelForNoFullFill" => Status::Expired,
                    _ => Status::Canceled,
                };
                (status, Some(refusal(codes::VENUE_ENDED, reason)))
            }
            (_, None) => (Status::Canceled, None),
        };
        self.end_as(status, refusal, out);
    }

    fn report(
        &self,
        status: Status,
        (exec_lots, exec_tick, maker): (i64, i64, bool),
        refusal: Option<Refusal>,
    ) -> OrderReport {
        let lot = &self.scale.lot;
        let leaves = if status == Status::Filled {
            0
        } else {
            (self.qty_lots - self.told_lots).max(0)
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
            refusal,
        }
    }
}

fn refusal(code: i64, text: String) -> Refusal {
    Refusal { code, text }
}

#[cfg(test)]
#[path = "venue_order_tests.rs"]
mod tests;
