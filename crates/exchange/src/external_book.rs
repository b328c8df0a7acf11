//! The engine that fills orders against a book and trades that the caller feeds in.

use std::collections::BTreeMap;

use crate::{
    engine::{Engine, Taken},
    order::{OrderState, Side, Slot},
    order_manager::{Execution, OrderManager},
    queue_model::{QueueModel, QueuePosition},
};

/// A displayed level.
#[derive(Clone, Copy, Debug, Default)]
struct Shown {
    lots: i64,
    /// Taken by simulated orders since the level was last updated.
    consumed: i64,
}

impl Shown {
    fn available(self) -> i64 {
        (self.lots - self.consumed).max(0)
    }
}

/// An order of an account at its level.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    slot: Slot,
    queue: QueuePosition,
}

/// One side of a book: keys are `−sign × ticks`, so that the first is the best.
#[derive(Debug, Default)]
struct Half {
    shown: BTreeMap<i64, Shown>,
    /// Resting orders by price, in the order of their arrival.
    waiting: BTreeMap<i64, Vec<Waiting>>,
}

/// Both sides of a book.
#[derive(Debug, Default)]
struct Market {
    halves: [Half; 2],
    /// The book is followed, but no order is filled and no queue moves.
    is_halted: bool,
}

/// All books.
#[derive(Debug)]
pub(crate) struct ExternalBook {
    model: QueueModel,
    markets: Vec<Market>,
}

fn key(side: Side, px_tick: i64) -> i64 {
    -side.sign() * px_tick
}

impl ExternalBook {
    pub(crate) fn new(model: QueueModel) -> Self {
        Self {
            model,
            markets: Vec::new(),
        }
    }

    pub(crate) fn add_market(&mut self) {
        self.markets.push(Market::default());
    }

    fn half(&mut self, symbol: u32, side: Side) -> &mut Half {
        &mut self.markets[symbol as usize].halves[side.index()]
    }

    pub(crate) fn levels(&self, symbol: u32, side: Side) -> impl Iterator<Item = (i64, i64)> {
        let half = self
            .markets
            .get(symbol as usize)
            .map(|market| &market.halves[side.index()]);
        half.into_iter()
            .flat_map(|half| half.shown.iter())
            .map(move |(key, shown)| (-side.sign() * key, shown.lots))
    }

    pub(crate) fn queue_ahead(&self, manager: &OrderManager, slot: Slot) -> Option<f64> {
        let order = manager.orders.get(slot);
        let half = &self.markets[order.symbol as usize].halves[order.side.index()];
        let line = half.waiting.get(&key(order.side, order.px_tick))?;
        line.iter()
            .find(|w| w.slot == slot)
            .map(|w| w.queue.front_lots())
    }

    pub(crate) fn apply_level(
        &mut self,
        manager: &mut OrderManager,
        symbol: u32,
        side: Side,
        px_tick: i64,
        lots: i64,
    ) {
        self.set_level(symbol, side, px_tick, lots.max(0));
        if lots > 0 {
            self.reach_waiting(manager, symbol, side);
        }
    }

    pub(crate) fn apply_levels(
        &mut self,
        manager: &mut OrderManager,
        symbol: u32,
        levels: impl IntoIterator<Item = (Side, i64, i64)>,
    ) {
        for (side, px_tick, lots) in levels {
            self.set_level(symbol, side, px_tick, lots.max(0));
        }
        if !self.is_crossed(symbol) {
            self.reach_waiting(manager, symbol, Side::Buy);
            self.reach_waiting(manager, symbol, Side::Sell);
        }
    }

    pub(crate) fn is_crossed(&self, symbol: u32) -> bool {
        match (self.best(symbol, Side::Buy), self.best(symbol, Side::Sell)) {
            (Some(bid), Some(ask)) => bid >= ask,
            _ => false,
        }
    }

    pub(crate) fn halt(&mut self, symbol: u32) {
        self.markets[symbol as usize].is_halted = true;
    }

