//! The grid of one instrument.

use hftbacktest::types::Event;

use super::decimal::{DecimalError, Step};
use crate::kit::feed_event;
use crate::kit::reject::Reject;
use crate::kit::sizes;

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
        let has = (self.tick.to_f64(), self.lot.to_f64());
        sizes::check_same(symbol, has, (tick, lot))
    }

    /// The same grid with a tick that a price lies on as well.
    ///
    /// # Errors
    /// When it is no plain decimal, or no such tick fits.
    pub fn with_price(&self, text: &str) -> Result<Self, DecimalError> {
        let tick = self.tick.refined(text)?;
        Ok(Self { tick, ..*self })
    }

    /// A level as bots apply it, 0 lots to delete it; times in Unix nanoseconds.
    pub fn level_event(
        &self,
        is_bid: bool,
        units: (i64, i64),
        exch_ts: i64,
        local_ts: i64,
    ) -> Event {
        feed_event::level_event(is_bid, self.f64_of(units), exch_ts, local_ts)
    }

    /// A trade as bots apply it, by the taker's side; times in Unix nanoseconds.
    pub fn trade_event(
        &self,
        buyer_takes: bool,
        units: (i64, i64),
        exch_ts: i64,
        local_ts: i64,
    ) -> Event {
        feed_event::trade_event(buyer_takes, self.f64_of(units), exch_ts, local_ts)
    }

    fn f64_of(&self, (tick, lots): (i64, i64)) -> (f64, f64) {
        (self.tick.f64_of(tick), self.lot.f64_of(lots))
    }
}
