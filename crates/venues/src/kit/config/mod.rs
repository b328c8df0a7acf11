//! Configuration files.

pub mod api_key;
pub mod flag;
pub mod limits_config;
pub mod place;
pub mod private_file;
pub mod range;
pub mod secret;

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::kit::error::VenueError;

/// Reads a TOML file. An unknown key is an error that names the key and its line.
///
/// # Errors
/// [`VenueError::Config`] when the file cannot be read or understood.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<T, VenueError> {
    let error = |reason: String| VenueError::Config {
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|cause| error(cause.to_string()))?;
    toml::from_str(&text).map_err(|cause| error(place::parsed(&text, &cause)))
}

/// True for the name of a configuration file.
pub fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "toml")
}
