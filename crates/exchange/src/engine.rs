//! What an engine must do for the venue.

use crate::{
    desk::Desk,
    order::{OrderState, Side, Slot},
};

/// Why an order stopped taking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is filled; its slot is free.
    All,
    /// The book has nothing more for it.
    Exhausted,
    /// It met an order of its own account.
    SelfTrade,
}

/// An engine: where orders find their counterparts. The venue calls it at `desk.now_ns`.
pub(crate) trait Engine {
    /// Whether orders and amendments are refused.
    fn is_halted(&self, _symbol: u32) -> bool {
        false
    }
    /// Whether a limit order would take.
    fn crosses(&self, symbol: u32, side: Side, limit_tick: i64) -> bool;
    /// Whether `order` could be filled at once in full.
    fn fillable(&self, desk: &Desk, order: &OrderState) -> bool;
    /// Takes what the order can have now.
    fn take(&mut self, desk: &mut Desk, slot: Slot) -> Taken;
    /// Puts what is left of the order in the book.
    fn rest(&mut self, desk: &mut Desk, slot: Slot);
    /// Takes a resting order out of the book.
    fn withdraw(&mut self, desk: &mut Desk, slot: Slot);
    /// Makes a resting order smaller by `by_lots`; it keeps its place.
    fn shrink(&mut self, desk: &mut Desk, slot: Slot, by_lots: i64);
    /// Runs after each request.
    fn settle(&mut self, desk: &mut Desk);
    /// When the engine itself has something to do next, Unix nanoseconds.
    fn next_due_ns(&self) -> Option<i64>;
    /// Does what is due at `desk.now_ns`.
    fn step(&mut self, desk: &mut Desk);
    /// Best price of a side, in ticks.
    fn best(&self, symbol: u32, side: Side) -> Option<i64>;
}
