//! How long messages travel.

use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::{rng::Stream, setup_error::SetupError};

/// How long messages travel, in nanoseconds. Each takes its constant plus a uniform draw from 0 to
/// its jitter. Messages of one account never overtake each other, nor do those of the feed. All
/// zero by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Latency {
    /// Request, client to exchange.
    pub entry_ns: i64,
    /// Largest addition to it.
    pub entry_jitter_ns: i64,
    /// Response, exchange to client.
    pub response_ns: i64,
    /// Largest addition to it.
    pub response_jitter_ns: i64,
    /// Market data, exchange to client.
    pub feed_ns: i64,
    /// Largest addition to it.
    pub feed_jitter_ns: i64,
}

/// The longest latency: an hour.
const LATENCY_MAX_NS: i64 = 3_600_000_000_000;

impl Latency {
    /// # Errors
    /// When a value is negative or above an hour.
    pub(crate) fn validate(&self) -> Result<(), SetupError> {
        for (field, value) in [
            ("entry_ns", self.entry_ns),
            ("entry_jitter_ns", self.entry_jitter_ns),
            ("response_ns", self.response_ns),
            ("response_jitter_ns", self.response_jitter_ns),
            ("feed_ns", self.feed_ns),
            ("feed_jitter_ns", self.feed_jitter_ns),
        ] {
            let ok = (0..=LATENCY_MAX_NS).contains(&value);
            SetupError::check(ok, field, value as f64, "0 to an hour in nanoseconds")?;
        }
        Ok(())
    }
}

/// One direction of travel with its own random stream.
#[derive(Debug)]
pub(crate) struct Path {
    base_ns: i64,
    jitter_ns: i64,
    stream: Stream,
}

impl Path {
    pub(crate) fn new(base_ns: i64, jitter_ns: i64, stream: Stream) -> Self {
        Self {
            base_ns,
            jitter_ns,
            stream,
        }
    }

    pub(crate) fn draw_ns(&mut self) -> i64 {
        match self.jitter_ns {
            0 => self.base_ns,
            jitter_ns => self.base_ns + self.stream.random_range(0..=jitter_ns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::stream;

    #[test]
    fn a_draw_lies_between_the_constant_and_the_constant_plus_jitter() {
        let mut path = Path::new(100, 50, stream(1, 1));
        let draws: Vec<i64> = (0..1000).map(|_| path.draw_ns()).collect();
        assert!(draws.iter().all(|ns| (100..=150).contains(ns)));
        assert!(draws.contains(&100) && draws.contains(&150));
        assert_eq!(Path::new(7, 0, stream(1, 1)).draw_ns(), 7);
    }

    #[test]
    fn a_negative_latency_is_refused() {
        assert!(
            Latency {
                feed_ns: -1,
                ..Latency::default()
            }
            .validate()
            .is_err()
        );
        assert!(
            Latency {
                entry_ns: i64::MAX,
                ..Latency::default()
            }
            .validate()
            .is_err()
        );
        assert!(Latency::default().validate().is_ok());
    }
}
