//! The book of a depth stream with fewer levels than the primary one.

use std::collections::BTreeMap;

use super::message::{Depth, DepthKind, Level, Top};
use super::px::Px;

/// Follows one secondary stream to know its best bid and ask after each message.
#[derive(Debug, Default)]
pub struct SecondaryBook {
    bids: BTreeMap<Px, f64>,
    asks: BTreeMap<Px, f64>,
    last_id: Option<u64>,
}

impl SecondaryBook {
    /// Applies a message and returns the best bid and ask, `None` until a snapshot came.
    ///
    /// A hole in the numbers of a stream with several levels drops its book; at one level numbers
    /// need not be consecutive.
    pub fn apply(&mut self, depth: &Depth) -> Option<Top> {
        match (depth.kind, self.last_id) {
            (DepthKind::Snapshot, _) => {
                self.bids.clear();
                self.asks.clear();
            }
            (DepthKind::Delta, None) => return None,
            (DepthKind::Delta, Some(last)) if depth.reach > 1 && depth.last_id != last + 1 => {
                self.last_id = None;
                return None;
            }
            (DepthKind::Delta, Some(_)) => {}
        }
        self.last_id = Some(depth.last_id);
        set(&mut self.bids, &depth.bids);
        set(&mut self.asks, &depth.asks);
        let level = |(px, qty): (&Px, &f64)| Level { px: *px, qty: *qty };
        Some(Top {
            seq: depth.seq,
            exch_ts: depth.exch_ts,
            bid: self.bids.last_key_value().map(level),
            ask: self.asks.first_key_value().map(level),
        })
    }
}

fn set(side: &mut BTreeMap<Px, f64>, levels: &[Level]) {
    for level in levels {
        if level.qty > 0.0 {
            side.insert(level.px, level.qty);
        } else {
            side.remove(&level.px);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(kind: DepthKind, id: u64, reach: u32, bids: &[(i64, f64)]) -> Depth {
        Depth {
            kind,
            reach,
            first_id: id,
            last_id: id,
            prev_id: None,
            seq: id,
            exch_ts: 0,
            bids: bids
                .iter()
                .map(|(px, qty)| Level {
                    px: Px::from_raw(*px),
                    qty: *qty,
                })
                .collect(),
            asks: vec![],
        }
    }

    #[test]
    fn a_delta_that_replaces_the_best_price_is_followed() {
        let mut book = SecondaryBook::default();
        book.apply(&depth(DepthKind::Snapshot, 1, 1, &[(10, 1.0)]));
        let top = book
            .apply(&depth(DepthKind::Delta, 5, 1, &[(10, 0.0), (9, 2.0)]))
            .unwrap();
        assert_eq!(
            top.bid,
            Some(Level {
                px: Px::from_raw(9),
                qty: 2.0
            })
        );
        assert_eq!(top.ask, None);
    }

    #[test]
    fn a_hole_drops_the_book_until_a_snapshot() {
        let mut book = SecondaryBook::default();
        book.apply(&depth(DepthKind::Snapshot, 1, 50, &[(10, 1.0)]));
        assert!(book.apply(&depth(DepthKind::Delta, 3, 50, &[])).is_none());
        assert!(book.apply(&depth(DepthKind::Delta, 4, 50, &[])).is_none());
        assert!(
            book.apply(&depth(DepthKind::Snapshot, 5, 50, &[]))
                .is_some()
        );
    }
}
