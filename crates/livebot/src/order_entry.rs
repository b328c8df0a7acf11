//! Order entry: submit, modify, cancel, and questions about orders.

use hbl_wire::{Capabilities, ControlRequest};
use hftbacktest::{
    live::BotError,
    types::{
        Bot, ElapseResult, LiveRequest, OrdType, Order, OrderRequest, Side, Status, TimeInForce,
    },
};

use crate::{
    book::Book, error::CommandError, live_core::LiveCore, order_questions::NOT_SENT, orders,
    record::Record, shared::index,
};

impl<MD: Book> LiveCore<MD> {
    /// Submits an order. With `wait_ns` above 0 it waits that long for the first response.
    ///
    /// # Errors
    /// [`CommandError`]; nothing was sent unless it is [`CommandError::Timeout`].
    pub fn submit(
        &mut self,
        asset: usize,
        request: OrderRequest,
        wait_ns: u64,
    ) -> Result<(), CommandError> {
        let deadline_ns = self.shared.borrow().deadline_from_now();
        self.submit_by(asset, request, deadline_ns, wait_ns)
    }

    /// As [`submit`](Self::submit), for an order with a deadline of its own, monotonic nanoseconds.
    ///
    /// # Errors
    /// As [`submit`](Self::submit), and [`CommandError::TooLate`].
    pub fn submit_by(
        &mut self,
        asset: usize,
        request: OrderRequest,
        deadline_ns: u64,
        wait_ns: u64,
    ) -> Result<(), CommandError> {
        self.session_of(asset)?;
        self.may_trade(deadline_ns)?;
        self.tradable(asset)?;
        let good = |value: f64| value.is_finite() && value > 0.0;
        let priced = request.order_type == OrdType::Market || good(request.price);
        let known = matches!(request.side, Side::Buy | Side::Sell)
            && request.order_type != OrdType::Unsupported
            && request.time_in_force != TimeInForce::Unsupported;
        if !good(request.qty) || !priced || !known || request.order_id == 0 {
            return Err(CommandError::InvalidArgument);
        }
        let is_market = request.order_type == OrdType::Market;
        let limit = (!is_market).then_some(request.price);
        let (on_tick, qty) = self.on_grid(asset, limit, request.qty)?;
        let order_id = request.order_id;
        let price = match limit {
            Some(_) => on_tick,
            None if request.price.is_finite() => request.price,
            None => 0.0,
        };
        self.shared.borrow_mut().deadline_ns = deadline_ns;
        let request = OrderRequest {
            price,
            qty,
            ..request
        };
        let sent = match self.clock.as_virtual() {
            Some(_) => self.submit_stamped(asset, &request),
            // `LiveBot` has two methods of this name; the trait's takes the request.
            None => Bot::submit_order(&mut self.bot, asset, request, false).map(drop),
        };
        if let Err(error) = sent {
            if matches!(error, BotError::Custom(_)) {
                self.forget_unsent(asset, order_id);
                return Err(CommandError::SendFailed);
            }
            return Err(error.into());
        }
        self.await_response(asset, order_id, (Some(0), false), wait_ns)
    }

    /// `LiveBot` keeps an order whose request was not sent: it is ended here.
    pub(crate) fn forget_unsent(&mut self, asset: usize, order_id: u64) {
        if let Some(order) = self.bot.orders(asset).get(&order_id) {
            let order = orders::expired(order);
            self.shared.borrow_mut().inject_order(
                asset,
                order,
                NOT_SENT,
                "the request could not be sent",
            );
        }
    }

    /// Changes price and total quantity of an open order. With `wait_ns` above 0 it waits that long for
    /// the first response.
    ///
    /// # Errors
    /// [`CommandError::Unsupported`] when the connector lacks it, and the others.
    pub fn modify(
        &mut self,
        asset: usize,
        order_id: u64,
        price: f64,
        qty: f64,
        wait_ns: u64,
    ) -> Result<(), CommandError> {
        let deadline_ns = self.shared.borrow().deadline_from_now();
        self.modify_by(asset, order_id, (price, qty), deadline_ns, wait_ns)
    }

