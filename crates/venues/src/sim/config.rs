//! Settings of the simulated venue.

use hbl_exchange::{ExchangeConfig, Faults, FlowConfig, Latency, SelfTrade};
use serde::Deserialize;

use crate::kit::config::limits_config::{LEVERAGE, LimitsConfig};
use crate::paper::config::PaperConfig;

/// Settings of the simulated venue. Every key has a default.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SimConfig {
    /// Everything random comes from it. Default 1.
    pub seed: u64,
    /// Cash of the account at the start, in quote currency. Default 1 000 000.
    pub initial_balance: f64,
    /// Name of that currency in balances. Default `USDT`.
    pub coin: String,
    /// Largest exposure as a multiple of the equity. Default 10.
    pub leverage: Option<f64>,
    /// Limits of orders of the symbols that have none of their own.
    pub limits: LimitsConfig,
    /// What happens when an order meets one of the same account. Default: the incoming one expires.
    pub self_trade: SelfTrade,
    /// How long messages travel, in nanoseconds. Default: no time.
    pub latency: Latency,
    /// Injected faults. Default: none.
    pub faults: Faults,
    /// How `--paper` fills orders.
    pub paper: PaperConfig,
    /// The instruments. Default: BTCUSDT and ETHUSDT.
    pub symbols: Vec<SimSymbol>,
}

/// One instrument of the simulated venue. Only `symbol` must be given.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SimSymbol {
    /// Name, as bots register it.
    pub symbol: String,
    /// Price step. Default 0.1.
    #[serde(default = "tick_size")]
    pub tick_size: f64,
    /// Quantity step. Default 0.001.
    #[serde(default = "lot_size")]
    pub lot_size: f64,
    /// Fee of passive executions as a fraction of their value, negative is a rebate. Default 0.0002.
    #[serde(default = "maker_fee_rate")]
    pub maker_fee_rate: f64,
    /// Fee of aggressive executions. Default 0.0005.
    #[serde(default = "taker_fee_rate")]
    pub taker_fee_rate: f64,
    /// Price at the start. Default 50 000.
    #[serde(default = "price")]
    pub price: f64,
    /// Standard deviation of the price after one second, as a fraction of it. Default 0.0001.
    #[serde(default = "volatility")]
    pub volatility: f64,
    /// Changes of levels per second. Default 1000.
    #[serde(default = "levels_per_second")]
    pub levels_per_second: f64,
    /// Trades per second. Default 20.
    #[serde(default = "trades_per_second")]
    pub trades_per_second: f64,
    /// Share of the trades that were set off by other trades, 0 to 0.95. Default 0.7.
    #[serde(default = "clustering")]
    pub clustering: f64,
    /// How long a trade sets off others, milliseconds. Default 50.
    #[serde(default = "cluster_ms")]
    pub cluster_ms: f64,
    /// Levels on each side, 4 to 1000. Default 40.
    #[serde(default = "levels")]
    pub levels: u32,
    /// Mean distance between neighbouring levels, in ticks. Default 1.5.
    #[serde(default = "level_gap_ticks")]
    pub level_gap_ticks: f64,
    /// Mean spread in ticks. Default 1.5.
    #[serde(default = "spread_ticks")]
    pub spread_ticks: f64,
    /// Mean quantity of a level; 0 (default): 500 lots.
    #[serde(default)]
    pub level_qty: f64,
    /// Mean quantity of a trade; 0 (default): 100 lots.
    #[serde(default)]
    pub trade_qty: f64,
    /// Limits of orders. Default: those of the file.
    #[serde(default)]
    pub limits: Option<LimitsConfig>,
}

macro_rules! defaults {
    ($($name:ident: $type:ty = $value:expr;)*) => { $(fn $name() -> $type { $value })* };
}
defaults! {
    tick_size: f64 = 0.1;
    lot_size: f64 = 0.001;
    maker_fee_rate: f64 = 0.0002;
    taker_fee_rate: f64 = 0.0005;
    price: f64 = 50_000.0;
    volatility: f64 = 0.0001;
    levels_per_second: f64 = 1000.0;
    trades_per_second: f64 = 20.0;
    clustering: f64 = 0.7;
    cluster_ms: f64 = 50.0;
    levels: u32 = 40;
    level_gap_ticks: f64 = 1.5;
    spread_ticks: f64 = 1.5;
}

impl Default for SimConfig {
    fn default() -> Self {
        let exchange = ExchangeConfig::default();
        Self {
            seed: exchange.seed,
            initial_balance: exchange.initial_balance,
            coin: "USDT".to_owned(),
            leverage: Some(LEVERAGE),
            limits: LimitsConfig::default(),
            self_trade: exchange.self_trade,
            latency: exchange.latency,
            faults: exchange.faults,
            paper: PaperConfig::default(),
            symbols: vec![SimSymbol::named("BTCUSDT"), SimSymbol::named("ETHUSDT")],
        }
    }
}

