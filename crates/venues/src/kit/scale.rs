//! The grid of one instrument.

use hftbacktest::types::Event;

use super::decimal::{DecimalError, Step};
use crate::kit::codes;
use crate::kit::venue::Reject;

/// Tick size and quantity step of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// Price step.
    pub tick: Step,
    /// Quantity step.
    pub lot: Step,
}

impl Scale {
    /// Compares the sizes of a bot with those of the venue; to be asked at every registration, also
    /// of a symbol that is known already.
    ///
    /// # Errors
    /// `SIZE_MISMATCH` when one differs: an order on the wrong grid would go out at another price.
    pub fn check_sizes(&self, symbol: &str, tick: f64, lot: f64) -> Result<(), Reject> {
        let (has_tick, has_lot) = (self.tick.to_f64(), self.lot.to_f64());
        let same = |a: f64, b: f64| (a - b).abs() <= b * 1e-9;
        if same(tick, has_tick) && same(lot, has_lot) {
            return Ok(());
        }
        Err(Reject {
            code: codes::SIZE_MISMATCH,
            text: format!(
                "{symbol} has tick size {has_tick} and lot size {has_lot} at the venue, not {tick} and {lot}"
            ),
        })
    }

    /// The same grid with a tick that a price lies on as well.
    ///
    /// # Errors
    /// When it is no plain decimal, or no such tick fits.
    pub fn with_price(&self, text: &str) -> Result<Self, DecimalError> {
        let tick = self.tick.refined(text)?;
        Ok(Self { tick, ..*self })
    }

    /// A market event as bots apply it; times in Unix nanoseconds.
    pub fn event(&self, ev: u64, (tick, lots): (i64, i64), exch_ts: i64, local_ts: i64) -> Event {
        Event {
            ev,
            exch_ts,
            local_ts,
            px: self.tick.f64_of(tick),
            qty: self.lot.f64_of(lots),
            order_id: 0,
            ival: 0,
            fval: 0.0,
        }
    }
}
