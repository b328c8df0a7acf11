//! Numbers that may lie in a range only.

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
