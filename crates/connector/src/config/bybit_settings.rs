//! How the Bybit connector is to run: command line, environment and file put together.

use std::path::PathBuf;
use std::time::Duration;

use super::bybit_config::{BybitConfig, Category, Environment};
use super::flag::{Env, flag, variable};
use super::paper_config::PaperConfig;
use crate::venues::bybit::core::CoreSettings;
use crate::venues::bybit::frames::public::book_topic;
use crate::venues::bybit::policy::OrderEntry;
use crate::venues::bybit::shell::Urls;
use crate::venues::bybit::sign::{Credentials, Secret};

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
    /// Where orders and market data go, in words for the user: the site, or the hosts of addresses
    /// that are not the site's.
    pub site: String,
    /// True: no order is sent to the venue.
    pub paper: bool,
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

/// Flags of the command line as they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--testnet`.
    pub testnet: Option<String>,
    /// `--paper`.
    pub paper: Option<String>,
}

/// Puts the settings together: flags go before variables, these before the file.
///
/// # Errors
/// What cannot be used, in words.
pub fn resolve(
    config: BybitConfig,
    flags: &Flags,
    env: Env<'_>,
    unix_s: u32,
) -> Result<BybitSettings, String> {
    let mut warnings = Vec::new();
    let testnet = flag(
        ("--testnet", flags.testnet.as_deref()),
        "BYBIT_CONNECTOR_TESTNET",
        env,
        config.environment.map(|e| e == Environment::Testnet),
        false,
        &mut warnings,
    );
    let environment = match (testnet, config.environment.unwrap_or_default()) {
        (true, _) => Environment::Testnet,
        (false, Environment::Testnet) => Environment::Mainnet,
        (false, other) => other,
    };
    let paper = flag(
        ("--paper", flags.paper.as_deref()),
        "CONNECTOR_PAPER_TRADING",
        env,
        config.paper_trading,
        true,
        &mut warnings,
    );
    let category = config.category.unwrap_or_default();
    let urls = urls(&config, environment, category)?;
    let site = match urls == preset_urls(environment, category) {
        true => environment.word().to_owned(),
        false => format!("custom URLs: host {}", hosts(&urls).join(", ")),
    };
    let depths = depths(&config)?;
    let credentials = credentials(&config, env, &mut warnings);
    let order_entry = order_entry(&config, environment)?;
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
    let ms = |ms: u32| Duration::from_millis(u64::from(ms));
    let rest = within(
        "rest_timeout_ms",
        config.rest_timeout_ms,
        8000,
        (100, 60_000),
    )?;
    let wait = within(
        "register_wait_ms",
        config.register_wait_ms,
        30_000,
        (0, 3_600_000),
    )?;
    Ok(BybitSettings {
        urls,
        core,
        environment,
        site,
        paper,
        paper_config: config.paper,
        rest_max: ms(rest),
        register_wait: ms(wait),
        ca_file: config.ca_file,
        warnings,
    })
}

fn within(
    name: &str,
    given: Option<u32>,
    preset: u32,
    (low, high): (u32, u32),
) -> Result<u32, String> {
    match given {
        None => Ok(preset),
        Some(value) if (low..=high).contains(&value) => Ok(value),
        Some(value) => Err(format!("{name} is {value}; it may be {low} to {high}")),
    }
}

/// The addresses of a site.
fn preset_urls(environment: Environment, category: Category) -> Urls {
    let (public, private, rest) = match environment {
        Environment::Mainnet => ("stream", "stream", "api"),
        Environment::Testnet => ("stream-testnet", "stream-testnet", "api-testnet"),
        Environment::Demo => ("stream", "stream-demo", "api-demo"),
    };
    Urls {
        public: format!("wss://{public}.bybit.com/v5/public/{}", category.word()),
        private: format!("wss://{private}.bybit.com/v5/private"),
        trade: format!("wss://{private}.bybit.com/v5/trade"),
        rest: format!("https://{rest}.bybit.com"),
    }
}

