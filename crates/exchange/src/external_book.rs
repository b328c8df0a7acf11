//! The engine that fills orders against a book and trades that the caller feeds in.

use std::collections::BTreeMap;

use crate::{
    engine::{Engine, Taken},
    external_side::ExternalSide,
    order::{OrderState, Side, Slot},
    order_manager::{Execution, OrderManager},
    queue_model::QueueModel,
};

/// Both sides of a book.
#[derive(Debug)]
struct Market {
    /// Bids, then asks.
    sides: [ExternalSide; 2],
    /// The book is followed, but no order is filled and no queue moves.
    is_halted: bool,
}

/// The books of all instruments.
#[derive(Debug)]
pub(crate) struct ExternalBook {
    model: QueueModel,
    markets: Vec<Market>,
}

impl ExternalBook {
    pub(crate) fn new(model: QueueModel) -> Self {
        Self {
            model,
            markets: Vec::new(),
        }
    }

    pub(crate) fn add_market(&mut self) {
        self.markets.push(Market {
            sides: [ExternalSide::new(Side::Buy), ExternalSide::new(Side::Sell)],
            is_halted: false,
        });
    }

    fn side(&self, symbol: u32, side: Side) -> &ExternalSide {
        &self.markets[symbol as usize].sides[side.index()]
    }

    fn side_mut(&mut self, symbol: u32, side: Side) -> &mut ExternalSide {
        &mut self.markets[symbol as usize].sides[side.index()]
    }

    pub(crate) fn levels(&self, symbol: u32, side: Side) -> impl Iterator<Item = (i64, i64)> {
        let market = self.markets.get(symbol as usize);
        market
            .into_iter()
            .flat_map(move |market| market.sides[side.index()].levels())
    }

    pub(crate) fn queue_ahead(&self, manager: &OrderManager, slot: Slot) -> Option<f64> {
        let order = manager.orders.get(slot);
        self.side(order.symbol, order.side)
            .queue_ahead(order.px_tick, slot)
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
        let market = &mut self.markets[symbol as usize];
        if !std::mem::take(&mut market.is_halted) {
            return;
        }
        for side in &mut market.sides {
            side.catch_up();
        }
        self.apply_levels(manager, symbol, []);
    }

    /// Changes what a level displays, and the places of the orders that rest there.
    fn set_level(&mut self, symbol: u32, side: Side, px_tick: i64, lots: i64) {
        let (model, is_halted) = (self.model, self.is_halted(symbol));
        let half = self.side_mut(symbol, side);
        let before = half.show(px_tick, lots);
        if !is_halted {
            half.move_queue(model, px_tick, before, lots);
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
        // Traded through: better prices than the trade's, best first.
        while let Some(slot) = self.side(symbol, maker_side).front_before(px_tick) {
            let lots = manager.orders.get(slot).leaves_lots;
            self.fill_waiting(manager, slot, lots);
        }
        let mut left = lots;
        let mut line = self.side_mut(symbol, maker_side).take_line(px_tick);
        line.retain_mut(|waiting| {
            // The quantity that filled simulated orders ahead is gone; it was never part of the displayed queue.
            let reached = if left > 0 {
                waiting.queue.trade(left)
            } else {
                0
            };
            let fill = reached.min(manager.orders.get(waiting.slot).leaves_lots);
            if fill <= 0 {
                return true;
            }
            left -= fill;
            fill_maker(manager, waiting.slot, fill) > 0
        });
        self.side_mut(symbol, maker_side).put_line(px_tick, line);
    }

    pub(crate) fn apply_snapshot(
        &mut self,
        manager: &mut OrderManager,
        symbol: u32,
        levels: impl IntoIterator<Item = (Side, i64, i64)>,
    ) {
        let mut now: [BTreeMap<i64, i64>; 2] = <[BTreeMap<i64, i64>; 2]>::default();
        for (side, px_tick, lots) in levels {
            if lots > 0 {
                now[side.index()].insert(px_tick, lots);
            }
        }
        for side in [Side::Buy, Side::Sell] {
            let gone: Vec<i64> = self
                .levels(symbol, side)
                .map(|(px_tick, _)| px_tick)
                .filter(|px_tick| !now[side.index()].contains_key(px_tick))
                .collect();
            for px_tick in gone {
                self.set_level(symbol, side, px_tick, 0);
            }
            for (&px_tick, &lots) in &now[side.index()] {
                self.set_level(symbol, side, px_tick, lots);
            }
        }
        for side in [Side::Buy, Side::Sell] {
            self.reach_waiting(manager, symbol, side);
        }
    }

    pub(crate) fn clear(&mut self, symbol: u32) {
        for side in &mut self.markets[symbol as usize].sides {
            side.clear();
        }
    }

    /// Fills resting orders that the best levels of `side` have reached, at the orders' prices.
    fn reach_waiting(&mut self, manager: &mut OrderManager, symbol: u32, side: Side) {
        if self.is_halted(symbol) {
            return;
        }
        while let Some((slot, limit_tick)) = self.side(symbol, side.opposite()).front() {
            let level = self
                .side_mut(symbol, side)
                .offered(limit_tick)
                .find(|(_, shown)| shown.available() > 0);
            let Some((_, shown)) = level else { break };
            let lots = shown.consume(manager.orders.get(slot).leaves_lots);
            self.fill_waiting(manager, slot, lots);
        }
    }

    /// Fills a resting order, and takes it out when nothing is left.
    fn fill_waiting(&mut self, manager: &mut OrderManager, slot: Slot, lots: i64) {
        let order = *manager.orders.get(slot);
        if fill_maker(manager, slot, lots) == 0 {
            self.forget(&order, slot);
        }
    }

    fn forget(&mut self, order: &OrderState, slot: Slot) {
        self.side_mut(order.symbol, order.side)
            .forget(order.px_tick, slot);
    }
}

/// Fills a resting order at its own price. Returns the open rest in lots.
fn fill_maker(manager: &mut OrderManager, slot: Slot, lots: i64) -> i64 {
    let px_tick = manager.orders.get(slot).px_tick;
    execute(manager, slot, px_tick, lots, true)
}

fn execute(manager: &mut OrderManager, slot: Slot, px_tick: i64, lots: i64, maker: bool) -> i64 {
    let trade_id = manager.next_trade_id();
    manager.execute(
        slot,
        Execution {
            px_tick,
            lots,
            maker,
            trade_id,
        },
    )
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
        self.side(order.symbol, order.side.opposite())
            .can_fill(order.limit_tick(), order.leaves_lots)
    }

    fn take(&mut self, manager: &mut OrderManager, slot: Slot) -> Taken {
        let order = *manager.orders.get(slot);
        let mut left = order.leaves_lots;
        let levels = self
            .side_mut(order.symbol, order.side.opposite())
            .offered(order.limit_tick());
        for (px_tick, shown) in levels {
            let lots = shown.consume(left);
            if lots > 0 {
                left = execute(manager, slot, px_tick, lots, false);
            }
            if left == 0 {
                return Taken::All;
            }
        }
        Taken::Exhausted
    }

    fn rest(&mut self, manager: &mut OrderManager, slot: Slot) {
        let order = *manager.orders.get(slot);
        self.side_mut(order.symbol, order.side)
            .join(order.px_tick, slot);
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
        self.side(symbol, side).best()
    }
}
