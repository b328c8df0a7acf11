//! Checks the destination of orders when a connector comes and before each order.

use hbl_wire::{Destination, Severity};

use crate::{
    book::Book,
    error::CommandError,
    live_core::LiveCore,
    order_destination::Requirement,
    record::{Record, RecordKind},
    shared::Shared,
};

/// Notice: the destination has changed; orders are denied until the program agrees.
const ORDERS_CHANGED: i64 = 3112;
/// Notice: the destination is not the required one; orders are denied.
const NOT_AS_REQUIRED: i64 = 3113;

impl Shared {
    /// Takes the destination of a connector that has come. A notice follows when it has changed, and one
    /// when it is not the required one.
    pub(crate) fn update_destination(&mut self, at: usize) {
        let now = self.sessions[at].port.info().destination;
        let name = self.sessions[at].port.name().to_owned();
        let before = self.sessions[at].destination.update(now.clone());
        let session = &mut self.sessions[at];
        match (&session.destination.agreed, session.destination.is_agreed()) {
            (Some(agreed), false) => session.port.agree(agreed),
            _ => session.port.agree(&now),
        }
        if let Some(before) = before {
            let text = format!(
                "orders to {name} were {before} and are {now} now: new ones are denied until the program agrees \
                 (agreeOrders)"
            );
            self.push_notice(at, ORDERS_CHANGED, &text);
        }
        if !self.requirement.is_met(&now) {
            let Requirement {
                orders,
                environment,
            } = self.requirement.clone();
            let wanted = Destination {
                orders,
                environment,
            };
            let text = format!(
                "orders to {name} are {now}, this program demands {wanted}: they are denied"
            );
            self.push_notice(at, NOT_AS_REQUIRED, &text);
        }
    }

    fn push_notice(&mut self, at: usize, code: i64, text: &str) {
        let notice = Record {
            kind: RecordKind::Notice as u8,
            status: Severity::Error as u8,
            asset: self.first_asset(at),
            recv_mono_ns: self.clock.monotonic_ns(),
            value: code,
            ..Record::default()
        };
        self.push_text(notice, text);
    }
}

impl<MD: Book> LiveCore<MD> {
    /// Requires a destination of every connector: orders that would go elsewhere are denied.
    pub fn require(&mut self, requirement: Requirement) {
        let mut shared = self.shared.borrow_mut();
        shared.requirement = requirement;
        for at in 0..shared.sessions.len() {
            if shared.sessions[at].port.is_connected() {
                shared.update_destination(at);
            }
        }
    }

    /// Whether a new order or an amendment may go to a connector.
    pub(crate) fn check_destination(&self, session: usize) -> Result<(), CommandError> {
        let shared = self.shared.borrow();
        let destination = &shared.sessions[session].destination;
        if !shared.requirement.is_met(&destination.now) {
            return Err(CommandError::OrdersNotAsRequired);
        }
        if !destination.is_agreed() {
            return Err(CommandError::OrdersChanged);
        }
        Ok(())
    }

    /// The program agrees that the orders of an instrument's connector go where this tag says, see
    /// [`Destination::tag`].
    ///
    /// # Errors
    /// [`CommandError::OrdersChanged`] when they go elsewhere by now, [`CommandError::ConnectorDown`],
    /// [`CommandError::InstrumentNotFound`].
    pub fn agree_orders(&mut self, asset: usize, tag: u32) -> Result<(), CommandError> {
        let session = self.connected(asset)?;
        let mut shared = self.shared.borrow_mut();
        let one = &mut shared.sessions[session];
        if one.destination.now.tag() != tag {
            return Err(CommandError::OrdersChanged);
        }
        one.destination.agreed = Some(one.destination.now.clone());
        let now = one.destination.now.clone();
        one.port.agree(&now);
        drop(shared);
        self.report(true);
        Ok(())
    }
}
