//! Pre-trade checks: instrument, connector, destination, book, deadline, grid.

use hbl_wire::{price_of, steps_of};

use crate::{book::Book, book_state::BookState, error::CommandError, live_core::LiveCore};

impl<MD: Book> LiveCore<MD> {
    pub(crate) fn session_of(&self, asset: usize) -> Result<usize, CommandError> {
        self.shared
            .borrow()
            .assets
            .get(asset)
            .map(|one| one.session)
            .ok_or(CommandError::InstrumentNotFound)
    }

    pub(crate) fn connected(&self, asset: usize) -> Result<usize, CommandError> {
        let session = self.session_of(asset)?;
        if self.shared.borrow().sessions[session].port.is_connected() {
            Ok(session)
        } else {
            Err(CommandError::ConnectorDown)
        }
    }

    /// As [`LiveCore::connected`], for new orders and amendments: the destination must be the agreed one,
    /// and the book live where that is required.
    pub(crate) fn tradable(&self, asset: usize) -> Result<usize, CommandError> {
        let session = self.connected(asset)?;
        self.check_destination(session)?;
        if self.require_live_book && self.book_state(asset) != BookState::Live {
            return Err(CommandError::BookNotLive);
        }
        Ok(session)
    }

    /// Whether a new order or an amendment may be sent at all.
    pub(crate) fn may_trade(&self, deadline_ns: u64) -> Result<(), CommandError> {
        if self.shared.borrow().only_looks {
            return Err(CommandError::OnlyLooks);
        }
        if self.clock.monotonic_ns() > deadline_ns {
            return Err(CommandError::TooLate);
        }
        Ok(())
    }

    /// Price and quantity without the noise of floats; off-grid values are errors, not rounded. A market
    /// order has no price (`None`).
    pub(crate) fn on_grid(
        &self,
        asset: usize,
        price: Option<f64>,
        qty: f64,
    ) -> Result<(f64, f64), CommandError> {
        let shared = self.shared.borrow();
        let one = &shared.assets[asset];
        let value = |value: f64, step: f64| -> Result<f64, CommandError> {
            let steps = steps_of(value, step).ok_or(CommandError::OffGrid)?;
            Ok(price_of(steps, step))
        };
        let price = match price {
            Some(price) => value(price, one.tick_size)?,
            None => 0.0,
        };
        Ok((price, value(qty, one.lot_size)?))
    }
}
