//! Configuration of a fake venue.

use serde::{Deserialize, Serialize};

use crate::{category::Category, settings::Settings};

/// Configuration of a fake venue. Every field has a default.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// Seed of all random draws: market, ids, faults. Default 1.
    pub seed: u64,
    /// First of four consecutive ports (public, private, trade, REST) on 127.0.0.1. 0 (default):
    /// any free ones.
    pub port: u16,
    /// The accepted API key. Default `LOOPKEY0000000001`.
    pub api_key: String,
    /// Its secret. Default `loopback-secret-0001`.
    pub api_secret: String,
    /// More keys of the same account, each with its secret. Default none.
    pub more_keys: Vec<[String; 2]>,
    /// The number of the account. Default 24 617 703.
    pub user_id: u64,
    /// USDT in the wallet at the start. Default 100 000.
    pub balance_usdt: f64,
    pub markets: Vec<MarketConfig>,
    /// The switches at the start.
    pub settings: Settings,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MarketConfig {
    pub category: Category,
    /// Symbol: base, then USDT.
    pub symbol: String,
    /// Price step as a decimal; its decimals are those of all prices.
    pub tick: String,
    /// Quantity step as a decimal; its decimals are those of all quantities.
    pub step: String,
    /// Price at the start. Also the reference of the price limits while the book is empty.
    pub px: f64,
    /// Levels of the background book on each side; 0: no background at all, the book holds only
    /// what is placed in it.
    pub levels: u32,
    /// Level updates per second of the background.
    pub level_rate_hz: f64,
    /// Trades per second of the background.
    pub trade_rate_hz: f64,
}

impl MarketConfig {
    fn new(category: Category, symbol: &str, tick: &str, step: &str, px: f64, levels: u32) -> Self {
        Self {
            category,
            symbol: symbol.to_owned(),
            tick: tick.to_owned(),
            step: step.to_owned(),
            px,
            levels,
            level_rate_hz: 400.0,
            trade_rate_hz: 10.0,
        }
    }
}

impl Config {
    /// The secret of a key; `None`: there is no such key.
    pub(crate) fn secret_of(&self, key: &str) -> Option<&str> {
        if key == self.api_key {
            return Some(&self.api_secret);
        }
        let more = self.more_keys.iter().find(|[known, _]| known == key);
        more.map(|[_, secret]| secret.as_str())
    }
}

impl Default for Config {
    fn default() -> Self {
        use Category::{Linear, Spot};
        Self {
            seed: 1,
            port: 0,
            api_key: "LOOPKEY0000000001".into(),
            api_secret: "loopback-secret-0001".into(),
            more_keys: Vec::new(),
            user_id: 24_617_703,
            balance_usdt: 100_000.0,
            markets: vec![
                MarketConfig::new(Linear, "BTCUSDT", "0.10", "0.001", 60_000.0, 250),
                MarketConfig::new(Linear, "ETHUSDT", "0.01", "0.01", 3_000.0, 120),
                MarketConfig::new(Linear, "SOLUSDT", "0.010", "0.1", 141.0, 60),
                MarketConfig::new(Linear, "XRPUSDT", "0.0001", "0.1", 2.5, 0),
                MarketConfig::new(Spot, "BTCUSDT", "0.01", "0.000001", 60_000.0, 120),
                MarketConfig::new(Spot, "XRPUSDT", "0.0001", "0.01", 2.5, 0),
            ],
            settings: Settings::default(),
        }
    }
}
