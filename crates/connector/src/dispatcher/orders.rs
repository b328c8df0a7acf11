//! Orders on their way to the venue and back.

use std::collections::HashMap;

use hbl_wire::{SideEvent, TO_ALL};
use hftbacktest::types::{ErrorKind, LiveError, OrdType, Order, Side, Status, TimeInForce, Value};

use super::Dispatcher;
use crate::clock::Now;
use crate::codes;
use crate::order_router::{OwnerState, is_final};
use crate::outlet::{Outgoing, Outlet};
use crate::venue::{Adopted, NewOrder, OrderReport, Refusal, Venue};

impl<V: Venue> Dispatcher<V> {
    pub(super) fn submit<O: Outlet>(
        &mut self,
        now: Now,
        bot: u64,
        symbol: &str,
        order: &Order,
        out: &mut O,
    ) {
        let state = out.owner_state(bot);
        let Some(index) = self.by_name.get(symbol).copied() else {
            let why = if self.waiting.has(bot, symbol) {
                let text = format!("the registration of {symbol} waits for the venue");
                (codes::NOT_READY, text)
            } else {
                let text = format!("{symbol} is not registered with this connector");
                (codes::SYMBOL_UNKNOWN, text)
            };
            self.refuse_untracked(now, bot, symbol, order, why, out);
            return;
        };
        let tick_size = self
            .instruments
            .get(&index)
            .map_or(0.0, |known| known.tick_size);
        if let Some((code, text)) = unsupported(order, tick_size) {
            self.refuse_untracked(now, bot, symbol, order, (code, text), out);
            return;
        }
        let Some(handle) = self.router.submit(bot, state, index, order) else {
            // The order of this id goes on: no update that would end it at the bot.
            let text = format!("order id {} is in use by an open order", order.order_id);
            self.tell_refusal(
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
        };
        self.venue.submit(now, index, &new);
    }

    /// The open order that a bot means; when there is none, the bot is told what became of it.
    pub(super) fn open_order<O: Outlet>(
        &mut self,
        now: Now,
        bot: u64,
        symbol: &str,
        order_id: u64,
        out: &mut O,
    ) -> Option<(u32, u64)> {
        let state = out.owner_state(bot);
        let index = self.by_name.get(symbol).copied();
        let handle = index.and_then(|index| self.router.find(bot, state, index, order_id));
        let (Some(index), Some(handle)) = (index, handle) else {
            if let Some(why) = self.venue.orders_unknown() {
                // It may be open: no update that would end it at the bot.
                let text = format!("the state of this order is unknown: {why}");
                let code = codes::ORDERS_UNKNOWN;
                self.tell_refusal(bot, symbol, order_id, code, &text, true, out);
                return None;
            }
            let text = format!("no order {order_id} of this bot is known");
            let mut order = Order::new(
                order_id,
                0,
                0.0,
                0.0,
                Side::None,
                OrdType::Limit,
                TimeInForce::GTC,
            );
            order.tick_size = index
                .and_then(|index| self.instruments.get(&index))
                .map_or(0.0, |known| known.tick_size);
            self.refuse_untracked(now, bot, symbol, &order, (codes::ORDER_UNKNOWN, text), out);
            return None;
        };
        let status = self.router.order(handle).map(|order| order.status);
        if status.is_some_and(is_final) {
            let text = format!("order {order_id} has ended before");
            self.tell_refusal(bot, symbol, order_id, codes::ORDER_ENDED, &text, true, out);
            self.retell(now, handle, out);
            return None;
        }
        Some((index, handle))
    }

    /// An order of an earlier run. Its owner is told at once when it is open and the bot is there;
    /// otherwise its registration tells.
    pub(super) fn publish_adopted<O: Outlet>(&mut self, adopted: &Adopted, out: &mut O) {
        let Some(routed) = self.router.adopt(adopted) else {
            return;
        };
        let is_served = self.instruments.contains_key(&routed.symbol);
        if is_served && self.bots.contains(&routed.to) && !is_final(routed.order.status) {
            let name = self.name(routed.symbol);
            self.send(routed.to, Outgoing::Order(&name, &routed.order), out);
            self.router.was_told(adopted.handle);
        }
    }

    pub(super) fn publish_order<O: Outlet>(&mut self, now: Now, report: &OrderReport, out: &mut O) {
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
        let Some(routed) = self.router.apply(report) else {
            return;
        };
        if !self.instruments.contains_key(&routed.symbol) {
            // Of an earlier run, and no bot trades the symbol yet.
            return;
        }
        let name = self.name(routed.symbol);
        if let Some(Refusal { code, text }) = &report.refusal {
            let is_error = report.status == Status::Rejected;
            self.tell_refusal(
                routed.to,
                &name,
                routed.order.order_id,
                *code,
                text,
                is_error,
                out,
            );
        }
        if routed.told {
            self.send(routed.to, Outgoing::Order(&name, &routed.order), out);
        }
    }

    fn retell<O: Outlet>(&mut self, now: Now, handle: u64, out: &mut O) {
        if let Some(routed) = self.router.retell(handle, now.unix_ns)
            && routed.told
        {
            let name = self.name(routed.symbol);
            self.send(routed.to, Outgoing::Order(&name, &routed.order), out);
        }
    }

    /// Refuses an order that is not followed: it ends as expired at the bot.
    fn refuse_untracked<O: Outlet>(
        &mut self,
        now: Now,
        bot: u64,
        symbol: &str,
        order: &Order,
        (code, text): (i64, String),
        out: &mut O,
    ) {
        let to = if out.owner_state(bot) == OwnerState::Stock {
            TO_ALL
        } else {
            bot
        };
        self.tell_refusal(to, symbol, order.order_id, code, &text, true, out);
        let mut ended = order.clone();
        ended.status = Status::Expired;
        ended.leaves_qty = 0.0;
        ended.req = Status::None;
        ended.exch_timestamp = now.unix_ns;
        self.send(to, Outgoing::Order(symbol, &ended), out);
    }

    #[expect(clippy::too_many_arguments, reason = "one message, all of its fields")]
    pub(super) fn tell_refusal<O: Outlet>(
        &mut self,
        to: u64,
        symbol: &str,
        order_id: u64,
        code: i64,
        text: &str,
        is_error: bool,
        out: &mut O,
    ) {
        let side = SideEvent::Reject {
            symbol: symbol.to_owned(),
            order_id,
            code,
            text: text.to_owned(),
        };
        self.side(to, side, out);
        if is_error {
            let value = Value::Map(HashMap::from([
                ("code".to_owned(), Value::Int(code)),
                ("msg".to_owned(), Value::String(text.to_owned())),
            ]));
            let error = LiveError::with(ErrorKind::OrderError, value);
            self.tell_stock(to, &error, out);
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
    } else if (order.tick_size - tick_size).abs() > tick_size * 1e-9 {
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
