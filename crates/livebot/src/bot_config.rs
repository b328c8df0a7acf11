//! Configuration of a bot.

use std::time::Duration;

use crate::{error::LiveBotError, idle::WaitConfig};

/// An instrument as a bot registers it.
#[derive(Clone, Debug)]
pub struct InstrumentConfig {
    pub connector: String,
    /// Symbol as the connector knows it.
    pub symbol: String,
    /// Step of prices.
    pub tick_size: f64,
    /// Step of quantities.
    pub lot_size: f64,
    /// Lower bound of the range of interest, in price; read by the ROI depth only.
    pub roi_lb: f64,
    /// Upper bound of the range of interest, in price.
    pub roi_ub: f64,
    /// How many of the last trades are kept.
    pub last_trades_capacity: usize,
}

#[derive(Clone, Debug)]
pub struct BotConfig {
    /// The instruments; their numbers are their places here.
    pub instruments: Vec<InstrumentConfig>,
    /// Id on the wire; 0 draws one.
    pub bot_id: u64,
    pub wait: WaitConfig,
    /// Time within which an order or an amendment may be sent after it was requested; `None`: no limit.
    /// Cancellations have no deadline.
    pub order_deadline: Option<Duration>,
    /// The bot sends no orders, and connectors report none to it.
    pub only_looks: bool,
    /// A connector without a heartbeat for this long counts as lost.
    pub heartbeat_timeout: Duration,
    /// Orders and amendments are sent only while the book of their instrument is live.
    pub require_live_book: bool,
}

/// Checks instruments; the error names the path of the bad field.
pub(crate) fn check(instruments: &[InstrumentConfig], with_roi: bool) -> Result<(), LiveBotError> {
    let fail = |at: usize, what: &str| {
        Err(LiveBotError::InvalidArgument(format!(
            "instruments[{at}].{what}"
        )))
    };
    if instruments.is_empty() {
        return Err(LiveBotError::InvalidArgument(
            "instruments: at least one is needed".to_owned(),
        ));
    }
    for (at, one) in instruments.iter().enumerate() {
        if !(one.tick_size.is_finite() && one.tick_size > 0.0) {
            return fail(at, "tickSize: must be a positive number");
        }
        if !(one.lot_size.is_finite() && one.lot_size > 0.0) {
            return fail(at, "lotSize: must be a positive number");
        }
        if one.symbol.is_empty() || one.symbol.len() > 100 {
            return fail(at, "symbol: must have 1 to 100 bytes");
        }
        if with_roi {
            let ticks = (one.roi_ub - one.roi_lb) / one.tick_size;
            if !(one.roi_lb.is_finite()
                && one.roi_ub.is_finite()
                && one.roi_lb >= 0.0
                && one.roi_ub > one.roi_lb)
            {
                return fail(at, "roi: the bounds must be numbers, lower before upper");
            }
            if ticks > 1e8 {
                return fail(at, "roi: the range must not exceed 100 million ticks");
            }
        }
        let twin = |other: &InstrumentConfig| {
            other.symbol == one.symbol && other.connector == one.connector
        };
        if instruments[..at].iter().any(twin) {
            return fail(at, "symbol: is registered twice on its connector");
        }
    }
    Ok(())
}
