//! Requests of bots to the venue, and reports of orders to bots.

use std::collections::HashMap;

use hbl_wire::{ControlEvent, ExecutionDetails, OrderFate, TO_ALL};
use hftbacktest::types::{ErrorKind, LiveError, OrdType, Order, Side, Status, TimeInForce, Value};

use super::Dispatcher;
use super::named_order::NamedOrder;
use crate::kit::bot_publisher::{BotMessage, BotPublisher};
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::order_registry::{Known, OwnerState, is_final};
use crate::kit::sizes::is_same;
use crate::kit::venue::{
    Amendment, NewOrder, OrderReport, Recovered, Reject, Sought, Venue, VenueEvent,
};

impl<V: Venue + ?Sized> Dispatcher<V> {
    pub(super) fn submit<O: BotPublisher>(
        &mut self,
        now: Now,
        bot: u64,
        symbol: &str,
        (order, deadline_ns): (&Order, u64),
        out: &mut O,
    ) {
        let state = out.owner_state(bot);
        // Before it counts as a registration.
        if state == OwnerState::Upstream
            && let Some(text) = out.unknown_destination(bot)
        {
            self.reject_untracked(now, bot, symbol, order, (codes::BOT_NOT_MET, text), out);
            return;
        }
        let Some(index) = self.index_for(now, bot, symbol, Some(order.tick_size), out) else {
            let why = self.not_registered(bot, symbol);
            self.reject_untracked(now, bot, symbol, order, why, out);
            return;
        };
        if let Some(why) = self.hindrance(now, bot, deadline_ns, out) {
            self.reject_untracked(now, bot, symbol, order, why, out);
            return;
        }
        let tick_size = self
            .instruments
            .get(&index)
            .map_or(0.0, |known| known.tick_size);
        if let Some(Reject { code, text }) = self.trouble.suspended.get(&index).cloned() {
            self.reject_untracked(now, bot, symbol, order, (code, text), out);
            return;
        }
        if let Some(why) = self.blindness(bot, index, out) {
            self.reject_untracked(now, bot, symbol, order, why, out);
            return;
        }
        if let Some((code, text)) = unsupported(order, tick_size) {
            self.reject_untracked(now, bot, symbol, order, (code, text), out);
            return;
        }
        let Some(handle) = self.registry.submit(bot, state, index, order) else {
            // The order of this id goes on: no update that would end it at the bot.
            let text = format!("order id {} is in use by an open order", order.order_id);
            self.send_reject(
                bot,
                symbol,
                order.order_id,
                codes::ORDER_ID_EXISTS,
                &text,
                true,
                out,
            );
            return;
        };
        let new = NewOrder {
            handle,
            owner: bot,
            order_id: order.order_id,
            price_tick: order.price_tick,
            qty: order.qty,
            side: order.side,
            order_type: order.order_type,
            time_in_force: order.time_in_force,
            deadline_ns,
        };
        self.venue.submit(now, index, &new);
    }

    /// Changes an order, unless it was made with another tick than its symbol has now: the bot's
    /// number would be another price.
    pub(super) fn amend<O: BotPublisher>(
        &mut self,
        now: Now,
        index: u32,
        change: &Amendment,
        out: &mut O,
    ) {
        let handle = change.handle;
        let order_tick = self
            .registry
            .order(handle)
            .map_or(0.0, |order| order.tick_size);
        let symbol_tick = self
            .instruments
            .get(&index)
            .map_or(0.0, |known| known.tick_size);
        if is_same(order_tick, symbol_tick) {
            let terms = (change.price_tick, change.qty);
            self.registry.ask_terms(handle, Some(terms));
            self.venue.amend(now, index, change);
            return;
        }
        let reject = Reject {
            code: codes::SIZE_MISMATCH,
            text: format!(
                "the order was made with tick size {order_tick}, the symbol has {symbol_tick} now: cancel it and send a new one"
            ),
        };
        self.registry.ask_terms(handle, None);
        self.publish(now, VenueEvent::RequestReject { handle, reject }, out);
    }

