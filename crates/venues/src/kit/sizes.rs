//! Tick and lot sizes of a registration against those of the venue, and sizes that are the same but
//! for the noise of floats.

use crate::kit::codes;
use crate::kit::reject::Reject;

/// Relative difference that arithmetic with floats leaves in a size, a price or a quantity.
const NOISE: f64 = 1e-9;

/// True when `a` is `b`, which is positive, but for the noise of floats.
pub fn is_same(a: f64, b: f64) -> bool {
    (a - b).abs() <= b * NOISE
}

/// Rejects sizes that no symbol of any venue can have.
///
/// # Errors
/// `SIZE_INVALID` when one of them is no positive number.
pub fn check_valid(symbol: &str, (tick, lot): (f64, f64)) -> Result<(), Reject> {
    for (what, size) in [("tick", tick), ("lot", lot)] {
        if !(size.is_finite() && size > 0.0) {
            let text = format!("{what} size {size} of {symbol} is not a positive number");
            let code = codes::SIZE_INVALID;
            return Err(Reject { code, text });
        }
    }
    Ok(())
}

/// Compares tick and lot size of a registration with those of the venue.
///
/// # Errors
/// `SIZE_MISMATCH` when one differs: an order on the wrong grid would go out at another price.
pub fn check_same(
    symbol: &str,
    (has_tick, has_lot): (f64, f64),
    (tick, lot): (f64, f64),
) -> Result<(), Reject> {
    if is_same(tick, has_tick) && is_same(lot, has_lot) {
        return Ok(());
    }
    Err(Reject {
        code: codes::SIZE_MISMATCH,
        text: format!(
            "{symbol} has tick size {has_tick} and lot size {has_lot}, not {tick} and {lot}"
        ),
    })
}
