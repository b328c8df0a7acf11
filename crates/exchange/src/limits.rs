//! Limits of orders beside the grid, as venues set them.

use crate::setup_error::SetupError;

/// Limits of orders beside the grid: sizes, prices, number and margin. The default limits nothing. Amounts are in quantity units, prices and values in quote currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Smallest quantity of an order; 0: one lot.
    pub min_qty: f64,
    /// Largest quantity of a limit order; infinite: no limit.
    pub max_qty: f64,
    /// Largest quantity of a market order; infinite: no limit.
    pub max_market_qty: f64,
    /// Smallest value (price × quantity) of an order. A market order counts at the middle of the
    /// book.
    pub min_notional: f64,
    /// Largest value of an order; infinite: no limit.
    pub max_notional: f64,
    /// Lowest price of an order.
    pub min_px: f64,
    /// Highest price of an order; infinite: no limit.
    pub max_px: f64,
    /// How far above the middle of the book a buy may be, as a fraction of it; infinite: no limit.
    pub band_up: f64,
    /// How far below the middle of the book a sell may be, as a fraction of it; 1 or more: no limit.
    pub band_down: f64,
    /// Most open orders of an account in the instrument.
    pub max_orders: u32,
    /// Largest exposure as a multiple of the equity, where it is below the account's; infinite: no
    /// limit.
    pub max_leverage: f64,
    /// Spot: coins are bought and sold, and only coins that are held can be sold.
    pub is_spot: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            min_qty: 0.0,
            max_qty: f64::INFINITY,
            max_market_qty: f64::INFINITY,
            min_notional: 0.0,
            max_notional: f64::INFINITY,
            min_px: 0.0,
            max_px: f64::INFINITY,
            band_up: f64::INFINITY,
            band_down: f64::INFINITY,
            max_orders: u32::MAX,
            max_leverage: f64::INFINITY,
            is_spot: false,
        }
    }
}

impl Limits {
    /// # Errors
    /// When a number is NaN or negative, or the leverage is 0.
    pub(crate) fn validate(&self) -> Result<(), SetupError> {
        for (field, value) in [
            ("min_qty", self.min_qty),
            ("max_qty", self.max_qty),
            ("max_market_qty", self.max_market_qty),
            ("min_notional", self.min_notional),
            ("max_notional", self.max_notional),
            ("min_px", self.min_px),
            ("max_px", self.max_px),
            ("band_up", self.band_up),
            ("band_down", self.band_down),
        ] {
            if value.is_nan() || value < 0.0 {
                let rule = "a number from 0 on";
                return Err(SetupError::Number { field, value, rule });
            }
        }
        let value = self.max_leverage;
        if value > 0.0 {
            return Ok(());
        }
        Err(SetupError::Number {
            field: "max_leverage",
            value,
            rule: "a number above 0",
        })
    }
}
