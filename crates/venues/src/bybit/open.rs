//! Opens the venue `bybit`: help text, options, settings, then the real or the paper venue.

use std::path::PathBuf;

use hbl_wire::{Destination, Orders};
use tracing::{info, warn};

use crate::bybit::config::{self, BybitConfig};
use crate::bybit::core::BybitCore;
use crate::bybit::settings::{BybitSettings, Flags, resolve};
use crate::kit::account_claim::{HostClaim, state_folder};
use crate::kit::account_lock::AccountLock;
use crate::kit::clock::Now;
use crate::kit::config::flag::variable;
use crate::kit::config::is_toml;
use crate::kit::config::place::{self, Wrong};
use crate::kit::error::VenueError;
use crate::kit::kind::{KindRow, OpenOptions, OpenVenue, OptionValue, VenueKind, VenueOption};
use crate::kit::net::{NetSettings, NetVenue, Proxies};
use crate::kit::no_orders::NoOrders;
use crate::paper::PaperVenue;

const NO_KEYS: &str = "there is no API key, so there is market data only: the order was not sent; set BYBIT_API_KEY and BYBIT_API_SECRET";

const NOTES: &str = "\
bybit: a flag of the command line goes before its variable, a variable before the config file. A word
that is no flag is an error, and nothing is started.
  BYBIT_API_KEY, BYBIT_API_SECRET    keys; never on the command line
  BYBIT_CONNECTOR_CONFIG_FILE        config file, when none is named
  BYBIT_CONNECTOR_TESTNET            --testnet (default false)
  CONNECTOR_PAPER_TRADING            --paper (default true); the config file's key is paper_trading
  CONNECTOR_STATE_DIR                folder of the runs of this machine (default ~/.local/state/hftbacktest-live)
A config file that holds keys must be for its owner only (chmod 600).";

/// Bybit v5.
pub static KIND: VenueKind = VenueKind {
    word: "bybit",
    about: "Bybit v5, linear or spot; without a config and without keys: public data of the mainnet",
    row: KindRow {
        market_data: "Bybit v5, linear and spot",
        orders: "paper by default; real with keys and `paper: false`",
        keys: "for real orders",
    },
    notes: NOTES,
    examples: &[
        "bybit BTCUSDT",
        "mine bybit bybit.toml --testnet --paper=false",
    ],
    takes_virtual_time: false,
    options: &[VenueOption {
        name: "testnet",
        help: "the testnet instead of the mainnet (default false)",
        value: OptionValue::Flag,
    }],
    open,
};

fn open(options: &OpenOptions<'_>) -> Result<OpenVenue, VenueError> {
    let now = Now::read();
    let (mut settings, path) = settings(options, now)?;
    let path = path.as_deref();
    for warning in &settings.warnings {
        warn!("{warning}");
    }
    let credentials = settings.core.credentials.take();
    // Without orders there is nothing to log in for.
    let real = credentials.filter(|_| !settings.paper && !options.is_market_data_only);
    let (lock, claim, because) = match &real {
        Some(credentials) => {
            let core = &settings.core;
            let site = &settings.urls.rest;
            let (prefix, category) = (&core.order_prefix, &core.category);
            let lock = AccountLock::take(site, &credentials.key, prefix, category)?;
            let folder = state_folder(options.env);
            let claim = HostClaim::new((site, prefix, category), &credentials.key, folder)?;
            (Some(lock), Some(claim), Some(settings.paper_by.to_string()))
        }
        None => (None, None, None),
    };
    let is_real = real.is_some();
    settings.core.credentials = real;
    banner(&settings, is_real);
    let orders = match (settings.paper, is_real) {
        (true, _) => Orders::Paper,
        (false, true) => Orders::Real,
        (false, false) => Orders::None,
    };
    let destination = Destination::new(orders, settings.venue);
    let mut paper = settings.paper_config;
    paper.seed = options.seed.unwrap_or(paper.seed);
    let core = BybitCore::new(now, settings.core)
        .map_err(|error| Wrong::key("order_prefix", error.to_string()).in_file(path))?
        .at(settings.urls, settings.rest_max);
    let core = match claim {
        Some(claim) => core.with_claim(Box::new(claim)),
        None => core,
    };
    let net = NetSettings {
        ca_file: settings.ca_file,
        proxies: Proxies::announced(options.env),
        ..NetSettings::default()
    };
    let venue = NetVenue::new(core, &net)?.follow(options.symbols);
    let opened = match orders {
        Orders::Paper if !options.is_market_data_only => {
            let venue = PaperVenue::new(venue, &paper, now)
                .map_err(|error| place::exchange(error, path))?;
            OpenVenue::new(venue, destination)
        }
        Orders::None if !options.is_market_data_only => {
            OpenVenue::new(NoOrders::new(venue, NO_KEYS), destination)
        }
        _ => OpenVenue::new(venue, destination),
    };
    Ok(OpenVenue {
        because,
        register_wait: settings.register_wait,
        account_lock: lock,
        ..opened
    })
}

fn banner(settings: &BybitSettings, is_real: bool) {
    let (site, category) = (settings.site.as_str(), settings.core.category.as_str());
    let prefix = settings.core.order_prefix.as_str();
    if is_real {
        // The process that serves it says so on the standard error too, whatever the log level is.
        info!(site, category, prefix, "orders are sent to the venue");
    } else if settings.paper {
        info!(
            site,
            category,
            "PAPER trading: orders are filled in this process against the venue's market data, none is sent"
        );
    } else {
        info!(site, category, "market data only: there is no API key");
    }
}

/// The settings, and the file that they come from.
fn settings(
    options: &OpenOptions<'_>,
    now: Now,
) -> Result<(BybitSettings, Option<PathBuf>), VenueError> {
    let path = match options.files {
        [] => variable(options.env, "BYBIT_CONNECTOR_CONFIG_FILE").map(PathBuf::from),
        [path] if is_toml(path) => Some(path.clone()),
        [path] => {
            return Err(VenueError::Usage(format!(
                "`bybit` takes a .toml file, not {}",
                path.display()
            )));
        }
        _ => return Err(VenueError::Usage("`bybit` takes one config file".into())),
    };
    let mut config = match &path {
        Some(path) => config::load(path)?,
        None => BybitConfig::default(),
    };
    config.seed = options.seed.or(config.seed);
    let unix_s = u32::try_from(now.unix_ns / 1_000_000_000).unwrap_or(u32::MAX);
    let flags = Flags {
        testnet: options.given.is_on("testnet"),
        paper: options.paper,
    };
    let settings = resolve(config, &flags, options.env, unix_s)
        .map_err(|wrong| wrong.in_file(path.as_deref()))?;
    Ok((settings, path))
}
