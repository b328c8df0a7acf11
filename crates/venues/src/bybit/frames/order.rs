//! Items of the `order` topic and of `order/realtime` and `order/history`.

use hftbacktest::types::{OrdType, Side, TimeInForce};
use serde::Deserialize;

use crate::bybit::frames::FrameError;
use crate::bybit::frames::text::Text;
use crate::kit::decimal::Step;
use crate::kit::scale::Scale;

/// An order as it was sent, on the socket or over REST.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the fields have the venue's names")]
pub struct OrderItem<'a> {
    #[serde(borrow)]
    pub category: Text<'a>,
    #[serde(borrow)]
    pub symbol: Text<'a>,
    #[serde(borrow)]
    pub order_id: Text<'a>,
    #[serde(borrow)]
    pub order_link_id: Text<'a>,
    #[serde(borrow)]
    pub side: Text<'a>,
    #[serde(borrow)]
    pub order_type: Text<'a>,
    #[serde(borrow)]
    pub price: Text<'a>,
    #[serde(borrow)]
    pub qty: Text<'a>,
    #[serde(borrow)]
    pub time_in_force: Text<'a>,
    #[serde(borrow)]
    pub order_status: Text<'a>,
    #[serde(borrow)]
    pub cancel_type: Text<'a>,
    #[serde(borrow)]
    pub reject_reason: Text<'a>,
    #[serde(borrow)]
    pub leaves_qty: Text<'a>,
    #[serde(borrow)]
    pub cum_exec_qty: Text<'a>,
    #[serde(borrow)]
    pub cum_exec_value: Text<'a>,
    #[serde(borrow)]
    pub avg_price: Text<'a>,
    #[serde(borrow)]
    pub created_time: Text<'a>,
    #[serde(borrow)]
    pub updated_time: Text<'a>,
    #[serde(borrow)]
    pub reduce_only: Text<'a>,
    #[serde(borrow)]
    pub position_idx: Text<'a>,
}

/// What the venue says that an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderPhase {
    /// Open without a fill (`New`, `Untriggered`, `Triggered`, `Created`).
    Open,
    /// Open with a fill.
    PartlyFilled,
    /// Ended: all of it is filled.
    Filled,
    /// Ended by a cancellation, with or without fills before it.
    Cancelled,
    /// Ended without ever having been open.
    Rejected,
    /// An unknown status: no report of the order, which is asked for again.
    Unknown,
}

impl OrderPhase {
    /// True when nothing follows but late reports of fills.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Filled | Self::Cancelled | Self::Rejected)
    }

    fn of(text: &str) -> Self {
        match text {
            "New" | "Untriggered" | "Triggered" | "Created" => Self::Open,
            "PartiallyFilled" => Self::PartlyFilled,
            "Filled" => Self::Filled,
            "Cancelled" | "PartiallyFilledCanceled" | "Deactivated" => Self::Cancelled,
            "Rejected" => Self::Rejected,
            _ => Self::Unknown,
        }
    }
}

/// An order on the instrument's grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderUpdate {
    /// The venue's id.
    pub order_id: String,
    /// Our id; empty when the order has none.
    pub link_id: String,
    /// Side.
    pub side: Side,
    /// What it is now.
    pub phase: OrderPhase,
    /// Limit price in ticks; 0 when there is none.
    pub price_tick: i64,
    /// What the lots are counted in: the instrument's step, or a finer one that all quantities of
    /// the report lie on.
    pub lot: Step,
    /// Ordered lots.
    pub qty_lots: i64,
    /// Filled lots since the start.
    pub cum_lots: i64,
    /// Average price of the fills, nearest tick; `None` before the first one.
    pub avg_tick: Option<i64>,
    /// When it changed, Unix nanoseconds.
    pub updated_ns: i64,
    /// Why it ended; `None` when the venue gives no reason or it ended as asked.
    pub reason: Option<String>,
}

impl OrderItem<'_> {
    /// Type and time in force, as bots know them; unknown ones count as a resting limit order.
    pub fn terms(&self) -> (OrdType, TimeInForce) {
        let order_type = order_type_of(&self.order_type);
        let time_in_force = match self.time_in_force.or_empty() {
            "PostOnly" => TimeInForce::GTX,
            "IOC" => TimeInForce::IOC,
            "FOK" => TimeInForce::FOK,
            _ => TimeInForce::GTC,
        };
        (order_type, time_in_force)
    }

    /// The order in ticks and lots. `created_ns` stands in for an empty `updatedTime`.
    ///
    /// # Errors
    /// When a required field is absent or holds no number, or a price is off the grid.
    pub fn update(&self, scale: &Scale, created_ns: i64) -> Result<OrderUpdate, FrameError> {
        self.symbol.need("symbol")?;
        let phase = OrderPhase::of(self.order_status.need("orderStatus")?);
        let price_tick = match self.order_type.get() {
            // A market order may show a price of the venue's own making.
            Some("Market") => 0,
            Some("Limit") => {
                self.price.need("price")?;
                self.price.units("price", &scale.tick)?
            }
            _ => self.price.units("price", &scale.tick)?,
        };
        let avg_tick = match self.avg_price.get() {
            Some(text) => {
                let tick = scale.tick.nearest(text);
                Some(tick.map_err(|e| FrameError::decimal("avgPrice", text, e))?)
            }
            None => None,
        };
        self.qty.need("qty")?;
        if !matches!(
            phase,
            OrderPhase::Open | OrderPhase::Rejected | OrderPhase::Unknown
        ) {
            // Without it a fill would count as none.
            self.cum_exec_qty.need("cumExecQty")?;
        }
        let mut lot = scale.lot;
        for (field, text) in [("qty", &self.qty), ("cumExecQty", &self.cum_exec_qty)] {
            lot = text.refine(field, &lot)?;
        }
        let cum_lots = self.cum_exec_qty.units("cumExecQty", &lot)?;
        Ok(OrderUpdate {
            order_id: self.order_id.need("orderId")?.to_owned(),
            link_id: self.order_link_id.or_empty().to_owned(),
            side: side_of(&self.side)?,
            // Rejected after a fill has been seen: the rest of it was cancelled.
            phase: if phase == OrderPhase::Rejected && cum_lots > 0 {
                OrderPhase::Cancelled
            } else {
                phase
            },
            price_tick,
            lot,
            qty_lots: self.qty.units("qty", &lot)?,
            cum_lots,
            avg_tick: avg_tick.filter(|tick| *tick != 0),
            updated_ns: self.updated_time.ns("updatedTime")?.unwrap_or(created_ns),
            reason: self.reason(),
        })
    }

    fn reason(&self) -> Option<String> {
        let reason = match self.reject_reason.or_empty() {
            "" | "EC_NoError" | "EC_PerCancelRequest" | "UNKNOWN" => None,
            text => Some(text),
        };
        let cancel = match self.cancel_type.or_empty() {
            "" | "UNKNOWN" | "CancelByUser" => None,
            text => Some(text),
        };
        reason.or(cancel).map(ToOwned::to_owned)
    }
}

pub(super) fn order_type_of(text: &Text<'_>) -> OrdType {
    match text.or_empty() {
        "Market" => OrdType::Market,
        _ => OrdType::Limit,
    }
}

/// `Buy` or `Sell`.
pub(super) fn side_of(text: &Text<'_>) -> Result<Side, FrameError> {
    match text.need("side")? {
        "Buy" => Ok(Side::Buy),
        "Sell" => Ok(Side::Sell),
        other => Err(FrameError::value("side", other)),
    }
}
