//! The exchange for replays and paper trading.

use crate::{
    account::{AccountBalance, Position},
    config::ExchangeConfig,
    event::ExchangeEvent,
    instrument::Instrument,
    order::{OrderState, Side},
    queue_model::QueueModel,
    request::Request,
    setup_error::SetupError,
    shadow_book::ShadowBook,
    venue::Venue,
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
pub struct ShadowExchange {
    venue: Venue<ShadowBook>,
}

impl ShadowExchange {
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
            venue: Venue::new(config, ShadowBook::new(queue_model), start_ns)?,
        })
    }

    /// Adds an instrument with an empty book and returns its index.
    ///
    /// # Errors
    /// When the symbol exists already.
    pub fn add_instrument(&mut self, spec: Instrument) -> Result<u32, SetupError> {
        let symbol = self.venue.add_instrument(spec)?;
        self.venue.engine.add_market();
        Ok(symbol)
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
        self.reach(now_ns, symbol)?;
        self.venue
            .engine
            .apply_level(&mut self.venue.desk, symbol, side, px_tick, qty_lots);
        Ok(())
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
        self.reach(now_ns, symbol)?;
        self.venue
            .engine
            .apply_trade(&mut self.venue.desk, symbol, aggressor, px_tick, qty_lots);
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
        self.reach(now_ns, symbol)?;
        self.venue
            .engine
            .apply_snapshot(&mut self.venue.desk, symbol, levels);
        Ok(())
    }

    /// Empties the book, as after a lost connection. Resting orders stay with the place they had.
    ///
    /// # Errors
    /// When there is no such instrument.
    pub fn clear_book(&mut self, now_ns: i64, symbol: u32) -> Result<(), SetupError> {
        self.reach(now_ns, symbol)?;
        self.venue.engine.clear(symbol);
        Ok(())
    }

    /// The displayed levels of a side as (price in ticks, quantity in lots), best first.
    pub fn book(&self, symbol: u32, side: Side) -> impl Iterator<Item = (i64, i64)> {
        self.venue.engine.levels(symbol, side)
    }

    /// The estimated quantity ahead of a resting order, in lots; `None` when it does not rest.
    #[must_use]
    pub fn queue_ahead_lots(&self, account: u64, client_id: u64) -> Option<f64> {
        let slot = self.venue.desk.orders.find(account, client_id)?;
        self.venue.engine.queue_ahead(&self.venue.desk, slot)
    }

    /// Runs the requests that arrive up to `now_ns`.
    fn reach(&mut self, now_ns: i64, symbol: u32) -> Result<(), SetupError> {
        if symbol as usize >= self.venue.desk.specs.len() {
            return Err(SetupError::UnknownSymbol(symbol));
        }
        self.venue.run(now_ns);
        Ok(())
    }

    /// Sends a request at client time `now_ns`; returns when it arrives at the exchange.
    pub fn submit(&mut self, now_ns: i64, request: Request) -> i64 {
        self.venue.submit(now_ns, request)
    }

    /// Does everything due up to `to_ns`, in order of time, and pushes what is delivered up to
    /// `to_ns` to `out`, in order of delivery. `out` is not cleared.
    pub fn advance(&mut self, to_ns: i64, out: &mut Vec<ExchangeEvent>) {
        self.venue.advance(to_ns, out);
    }

    /// When [`advance`](Self::advance) has something to do next; `None`: not before a request.
    #[must_use]
    pub fn next_due_ns(&self) -> Option<i64> {
        self.venue.next_due_ns()
    }

    /// Exchange time, Unix nanoseconds.
    #[must_use]
    pub fn now_ns(&self) -> i64 {
        self.venue.desk.now_ns
    }

    /// The instruments, by index.
    #[must_use]
    pub fn instruments(&self) -> &[Instrument] {
        &self.venue.desk.specs
    }

    /// The index of a symbol; `None` when it does not exist.
    #[must_use]
    pub fn symbol(&self, name: &str) -> Option<u32> {
        let index = self
            .venue
            .desk
            .specs
            .iter()
            .position(|spec| spec.symbol() == name);
        index.map(|index| index as u32)
    }

    /// The open orders of an account as the exchange sees them now, by client id.
    pub fn open_orders(&self, account: u64) -> impl Iterator<Item = &OrderState> {
        self.venue.desk.orders.of(account).map(|(_, order)| order)
    }

    /// An open order; `None` when it is over or never was.
    #[must_use]
    pub fn open_order(&self, account: u64, client_id: u64) -> Option<&OrderState> {
        let orders = &self.venue.desk.orders;
        orders.find(account, client_id).map(|slot| orders.get(slot))
    }

    /// The position of an account as the exchange sees it now; flat when there is none.
    #[must_use]
    pub fn position(&self, account: u64, symbol: u32) -> Position {
        let spec = self.venue.desk.specs.get(symbol as usize);
        let account = self.venue.desk.accounts.get(account);
        match (spec, account) {
            (Some(spec), Some(account)) => account.ledger(symbol).position(spec),
            _ => Position::default(),
        }
    }

    /// The money of an account as the exchange sees it now.
    #[must_use]
    pub fn balance(&self, account: u64) -> AccountBalance {
        self.venue
            .desk
            .accounts
            .balance(account, &self.venue.desk.specs)
    }

    /// Sets what an account began with, in quote currency, instead of the configured balance.
    ///
    /// # Errors
    /// When it is not finite.
    pub fn set_initial_balance(&mut self, account: u64, initial: f64) -> Result<(), SetupError> {
        let initial = SetupError::check(true, "initial", initial, "a finite number")?;
        self.venue.desk.accounts.entry(account).set_initial(initial);
        Ok(())
    }
}
