//! Settings of paper trading: the table `[paper]` of every venue's file.

use hbl_exchange::{
    ExchangeConfig, Faults, FillSimulator, Instrument, Latency, QueueModel, SetupError,
};
use serde::Deserialize;

use crate::kit::config::limits_config::{LEVERAGE, LimitsConfig};

/// How long orders and answers travel when nothing is said: 5 ms each way.
const ORDER_WAY_NS: i64 = 5_000_000;

/// Settings of paper trading. Every key has a default.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PaperConfig {
    /// Fee of passive executions as a fraction of their value, negative is a rebate. Default 0.0002.
    pub maker_fee_rate: f64,
    /// Fee of aggressive executions. Default 0.0005.
    pub taker_fee_rate: f64,
    /// How a resting order advances in the queue of its level. Default risk averse.
    pub queue_model: QueueModel,
    /// Everything random comes from it. Default 1.
    pub seed: u64,
    /// Cash of the account at the start, in quote currency. Default 1 000 000.
    pub initial_balance: f64,
    /// Name of that currency in balances. Default `USDT`.
    pub coin: String,
    /// Largest exposure as a multiple of the equity. Default 10; a spot market has 1.
    pub leverage: Option<f64>,
    /// Limits of orders, in the place of the venue's. Default: as the venue has them.
    pub limits: LimitsConfig,
    /// How long messages travel, in nanoseconds. Default: orders and answers 5 ms each, market data
    /// no time on top of what it takes anyway. A table replaces all of it: what it leaves out is 0.
    pub latency: Latency,
    /// Injected faults. Default: none.
    pub faults: Faults,
}

impl Default for PaperConfig {
    fn default() -> Self {
        let exchange = ExchangeConfig::default();
        Self {
            maker_fee_rate: 0.0002,
            taker_fee_rate: 0.0005,
            queue_model: QueueModel::default(),
            seed: exchange.seed,
            initial_balance: exchange.initial_balance,
            coin: "USDT".to_owned(),
            leverage: Some(LEVERAGE),
            limits: LimitsConfig::default(),
            latency: Latency {
                entry_ns: ORDER_WAY_NS,
                response_ns: ORDER_WAY_NS,
                ..Latency::default()
            },
            faults: exchange.faults,
        }
    }
}

impl PaperConfig {
    /// An exchange with these settings, without instruments.
    ///
    /// # Errors
    /// When a setting is outside of its range.
    pub fn exchange(&self, start_ns: i64) -> Result<FillSimulator, SetupError> {
        let config = ExchangeConfig {
            seed: self.seed,
            latency: self.latency,
            faults: self.faults,
            initial_balance: self.initial_balance,
            leverage: self.leverage,
            ..ExchangeConfig::default()
        };
        // Fees and limits are an instrument's, and wrong ones must be found before the first of them.
        Instrument::new("-", 1.0, 1.0)?
            .with_fees(self.maker_fee_rate, self.taker_fee_rate)?
            .with_limits(self.limits.limits("-"))?;
        FillSimulator::new(config, self.queue_model, start_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_changes_what_it_names() {
        let text = "maker_fee_rate = -0.0001\nseed = 9\n[queue_model]\nmodel = \"prob_power3\"\nn = 3.0\n[latency]\nentry_ns = 7\n";
        let config: PaperConfig = toml::from_str(text).unwrap();
        assert_eq!((config.maker_fee_rate, config.seed), (-0.0001, 9));
        assert_eq!(config.queue_model, QueueModel::ProbPower3 { n: 3.0 });
        assert_eq!(
            (config.latency.entry_ns, config.latency.response_ns),
            (7, 0)
        );
        assert_eq!(config.taker_fee_rate, PaperConfig::default().taker_fee_rate);
        assert_eq!(PaperConfig::default().latency.entry_ns, 5_000_000);
        let error = toml::from_str::<PaperConfig>("makr_fee_rate = 0").unwrap_err();
        assert!(error.to_string().contains("makr_fee_rate"));
    }

    #[test]
    fn what_is_out_of_range_is_refused_before_the_first_order() {
        let config = PaperConfig {
            initial_balance: f64::NAN,
            ..PaperConfig::default()
        };
        assert!(config.exchange(0).is_err());
        let config = PaperConfig {
            taker_fee_rate: 2.0,
            ..PaperConfig::default()
        };
        assert!(config.exchange(0).is_err());
    }
}
