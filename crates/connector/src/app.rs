//! From the command line to a running connector.

use std::io::Write;

use hbl_venues::kit::config::flag::process_env;
use hbl_venues::kit::kind::{OpenOptions, OpenVenue};
use hbl_wire::Clock;

use crate::cli::{Command, LogFormat};
use crate::error::ConnectorError;
use crate::serve::serve;
use crate::stop_signal::StopSignal;

/// Runs until a signal comes.
///
/// # Errors
/// What keeps it from starting or going on.
pub fn run(command: &Command) -> Result<(), ConnectorError> {
    if command.check_config {
        return check(command);
    }
    let stop = StopSignal::install()?;
    let opened = open(command, command.paper, command.stdio)?;
    announce_real(command.log_format, &opened);
    serve(command, opened, &stop)
}

fn open(
    command: &Command,
    paper: Option<bool>,
    is_market_data_only: bool,
) -> Result<OpenVenue, ConnectorError> {
    Ok((command.kind.open)(&OpenOptions {
        symbols: &command.symbols,
        files: &command.files,
        seed: command.seed,
        paper,
        given: &command.given,
        is_market_data_only,
        env: &process_env,
        clock: &Clock::Real,
    })?)
}

/// Opens the venue without serving it, first as it would be and without its orders, so that no account is
/// claimed, then on paper, whose settings are looked at only there. A venue connects nothing until it is
/// served.
fn check(command: &Command) -> Result<(), ConnectorError> {
    open(command, command.paper, true)?;
    open(command, Some(true), false)?;
    Ok(())
}

/// Real orders are announced whatever the log level is: the log may be off, or in a file.
fn announce_real(format: LogFormat, opened: &OpenVenue) {
    let Some(because) = &opened.because else {
        return;
    };
    let text = format!(
        "REAL ORDERS on {}, because of {because}: what bots send trades with the money of the account",
        opened.destination.environment
    );
    let line = match format {
        LogFormat::Text => format!("connector: {text}"),
        LogFormat::Json => serde_json::json!({"level": "WARN", "message": text}).to_string(),
    };
    // A closed standard error must not keep the connector from running.
    let _ = writeln!(std::io::stderr(), "{line}");
}
