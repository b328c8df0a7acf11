//! Product categories.

use serde::{Deserialize, Serialize};

/// A product category of the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// Perpetuals settled in USDT.
    Linear,
    Spot,
}

impl Category {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Spot => "spot",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "linear" => Some(Self::Linear),
            "spot" => Some(Self::Spot),
            _ => None,
        }
    }
}
