//! Sizes of the services, shared with hftbacktest through `HFTBACKTEST_CHANNEL_CONFIG`.

use std::{env, fs};

use serde::Deserialize;

use crate::WireError;

/// Sizes that both ends of a service must agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct ChannelConfig {
    /// Slots that a subscriber may lag behind before the oldest is overwritten.
    pub buffer_size: usize,
    /// Most bots on one connector.
    pub max_bots: usize,
}

impl ChannelConfig {
    /// What hftbacktest's programs take without a configuration.
    pub const UPSTREAM: Self = Self {
        buffer_size: 10_000,
        max_bots: 200,
    };
    /// What programs of this package take among themselves: the same buffer for fewer bots. A publisher's
    /// memory grows with both: with hftbacktest's number of bots it takes 8 MB, and 2 MB more for each bot.
    /// With this one a connector and all its bots have room in 64 MB.
    pub const OWN: Self = Self {
        buffer_size: 10_000,
        max_bots: 32,
    };
}

/// The sizes of the services of a connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Channels {
    /// Between programs of this package.
    pub own: ChannelConfig,
    /// With hftbacktest's own programs.
    pub upstream: ChannelConfig,
}

impl Channels {
    /// Reads the TOML file named in `HFTBACKTEST_CHANNEL_CONFIG`, which then holds for both, or takes
    /// the defaults when the variable is not set.
    ///
    /// # Errors
    /// [`WireError::Config`] when the file cannot be read or understood. hftbacktest falls back to
    /// its defaults in silence there, and then the two ends disagree.
    pub(crate) fn load() -> Result<Self, WireError> {
        let Ok(path) = env::var("HFTBACKTEST_CHANNEL_CONFIG") else {
            return Ok(Self {
                own: ChannelConfig::OWN,
                upstream: ChannelConfig::UPSTREAM,
            });
        };
        let fail = |reason: String| WireError::Config {
            path: path.clone(),
            reason,
        };
        let text = fs::read_to_string(&path).map_err(|e| fail(e.to_string()))?;
        let config: ChannelConfig = toml::from_str(&text).map_err(|e| fail(e.to_string()))?;
        if config.buffer_size == 0 || config.max_bots == 0 {
            return Err(fail(
                "buffer_size and max_bots must be at least 1".to_owned(),
            ));
        }
        Ok(Self {
            own: config,
            upstream: config,
        })
    }
}
