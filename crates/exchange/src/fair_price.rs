//! The hidden fair price that the quotes of the background flow follow, and the spread around it.

use crate::{
    flow_config::FlowConfig,
    order::Side,
    rng::{self, Stream},
};

/// Largest standard deviation of the price between two level updates, in ticks: a book cannot follow
/// more.
const MOVE_MAX_TICKS: f64 = 2.0;

/// The fair price of one instrument: a random walk that is reflected at the lowest price.
#[derive(Debug)]
pub(crate) struct FairPrice {
    tick: f64,
    /// Relative standard deviation per square root of a nanosecond.
    volatility: f64,
    floor_tick: f64,
    spread_mean: f64,
    /// The spread of the moment.
    spread_ticks: f64,
}

impl FairPrice {
    pub(crate) fn new(config: &FlowConfig, initial_tick: f64) -> Self {
        let followable = MOVE_MAX_TICKS * config.level_rate_hz.sqrt() / initial_tick;
        Self {
            tick: initial_tick,
            volatility: config.volatility.min(followable) / 1e9_f64.sqrt(),
            floor_tick: config.floor_tick() as f64,
            spread_mean: config.spread_ticks,
            spread_ticks: config.spread_ticks,
        }
    }

    pub(crate) const fn tick(&self) -> f64 {
        self.tick
    }

    /// Moves the price over `elapsed_ns`.
    pub(crate) fn walk(&mut self, elapsed_ns: i64, stream: &mut Stream) {
        let step = self.volatility * (elapsed_ns as f64).sqrt() * rng::normal(stream);
        let tick = self.tick * (1.0 + step.clamp(-0.5, 0.5));
        let reflected = if tick < self.floor_tick {
            2.0 * self.floor_tick - tick
        } else {
            tick
        };
        self.tick = reflected.clamp(self.floor_tick, 1e12);
    }

    /// Draws another spread around its mean.
    pub(crate) fn draw_spread(&mut self, stream: &mut Stream) {
        let mean = self.spread_mean - 1.0;
        self.spread_ticks = 1.0 + mean * rng::exponential(stream).min(5.0);
    }

    /// Where the best quote of a side belongs, in ticks.
    pub(crate) fn target(&self, side: Side) -> i64 {
        let half = (self.spread_ticks - 1.0) / 2.0;
        match side {
            Side::Buy => (self.tick - half).floor() as i64,
            Side::Sell => ((self.tick + half).floor() as i64) + 1,
        }
    }

    /// The first whole tick at which a quote of `side` is on the wrong side of the price.
    pub(crate) fn wrong_from(&self, side: Side) -> i64 {
        match side {
            Side::Buy => self.tick.ceil() as i64,
            Side::Sell => self.tick.floor() as i64,
        }
    }

    /// Whether a spread of so many ticks is so wide that closing it goes before everything else.
    pub(crate) fn is_wide(&self, spread_ticks: i64) -> bool {
        spread_ticks as f64 > 2.0 * self.spread_mean + 2.0
    }
}
