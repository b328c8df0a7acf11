//! Numbers that may lie in a range only.

use std::time::Duration;

use super::place::Wrong;

/// The number of a key, or its default.
///
/// # Errors
/// For a number outside of the range, with the key and the range.
pub fn within(
    name: &'static str,
    given: Option<u32>,
    preset: u32,
    (low, high): (u32, u32),
) -> Result<u32, Wrong> {
    match given.unwrap_or(preset) {
        value if (low..=high).contains(&value) => Ok(value),
        value => {
            let text = format!("{name} is {value}; it may be {low} to {high}");
            Err(Wrong::key(name, text))
        }
    }
}

/// As [`within`], milliseconds as a time.
///
/// # Errors
/// As [`within`].
pub fn millis(
    name: &'static str,
    given: Option<u32>,
    preset: u32,
    range: (u32, u32),
) -> Result<Duration, Wrong> {
    let ms = within(name, given, preset, range)?;
    Ok(Duration::from_millis(u64::from(ms)))
}

/// How long a registration may wait for the venue: the key `register_wait_ms`.
///
/// # Errors
/// As [`within`].
pub fn register_wait(given: Option<u32>) -> Result<Duration, Wrong> {
    millis("register_wait_ms", given, 30_000, (0, 3_600_000))
}
