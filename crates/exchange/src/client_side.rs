//! The interface that [`Exchange`] and [`FillSimulator`] share: requests, time, orders, positions and
//! money.

use crate::{
    account::{AccountBalance, Position},
    event::ExchangeEvent,
    exchange::Exchange,
    fill_simulator::FillSimulator,
    instrument::Instrument,
    order::OrderState,
    request::Request,
    setup_error::SetupError,
};

macro_rules! client_side {
    ($engine:ty) => {
        impl $engine {
            /// Sends a request at client time `now_ns`; returns its time of arrival at the exchange. Both in
            /// Unix nanoseconds.
            pub fn submit(&mut self, now_ns: i64, request: Request) -> i64 {
                self.simulator.submit(now_ns, request)
            }

            /// Does everything due up to `to_ns`, in order of time, and pushes what is delivered up to
            /// `to_ns` to `out`, in order of delivery. `out` is not cleared.
            pub fn advance(&mut self, to_ns: i64, out: &mut Vec<ExchangeEvent>) {
                self.simulator.advance(to_ns, out);
            }

            /// When [`advance`](Self::advance) has something to do next, Unix nanoseconds; `None`: not before
            /// a request.
            #[must_use]
            pub fn next_due_ns(&self) -> Option<i64> {
                self.simulator.next_due_ns()
            }

            /// Exchange time, Unix nanoseconds.
            #[must_use]
            pub fn now_ns(&self) -> i64 {
                self.simulator.manager.now_ns
            }

            /// The instruments, by index.
            #[must_use]
            pub fn instruments(&self) -> &[Instrument] {
                &self.simulator.manager.specs
            }

            /// The index of a symbol; `None` when it does not exist.
            #[must_use]
            pub fn symbol(&self, name: &str) -> Option<u32> {
                let index = self
                    .simulator
                    .manager
                    .specs
                    .iter()
                    .position(|spec| spec.symbol() == name);
                index.map(|index| index as u32)
            }

            /// The open orders of an account as the exchange sees them now, by client id.
            pub fn open_orders(&self, account: u64) -> impl Iterator<Item = &OrderState> {
                self.simulator
                    .manager
                    .orders
                    .of(account)
                    .map(|(_, order)| order)
            }

            /// An open order; `None` when it is over or never was.
            #[must_use]
            pub fn open_order(&self, account: u64, client_id: u64) -> Option<&OrderState> {
                let orders = &self.simulator.manager.orders;
                orders.find(account, client_id).map(|slot| orders.get(slot))
            }

            /// The position of an account as the exchange sees it now; flat when there is none.
            #[must_use]
            pub fn position(&self, account: u64, symbol: u32) -> Position {
                let spec = self.simulator.manager.specs.get(symbol as usize);
                let account = self.simulator.manager.accounts.get(account);
                match (spec, account) {
                    (Some(spec), Some(account)) => account.ledger(symbol).position(spec),
                    _ => Position::default(),
                }
            }

            /// The money of an account as the exchange sees it now.
            #[must_use]
            pub fn balance(&self, account: u64) -> AccountBalance {
                self.simulator
                    .manager
                    .accounts
                    .balance(account, &self.simulator.manager.specs)
            }

            /// Equity that the positions and open orders of an account need now, in quote currency; 0
            /// without a limit of the leverage.
            #[must_use]
            pub fn initial_margin(&self, account: u64) -> f64 {
                self.simulator.initial_margin(account)
            }

            /// Sets the initial balance of an account, in quote currency, in place of the configured one.
            ///
            /// # Errors
            /// When it is not finite.
            pub fn set_initial_balance(
                &mut self,
                account: u64,
                initial: f64,
            ) -> Result<(), SetupError> {
                let initial = SetupError::check(true, "initial", initial, "a finite number")?;
                self.simulator
                    .manager
                    .accounts
                    .entry(account)
                    .set_initial(initial);
                Ok(())
            }
        }
    };
}

client_side!(Exchange);
client_side!(FillSimulator);
