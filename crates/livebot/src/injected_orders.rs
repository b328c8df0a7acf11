//! Order updates that the bot makes itself: written as synthetic records and passed to `LiveBot`.

use hftbacktest::types::{LiveEvent, Order};

use crate::{
    orders,
    record::{FLAG_SYNTHETIC, Record, RecordKind},
    shared::{Shared, index},
};

impl Shared {
    /// Ends an order with a reject of code `code`, as record and in `LiveBot`.
    pub(crate) fn inject_order(&mut self, asset: usize, order: Order, code: i64, text: &str) {
        let now = self.clock.monotonic_ns();
        let about = Record {
            kind: RecordKind::Reject as u8,
            flags: FLAG_SYNTHETIC,
            asset: index(asset),
            recv_mono_ns: now,
            order_id: order.order_id,
            value: code,
            ..Record::default()
        };
        self.push_text(about, text);
        self.push(&Record {
            asset: index(asset),
            flags: FLAG_SYNTHETIC,
            recv_mono_ns: now,
            ..orders::record_of(&order)
        });
        self.injected.push_back((
            asset,
            LiveEvent::Order {
                symbol: String::new(),
                order,
            },
        ));
    }

    /// Passes an order without a pending request to `LiveBot`.
    pub(crate) fn inject_unpended(&mut self, asset: usize, order: Order) {
        self.push(&Record {
            asset: index(asset),
            flags: FLAG_SYNTHETIC,
            recv_mono_ns: self.clock.monotonic_ns(),
            ..orders::record_of(&order)
        });
        let symbol = String::new();
        self.injected
            .push_back((asset, LiveEvent::Order { symbol, order }));
    }
}
