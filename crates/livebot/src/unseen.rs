//! Open orders of which the connector at hand cannot know anything: it has no key, or trades on
//! paper, and they were sent to the venue through one that did otherwise.

use std::collections::HashMap;

use hbl_wire::{Severity, clock::monotonic_ns};
use hftbacktest::types::{LiveEvent, Order, Status};

use crate::{
    orders,
    record::{FLAG_SYNTHETIC, Record, RecordKind},
    shared::{Shared, index},
};

/// Code of the bot's own word that nobody can say what became of an order.
const CANNOT_TELL: i64 = -2;
/// Code of the notice about all of them.
const ORDERS_UNKNOWN: i64 = 3110;
const ON_PAPER: &str = "this connector trades on paper and does not know the account's orders; start it again as before (--paper=false, the same keys and order_prefix), or look at the account";

/// Such orders of one instrument, as they were known last.
#[derive(Debug, Default)]
pub(crate) struct Unseen(HashMap<u64, Order>);

impl Unseen {
    pub(crate) fn contains(&self, order_id: u64) -> bool {
        self.0.contains_key(&order_id)
    }

    /// The connector spoke of it.
    pub(crate) fn remove(&mut self, order_id: u64) {
        self.0.remove(&order_id);
    }

    /// The connector spoke of all of them.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The order as it was, without a pending request and with a later time.
    fn without_request(&mut self, order_id: u64) -> Option<Order> {
        let order = self.0.get_mut(&order_id)?;
        order.req = Status::None;
        order.exch_timestamp = order.exch_timestamp.saturating_add(1);
        Some(order.clone())
    }
}

impl Shared {
    /// A connector has come whose orders are filled on paper, after one that sent them to the venue.
    pub(crate) fn lose_sight_on_paper(&mut self, asset: usize, orders: Vec<Order>) {
        self.lose_sight(asset, orders, ON_PAPER);
    }

    /// Nobody can say what became of these orders: they stay as they are, and that is told once.
    pub(crate) fn lose_sight(&mut self, asset: usize, orders: Vec<Order>, why: &str) {
        let recv_mono_ns = monotonic_ns();
        let mut count = 0_u64;
        for order in orders {
            let order_id = order.order_id;
            if self.assets[asset]
                .unseen
                .0
                .insert(order_id, order)
                .is_some()
            {
                continue;
            }
            count += 1;
            let about = Record {
                kind: RecordKind::Reject as u8,
                flags: FLAG_SYNTHETIC,
                asset: index(asset),
                recv_mono_ns,
                order_id,
                value: CANNOT_TELL,
                ..Record::default()
            };
            self.push_text(about, "its state is unknown, it may be open at the venue");
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

    /// A request about such an order was refused: nothing of it is pending any more.
    pub(crate) fn unpend_unseen(&mut self, asset: usize, order_id: u64) {
        let Some(order) = self.assets[asset].unseen.without_request(order_id) else {
            return;
        };
        self.push(&Record {
            asset: index(asset),
            flags: FLAG_SYNTHETIC,
            recv_mono_ns: monotonic_ns(),
            ..orders::record_of(&order)
        });
        let symbol = String::new();
        self.injected
            .push_back((asset, LiveEvent::Order { symbol, order }));
    }
}
