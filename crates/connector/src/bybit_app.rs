//! From the settings of venue `bybit` to a running bus.

use std::path::{Path, PathBuf};

use tracing::{info, warn};

use crate::app::{Serving, serve};
use crate::cli::Command;
use crate::clock::Now;
use crate::config::bybit_config::{self, BybitConfig};
use crate::config::bybit_settings::{BybitSettings, resolve};
use crate::config::flag::{process_env, variable};
use crate::error::ConnectorError;
use crate::paper::PaperVenue;
use crate::stop_signal::StopSignal;
use crate::venues::bybit::core::BybitCore;
use crate::venues::bybit::shell::BybitShell;
use crate::venues::net::{NetSettings, NetVenue};
use crate::venues::no_orders::NoOrders;

const NO_KEYS: &str = "there is no API key, so there is market data only: the order was not sent; set BYBIT_API_KEY and BYBIT_API_SECRET";

/// Runs until a signal comes.
pub(crate) fn run(command: &Command, stop: &StopSignal) -> Result<(), ConnectorError> {
    let now = Now::read();
    let mut settings = settings(command, now)?;
    for warning in &settings.warnings {
        warn!("{warning}");
    }
    let real = !settings.paper && settings.core.credentials.is_some() && !command.stdio;
    let orders = match (settings.paper, real) {
        (true, _) => "paper",
        (false, true) => "real",
        (false, false) => "none",
    };
    if !real {
        // Without orders there is nothing to log in for.
        settings.core.credentials = None;
    }
    banner(&settings, real);
    let serving = Serving {
        register_wait: settings.register_wait,
        orders,
        ..Serving::default()
    };
    let paper = settings.paper;
    let mut paper_config = settings.paper_config;
    paper_config.seed = command.seed.unwrap_or(paper_config.seed);
    let core = BybitCore::new(now, settings.core)
        .map_err(|error| ConnectorError::Usage(error.to_string()))?;
    let shell = BybitShell::new(core, settings.urls, &command.symbols, settings.rest_max);
    let net = NetSettings {
        ca_file: settings.ca_file,
        ..NetSettings::default()
    };
    let venue = NetVenue::new(shell, &net)?;
    match (real, paper) {
        (true, _) => serve(command, venue, stop, &serving),
        _ if command.stdio => serve(command, venue, stop, &serving),
        (false, true) => {
            let venue = PaperVenue::new(venue, &paper_config, now)?;
            serve(command, venue, stop, &serving)
        }
        (false, false) => serve(command, NoOrders::new(venue, NO_KEYS), stop, &serving),
    }
}

fn banner(settings: &BybitSettings, real: bool) {
    let (site, category) = (settings.site.as_str(), settings.core.category.as_str());
    let prefix = settings.core.order_prefix.as_str();
    if real {
        warn!(
            site,
            category,
            prefix,
            "REAL ORDERS: what bots send goes to the venue and trades with the money of the account"
        );
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

fn settings(command: &Command, now: Now) -> Result<BybitSettings, ConnectorError> {
    let path = match command.files.as_slice() {
        [] => variable(&process_env, "BYBIT_CONNECTOR_CONFIG_FILE").map(PathBuf::from),
        [path] if path.extension().is_some_and(|end| end == "toml") => Some(path.clone()),
        [path] => {
            return Err(ConnectorError::Usage(format!(
                "`bybit` takes a .toml file, not {}",
                path.display()
            )));
        }
        _ => {
            return Err(ConnectorError::Usage(
                "`bybit` takes one config file".into(),
            ));
        }
    };
    let mut config = match &path {
        Some(path) => bybit_config::load(path)?,
        None => BybitConfig::default(),
    };
    config.seed = command.seed.or(config.seed);
    let unix_s = u32::try_from(now.unix_ns / 1_000_000_000).unwrap_or(u32::MAX);
    resolve(config, &command.flags, &process_env, unix_s)
        .map_err(|reason| refused(path.as_deref(), reason))
}

fn refused(path: Option<&Path>, reason: String) -> ConnectorError {
    match path {
        Some(path) => ConnectorError::Config {
            path: path.to_owned(),
            reason,
        },
        None => ConnectorError::Usage(reason),
    }
}
