//! An exchange for replays and paper trading, which has no book of its own.

use crate::{
    config::ExchangeConfig, external_book::ExternalBook, instrument::Instrument, limits::Limits,
    order::Side, order_manager::OrderManager, queue_model::QueueModel, setup_error::SetupError,
    simulator::Simulator,
};

/// An exchange that fills orders against a book that the caller feeds in.
///
/// Orders never move that book and never meet each other. An order that can take, takes what the
/// levels display, at their prices; what it took is gone until the level is updated. A resting
/// order is filled at its own price: by trades at its price that exceed the queue ahead of it, in
/// full by a trade through its price, and by an opposite level that reaches its price, as far as
/// that level's quantity goes. A market data event is not sent back to the caller: only
/// [`EventBody::Order`](crate::EventBody::Order), `CancelReject`, `Position` and `Balance` come out.
///
/// Times are Unix nanoseconds. Feed events in order of time; each first runs the requests that
/// arrive before it or with it.
#[derive(Debug)]
pub struct FillSimulator {
    pub(crate) simulator: Simulator<ExternalBook>,
}

impl FillSimulator {
    /// An exchange without instruments whose time begins at `start_ns`.
    ///
    /// # Errors
    /// When a setting is outside of its range.
    pub fn new(
        config: ExchangeConfig,
        queue_model: QueueModel,
        start_ns: i64,
    ) -> Result<Self, SetupError> {
        queue_model.validate()?;
        Ok(Self {
            simulator: Simulator::new(config, ExternalBook::new(queue_model), start_ns)?,
        })
    }

    /// Adds an instrument with an empty book and returns its index.
    ///
    /// # Errors
    /// When the symbol exists already.
    pub fn add_instrument(&mut self, spec: Instrument) -> Result<u32, SetupError> {
        let symbol = self.simulator.add_instrument(spec)?;
        self.simulator.engine.add_market();
        Ok(symbol)
    }

    /// Changes the limits of an instrument for requests that arrive from now on; open orders stay.
    ///
    /// # Errors
    /// When there is no such instrument, or a limit is outside of its range.
    pub fn set_limits(&mut self, symbol: u32, limits: Limits) -> Result<(), SetupError> {
        self.simulator.set_limits(symbol, limits)
    }

    /// Feeds a level: `qty_lots` is all that is displayed now; 0 or less removes it.
    ///
    /// # Errors
    /// When there is no such instrument.
    pub fn apply_level(
        &mut self,
        now_ns: i64,
        symbol: u32,
        side: Side,
        px_tick: i64,
        qty_lots: i64,
    ) -> Result<(), SetupError> {
        let (books, manager) = self.reach(now_ns, symbol)?;
        books.apply_level(manager, symbol, side, px_tick, qty_lots);
        Ok(())
    }

    /// Feeds several levels as one change: resting orders meet the book as it is after all of them,
    /// and no order is filled by a book that is crossed then. The last level of a price counts.
    ///
    /// # Errors
    /// When there is no such instrument.
    pub fn apply_levels(
        &mut self,
        now_ns: i64,
        symbol: u32,
        levels: impl IntoIterator<Item = (Side, i64, i64)>,
    ) -> Result<(), SetupError> {
        let (books, manager) = self.reach(now_ns, symbol)?;
        books.apply_levels(manager, symbol, levels);
        Ok(())
    }

    /// Halts a market whose feed cannot be relied on: from now on no order is filled, and orders and
    /// amendments are refused with [`Reject::Halted`](crate::Reject::Halted); cancellations work.
    /// Levels are still taken, trades are left out.
    ///
    /// # Errors
    /// When there is no such instrument.
    pub fn halt(&mut self, now_ns: i64, symbol: u32) -> Result<(), SetupError> {
        let (books, _) = self.reach(now_ns, symbol)?;
        books.halt(symbol);
        Ok(())
    }

    /// Ends a halt with the book as it is. Resting orders keep the place they had as far as their
    /// levels allow; those that the book has passed are filled at their own prices.
    ///
    /// # Errors
    /// When there is no such instrument.
    pub fn resume(&mut self, now_ns: i64, symbol: u32) -> Result<(), SetupError> {
        let (books, manager) = self.reach(now_ns, symbol)?;
        books.resume(manager, symbol);
        Ok(())
    }

    /// Whether the best bid is at or above the best ask. `false` for an unknown instrument.
    #[must_use]
    pub fn is_crossed(&self, symbol: u32) -> bool {
        (symbol as usize) < self.simulator.manager.specs.len()
            && self.simulator.engine.is_crossed(symbol)
    }

    /// Feeds a trade; one without quantity or price is ignored. The levels it took from are expected
    /// to follow by [`apply_level`](Self::apply_level).
    ///
    /// # Errors
    /// When there is no such instrument.
    pub fn apply_trade(
        &mut self,
        now_ns: i64,
        symbol: u32,
        aggressor: Side,
        px_tick: i64,
        qty_lots: i64,
    ) -> Result<(), SetupError> {
        let (books, manager) = self.reach(now_ns, symbol)?;
        books.apply_trade(manager, symbol, aggressor, px_tick, qty_lots);
        Ok(())
    }

    /// Replaces the book by a snapshot of (side, price in ticks, quantity in lots), in any order.
    /// A resting order keeps the place it had as far as the new quantity of its level allows.
    ///
    /// # Errors
    /// When there is no such instrument.
    pub fn apply_snapshot(
        &mut self,
        now_ns: i64,
        symbol: u32,
        levels: impl IntoIterator<Item = (Side, i64, i64)>,
    ) -> Result<(), SetupError> {
        let (books, manager) = self.reach(now_ns, symbol)?;
        books.apply_snapshot(manager, symbol, levels);
        Ok(())
    }

    /// Empties the book, as after a lost connection. Resting orders stay with the place they had.
    ///
    /// # Errors
    /// When there is no such instrument.
    pub fn clear_book(&mut self, now_ns: i64, symbol: u32) -> Result<(), SetupError> {
        let (books, _) = self.reach(now_ns, symbol)?;
        books.clear(symbol);
        Ok(())
    }

    /// The displayed levels of a side as (price in ticks, quantity in lots), best first.
    pub fn book(&self, symbol: u32, side: Side) -> impl Iterator<Item = (i64, i64)> {
        self.simulator.engine.levels(symbol, side)
    }

    /// The estimated quantity ahead of a resting order, in lots; `None` when it does not rest.
    #[must_use]
    pub fn queue_ahead_lots(&self, account: u64, client_id: u64) -> Option<f64> {
        let slot = self.simulator.manager.orders.find(account, client_id)?;
        self.simulator
            .engine
            .queue_ahead(&self.simulator.manager, slot)
    }

    /// Runs the requests that arrive up to `now_ns`. Gives the books, and the orders that they fill.
    fn reach(
        &mut self,
        now_ns: i64,
        symbol: u32,
    ) -> Result<(&mut ExternalBook, &mut OrderManager), SetupError> {
        if symbol as usize >= self.simulator.manager.specs.len() {
            return Err(SetupError::UnknownSymbol(symbol));
        }
        self.simulator.run(now_ns);
        Ok((&mut self.simulator.engine, &mut self.simulator.manager))
    }
}
