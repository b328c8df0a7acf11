//! The last trades of an instrument, bounded: hftbacktest's own list grows until it is cleared.

use std::collections::VecDeque;

use crate::record::Record;

#[derive(Default)]
pub(crate) struct LastTrades {
    capacity: usize,
    trades: VecDeque<Record>,
}

impl LastTrades {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            trades: VecDeque::with_capacity(capacity),
        }
    }

    pub(crate) fn push(&mut self, trade: &Record) {
        if self.capacity == 0 {
            return;
        }
        if self.trades.len() == self.capacity {
            self.trades.pop_front();
        }
        self.trades.push_back(*trade);
    }

    pub(crate) fn clear(&mut self) {
        self.trades.clear();
    }

    /// Oldest first.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &Record> {
        self.trades.iter()
    }
}
