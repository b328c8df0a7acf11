//! The file `bybit.toml`: upstream's keys and those of this project.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::bybit::options::{OnConnect, OrderEntry, PositionMode};
use crate::kit::config::load_private;
use crate::kit::config::secret::SecretKey;
use crate::kit::error::VenueError;
use crate::paper::config::PaperConfig;

/// The keys of `bybit.toml`. Every key has a default; an unknown one is an error.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BybitConfig {
    /// `mainnet` (default), `testnet` or `demo`: which addresses are used.
    pub environment: Option<Environment>,
    /// Market data socket. Default: that of the environment and the category.
    pub public_url: Option<String>,
    /// Private socket. Default: that of the environment.
    pub private_url: Option<String>,
    /// Order entry socket. Default: that of the environment.
    pub trade_url: Option<String>,
    /// REST. Default: that of the environment.
    pub rest_url: Option<String>,
    /// `linear` (default) or `spot`.
    pub category: Option<Category>,
    /// Topics as upstream names them, without the symbol: `orderbook.50`, `publicTrade`. They say
    /// the same as `depths`; trades are always subscribed.
    pub topics: Option<Vec<String>>,
    /// Depths of the book, any of 1, 50, 200, 1000. Default 1 and 50.
    pub depths: Option<Vec<u32>>,
    /// Marks the orders as ours. 1 to 5 letters or digits; default `hbl`. Two connectors on one
    /// account need two prefixes.
    pub order_prefix: Option<String>,
    /// API key; `BYBIT_API_KEY` goes before it.
    pub api_key: Option<SecretKey>,
    /// API secret; `BYBIT_API_SECRET` goes before it.
    pub secret: Option<SecretKey>,
    /// Coin whose positions and orders are read, for `linear`. Default `USDT`.
    pub settle_coin: Option<String>,
    /// True (default): orders are filled here against the venue's market data. False: they are sent.
    /// `CONNECTOR_PAPER_TRADING` goes before it.
    pub paper_trading: Option<bool>,
    /// How paper trading fills orders.
    pub paper: PaperConfig,
    /// What happens to open orders of previous sessions: `adopt` (default), `cancel-ours`,
    /// `cancel-any-run` or `none`.
    pub on_connect: Option<OnConnectWord>,
    /// `socket` (default) or `rest`; `demo` has REST only.
    pub order_entry: Option<OrderEntryWord>,
    /// `detect` (default), `one-way` or `hedge`.
    pub position_mode: Option<PositionModeWord>,
    /// How far back orders and executions of previous sessions are read, seconds. Default 86 400.
    pub lookback_s: Option<u32>,
    /// Most pages of each of these lists. Default 20.
    pub lookback_pages: Option<u32>,
    /// How old a request may be when the venue gets it, milliseconds. Default 5000.
    pub recv_window_ms: Option<u32>,
    /// Difference of the clocks above which no order is sent, milliseconds. Default 800.
    pub clock_refuse_ms: Option<u32>,
    /// How long an order may wait for the rate limit, milliseconds. Default 500.
    pub order_wait_ms: Option<u32>,
    /// How long a registration may wait for the venue's instruments, milliseconds. Default 30 000.
    pub register_wait_ms: Option<u32>,
    /// How long a REST call may take, milliseconds. Default 8000.
    pub rest_timeout_ms: Option<u32>,
    /// PEM file of authorities that TLS trusts besides those that browsers trust: a proxy's, or that
    /// of a venue of one's own. Default: none.
    pub ca_file: Option<PathBuf>,
    /// Seed of the jitter between attempts to connect. Default: from the clock.
    pub seed: Option<u64>,
}

/// One of the venue's sites.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Environment {
    /// Real money.
    #[default]
    Mainnet,
    /// Keys and prices of its own.
    Testnet,
    /// Orders without money on the real prices; no order entry socket.
    Demo,
}

impl Environment {
    /// Its name in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mainnet => "mainnet",
            Self::Testnet => "testnet",
            Self::Demo => "demo",
        }
    }
}

/// A product category.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// Perpetuals settled in USDT or USDC.
    #[default]
    Linear,
    /// Spot.
    Spot,
}

impl Category {
    /// The venue's name of it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Spot => "spot",
        }
    }
}

macro_rules! words {
    ($name:ident => $to:ty { $($word:ident => $value:expr, $doc:literal;)* }) => {
        /// The name in the file.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $(#[doc = $doc] $word,)* }

        impl From<$name> for $to {
            fn from(word: $name) -> Self {
                match word { $($name::$word => $value,)* }
            }
        }
    };
}

words!(OnConnectWord => OnConnect {
    Adopt => Self::Adopt, "They are followed.";
    CancelOurs => Self::CancelOurs, "Those of this machine's runs are cancelled.";
    CancelAnyRun => Self::CancelAnyRun, "They are cancelled, whatever machine they are of.";
    None => Self::None, "They are left alone.";
});
words!(OrderEntryWord => OrderEntry {
    Socket => Self::Socket, "Over the trade socket.";
    Rest => Self::Rest, "Over REST.";
});
words!(PositionModeWord => PositionMode {
    Detect => Self::Detect, "The venue is asked.";
    OneWay => Self::OneWay, "One position per symbol.";
    Hedge => Self::Hedge, "Two legs per symbol.";
});

/// Reads the file.
///
/// # Errors
/// [`VenueError::Config`] when the file cannot be read or understood, or holds keys and may be
/// read by others.
pub fn load(path: &Path) -> Result<BybitConfig, VenueError> {
    load_private(path, |config: &BybitConfig| {
        [&config.api_key, &config.secret]
    })
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
