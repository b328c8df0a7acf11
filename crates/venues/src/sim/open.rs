//! Opens the simulated exchange.

use std::path::PathBuf;

use hbl_wire::{Destination, Orders};
use tracing::info;

use super::SimVenue;
use super::config::SimConfig;
use crate::kit::clock::Now;
use crate::kit::config::place::{self, Wrong};
use crate::kit::config::{is_toml, load};
use crate::kit::error::VenueError;
use crate::kit::kind::{KindRow, OpenOptions, OpenVenue, VenueKind};
use crate::kit::nearest;
use crate::paper::PaperVenue;

/// The simulated exchange.
pub static KIND: VenueKind = VenueKind {
    word: "sim",
    about: "a simulated exchange; needs no config",
    row: KindRow {
        market_data: "simulated exchange with background flow, seeded",
        orders: "matched in the simulated book, with fees, latency and faults",
        keys: "none",
    },
    notes: "",
    examples: &["sim", "mysim sim sim.toml", "sim BTCUSDT ETHUSDT"],
    takes_virtual_time: true,
    options: &[],
    open,
};

fn open(options: &OpenOptions<'_>) -> Result<OpenVenue, VenueError> {
    let config = config_of(options)?;
    let symbols: Vec<_> = config.symbols.iter().map(|s| s.symbol.clone()).collect();
    let now = Now::of(options.clock);
    let path = options.files.first().map(PathBuf::as_path);
    let in_file = |error| match error {
        VenueError::Exchange(error) => place::exchange(error, path),
        other => other,
    };
    let venue = SimVenue::new(&config, now).map_err(in_file)?;
    info!(?symbols, seed = config.seed, "simulated exchange");
    // The environment, which is for venues with real money, does not count.
    if options.paper != Some(true) {
        let destination = Destination::new(Orders::Simulated, "simulated");
        return Ok(OpenVenue::new(venue, destination));
    }
    info!("PAPER trading: orders are filled beside the simulated market and leave it as it is");
    let venue =
        PaperVenue::new(venue, &config.paper, now).map_err(|error| place::exchange(error, path))?;
    let destination = Destination::new(Orders::Paper, "simulated");
    Ok(OpenVenue::new(venue, destination))
}

fn config_of(options: &OpenOptions<'_>) -> Result<SimConfig, VenueError> {
    let mut config = match options.files {
        [] => SimConfig::default(),
        [path] if is_toml(path) => load(path)?,
        [path] => {
            return Err(VenueError::Usage(format!(
                "`sim` takes a .toml file, not {}",
                path.display()
            )));
        }
        _ => return Err(VenueError::Usage("`sim` takes one config file".into())),
    };
    let wrong = |text: String| {
        let path = options.files.first();
        Wrong::key("symbols", text).in_file(path.map(PathBuf::as_path))
    };
    let known: Vec<_> = config.symbols.iter().map(|s| s.symbol.clone()).collect();
    config
        .select(options.symbols, !options.files.is_empty())
        .map_err(|name| {
            let hint = nearest::hint(&name, known.iter().map(String::as_str));
            if options.files.is_empty() {
                return VenueError::Usage(format!("`sim` has no {name}{hint}"));
            }
            wrong(format!("its [[symbols]] have no {name}{hint}"))
        })?;
    if config.symbols.is_empty() {
        return Err(wrong("it lists no [[symbols]]".to_owned()));
    }
    if let Some(seed) = options.seed {
        config.seed = seed;
        config.paper.seed = seed;
    }
    Ok(config)
}
