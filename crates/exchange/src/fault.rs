//! Faults for tests.

use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::{rng::Stream, setup_error::SetupError};

/// Faults drawn from the seed. Probabilities are 0 to 1; none by default. They strike order
/// reports and refusals; the market data, positions and balances stay true.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// A request is refused with [`Reject::SystemBusy`](crate::Reject::SystemBusy).
    pub reject: f64,
    /// A response never arrives.
    pub lose: f64,
    /// A response arrives `delay_ns` late, after those that follow it.
    pub delay: f64,
    /// Length of the delay in nanoseconds.
    pub delay_ns: i64,
    /// A response arrives twice.
    pub duplicate: f64,
}

impl Faults {
    /// # Errors
    /// When a probability is not within 0 to 1 or the delay is negative.
    pub(crate) fn validate(&self) -> Result<(), SetupError> {
        for (field, p) in [
            ("reject", self.reject),
            ("lose", self.lose),
            ("delay", self.delay),
            ("duplicate", self.duplicate),
        ] {
            SetupError::check(
                (0.0..=1.0).contains(&p),
                field,
                p,
                "a probability from 0 to 1",
            )?;
        }
        let delay_ns = self.delay_ns as f64;
        SetupError::check(self.delay_ns >= 0, "delay_ns", delay_ns, "0 or more")?;
        Ok(())
    }
}

/// What happens to a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Arrives,
    Lost,
    Delayed(i64),
    Twice,
}

#[derive(Debug)]
pub(crate) struct FaultSource {
    faults: Faults,
    stream: Stream,
}

impl FaultSource {
    pub(crate) fn new(faults: Faults, stream: Stream) -> Self {
        Self { faults, stream }
    }

    pub(crate) fn rejects(&mut self) -> bool {
        let p = self.faults.reject;
        self.hits(p)
    }

    pub(crate) fn response(&mut self) -> Fate {
        let Faults {
            lose,
            delay,
            delay_ns,
            duplicate,
            ..
        } = self.faults;
        if self.hits(lose) {
            Fate::Lost
        } else if self.hits(delay) {
            Fate::Delayed(delay_ns)
        } else if self.hits(duplicate) {
            Fate::Twice
        } else {
            Fate::Arrives
        }
    }

    fn hits(&mut self, p: f64) -> bool {
        p > 0.0 && self.stream.random::<f64>() < p
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::stream;

    #[test]
    fn no_fault_strikes_by_default_and_every_one_at_probability_1() {
        let mut none = FaultSource::new(Faults::default(), stream(1, 4));
        assert!((0..1000).all(|_| !none.rejects() && none.response() == Fate::Arrives));
        let fate = |faults| FaultSource::new(faults, stream(1, 4)).response();
        assert_eq!(
            fate(Faults {
                lose: 1.0,
                ..Faults::default()
            }),
            Fate::Lost
        );
        assert_eq!(
            fate(Faults {
                duplicate: 1.0,
                ..Faults::default()
            }),
            Fate::Twice
        );
        let late = Faults {
            delay: 1.0,
            delay_ns: 5,
            ..Faults::default()
        };
        assert_eq!(fate(late), Fate::Delayed(5));
    }

    #[test]
    fn a_probability_outside_of_0_to_1_is_refused() {
        assert!(
            Faults {
                lose: 1.5,
                ..Faults::default()
            }
            .validate()
            .is_err()
        );
        assert!(
            Faults {
                reject: f64::NAN,
                ..Faults::default()
            }
            .validate()
            .is_err()
        );
        assert!(
            Faults {
                delay_ns: -1,
                ..Faults::default()
            }
            .validate()
            .is_err()
        );
    }
}
