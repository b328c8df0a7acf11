//! Sizes of the services, shared with hftbacktest through `HFTBACKTEST_CHANNEL_CONFIG`.

use std::{env, fs};

use serde::Deserialize;

use crate::WireError;

/// Sizes that both ends of a service must agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct ChannelConfig {
    /// Messages that a subscriber may lag behind before the oldest is overwritten. Default 10 000.
    pub buffer_size: usize,
    /// Most bots on one connector. Default 200.
    pub max_bots: usize,
}

impl Default for ChannelConfig {
    fn default() -> Self {
        Self {
            buffer_size: 10_000,
            max_bots: 200,
        }
    }
}

impl ChannelConfig {
    /// Reads the TOML file named in `HFTBACKTEST_CHANNEL_CONFIG`, or takes hftbacktest's defaults
    /// when the variable is not set.
    ///
    /// # Errors
    /// [`WireError::Config`] when the file cannot be read or understood. hftbacktest falls back to
    /// its defaults in silence there, and then the two ends disagree.
    pub fn load() -> Result<Self, WireError> {
        let Ok(path) = env::var("HFTBACKTEST_CHANNEL_CONFIG") else {
            return Ok(Self::default());
        };
        let fail = |reason: String| WireError::Config {
            path: path.clone(),
            reason,
        };
        let text = fs::read_to_string(&path).map_err(|e| fail(e.to_string()))?;
        let config: Self = toml::from_str(&text).map_err(|e| fail(e.to_string()))?;
        if config.buffer_size == 0 || config.max_bots == 0 {
            return Err(fail(
                "buffer_size and max_bots must be at least 1".to_owned(),
            ));
        }
        Ok(config)
    }
}
