//! Where the orders of a connector go.

/// What becomes of orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Orders {
    /// The connector does not say: hftbacktest's own, or one that is older than this enum.
    #[default]
    Unknown = 0,
    /// None are taken: the connector refuses them.
    None = 1,
    /// They rest in a market that is made up or recorded.
    Simulated = 2,
    /// They are filled in the connector against a venue's market data.
    Paper = 3,
    /// They are sent to a venue.
    Real = 4,
}

impl Orders {
    /// The word in logs and errors.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::None => "none",
            Self::Simulated => "simulated",
            Self::Paper => "paper",
            Self::Real => "real",
        }
    }

    /// What a number stands for; [`Orders::Unknown`] for one that is not known.
    #[must_use]
    pub const fn of(code: u32) -> Self {
        match code {
            1 => Self::None,
            2 => Self::Simulated,
            3 => Self::Paper,
            4 => Self::Real,
            _ => Self::Unknown,
        }
    }
}

/// Where the orders of a connector go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    pub orders: Orders,
    /// Which of the venue's environments they are for: `mainnet`, `testnet`, `demo`, `custom`,
    /// `simulated`, `recorded`, …; at most 32 bytes, empty when it is not known.
    pub environment: String,
}

impl Destination {
    #[must_use]
    pub fn new(orders: Orders, environment: &str) -> Self {
        Self {
            orders,
            environment: environment.to_owned(),
        }
    }

    /// A number that differs between destinations, never 0.
    #[must_use]
    pub fn tag(&self) -> u32 {
        // FNV-1a.
        let bytes = [self.orders as u8];
        let bytes = bytes.iter().chain(self.environment.as_bytes());
        bytes.fold(0x811c_9dc5, |hash: u32, byte| {
            (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
        }) | 1
    }

    /// Whether a bot whose orders went to `before` may send them here without agreeing again: where the
    /// destination is the same, and where no orders are taken.
    #[must_use]
    pub fn follows(&self, before: &Self) -> bool {
        self == before || self.orders == Orders::None
    }
}

impl std::fmt::Display for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.environment.as_str() {
            "" => f.write_str(self.orders.word()),
            environment => write!(f, "{} ({environment})", self.orders.word()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_differ_by_both_their_parts() {
        let all = [
            Destination::default(),
            Destination::new(Orders::Paper, "mainnet"),
            Destination::new(Orders::Real, "mainnet"),
            Destination::new(Orders::Real, "testnet"),
            Destination::new(Orders::Simulated, "simulated"),
        ];
        for (i, one) in all.iter().enumerate() {
            for (j, other) in all.iter().enumerate() {
                assert_eq!(one.tag() == other.tag(), i == j);
                assert_eq!(one.follows(other), i == j);
            }
            assert!(Destination::new(Orders::None, "mainnet").follows(one));
            assert_eq!(Orders::of(one.orders as u32), one.orders);
        }
        assert_eq!(Orders::of(99), Orders::Unknown);
        assert_eq!(all[2].to_string(), "real (mainnet)");
    }
}
