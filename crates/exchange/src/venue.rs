//! The part of an exchange that both engines share: requests arrive, orders live and end.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{
    BACKGROUND_ACCOUNT,
    config::ExchangeConfig,
    desk::Desk,
    engine::{Engine, Taken},
    event::{ExchangeEvent, OrderStatus, RequestOp},
    instrument::Instrument,
    latency::Path,
    order::{OrderState, OrderType, Slot, TimeInForce},
    reject::Reject,
    request::{AmendOrder, CancelAll, CancelOrder, NewOrder, Request},
    rng,
    setup_error::SetupError,
};

/// A request on its way; ordered by arrival, then by submission.
#[derive(Debug)]
struct Pending {
    due_ns: i64,
    number: u64,
    request: Request,
}

impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        (self.due_ns, self.number) == (other.due_ns, other.number)
    }
}
impl Eq for Pending {}
impl PartialOrd for Pending {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Pending {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due_ns, self.number).cmp(&(other.due_ns, other.number))
    }
}

/// An engine with a desk in front of it.
#[derive(Debug)]
pub(crate) struct Venue<E> {
    pub(crate) desk: Desk,
    pub(crate) engine: E,
    entry: Path,
    pending: BinaryHeap<Reverse<Pending>>,
    submitted: u64,
}

impl<E: Engine> Venue<E> {
    pub(crate) fn new(config: ExchangeConfig, engine: E, now_ns: i64) -> Result<Self, SetupError> {
        config.validate()?;
        let latency = config.latency;
        let stream = rng::stream(config.seed, rng::ENTRY);
        Ok(Self {
            desk: Desk::new(config, now_ns),
            engine,
            entry: Path::new(latency.entry_ns, latency.entry_jitter_ns, stream),
            pending: BinaryHeap::new(),
            submitted: 0,
        })
    }

    /// Adds an instrument and returns its index.
    pub(crate) fn add_instrument(&mut self, spec: Instrument) -> Result<u32, SetupError> {
        if self.desk.specs.iter().any(|s| s.symbol() == spec.symbol()) {
            return Err(SetupError::DuplicateSymbol(spec.symbol().to_owned()));
        }
        self.desk.specs.push(spec);
        Ok((self.desk.specs.len() - 1) as u32)
    }

    /// Sends a request; returns when it arrives.
    pub(crate) fn submit(&mut self, now_ns: i64, request: Request) -> i64 {
        let drawn_ns = now_ns.max(self.desk.now_ns) + self.entry.draw_ns();
        let account = self.desk.accounts.entry(request.account());
        let due_ns = drawn_ns.max(account.arrival_ns);
        account.arrival_ns = due_ns;
        self.submitted += 1;
        self.pending.push(Reverse(Pending {
            due_ns,
            number: self.submitted,
            request,
        }));
        due_ns
    }

    pub(crate) fn next_due_ns(&self) -> Option<i64> {
        let request = self.pending.peek().map(|Reverse(p)| p.due_ns);
        let due = [
            request,
            self.engine.next_due_ns(),
            self.desk.outbox.next_due_ns(),
        ];
        due.into_iter().flatten().min()
    }

    pub(crate) fn advance(&mut self, to_ns: i64, out: &mut Vec<ExchangeEvent>) {
        self.run(to_ns);
        self.desk.outbox.drain(to_ns, out);
    }

    /// Does everything due at the exchange up to `to_ns`; requests before the engine's own doings.
    pub(crate) fn run(&mut self, to_ns: i64) {
        loop {
            let engine_ns = self.engine.next_due_ns().unwrap_or(i64::MAX);
            let request_ns = self.pending.peek().map_or(i64::MAX, |Reverse(p)| p.due_ns);
            let due_ns = engine_ns.min(request_ns);
            if due_ns > to_ns || due_ns == i64::MAX {
                break;
            }
            self.desk.now_ns = self.desk.now_ns.max(due_ns);
            if request_ns <= engine_ns {
                if let Some(Reverse(pending)) = self.pending.pop() {
                    self.handle(pending.request);
                    self.engine.settle(&mut self.desk);
                }
            } else {
                self.engine.step(&mut self.desk);
            }
        }
        self.desk.now_ns = self.desk.now_ns.max(to_ns);
    }

    fn handle(&mut self, request: Request) {
        match request {
            Request::New(request) => self.handle_new(&request),
            Request::Cancel(request) => self.handle_cancel(request),
            Request::Amend(request) => self.handle_amend(&request),
            Request::CancelAll(request) => self.handle_cancel_all(request),
        }
    }

