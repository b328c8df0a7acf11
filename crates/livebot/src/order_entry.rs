//! Orders and the commands of another thread.

use hbl_wire::{SideRequest, clock::monotonic_ns};
use hftbacktest::{
    live::BotError,
    types::{Bot, ElapseResult, OrdType, OrderRequest, Side, TimeInForce},
};

use crate::{
    book::Book,
    command::{Command, CommandKind},
    error::CommandError,
    live_core::LiveCore,
    orders,
    record::{Record, RecordKind},
    shared::index,
};

impl<MD: Book> LiveCore<MD> {
    pub(crate) fn peer_of(&self, asset: usize) -> Result<usize, CommandError> {
        self.shared
            .borrow()
            .assets
            .get(asset)
            .map(|one| one.peer)
            .ok_or(CommandError::InstrumentNotFound)
    }

    pub(crate) fn connected(&self, asset: usize) -> Result<usize, CommandError> {
        let peer = self.peer_of(asset)?;
        if self.shared.borrow().peers[peer].port.is_connected() {
            Ok(peer)
        } else {
            Err(CommandError::ConnectorDown)
        }
    }

    /// Opens an order. With `wait_ns` above 0 it waits that long for the first response.
    ///
    /// # Errors
    /// [`CommandError`]; nothing was sent unless it is [`CommandError::Timeout`].
    pub fn submit(
        &mut self,
        asset: usize,
        request: OrderRequest,
        wait_ns: u64,
    ) -> Result<(), CommandError> {
        self.connected(asset)?;
        let good = |value: f64| value.is_finite() && value > 0.0;
        let priced = request.order_type == OrdType::Market || good(request.price);
        let known = matches!(request.side, Side::Buy | Side::Sell)
            && request.order_type != OrdType::Unsupported
            && request.time_in_force != TimeInForce::Unsupported;
        if !good(request.qty) || !priced || !known || request.order_id == 0 {
            return Err(CommandError::InvalidArgument);
        }
        let (order_id, price) = (
            request.order_id,
            if request.price.is_finite() {
                request.price
            } else {
                0.0
            },
        );
        // `LiveBot` has two methods of this name; the trait's takes the request.
        let sent = Bot::submit_order(
            &mut self.bot,
            asset,
            OrderRequest { price, ..request },
            false,
        );
        if let Err(error) = sent {
            if matches!(error, BotError::Custom(_)) {
                self.forget_unsent(asset, order_id);
                return Err(CommandError::SendFailed);
            }
            return Err(error.into());
        }
        self.await_response(asset, order_id, Some(0), wait_ns)
    }

    /// `LiveBot` keeps an order whose request never got out; it must not look open for ever.
    pub(crate) fn forget_unsent(&mut self, asset: usize, order_id: u64) {
        if let Some(order) = self.bot.orders(asset).get(&order_id) {
            let order = orders::expired(order);
            self.shared.borrow_mut().inject_order(
                asset,
                order,
                -2,
                "the request could not be sent",
            );
        }
    }

