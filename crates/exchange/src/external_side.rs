//! One side of an external book: the levels that it displays, and the orders that rest at them.

use std::collections::BTreeMap;

use crate::{
    order::{Side, Slot},
    queue_model::{QueueModel, QueuePosition},
};

/// A displayed level.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shown {
    lots: i64,
    /// Taken by simulated orders since the level was last updated.
    consumed: i64,
}

impl Shown {
    pub(crate) fn available(self) -> i64 {
        (self.lots - self.consumed).max(0)
    }

    /// Takes at most `lots` of what is available, and returns how many.
    pub(crate) fn consume(&mut self, lots: i64) -> i64 {
        let lots = self.available().min(lots);
        self.consumed += lots;
        lots
    }
}

/// An order of an account at its level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) slot: Slot,
    pub(crate) queue: QueuePosition,
}

/// One side of a book.
#[derive(Debug)]
pub(crate) struct ExternalSide {
    side: Side,
    /// By key, see [`ExternalSide::key`].
    shown: BTreeMap<i64, Shown>,
    /// Resting orders by key, those of a price in the order of their arrival.
    waiting: BTreeMap<i64, Vec<Waiting>>,
}

impl ExternalSide {
    pub(crate) const fn new(side: Side) -> Self {
        Self {
            side,
            shown: BTreeMap::new(),
            waiting: BTreeMap::new(),
        }
    }

    /// −sign × ticks, so that the best price comes first.
    const fn key(&self, px_tick: i64) -> i64 {
        -self.side.sign() * px_tick
    }

    const fn px_tick(&self, key: i64) -> i64 {
        -self.side.sign() * key
    }

    // --- displayed levels

    /// The levels as (price in ticks, quantity in lots), best first.
    pub(crate) fn levels(&self) -> impl Iterator<Item = (i64, i64)> {
        self.shown
            .iter()
            .map(|(&key, shown)| (self.px_tick(key), shown.lots))
    }

    /// Best price in ticks.
    pub(crate) fn best(&self) -> Option<i64> {
        self.shown.keys().next().map(|&key| self.px_tick(key))
    }

    /// Changes what a level displays, 0 removes it. Returns what it displayed before.
    pub(crate) fn show(&mut self, px_tick: i64, lots: i64) -> i64 {
        let key = self.key(px_tick);
        let before = if lots > 0 {
            self.shown.insert(key, Shown { lots, consumed: 0 })
        } else {
            self.shown.remove(&key)
        };
        before.map_or(0, |shown| shown.lots)
    }

    pub(crate) fn clear(&mut self) {
        self.shown.clear();
    }

    /// The levels at which an order of the other side may trade, best first, with their prices.
    pub(crate) fn offered(&mut self, limit_tick: i64) -> impl Iterator<Item = (i64, &mut Shown)> {
        let (side, taker) = (self.side, self.side.opposite());
        self.shown
            .iter_mut()
            .map(move |(key, shown)| (-side.sign() * key, shown))
            .take_while(move |&(px_tick, _)| taker.reaches(limit_tick, px_tick))
    }

    /// Whether an order of the other side could take so many lots at once.
    pub(crate) fn can_fill(&self, limit_tick: i64, lots: i64) -> bool {
        let taker = self.side.opposite();
        let mut left = lots;
        for (&key, shown) in &self.shown {
            if left <= 0 || !taker.reaches(limit_tick, self.px_tick(key)) {
                break;
            }
            left -= shown.available();
        }
        left <= 0
    }

    // --- resting orders

    /// Puts an order behind what its level displays.
    pub(crate) fn join(&mut self, px_tick: i64, slot: Slot) {
        let key = self.key(px_tick);
        let displayed = self.shown.get(&key).map_or(0, |shown| shown.lots);
        let queue = QueuePosition::join(displayed);
        self.waiting
            .entry(key)
            .or_default()
            .push(Waiting { slot, queue });
    }

    /// Takes an order out.
    pub(crate) fn forget(&mut self, px_tick: i64, slot: Slot) {
        let key = self.key(px_tick);
        if let Some(line) = self.waiting.get_mut(&key) {
            line.retain(|waiting| waiting.slot != slot);
            if line.is_empty() {
                self.waiting.remove(&key);
            }
        }
    }

    /// The estimated quantity ahead of an order, in lots.
    pub(crate) fn queue_ahead(&self, px_tick: i64, slot: Slot) -> Option<f64> {
        let line = self.waiting.get(&self.key(px_tick))?;
        line.iter()
            .find(|waiting| waiting.slot == slot)
            .map(|waiting| waiting.queue.front_lots())
    }

    /// Moves the orders at a price by the change of their level.
    pub(crate) fn move_queue(&mut self, model: QueueModel, px_tick: i64, before: i64, after: i64) {
        let key = self.key(px_tick);
        for waiting in self.waiting.get_mut(&key).into_iter().flatten() {
            waiting.queue.level(model, before, after);
        }
    }

    /// Moves all orders after a time in which queues did not move: as far as their levels allow.
    pub(crate) fn catch_up(&mut self) {
        let worst = self.shown.keys().next_back().copied();
        for (key, line) in &mut self.waiting {
            let lots = match self.shown.get(key) {
                Some(shown) => shown.lots,
                None if worst.is_some_and(|worst| *key < worst) => 0,
                // Deeper than the displayed book: its quantity is unknown.
                None => i64::MAX,
            };
            for waiting in line {
                waiting.queue.blind(lots);
            }
        }
    }

    /// The first order at the best price, with its price in ticks.
    pub(crate) fn front(&self) -> Option<(Slot, i64)> {
        let (&key, line) = self.waiting.iter().next()?;
        Some((line.first()?.slot, self.px_tick(key)))
    }

    /// The first order at a better price than `px_tick`.
    pub(crate) fn front_before(&self, px_tick: i64) -> Option<Slot> {
        let (_, line) = self.waiting.range(..self.key(px_tick)).next()?;
        line.first().map(|waiting| waiting.slot)
    }

    /// Takes out the orders at a price; [`put_line`](Self::put_line) gives back those that stay.
    pub(crate) fn take_line(&mut self, px_tick: i64) -> Vec<Waiting> {
        let key = self.key(px_tick);
        self.waiting.remove(&key).unwrap_or_default()
    }

    pub(crate) fn put_line(&mut self, px_tick: i64, line: Vec<Waiting>) {
        if !line.is_empty() {
            let key = self.key(px_tick);
            self.waiting.insert(key, line);
        }
    }
}