    fn handle_new(&mut self, request: &NewOrder) {
        let mut order = match self.check_new(request) {
            Ok(order) => order,
            Err(reason) => {
                let order = self.refused(request);
                self.desk
                    .report(&order, OrderStatus::Rejected, Some(reason), None);
                return;
            }
        };
        order.order_id = self.desk.next_order_id();
        let ends = match order.tif {
            TimeInForce::Gtx if self.engine.crosses(order.symbol, order.side, order.px_tick) => {
                Some(Reject::PostOnlyWouldCross)
            }
            TimeInForce::Fok if !self.engine.fillable(&self.desk, &order) => {
                Some(Reject::FokUnfilled)
            }
            _ => None,
        };
        if ends.is_some() {
            order.leaves_lots = 0;
            self.desk.report(&order, OrderStatus::Expired, ends, None);
            return;
        }
        let slot = self.desk.open(order);
        self.desk.report_state(slot, OrderStatus::New);
        self.enter(slot);
    }

    /// Lets an open order take, then rest or expire.
    fn enter(&mut self, slot: Slot) {
        let reason = match self.engine.take(&mut self.desk, slot) {
            Taken::All => return,
            Taken::SelfTrade => Reject::SelfTrade,
            Taken::Exhausted if self.desk.orders.get(slot).rests() => {
                self.engine.rest(&mut self.desk, slot);
                return;
            }
            Taken::Exhausted => Reject::NoLiquidity,
        };
        self.desk.close(slot, OrderStatus::Expired, Some(reason));
    }

    fn check_new(&mut self, request: &NewOrder) -> Result<OrderState, Reject> {
        self.check_account(request.account)?;
        let spec = self
            .desk
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
            .desk
            .orders
            .find(request.account, request.client_id)
            .is_some()
        {
            return Err(Reject::DuplicateId);
        }
        let order = OrderState {
            account: request.account,
            client_id: request.client_id,
            order_id: 0,
            symbol: request.symbol,
            side: request.side,
            order_type: request.order_type,
            tif: request.tif,
            px_tick,
            qty_lots,
            leaves_lots: qty_lots,
            cum_lots: 0,
        };
        self.check_exposure(&order, qty_lots)?;
        Ok(order)
    }

    fn check_account(&mut self, account: u64) -> Result<(), Reject> {
        if account == BACKGROUND_ACCOUNT {
            return Err(Reject::ReservedAccount);
        }
        if self.desk.draw_rejection() {
            Err(Reject::SystemBusy)
        } else {
            Ok(())
        }
    }

    /// Whether equity times leverage carries `more_lots` more of `order`.
    fn check_exposure(&self, order: &OrderState, more_lots: i64) -> Result<(), Reject> {
        let Some(leverage) = self.desk.config.leverage else {
            return Ok(());
        };
        let Some(account) = self.desk.accounts.get(order.account) else {
            return Ok(());
        };
        let ledger = account.ledger(order.symbol);
        let side = order.side.sign();
        let after =
            (side * ledger.qty_lots + ledger.open_lots[order.side.index()] + more_lots).abs();
        if after <= ledger.qty_lots.abs() {
            return Ok(());
        }
        let mut exposure = 0.0;
        let mut equity = account.balance(&self.desk.specs).cash;
        for (symbol, held) in account.ledgers() {
            let spec = &self.desk.specs[symbol as usize];
            let mark = self.mark_px(symbol).unwrap_or(held.position(spec).entry_px);
            equity += mark * spec.qty(held.qty_lots);
            exposure += mark * spec.qty(held.qty_lots.abs());
        }
        let spec = &self.desk.specs[order.symbol as usize];
        let limit_px = (order.px_tick > 0).then(|| spec.px(order.px_tick));
        let px = limit_px
            .or_else(|| self.mark_px(order.symbol))
            .unwrap_or(0.0);
        exposure += px * spec.qty(after - ledger.qty_lots.abs());
        if exposure <= equity * leverage {
            Ok(())
        } else {
            Err(Reject::InsufficientBalance)
        }
    }

