//! Settings of the background flow.

use serde::{Deserialize, Serialize};

use crate::{instrument::Instrument, setup_error::SetupError};

/// Settings of the background flow of one instrument. Every field has a default.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FlowConfig {
    /// Price at the start, in price units; rounded to a tick. Default 60 000.
    pub initial_px: f64,
    /// Standard deviation of the price after one second, as a fraction of it (it grows with the
    /// square root of time). Default 0.0001: 56 % a year. At most 2 ticks × √`level_rate_hz` has an
    /// effect: a book cannot follow a faster price.
    pub volatility: f64,
    /// Level updates per second on average, those of trades included; 0.1 to 200 000. Default 1000.
    pub level_rate_hz: f64,
    /// Trades per second on average; 0 to 200 000. Default 20. Each costs a level update or more: near
    /// `level_rate_hz`, nothing is left to close the spread with, and it is wide.
    pub trade_rate_hz: f64,
    /// Share of the trades that were set off by other trades, 0 (none: a Poisson process) to 0.95.
    /// Default 0.7.
    pub clustering: f64,
    /// How long a trade sets off others, in milliseconds (time constant). Default 50.
    pub cluster_ms: f64,
    /// Levels on each side, 4 to 1000. Default 40.
    pub levels: u32,
    /// Mean distance between neighbouring levels, in ticks, 1 or more. Default 1.5.
    pub level_gap_ticks: f64,
    /// Mean spread in ticks, 1 or more. Default 1.5.
    pub spread_ticks: f64,
    /// Mean quantity of a level, in quantity units; it grows with the distance from the top.
    /// 0 (default): 500 lots.
    pub level_qty: f64,
    /// Mean quantity of a trade, in quantity units. 0 (default): 100 lots.
    pub trade_qty: f64,
}

impl Default for FlowConfig {
    fn default() -> Self {
        Self {
            initial_px: 60_000.0,
            volatility: 0.0001,
            level_rate_hz: 1000.0,
            trade_rate_hz: 20.0,
            clustering: 0.7,
            cluster_ms: 50.0,
            levels: 40,
            level_gap_ticks: 1.5,
            spread_ticks: 1.5,
            level_qty: 0.0,
            trade_qty: 0.0,
        }
    }
}

impl FlowConfig {
    /// # Errors
    /// When a number is outside of its range, or the price too few ticks for the levels.
    pub(crate) fn validate(&self, spec: &Instrument) -> Result<(), SetupError> {
        for (field, value, range, rule) in [
            (
                "level_rate_hz",
                self.level_rate_hz,
                0.1..=200_000.0,
                "0.1 to 200000",
            ),
            (
                "trade_rate_hz",
                self.trade_rate_hz,
                0.0..=200_000.0,
                "0 to 200000",
            ),
            ("volatility", self.volatility, 0.0..=0.1, "0 to 0.1"),
            ("clustering", self.clustering, 0.0..=0.95, "0 to 0.95"),
            (
                "cluster_ms",
                self.cluster_ms,
                0.001..=60_000.0,
                "0.001 to 60000",
            ),
            ("levels", f64::from(self.levels), 4.0..=1000.0, "4 to 1000"),
            (
                "level_gap_ticks",
                self.level_gap_ticks,
                1.0..=1000.0,
                "1 to 1000",
            ),
            ("spread_ticks", self.spread_ticks, 1.0..=1000.0, "1 to 1000"),
        ] {
            SetupError::check(range.contains(&value), field, value, rule)?;
        }
        for (field, qty) in [("level_qty", self.level_qty), ("trade_qty", self.trade_qty)] {
            let ok =
                qty == 0.0 || (qty > 0.0 && (1..1_000_000_000).contains(&spec.nearest_lots(qty)));
            SetupError::check(ok, field, qty, "0, or 1 to a billion lots")?;
        }
        let px = self.initial_px;
        let room = spec.px(self.floor_tick());
        let ok = px.is_finite() && px >= room && spec.nearest_tick(px) <= 1_000_000_000_000;
        SetupError::check(
            ok,
            "initial_px",
            px,
            "more ticks than the levels need, at most 10^12",
        )?;
        Ok(())
    }

    /// The lowest fair price, in ticks: there is room for all bids below it.
    pub(crate) fn floor_tick(&self) -> i64 {
        (f64::from(self.levels) * self.level_gap_ticks * 2.0 + self.spread_ticks) as i64 + 4
    }

    /// Mean quantity of a level in lots.
    pub(crate) fn level_lots(&self, spec: &Instrument) -> i64 {
        if self.level_qty == 0.0 {
            500
        } else {
            spec.nearest_lots(self.level_qty)
        }
    }

    /// Mean quantity of a trade in lots.
    pub(crate) fn trade_lots(&self, spec: &Instrument) -> i64 {
        if self.trade_qty == 0.0 {
            100
        } else {
            spec.nearest_lots(self.trade_qty)
        }
    }
}
