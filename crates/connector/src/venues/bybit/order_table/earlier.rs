//! Orders of earlier runs: put together in silence while the account is read, then told as a whole.

use std::collections::HashMap;

use hftbacktest::types::{OrdType, Status, TimeInForce};

use super::{Entry, OrderTable};
use crate::venue::{ADOPTED_HANDLES, Adopted, PastFill};
use crate::venues::bybit::frames::execution::Fill;
use crate::venues::bybit::link_id::LinkId;
use crate::venues::bybit::venue_order::VenueOrder;

/// What is kept of an order of an earlier run until it is told.
#[derive(Debug)]
pub(super) struct Earlier {
    id: LinkId,
    terms: (OrdType, TimeInForce),
    /// Executions that were counted.
    pub(super) fills: Vec<Fill>,
}

impl OrderTable {
    /// The handle for the next order of an earlier run.
    pub fn next_earlier(&self) -> u64 {
        ADOPTED_HANDLES | (self.adopted + 1)
    }

    /// Follows an order of an earlier run, in silence until [`take_earlier`](Self::take_earlier).
    /// Its handle comes from [`next_earlier`](Self::next_earlier).
    pub fn insert_earlier(
        &mut self,
        now: u64,
        order: VenueOrder,
        id: LinkId,
        terms: (OrdType, TimeInForce),
    ) {
        let handle = order.handle;
        self.adopted += 1;
        self.insert(now, order);
        if let Some(entry) = self.entries.get_mut(&handle) {
            entry.earlier = Some(Earlier {
                id,
                terms,
                fills: Vec::new(),
            });
        }
    }

    /// Ends the silence: the orders gathered since the last call, the one that changed last at the
    /// end. Of orders that had the same id at their bot, an ended one counts only when it is the
    /// newest. What is not known to be open has ended.
    pub fn take_earlier(&mut self, now: u64) -> Vec<Adopted> {
        let mut taken: Vec<(LinkId, Adopted)> = Vec::new();
        let mut newest: HashMap<(u64, u32, u64), (u32, u32)> = HashMap::new();
        let mut handles: Vec<u64> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.earlier.is_some())
            .map(|(handle, _)| *handle)
            .collect();
        handles.sort_unstable();
        for handle in handles {
            let Some(entry) = self.entries.get_mut(&handle) else {
                continue;
            };
            let Some(earlier) = entry.earlier.take() else {
                continue;
            };
            let had_ended = entry.order.has_ended();
            let lacked = entry.order.lacks_fills();
            entry.order.conclude();
            // What is missing is asked for, so that later executions are counted from there on.
            entry.wants_fills = lacked && !entry.order.has_ended();
            if entry.wants_fills {
                entry.ask_at = Some(now);
                self.asked.insert(handle);
            }
            let adopted = adopted_of(entry, &earlier);
            self.note_end(handle, had_ended);
            let key = (adopted.owner, adopted.symbol, adopted.order_id);
            let age = (earlier.id.epoch, earlier.id.counter);
            let known = newest.entry(key).or_insert(age);
            *known = age.max(*known);
            taken.push((earlier.id, adopted));
        }
        taken.retain(|(id, adopted)| {
            let key = (adopted.owner, adopted.symbol, adopted.order_id);
            !is_final(adopted.status) || newest.get(&key) == Some(&(id.epoch, id.counter))
        });
        let mut adopted: Vec<Adopted> = taken.into_iter().map(|(_, adopted)| adopted).collect();
        adopted.sort_by_key(|adopted| (adopted.exch_ts, adopted.handle));
        adopted
    }
}

fn is_final(status: Status) -> bool {
    !matches!(status, Status::New | Status::PartiallyFilled)
}

fn adopted_of(entry: &Entry, earlier: &Earlier) -> Adopted {
    let order = &entry.order;
    let (report, scale) = (order.now(), order.scale());
    let mut fills = earlier.fills.clone();
    fills.sort_by_key(|fill| fill.exec_ns);
    let past = |fill: &Fill| PastFill {
        qty: scale.lot.f64_of(fill.lots),
        price_tick: fill.tick,
        maker: fill.maker,
        exch_ts: fill.exec_ns,
    };
    Adopted {
        handle: order.handle,
        owner: earlier.id.owner,
        symbol: order.symbol,
        order_id: earlier.id.order_id,
        side: order.side,
        order_type: earlier.terms.0,
        time_in_force: earlier.terms.1,
        tick_size: scale.tick.to_f64(),
        price_tick: report.price_tick,
        qty: report.qty,
        leaves_qty: report.leaves_qty,
        status: report.status,
        exch_ts: report.exch_ts,
        fills: fills.iter().map(past).collect(),
    }
}

#[cfg(test)]
#[path = "../earlier_tests.rs"]
mod tests;