    /// The open order that a request is about; when there is none, the bot gets its last state. An order
    /// that this connector does not know is not reported as ended without a proof.
    pub(super) fn open_order<O: BotPublisher>(
        &mut self,
        now: Now,
        named: &NamedOrder<'_>,
        out: &mut O,
    ) -> Option<(u32, u64)> {
        let NamedOrder {
            bot,
            symbol,
            order_id,
            ..
        } = *named;
        let state = out.owner_state(bot);
        let tick_size = named.held.map(|held| held.tick_size);
        let index = self.index_for(now, bot, symbol, tick_size, out);
        let handle = index.and_then(|index| self.registry.find(bot, state, index, order_id));
        let (Some(index), Some(handle)) = (index, handle) else {
            self.reject_unknown(now, named, index, out);
            return None;
        };
        let status = self.registry.order(handle).map(|order| order.status);
        if status.is_some_and(is_final) {
            let text = format!("order {order_id} has ended before");
            self.send_reject(bot, symbol, order_id, codes::ORDER_ENDED, &text, true, out);
            if state == OwnerState::Upstream {
                // Its one registration was answered by a previous session: this report takes its place.
                self.registry.mark_reported(handle);
            }
            self.report_again(now, handle, out);
            return None;
        }
        self.report_by_updates(bot, index, &[handle]);
        Some((index, handle))
    }

    /// Marks the orders of a bot without a registration as reported: no answer to one will report them.
    pub(super) fn report_by_updates(&mut self, bot: u64, index: u32, handles: &[u64]) {
        if !self.registered.contains(&(bot, index)) {
            for handle in handles {
                self.registry.mark_reported(*handle);
            }
        }
    }

    /// Rejects a request about an order that is not followed.
    fn reject_unknown<O: BotPublisher>(
        &mut self,
        now: Now,
        named: &NamedOrder<'_>,
        index: Option<u32>,
        out: &mut O,
    ) {
        let NamedOrder {
            bot,
            symbol,
            order_id,
            held,
        } = *named;
        let sought = match self.sought(now, named, index) {
            // It does not see another kind of connector take over a name: the order may be at a
            // venue that this one knows nothing of.
            Sought::Gone(_)
                if !self.venue.keeps_orders() && out.owner_state(bot) == OwnerState::Upstream =>
            {
                let why = "orders of this connector end with its process, and whether it was sent to such a one is not known; look at the account, or start the bot again";
                Sought::Unknown(why.to_owned())
            }
            sought => sought,
        };
        let (code, why) = match sought {
            Sought::Gone(why) => {
                let text = format!("no order {order_id} of this bot is known: {why}");
                let nothing = Order::new(
                    order_id,
                    0,
                    0.0,
                    0.0,
                    Side::None,
                    OrdType::Limit,
                    TimeInForce::GTC,
                );
                let mut order = held.cloned().unwrap_or(nothing);
                if let Some(known) = index.and_then(|index| self.instruments.get(&index)) {
                    order.tick_size = known.tick_size;
                }
                // Orders of upstream bots are everybody's, so others may hold this one too.
                let is_shared = out.owner_state(bot) == OwnerState::Upstream;
                let to = if is_shared { TO_ALL } else { bot };
                self.reject_untracked(now, to, symbol, &order, (codes::ORDER_UNKNOWN, text), out);
                return;
            }
            Sought::Unknown(why) if self.venue.orders_unknown().is_some() => {
                (codes::ORDERS_UNKNOWN, why)
            }
            Sought::Unknown(why) => (codes::ORDER_UNKNOWN, why),
        };
        let text = format!("the state of order {order_id} is unknown, it may be open: {why}");
        self.send_reject(bot, symbol, order_id, code, &text, true, out);
        // An upstream bot would have this request pending for ever, and could not ask again.
        if let Some(held) = held.filter(|_| out.owner_state(bot) == OwnerState::Upstream) {
            let mut order = held.clone();
            order.req = Status::None;
            order.exch_timestamp = order.exch_timestamp.saturating_add(1);
            self.send(bot, BotMessage::Order(symbol, &order), out);
        }
    }