    pub(crate) fn resume(&mut self, manager: &mut OrderManager, symbol: u32) {
        if !std::mem::take(&mut self.markets[symbol as usize].is_halted) {
            return;
        }
        for half in &mut self.markets[symbol as usize].halves {
            let worst = half.shown.keys().next_back().copied();
            for (key, line) in &mut half.waiting {
                let lots = match half.shown.get(key) {
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
        self.apply_levels(manager, symbol, []);
    }

    /// Changes what a level displays, and the places of the orders that wait there.
    fn set_level(&mut self, symbol: u32, side: Side, px_tick: i64, lots: i64) {
        let model = self.model;
        let market = &mut self.markets[symbol as usize];
        let half = &mut market.halves[side.index()];
        let key = key(side, px_tick);
        let before = if lots > 0 {
            half.shown.insert(key, Shown { lots, consumed: 0 })
        } else {
            half.shown.remove(&key)
        };
        if market.is_halted {
            return;
        }
        let before = before.map_or(0, |shown| shown.lots);
        for waiting in half.waiting.get_mut(&key).into_iter().flatten() {
            waiting.queue.level(model, before, lots);
        }
    }

    pub(crate) fn apply_trade(
        &mut self,
        manager: &mut OrderManager,
        symbol: u32,
        aggressor: Side,
        px_tick: i64,
        lots: i64,
    ) {
        if lots <= 0 || px_tick <= 0 || self.is_halted(symbol) {
            return;
        }
        let maker_side = aggressor.opposite();
        let at = key(maker_side, px_tick);
        // Traded through: better prices than the trade's, best first.
        loop {
            let half = self.half(symbol, maker_side);
            let Some((&better, line)) = half.waiting.range(..at).next() else {
                break;
            };
            let Some(slot) = line.first().map(|waiting| waiting.slot) else {
                half.waiting.remove(&better);
                continue;
            };
            let lots = manager.orders.get(slot).leaves_lots;
            self.fill_waiting(manager, slot, lots);
        }
        let mut left = lots;
        let line = self
            .half(symbol, maker_side)
            .waiting
            .get_mut(&at)
            .map(std::mem::take);
        let mut still = Vec::new();
        for mut waiting in line.into_iter().flatten() {
            // The quantity that filled simulated orders ahead is gone; it was never part of the displayed queue.
            let reached = if left > 0 {
                waiting.queue.trade(left)
            } else {
                0
            };
            let fill = reached.min(manager.orders.get(waiting.slot).leaves_lots);
            if fill > 0 {
                left -= fill;
                if Self::fill(manager, waiting.slot, fill) == 0 {
                    continue;
                }
            }
            still.push(waiting);
        }
        let half = self.half(symbol, maker_side);
        if still.is_empty() {
            half.waiting.remove(&at);
        } else {
            half.waiting.insert(at, still);
        }
    }

    pub(crate) fn apply_snapshot(
        &mut self,
        manager: &mut OrderManager,
        symbol: u32,
        levels: impl IntoIterator<Item = (Side, i64, i64)>,
    ) {
        let mut fresh: [BTreeMap<i64, i64>; 2] = <[BTreeMap<i64, i64>; 2]>::default();
        for (side, px_tick, lots) in levels {
            if lots > 0 {
                fresh[side.index()].insert(px_tick, lots);
            }
        }
        for side in [Side::Buy, Side::Sell] {
            let gone: Vec<i64> = self
                .levels(symbol, side)
                .map(|(px_tick, _)| px_tick)
                .filter(|px_tick| !fresh[side.index()].contains_key(px_tick))
                .collect();
            for px_tick in gone {
                self.set_level(symbol, side, px_tick, 0);
            }
            for (&px_tick, &lots) in &fresh[side.index()] {
                self.set_level(symbol, side, px_tick, lots);
            }
        }
        for side in [Side::Buy, Side::Sell] {
            self.reach_waiting(manager, symbol, side);
        }
    }

    pub(crate) fn clear(&mut self, symbol: u32) {
        for half in &mut self.markets[symbol as usize].halves {
            half.shown.clear();
        }
    }

    /// Fills resting orders that the best levels of `side` have reached, at the orders' prices.
    fn reach_waiting(&mut self, manager: &mut OrderManager, symbol: u32, side: Side) {
        if self.is_halted(symbol) {
            return;
        }
        let other = side.opposite();
        loop {
            let line = self.half(symbol, other).waiting.iter().next();
            let Some((slot, order_key)) = line.and_then(|(&k, l)| l.first().map(|w| (w.slot, k)))
            else {
                break;
            };
            let limit_tick = -other.sign() * order_key;
            let level = self
                .half(symbol, side)
                .shown
                .iter_mut()
                .take_while(|(k, _)| other.reaches(limit_tick, -side.sign() * **k))
                .find(|(_, shown)| shown.available() > 0);
            let Some((_, shown)) = level else { break };
            let lots = shown.available().min(manager.orders.get(slot).leaves_lots);
            shown.consumed += lots;
            self.fill_waiting(manager, slot, lots);
        }
    }

    /// Fills a resting order, and takes it out when nothing is left.
    fn fill_waiting(&mut self, manager: &mut OrderManager, slot: Slot, lots: i64) {
        let order = *manager.orders.get(slot);
        if Self::fill(manager, slot, lots) == 0 {
            self.forget(&order, slot);
        }
    }

    fn fill(manager: &mut OrderManager, slot: Slot, lots: i64) -> i64 {
        let px_tick = manager.orders.get(slot).px_tick;
        let trade_id = manager.next_trade_id();
        manager.execute(
            slot,
            Execution {
                px_tick,
                lots,
                maker: true,
                trade_id,
            },
        )
    }

    fn forget(&mut self, order: &OrderState, slot: Slot) {
        let half = self.half(order.symbol, order.side);
        let key = key(order.side, order.px_tick);
        if let Some(line) = half.waiting.get_mut(&key) {
            line.retain(|waiting| waiting.slot != slot);
            if line.is_empty() {
                half.waiting.remove(&key);
            }
        }
    }
}

impl Engine for ExternalBook {
    fn is_halted(&self, symbol: u32) -> bool {
        self.markets[symbol as usize].is_halted
    }

    fn crosses(&self, symbol: u32, side: Side, limit_tick: i64) -> bool {
        self.best(symbol, side.opposite())
            .is_some_and(|tick| side.reaches(limit_tick, tick))
    }

    fn fillable(&self, _manager: &OrderManager, order: &OrderState) -> bool {
        let other = order.side.opposite();
        let half = &self.markets[order.symbol as usize].halves[other.index()];
        let limit_tick = order.limit_tick();
        let mut left = order.leaves_lots;
        for (key, shown) in &half.shown {
            if left <= 0 || !order.side.reaches(limit_tick, -other.sign() * key) {
                break;
            }
            left -= shown.available();
        }
        left <= 0
    }

    fn take(&mut self, manager: &mut OrderManager, slot: Slot) -> Taken {
        let order = *manager.orders.get(slot);
        let other = order.side.opposite();
        let limit_tick = order.limit_tick();
        let mut left = order.leaves_lots;
        for (key, shown) in &mut self.half(order.symbol, other).shown {
            let px_tick = -other.sign() * key;
            if !order.side.reaches(limit_tick, px_tick) {
                break;
            }
            let lots = shown.available().min(left);
            if lots > 0 {
                shown.consumed += lots;
                let trade_id = manager.next_trade_id();
                left = manager.execute(
                    slot,
                    Execution {
                        px_tick,
                        lots,
                        maker: false,
                        trade_id,
                    },
                );
            }
            if left == 0 {
                return Taken::All;
            }
        }
        Taken::Exhausted
    }

    fn rest(&mut self, manager: &mut OrderManager, slot: Slot) {
        let order = *manager.orders.get(slot);
        let half = self.half(order.symbol, order.side);
        let key = key(order.side, order.px_tick);
        let displayed = half.shown.get(&key).map_or(0, |shown| shown.lots);
        let queue = QueuePosition::join(displayed);
        half.waiting
            .entry(key)
            .or_default()
            .push(Waiting { slot, queue });
    }

    fn withdraw(&mut self, manager: &mut OrderManager, slot: Slot) {
        let order = *manager.orders.get(slot);
        self.forget(&order, slot);
    }

    fn shrink(&mut self, _manager: &mut OrderManager, _slot: Slot, _by_lots: i64) {}

    fn settle(&mut self, _manager: &mut OrderManager) {}

    fn next_due_ns(&self) -> Option<i64> {
        None
    }

    fn step(&mut self, _manager: &mut OrderManager) {}

    fn best(&self, symbol: u32, side: Side) -> Option<i64> {
        let half = &self.markets[symbol as usize].halves[side.index()];
        half.shown.keys().next().map(|key| -side.sign() * key)
    }
}
