//! The binary `connector`.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use hbl_connector::cli::{self, Command, LogFormat};
use hbl_connector::{app, error::ConnectorError};
use tracing::Level;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

fn main() -> ExitCode {
    let result = cli::from_env().and_then(|command| {
        start_logs(&command);
        app::run(&command)
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// Errors are written plainly: they must be seen whatever the log level is.
fn complain(error: &ConnectorError) {
    let _ = writeln!(std::io::stderr(), "connector: {error}");
}

fn start_logs(command: &Command) {
    // iceoryx2 warns at every start that it has no config file; it needs none.
    let level = ["RUST_LOG", "LOG_LEVEL"]
        .iter()
        .find_map(|name| std::env::var(name).ok());
    let level = level.unwrap_or_else(|| "info".to_owned());
    let quiet = if level.contains("iceoryx2") {
        ""
    } else {
        ",iceoryx2_bb_log=error"
    };
    let filter = EnvFilter::try_new(format!("{level}{quiet}")).ok();
    let filter = filter.unwrap_or_else(|| EnvFilter::new("info"));
    let secrets = filter_fn(|metadata| may_log(metadata.target(), *metadata.level()));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let logs = tracing_subscriber::registry().with(filter).with(secrets);
    match command.log_format {
        LogFormat::Text => logs.with(lines).init(),
        LogFormat::Json => logs.with(lines.json()).init(),
    }
}

/// The libraries below log what they send from `debug` on: login frames and headers with keys and
/// signatures. No setting turns that on.
fn may_log(target: &str, level: Level) -> bool {
    const OURS: [&str; 4] = ["hbl_", "connector", "iceoryx2", "hftbacktest"];
    level <= Level::INFO || OURS.iter().any(|ours| target.starts_with(ours))
}
