//! The specification of an instrument, and the only conversions between floats and ticks or lots.

use crate::{limits::Limits, reject::Reject, setup_error::SetupError};

/// Largest number of ticks or lots in a request: products of two of them and of a million fills
/// stay far inside an `i128`, and every one is exact as `f64`.
const UNITS_MAX: f64 = 1e12;

/// An instrument: tick and lot size, fees, limits of its orders.
#[derive(Clone, Debug, PartialEq)]
pub struct Instrument {
    symbol: String,
    tick: Unit,
    lot: Unit,
    maker_fee_rate: f64,
    taker_fee_rate: f64,
    limits: Limits,
}

/// A step size as `mul / div`, both whole where its decimals allow it: `3 / 10` is the float 0.3,
/// `3 × 0.1` is not.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Unit {
    size: f64,
    mul: f64,
    div: f64,
}

impl Unit {
    fn new(size: f64) -> Self {
        let is_whole = |value: f64| (value - value.round()).abs() <= value * 1e-14;
        let inverse = (1.0 / size).round();
        let (mul, div) = if size.fract() == 0.0 {
            (size, 1.0)
        } else if inverse >= 1.0 && (1.0 / inverse - size).abs() <= size * 1e-12 {
            (1.0, inverse)
        } else {
            let mut powers = (1..=15).map(|decimals| 10_f64.powi(decimals));
            let scale = powers.find(|scale| is_whole(size * scale));
            scale.map_or((size, 1.0), |scale| ((size * scale).round(), scale))
        };
        Self { size, mul, div }
    }

    fn value(self, units: i64) -> f64 {
        units as f64 * self.mul / self.div
    }

    /// Number of units, not rounded.
    fn ratio(self, value: f64) -> f64 {
        value * self.div / self.mul
    }

    /// The whole number of units, `None` when `value` is none.
    fn exact(self, value: f64) -> Option<i64> {
        let ratio = self.ratio(value);
        let units = ratio.round();
        let noise = (units * 1e-12).clamp(1e-6, 0.1);
        ((ratio - units).abs() <= noise).then_some(units as i64)
    }
}

impl Instrument {
    /// An instrument without fees and limits. Sizes in price and quantity units.
    ///
    /// # Errors
    /// When the symbol is empty, or a size is not a positive finite number.
    pub fn new(symbol: &str, tick_size: f64, lot_size: f64) -> Result<Self, SetupError> {
        if symbol.is_empty() {
            return Err(SetupError::EmptySymbol);
        }
        let rule = "a finite number above 0";
        SetupError::check(tick_size > 0.0, "tick_size", tick_size, rule)?;
        SetupError::check(lot_size > 0.0, "lot_size", lot_size, rule)?;
        Ok(Self {
            symbol: symbol.to_owned(),
            tick: Unit::new(tick_size),
            lot: Unit::new(lot_size),
            maker_fee_rate: 0.0,
            taker_fee_rate: 0.0,
            limits: Limits::default(),
        })
    }

    /// Sets the fee rates, as fractions of the traded value; negative is a rebate.
    ///
    /// # Errors
    /// When a rate is not finite or not within ±1.
    pub fn with_fees(mut self, maker_rate: f64, taker_rate: f64) -> Result<Self, SetupError> {
        let rule = "a fraction between -1 and 1";
        self.maker_fee_rate =
            SetupError::check(maker_rate.abs() <= 1.0, "maker_fee_rate", maker_rate, rule)?;
        self.taker_fee_rate =
            SetupError::check(taker_rate.abs() <= 1.0, "taker_fee_rate", taker_rate, rule)?;
        Ok(self)
    }

    /// Sets the limits of orders.
    ///
    /// # Errors
    /// When a limit is NaN or negative.
    pub fn with_limits(mut self, limits: Limits) -> Result<Self, SetupError> {
        limits.validate()?;
        self.limits = limits;
        Ok(self)
    }

    /// The limits of orders.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Name of the instrument.
    #[must_use]
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    /// Smallest price step, in price units.
    #[must_use]
    pub fn tick_size(&self) -> f64 {
        self.tick.size
    }

    /// Smallest quantity step, in quantity units.
    #[must_use]
    pub fn lot_size(&self) -> f64 {
        self.lot.size
    }

    /// Fee of the passive side, a fraction of the value; negative is a rebate.
    #[must_use]
    pub fn maker_fee_rate(&self) -> f64 {
        self.maker_fee_rate
    }

    /// Fee of the aggressive side, a fraction of the value; negative is a rebate.
    #[must_use]
    pub fn taker_fee_rate(&self) -> f64 {
        self.taker_fee_rate
    }

    /// The price of `px_tick` ticks: the float nearest to the decimal number.
    #[must_use]
    pub fn px(&self, px_tick: i64) -> f64 {
        self.tick.value(px_tick)
    }

    /// The quantity of `qty_lots` lots: the float nearest to the decimal number.
    #[must_use]
    pub fn qty(&self, qty_lots: i64) -> f64 {
        self.lot.value(qty_lots)
    }

