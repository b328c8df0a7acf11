//! The items of `instruments-info`.

use serde_json::{Value, json};

use crate::{
    category::Category,
    json::extend,
    market::{MAX_LOTS, Market},
};

impl Market {
    /// The instrument as `instruments-info` has it.
    pub(crate) fn listed(&self) -> Option<Value> {
        if self.listing.gone {
            return None;
        }
        let mut item = self.info();
        let listing = &self.listing;
        let mut set = |path: &[&str], text: &Option<String>| {
            let Some(text) = text else { return };
            let mut at = &mut item;
            for key in path {
                at = &mut at[*key];
            }
            *at = text.clone().into();
        };
        set(&["priceFilter", "tickSize"], &listing.tick);
        let step = match self.category {
            Category::Linear => "qtyStep",
            Category::Spot => "basePrecision",
        };
        set(&["lotSizeFilter", step], &listing.step);
        set(&["lotSizeFilter", "minOrderQty"], &listing.min_qty);
        set(&["status"], &listing.status);
        set(&["settleCoin"], &listing.settle_coin);
        extend(&mut item, listing.raw.clone());
        Some(item)
    }

    /// The item as the market was configured.
    fn info(&self) -> Value {
        let scale = self.px_decimals.to_string();
        match self.category {
            Category::Linear => json!({
                "symbol": self.symbol, "contractType": "LinearPerpetual", "status": "Trading",
                "baseCoin": self.base, "quoteCoin": "USDT", "settleCoin": "USDT",
                "launchTime": "1585526400000", "deliveryTime": "0", "deliveryFeeRate": "",
                "priceScale": scale, "fundingInterval": 480, "isPreListing": false,
                "unifiedMarginTrade": true, "copyTrading": "both", "symbolId": 1,
                "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
                "priceFilter": {"minPrice": self.px(1), "maxPrice": self.px(100_000_000), "tickSize": self.tick_text},
                "lotSizeFilter": {
                    "minOrderQty": self.step_text, "maxOrderQty": self.qty(MAX_LOTS),
                    "maxMktOrderQty": self.qty(MAX_LOTS), "postOnlyMaxOrderQty": self.qty(MAX_LOTS),
                    "qtyStep": self.step_text, "minNotionalValue": "5"
                },
                "riskParameters": {"priceLimitRatioX": "0.5", "priceLimitRatioY": "0.5"}
            }),
            Category::Spot => json!({
                "symbol": self.symbol, "status": "Trading", "baseCoin": self.base,
                "quoteCoin": "USDT", "innovation": "0", "marginTrading": "both", "symbolId": 2,
                "priceFilter": {"tickSize": self.tick_text},
                "lotSizeFilter": {
                    "basePrecision": self.step_text, "quotePrecision": "0.00000001",
                    "minOrderQty": self.step_text, "maxOrderQty": self.qty(MAX_LOTS),
                    "minOrderAmt": "5", "maxOrderAmt": "100000000",
                    "maxLimitOrderQty": self.qty(MAX_LOTS), "maxMarketOrderQty": self.qty(MAX_LOTS)
                },
                "riskParameters": {"priceLimitRatioX": "0.5", "priceLimitRatioY": "0.5"}
            }),
        }
    }
}
