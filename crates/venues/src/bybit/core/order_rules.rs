//! Rules for orders, from the venue's list of instruments.

use crate::bybit::core::BybitCore;
use crate::bybit::frames::rest::InstrumentItem;
use crate::bybit::paper_rules;
use crate::kit::config::limits_config::LimitsConfig;
use crate::kit::order_rules::OrderRules;

impl BybitCore {
    /// Keeps the limits of an instrument.
    pub(super) fn note_limits(&mut self, name: &str, item: &InstrumentItem<'_>) {
        let base = LimitsConfig::default().limits(name);
        let limits = paper_rules::limits(item, self.is_spot(), base);
        self.limits.insert(name.to_owned(), limits);
    }

    pub(super) fn rules_of(&self, symbol: &str) -> Option<OrderRules> {
        Some(OrderRules {
            limits: *self.limits.get(symbol)?,
            code: if self.is_spot() {
                paper_rules::spot_code
            } else {
                paper_rules::linear_code
            },
        })
    }
}