    /// Whether an order that is not followed here can still be open.
    fn sought(&mut self, now: Now, named: &NamedOrder<'_>, index: Option<u32>) -> Sought {
        if let Some(why) = self.venue.orders_unknown() {
            return Sought::Unknown(why.to_owned());
        }
        match index {
            Some(index)
                if self
                    .registry
                    .is_of_another(named.bot, index, named.order_id, 0) =>
            {
                Sought::Unknown("an order of this id is followed for another bot".to_owned())
            }
            Some(index) => self.venue.look_for(now, index, named.bot, named.order_id),
            None if self.venue.keeps_orders() => Sought::Unknown(format!(
                "{} is not registered with this connector",
                named.symbol
            )),
            None => Sought::Gone(format!(
                "{} is not registered with this connector, whose orders end with its process",
                named.symbol
            )),
        }
    }

    /// Answers the question of a bot about one of its orders.
    pub(super) fn answer_fate<O: BotPublisher>(
        &mut self,
        now: Now,
        named: &NamedOrder<'_>,
        sent: (i64, bool),
        out: &mut O,
    ) {
        let NamedOrder {
            bot,
            symbol,
            order_id,
            ..
        } = *named;
        let index = self.by_name.get(symbol).copied();
        let owner = (bot, out.owner_state(bot));
        let known = index.map_or(Known::Not, |index| {
            self.registry.known(owner, index, order_id, sent)
        });
        let (fate, text) = match known {
            Known::State(handle) => {
                self.report_again(now, handle, out);
                return;
            }
            Known::Pending => (OrderFate::Pending, String::new()),
            Known::Unreported => (OrderFate::Found, String::new()),
            Known::Never => {
                let text = "this connector never got it; it was not sent to the venue";
                (OrderFate::NotReceived, text.to_owned())
            }
            Known::Ended => {
                let text = "it ended so long ago that this connector has forgotten how";
                (OrderFate::Gone, text.to_owned())
            }
            Known::Not if sent.1 && self.venue.keeps_orders() => {
                let text = "this connector was sent it and does not follow it for this bot; look at the account";
                (OrderFate::Unknown, text.to_owned())
            }
            Known::Not => match self.sought(now, named, index) {
                Sought::Gone(text) => (OrderFate::Gone, text),
                Sought::Unknown(text) => (OrderFate::Unknown, text),
            },
        };
        self.send_fate(bot, symbol, order_id, (fate, text), out);
    }

    pub(super) fn send_fate<O: BotPublisher>(
        &mut self,
        bot: u64,
        symbol: &str,
        order_id: u64,
        (fate, text): (OrderFate, String),
        out: &mut O,
    ) {
        let event = ControlEvent::OrderFate {
            symbol: symbol.to_owned(),
            order_id,
            fate,
            text,
        };
        self.send_control(bot, event, out);
    }

    /// Reports an order of a previous session: at once when it is open and its owner has registered,
    /// otherwise with the answer to the owner's registration.
    pub(super) fn publish_recovered<O: BotPublisher>(
        &mut self,
        recovered: &Recovered,
        out: &mut O,
    ) {
        let Some(routed) = self.registry.recover(recovered) else {
            return;
        };
        let is_served = self.instruments.contains_key(&routed.symbol);
        let is_heard = match routed.to {
            TO_ALL => !self.bots.is_empty(),
            bot => self.bots.contains(&bot),
        };
        if is_served && is_heard && !is_final(routed.order.status) {
            let name = self.name(routed.symbol);
            self.send(routed.to, BotMessage::Order(&name, &routed.order), out);
            self.registry.mark_reported(recovered.handle);
        }
    }

    pub(super) fn publish_order<O: BotPublisher>(
        &mut self,
        now: Now,
        report: &OrderReport,
        out: &mut O,
    ) {
        let stamped;
        let report = if report.exch_ts > 0 {
            report
        } else {
            stamped = OrderReport {
                exch_ts: now.unix_ns,
                ..report.clone()
            };
            &stamped
        };
        let Some(routed) = self.registry.apply(report) else {
            return;
        };
        if is_final(routed.order.status) {
            self.cancels.ended(report.handle);
        }
        if !self.instruments.contains_key(&routed.symbol) {
            // Of a previous session, and no bot trades the symbol yet.
            return;
        }
        let name = self.name(routed.symbol);
        if let Some(Reject { code, text }) = &report.reject {
            let is_error = report.status == Status::Rejected;
            self.send_reject(
                routed.to,
                &name,
                routed.order.order_id,
                *code,
                text,
                is_error,
                out,
            );
        }
        if routed.is_reported {
            let details = routed.details.as_deref();
            self.send_order(routed.to, &name, &routed.order, details, out);
        }
    }

