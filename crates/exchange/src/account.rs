//! Positions and cash, exact: all amounts are sums of ticks × lots and become money only when they
//! are read.

use std::collections::BTreeMap;

use crate::{instrument::Instrument, order::Side};

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Position {
    /// Position in lots, negative is short.
    pub qty_lots: i64,
    /// Average entry price in price units; 0 when flat.
    pub entry_px: f64,
    /// Realised profit before fees, in quote currency.
    pub realized_pnl: f64,
    /// Fees paid in quote currency, negative is a rebate.
    pub fees: f64,
    /// Lots bought and sold, added.
    pub volume_lots: i64,
}

/// The money of an account, in quote currency.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AccountBalance {
    /// What the account began with.
    pub initial: f64,
    /// initial − Σ price × quantity × direction − fees.
    pub cash: f64,
    /// initial + realised profit − fees.
    pub wallet: f64,
    /// Fees paid, negative is a rebate.
    pub fees: f64,
}

/// What an account has done in one instrument.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) qty_lots: i64,
    volume_lots: i64,
    /// Σ −direction × ticks × lots.
    cash_tick_lots: i128,
    maker_tick_lots: i128,
    taker_tick_lots: i128,
    /// Average entry price in ticks.
    entry_tick: f64,
    /// Open buy and sell orders, in lots.
    pub(crate) open_lots: [i64; 2],
    /// The same in ticks × lots, at the orders' limit prices.
    open_tick_lots: [i128; 2],
    pub(crate) open_orders: u32,
}

impl Ledger {
    pub(crate) fn fill(&mut self, side: Side, px_tick: i64, lots: i64, maker: bool) {
        let value = i128::from(px_tick) * i128::from(lots);
        self.cash_tick_lots -= i128::from(side.sign()) * value;
        *(if maker {
            &mut self.maker_tick_lots
        } else {
            &mut self.taker_tick_lots
        }) += value;
        self.volume_lots += lots;
        let before = self.qty_lots;
        self.qty_lots += side.sign() * lots;
        if self.qty_lots == 0 {
            self.entry_tick = 0.0;
        } else if before.signum() != self.qty_lots.signum() {
            self.entry_tick = px_tick as f64;
        } else if self.qty_lots.abs() > before.abs() {
            let (old, new) = (before.abs() as f64, lots as f64);
            self.entry_tick = (self.entry_tick * old + px_tick as f64 * new) / (old + new);
        }
    }

    /// Adds to the open quantity; negative lots reduce it.
    pub(crate) fn open(&mut self, side: Side, px_tick: i64, lots: i64) {
        self.open_lots[side.index()] += lots;
        self.open_tick_lots[side.index()] += i128::from(px_tick) * i128::from(lots);
    }

    /// The largest value that the position can come to when the open orders of one side are filled,
    /// with `more` ticks × lots on `side` on top; in quote currency. The position counts at `mark_px`.
    pub(crate) fn exposure(
        &self,
        spec: &Instrument,
        mark_px: Option<f64>,
        (side, more): (Side, i128),
    ) -> f64 {
        let mut open = self.open_tick_lots;
        open[side.index()] += more;
        let held = mark_px.unwrap_or(self.entry_px(spec)) * spec.qty(self.qty_lots);
        let [buys, sells] = open.map(|tick_lots| spec.value(tick_lots));
        (held + buys).max(sells - held).max(0.0)
    }

    pub(crate) fn fees(&self, spec: &Instrument) -> f64 {
        spec.value(self.maker_tick_lots) * spec.maker_fee_rate()
            + spec.value(self.taker_tick_lots) * spec.taker_fee_rate()
    }

    fn cash(&self, spec: &Instrument) -> f64 {
        spec.value(self.cash_tick_lots)
    }

    fn entry_px(&self, spec: &Instrument) -> f64 {
        self.entry_tick * spec.tick_size()
    }

    fn realized(&self, spec: &Instrument) -> f64 {
        self.cash(spec) + self.entry_px(spec) * self.qty_lots as f64 * spec.lot_size()
    }