impl SimConfig {
    /// Keeps only the named symbols. Without a file, names that are new get default settings.
    ///
    /// # Errors
    /// The first name that the file does not have, or that is a known one in the wrong case: it would be a
    /// market of its own, at another price.
    pub fn select(&mut self, names: &[String], from_file: bool) -> Result<(), String> {
        if names.is_empty() {
            return Ok(());
        }
        let mut selected = Vec::new();
        for name in names {
            match self.symbols.iter().find(|known| known.symbol == *name) {
                Some(known) => selected.push(known.clone()),
                None if from_file || self.is_in_wrong_case(name) => return Err(name.clone()),
                None => selected.push(SimSymbol::named(name)),
            }
        }
        self.symbols = selected;
        Ok(())
    }

    fn is_in_wrong_case(&self, name: &str) -> bool {
        let known = |known: &SimSymbol| known.symbol.eq_ignore_ascii_case(name);
        self.symbols.iter().any(known)
    }

    /// The exchange's own settings.
    pub fn exchange(&self) -> ExchangeConfig {
        ExchangeConfig {
            seed: self.seed,
            latency: self.latency,
            faults: self.faults,
            self_trade: self.self_trade,
            initial_balance: self.initial_balance,
            leverage: self.leverage,
        }
    }
}

impl SimSymbol {
    /// Default settings of a name. Known names get a likely price.
    pub fn named(symbol: &str) -> Self {
        let (price, tick_size, lot_size, levels_per_second, trades_per_second) = match symbol {
            "BTCUSDT" => (50_000.0, 0.1, 0.001, 1300.0, 40.0),
            "ETHUSDT" => (2_500.0, 0.01, 0.01, 640.0, 20.0),
            _ => (100.0, 0.01, 0.01, 400.0, 10.0),
        };
        Self {
            symbol: symbol.to_owned(),
            tick_size,
            lot_size,
            price,
            levels_per_second,
            trades_per_second,
            maker_fee_rate: maker_fee_rate(),
            taker_fee_rate: taker_fee_rate(),
            volatility: volatility(),
            clustering: clustering(),
            cluster_ms: cluster_ms(),
            levels: levels(),
            level_gap_ticks: level_gap_ticks(),
            spread_ticks: spread_ticks(),
            level_qty: 0.0,
            trade_qty: 0.0,
            limits: None,
        }
    }

    /// The exchange's own settings.
    pub fn flow(&self) -> FlowConfig {
        FlowConfig {
            initial_px: self.price,
            volatility: self.volatility,
            level_rate_hz: self.levels_per_second,
            trade_rate_hz: self.trades_per_second,
            clustering: self.clustering,
            cluster_ms: self.cluster_ms,
            levels: self.levels,
            level_gap_ticks: self.level_gap_ticks,
            spread_ticks: self.spread_ticks,
            level_qty: self.level_qty,
            trade_qty: self.trade_qty,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_what_it_changes_and_the_rest_is_default() {
        let config: SimConfig = toml::from_str(
            "seed = 9\n[latency]\nentry_ns = 1000\n[[symbols]]\nsymbol = \"SOLUSDT\"\nprice = 150.0\ntick_size = 0.01\n",
        )
        .unwrap();
        assert_eq!((config.seed, config.latency.entry_ns), (9, 1000));
        assert_eq!(config.symbols.len(), 1);
        assert_eq!(
            (config.symbols[0].price, config.symbols[0].levels),
            (150.0, 40)
        );
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let error = toml::from_str::<SimConfig>("seed = 9\n\nvolatilty = 1.0\n")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("volatilty") && error.contains("line 3"),
            "{error}"
        );
        let text = "[[symbols]]\nsymbol = \"X\"\ntik_size = 1.0\n";
        let error = toml::from_str::<SimConfig>(text).unwrap_err().to_string();
        assert!(
            error.contains("tik_size") && error.contains("line 3"),
            "{error}"
        );
    }

    #[test]
    fn names_on_the_command_line_select_symbols() {
        let mut config = SimConfig::default();
        config
            .select(&["ETHUSDT".into(), "SOLUSDT".into()], false)
            .unwrap();
        let names: Vec<_> = config.symbols.iter().map(|s| s.symbol.as_str()).collect();
        assert_eq!(names, ["ETHUSDT", "SOLUSDT"]);
        assert_eq!(
            SimConfig::default().select(&["ethusdt".into()], false),
            Err("ethusdt".into())
        );
        assert_eq!(
            config.select(&["XRPUSDT".into()], true),
            Err("XRPUSDT".into())
        );
    }
}
