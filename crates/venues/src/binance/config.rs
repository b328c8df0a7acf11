//! The file `binancefutures.toml`: the keys of hftbacktest's connector, and further ones.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::binance::{CoreSettings, TradeStream};
use crate::kit::config::flag::{By, Env, flag};
use crate::kit::config::place::Wrong;
use crate::kit::config::range::{millis, register_wait, within};
use crate::kit::config::secret::SecretKey;
use crate::kit::config::{address, load_private};
use crate::kit::error::VenueError;
use crate::paper::config::PaperConfig;

const DEPTH_SPEEDS: [&str; 4] = ["0ms", "100ms", "250ms", "500ms"];
const DEPTH_LIMITS: [u32; 7] = [5, 10, 20, 50, 100, 500, 1000];

/// The keys of `binancefutures.toml`. Every key has a default; an unknown one is an error.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BinanceConfig {
    /// WebSocket of depth, best prices and trades. Default
    /// `wss://fstream.binance.com/public/stream`.
    pub stream_url: Option<String>,
    /// WebSocket of aggregated trades. Default: `stream_url` with `/market` for `/public`.
    pub market_url: Option<String>,
    /// REST. Default `https://fapi.binance.com`.
    pub api_url: Option<String>,
    /// Speed of the depth stream: `0ms` (default, as upstream), `100ms`, `250ms` or `500ms`.
    pub depth: Option<String>,
    /// Levels on each side of a snapshot: 5, 10, 20, 50, 100, 500 or 1000 (default).
    pub depth_limit: Option<u32>,
    /// Whether best prices are laid over the depth. Default true.
    pub book_ticker: Option<bool>,
    /// `trade` (default, as upstream) or `aggTrade`.
    pub trades: Option<TradesWord>,
    /// Streams on one connection. Default 200.
    pub streams_per_connection: Option<u32>,
    /// REST weight that may be used in a minute. Default: half of what the venue allows.
    pub weight_per_minute: Option<u32>,
    /// How long depth may be silent before it is asked for anew, seconds. Default 60.
    pub silence_s: Option<u32>,
    /// Age at which a connection is replaced, seconds. Default 82 800, 23 hours.
    pub connection_age_s: Option<u32>,
    /// How long a REST call may take, milliseconds. Default 10 000.
    pub rest_timeout_ms: Option<u32>,
    /// How long a registration may wait for the instruments, milliseconds. Default 30 000.
    pub register_wait_ms: Option<u32>,
    /// Must be true (default): there are no real orders.
    pub paper_trading: Option<bool>,
    /// Settings of paper trading.
    pub paper: PaperConfig,
    /// PEM file of authorities that TLS trusts besides those that browsers trust: a proxy's, or that
    /// of a venue of one's own. Default: none.
    pub ca_file: Option<PathBuf>,
    /// Seed of the jitter between attempts to connect. Default: from the clock.
    pub seed: Option<u64>,
    /// Upstream's; without effect, because no orders are sent.
    pub order_prefix: Option<String>,
    /// Upstream's; without effect.
    pub api_key: Option<SecretKey>,
    /// Upstream's; without effect.
    pub secret: Option<SecretKey>,
}

/// The word in the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum TradesWord {
    /// Every trade.
    #[default]
    #[serde(rename = "trade")]
    Trade,
    /// Trades of one order at one price as one.
    #[serde(rename = "aggTrade")]
    AggTrade,
}

/// How the connector is to run.
#[derive(Clone, Debug)]
pub struct BinanceSettings {
    /// Settings of the protocol.
    pub core: CoreSettings,
    /// Whose market data it is: `mainnet`, `testnet`, or `custom` for addresses of others.
    pub venue: &'static str,
    /// Settings of paper trading.
    pub paper: PaperConfig,
    /// How long a registration may wait.
    pub register_wait: Duration,
    /// Authorities that TLS trusts besides the usual ones.
    pub ca_file: Option<PathBuf>,
    /// Settings without effect or out of date; bots get it as a notice too.
    pub warnings: Vec<String>,
}

/// Reads the file. Errors name the key and its line and never quote the line, for it may hold a key.
///
/// # Errors
/// [`VenueError::Config`] when the file cannot be read or understood, or holds keys and may be
/// read by others.
pub fn load(path: &Path) -> Result<BinanceConfig, VenueError> {
    load_private(path, |config: &BinanceConfig| {
        [&config.api_key, &config.secret]
    })
}

