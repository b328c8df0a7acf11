//! Asks the connector for unconfirmed orders, takes its answers, and reports orders whose state stays
//! unknown.

use hbl_wire::{Capabilities, ControlRequest, OrderFate, Severity};
use hftbacktest::types::Order;

use crate::{
    orders,
    record::{FLAG_SYNTHETIC, Record, RecordKind},
    shared::{Shared, index},
};

/// Code of a reject made by the bot: the order is not open any more, how it ended is not known.
pub(crate) const GONE: i64 = -1;
/// Code of a reject made by the bot: the state of the order is not known (yet).
pub(crate) const UNCONFIRMED: i64 = -2;
/// Code of a reject made by the bot: the order was never sent to the venue.
pub(crate) const NOT_SENT: i64 = -3;
/// Code of the notice about all unconfirmed orders of an instrument.
const ORDERS_UNKNOWN: i64 = 3110;
const ON_PAPER: &str = "this connector trades on paper and does not know the account's orders; start it again as before (--paper=false, the same keys and order_prefix), or look at the account";
const NO_QUESTIONS: &str = "this connector is older than the bot and cannot be asked for them; start one of the same version, or look at the account";
const NO_ANSWER: &str = "the connector was asked and does not answer; it is asked again";

impl Shared {
    /// Marks orders that went to the venue, after the connector came back with paper trading.
    pub(crate) fn mark_elsewhere_on_paper(&mut self, asset: usize, orders: Vec<Order>) {
        self.mark_elsewhere(asset, orders, ON_PAPER);
    }

    /// Marks orders that this connector cannot know: they stay open, are not asked for, and are
    /// reported once as unknown.
    pub(crate) fn mark_elsewhere(&mut self, asset: usize, orders: Vec<Order>, why: &str) {
        let ids: Vec<u64> = orders.iter().map(|order| order.order_id).collect();
        for order in orders {
            self.assets[asset].unconfirmed.put(order, true);
        }
        self.report_unconfirmed(asset, &ids, why);
    }

    /// Marks orders that the connector did not report and asks for each: a missing report proves nothing.
    pub(crate) fn mark_unconfirmed(&mut self, asset: usize, orders: Vec<Order>) {
        let ids: Vec<u64> = orders.iter().map(|order| order.order_id).collect();
        for order in orders {
            self.assets[asset].unconfirmed.put(order, false);
        }
        let able = self.sessions[self.assets[asset].session]
            .port
            .capabilities();
        if able.contains(Capabilities::ASK_ORDER) {
            self.ask_unconfirmed();
        } else {
            self.report_unconfirmed(asset, &ids, NO_QUESTIONS);
        }
    }

    /// Sends the questions that are due.
    pub(crate) fn ask_unconfirmed(&mut self) {
        let now_ns = self.clock.monotonic_ns();
        for asset in 0..self.assets.len() {
            if self.assets[asset].unconfirmed.next_due_ns() > now_ns {
                continue;
            }
            let session = self.assets[asset].session;
            if !self.sessions[session].port.is_connected() {
                continue;
            }
            let one = &mut self.assets[asset];
            let mut unanswered = Vec::new();
            for due in one.unconfirmed.take_due(now_ns) {
                let order_id = due.order_id;
                if due.is_unanswered {
                    unanswered.push(order_id);
                }
                let question = ControlRequest::AskOrder {
                    symbol: one.symbol.clone(),
                    order_id,
                    sent_ts: due.sent_ts,
                    to_this_run: !one.earlier.contains(&order_id),
                };
                if let Err(error) = self.sessions[session].port.send_control(question) {
                    tracing::warn!(%error, order_id, "a question about an order could not be sent; it is asked again");
                }
            }
            self.report_unconfirmed(asset, &unanswered, NO_ANSWER);
        }
    }

    /// Takes the connector's answer about an order of which it has no state.
    pub(crate) fn take_fate(&mut self, asset: usize, order_id: u64, fate: OrderFate, text: &str) {
        if fate == OrderFate::Pending {
            let one = &mut self.assets[asset];
            one.resync_orders.confirm(order_id);
            one.unconfirmed.follow(order_id);
            return;
        }
        if self.assets[asset].unconfirmed.is_elsewhere(order_id) {
            return;
        }
        let (code, text) = match fate {
            OrderFate::NotReceived => (NOT_SENT, text),
            OrderFate::Gone => (GONE, text),
            OrderFate::Found => {
                if self.assets[asset].unconfirmed.contains(order_id) {
                    self.request_resync(asset);
                }
                return;
            }
            OrderFate::Unknown | OrderFate::Pending => {
                self.report_unconfirmed(asset, &[order_id], text);
                return;
            }
        };
        match self.assets[asset].unconfirmed.take(order_id) {
            Some(order) => self.inject_order(asset, orders::expired(&order), code, text),
            // Asked for by a program that knows the order from an earlier run of the bot. Paper trading
            // proves nothing about it: the order may have gone to the venue.
            None if self.sessions[self.assets[asset].session].is_real => {
                self.push_concluded(asset, order_id, code, text);
            }
            None => {}
        }
    }

    fn push_concluded(&mut self, asset: usize, order_id: u64, code: i64, text: &str) {
        let about = Record {
            kind: RecordKind::Reject as u8,
            flags: FLAG_SYNTHETIC,
            asset: index(asset),
            recv_mono_ns: self.clock.monotonic_ns(),
            order_id,
            value: code,
            ..Record::default()
        };
        self.push_text(about, text);
    }

    /// Reports these orders as unknown, each once, and removes their pending requests, so that they
    /// can be cancelled.
    fn report_unconfirmed(&mut self, asset: usize, ids: &[u64], why: &str) {
        let recv_mono_ns = self.clock.monotonic_ns();
        let mut count = 0_u64;
        for order_id in ids {
            if !self.assets[asset].unconfirmed.mark_reported(*order_id) {
                continue;
            }
            count += 1;
            let text = "its state is unknown, it may be open at the venue";
            self.push_concluded(asset, *order_id, UNCONFIRMED, text);
            self.clear_request(asset, *order_id);
        }
        if count == 0 {
            return;
        }
        let symbol = &self.assets[asset].symbol;
        let text = format!("{count} open orders of {symbol}: their state is unknown. {why}");
        let notice = Record {
            kind: RecordKind::Notice as u8,
            status: Severity::Warning as u8,
            asset: index(asset),
            recv_mono_ns,
            value: ORDERS_UNKNOWN,
            ..Record::default()
        };
        self.push_text(notice, &text);
    }

    /// Removes the pending request of an unconfirmed order, which was rejected or went to a connector
    /// that is gone. False for any other order.
    pub(crate) fn clear_request(&mut self, asset: usize, order_id: u64) -> bool {
        let Some(order) = self.assets[asset].unconfirmed.clear_request(order_id) else {
            return false;
        };
        self.inject_unpended(asset, order);
        true
    }
}
