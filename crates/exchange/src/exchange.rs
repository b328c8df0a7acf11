//! The exchange with its own book.

use crate::{
    account::{AccountBalance, Position},
    config::ExchangeConfig,
    event::ExchangeEvent,
    flow_config::FlowConfig,
    instrument::Instrument,
    matching::Matching,
    order::{OrderState, Side},
    request::Request,
    setup_error::SetupError,
    venue::Venue,
};

/// A price-time priority exchange. See the crate's page for an example.
///
/// Times are Unix nanoseconds and never run back: an earlier one counts as the latest.
#[derive(Debug)]
pub struct Exchange {
    venue: Venue<Matching>,
}

impl Exchange {
    /// An exchange without instruments whose time begins at `start_ns`.
    ///
    /// # Errors
    /// When a setting is outside of its range.
    pub fn new(config: ExchangeConfig, start_ns: i64) -> Result<Self, SetupError> {
        Ok(Self {
            venue: Venue::new(config, Matching::default(), start_ns)?,
        })
    }

    /// Adds an instrument, with a background flow or without, and returns its index. The flow's
    /// first book is there at once; its levels are published like later changes.
    ///
    /// # Errors
    /// When the symbol exists already or a setting of the flow is outside of its range.
    pub fn add_instrument(
        &mut self,
        spec: Instrument,
        flow: Option<FlowConfig>,
    ) -> Result<u32, SetupError> {
        if let Some(flow) = &flow {
            flow.validate(&spec)?;
        }
        let symbol = self.venue.add_instrument(spec)?;
        self.venue
            .engine
            .add_market(&mut self.venue.desk, symbol, flow);
        Ok(symbol)
    }

    /// The levels of a side as (price in ticks, quantity in lots), best first; nothing when there is
    /// no such instrument.
    ///
    /// This is the book at the exchange now. With a feed latency, level events older than it are
    /// still on their way; as they are absolute, applying them on top ends at the right book, but
    /// passes through older states. A book built from delivered events only does not.
    pub fn book(&self, symbol: u32, side: Side) -> impl Iterator<Item = (i64, i64)> {
        self.venue.engine.levels(symbol, side)
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
