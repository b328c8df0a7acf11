//! Configuration files.

pub mod address;
pub mod api_key;
pub mod flag;
pub mod limits_config;
pub mod place;
pub mod private_file;
pub mod range;
pub mod secret;

use std::path::Path;

use serde::de::DeserializeOwned;

use private_file::check_mode;
use secret::SecretKey;

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

/// As [`load`], of a file that may hold keys: then it must be for its owner only. Errors name the key and its
/// line and never quote the line.
///
/// # Errors
/// [`VenueError::Config`], also when it holds keys and may be read by others.
pub fn load_private<T: DeserializeOwned>(
    path: &Path,
    keys: impl Fn(&T) -> [&Option<SecretKey>; 2],
) -> Result<T, VenueError> {
    let config: T = load(path)?;
    let has_keys = keys(&config)
        .into_iter()
        .flatten()
        .any(|key| !key.0.is_empty());
    if has_keys {
        check_mode(path).map_err(|reason| VenueError::Config {
            path: path.to_owned(),
            reason,
        })?;
    }
    Ok(config)
}

/// True for the name of a configuration file.
pub fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "toml")
}
