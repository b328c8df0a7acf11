//! A connector on the thread of its only bot, opened by the words of the command line.

use hbl_venues::kit::config::flag::Env;
use hbl_venues::kit::direct_venue::{DirectSettings, DirectVenue};
use hbl_venues::kit::kind::OpenOptions;
use hbl_wire::Clock;

use crate::cli;
use crate::error::ConnectorError;

/// Opens a connector as `connector WORD…` would, in an environment of its own. It starts no process, opens no
/// shared memory and logs nothing. It runs by `clock`; only kinds whose data comes from no network take a
/// virtual one.
///
/// # Errors
/// As the program: [`ConnectorError::Usage`] for the words, [`ConnectorError::Venue`] for the venue. Options
/// that only a process can have are refused.
pub fn open(words: &[&str], env: Env<'_>, clock: &Clock) -> Result<DirectVenue, ConnectorError> {
    let command = cli::parse_in(words, env)?;
    let of_a_process = [
        (command.stdio, "--stdio"),
        (command.with_stdin, "--with-stdin"),
        (command.ready_json, "--ready-json"),
    ];
    if let Some((_, option)) = of_a_process.iter().find(|(is_given, _)| *is_given) {
        return Err(ConnectorError::Usage(format!(
            "{option} is for a connector in a process of its own, not for direct mode"
        )));
    }
    if clock.as_virtual().is_some() && !command.kind.takes_virtual_time {
        return Err(ConnectorError::Usage(format!(
            "{} has no virtual clock: its data comes from a network",
            command.kind.word
        )));
    }
    let opened = (command.kind.open)(&OpenOptions {
        symbols: &command.symbols,
        files: &command.files,
        seed: command.seed,
        paper: command.paper,
        given: &command.given,
        is_market_data_only: false,
        env,
        clock,
    })?;
    if opened.is_stepped {
        return Err(ConnectorError::Usage(
            "a replay by steps needs a connector in a process of its own, not direct mode".into(),
        ));
    }
    let settings = DirectSettings {
        name: command.name,
        order_deadline: command.order_deadline,
        stop_wait: command.stop_wait,
        clock: clock.clone(),
    };
    Ok(DirectVenue::new(opened, settings))
}
