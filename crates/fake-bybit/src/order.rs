//! Orders and executions of the client's account, and their JSON.

use hbl_exchange::{OrderType, Side};
use serde_json::{Map, Value, json};

use crate::{decimal::trimmed, json::extend, market::Market};

pub(crate) fn side_name(side: Side) -> &'static str {
    match side {
        Side::Buy => "Buy",
        Side::Sell => "Sell",
    }
}

/// An order of the client's account.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) link: String,
    pub(crate) client_id: u64,
    pub(crate) market: u32,
    pub(crate) side: Side,
    pub(crate) order_type: OrderType,
    pub(crate) tif: &'static str,
    pub(crate) px_tick: i64,
    pub(crate) lots: i64,
    pub(crate) leaves: i64,
    pub(crate) cum: i64,
    pub(crate) cum_value: f64,
    pub(crate) cum_fee: f64,
    pub(crate) status: &'static str,
    pub(crate) cancel_type: &'static str,
    pub(crate) reject_reason: &'static str,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
    pub(crate) reduce_only: bool,
    pub(crate) idx: u8,
    /// A spot market buy by value.
    pub(crate) by_value: bool,
    /// Not sent by the client.
    pub(crate) foreign: bool,
}

impl Order {
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.status, "New" | "PartiallyFilled")
    }

    pub(crate) fn json(&self, market: &Market, lean: bool) -> Value {
        let limit = self.order_type == OrderType::Limit;
        let avg = if self.cum == 0 {
            String::new()
        } else {
            trimmed(self.cum_value / market.spec.qty(self.cum))
        };
        let px = if limit {
            market.px(self.px_tick)
        } else {
            String::new()
        };
        let mut item = json!({
            "category": market.category.name(), "symbol": market.symbol,
            "orderId": self.id, "orderLinkId": self.link, "side": side_name(self.side),
            "orderType": if limit { "Limit" } else { "Market" },
            "price": px, "qty": market.qty(self.lots), "timeInForce": self.tif,
            "orderStatus": self.status, "cancelType": self.cancel_type,
            "rejectReason": self.reject_reason, "avgPrice": avg,
            "leavesQty": market.qty(self.leaves), "cumExecQty": market.qty(self.cum),
            "cumExecValue": trimmed(self.cum_value),
            "positionIdx": self.idx, "reduceOnly": self.reduce_only,
            "createdTime": self.created_ms.to_string(), "updatedTime": self.updated_ms.to_string(),
        });
        if !lean {
            let leaves_value = market.spec.px(self.px_tick) * market.spec.qty(self.leaves);
            extend(
                &mut item,
                json!({
                    "leavesValue": trimmed(leaves_value), "cumExecFee": trimmed(self.cum_fee),
                    "closeOnTrigger": false, "createType": "CreateByUser", "stopOrderType": "",
                    "triggerPrice": "", "triggerBy": "", "takeProfit": "", "stopLoss": "",
                    "tpTriggerBy": "", "slTriggerBy": "", "tpLimitPrice": "", "slLimitPrice": "",
                    "tpslMode": "", "smpType": "None", "smpGroup": 0, "smpOrderId": "",
                    "triggerDirection": 0, "isLeverage": "", "orderIv": "", "placeType": "",
                    "blockTradeId": "", "lastPriceOnCreated": px_or_empty(market, market.last_tick),
                    "feeCurrency": "", "closedPnl": "0",
                }),
            );
        }
        item
    }
}

fn px_or_empty(market: &Market, tick: i64) -> String {
    if tick > 0 {
        market.px(tick)
    } else {
        String::new()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Execution {
    pub(crate) market: u32,
    pub(crate) order_id: String,
    pub(crate) link: String,
    pub(crate) time_ms: i64,
    /// As in the `execution` topic.
    pub(crate) item: Value,
}

/// The `execution.fast` form of an item.
pub(crate) fn fast(item: &Value) -> Value {
    const FIELDS: [&str; 10] = [
        "category",
        "symbol",
        "orderId",
        "execId",
        "execPrice",
        "execQty",
        "side",
        "execTime",
        "isMaker",
        "seq",
    ];
    let mut fast = Map::new();
    for field in FIELDS {
        fast.insert(field.into(), item[field].clone());
    }
    let link = if item["isMaker"] == true {
        Value::String(String::new())
    } else {
        item["orderLinkId"].clone()
    };
    fast.insert("orderLinkId".into(), link);
    Value::Object(fast)
}
