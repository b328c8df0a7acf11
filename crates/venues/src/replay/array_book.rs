//! The book of an hftbacktest event array.

use std::collections::BTreeMap;

use hftbacktest::types::{
    BUY_EVENT, DEPTH_BBO_EVENT, DEPTH_CLEAR_EVENT, DEPTH_EVENT, DEPTH_SNAPSHOT_EVENT, SELL_EVENT,
};

use crate::kit::book::book_fusion::{BookSide, Change};
use crate::kit::book::message::{ArrayEvent, Level};
use crate::kit::book::px::Px;

/// The book that an event array describes. A level that meets the other side deletes what it meets:
/// the newer information wins.
#[derive(Debug, Default)]
pub struct ArrayBook {
    bids: BTreeMap<Px, f64>,
    asks: BTreeMap<Px, f64>,
}

impl ArrayBook {
    /// Applies a depth event; false when it is none, or not usable.
    pub fn apply(&mut self, event: &ArrayEvent, out: &mut Vec<Change>) -> bool {
        let Some(px) = Px::from_f64(event.px) else {
            return false;
        };
        let is_buy = event.ev & BUY_EVENT != 0;
        let is_sell = event.ev & SELL_EVENT != 0;
        match event.ev & 0xff {
            DEPTH_CLEAR_EVENT => {
                if is_buy || !is_sell {
                    self.clear(BookSide::Bid, (is_buy && event.px > 0.0).then_some(px), out);
                }
                if is_sell || !is_buy {
                    self.clear(
                        BookSide::Ask,
                        (is_sell && event.px > 0.0).then_some(px),
                        out,
                    );
                }
                true
            }
            DEPTH_EVENT | DEPTH_SNAPSHOT_EVENT | DEPTH_BBO_EVENT if is_buy != is_sell => {
                if !(event.qty.is_finite() && event.qty >= 0.0) {
                    return false;
                }
                let side = if is_buy { BookSide::Bid } else { BookSide::Ask };
                if event.ev & 0xff == DEPTH_BBO_EVENT {
                    self.remove_better(side, px, out);
                }
                self.set(side, px, event.qty, out);
                true
            }
            _ => false,
        }
    }

    /// Deletes every level.
    pub fn reset(&mut self, out: &mut Vec<Change>) {
        self.clear(BookSide::Bid, None, out);
        self.clear(BookSide::Ask, None, out);
    }

    /// The levels of a side, best first.
    pub fn levels(&self, side: BookSide) -> Vec<Level> {
        let level = |(px, qty): (&Px, &f64)| Level { px: *px, qty: *qty };
        match side {
            BookSide::Bid => self.bids.iter().rev().map(level).collect(),
            BookSide::Ask => self.asks.iter().map(level).collect(),
        }
    }

    fn set(&mut self, side: BookSide, px: Px, qty: f64, out: &mut Vec<Change>) {
        if qty > 0.0 {
            let met: Vec<Px> = match side {
                BookSide::Bid => self.asks.range(..=px).map(|(px, _)| *px).collect(),
                BookSide::Ask => self.bids.range(px..).map(|(px, _)| *px).collect(),
            };
            let other = if side == BookSide::Bid {
                BookSide::Ask
            } else {
                BookSide::Bid
            };
            for px in met {
                self.put(other, px, 0.0, out);
            }
        }
        self.put(side, px, qty, out);
    }

    fn remove_better(&mut self, side: BookSide, px: Px, out: &mut Vec<Change>) {
        let better: Vec<Px> = match side {
            BookSide::Bid => self.bids.range(px..).map(|(px, _)| *px).collect(),
            BookSide::Ask => self.asks.range(..=px).map(|(px, _)| *px).collect(),
        };
        for at in better.into_iter().filter(|at| *at != px) {
            self.put(side, at, 0.0, out);
        }
    }

    /// Deletes a side from its best price down (up) to `to`, all of it when `None`.
    fn clear(&mut self, side: BookSide, to: Option<Px>, out: &mut Vec<Change>) {
        let prices: Vec<Px> = match (side, to) {
            (BookSide::Bid, Some(to)) => self.bids.range(to..).map(|(px, _)| *px).collect(),
            (BookSide::Ask, Some(to)) => self.asks.range(..=to).map(|(px, _)| *px).collect(),
            (BookSide::Bid, None) => self.bids.keys().copied().collect(),
            (BookSide::Ask, None) => self.asks.keys().copied().collect(),
        };
        for px in prices {
            self.put(side, px, 0.0, out);
        }
    }

    fn put(&mut self, side: BookSide, px: Px, qty: f64, out: &mut Vec<Change>) {
        let levels = match side {
            BookSide::Bid => &mut self.bids,
            BookSide::Ask => &mut self.asks,
        };
        let before = if qty > 0.0 {
            levels.insert(px, qty)
        } else {
            levels.remove(&px)
        };
        if before.unwrap_or(0.0) != qty {
            out.push(Change { side, px, qty });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(ev: u64, px: f64, qty: f64) -> ArrayEvent {
        ArrayEvent {
            ev,
            exch_ts: 0,
            px,
            qty,
        }
    }

    fn prices(book: &ArrayBook, side: BookSide) -> Vec<f64> {
        book.levels(side)
            .iter()
            .map(|level| level.px.to_f64())
            .collect()
    }

    #[test]
    fn a_clear_event_deletes_up_to_its_price() {
        let mut book = ArrayBook::default();
        let mut out = Vec::new();
        for px in [1.0, 2.0, 3.0] {
            book.apply(&event(DEPTH_SNAPSHOT_EVENT | BUY_EVENT, px, 1.0), &mut out);
        }
        book.apply(&event(DEPTH_CLEAR_EVENT | BUY_EVENT, 2.0, 0.0), &mut out);
        assert_eq!(prices(&book, BookSide::Bid), [1.0]);
        book.apply(&event(DEPTH_CLEAR_EVENT, 0.0, 0.0), &mut out);
        assert!(prices(&book, BookSide::Bid).is_empty());
        assert_eq!(out.iter().filter(|change| change.qty == 0.0).count(), 3);
    }

    #[test]
    fn a_level_deletes_what_it_meets() {
        let mut book = ArrayBook::default();
        let mut out = Vec::new();
        book.apply(&event(DEPTH_EVENT | SELL_EVENT, 10.0, 1.0), &mut out);
        book.apply(&event(DEPTH_EVENT | SELL_EVENT, 11.0, 1.0), &mut out);
        book.apply(&event(DEPTH_EVENT | BUY_EVENT, 10.0, 2.0), &mut out);
        assert_eq!(prices(&book, BookSide::Ask), [11.0]);
        assert_eq!(prices(&book, BookSide::Bid), [10.0]);
    }

    #[test]
    fn unusable_numbers_are_refused() {
        let mut book = ArrayBook::default();
        let mut out = Vec::new();
        assert!(!book.apply(&event(DEPTH_EVENT | BUY_EVENT, f64::NAN, 1.0), &mut out));
        assert!(!book.apply(&event(DEPTH_EVENT | BUY_EVENT, 1.0, -1.0), &mut out));
        assert!(!book.apply(&event(2 | BUY_EVENT, 1.0, 1.0), &mut out));
        assert!(out.is_empty());
    }
}
