//! The side channel: what hftbacktest's protocol has no message for.

use bincode::{Decode, Encode};

use crate::codec::clip;

/// From a bot to our connector.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum SideRequest {
    /// Change price and quantity of an open order.
    Amend {
        /// Symbol.
        symbol: String,
        /// The order.
        order_id: u64,
        /// New price in ticks.
        price_tick: i64,
        /// New total quantity.
        qty: f64,
    },
    /// Cancel every open order of this bot on a symbol.
    CancelAll {
        /// Symbol.
        symbol: String,
    },
}

/// From our connector to bots. What explains an order update is sent before it.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum SideEvent {
    /// A request about an order was refused.
    Reject {
        /// Symbol.
        symbol: String,
        /// The order.
        order_id: u64,
        /// The venue's or the exchange's code.
        code: i64,
        /// Its words.
        text: String,
    },
    /// The connector lost its venue.
    VenueDown {
        /// Why.
        text: String,
    },
    /// The connector has its venue again.
    VenueUp,
    /// The venue's feed of a symbol went silent or is not whole.
    FeedStale {
        /// Symbol.
        symbol: String,
    },
    /// The venue's feed of a symbol is whole again.
    FeedFresh {
        /// Symbol.
        symbol: String,
    },
    /// A registration was refused (unknown symbol, wrong tick or lot size).
    RegisterRefused {
        /// Symbol.
        symbol: String,
        /// Code.
        code: i64,
        /// What is wrong.
        text: String,
    },
    /// What a bot must know that no other event carries.
    Notice {
        /// Code.
        code: i64,
        /// At most 100 bytes; the rest is cut.
        text: String,
    },
}

/// Bytes kept of a text.
const TEXT_BYTES_MAX: usize = 200;

impl SideEvent {
    /// The event with its text cut to what a slot holds.
    pub(crate) fn clipped(&self) -> Self {
        let mut event = self.clone();
        match &mut event {
            Self::Reject { text, .. }
            | Self::VenueDown { text }
            | Self::RegisterRefused { text, .. }
            | Self::Notice { text, .. } => {
                *text = clip(text, TEXT_BYTES_MAX).to_owned();
            }
            Self::VenueUp | Self::FeedStale { .. } | Self::FeedFresh { .. } => {}
        }
        event
    }
}