    /// The middle of the book, else the side there is.
    fn mark_px(&self, symbol: u32) -> Option<f64> {
        use crate::order::Side::{Buy, Sell};
        let spec = &self.desk.specs[symbol as usize];
        match (
            self.engine.best(symbol, Buy),
            self.engine.best(symbol, Sell),
        ) {
            (Some(bid), Some(ask)) => Some((spec.px(bid) + spec.px(ask)) / 2.0),
            (one, other) => one.or(other).map(|tick| spec.px(tick)),
        }
    }

    /// What a rejected order looks like, as far as it can be understood.
    fn refused(&self, request: &NewOrder) -> OrderState {
        let spec = self.desk.specs.get(request.symbol as usize);
        let limit = request.order_type == OrderType::Limit;
        OrderState {
            account: request.account,
            client_id: request.client_id,
            order_id: 0,
            symbol: request.symbol,
            side: request.side,
            order_type: request.order_type,
            tif: request.tif,
            px_tick: spec
                .filter(|_| limit)
                .and_then(|s| s.px_tick(request.px).ok())
                .unwrap_or(0),
            qty_lots: spec.and_then(|s| s.qty_lots(request.qty).ok()).unwrap_or(0),
            leaves_lots: 0,
            cum_lots: 0,
        }
    }

    fn find(&mut self, account: u64, symbol: u32, client_id: u64) -> Result<Slot, Reject> {
        self.check_account(account)?;
        if symbol as usize >= self.desk.specs.len() {
            return Err(Reject::UnknownSymbol);
        }
        self.desk
            .orders
            .find(account, client_id)
            .filter(|&slot| self.desk.orders.get(slot).symbol == symbol)
            .ok_or(Reject::UnknownOrder)
    }

    fn handle_cancel(&mut self, request: CancelOrder) {
        let CancelOrder {
            account,
            symbol,
            client_id,
        } = request;
        match self.find(account, symbol, client_id) {
            Ok(slot) => self.cancel(slot, None),
            Err(reason) => {
                self.desk
                    .refuse((account, symbol, client_id), RequestOp::Cancel, reason);
            }
        }
    }

    fn cancel(&mut self, slot: Slot, reason: Option<Reject>) {
        self.engine.withdraw(&mut self.desk, slot);
        self.desk.close(slot, OrderStatus::Canceled, reason);
    }

    fn handle_cancel_all(&mut self, request: CancelAll) {
        let slots: Vec<Slot> = self
            .desk
            .orders
            .of(request.account)
            .filter(|(_, order)| request.symbol.is_none_or(|symbol| symbol == order.symbol))
            .map(|(slot, _)| slot)
            .collect();
        for slot in slots {
            self.cancel(slot, None);
        }
    }

    fn handle_amend(&mut self, request: &AmendOrder) {
        if let Err(reason) = self.amend(request) {
            let id = (request.account, request.symbol, request.client_id);
            self.desk.refuse(id, RequestOp::Amend, reason);
        }
    }

    fn amend(&mut self, request: &AmendOrder) -> Result<(), Reject> {
        let slot = self.find(request.account, request.symbol, request.client_id)?;
        let order = *self.desk.orders.get(slot);
        if self.engine.is_halted(order.symbol) {
            return Err(Reject::Halted);
        }
        let spec = &self.desk.specs[order.symbol as usize];
        let px_tick = request
            .px
            .map_or(Ok(order.px_tick), |px| spec.px_tick(px))?;
        let qty_lots = request
            .qty
            .map_or(Ok(order.qty_lots), |qty| spec.qty_lots(qty))?;
        if (px_tick, qty_lots) == (order.px_tick, order.qty_lots) {
            return Err(Reject::NoChange);
        }
        if qty_lots <= order.cum_lots {
            self.cancel(slot, Some(Reject::QtyBelowFilled));
            return Ok(());
        }
        if px_tick == order.px_tick && qty_lots < order.qty_lots {
            self.engine
                .shrink(&mut self.desk, slot, order.qty_lots - qty_lots);
            self.desk.replace(slot, px_tick, qty_lots);
            return Ok(());
        }
        let amended = OrderState {
            px_tick,
            qty_lots,
            ..order
        };
        self.check_exposure(&amended, qty_lots - order.qty_lots)?;
        self.engine.withdraw(&mut self.desk, slot);
        if order.tif == TimeInForce::Gtx && self.engine.crosses(order.symbol, order.side, px_tick) {
            self.desk
                .close(slot, OrderStatus::Expired, Some(Reject::PostOnlyWouldCross));
            return Ok(());
        }
        self.desk.replace(slot, px_tick, qty_lots);
        self.enter(slot);
        Ok(())
    }
}
