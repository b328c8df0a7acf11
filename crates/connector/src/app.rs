//! From the command line to a running bus.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hbl_wire::{Capabilities, ConnectorPort, Hello};
use tracing::{info, warn};

use crate::bus::{self, Commands, NoCommands};
use crate::cli::{Command, Kind};
use crate::clock::Now;
use crate::config;
use crate::config::flag;
use crate::config::replay_config::{ReplayConfig, Speed};
use crate::config::sim_config::SimConfig;
use crate::dispatcher::Dispatcher;
use crate::error::ConnectorError;
use crate::paper::PaperVenue;
use crate::stdin_end::stop_with_stdin;
use crate::stdin_steps::StdinSteps;
use crate::stdio::{self, Greeting};
use crate::stop_signal::StopSignal;
use crate::venue::Venue;
use crate::venues::replay::ReplayVenue;
use crate::venues::sim::SimVenue;
use crate::{binance_app, bybit_app};

/// Runs until a signal comes.
///
/// # Errors
/// What keeps it from starting or going on.
pub fn run(command: &Command) -> Result<(), ConnectorError> {
    let stop = StopSignal::install()?;
    match command.kind {
        Kind::Sim => {
            let config = sim_config(command)?;
            let symbols: Vec<_> = config.symbols.iter().map(|s| s.symbol.clone()).collect();
            let now = Now::read();
            let venue = SimVenue::new(&config, now)?;
            info!(?symbols, seed = config.seed, "simulated exchange");
            if !paper_asked(command) {
                return serve(command, venue, &stop, &Serving::default());
            }
            info!(
                "PAPER trading: orders are filled beside the simulated market and leave it as it is"
            );
            let venue = PaperVenue::new(venue, &config.paper, now)?;
            let orders = "paper";
            let serving = Serving {
                orders,
                ..Serving::default()
            };
            serve(command, venue, &stop, &serving)
        }
        Kind::Replay => {
            let config = replay_config(command)?;
            if command.flags.paper.is_some() {
                info!(
                    "--paper changes nothing: a replay fills every order in this process against the recording"
                );
            }
            let serving = Serving {
                by_step: config.speed == Speed::Step,
                exit_at_end: config.exit_at_end,
                ..Serving::default()
            };
            let venue = ReplayVenue::new(config, Now::read())?;
            serve(command, venue, &stop, &serving)
        }
        Kind::Bybit => bybit_app::run(command, &stop),
        Kind::BinanceFutures => binance_app::run(command, &stop),
    }
}

/// Whether the option puts paper trading over a venue that trades no real money: the environment,
/// which is for those that do, does not count.
fn paper_asked(command: &Command) -> bool {
    let mut warnings = Vec::new();
    let option = ("--paper", command.flags.paper.as_deref());
    let paper = flag::flag(option, "", &|_| None, None, false, &mut warnings);
    for warning in warnings {
        warn!("{warning}");
    }
    paper
}

/// How a venue is served.
pub(crate) struct Serving {
    /// One step of the venue per line of the standard input.
    pub by_step: bool,
    /// Ends with the venue's data.
    pub exit_at_end: bool,
    /// How long a registration may wait until the venue can judge it.
    pub register_wait: Duration,
    /// Where orders go, for the line of `--ready-json`.
    pub orders: &'static str,
}

impl Serving {
    /// True when orders are taken and none of them trades real money.
    fn is_paper(&self) -> bool {
        matches!(self.orders, "paper" | "simulated")
    }
}

impl Default for Serving {
    fn default() -> Self {
        Self {
            by_step: false,
            exit_at_end: false,
            register_wait: Duration::from_secs(30),
            orders: "simulated",
        }
    }
}

