//! The exchange with its own book.

use crate::{
    config::ExchangeConfig, flow_config::FlowConfig, instrument::Instrument, matching::Matching,
    order::Side, setup_error::SetupError, simulator::Simulator,
};

/// A price-time priority exchange. See the crate's page for an example.
///
/// Times are Unix nanoseconds and never run back: an earlier one counts as the latest.
#[derive(Debug)]
pub struct Exchange {
    pub(crate) simulator: Simulator<Matching>,
}

impl Exchange {
    /// An exchange without instruments whose time begins at `start_ns`.
    ///
    /// # Errors
    /// When a setting is outside of its range.
    pub fn new(config: ExchangeConfig, start_ns: i64) -> Result<Self, SetupError> {
        Ok(Self {
            simulator: Simulator::new(config, Matching::default(), start_ns)?,
        })
    }

    /// Adds an instrument, with a background flow or without, and returns its index. The flow's
    /// first book is there at once; its levels are published like later changes.
    ///
    /// # Errors
    /// When the symbol exists already or a setting of the flow is outside of its range.
    pub fn add_instrument(
        &mut self,
        spec: Instrument,
        flow: Option<FlowConfig>,
    ) -> Result<u32, SetupError> {
        if let Some(flow) = &flow {
            flow.validate(&spec)?;
        }
        let symbol = self.simulator.add_instrument(spec)?;
        self.simulator
            .engine
            .add_market(&mut self.simulator.manager, symbol, flow);
        Ok(symbol)
    }

    /// The levels of a side as (price in ticks, quantity in lots), best first; nothing when there is
    /// no such instrument.
    ///
    /// This is the book at the exchange now. With a feed latency, level events older than it are
    /// still on their way; as they are absolute, applying them on top ends at the right book, but
    /// passes through older states. A book built from delivered events only does not.
    pub fn book(&self, symbol: u32, side: Side) -> impl Iterator<Item = (i64, i64)> {
        self.simulator.engine.levels(symbol, side)
    }
}