    /// The value of `tick_lots` (ticks × lots), in quote currency.
    #[must_use]
    pub fn value(&self, tick_lots: i128) -> f64 {
        let (tick, lot) = (self.tick, self.lot);
        tick_lots as f64 * (tick.mul * lot.mul) / (tick.div * lot.div)
    }

    /// Ticks of a price in a request.
    ///
    /// # Errors
    /// [`Reject::PriceRange`] unless positive, finite and at most 10¹² ticks; [`Reject::PriceTick`]
    /// when it is not a multiple of the tick size (tolerance: a millionth of a tick).
    pub fn px_tick(&self, px: f64) -> Result<i64, Reject> {
        if !(px > 0.0 && self.tick.ratio(px) <= UNITS_MAX) {
            return Err(Reject::PriceRange);
        }
        match self.tick.exact(px) {
            Some(tick) if tick > 0 => Ok(tick),
            _ => Err(Reject::PriceTick),
        }
    }

    /// Lots of a quantity in a request.
    ///
    /// # Errors
    /// [`Reject::QtyRange`] when negative, not finite or above 10¹² lots, [`Reject::QtyZero`], or
    /// [`Reject::QtyLot`] when it is not a multiple of the lot size.
    pub fn qty_lots(&self, qty: f64) -> Result<i64, Reject> {
        if qty == 0.0 {
            return Err(Reject::QtyZero);
        }
        if !(qty > 0.0 && self.lot.ratio(qty) <= UNITS_MAX) {
            return Err(Reject::QtyRange);
        }
        match self.lot.exact(qty) {
            Some(lots) if lots > 0 => Ok(lots),
            _ => Err(Reject::QtyLot),
        }
    }

    /// The tick nearest to a price of a feed; no checks. NaN gives 0.
    #[must_use]
    pub fn nearest_tick(&self, px: f64) -> i64 {
        self.tick.ratio(px).round() as i64
    }

    /// The number of lots nearest to a quantity of a feed; no checks. NaN gives 0.
    #[must_use]
    pub fn nearest_lots(&self, qty: f64) -> i64 {
        self.lot.ratio(qty).round() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn btc() -> Instrument {
        Instrument::new("BTCUSDT", 0.1, 0.001).expect("valid")
    }

    #[test]
    fn prices_and_quantities_survive_the_way_there_and_back() {
        let spec = btc();
        for tick in [1, 3, 7, 600_001, 1_234_567_891] {
            assert_eq!(spec.px_tick(spec.px(tick)), Ok(tick));
            assert_eq!(spec.qty_lots(spec.qty(tick)), Ok(tick));
            // What hftbacktest computes: a product with the error of the step.
            assert_eq!(spec.px_tick(tick as f64 * 0.1), Ok(tick));
        }
        assert_eq!(spec.px(3), 0.3);
        let odd = Instrument::new("X", 0.3, 0.07).expect("valid");
        assert_eq!((odd.px(3), odd.qty(7)), (0.9, 0.49));
        assert_eq!((odd.px_tick(0.9), odd.qty_lots(0.49)), (Ok(3), Ok(7)));
        let wide = Instrument::new("X", 2.5, 10.0).expect("valid");
        assert_eq!(wide.px_tick(7.5), Ok(3));
        assert_eq!(wide.qty_lots(30.0), Ok(3));
        assert_eq!(wide.value(9), 225.0);
        assert_eq!(spec.value(600_000 * 1000), 60_000.0);
    }

    #[test]
    fn bad_prices_and_quantities_are_named() {
        let spec = btc();
        for px in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0, 1e300] {
            assert_eq!(spec.px_tick(px), Err(Reject::PriceRange), "{px}");
        }
        assert_eq!(spec.px_tick(100.05), Err(Reject::PriceTick));
        assert_eq!(spec.px_tick(1e-9), Err(Reject::PriceTick));
        for qty in [f64::NAN, f64::INFINITY, -0.001, 1e300] {
            assert_eq!(spec.qty_lots(qty), Err(Reject::QtyRange), "{qty}");
        }
        assert_eq!(spec.qty_lots(0.0), Err(Reject::QtyZero));
        assert_eq!(spec.qty_lots(-0.0), Err(Reject::QtyZero));
        assert_eq!(spec.qty_lots(0.0005), Err(Reject::QtyLot));
    }

    #[test]
    fn a_size_that_is_not_positive_and_finite_is_refused() {
        for bad in [0.0, -0.1, f64::NAN, f64::INFINITY] {
            assert!(Instrument::new("X", bad, 1.0).is_err(), "{bad}");
            assert!(Instrument::new("X", 1.0, bad).is_err(), "{bad}");
        }
        assert_eq!(Instrument::new("", 1.0, 1.0), Err(SetupError::EmptySymbol));
        assert!(btc().with_fees(f64::NAN, 0.0).is_err());
        assert!(btc().with_fees(0.0, 2.0).is_err());
    }
}
