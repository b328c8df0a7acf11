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
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter.unwrap_or_else(|| EnvFilter::new("info")))
        .with_writer(std::io::stderr);
    match command.log_format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
}
