//! When the background flow acts: quotes as a Poisson process, trades as a Hawkes process.

use crate::{
    flow_config::FlowConfig,
    rng::{Stream, exponential, uniform},
};

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Quote,
    Trade,
}

/// The times of quotes and trades. Rates are per nanosecond.
#[derive(Debug)]
pub(crate) struct Arrivals {
    quote_rate: f64,
    trade_rate: f64,
    /// Rate added by each trade, how fast it fades, and what there is now.
    kick: f64,
    decay: f64,
    excited: f64,
}

impl Arrivals {
    pub(crate) fn new(config: &FlowConfig) -> Self {
        let decay = 1.0 / (config.cluster_ms * 1e6);
        Self {
            quote_rate: config.level_rate_hz / 1e9,
            trade_rate: config.trade_rate_hz / 1e9 * (1.0 - config.clustering),
            kick: config.clustering * decay,
            decay,
            excited: 0.0,
        }
    }

    /// A trade happened: others follow.
    pub(crate) fn excite(&mut self) {
        self.excited += self.kick;
    }

    /// Draws the time to the next action, in nanoseconds, and its kind (thinning: the trade rate
    /// only falls until then).
    pub(crate) fn draw(&mut self, stream: &mut Stream) -> (i64, Action) {
        let mut wait_ns = 0.0;
        let action = loop {
            let bound = self.quote_rate + self.trade_rate + self.excited;
            let step_ns = exponential(stream) / bound;
            wait_ns += step_ns;
            if self.excited > 0.0 {
                self.excited *= (-self.decay * step_ns).exp();
            }
            let drawn = uniform(stream) * bound;
            if drawn < self.quote_rate {
                break Action::Quote;
            }
            if drawn < self.quote_rate + self.trade_rate + self.excited {
                break Action::Trade;
            }
        };
        // Rounded at random, else all times would be early by half a nanosecond.
        ((wait_ns + uniform(stream)) as i64, action)
    }
}
