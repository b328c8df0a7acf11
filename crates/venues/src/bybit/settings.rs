//! Settings of the Bybit connector, from command line, environment and file.

use std::path::PathBuf;
use std::time::Duration;

use crate::bybit::config::{BybitConfig, Environment};
use crate::bybit::core::CoreSettings;
use crate::bybit::core::Urls;
use crate::bybit::frames::public::book_topic;
use crate::bybit::keys;
use crate::bybit::options::OrderEntry;
use crate::bybit::site::Site;
use crate::kit::config::flag::{By, Env, flag};
use crate::kit::config::place::Wrong;
use crate::kit::config::range::{millis, register_wait, within};
use crate::paper::config::PaperConfig;

const DEPTHS: [u32; 4] = [1, 50, 200, 1000];

/// How the Bybit connector is to run.
#[derive(Clone, Debug)]
pub struct BybitSettings {
    /// Addresses.
    pub urls: Urls,
    /// What the protocol has to know; without credentials for public data only.
    pub core: CoreSettings,
    /// Which site.
    pub environment: Environment,
    /// The site that gets orders: `mainnet`, `testnet`, `demo`, or `custom` for others.
    pub venue: &'static str,
    /// Where orders and market data go, for the user: the site, or the hosts of addresses
    /// that are not the site's.
    pub site: String,
    /// True: no order is sent to the venue.
    pub paper: bool,
    /// The flag, variable or file that decided it.
    pub paper_by: By,
    /// How they are filled then.
    pub paper_config: PaperConfig,
    /// Longest REST call.
    pub rest_max: Duration,
    /// How long a registration may wait.
    pub register_wait: Duration,
    /// Authorities that TLS trusts besides the usual ones.
    pub ca_file: Option<PathBuf>,
    /// What was odd and has been replaced by a default.
    pub warnings: Vec<String>,
}

/// Flags of the command line; `None` for an absent one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--testnet`.
    pub testnet: Option<bool>,
    /// `--paper`.
    pub paper: Option<bool>,
}

/// Puts the settings together: flags go before variables, these before the file.
///
/// # Errors
/// An unusable setting, as text for the user.
pub fn resolve(
    config: BybitConfig,
    flags: &Flags,
    env: Env<'_>,
    unix_s: u32,
) -> Result<BybitSettings, Wrong> {
    let mut warnings = Vec::new();
    let category = config.category.unwrap_or_default();
    let site = Site::choose(&config, flags.testnet, env)?;
    let (environment, urls) = (site.environment, site.urls);
    let paper = flag(
        ("--paper", flags.paper),
        "CONNECTOR_PAPER_TRADING",
        env,
        ("paper_trading", config.paper_trading),
        true,
    )?;
    let listed = match config.topics {
        Some(_) => "topics",
        None => "depths",
    };
    let depths = depths(&config).map_err(|reason| Wrong::key(listed, reason))?;
    let credentials = keys::choose(&config, env, paper.value, &mut warnings)?;
    let order_entry =
        order_entry(&config, environment).map_err(|reason| Wrong::key("order_entry", reason))?;
    let core = CoreSettings {
        category: category.word().to_owned(),
        depths,
        settle_coin: config.settle_coin.unwrap_or_else(|| "USDT".to_owned()),
        credentials,
        order_prefix: config.order_prefix.unwrap_or_else(|| "hbl".to_owned()),
        epoch: unix_s,
        on_connect: config.on_connect.map(Into::into).unwrap_or_default(),
        lookback_s: within("lookback_s", config.lookback_s, 86_400, (60, 604_800))?,
        lookback_pages: within("lookback_pages", config.lookback_pages, 20, (1, 200))?,
        order_entry,
        position_mode: config.position_mode.map(Into::into).unwrap_or_default(),
        recv_window_ms: within("recv_window_ms", config.recv_window_ms, 5000, (100, 60_000))?,
        clock_refuse_ms: within("clock_refuse_ms", config.clock_refuse_ms, 800, (1, 60_000))?,
        order_wait_ms: within("order_wait_ms", config.order_wait_ms, 500, (0, 60_000))?,
        seed: config
            .seed
            .unwrap_or_else(|| u64::from(unix_s) ^ u64::from(std::process::id()) << 32),
    };
    Ok(BybitSettings {
        urls,
        core,
        environment,
        venue: site.venue,
        site: site.label,
        paper: paper.value,
        paper_by: paper.by,
        paper_config: config.paper,
        rest_max: millis(
            "rest_timeout_ms",
            config.rest_timeout_ms,
            8000,
            (100, 60_000),
        )?,
        register_wait: register_wait(config.register_wait_ms)?,
        ca_file: config.ca_file,
        warnings,
    })
}

/// Demo accounts have no order entry socket.
fn order_entry(config: &BybitConfig, environment: Environment) -> Result<OrderEntry, String> {
    let demo = environment == Environment::Demo && config.trade_url.is_none();
    match config.order_entry.map(Into::into) {
        Some(OrderEntry::Socket) if demo => Err(
            "order_entry is `socket` and the demo site has no order entry socket; use `rest`"
                .to_owned(),
        ),
        Some(entry) => Ok(entry),
        None if demo => Ok(OrderEntry::Rest),
        None => Ok(OrderEntry::Socket),
    }
}

fn depths(config: &BybitConfig) -> Result<Vec<u32>, String> {
    let mut depths = match (&config.depths, &config.topics) {
        (Some(depths), None) => depths.clone(),
        (None, None) => vec![1, 50],
        (None, Some(topics)) => {
            let mut depths = Vec::new();
            for topic in topics.iter().filter(|topic| *topic != "publicTrade") {
                let depth = book_topic(&format!("{topic}.X")).map(|(depth, _)| depth);
                let depth = depth.ok_or_else(|| {
                    format!("topics: `{topic}` is not offered; there is orderbook.1, .50, .200, .1000 and publicTrade")
                })?;
                depths.push(depth);
            }
            depths
        }
        (Some(_), Some(_)) => return Err("give `depths` or `topics`, not both".to_owned()),
    };
    depths.sort_unstable();
    depths.dedup();
    if let Some(depth) = depths.iter().find(|depth| !DEPTHS.contains(depth)) {
        return Err(format!(
            "there is no book of depth {depth}; there are 1, 50, 200 and 1000"
        ));
    }
    if depths.is_empty() {
        return Err("at least one depth of the book is needed, of 1, 50, 200 and 1000".to_owned());
    }
    Ok(depths)
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
