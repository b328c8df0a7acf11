//! A venue's rules for orders, for a fill simulator in its place.

use hbl_exchange::{Limits, Reject as ExchangeReject};

/// A venue's own number of a reason; `None`: it has none, the exchange's is used.
pub type VenueCode = fn(ExchangeReject) -> Option<i64>;

/// A venue's rules for orders, and the codes with which it rejects one.
#[derive(Clone, Copy, Debug)]
pub struct OrderRules {
    /// Limits of the venue's list of instruments; an absent one does not limit.
    pub limits: Limits,
    /// Its numbers.
    pub code: VenueCode,
}

/// The numbers of who has none of its own.
pub fn no_code(_: ExchangeReject) -> Option<i64> {
    None
}
