//! Bodies of REST answers.

use serde::Deserialize;

use crate::bybit::frames::execution::ExecutionItem;
use crate::bybit::frames::order::OrderItem;
use crate::bybit::frames::position::{PositionItem, WalletItem};
use crate::bybit::frames::text::Text;
use crate::bybit::frames::trade::Lenient;
use crate::bybit::frames::{FrameError, read};
use crate::kit::decimal::Step;
use crate::kit::listing::{Listing, plain};
use crate::kit::scale::Scale;

/// The answer that every call has in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// 0 when the call succeeded.
    pub code: i64,
    /// The venue's text.
    pub text: String,
    /// The venue's clock, milliseconds; 0 when absent.
    pub time_ms: i64,
    /// What was asked for; empty when the call failed.
    pub result: T,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de> + Default"))]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, T> {
    #[serde(borrow, default)]
    ret_code: Text<'a>,
    #[serde(borrow, default)]
    ret_msg: Text<'a>,
    #[serde(borrow, default)]
    time: Text<'a>,
    #[serde(default = "empty")]
    result: Lenient<T>,
}

fn empty<T: Default>() -> Lenient<T> {
    Lenient(T::default())
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de> + Default"))]
#[serde(rename_all = "camelCase")]
struct List<'a, T> {
    #[serde(default = "none")]
    list: Option<Vec<Lenient<T>>>,
    #[serde(borrow, default)]
    next_page_cursor: Text<'a>,
}

fn none<T>() -> Option<Vec<Lenient<T>>> {
    None
}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        Self {
            list: None,
            next_page_cursor: Text::Absent,
        }
    }
}

fn envelope<'a, T: Deserialize<'a> + Default>(bytes: &'a [u8]) -> Result<Answer<T>, FrameError> {
    let raw: Envelope<'a, T> = read(bytes)?;
    let code = raw.ret_code.int("retCode")?;
    Ok(Answer {
        code: code.ok_or(FrameError::Missing("retCode"))?,
        text: raw.ret_msg.or_empty().to_owned(),
        time_ms: raw.time.int("time")?.unwrap_or(0),
        result: raw.result.0,
    })
}

fn page<'a, T: Deserialize<'a> + Default>(bytes: &'a [u8]) -> Result<Answer<Page<T>>, FrameError> {
    let answer: Answer<List<'a, T>> = envelope(bytes)?;
    let Answer {
        code,
        text,
        time_ms,
        result,
    } = answer;
    if code == 0 && result.list.is_none() {
        return Err(FrameError::Missing("list"));
    }
    let cursor = result.next_page_cursor.get().map(ToOwned::to_owned);
    Ok(Answer {
        code,
        text,
        time_ms,
        result: Page {
            items: result
                .list
                .into_iter()
                .flatten()
                .map(|item| item.0)
                .collect(),
            cursor,
        },
    })
}

/// `order/realtime` and `order/history`.
///
/// # Errors
/// When the body is not of that shape.
pub fn orders(bytes: &[u8]) -> Result<Answer<Page<OrderItem<'_>>>, FrameError> {
    page(bytes)
}

/// `execution/list`.
///
/// # Errors
/// When the body is not of that shape.
pub fn executions(bytes: &[u8]) -> Result<Answer<Page<ExecutionItem<'_>>>, FrameError> {
    page(bytes)
}

/// `position/list`.
///
/// # Errors
/// When the body is not of that shape.
pub fn positions(bytes: &[u8]) -> Result<Answer<Page<PositionItem<'_>>>, FrameError> {
    page(bytes)
}

/// `account/wallet-balance`.
///
/// # Errors
/// When the body is not of that shape.
pub fn wallets(bytes: &[u8]) -> Result<Answer<Page<WalletItem<'_>>>, FrameError> {
    page(bytes)
}

/// `market/instruments-info`.
///
/// # Errors
/// When the body is not of that shape.
pub fn instruments(bytes: &[u8]) -> Result<Answer<Page<InstrumentItem<'_>>>, FrameError> {
    page(bytes)
}

/// `order/cancel-all`: the ids of the orders that are being cancelled.
///
/// # Errors
/// When the body is not of that shape.
pub fn cancel_all(bytes: &[u8]) -> Result<Answer<Page<OrderIds<'_>>>, FrameError> {
    page(bytes)
}

/// `order/create`, `order/amend`, `order/cancel`.
///
/// # Errors
/// When the body is not of that shape.
pub fn order_ids(bytes: &[u8]) -> Result<Answer<OrderIds<'_>>, FrameError> {
    envelope(bytes)
}

/// `user/query-api`: the account that the key is of.
///
/// # Errors
/// When the body is not of that shape.
pub fn key_owner(bytes: &[u8]) -> Result<Answer<KeyOwner<'_>>, FrameError> {
    envelope(bytes)
}

