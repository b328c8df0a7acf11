//! Opens recordings.

use std::path::{Path, PathBuf};

use hbl_wire::{Destination, Orders};
use tracing::info;

use super::ReplayVenue;
use super::config::{ReplayConfig, Speed};
use crate::kit::clock::Now;
use crate::kit::config::{is_toml, load, place};
use crate::kit::error::VenueError;
use crate::kit::kind::{KindRow, OpenOptions, OpenVenue, OptionValue, VenueKind, VenueOption};

/// Recorded data.
pub static KIND: VenueKind = VenueKind {
    word: "replay",
    about: "recorded data (.gz of hftbacktest's collector, .npz or .npy event arrays)",
    row: KindRow {
        market_data: "collector files (Binance USD-M, Binance spot, Bybit) and hftbacktest `.npz`/`.npy`",
        orders: "filled against the recorded book",
        keys: "none",
    },
    notes: "",
    examples: &["replay recording.gz --speed 20", "rp replay replay.toml"],
    takes_virtual_time: true,
    options: &[
        VenueOption {
            name: "speed",
            help: "a factor (20, 0.5), `max`, or `step` (one message per line on the standard input)",
            value: OptionValue::Text {
                name: "N|max|step",
                check: |text| text.parse::<Speed>().map(drop),
            },
        },
        VenueOption {
            name: "loop",
            help: "start again at the end",
            value: OptionValue::Switch,
        },
        VenueOption {
            name: "wait-for-bot",
            help: "start when the first bot registers (default true)",
            value: OptionValue::Bool,
        },
        VenueOption {
            name: "rebase-time",
            help: "shift times to now, keeping the recorded latency (default true)",
            value: OptionValue::Bool,
        },
        VenueOption {
            name: "max-rate",
            help: "most events per second (default 100000)",
            value: OptionValue::Text {
                name: "EVENTS",
                check: |text| number(text).map(drop),
            },
        },
        VenueOption {
            name: "exit-at-end",
            help: "stop at the end of the data instead of keeping bots connected",
            value: OptionValue::Switch,
        },
    ],
    open,
};

fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "it is not a number".to_owned())
}

fn open(options: &OpenOptions<'_>) -> Result<OpenVenue, VenueError> {
    let config = config_of(options)?;
    if options.paper.is_some() {
        info!(
            "--paper changes nothing: a replay fills every order in this process against the recording"
        );
    }
    let (is_stepped, ends_with_data) = (config.speed == Speed::Step, config.exit_at_end);
    let path = options.files.iter().find(|path| is_toml(path));
    let in_file = |error| match error {
        VenueError::Exchange(error) => place::exchange(error, path.map(PathBuf::as_path)),
        other => other,
    };
    let venue = ReplayVenue::new(config, Now::of(options.clock)).map_err(in_file)?;
    let destination = Destination::new(Orders::Simulated, "recorded");
    Ok(OpenVenue {
        is_stepped,
        ends_with_data,
        ..OpenVenue::new(venue, destination)
    })
}

fn config_of(options: &OpenOptions<'_>) -> Result<ReplayConfig, VenueError> {
    let usage = |error: String| VenueError::Usage(error);
    let given = options.given;
    let (configs, recordings): (Vec<_>, Vec<_>) =
        options.files.iter().partition(|path| is_toml(path));
    let mut config = match configs.as_slice() {
        [] => ReplayConfig::default(),
        [path] => {
            let mut config: ReplayConfig = load(path)?;
            let folder = path.parent().unwrap_or(Path::new("."));
            config.files = config.files.iter().map(|file| folder.join(file)).collect();
            config
        }
        _ => return Err(usage("`replay` takes one config file".into())),
    };
    config.files.extend(recordings.into_iter().cloned());
    match options.symbols {
        [] => {}
        [symbol] => config.symbol = Some(symbol.clone()),
        _ => {
            return Err(usage(
                "`replay` takes one SYMBOL, that of event arrays".into(),
            ));
        }
    }
    if let Some(text) = given.text("speed") {
        config.speed = text.parse().map_err(usage)?;
    }
    if let Some(seed) = options.seed {
        config.seed = seed;
        if let Some(paper) = &mut config.paper {
            paper.seed = seed;
        }
    }
    let max_rate = given.text("max-rate");
    if let Some(text) = max_rate {
        config.max_rate = number(text).map_err(usage)?;
    }
    config.wait_for_bot = given.is_on("wait-for-bot").unwrap_or(config.wait_for_bot);
    config.rebase_time = given.is_on("rebase-time").unwrap_or(config.rebase_time);
    config.repeat |= given.is_on("loop") == Some(true);
    config.exit_at_end |= given.is_on("exit-at-end") == Some(true);
    let path = configs.first().map(|path| path.as_path());
    config.validate().map_err(|wrong| match max_rate {
        Some(_) => usage(wrong.reason),
        None => wrong.in_file(path),
    })?;
    Ok(config)
}
