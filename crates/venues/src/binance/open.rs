//! Opens Binance USD-M futures.

use std::path::PathBuf;

use hbl_wire::{Destination, Orders};
use tracing::{info, warn};

use super::config::{self, BinanceConfig, BinanceSettings, resolve};
use super::{BinanceCore, codes};
use crate::kit::clock::Now;
use crate::kit::config::{is_toml, place};
use crate::kit::error::VenueError;
use crate::kit::kind::{KindRow, OpenOptions, OpenVenue, VenueKind};
use crate::kit::net::{NetSettings, NetVenue, Proxies};
use crate::paper::PaperVenue;

/// Binance USD-M futures.
pub static KIND: VenueKind = VenueKind {
    word: "binancefutures",
    about: "Binance USD-M futures: market data, orders filled in this process",
    row: KindRow {
        market_data: "Binance USD-M futures",
        orders: "paper only",
        keys: "none",
    },
    notes: "",
    examples: &["binancefutures BTCUSDT"],
    takes_virtual_time: false,
    options: &[],
    open,
};

fn open(options: &OpenOptions<'_>) -> Result<OpenVenue, VenueError> {
    let now = Now::read();
    let (settings, path) = settings(options, now)?;
    info!(
        stream = settings.core.stream_url,
        "PAPER trading: orders are filled in this process against the venue's market data, none is sent"
    );
    let mut paper = settings.paper;
    paper.seed = options.seed.unwrap_or(paper.seed);
    let mut core = BinanceCore::new(settings.core);
    for warning in settings.warnings {
        warn!("{warning}");
        core.notice(codes::CONFIG_IGNORED, warning);
    }
    let net = NetSettings {
        ca_file: settings.ca_file,
        proxies: Proxies::announced(options.env),
        ..NetSettings::default()
    };
    let venue = NetVenue::new(core, &net)?.follow(options.symbols);
    let venue = PaperVenue::new(venue, &paper, now)
        .map_err(|error| place::exchange(error, path.as_deref()))?;
    let destination = Destination::new(Orders::Paper, settings.venue);
    Ok(OpenVenue {
        register_wait: settings.register_wait,
        ..OpenVenue::new(venue, destination)
    })
}

/// The settings, and the file that they come from.
fn settings(
    options: &OpenOptions<'_>,
    now: Now,
) -> Result<(BinanceSettings, Option<PathBuf>), VenueError> {
    let path: Option<PathBuf> = match options.files {
        [] => None,
        [path] if is_toml(path) => Some(path.clone()),
        _ => {
            return Err(VenueError::Usage(
                "`binancefutures` takes one .toml file".into(),
            ));
        }
    };
    let mut config = match &path {
        Some(path) => config::load(path)?,
        None => BinanceConfig::default(),
    };
    config.seed = options.seed.or(config.seed);
    let clock_seed = now.unix_ns.unsigned_abs() ^ (u64::from(std::process::id()) << 32);
    let settings = resolve(config, options.paper, options.env, clock_seed)
        .map_err(|wrong| wrong.in_file(path.as_deref()))?;
    Ok((settings, path))
}