/// `market/time`: the venue's clock in nanoseconds.
///
/// # Errors
/// When the body is not of that shape.
pub fn server_time(bytes: &[u8]) -> Result<Answer<i64>, FrameError> {
    let answer: Answer<TimeItem<'_>> = envelope(bytes)?;
    let result = match answer.result.time_nano.int("timeNano")? {
        Some(ns) => ns,
        None if answer.code == 0 && answer.time_ms == 0 => {
            return Err(FrameError::Missing("timeNano"));
        }
        None => crate::bybit::frames::ns_of_ms("time", answer.time_ms)?,
    };
    Ok(Answer {
        code: answer.code,
        text: answer.text,
        time_ms: answer.time_ms,
        result,
    })
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TimeItem<'a> {
    #[serde(borrow)]
    time_nano: Text<'a>,
}

/// The account that a key is of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct KeyOwner<'a> {
    /// The venue's number of it; a sub-account has its own.
    #[serde(borrow, rename = "userID")]
    pub user_id: Text<'a>,
}

/// The two ids of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the fields have the venue's names")]
pub struct OrderIds<'a> {
    #[serde(borrow)]
    pub order_id: Text<'a>,
    #[serde(borrow)]
    pub order_link_id: Text<'a>,
}

/// An instrument as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the fields have the venue's names")]
pub struct InstrumentItem<'a> {
    #[serde(borrow)]
    pub symbol: Text<'a>,
    #[serde(borrow)]
    pub status: Text<'a>,
    #[serde(borrow)]
    pub base_coin: Text<'a>,
    #[serde(borrow)]
    pub quote_coin: Text<'a>,
    #[serde(borrow)]
    pub settle_coin: Text<'a>,
    #[serde(borrow)]
    pub price_filter: PriceFilter<'a>,
    #[serde(borrow)]
    pub lot_size_filter: LotSizeFilter<'a>,
    #[serde(borrow)]
    pub leverage_filter: LeverageFilter<'a>,
    #[serde(borrow)]
    pub risk_parameters: RiskParameters<'a>,
}

/// Limits of prices as they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the fields have the venue's names")]
pub struct PriceFilter<'a> {
    #[serde(borrow)]
    pub tick_size: Text<'a>,
    #[serde(borrow)]
    pub min_price: Text<'a>,
    #[serde(borrow)]
    pub max_price: Text<'a>,
}

/// Limits of quantities as they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the fields have the venue's names")]
pub struct LotSizeFilter<'a> {
    #[serde(borrow)]
    pub qty_step: Text<'a>,
    #[serde(borrow)]
    pub base_precision: Text<'a>,
    #[serde(borrow)]
    pub min_order_qty: Text<'a>,
    #[serde(borrow)]
    pub max_order_qty: Text<'a>,
    #[serde(borrow)]
    pub max_mkt_order_qty: Text<'a>,
    #[serde(borrow)]
    pub max_limit_order_qty: Text<'a>,
    #[serde(borrow)]
    pub max_market_order_qty: Text<'a>,
    #[serde(borrow)]
    pub min_notional_value: Text<'a>,
    #[serde(borrow)]
    pub min_order_amt: Text<'a>,
    #[serde(borrow)]
    pub max_order_amt: Text<'a>,
}

/// Limits of the leverage as they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the fields have the venue's names")]
pub struct LeverageFilter<'a> {
    #[serde(borrow)]
    pub max_leverage: Text<'a>,
}

/// How far a price may be from the mark price, as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the fields have the venue's names")]
pub struct RiskParameters<'a> {
    #[serde(borrow)]
    pub price_limit_ratio_x: Text<'a>,
    #[serde(borrow)]
    pub price_limit_ratio_y: Text<'a>,
}

impl InstrumentItem<'_> {
    /// What orders of it depend on.
    ///
    /// # Errors
    /// When a size is missing or no positive decimal, or another field is no scalar.
    pub fn listing(&self) -> Result<Listing, FrameError> {
        let lot = &self.lot_size_filter;
        for (field, text) in [
            ("status", &self.status),
            ("settleCoin", &self.settle_coin),
            ("minOrderQty", &lot.min_order_qty),
            ("minNotionalValue", &lot.min_notional_value),
            ("minOrderAmt", &lot.min_order_amt),
        ] {
            if matches!(text, Text::Odd) {
                return Err(FrameError::value(field, "a list or object"));
            }
        }
        let min_value = match lot.min_notional_value.get() {
            Some(_) => &lot.min_notional_value,
            None => &lot.min_order_amt,
        };
        let status = self.status.or_empty();
        Ok(Listing {
            scale: self.scale()?,
            status: status.to_owned(),
            is_open: ["", "Trading", "PreLaunch"].contains(&status),
            settle_coin: self.settle_coin.or_empty().to_owned(),
            min_qty: plain(lot.min_order_qty.or_empty()),
            min_value: plain(min_value.or_empty()),
        })
    }

    /// Tick size and quantity step; spot names the latter `basePrecision`.
    ///
    /// # Errors
    /// When one of them is missing or no positive decimal.
    pub fn scale(&self) -> Result<Scale, FrameError> {
        let step = |field, text: &str| {
            Step::parse(text).map_err(|error| FrameError::decimal(field, text, error))
        };
        let lot = &self.lot_size_filter;
        let lot = lot.qty_step.get().or(lot.base_precision.get());
        Ok(Scale {
            tick: step("tickSize", self.price_filter.tick_size.need("tickSize")?)?,
            lot: step("qtyStep", lot.ok_or(FrameError::Missing("qtyStep"))?)?,
        })
    }
}