/// The hosts of all addresses, each once.
fn hosts(urls: &Urls) -> Vec<String> {
    let mut hosts = Vec::new();
    for url in [&urls.public, &urls.private, &urls.trade, &urls.rest] {
        let uri: Option<http::Uri> = url.parse().ok();
        let host = uri.as_ref().and_then(http::Uri::host).unwrap_or_default();
        if !hosts.iter().any(|known| known == host) {
            hosts.push(host.to_owned());
        }
    }
    hosts
}

fn urls(
    config: &BybitConfig,
    environment: Environment,
    category: Category,
) -> Result<Urls, String> {
    let word = category.word();
    let preset = preset_urls(environment, category);
    let or = |given: &Option<String>, preset: String| given.clone().unwrap_or(preset);
    let urls = Urls {
        public: or(&config.public_url, preset.public),
        private: or(&config.private_url, preset.private),
        trade: or(&config.trade_url, preset.trade),
        rest: or(&config.rest_url, preset.rest)
            .trim_end_matches('/')
            .to_owned(),
    };
    let schemes = [
        ("public_url", &urls.public, ["ws", "wss"]),
        ("private_url", &urls.private, ["ws", "wss"]),
        ("trade_url", &urls.trade, ["ws", "wss"]),
        ("rest_url", &urls.rest, ["http", "https"]),
    ];
    for (name, url, allowed) in schemes {
        let uri: Option<http::Uri> = url.parse().ok();
        let scheme = uri.as_ref().and_then(http::Uri::scheme_str);
        let host = uri.as_ref().and_then(http::Uri::host).unwrap_or_default();
        if host.is_empty() || !scheme.is_some_and(|scheme| allowed.contains(&scheme)) {
            return Err(format!(
                "{name} must begin with {}:// or {}:// and name a host",
                allowed[0], allowed[1]
            ));
        }
        // Keys and signatures would travel for everybody to read.
        let is_plain = scheme == Some(allowed[0]);
        if is_plain && !is_loopback(host) {
            return Err(format!(
                "{name} must begin with {}:// unless it is on this machine",
                allowed[1]
            ));
        }
    }
    if let Some((_, told)) = urls.public.split_once("/v5/public/")
        && told.split(['?', '/']).next() != Some(word)
    {
        return Err(format!(
            "public_url is for the category `{told}` and category is `{word}`; make them the same"
        ));
    }
    Ok(urls)
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

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
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

/// Key and secret of one place: those of two accounts must not be mixed.
fn credentials(
    config: &BybitConfig,
    env: Env<'_>,
    warnings: &mut Vec<String>,
) -> Option<Credentials> {
    let from_env = |name| variable(env, name).map(Secret::new);
    let pair = (from_env("BYBIT_API_KEY"), from_env("BYBIT_API_SECRET"));
    match pair {
        (Some(key), Some(secret)) => return Some(Credentials { key, secret }),
        (Some(_), None) => warnings
            .push("BYBIT_API_KEY is set and BYBIT_API_SECRET is not: it is ignored".to_owned()),
        (None, Some(_)) => warnings
            .push("BYBIT_API_SECRET is set and BYBIT_API_KEY is not: it is ignored".to_owned()),
        (None, None) => {}
    }
    let of_file = |key: &Option<super::bybit_config::SecretKey>| {
        key.as_ref()
            .map(|key| key.0.clone())
            .filter(|key| !key.is_empty())
    };
    match (of_file(&config.api_key), of_file(&config.secret)) {
        (Some(key), Some(secret)) => Some(Credentials { key, secret }),
        (None, None) => None,
        _ => {
            warnings.push(
                "the config file has only one of api_key and secret: public data only".to_owned(),
            );
            None
        }
    }
}

#[cfg(test)]
#[path = "bybit_settings_tests.rs"]
mod tests;