    pub(crate) fn position(&self, spec: &Instrument) -> Position {
        Position {
            qty_lots: self.qty_lots,
            entry_px: self.entry_px(spec),
            realized_pnl: self.realized(spec),
            fees: self.fees(spec),
            volume_lots: self.volume_lots,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Account {
    initial: f64,
    ledgers: Vec<Ledger>,
    /// Arrival of the latest request.
    pub(crate) arrival_ns: i64,
    /// Exchange time of the latest order event.
    pub(crate) order_ts_ns: i64,
    /// Delivery of the latest response.
    pub(crate) deliver_ts_ns: i64,
}

impl Account {
    fn new(initial: f64) -> Self {
        Self {
            initial,
            ledgers: Vec::new(),
            arrival_ns: i64::MIN,
            order_ts_ns: i64::MIN,
            deliver_ts_ns: i64::MIN,
        }
    }

    pub(crate) fn ledger(&self, symbol: u32) -> Ledger {
        self.ledgers
            .get(symbol as usize)
            .copied()
            .unwrap_or_default()
    }

    pub(crate) fn ledger_mut(&mut self, symbol: u32) -> &mut Ledger {
        let index = symbol as usize;
        if self.ledgers.len() <= index {
            self.ledgers.resize(index + 1, Ledger::default());
        }
        &mut self.ledgers[index]
    }

    pub(crate) fn balance(&self, specs: &[Instrument]) -> AccountBalance {
        let mut balance = AccountBalance {
            initial: self.initial,
            cash: self.initial,
            wallet: self.initial,
            fees: 0.0,
        };
        for (ledger, spec) in self.ledgers.iter().zip(specs) {
            let fees = ledger.fees(spec);
            balance.cash += ledger.cash(spec) - fees;
            balance.wallet += ledger.realized(spec) - fees;
            balance.fees += fees;
        }
        balance
    }

    pub(crate) fn ledgers(&self) -> impl Iterator<Item = (u32, &Ledger)> {
        self.ledgers
            .iter()
            .enumerate()
            .map(|(symbol, ledger)| (symbol as u32, ledger))
    }

    pub(crate) fn set_initial(&mut self, initial: f64) {
        self.initial = initial;
    }
}

#[derive(Debug)]
pub(crate) struct Accounts {
    initial: f64,
    by_id: BTreeMap<u64, Account>,
}

impl Accounts {
    pub(crate) fn new(initial: f64) -> Self {
        Self {
            initial,
            by_id: BTreeMap::new(),
        }
    }

    pub(crate) fn get(&self, id: u64) -> Option<&Account> {
        self.by_id.get(&id)
    }

    /// The account; an unknown one is opened with the initial balance.
    pub(crate) fn entry(&mut self, id: u64) -> &mut Account {
        let initial = self.initial;
        self.by_id
            .entry(id)
            .or_insert_with(|| Account::new(initial))
    }

    pub(crate) fn balance(&self, id: u64, specs: &[Instrument]) -> AccountBalance {
        match self.by_id.get(&id) {
            Some(account) => account.balance(specs),
            None => Account::new(self.initial).balance(specs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> Instrument {
        Instrument::new("X", 0.5, 0.1)
            .and_then(|s| s.with_fees(-0.001, 0.002))
            .expect("valid")
    }

    #[test]
    fn profit_is_realised_against_the_average_entry_price() {
        let spec = spec();
        let mut ledger = Ledger::default();
        ledger.fill(Side::Buy, 200, 10, true); // 1 at 100
        ledger.fill(Side::Buy, 220, 10, true); // 1 at 110
        assert_eq!(ledger.position(&spec).entry_px, 105.0);
        ledger.fill(Side::Sell, 230, 10, false); // 1 at 115
        let position = ledger.position(&spec);
        assert_eq!((position.qty_lots, position.entry_px), (10, 105.0));
        assert!((position.realized_pnl - 10.0).abs() < 1e-9);
        assert!((position.fees - (210.0 * -0.001 + 115.0 * 0.002)).abs() < 1e-12);
        ledger.fill(Side::Sell, 200, 30, false); // flips: 1 closed at 100, 2 opened
        let position = ledger.position(&spec);
        assert_eq!((position.qty_lots, position.entry_px), (-20, 100.0));
        assert!((position.realized_pnl - 5.0).abs() < 1e-9);
    }

    #[test]
    fn a_flat_account_holds_initial_plus_profit_minus_fees() {
        let spec = spec();
        let mut accounts = Accounts::new(1000.0);
        let account = accounts.entry(3);
        account.ledger_mut(0).fill(Side::Sell, 210, 10, true);
        account.ledger_mut(0).fill(Side::Buy, 200, 10, true);
        let balance = accounts.balance(3, &[spec]);
        assert!((balance.cash - (1000.0 + 5.0 + 0.205)).abs() < 1e-9);
        assert!((balance.wallet - balance.cash).abs() < 1e-9);
        assert!((balance.fees + 0.205).abs() < 1e-12);
    }
}
