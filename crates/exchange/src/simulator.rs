//! Requests and time of an exchange, over one of its engines.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::{
    config::ExchangeConfig,
    engine::{Engine, Taken},
    event::{ExchangeEvent, OrderStatus, RequestOp},
    instrument::Instrument,
    latency::Path,
    limits::Limits,
    order::{OrderState, OrderType, Slot, TimeInForce},
    order_manager::OrderManager,
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

/// An engine behind an order manager.
#[derive(Debug)]
pub(crate) struct Simulator<E> {
    pub(crate) manager: OrderManager,
    pub(crate) engine: E,
    entry: Path,
    pending: BinaryHeap<Reverse<Pending>>,
    submitted: u64,
}

impl<E: Engine> Simulator<E> {
    pub(crate) fn new(config: ExchangeConfig, engine: E, now_ns: i64) -> Result<Self, SetupError> {
        config.validate()?;
        let latency = config.latency;
        let stream = rng::stream(config.seed, rng::ENTRY);
        Ok(Self {
            manager: OrderManager::new(config, now_ns),
            engine,
            entry: Path::new(latency.entry_ns, latency.entry_jitter_ns, stream),
            pending: BinaryHeap::new(),
            submitted: 0,
        })
    }

    /// Adds an instrument and returns its index.
    pub(crate) fn add_instrument(&mut self, spec: Instrument) -> Result<u32, SetupError> {
        if self
            .manager
            .specs
            .iter()
            .any(|s| s.symbol() == spec.symbol())
        {
            return Err(SetupError::DuplicateSymbol(spec.symbol().to_owned()));
        }
        self.manager.specs.push(spec);
        Ok((self.manager.specs.len() - 1) as u32)
    }

    /// Changes the limits of an instrument for what arrives from now on.
    pub(crate) fn set_limits(&mut self, symbol: u32, limits: Limits) -> Result<(), SetupError> {
        let spec = self.manager.specs.get_mut(symbol as usize);
        let spec = spec.ok_or(SetupError::UnknownSymbol(symbol))?;
        *spec = spec.clone().with_limits(limits)?;
        Ok(())
    }

    /// Sends a request; returns when it arrives.
    pub(crate) fn submit(&mut self, now_ns: i64, request: Request) -> i64 {
        let drawn_ns = now_ns.max(self.manager.now_ns) + self.entry.draw_ns();
        let account = self.manager.accounts.entry(request.account());
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
            self.manager.deliveries.next_due_ns(),
        ];
        due.into_iter().flatten().min()
    }

    pub(crate) fn advance(&mut self, to_ns: i64, out: &mut Vec<ExchangeEvent>) {
        self.run(to_ns);
        self.manager.deliveries.drain(to_ns, out);
    }

    /// Does everything due at the exchange up to `to_ns`; at equal times, requests go before the engine.
    pub(crate) fn run(&mut self, to_ns: i64) {
        loop {
            let engine_ns = self.engine.next_due_ns().unwrap_or(i64::MAX);
            let request_ns = self.pending.peek().map_or(i64::MAX, |Reverse(p)| p.due_ns);
            let due_ns = engine_ns.min(request_ns);
            if due_ns > to_ns || due_ns == i64::MAX {
                break;
            }
            self.manager.now_ns = self.manager.now_ns.max(due_ns);
            if request_ns <= engine_ns {
                if let Some(Reverse(pending)) = self.pending.pop() {
                    self.handle(pending.request);
                    self.engine.settle(&mut self.manager);
                }
            } else {
                self.engine.step(&mut self.manager);
            }
        }
        self.manager.now_ns = self.manager.now_ns.max(to_ns);
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
                self.manager
                    .report(&order, OrderStatus::Rejected, Some(reason), None);
                return;
            }
        };
        order.order_id = self.manager.next_order_id();
        let ends = match order.tif {
            TimeInForce::Gtx if self.engine.crosses(order.symbol, order.side, order.px_tick) => {
                Some(Reject::PostOnlyWouldCross)
            }
            TimeInForce::Fok if !self.engine.fillable(&self.manager, &order) => {
                Some(Reject::FokUnfilled)
            }
            _ => None,
        };
        if ends.is_some() {
            order.leaves_lots = 0;
            self.manager
                .report(&order, OrderStatus::Expired, ends, None);
            return;
        }
        let slot = self.manager.open(order);
        self.manager.report_state(slot, OrderStatus::New);
        self.enter(slot);
    }

    /// Lets an open order take, then rest or expire.
    fn enter(&mut self, slot: Slot) {
        let reason = match self.engine.take(&mut self.manager, slot) {
            Taken::All => return,
            Taken::SelfTrade => Reject::SelfTrade,
            Taken::Exhausted if self.manager.orders.get(slot).rests() => {
                self.engine.rest(&mut self.manager, slot);
                return;
            }
            Taken::Exhausted => Reject::NoLiquidity,
        };
        self.manager.close(slot, OrderStatus::Expired, Some(reason));
    }

    /// The state that reports a rejected order; fields that are invalid in the request are 0.
    fn refused(&self, request: &NewOrder) -> OrderState {
        let spec = self.manager.specs.get(request.symbol as usize);
        let limit = request.order_type == OrderType::Limit;
        let px_tick = spec
            .filter(|_| limit)
            .and_then(|s| s.px_tick(request.px).ok())
            .unwrap_or(0);
        let qty_lots = spec.and_then(|s| s.qty_lots(request.qty).ok()).unwrap_or(0);
        OrderState {
            leaves_lots: 0,
            ..request.state(px_tick, qty_lots)
        }
    }

    fn find(&mut self, account: u64, symbol: u32, client_id: u64) -> Result<Slot, Reject> {
        self.check_account(account)?;
        if symbol as usize >= self.manager.specs.len() {
            return Err(Reject::UnknownSymbol);
        }
        self.manager
            .orders
            .find(account, client_id)
            .filter(|&slot| self.manager.orders.get(slot).symbol == symbol)
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
                self.manager
                    .refuse((account, symbol, client_id), RequestOp::Cancel, reason);
            }
        }
    }

    fn cancel(&mut self, slot: Slot, reason: Option<Reject>) {
        self.engine.withdraw(&mut self.manager, slot);
        self.manager.close(slot, OrderStatus::Canceled, reason);
    }

    fn handle_cancel_all(&mut self, request: CancelAll) {
        let slots: Vec<Slot> = self
            .manager
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
            self.manager.refuse(id, RequestOp::Amend, reason);
        }
    }

    fn amend(&mut self, request: &AmendOrder) -> Result<(), Reject> {
        let slot = self.find(request.account, request.symbol, request.client_id)?;
        let order = *self.manager.orders.get(slot);
        if self.engine.is_halted(order.symbol) {
            return Err(Reject::Halted);
        }
        let spec = &self.manager.specs[order.symbol as usize];
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
                .shrink(&mut self.manager, slot, order.qty_lots - qty_lots);
            self.manager.replace(slot, px_tick, qty_lots);
            return Ok(());
        }
        let amended = OrderState {
            px_tick,
            qty_lots,
            leaves_lots: qty_lots - order.cum_lots,
            ..order
        };
        self.check_terms(&amended)?;
        self.check_exposure(&amended, Some(&order))?;
        self.engine.withdraw(&mut self.manager, slot);
        if order.tif == TimeInForce::Gtx && self.engine.crosses(order.symbol, order.side, px_tick) {
            self.manager
                .close(slot, OrderStatus::Expired, Some(Reject::PostOnlyWouldCross));
            return Ok(());
        }
        self.manager.replace(slot, px_tick, qty_lots);
        self.enter(slot);
        Ok(())
    }
}
