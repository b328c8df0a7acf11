//! How far apart the levels of the background flow are, and how much its orders and trades hold.

use crate::{
    flow_config::FlowConfig,
    instrument::Instrument,
    rng::{self, Stream},
};

/// Mean sizes of one instrument, from which the flow draws.
#[derive(Debug)]
pub(crate) struct FlowSizes {
    levels: f64,
    /// From the best level of a side to its last one.
    span_ticks: f64,
    level_lots: f64,
    trade_lots: f64,
}

impl FlowSizes {
    pub(crate) fn new(config: &FlowConfig, spec: &Instrument) -> Self {
        Self {
            levels: f64::from(config.levels),
            span_ticks: f64::from(config.levels) * config.level_gap_ticks,
            level_lots: config.level_lots(spec) as f64,
            trade_lots: config.trade_lots(spec) as f64,
        }
    }

    /// Ticks to the next level, 1 or more.
    pub(crate) fn gap(&self, stream: &mut Stream) -> i64 {
        let extra = self.span_ticks / self.levels - 1.0;
        1 + (extra * rng::exponential(stream)).round() as i64
    }

    /// Ticks from the best level to one within the span, 1 or more; near ones are likelier.
    pub(crate) fn offset(&self, stream: &mut Stream) -> i64 {
        (rng::uniform(stream).powi(2) * self.span_ticks) as i64 + 1
    }

    /// Mean quantity of a level at a distance from the top, in lots; the best level is at distance 1.
    pub(crate) fn level_lots(&self, distance: f64) -> f64 {
        self.level_lots * (0.4 + 0.8 * (distance / 8.0).min(1.0))
    }

    /// Quantity of an order: four make a level.
    pub(crate) fn order_lots(&self, distance: f64, stream: &mut Stream) -> i64 {
        let mean = self.level_lots(distance) / 4.0;
        (mean * rng::exponential(stream)).ceil().max(1.0) as i64
    }

    /// Quantity of a trade: mostly small, at times large.
    pub(crate) fn trade_lots(&self, stream: &mut Stream) -> i64 {
        let scale = if rng::uniform(stream) < 0.05 {
            8.0
        } else {
            0.63
        };
        (self.trade_lots * scale * rng::exponential(stream))
            .ceil()
            .max(1.0) as i64
    }
}
