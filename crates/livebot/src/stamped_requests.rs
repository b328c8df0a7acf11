//! Requests under a virtual clock. `LiveBot` stamps orders by the machine's clock: here they are made
//! without it, and given to it as updates.

use hftbacktest::{
    live::BotError,
    types::{Bot, LiveRequest, Order, OrderRequest, Status},
};

use crate::{book::Book, live_core::LiveCore};

impl<MD: Book> LiveCore<MD> {
    /// As `LiveBot::submit_order`.
    pub(crate) fn submit_stamped(
        &mut self,
        asset: usize,
        request: &OrderRequest,
    ) -> Result<(), BotError> {
        if self.bot.orders(asset).contains_key(&request.order_id) {
            return Err(BotError::OrderIdExist);
        }
        let tick_size = self.shared.borrow().assets[asset].tick_size;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a whole number of ticks, checked before"
        )]
        let price_tick = (request.price / tick_size).round() as i64;
        let mut order = Order::new(
            request.order_id,
            price_tick,
            tick_size,
            request.qty,
            request.side,
            request.order_type,
            request.time_in_force,
        );
        order.status = Status::New;
        order.req = Status::New;
        order.local_timestamp = self.clock.unix_ns();
        self.apply_order(asset, order.clone())?;
        self.send_stamped(asset, order)
    }

    /// As `LiveBot::cancel`.
    pub(crate) fn cancel_stamped(&mut self, asset: usize, order_id: u64) -> Result<(), BotError> {
        let known = self.bot.orders(asset).get(&order_id);
        let order = known.ok_or(BotError::OrderNotFound)?;
        if !order.cancellable() {
            return Err(BotError::InvalidOrderStatus);
        }
        let mut order = order.clone();
        order.req = Status::Canceled;
        self.apply_order(asset, order.clone())?;
        order.local_timestamp = self.clock.unix_ns();
        self.send_stamped(asset, order)
    }

    fn send_stamped(&self, asset: usize, order: Order) -> Result<(), BotError> {
        let mut shared = self.shared.borrow_mut();
        let symbol = shared.assets[asset].symbol.clone();
        shared.send_request(asset, LiveRequest::Order { symbol, order })
    }
}