/// Puts the settings together.
///
/// # Errors
/// A setting that cannot be used, as a text.
pub fn resolve(
    config: BinanceConfig,
    paper_option: Option<bool>,
    env: Env<'_>,
    clock_seed: u64,
) -> Result<BinanceSettings, Wrong> {
    let mut warnings = Vec::new();
    let paper = flag(
        ("--paper", paper_option),
        "CONNECTOR_PAPER_TRADING",
        env,
        ("paper_trading", config.paper_trading),
        true,
    )?;
    if !paper.value {
        let text = format!(
            "binancefutures has orders only in paper mode, and {} turns it off: leave that out",
            paper.by
        );
        return Err(match paper.by {
            By::Key(key) => Wrong::key(key, text),
            _ => text.into(),
        });
    }
    let preset = CoreSettings::default();
    let stream_url = address(
        "stream_url",
        config.stream_url,
        preset.stream_url,
        address::SOCKET,
    )?;
    let market_preset = stream_url.replacen("/public/", "/market/", 1);
    let market_url = address(
        "market_url",
        config.market_url,
        market_preset,
        address::SOCKET,
    )?;
    let api_url = address("api_url", config.api_url, preset.api_url, address::REST)?;
    for name in unused(&config.order_prefix, &config.api_key, &config.secret) {
        warnings.push(format!(
            "{name} has no effect: no orders are sent to Binance"
        ));
    }
    if is_retired(&stream_url) {
        warnings.push(
            "stream_url names no entry point, and Binance has retired such addresses; use wss://fstream.binance.com/public/stream"
                .to_owned(),
        );
    }
    let depth_speed = config.depth.unwrap_or(preset.depth_speed);
    if !DEPTH_SPEEDS.contains(&depth_speed.as_str()) {
        let text = format!("depth may be one of {}", DEPTH_SPEEDS.join(", "));
        return Err(Wrong::key("depth", text));
    }
    let depth_limit = config.depth_limit.unwrap_or(preset.depth_limit);
    if !DEPTH_LIMITS.contains(&depth_limit) {
        let text = format!("depth_limit is {depth_limit}; it may be one of {DEPTH_LIMITS:?}");
        return Err(Wrong::key("depth_limit", text));
    }
    let seconds = |s: u32| Duration::from_secs(u64::from(s));
    let streams = within(
        "streams_per_connection",
        config.streams_per_connection,
        200,
        (3, 1024),
    )?;
    let weight = config.weight_per_minute;
    let core = CoreSettings {
        stream_url,
        market_url,
        api_url: api_url.trim_end_matches('/').to_owned(),
        depth_speed,
        depth_limit,
        book_ticker: config.book_ticker.unwrap_or(true),
        trades: match config.trades.unwrap_or_default() {
            TradesWord::Trade => TradeStream::Trade,
            TradesWord::AggTrade => TradeStream::AggTrade,
        },
        streams_per_connection: usize::try_from(streams).unwrap_or(usize::MAX),
        weight_per_minute: weight
            .map(|weight| within("weight_per_minute", Some(weight), weight, (20, 1_000_000)))
            .transpose()?,
        silence: seconds(within("silence_s", config.silence_s, 60, (1, 86_400))?),
        connection_age: seconds(within(
            "connection_age_s",
            config.connection_age_s,
            82_800,
            (60, 86_000),
        )?),
        rest_timeout: millis(
            "rest_timeout_ms",
            config.rest_timeout_ms,
            10_000,
            (100, 60_000),
        )?,
        seed: config.seed.unwrap_or(clock_seed),
    };
    Ok(BinanceSettings {
        venue: venue(&core.api_url),
        core,
        paper: config.paper,
        ca_file: config.ca_file,
        register_wait: register_wait(config.register_wait_ms)?,
        warnings,
    })
}

fn venue(api_url: &str) -> &'static str {
    let uri: Option<http::Uri> = api_url.parse().ok();
    match uri.as_ref().and_then(http::Uri::host) {
        Some("fapi.binance.com") => "mainnet",
        Some("testnet.binancefuture.com" | "demo-fapi.binance.com") => "testnet",
        _ => "custom",
    }
}

fn unused(
    prefix: &Option<String>,
    key: &Option<SecretKey>,
    secret: &Option<SecretKey>,
) -> Vec<&'static str> {
    let is_key = |key: &Option<SecretKey>| key.as_ref().is_some_and(|key| !key.0.is_empty());
    let is_given = [
        (
            prefix.as_ref().is_some_and(|prefix| !prefix.is_empty()),
            "order_prefix",
        ),
        (is_key(key), "api_key"),
        (is_key(secret), "secret"),
    ];
    let given = is_given.into_iter().filter(|(given, _)| *given);
    given.map(|(_, name)| name).collect()
}

fn address(
    name: &'static str,
    given: Option<String>,
    preset: String,
    schemes: [&str; 2],
) -> Result<String, Wrong> {
    let url = given.unwrap_or(preset);
    address::check(name, &url, schemes)?;
    Ok(url)
}

/// An address of the mainnet as upstream's files have it, from before the entry points.
fn is_retired(url: &str) -> bool {
    let Ok(uri) = url.parse::<http::Uri>() else {
        return false;
    };
    let path = uri.path().trim_end_matches('/');
    uri.host() == Some("fstream.binance.com") && matches!(path, "" | "/ws" | "/stream")
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
