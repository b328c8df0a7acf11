//! Tick and lot size as far as they are given.

use hbl_venues::kit::sizes::is_same;

/// Tick and lot size of a symbol, each as far as it is given.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sizes {
    /// Price step.
    pub tick: Option<f64>,
    /// Quantity step.
    pub lot: Option<f64>,
}

impl Sizes {
    /// These, and what they lack from others.
    pub fn or(self, others: Self) -> Self {
        Self {
            tick: self.tick.or(others.tick),
            lot: self.lot.or(others.lot),
        }
    }

    /// These, and what they lack from the venue's own, where it knows them.
    pub fn or_of(self, own: Option<(f64, f64)>) -> Self {
        self.or(own.map_or_else(Self::default, |(tick, lot)| Self {
            tick: Some(tick),
            lot: Some(lot),
        }))
    }

    /// Both sizes, with `stand_in` for an unknown one.
    pub fn complete(self, stand_in: f64) -> (f64, f64) {
        let size = |size: Option<f64>| size.unwrap_or(stand_in);
        (size(self.tick), size(self.lot))
    }

    /// True when the given sizes are these.
    pub fn are(self, (tick, lot): (f64, f64)) -> bool {
        let same = |size: Option<f64>, known: f64| size.is_none_or(|size| is_same(size, known));
        same(self.tick, tick) && same(self.lot, lot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_given_comes_from_the_venue_and_asks_for_nothing() {
        let tick = Sizes {
            tick: Some(0.5),
            lot: None,
        };
        assert_eq!(tick.or_of(Some((0.1, 0.001))).complete(1.0), (0.5, 0.001));
        assert_eq!(tick.or_of(None).complete(1.0), (0.5, 1.0));
        assert!(tick.are((0.5, 7.0)) && tick.are((0.5 + 1e-12, 7.0)));
        assert!(!tick.are((0.25, 7.0)));
        assert!(Sizes::default().are((3.0, 4.0)));
    }
}
