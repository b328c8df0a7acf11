//! The steps of prices and quantities in a recording, and the check of a bot's sizes against them.

use crate::kit::book::px::{Px, common_step};
use crate::kit::codes;
use crate::kit::notice::Notice;
use crate::kit::venue::Reject;

/// Quantities kept of a symbol.
const QUANTITIES: usize = 20_000;

/// In which steps the prices and quantities of a symbol were recorded. All are in units of [`Px`].
#[derive(Clone, Debug, Default)]
pub struct Steps {
    /// The greatest step of which all prices seen are multiples; 0 when none was seen.
    pub px: i64,
    /// The same for quantities.
    pub qty: i64,
    /// Quantities seen, some of them where there are many.
    quantities: Vec<i64>,
}

impl Steps {
    /// Looks at a price and its quantity.
    pub fn see(&mut self, px: Px, qty: f64) {
        let qty = Px::from_f64(qty).unwrap_or_default().raw();
        self.px = common_step(self.px, px.raw());
        self.qty = common_step(self.qty, qty);
        if qty != 0 && self.quantities.len() < QUANTITIES {
            self.quantities.push(qty);
        }
    }

    /// Adds what was seen in another recording of the symbol.
    pub fn add(&mut self, other: &Self) {
        self.px = common_step(self.px, other.px);
        self.qty = common_step(self.qty, other.qty);
        self.quantities.extend(&other.quantities);
    }

    /// The coarsest sizes that show every value that was looked at.
    pub fn sizes(&self) -> Option<(f64, f64)> {
        let size = |step: i64| (step > 0).then(|| Px::from_raw(step).to_f64());
        Some((size(self.px)?, size(self.qty)?))
    }

    /// Checks the sizes of a bot. Venues have some quantities that are finer than their lot; what is to
    /// be sent then is returned. A lot that fits less than half of them is not the venue's.
    ///
    /// # Errors
    /// When the sizes cannot show the recording.
    pub fn check(&self, symbol: &str, tick: f64, lot: f64) -> Result<Option<Notice>, Reject> {
        let mismatch = |what: &str, step: f64, recorded: i64| {
            let recorded = Px::from_raw(recorded).to_f64();
            Reject {
                code: codes::SIZE_MISMATCH,
                text: format!(
                    "{symbol} is recorded in steps of {recorded}, which a {what} size of {step} cannot show"
                ),
            }
        };
        if !fits(tick, self.px) {
            return Err(mismatch("tick", tick, self.px));
        }
        let seen = self.quantities.len();
        let finer = self.quantities.iter().filter(|qty| !fits(lot, **qty));
        let finer = finer.count();
        if finer * 2 > seen {
            return Err(mismatch("lot", lot, self.qty));
        }
        Ok((finer > 0).then(|| {
            let text = format!(
                "{finer} of {seen} quantities of {symbol} that were looked at are finer than its lot size {lot}: they are shown as recorded, and orders are filled in whole lots"
            );
            Notice::of(codes::FINER_THAN_LOT, text)
        }))
    }
}

/// True when a value is a multiple of a step.
fn fits(step: f64, value: i64) -> bool {
    value == 0 || Px::from_f64(step).is_some_and(|step| step.raw() > 0 && value % step.raw() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(quantities: &[f64]) -> Steps {
        let mut steps = Steps::default();
        for qty in quantities {
            steps.see(Px::from_raw(Px::SCALE / 100), *qty);
        }
        steps
    }

    #[test]
    fn the_venues_lot_is_taken_beside_quantities_that_are_finer() {
        let dust = steps(&[0.00014, 1.5, 0.00000123, 0.2]);
        let notice = dust.check("BTCUSDT", 0.01, 0.00001).unwrap().unwrap();
        assert_eq!(notice.code, codes::FINER_THAN_LOT);
        assert!(notice.text.contains("1 of 4"), "{}", notice.text);
        assert_eq!(dust.sizes(), Some((0.01, 0.00000001)));
        assert!(dust.check("BTCUSDT", 0.01, 0.00000001).unwrap().is_none());
    }

    #[test]
    fn a_lot_that_most_quantities_do_not_fit_is_refused() {
        let refused = steps(&[0.014, 0.2, 0.003])
            .check("X", 0.01, 0.1)
            .unwrap_err();
        assert_eq!(refused.code, codes::SIZE_MISMATCH);
        assert!(refused.text.contains("0.001"), "{}", refused.text);
        let refused = steps(&[1.0]).check("X", 0.1, 1.0).unwrap_err();
        assert!(refused.text.contains("tick"), "{}", refused.text);
    }

    #[test]
    fn two_recordings_are_looked_at_together() {
        let mut both = steps(&[0.5, 1.0, 2.0]);
        both.add(&steps(&[0.001]));
        assert_eq!(both.sizes(), Some((0.01, 0.001)));
        let notice = both.check("X", 0.01, 0.5).unwrap().unwrap();
        assert!(notice.text.contains("1 of 4"), "{}", notice.text);
    }
}
