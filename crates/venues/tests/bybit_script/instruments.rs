//! The instrument as the venue lists it.

use serde_json::{Value, json};

use super::{SYMBOL, Script, settings};

pub const INSTRUMENTS: &str = "/v5/market/instruments-info";

/// `XUSDT` with these sizes; `more` adds and replaces fields.
pub fn instrument(tick: &str, lot: &str, more: Value) -> Value {
    let mut item = json!({
        "symbol": SYMBOL, "status": "Trading", "baseCoin": "X", "settleCoin": "USDT",
        "priceFilter": { "tickSize": tick },
        "lotSizeFilter": { "qtyStep": lot, "minOrderQty": "0.1", "minNotionalValue": "5" },
    });
    for (key, value) in more.as_object().unwrap() {
        item[key] = value.clone();
    }
    item
}

impl Script {
    /// As [`Script::ready`], with an instrument of which the venue says more.
    pub fn listed() -> Self {
        let mut venue = Self::new(settings());
        let item = instrument("0.5", "0.1", json!({}));
        venue.will_list(INSTRUMENTS, &[&item], 1);
        venue.start(0.5, 0.1);
        assert!(venue.core.is_ready(), "{:?}", venue.events);
        venue.forget();
        venue
    }
}
