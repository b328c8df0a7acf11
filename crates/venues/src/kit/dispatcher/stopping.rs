//! The stop of a connector: no new orders, cancellations carried through, open orders reported.

use hbl_wire::{ControlEvent, TO_ALL};
use hftbacktest::types::Status;
use tracing::warn;

use super::Dispatcher;
use super::left_order::{LeftOrder, log_left};
use crate::kit::bot_publisher::BotPublisher;
use crate::kit::clock::Now;
use crate::kit::codes;
use crate::kit::notice::Notice;
use crate::kit::venue::{OrderReport, Venue};

impl<V: Venue + ?Sized> Dispatcher<V> {
    /// From now on new orders and amendments are rejected: the connector stops.
    pub fn begin_stop(&mut self) {
        self.cancels.is_stopping = true;
    }

    /// True when every request about orders was sent and answered, and what was to be cancelled has
    /// ended.
    pub fn is_settled(&self) -> bool {
        self.cancels.is_empty() && !self.venue.has_requests_under_way()
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.cancels.is_stopping
    }

    /// Asks again for cancellations that were rejected while the connector stops.
    pub(super) fn cancel_again(&mut self, now: Now) {
        if !self.cancels.is_stopping {
            return;
        }
        for handle in self.cancels.take_due(now) {
            if let Some((_, symbol, _)) = self.registry.owner_of(handle) {
                self.venue.cancel(now, symbol, handle);
            }
        }
    }

    /// Cancels the open orders of a bot on a symbol, or says why it cannot.
    pub(super) fn cancel_all<O: BotPublisher>(
        &mut self,
        now: Now,
        bot: u64,
        symbol: &str,
        out: &mut O,
    ) {
        // Also for a bot whose registration was rejected: its orders may be at the venue.
        let index = self.index_for(now, bot, symbol, None, out);
        let handles = index.map_or_else(Vec::new, |index| self.registry.open_of(bot, index));
        let is_registered = index.is_some_and(|index| self.registered.contains(&(bot, index)));
        let Some(index) = index.filter(|_| is_registered || !handles.is_empty()) else {
            let (code, text) = self.not_registered(bot, symbol);
            let text = format!("nothing was cancelled: {text}");
            // No order has the id 0: it stands for all of them.
            self.send_reject(bot, symbol, 0, code, &text, true, out);
            return;
        };
        self.report_by_updates(bot, index, &handles);
        for handle in &handles {
            self.registry.ask_terms(*handle, None);
        }
        self.cancels.requested(&handles);
        self.venue.cancel_all(now, index, &handles);
    }

    /// The reason for which a symbol is not served.
    pub(super) fn not_registered(&self, bot: u64, symbol: &str) -> (i64, String) {
        if self.waiting.has(bot, symbol) {
            let text = format!("the registration of {symbol} waits for the venue");
            (codes::NOT_READY, text)
        } else if let Some(reason) = self.venue.pending_reason(symbol) {
            let text = format!("{symbol} cannot be traded yet: {reason}");
            (codes::NOT_READY, text)
        } else {
            let text = format!("{symbol} is not registered with this connector");
            (codes::SYMBOL_UNKNOWN, text)
        }
    }

    /// Notifies all bots that the connector stops. Open orders of venues in this process end with it and
    /// are reported as cancelled; a notice goes out for each order that stays at the venue, and these
    /// orders are returned.
    pub fn stop<O: BotPublisher>(&mut self, now: Now, out: &mut O) -> Vec<LeftOrder> {
        let open = self.registry.open();
        let mut left = Vec::new();
        for handle in open {
            if self.venue.keeps_orders() {
                left.extend(self.leave(handle, out));
            } else {
                self.end_with_connector(now, handle, out);
            }
        }
        log_left(&left);
        if let Some(why) = self
            .venue
            .orders_unknown()
            .filter(|_| self.venue.keeps_orders())
        {
            warn!("the connector ends without knowing the account's orders: {why}");
        }
        self.send_control(
            TO_ALL,
            ControlEvent::VenueDown {
                text: "the connector stops".into(),
            },
            out,
        );
        left
    }

    /// An order that stays open at the venue.
    fn leave<O: BotPublisher>(&mut self, handle: u64, out: &mut O) -> Option<LeftOrder> {
        let (to, symbol, order_id) = self.registry.owner_of(handle)?;
        let order = self.registry.order(handle)?;
        let name = self
            .instruments
            .get(&symbol)
            .map(|known| known.name.clone());
        let left = LeftOrder::of(name.clone().unwrap_or_else(|| format!("#{symbol}")), order);
        if let Some(name) = name {
            let code = codes::LEFT_OPEN;
            let text = format!("the connector ends and leaves this order at the venue: {left}");
            self.send_notice(to, Notice::of(code, text), (name, order_id), out);
        }
        Some(left)
    }

    fn end_with_connector<O: BotPublisher>(&mut self, now: Now, handle: u64, out: &mut O) {
        let Some(order) = self.registry.order(handle) else {
            return;
        };
        let report = OrderReport {
            handle,
            status: Status::Canceled,
            price_tick: 0,
            qty: 0.0,
            leaves_qty: order.leaves_qty,
            exec_qty: 0.0,
            exec_price_tick: 0,
            maker: false,
            exch_ts: now.unix_ns,
            details: None,
            reject: None,
        };
        self.publish_order(now, &report, out);
    }
}
