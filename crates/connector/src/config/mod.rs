//! Configuration files.

pub mod binance_config;
pub mod bybit_config;
pub mod bybit_settings;
pub mod flag;
pub mod paper_config;
pub mod replay_config;
pub mod sim_config;

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::ConnectorError;

/// Reads a TOML file. An unknown key is an error that names the key and its line.
///
/// # Errors
/// [`ConnectorError::Config`] when the file cannot be read or understood.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<T, ConnectorError> {
    let error = |reason: String| ConnectorError::Config {
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|cause| error(cause.to_string()))?;
    toml::from_str(&text).map_err(|cause| error(cause.to_string()))
}
