//! Times of the command line.

use std::time::Duration;

use crate::error::ConnectorError;
use hbl_venues::kit::config::flag::{Env, variable};

/// Shorter than what docker and systemd give a process that they stop.
const STOP_WAIT_MS: u64 = 8_000;
/// The time that a client waits for an answer by default.
const ORDER_DEADLINE_MS: u64 = 5_000;
const MAX_MS: u64 = 600_000;

/// How long a stop waits for cancellations.
pub(super) fn stop_wait(option: Option<&str>, env: Env<'_>) -> Result<Duration, ConnectorError> {
    let names = ("--stop-wait-ms", "CONNECTOR_STOP_WAIT_MS");
    milliseconds(names, option, env, (STOP_WAIT_MS, 0))
}

/// How long an order is good for whose bot names no deadline.
pub(super) fn order_deadline(
    option: Option<&str>,
    env: Env<'_>,
) -> Result<Duration, ConnectorError> {
    let names = ("--order-deadline-ms", "CONNECTOR_ORDER_DEADLINE_MS");
    milliseconds(names, option, env, (ORDER_DEADLINE_MS, 1))
}

/// A time by its option, else its variable, else the default.
fn milliseconds(
    (option_name, variable_name): (&str, &str),
    option: Option<&str>,
    env: Env<'_>,
    (preset, least): (u64, u64),
) -> Result<Duration, ConnectorError> {
    let (name, text) = match option {
        Some(text) => (option_name, Some(text.to_owned())),
        None => (variable_name, variable(env, variable_name)),
    };
    let Some(text) = text else {
        return Ok(Duration::from_millis(preset));
    };
    let ms = text.parse().ok();
    let ms = ms.filter(|ms| (least..=MAX_MS).contains(ms));
    ms.map(Duration::from_millis).ok_or_else(|| {
        ConnectorError::Usage(format!(
            "{name} is a whole number of ms from {least} to {MAX_MS}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_comes_from_the_option_else_from_the_environment_else_it_is_the_default() {
        let none: Env<'_> = &|_| None;
        let two: Env<'_> = &|_| Some("2000".into());
        let ms = |option, env| stop_wait(option, env).map(|wait| wait.as_millis());
        assert_eq!(ms(None, none).unwrap(), 8_000);
        assert_eq!(ms(None, two).unwrap(), 2_000);
        assert_eq!(ms(Some("0"), two).unwrap(), 0);
        let error = |option| stop_wait(Some(option), none).unwrap_err().to_string();
        assert!(error("soon").contains("--stop-wait-ms"));
        assert!(error("600001").contains("--stop-wait-ms"));
        assert!(order_deadline(Some("0"), none).is_err());
        assert_eq!(order_deadline(None, none).unwrap().as_millis(), 5_000);
    }
}