    /// As [`modify`](Self::modify), for a change with a deadline of its own, monotonic nanoseconds.
    ///
    /// # Errors
    /// As [`modify`](Self::modify), and [`CommandError::TooLate`].
    pub fn modify_by(
        &mut self,
        asset: usize,
        order_id: u64,
        (price, qty): (f64, f64),
        deadline_ns: u64,
        wait_ns: u64,
    ) -> Result<(), CommandError> {
        self.session_of(asset)?;
        self.may_trade(deadline_ns)?;
        let session = self.tradable(asset)?;
        if !(price.is_finite() && price > 0.0 && qty.is_finite() && qty > 0.0) {
            return Err(CommandError::InvalidArgument);
        }
        let order = self
            .bot
            .orders(asset)
            .get(&order_id)
            .ok_or(CommandError::OrderNotFound)?;
        if !order.cancellable() {
            return Err(CommandError::InvalidOrderStatus);
        }
        let before = Some(order.exch_timestamp);
        let (price, qty) = self.on_grid(asset, Some(price), qty)?;
        {
            let mut shared = self.shared.borrow_mut();
            let one = &shared.assets[asset];
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a whole number of ticks, checked above"
            )]
            let price_tick = (price / one.tick_size).round() as i64;
            let request = ControlRequest::Amend {
                symbol: one.symbol.clone(),
                order_id,
                price_tick,
                qty,
            };
            shared.sessions[session]
                .port
                .send_control_by(request, deadline_ns)
                .map_err(|error| CommandError::from(&error))?;
        }
        self.await_response(asset, order_id, (before, false), wait_ns)
    }

    /// Cancels an order.
    ///
    /// # Errors
    /// [`CommandError`]; nothing was sent unless it is [`CommandError::Timeout`].
    pub fn cancel(
        &mut self,
        asset: usize,
        order_id: u64,
        wait_ns: u64,
    ) -> Result<(), CommandError> {
        self.connected(asset)?;
        let before = self.last_update(asset, order_id);
        let sent = match self.clock.as_virtual() {
            Some(_) => self.cancel_stamped(asset, order_id),
            None => self.bot.cancel(asset, order_id, false).map(drop),
        };
        match sent {
            Err(BotError::Custom(_)) => {
                self.forget_cancel(asset, order_id)?;
                return Err(CommandError::SendFailed);
            }
            sent => sent?,
        };
        self.await_response(asset, order_id, (before, true), wait_ns)
    }

    /// `LiveBot` notes a cancellation before it is sent, and rejects the next one while it is pending: one
    /// that was not sent is removed here.
    fn forget_cancel(&mut self, asset: usize, order_id: u64) -> Result<(), CommandError> {
        if let Some(order) = self.bot.orders(asset).get(&order_id) {
            let order = orders::without_request(order);
            self.shared.borrow_mut().inject_unpended(asset, order);
            self.apply_injected()?;
        }
        Ok(())
    }

    /// Cancels an order, acknowledged or not. `LiveBot` rejects the cancel of an unacked order; the
    /// connector takes it.
    pub(crate) fn cancel_any(&mut self, asset: usize, order_id: u64) -> Result<(), CommandError> {
        let order = self.order(asset, order_id);
        match order.filter(|order| order.active() && order.req == Status::New) {
            Some(order) => {
                let order = order.clone();
                self.connected(asset)?;
                self.send_cancel(asset, order)
            }
            None => self.cancel(asset, order_id, 0),
        }
    }

    fn send_cancel(&self, asset: usize, mut order: Order) -> Result<(), CommandError> {
        let mut shared = self.shared.borrow_mut();
        let one = &shared.assets[asset];
        order.req = Status::Canceled;
        let (symbol, session) = (one.symbol.clone(), one.session);
        let sent = shared.sessions[session]
            .port
            .send(LiveRequest::Order { symbol, order });
        sent.map_err(|_| CommandError::SendFailed)
    }

    /// Cancels every open order of this bot on an instrument: with one message those that the
    /// connector follows, acknowledged or not, and one by one the unconfirmed ones.
    ///
    /// # Errors
    /// [`CommandError::Unsupported`] when the connector lacks it, and the others.
    pub fn cancel_all(&mut self, asset: usize) -> Result<(), CommandError> {
        let session = self.connected(asset)?;
        let mut unconfirmed: Vec<Order> = {
            let mut shared = self.shared.borrow_mut();
            let request = ControlRequest::CancelAll {
                symbol: shared.assets[asset].symbol.clone(),
            };
            let sent = shared.sessions[session].port.send_control(request);
            sent.map_err(|error| CommandError::from(&error))?;
            shared.assets[asset]
                .unconfirmed
                .unfollowed()
                .cloned()
                .collect()
        };
        unconfirmed.sort_unstable_by_key(|order| order.order_id);
        for order in unconfirmed {
            self.send_cancel(asset, order)?;
        }
        Ok(())
    }

    /// Asks for the state of an order. An ended one is reported again at once; for any other the
    /// connector is asked until it answers. A connector that cannot be asked for one order is asked for
    /// the instrument's state.
    ///
    /// # Errors
    /// [`CommandError::ConnectorDown`], [`CommandError::InstrumentNotFound`],
    /// [`CommandError::SendFailed`].
    pub fn ask_order(&mut self, asset: usize, order_id: u64) -> Result<(), CommandError> {
        let session = self.connected(asset)?;
        let order = self.order(asset, order_id).cloned();
        let mut shared = self.shared.borrow_mut();
        let able = shared.sessions[session].port.capabilities();
        if !able.contains(Capabilities::ASK_ORDER) {
            shared.request_resync(asset);
            return Ok(());
        }
        match order {
            Some(order) if order.active() => shared.mark_unconfirmed(asset, vec![order]),
            Some(order) => shared.push(&Record {
                asset: index(asset),
                recv_mono_ns: self.clock.monotonic_ns(),
                ..orders::record_of(&orders::without_execution(&order))
            }),
            // The order is of an earlier run of the bot.
            None => {
                let question = ControlRequest::AskOrder {
                    symbol: shared.assets[asset].symbol.clone(),
                    order_id,
                    sent_ts: 0,
                    to_this_run: false,
                };
                let sent = shared.sessions[session].port.send_control(question);
                sent.map_err(|error| CommandError::from(&error))?;
            }
        }
        Ok(())
    }

    /// Waits for the first update of an order after a request.
    pub(crate) fn await_response(
        &mut self,
        asset: usize,
        order_id: u64,
        (before, is_cancel): (Option<i64>, bool),
        wait_ns: u64,
    ) -> Result<(), CommandError> {
        if wait_ns == 0 {
            return Ok(());
        }
        let until_ns = self.clock.monotonic_ns().saturating_add(wait_ns);
        loop {
            let order = self.bot.orders(asset).get(&order_id);
            if order.map(|order| order.exch_timestamp) != before {
                return Ok(());
            }
            // A rejected cancellation leaves the order as it was.
            let is_answered = order.is_some_and(|order| order.req == Status::None);
            if is_cancel && is_answered {
                return Ok(());
            }
            let left_ns = until_ns.saturating_sub(self.clock.monotonic_ns());
            if left_ns == 0 {
                return Err(CommandError::Timeout);
            }
            if self.wait_order_response(asset, order_id, left_ns)? == ElapseResult::EndOfData {
                return Err(CommandError::Interrupted);
            }
        }
    }

    /// Exchange time of the last update of an order; 0 before the first.
    pub(crate) fn last_update(&self, asset: usize, order_id: u64) -> Option<i64> {
        self.order(asset, order_id)
            .map(|order| order.exch_timestamp)
    }

    /// Asks for the instrument's state again.
    ///
    /// # Errors
    /// [`CommandError::ConnectorDown`], [`CommandError::InstrumentNotFound`].
    pub fn resync(&mut self, asset: usize) -> Result<(), CommandError> {
        self.connected(asset)?;
        self.shared.borrow_mut().request_resync(asset);
        Ok(())
    }

    /// Forgets the final orders of an instrument.
    ///
    /// # Errors
    /// [`CommandError::InstrumentNotFound`].
    pub fn clear_inactive_orders(&mut self, asset: usize) -> Result<(), CommandError> {
        self.session_of(asset)?;
        self.bot.clear_inactive_orders(Some(asset));
        Ok(())
    }
}

#[cfg(test)]
#[path = "order_entry_tests.rs"]
mod tests;
