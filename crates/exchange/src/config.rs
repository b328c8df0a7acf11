//! Configuration of an exchange.

use serde::{Deserialize, Serialize};

use crate::{fault::Faults, latency::Latency, setup_error::SetupError};

/// What happens when an order meets an order of its own account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelfTrade {
    /// The rest of the incoming order expires.
    #[default]
    ExpireTaker,
    /// The resting order expires, the incoming one goes on.
    ExpireMaker,
    /// The two orders trade with each other.
    Allow,
}

/// Configuration of an exchange; instruments have settings of their own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExchangeConfig {
    /// Seed of all random draws. Default 1.
    pub seed: u64,
    /// How long messages travel. Default: no time.
    pub latency: Latency,
    /// Faults. Default: none.
    pub faults: Faults,
    /// Self-trade policy. The fill simulator has no use for it: there, orders of accounts never
    /// meet each other.
    pub self_trade: SelfTrade,
    /// Wallet of an account when it first appears, in quote currency. Default 1 000 000.
    pub initial_balance: f64,
    /// Largest exposure of an account as a multiple of its equity; `None` (default): no limit.
    pub leverage: Option<f64>,
}

impl Default for ExchangeConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            latency: Latency::default(),
            faults: Faults::default(),
            self_trade: SelfTrade::default(),
            initial_balance: 1_000_000.0,
            leverage: None,
        }
    }
}

impl ExchangeConfig {
    /// # Errors
    /// When a number is outside of its range.
    pub(crate) fn validate(&self) -> Result<(), SetupError> {
        self.latency.validate()?;
        self.faults.validate()?;
        SetupError::check(
            true,
            "initial_balance",
            self.initial_balance,
            "a finite number",
        )?;
        if let Some(leverage) = self.leverage {
            SetupError::check(
                leverage > 0.0,
                "leverage",
                leverage,
                "a finite number above 0",
            )?;
        }
        Ok(())
    }
}
