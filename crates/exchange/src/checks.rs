//! Checks of new and amended orders: grid, limits, number of orders, margin.

use crate::{
    BACKGROUND_ACCOUNT,
    engine::Engine,
    order::{OrderState, OrderType, Side, TimeInForce},
    reject::Reject,
    request::NewOrder,
    simulator::Simulator,
};

/// Sums of floats that are equal in decimals may differ by this share.
const REL_EPS: f64 = 1e-12;

impl<E: Engine> Simulator<E> {
    pub(crate) fn check_new(&mut self, request: &NewOrder) -> Result<OrderState, Reject> {
        self.check_account(request.account)?;
        let spec = self
            .manager
            .specs
            .get(request.symbol as usize)
            .ok_or(Reject::UnknownSymbol)?;
        if self.engine.is_halted(request.symbol) {
            return Err(Reject::Halted);
        }
        let qty_lots = spec.qty_lots(request.qty)?;
        let px_tick = match request.order_type {
            OrderType::Market if request.tif == TimeInForce::Gtx => {
                return Err(Reject::InvalidTimeInForce);
            }
            OrderType::Market => 0,
            OrderType::Limit => spec.px_tick(request.px)?,
        };
        if self
            .manager
            .orders
            .find(request.account, request.client_id)
            .is_some()
        {
            return Err(Reject::DuplicateId);
        }
        let order = request.state(px_tick, qty_lots);
        self.check_terms(&order)?;
        self.check_exposure(&order, None)?;
        self.check_count(&order)?;
        Ok(order)
    }

    pub(crate) fn check_account(&mut self, account: u64) -> Result<(), Reject> {
        if account == BACKGROUND_ACCOUNT {
            return Err(Reject::ReservedAccount);
        }
        if self.manager.draw_rejection() {
            Err(Reject::SystemBusy)
        } else {
            Ok(())
        }
    }

    /// Whether quantity, price and value are within the instrument's limits.
    pub(crate) fn check_terms(&self, order: &OrderState) -> Result<(), Reject> {
        let spec = &self.manager.specs[order.symbol as usize];
        let limits = spec.limits();
        let qty = spec.qty(order.qty_lots);
        let is_market = order.order_type == OrderType::Market;
        let max_qty = if is_market {
            limits.max_market_qty
        } else {
            limits.max_qty
        };
        if above(qty, max_qty) {
            return Err(Reject::QtyTooLarge);
        }
        if above(limits.min_qty, qty) {
            return Err(Reject::QtyTooSmall);
        }
        let mark_px = self.mark_px(order.symbol);
        if !is_market {
            let px = spec.px(order.px_tick);
            let mark = mark_px.unwrap_or(px);
            let (highest, lowest) = match order.side {
                Side::Buy => (
                    limits.max_px.min(mark * (1.0 + limits.band_up)),
                    limits.min_px,
                ),
                Side::Sell => (
                    limits.max_px,
                    limits.min_px.max(mark * (1.0 - limits.band_down)),
                ),
            };
            if above(px, highest) {
                return Err(Reject::PriceTooHigh);
            }
            if above(lowest, px) {
                return Err(Reject::PriceTooLow);
            }
        }
        let value = self.counted_px(order, mark_px) * qty;
        if value > 0.0 && above(limits.min_notional, value) {
            return Err(Reject::NotionalTooSmall);
        }
        if above(value, limits.max_notional) {
            return Err(Reject::NotionalTooLarge);
        }
        Ok(())
    }

    fn check_count(&self, order: &OrderState) -> Result<(), Reject> {
        let max = self.manager.specs[order.symbol as usize]
            .limits()
            .max_orders;
        let account = self.manager.accounts.get(order.account);
        match account.map_or(0, |account| account.ledger(order.symbol).open_orders) {
            open if open >= max => Err(Reject::TooManyOrders),
            _ => Ok(()),
        }
    }