/// Serves bots, or with `--stdio` the standard streams, with any venue until a signal comes.
pub(crate) fn serve<V: Venue>(
    command: &Command,
    mut venue: V,
    stop: &StopSignal,
    serving: &Serving,
) -> Result<(), ConnectorError> {
    if command.stdio {
        lower_timer_slack();
        let greeting = Greeting {
            kind: command.kind.word(),
            orders: serving.orders,
            is_paper: serving.is_paper(),
            wait: serving.register_wait,
            exit_at_end: serving.exit_at_end,
        };
        return stdio::run(venue, &greeting, stop);
    }
    let hello = Hello {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        kind: command.kind.word().to_owned(),
        capabilities: match serving.is_paper() {
            true => Capabilities::all().and(Capabilities::PAPER),
            false => Capabilities::all(),
        },
    };
    let mut port = ConnectorPort::open(&command.name, &hello)?;
    let ringer = port.ringer();
    venue.wake_with(Arc::new(move || ringer.ring()));
    let mut dispatcher = Dispatcher::new(venue);
    let wait_ns = u64::try_from(serving.register_wait.as_nanos()).unwrap_or(u64::MAX);
    dispatcher.wait_for_registrations(wait_ns);
    let mut commands: Box<dyn Commands> = match (serving.by_step, command.with_stdin) {
        (true, false) => Box::new(StdinSteps::start(port.ringer())?),
        (false, false) => Box::new(NoCommands),
        (false, true) => {
            stop_with_stdin(port.ringer())?;
            Box::new(NoCommands)
        }
        (true, true) => {
            return Err(ConnectorError::Usage(
                "the standard input cannot be both the steps and --with-stdin".into(),
            ));
        }
    };
    lower_timer_slack();
    info!(
        name = command.name,
        kind = command.kind.word(),
        pid = std::process::id(),
        "ready"
    );
    if command.ready_json {
        print_ready(command, serving)?;
    }
    bus::run(
        &mut port,
        &mut dispatcher,
        commands.as_mut(),
        stop,
        serving.exit_at_end,
    )?;
    Ok(())
}

fn print_ready(command: &Command, serving: &Serving) -> Result<(), ConnectorError> {
    let line = serde_json::json!({
        "type": "ready",
        "name": command.name,
        "kind": command.kind.word(),
        "pid": std::process::id(),
        "orders": serving.orders,
        "paper": serving.is_paper(),
    });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|source| ConnectorError::System {
            what: "standard output",
            source,
        })
}

fn sim_config(command: &Command) -> Result<SimConfig, ConnectorError> {
    let mut config = match command.files.as_slice() {
        [] => SimConfig::default(),
        [path] if is_toml(path) => config::load(path)?,
        [path] => {
            return Err(ConnectorError::Usage(format!(
                "`sim` takes a .toml file, not {}",
                path.display()
            )));
        }
        _ => return Err(ConnectorError::Usage("`sim` takes one config file".into())),
    };
    config
        .select(&command.symbols, !command.files.is_empty())
        .map_err(|name| ConnectorError::Usage(format!("the config file has no symbol {name}")))?;
    if config.symbols.is_empty() {
        return Err(ConnectorError::Usage(
            "the config file lists no [[symbols]]".into(),
        ));
    }
    if let Some(seed) = command.seed {
        config.seed = seed;
        config.paper.seed = seed;
    }
    Ok(config)
}

fn replay_config(command: &Command) -> Result<ReplayConfig, ConnectorError> {
    let (configs, recordings): (Vec<_>, Vec<_>) =
        command.files.iter().partition(|path| is_toml(path));
    let mut config = match configs.as_slice() {
        [] => ReplayConfig::default(),
        [path] => {
            let mut config: ReplayConfig = config::load(path)?;
            let folder = path.parent().unwrap_or(Path::new("."));
            config.files = config.files.iter().map(|file| folder.join(file)).collect();
            config
        }
        _ => {
            return Err(ConnectorError::Usage(
                "`replay` takes one config file".into(),
            ));
        }
    };
    config.files.extend(recordings.into_iter().cloned());
    match command.symbols.as_slice() {
        [] => {}
        [symbol] => config.symbol = Some(symbol.clone()),
        _ => {
            return Err(ConnectorError::Usage(
                "`replay` takes one SYMBOL, that of event arrays".into(),
            ));
        }
    }
    if let Some(speed) = command.speed {
        config.speed = speed;
    }
    if let Some(seed) = command.seed {
        config.seed = seed;
        if let Some(paper) = &mut config.paper {
            paper.seed = seed;
        }
    }
    if let Some(max_rate) = command.max_rate {
        config.max_rate = max_rate;
    }
    config.wait_for_bot = command.wait_for_bot.unwrap_or(config.wait_for_bot);
    config.rebase_time = command.rebase_time.unwrap_or(config.rebase_time);
    config.repeat |= command.repeat;
    config.exit_at_end |= command.exit_at_end;
    config.validate().map_err(ConnectorError::Usage)?;
    Ok(config)
}

fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "toml")
}

/// Lets short sleeps end on time: the kernel's default of 50 µs is longer than most of them.
fn lower_timer_slack() {
    #[cfg(target_os = "linux")]
    // SAFETY: changes a number of this thread only; there are no pointers.
    unsafe {
        libc::prctl(libc::PR_SET_TIMERSLACK, 1_000 as libc::c_ulong);
    }
}
