//! Orders of previous sessions: gathered without a report while the account is read, then reported
//! with their executions at once.

use std::collections::HashMap;
use std::sync::Arc;

use hftbacktest::types::{OrdType, Status, TimeInForce};

use crate::bybit::frames::execution::Fill;
use crate::bybit::orders::followed_order::{FollowedOrder, Gathered};
use crate::bybit::orders::link_id::LinkId;
use crate::bybit::orders::order_table::OrderTable;
use crate::bybit::orders::venue_order::VenueOrder;
use crate::kit::venue::{PastFill, RECOVERED_HANDLES, Recovered};

impl OrderTable {
    /// The handle for the next order of a previous session.
    pub fn next_recovered(&self) -> u64 {
        RECOVERED_HANDLES | (self.recovered + 1)
    }

    /// Follows an order of a previous session, without a report until
    /// [`take_recovered`](Self::take_recovered).
    /// Its handle comes from [`next_recovered`](Self::next_recovered).
    pub fn insert_recovered(
        &mut self,
        now: u64,
        order: VenueOrder,
        id: LinkId,
        terms: (OrdType, TimeInForce),
    ) {
        let handle = order.handle;
        self.recovered += 1;
        self.insert(now, order);
        if let Some(entry) = self.entries.get_mut(&handle) {
            entry.gathered = Some(Gathered {
                id,
                terms,
                fills: Vec::new(),
            });
        }
    }

    /// Returns the orders gathered since the last call, the one that changed last at the end; from
    /// now on they are reported. Of orders that had the same id at their bot, an ended one counts
    /// only when it is the newest. One that is known by its executions alone is returned as open, and
    /// asked for.
    pub fn take_recovered(&mut self, now: u64) -> Vec<Recovered> {
        let mut taken: Vec<(LinkId, Recovered)> = Vec::new();
        let mut newest: HashMap<(u64, u32, u64), (u32, u32)> = HashMap::new();
        let mut handles: Vec<u64> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.gathered.is_some())
            .map(|(handle, _)| *handle)
            .collect();
        handles.sort_unstable();
        for handle in handles {
            let Some(entry) = self.entries.get_mut(&handle) else {
                continue;
            };
            let Some(gathered) = entry.gathered.take() else {
                continue;
            };
            let had_ended = entry.order.has_ended();
            let lacked = entry.order.lacks_fills();
            let is_known = entry.order.conclude();
            if !is_known {
                entry.until_answered = true;
                entry.ask_at = Some(now);
                self.asked.insert(handle);
            }
            // What is missing is asked for, so that later executions are counted from there on.
            entry.wants_fills = lacked && !entry.order.has_ended();
            if entry.wants_fills {
                entry.ask_at = Some(now);
                self.asked.insert(handle);
            }
            let adopted = adopted_of(entry, &gathered);
            self.note_end(handle, had_ended);
            let key = (adopted.owner, adopted.symbol, adopted.order_id);
            let age = (gathered.id.epoch, gathered.id.counter);
            let known = newest.entry(key).or_insert(age);
            *known = age.max(*known);
            taken.push((gathered.id, adopted));
        }
        taken.retain(|(id, adopted)| {
            let key = (adopted.owner, adopted.symbol, adopted.order_id);
            !is_final(adopted.status) || newest.get(&key) == Some(&(id.epoch, id.counter))
        });
        let mut adopted: Vec<Recovered> = taken.into_iter().map(|(_, adopted)| adopted).collect();
        adopted.sort_by_key(|adopted| (adopted.exch_ts, adopted.handle));
        adopted
    }
}

fn is_final(status: Status) -> bool {
    !matches!(status, Status::New | Status::PartiallyFilled)
}

fn adopted_of(entry: &FollowedOrder, gathered: &Gathered) -> Recovered {
    let order = &entry.order;
    let (report, scale) = (order.now(), order.scale());
    let mut fills = gathered.fills.clone();
    fills.sort_by_key(|fill| fill.exec_ns);
    let past = |fill: &Fill| PastFill {
        qty: fill.lot.f64_of(fill.lots),
        price_tick: fill.tick,
        maker: fill.maker,
        exch_ts: fill.exec_ns,
        details: Some(Arc::new(fill.details())),
    };
    Recovered {
        handle: order.handle,
        owner: gathered.id.owner,
        is_upstream: gathered.id.is_upstream,
        symbol: order.symbol,
        order_id: gathered.id.order_id,
        side: order.side,
        order_type: gathered.terms.0,
        time_in_force: gathered.terms.1,
        tick_size: scale.tick.to_f64(),
        lot_size: scale.lot.to_f64(),
        price_tick: report.price_tick,
        qty: report.qty,
        leaves_qty: report.leaves_qty,
        status: report.status,
        exch_ts: report.exch_ts,
        fills: fills.iter().map(past).collect(),
    }
}

#[cfg(test)]
#[path = "recovered_tests.rs"]
mod tests;
