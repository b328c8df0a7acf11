//! The engine behind a simulator: matching, or an external book.

use crate::{
    order::{OrderState, Side, Slot},
    order_manager::OrderManager,
};

/// How taking ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is filled; its slot is free.
    All,
    /// The book has nothing left within its limit.
    Exhausted,
    /// It met an order of its own account.
    SelfTrade,
}

/// An engine: where orders find their counterparts. The simulator calls it at `manager.now_ns`.
pub(crate) trait Engine {
    /// Whether orders and amendments are refused.
    fn is_halted(&self, _symbol: u32) -> bool {
        false
    }
    /// Whether a limit order would take.
    fn crosses(&self, symbol: u32, side: Side, limit_tick: i64) -> bool;
    /// Whether `order` could be filled at once in full.
    fn fillable(&self, manager: &OrderManager, order: &OrderState) -> bool;
    /// Lets the order take what the book offers within its limit.
    fn take(&mut self, manager: &mut OrderManager, slot: Slot) -> Taken;
    /// Puts what is left of the order in the book.
    fn rest(&mut self, manager: &mut OrderManager, slot: Slot);
    /// Takes a resting order out of the book.
    fn withdraw(&mut self, manager: &mut OrderManager, slot: Slot);
    /// Makes a resting order smaller by `by_lots`; it keeps its place.
    fn shrink(&mut self, manager: &mut OrderManager, slot: Slot, by_lots: i64);
    /// Runs after each request.
    fn settle(&mut self, manager: &mut OrderManager);
    /// When the engine has an action of its own next, Unix nanoseconds.
    fn next_due_ns(&self) -> Option<i64>;
    /// Does the engine's own action that is due at `manager.now_ns`.
    fn step(&mut self, manager: &mut OrderManager);
    /// Best price of a side, in ticks.
    fn best(&self, symbol: u32, side: Side) -> Option<i64>;
}
