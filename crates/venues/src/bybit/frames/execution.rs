//! Items of the `execution` topics and of `execution/list`.

use hftbacktest::types::{OrdType, Side};
use serde::Deserialize;

use crate::bybit::frames::order::{order_type_of, side_of};
use crate::bybit::frames::text::Text;
use crate::bybit::frames::{FrameError, cut};
use crate::kit::decimal::Step;
use crate::kit::scale::Scale;
use crate::kit::venue::ExecutionDetails;

/// An execution as it was sent, on the socket or over REST.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the fields have the venue's names")]
pub struct ExecutionItem<'a> {
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
    pub order_price: Text<'a>,
    #[serde(borrow)]
    pub order_type: Text<'a>,
    #[serde(borrow)]
    pub order_qty: Text<'a>,
    #[serde(borrow)]
    pub leaves_qty: Text<'a>,
    #[serde(borrow)]
    pub exec_id: Text<'a>,
    #[serde(borrow)]
    pub exec_price: Text<'a>,
    #[serde(borrow)]
    pub exec_qty: Text<'a>,
    #[serde(borrow)]
    pub exec_fee: Text<'a>,
    #[serde(borrow)]
    pub fee_currency: Text<'a>,
    #[serde(borrow)]
    pub exec_type: Text<'a>,
    #[serde(borrow)]
    pub exec_time: Text<'a>,
    #[serde(borrow)]
    pub is_maker: Text<'a>,
    #[serde(borrow)]
    pub seq: Text<'a>,
}

/// A fill on the instrument's grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    /// The venue's id of the execution; never twice.
    pub exec_id: String,
    /// The venue's id of the order.
    pub order_id: String,
    /// Our id of the order; empty on maker fills of `execution.fast` and on forced ones.
    pub link_id: String,
    /// Side of the order.
    pub side: Side,
    /// Price in ticks.
    pub tick: i64,
    /// The price as the venue wrote it, when it lies between two ticks; `tick` is the nearest then.
    pub between: Option<String>,
    /// What the lots are counted in: the instrument's step, or a finer one that all quantities of
    /// the execution lie on.
    pub lot: Step,
    /// Quantity in lots.
    pub lots: i64,
    /// Ordered lots at that moment; 0 when absent.
    pub order_lots: i64,
    /// True when the venue says that nothing is left of the order.
    pub completes: bool,
    /// True when the order was resting.
    pub maker: bool,
    /// When, Unix nanoseconds.
    pub exec_ns: i64,
    /// What was charged, in units of `fee_coin`; below 0 for a rebate. `None`: not known.
    pub fee: Option<f64>,
    /// The coin of the fee, where the venue names it.
    pub fee_coin: Option<String>,
}

impl Fill {
    /// For bots.
    pub fn details(&self) -> ExecutionDetails {
        ExecutionDetails {
            fee: self.fee,
            fee_coin: self.fee_coin.clone(),
            trade_id: Some(self.exec_id.clone()),
        }
    }
}

impl ExecutionItem<'_> {
    /// Type of the order that was filled.
    pub fn order_type(&self) -> OrdType {
        order_type_of(&self.order_type)
    }

    /// Limit price of the order that was filled, in ticks; 0 when it has none or it is absent.
    pub fn order_tick(&self, scale: &Scale) -> i64 {
        match self.order_type() {
            OrdType::Market => 0,
            _ => self
                .order_price
                .units("orderPrice", &scale.tick)
                .unwrap_or(0),
        }
    }

    /// The price in ticks, and its text when it lies between two of them: the order was made when
    /// the tick was another one.
    fn price_on(&self, step: &Step) -> Result<(i64, Option<String>), FrameError> {
        match self.exec_price.units("execPrice", step) {
            Ok(tick) => Ok((tick, None)),
            Err(error) if error.is_off_grid() => {
                let text = self.exec_price.or_empty();
                let tick = step.nearest(text);
                let tick = tick.map_err(|e| FrameError::decimal("execPrice", text, e))?;
                Ok((tick, Some(cut(text))))
            }
            Err(error) => Err(error),
        }
    }

    /// The fill in ticks and lots; `None` for executions that fill no order (funding, settlement).
    ///
    /// # Errors
    /// When a required field is absent or holds no number.
    pub fn fill(&self, scale: &Scale) -> Result<Option<Fill>, FrameError> {
        self.symbol.need("symbol")?;
        match self.exec_type.get() {
            // `execution.fast` has no type; all its items are trades.
            None | Some("Trade" | "AdlTrade" | "BustTrade") => {}
            Some(_) => return Ok(None),
        }
        self.exec_qty.need("execQty")?;
        self.exec_price.need("execPrice")?;
        let mut lot = scale.lot;
        for (field, text) in [
            ("execQty", &self.exec_qty),
            ("orderQty", &self.order_qty),
            ("leavesQty", &self.leaves_qty),
        ] {
            lot = text.refine(field, &lot)?;
        }
        let lots = self.exec_qty.units("execQty", &lot)?;
        if lots <= 0 {
            return Err(FrameError::value("execQty", self.exec_qty.or_empty()));
        }
        let order_lots = self.order_qty.units("orderQty", &lot)?;
        let leaves = self.leaves_qty.units("leavesQty", &lot)?;
        let exec_ns = self.exec_time.ns("execTime")?;
        let (tick, between) = self.price_on(&scale.tick)?;
        Ok(Some(Fill {
            exec_id: self.exec_id.need("execId")?.to_owned(),
            order_id: self.order_id.need("orderId")?.to_owned(),
            link_id: self.order_link_id.or_empty().to_owned(),
            side: side_of(&self.side)?,
            tick,
            between,
            lot,
            lots,
            order_lots,
            completes: self.leaves_qty.get().is_some() && leaves == 0 && order_lots > 0,
            maker: self.is_maker.flag(),
            exec_ns: exec_ns.ok_or(FrameError::Missing("execTime"))?,
            // What cannot be read of the fee must not hold back the fill.
            fee: self
                .exec_fee
                .real("execFee")
                .ok()
                .filter(|fee| !fee.is_nan()),
            fee_coin: self.fee_currency.get().map(str::to_owned),
        }))
    }
}
