//! The table `limits`: limits of orders that are filled in this process.

use hbl_exchange::Limits;
use serde::Deserialize;

/// Largest exposure as a multiple of the equity when nothing is said.
pub const LEVERAGE: f64 = 10.0;

/// Value of an order in dollars: least and most.
const DOLLARS: (f64, f64) = (5.0, 5_000_000.0);
/// How far through the market a price may be, as a fraction of the middle.
const BAND: f64 = 0.1;
/// Open orders of one symbol.
const ORDERS: u32 = 500;

/// Limits of orders that are filled here. What is left out comes from the venue's list of
/// instruments, and where it says nothing either, from the defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Smallest quantity. Default: one lot.
    pub min_qty: Option<f64>,
    /// Largest quantity of a limit order. Default: no limit but `max_notional` and the margin.
    pub max_qty: Option<f64>,
    /// Largest quantity of a market order. Default: `max_qty`.
    pub max_market_qty: Option<f64>,
    /// Smallest price × quantity. Default 5 for symbols that end with USDT, USDC or USD, else 0.
    pub min_notional: Option<f64>,
    /// Largest price × quantity. Default 5 000 000 for such symbols, else no limit.
    pub max_notional: Option<f64>,
    /// How far above the middle of the book a buy may be, and below it a sell, as a fraction.
    /// Default 0.1.
    pub price_band: Option<f64>,
    /// Most open orders in a symbol. Default 500.
    pub max_orders: Option<u32>,
}

impl LimitsConfig {
    /// The limits of a symbol whose venue says nothing of them.
    pub fn limits(&self, symbol: &str) -> Limits {
        let is_in_dollars = ["USDT", "USDC", "USD"]
            .iter()
            .any(|coin| symbol.ends_with(coin));
        let (min_notional, max_notional) = if is_in_dollars {
            DOLLARS
        } else {
            (0.0, f64::INFINITY)
        };
        self.over(Limits {
            min_notional,
            max_notional,
            band_up: BAND,
            band_down: BAND,
            max_orders: ORDERS,
            ..Limits::default()
        })
    }

    /// These limits, with what is left out as it is in `base`.
    pub fn over(&self, base: Limits) -> Limits {
        let max_qty = self.max_qty.unwrap_or(base.max_qty);
        Limits {
            min_qty: self.min_qty.unwrap_or(base.min_qty),
            max_qty,
            max_market_qty: self
                .max_market_qty
                .or(self.max_qty)
                .unwrap_or(base.max_market_qty),
            min_notional: self.min_notional.unwrap_or(base.min_notional),
            max_notional: self.max_notional.unwrap_or(base.max_notional),
            band_up: self.price_band.unwrap_or(base.band_up),
            band_down: self.price_band.unwrap_or(base.band_down),
            max_orders: self.max_orders.unwrap_or(base.max_orders),
            ..base
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_the_default_of_the_symbols_currency() {
        let text = "max_qty = 7.0\nprice_band = 0.02\n";
        let config: LimitsConfig = toml::from_str(text).unwrap();
        let limits = config.limits("BTCUSDT");
        assert_eq!((limits.max_qty, limits.max_market_qty), (7.0, 7.0));
        assert_eq!((limits.band_up, limits.band_down), (0.02, 0.02));
        assert_eq!((limits.min_notional, limits.max_notional), DOLLARS);
        assert_eq!(limits.max_orders, ORDERS);
        let limits = config.limits("ETHBTC");
        assert_eq!(limits.min_notional, 0.0);
        assert!(toml::from_str::<LimitsConfig>("max_quantity = 1.0").is_err());
    }
}