    /// Changes price and total quantity of an open order, through the side channel.
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
        let peer = self.connected(asset)?;
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
        {
            let shared = self.shared.borrow();
            let one = &shared.assets[asset];
            #[expect(
                clippy::cast_possible_truncation,
                reason = "saturates, and the connector checks the price"
            )]
            let price_tick = (price / one.tick_size).round() as i64;
            let request = SideRequest::Amend {
                symbol: one.symbol.clone(),
                order_id,
                price_tick,
                qty,
            };
            shared.peers[peer]
                .port
                .send_side(&request)
                .map_err(|error| CommandError::from(&error))?;
        }
        self.await_response(asset, order_id, before, wait_ns)
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
        self.bot
            .cancel(asset, order_id, false)
            .map_err(|error| match error {
                BotError::Custom(_) => CommandError::SendFailed,
                other => other.into(),
            })?;
        self.await_response(asset, order_id, before, wait_ns)
    }

    /// Cancels every open order of this bot on an instrument, with one message.
    ///
    /// # Errors
    /// [`CommandError::Unsupported`] when the connector lacks it, and the others.
    pub fn cancel_all(&mut self, asset: usize) -> Result<(), CommandError> {
        let peer = self.connected(asset)?;
        let shared = self.shared.borrow();
        let request = SideRequest::CancelAll {
            symbol: shared.assets[asset].symbol.clone(),
        };
        shared.peers[peer]
            .port
            .send_side(&request)
            .map_err(|error| CommandError::from(&error))
    }

    /// Waits for the first update of an order after a request, whatever it says.
    pub(crate) fn await_response(
        &mut self,
        asset: usize,
        order_id: u64,
        before: Option<i64>,
        wait_ns: u64,
    ) -> Result<(), CommandError> {
        if wait_ns == 0 {
            return Ok(());
        }
        let until_ns = monotonic_ns().saturating_add(wait_ns);
        loop {
            let order = self.bot.orders(asset).get(&order_id);
            if order.map(|order| order.exch_timestamp) != before {
                return Ok(());
            }
            let left_ns = until_ns.saturating_sub(monotonic_ns());
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
        self.shared.borrow_mut().ask_resync(asset);
        Ok(())
    }

    /// Forgets the final orders of an instrument.
    ///
    /// # Errors
    /// [`CommandError::InstrumentNotFound`].
    pub fn clear_inactive_orders(&mut self, asset: usize) -> Result<(), CommandError> {
        self.peer_of(asset)?;
        self.bot.clear_inactive_orders(Some(asset));
        Ok(())
    }

    pub(crate) fn run_commands(&mut self) {
        let Some(remote) = self.shared.borrow().remote.clone() else {
            return;
        };
        if !remote.has_commands() {
            return;
        }
        while let Some(command) = remote.next_command() {
            let Err(error) = self.run_command(command) else {
                continue;
            };
            self.shared.borrow_mut().push(&Record {
                kind: RecordKind::Command as u8,
                status: error as u8,
                asset: index(command.asset),
                recv_mono_ns: monotonic_ns(),
                order_id: command.number,
                value: command.order_id.cast_signed(),
                ..Record::default()
            });
        }
    }

    pub(crate) fn run_command(&mut self, command: Command) -> Result<(), CommandError> {
        let Command {
            asset,
            order_id,
            kind,
            ..
        } = command;
        match kind {
            CommandKind::Submit {
                side,
                price,
                qty,
                time_in_force,
                order_type,
            } => {
                let request = order_request(order_id, side, price, qty, time_in_force, order_type)?;
                self.submit(asset, request, 0)
            }
            CommandKind::Modify { price, qty } => self.modify(asset, order_id, price, qty, 0),
            CommandKind::Cancel => self.cancel(asset, order_id, 0),
            CommandKind::CancelAll => self.cancel_all(asset),
            CommandKind::ClearInactive => self.clear_inactive_orders(asset),
            CommandKind::Resync => self.resync(asset),
        }
    }
}

/// An order request from the numbers that cross from JavaScript.
///
/// # Errors
/// [`CommandError::InvalidArgument`] for a number that stands for nothing.
pub fn order_request(
    order_id: u64,
    side: i8,
    price: f64,
    qty: f64,
    time_in_force: u8,
    order_type: u8,
) -> Result<OrderRequest, CommandError> {
    Ok(OrderRequest {
        order_id,
        price,
        qty,
        side: match side {
            1 => Side::Buy,
            -1 => Side::Sell,
            _ => return Err(CommandError::InvalidArgument),
        },
        time_in_force: match time_in_force {
            0 => TimeInForce::GTC,
            1 => TimeInForce::GTX,
            2 => TimeInForce::FOK,
            3 => TimeInForce::IOC,
            _ => return Err(CommandError::InvalidArgument),
        },
        order_type: match order_type {
            0 => OrdType::Limit,
            1 => OrdType::Market,
            _ => return Err(CommandError::InvalidArgument),
        },
    })
}
