//! From the settings of venue `binancefutures` to a running bus.

use std::path::PathBuf;

use tracing::{info, warn};

use crate::app::{Serving, serve};
use crate::cli::Command;
use crate::clock::Now;
use crate::config::binance_config::{self, BinanceConfig, BinanceSettings, resolve};
use crate::config::flag::process_env;
use crate::error::ConnectorError;
use crate::paper::PaperVenue;
use crate::stop_signal::StopSignal;
use crate::venues::binancefutures::{BinanceCore, codes};
use crate::venues::net::{NetSettings, NetVenue};

/// Runs until a signal comes.
pub(crate) fn run(command: &Command, stop: &StopSignal) -> Result<(), ConnectorError> {
    let now = Now::read();
    let settings = settings(command, now)?;
    info!(
        stream = settings.core.stream_url,
        "PAPER trading: orders are filled in this process against the venue's market data, none is sent"
    );
    let mut paper = settings.paper;
    paper.seed = command.seed.unwrap_or(paper.seed);
    let mut core = BinanceCore::new(settings.core);
    core.follow(&command.symbols);
    for warning in settings.warnings {
        warn!("{warning}");
        core.notice(codes::CONFIG_IGNORED, warning);
    }
    let serving = Serving {
        register_wait: settings.register_wait,
        orders: "paper",
        ..Serving::default()
    };
    let net = NetSettings {
        ca_file: settings.ca_file,
        ..NetSettings::default()
    };
    let venue = NetVenue::new(core, &net)?;
    serve(
        command,
        PaperVenue::new(venue, &paper, now)?,
        stop,
        &serving,
    )
}

fn settings(command: &Command, now: Now) -> Result<BinanceSettings, ConnectorError> {
    let path: Option<PathBuf> = match command.files.as_slice() {
        [] => None,
        [path] if path.extension().is_some_and(|end| end == "toml") => Some(path.clone()),
        _ => {
            return Err(ConnectorError::Usage(
                "`binancefutures` takes one .toml file".into(),
            ));
        }
    };
    let mut config = match &path {
        Some(path) => binance_config::load(path)?,
        None => BinanceConfig::default(),
    };
    config.seed = command.seed.or(config.seed);
    let clock_seed = now.unix_ns.unsigned_abs() ^ (u64::from(std::process::id()) << 32);
    resolve(
        config,
        command.flags.paper.as_deref(),
        &process_env,
        clock_seed,
    )
    .map_err(|reason| match path {
        Some(path) => ConnectorError::Config { path, reason },
        None => ConnectorError::Usage(reason),
    })
}
