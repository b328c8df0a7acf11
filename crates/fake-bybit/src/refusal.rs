//! Rejections with their retCode and text.

use hbl_exchange::Reject;

use crate::category::Category;

/// A rejected request: retCode and retMsg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: i64,
    pub(crate) text: String,
}

impl Refusal {
    pub(crate) fn new(code: i64, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
        }
    }

    pub(crate) fn params(text: impl std::fmt::Display) -> Self {
        Self::new(10001, format!("params error: {text}"))
    }

    /// The standard text of a code.
    pub(crate) fn of(code: i64) -> Self {
        let text = match code {
            0 => "OK",
            10000 => "Server Timeout",
            10001 => "params error",
            10002 => "invalid request, please check your server timestamp or recv_window param",
            10003 => "API key is invalid.",
            10004 => "error sign! please check your signature generation algorithm.",
            10005 => "Permission denied, please check your API key permissions.",
            10006 => "Too many visits!",
            10016 => "Internal server error.",
            10019 => "The trading service is restarting, please reconnect.",
            10403 => "Exceeded IP rate limit.",
            10404 => "Op type is not found.",
            10429 => "System level frequency protection.",
            20001 => "Repeat auth",
            20003 => "Too frequent requests under the same session",
            20006 => "reqId is duplicated",
            110001 => "order not exists or too late to cancel",
            110003 => "Order price exceeds the allowable range.",
            110007 => "ab not enough for new order",
            110017 => "orderQty will be truncated to zero.",
            110020 => "Not allowed to have more than 500 active orders.",
            110025 => "Position mode is not modified",
            110043 => "Set leverage has not been modified.",
            110072 => "OrderLinkedID is duplicate",
            110094 => "Order notional value below the lower limit",
            170131 => "Insufficient balance.",
            170141 => "Duplicate clientOrderId",
            170213 => "Order does not exist.",
            _ => "error",
        };
        Self::new(code, text)
    }

    /// A code that has one number for perpetuals and one for spot.
    pub(crate) fn either(category: Category, linear: i64, spot: i64) -> Self {
        match category {
            Category::Linear => Self::of(linear),
            Category::Spot => Self::of(spot),
        }
    }

    /// The rejection of the exchange.
    pub(crate) fn from_exchange(reason: Reject, category: Category) -> Self {
        match reason {
            Reject::InsufficientBalance => Self::either(category, 110_007, 170_131),
            Reject::UnknownOrder => Self::either(category, 110_001, 170_213),
            Reject::NoChange => Self::params(
                "The order remains unchanged as the parameters entered match the existing ones.",
            ),
            Reject::PriceRange | Reject::PriceTick => Self::of(110_003),
            other => Self::params(other.text()),
        }
    }
}