    /// Whether the account's equity carries `order` in place of the rest of `instead`. Orders that lower
    /// the exposure always pass.
    pub(crate) fn check_exposure(
        &self,
        order: &OrderState,
        instead: Option<&OrderState>,
    ) -> Result<(), Reject> {
        let spec = &self.manager.specs[order.symbol as usize];
        let ledger = self
            .manager
            .accounts
            .get(order.account)
            .map(|account| account.ledger(order.symbol))
            .unwrap_or_default();
        let side = order.side;
        if spec.limits().is_spot && side == Side::Sell {
            let others = ledger.open_lots[side.index()] - instead.map_or(0, |o| o.leaves_lots);
            if ledger.qty_lots - others < order.leaves_lots {
                return Err(Reject::InsufficientBalance);
            }
        }
        let Some(leverage) = self.leverage(order.symbol) else {
            return Ok(());
        };
        let mark_px = self.mark_px(order.symbol);
        let px = self.counted_px(order, mark_px);
        let px_tick = spec.nearest_tick(px);
        let tick_lots = |px_tick: i64, lots: i64| i128::from(px_tick) * i128::from(lots);
        let replaced = instead.map_or(0, |o| tick_lots(o.px_tick, o.leaves_lots));
        let more = tick_lots(px_tick, order.leaves_lots) - replaced;
        let before = ledger.exposure(spec, mark_px, (side, 0));
        let after = ledger.exposure(spec, mark_px, (side, more));
        if !above(after, before) {
            return Ok(());
        }
        let fee = px * spec.qty(order.leaves_lots) * spec.taker_fee_rate().max(0.0);
        let used = self.initial_margin(order.account);
        if above(
            used + (after - before) / leverage + fee,
            self.equity(order.account),
        ) {
            return Err(Reject::InsufficientBalance);
        }
        Ok(())
    }

    /// Equity that the positions and open orders of an account need, in quote currency.
    pub(crate) fn initial_margin(&self, account: u64) -> f64 {
        let Some(account) = self.manager.accounts.get(account) else {
            return 0.0;
        };
        let margins = account.ledgers().filter_map(|(symbol, ledger)| {
            let spec = &self.manager.specs[symbol as usize];
            let exposure = ledger.exposure(spec, self.mark_px(symbol), (Side::Buy, 0));
            Some(exposure / self.leverage(symbol)?)
        });
        margins.sum()
    }

    /// The account's money with its positions at the middle of their books.
    fn equity(&self, account: u64) -> f64 {
        let specs = &self.manager.specs;
        let mut equity = self.manager.accounts.balance(account, specs).cash;
        if let Some(account) = self.manager.accounts.get(account) {
            for (symbol, held) in account.ledgers() {
                let spec = &specs[symbol as usize];
                let mark = self.mark_px(symbol).unwrap_or(held.position(spec).entry_px);
                equity += mark * spec.qty(held.qty_lots);
            }
        }
        equity
    }

    /// The leverage that holds for an instrument; `None`: no limit.
    fn leverage(&self, symbol: u32) -> Option<f64> {
        let limits = self.manager.specs[symbol as usize].limits();
        let of_spot = if limits.is_spot { 1.0 } else { f64::INFINITY };
        let of_account = self.manager.config.leverage.unwrap_or(f64::INFINITY);
        let leverage = of_account.min(limits.max_leverage).min(of_spot);
        leverage.is_finite().then_some(leverage)
    }

    /// The price at which an order counts: its limit, for a sell below the market the market's; 0
    /// for a market order without a book.
    fn counted_px(&self, order: &OrderState, mark_px: Option<f64>) -> f64 {
        let mark_px = mark_px.unwrap_or(0.0);
        let spec = &self.manager.specs[order.symbol as usize];
        match (order.order_type, order.side) {
            (OrderType::Market, _) => mark_px,
            (OrderType::Limit, Side::Buy) => spec.px(order.px_tick),
            (OrderType::Limit, Side::Sell) => spec.px(order.px_tick).max(mark_px),
        }
    }

    /// The middle of the book, else the side there is.
    fn mark_px(&self, symbol: u32) -> Option<f64> {
        let spec = &self.manager.specs[symbol as usize];
        match (
            self.engine.best(symbol, Side::Buy),
            self.engine.best(symbol, Side::Sell),
        ) {
            (Some(bid), Some(ask)) => Some((spec.px(bid) + spec.px(ask)) / 2.0),
            (one, other) => one.or(other).map(|tick| spec.px(tick)),
        }
    }
}

/// Whether `value` is above `limit` by more than the noise of floats.
fn above(value: f64, limit: f64) -> bool {
    value > limit + limit.abs() * REL_EPS
}
