//! Orders that stay open at the venue when the connector ends.

use std::fmt;

use hftbacktest::types::{Order, Side, Status};
use tracing::warn;

use crate::kit::order_registry::is_final;

/// Most orders that are logged one by one.
const LISTED_MAX: usize = 50;

/// An order that is open at the venue when the connector ends.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOrder {
    /// Its symbol; the venue's number of it when no bot registered it.
    pub symbol: String,
    /// The bot's id of it.
    pub order_id: u64,
    /// Side.
    pub side: Side,
    /// Limit price.
    pub price: f64,
    /// Open quantity.
    pub leaves_qty: f64,
    /// False: it was sent and the venue has not answered, so that it may not be there.
    pub is_known: bool,
}

impl LeftOrder {
    /// The order of a symbol, as it is now.
    pub(super) fn of(symbol: String, order: &Order) -> Self {
        Self {
            symbol,
            order_id: order.order_id,
            side: order.side,
            price: hbl_wire::price_of(order.price_tick, order.tick_size),
            leaves_qty: order.leaves_qty,
            is_known: !is_final(order.status) && order.status != Status::None,
        }
    }
}

impl LeftOrder {
    /// As programs read it: in the last line of a connector process, and from direct mode.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "symbol": self.symbol,
            "orderId": self.order_id.to_string(),
            "side": if self.side == Side::Sell { "sell" } else { "buy" },
            "price": self.price,
            "leavesQty": self.leaves_qty,
            "known": self.is_known,
        })
    }
}

impl fmt::Display for LeftOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Sell => "sell",
            _ => "buy",
        };
        let state = match self.is_known {
            true => "open",
            false => "sent, and not answered",
        };
        let LeftOrder {
            symbol,
            order_id,
            price,
            leaves_qty,
            ..
        } = self;
        write!(
            f,
            "{symbol} {side} {leaves_qty} at {price}, order {order_id}, {state}"
        )
    }
}

/// Logs the orders that stay open, as warnings.
pub(super) fn log_left(left: &[LeftOrder]) {
    if left.is_empty() {
        return;
    }
    warn!(
        count = left.len(),
        "ORDERS ARE LEFT at the venue: this connector ends and they stay"
    );
    for order in left.iter().take(LISTED_MAX) {
        warn!("left: {order}");
    }
    if left.len() > LISTED_MAX {
        warn!("left: and {} more", left.len() - LISTED_MAX);
    }
}
