//! Registrations with connectors: orders, position and book are fetched in full after a loss or a restart.

use hbl_wire::price_of;
use hftbacktest::types::{
    Bot, Event, LOCAL_ASK_DEPTH_EVENT, LOCAL_BID_DEPTH_EVENT, LiveEvent, LiveRequest, Order, Side,
};

use crate::{book::Book, live_core::LiveCore, record::RecordKind, shared::ANSWER_TIMEOUT_NS};

impl<MD: Book> LiveCore<MD> {
    /// Does the pending work.
    pub(crate) fn run_pending(&mut self) {
        let (links_due, clear, answered, unknown, resync) = {
            let pending = &mut self.shared.borrow_mut().pending;
            (
                core::mem::take(&mut pending.links_due),
                core::mem::take(&mut pending.clear),
                core::mem::take(&mut pending.answered),
                core::mem::take(&mut pending.unknown),
                core::mem::take(&mut pending.resync),
            )
        };
        if links_due {
            self.check_links();
            self.repeat_unanswered();
            self.shared.borrow_mut().ask_unconfirmed();
        }
        for asset in clear {
            self.clear_book(asset);
        }
        for asset in answered {
            self.finish_answer(asset);
        }
        for (asset, order_id) in unknown {
            self.mark_unknown_order(asset, order_id);
        }
        for asset in resync {
            self.shared.borrow_mut().stats.resyncs += 1;
            self.register(asset);
        }
    }

    /// Registers again where a connector of this package has not answered in time.
    pub(crate) fn repeat_unanswered(&self) {
        let mut shared = self.shared.borrow_mut();
        let now_ns = self.clock.monotonic_ns();
        for asset in 0..shared.assets.len() {
            let one = &shared.assets[asset];
            let port = &shared.sessions[one.session].port;
            let is_over = now_ns >= one.registered_ns + ANSWER_TIMEOUT_NS;
            let unanswered = one.unanswered && port.is_ours();
            let overdue = is_over && (unanswered || one.check.unreadable);
            if overdue && port.is_connected() {
                shared.request_resync(asset);
            } else if one.check.is_crossing() {
                shared.assets[asset].touched = true;
            }
        }
    }

    /// Marks the book as not synced; it keeps its levels until a snapshot comes.
    pub(crate) fn mark_unsynced(&mut self, asset: usize) {
        let mut shared = self.shared.borrow_mut();
        shared.assets[asset].touched = true;
        shared.assets[asset].check.synced = false;
        shared.judge_book(asset);
    }

    /// Clears the book and asks the connector for orders, position and book.
    pub(crate) fn register(&mut self, asset: usize) {
        self.clear_book(asset);
        let mut shared = self.shared.borrow_mut();
        let one = &mut shared.assets[asset];
        one.check.synced = false;
        // Stays gapped until the answer, also when the registration has to be sent again.
        one.check.gapped |= core::mem::take(&mut one.check.unreadable);
        // The answer reports it again.
        one.check.stale = false;
        one.check.restart();
        one.touched = true;
        one.unanswered = true;
        one.refused = false;
        one.registered_ns = self.clock.monotonic_ns();
        let open = self.bot.orders(asset).values().filter(|o| o.active());
        let mut open: Vec<Order> = open.cloned().collect();
        for order in &mut open {
            let sent_ts = one.unconfirmed.sent_ts(order.order_id);
            order.local_timestamp = sent_ts.unwrap_or(order.local_timestamp);
        }
        one.resync_orders.start(open.iter(), one.lot_size);
        let request = LiveRequest::RegisterInstrument {
            symbol: one.symbol.clone(),
            tick_size: one.tick_size,
            lot_size: one.lot_size,
        };
        let session = one.session;
        let sent = shared.sessions[session].port.send(request);
        shared.push_edge(RecordKind::BookReset, asset, 0);
        shared.judge_book(asset);
        if let Err(error) = sent {
            tracing::warn!(%error, "a registration could not be sent; it is tried again");
            shared.request_resync(asset);
        }
    }

    /// `LiveBot` has no call to clear a book, so every level is deleted through its own events.
    pub(crate) fn clear_book(&mut self, asset: usize) {
        let depth = self.bot.depth(asset);
        let tick_size = depth.tick_size();
        let mut shared = self.shared.borrow_mut();
        for (side, ev) in [
            (Side::Buy, LOCAL_BID_DEPTH_EVENT),
            (Side::Sell, LOCAL_ASK_DEPTH_EVENT),
        ] {
            depth.for_each_level(side, |(tick, _)| {
                let px = price_of(tick, tick_size);
                let event = Event {
                    ev,
                    exch_ts: 0,
                    local_ts: 0,
                    px,
                    qty: 0.0,
                    order_id: 0,
                    ival: 0,
                    fval: 0.0,
                };
                shared.injected.push_back((
                    asset,
                    LiveEvent::Feed {
                        symbol: String::new(),
                        event,
                    },
                ));
            });
        }
    }

    /// Ends a resync: the connector has answered the registration.
    pub(crate) fn finish_answer(&mut self, asset: usize) {
        let mut shared = self.shared.borrow_mut();
        let one = &mut shared.assets[asset];
        let (session, was_synced) = (one.session, one.check.synced);
        one.check.synced = true;
        one.check.gapped = false;
        one.check.look_at_all(self.bot.depth(asset), &self.clock);
        one.touched = true;
        // Only connectors of this package report every open order of this bot.
        let complete = shared.sessions[session].port.is_ours();
        let resync_orders = &mut shared.assets[asset].resync_orders;
        let missing = match resync_orders.is_active() && complete {
            true => resync_orders.finish(),
            false => Vec::new(),
        };
        let known = self.bot.orders(asset);
        let missing = missing.iter().filter_map(|id| known.get(id));
        let missing = missing.filter(|order| order.active());
        // Paper trading proves nothing about orders at the venue.
        let is_real = shared.sessions[session].is_real;
        let is_meant = |order: &&Order| {
            is_real
                || !shared.assets[asset]
                    .unconfirmed
                    .is_elsewhere(order.order_id)
        };
        let unconfirmed = missing.filter(is_meant).cloned().collect();
        match shared.sessions[session].orders_unknown.clone() {
            Some(why) => shared.mark_elsewhere(asset, unconfirmed, &why),
            None => shared.mark_unconfirmed(asset, unconfirmed),
        }
        // Before `BookReady`, so that a program can trade as soon as it sees that record.
        shared.judge_book(asset);
        if !was_synced {
            shared.push_ready(asset, 0);
        }
    }

    /// The connector does not know this order, or not the account's orders.
    fn mark_unknown_order(&mut self, asset: usize, order_id: u64) {
        let Some(order) = self.bot.orders(asset).get(&order_id) else {
            return;
        };
        if !order.active() {
            return;
        }
        let mut shared = self.shared.borrow_mut();
        let order = order.clone();
        let session = shared.assets[asset].session;
        match shared.sessions[session].orders_unknown.clone() {
            Some(why) => shared.mark_elsewhere(asset, vec![order], &why),
            None => shared.mark_unconfirmed(asset, vec![order]),
        }
        shared.clear_request(asset, order_id);
    }
}