    /// Sends the state of an order, and before it what the venue says of the execution in it.
    pub(super) fn send_order<O: BotPublisher>(
        &mut self,
        to: u64,
        symbol: &str,
        order: &Order,
        details: Option<&ExecutionDetails>,
        out: &mut O,
    ) {
        if let Some(details) = details.filter(|details| !details.is_empty()) {
            let message = BotMessage::Execution(symbol, order, details);
            self.send(to, message, out);
        }
        self.send(to, BotMessage::Order(symbol, order), out);
    }

    fn report_again<O: BotPublisher>(&mut self, now: Now, handle: u64, out: &mut O) {
        if let Some(routed) = self.registry.report_again(handle, now.unix_ns)
            && routed.is_reported
        {
            let name = self.name(routed.symbol);
            self.send(routed.to, BotMessage::Order(&name, &routed.order), out);
        }
    }

    /// Rejects an order that is not followed: it ends as expired at the bot. One that was never followed
    /// is reported to its bot only: another one may have an open order of this id.
    fn reject_untracked<O: BotPublisher>(
        &mut self,
        now: Now,
        to: u64,
        symbol: &str,
        order: &Order,
        (code, text): (i64, String),
        out: &mut O,
    ) {
        self.send_reject(to, symbol, order.order_id, code, &text, true, out);
        let mut ended = order.clone();
        ended.status = Status::Expired;
        ended.leaves_qty = 0.0;
        ended.req = Status::None;
        ended.exch_timestamp = now.unix_ns;
        self.send(to, BotMessage::Order(symbol, &ended), out);
    }

    /// Rejects a request that was meant for the previous connector of this name.
    pub(super) fn reject_elsewhere<O: BotPublisher>(
        &mut self,
        now: Now,
        bot: u64,
        symbol: &str,
        order_id: u64,
        order: Option<Order>,
        out: &mut O,
    ) {
        let text = "the bot has not agreed to where orders go on this connector, which took over the \
                    name; nothing was sent";
        let why = (codes::ELSEWHERE, text.to_owned());
        match order {
            Some(order) => self.reject_untracked(now, bot, symbol, &order, why, out),
            None => self.send_reject(bot, symbol, order_id, why.0, &why.1, true, out),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one message, all of its fields")]
    pub(super) fn send_reject<O: BotPublisher>(
        &mut self,
        to: u64,
        symbol: &str,
        order_id: u64,
        code: i64,
        text: &str,
        is_error: bool,
        out: &mut O,
    ) {
        let side = ControlEvent::Reject {
            symbol: symbol.to_owned(),
            order_id,
            code,
            text: text.to_owned(),
        };
        self.send_control(to, side, out);
        if is_error {
            let value = Value::Map(HashMap::from([
                ("code".to_owned(), Value::Int(code)),
                ("msg".to_owned(), Value::String(text.to_owned())),
            ]));
            let error = LiveError::with(ErrorKind::OrderError, value);
            self.send_upstream_error(to, &error, out);
        }
    }
}

fn unsupported(order: &Order, tick_size: f64) -> Option<(i64, String)> {
    let what = if !matches!(order.side, Side::Buy | Side::Sell) {
        "side"
    } else if order.order_type == OrdType::Unsupported {
        "order type"
    } else if order.time_in_force == TimeInForce::Unsupported {
        "time in force"
    } else if !is_same(order.tick_size, tick_size) {
        let text = format!(
            "the order has tick size {}, the symbol {tick_size}",
            order.tick_size
        );
        return Some((codes::SIZE_MISMATCH, text));
    } else {
        return None;
    };
    Some((
        codes::ORDER_UNSUPPORTED,
        format!("this {what} is not supported"),
    ))
}
