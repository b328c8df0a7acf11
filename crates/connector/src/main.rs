//! The binary `connector`.

use std::io::Write;
use std::process::ExitCode;

use hbl_connector::cli::{self, Command, LogFormat};
use hbl_connector::{app, error::ConnectorError};
use tracing_subscriber::EnvFilter;

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
    let level = |name| {
        std::env::var(name)
            .ok()
            .and_then(|level| level.parse::<EnvFilter>().ok())
    };
    let filter = level("RUST_LOG").or_else(|| level("LOG_LEVEL"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|| EnvFilter::new("info")))
        .with_writer(std::io::stderr);
    match command.log_format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
}
