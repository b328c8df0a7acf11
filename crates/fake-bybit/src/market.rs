//! A market: its instrument, its grid and the state of its book.

use hbl_exchange::{FlowConfig, Instrument, SetupError};

use crate::{category::Category, config::MarketConfig, decimal, listing::Listing};

/// Largest order, in lots.
pub(crate) const MAX_LOTS: i64 = 1_000_000_000;

/// Smallest order value, in USDT.
pub(crate) const MIN_NOTIONAL: f64 = 5.0;

#[derive(Debug)]
pub(crate) struct Market {
    pub(crate) category: Category,
    pub(crate) symbol: String,
    pub(crate) base: String,
    pub(crate) start_px: f64,
    pub(crate) spec: Instrument,
    tick: i128,
    step: i128,
    pub(crate) tick_text: String,
    pub(crate) step_text: String,
    pub(crate) px_decimals: usize,
    qty_decimals: usize,
    /// Matching time of the latest change of the book, ms.
    pub(crate) cts_ms: i64,
    /// Cross sequence of the latest change of the book.
    pub(crate) seq: u64,
    pub(crate) last_tick: i64,
    /// Its listing, where a command has changed it.
    pub(crate) listing: Listing,
}

impl Market {
    pub(crate) fn new(config: &MarketConfig) -> Result<Self, SetupError> {
        let (maker, taker) = match config.category {
            Category::Linear => (0.0002, 0.00055),
            Category::Spot => (0.001, 0.001),
        };
        let size = |text: &str| text.parse().unwrap_or(f64::NAN);
        // Symbols are unique in the exchange, so spot gets another name.
        let name = match config.category {
            Category::Linear => config.symbol.clone(),
            Category::Spot => format!("spot:{}", config.symbol),
        };
        let spec = Instrument::new(&name, size(&config.tick), size(&config.step))?
            .with_fees(maker, taker)?;
        Ok(Self {
            category: config.category,
            symbol: config.symbol.clone(),
            base: config.symbol.trim_end_matches("USDT").to_owned(),
            start_px: config.px,
            spec,
            tick: decimal::parse(&config.tick).unwrap_or(decimal::ONE),
            step: decimal::parse(&config.step).unwrap_or(decimal::ONE),
            tick_text: config.tick.clone(),
            step_text: config.step.clone(),
            px_decimals: decimal::decimals(&config.tick),
            qty_decimals: decimal::decimals(&config.step),
            cts_ms: 0,
            seq: 0,
            last_tick: 0,
            listing: Listing::default(),
        })
    }

    pub(crate) fn flow(config: &MarketConfig) -> Option<FlowConfig> {
        (config.levels > 0).then(|| FlowConfig {
            initial_px: config.px,
            levels: config.levels,
            level_rate_hz: config.level_rate_hz,
            trade_rate_hz: config.trade_rate_hz,
            ..FlowConfig::default()
        })
    }

    /// Ticks of a decimal price; `None` when it is none or not on a tick.
    pub(crate) fn ticks(&self, text: &str) -> Option<i64> {
        units(text, self.tick)
    }

    /// Lots of a decimal quantity; `None` when it is none or not on a step.
    pub(crate) fn lots(&self, text: &str) -> Option<i64> {
        units(text, self.step)
    }

    pub(crate) fn px(&self, ticks: i64) -> String {
        decimal::format(i128::from(ticks) * self.tick, self.px_decimals)
    }

    pub(crate) fn qty(&self, lots: i64) -> String {
        if lots == 0 {
            return "0".into();
        }
        decimal::format(i128::from(lots) * self.step, self.qty_decimals)
    }

    pub(crate) fn max_lots(&self) -> i64 {
        MAX_LOTS
    }
}

fn units(text: &str, unit: i128) -> Option<i64> {
    let value = decimal::parse(text)?;
    (value % unit == 0).then_some(value / unit)?.try_into().ok()
}
