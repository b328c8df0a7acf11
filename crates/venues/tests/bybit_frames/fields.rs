//! Fields of the items, by name: those that are read, and those that are known and of no use here.

use hbl_venues::bybit::frames::execution::ExecutionItem;
use hbl_venues::bybit::frames::order::OrderItem;
use hbl_venues::bybit::frames::position::{PositionItem, WalletItem};
use hbl_venues::bybit::frames::text::Text;
use serde_json::Value;

/// Names that are read, and names that are not.
pub type Names = (&'static [&'static str], &'static [&'static str]);

pub const ORDER: Names = (
    &[
        "category",
        "symbol",
        "orderId",
        "orderLinkId",
        "side",
        "orderType",
        "price",
        "qty",
        "timeInForce",
        "orderStatus",
        "cancelType",
        "rejectReason",
        "leavesQty",
        "cumExecQty",
        "cumExecValue",
        "avgPrice",
        "createdTime",
        "updatedTime",
        "reduceOnly",
        "positionIdx",
    ],
    &[
        "leavesValue",
        "cumExecFee",
        "cumFeeDetail",
        "closeOnTrigger",
        "triggerDirection",
        "smpGroup",
        "createType",
        "stopOrderType",
        "triggerPrice",
        "triggerBy",
        "takeProfit",
        "stopLoss",
        "tpTriggerBy",
        "slTriggerBy",
        "tpLimitPrice",
        "slLimitPrice",
        "tpslMode",
        "tpSlMode",
        "isLeverage",
        "orderIv",
        "placeType",
        "blockTradeId",
        "lastPriceOnCreated",
        "smpType",
        "smpOrderId",
        "feeCurrency",
        "closedPnl",
        "marketUnit",
        "parentOrderLinkId",
        "rpiTakerAccess",
        "rpiMatchedQty",
        "slippageToleranceType",
        "slippageTolerance",
        "brokerOrderPrice",
        "cxlRejReason",
        "extraFees",
        "ocoTriggerBy",
        "blockOrderId",
    ],
);

pub const EXECUTION: Names = (
    &[
        "category",
        "symbol",
        "orderId",
        "orderLinkId",
        "side",
        "orderQty",
        "leavesQty",
        "execId",
        "execPrice",
        "execQty",
        "execFee",
        "execType",
        "execTime",
        "isMaker",
        "seq",
    ],
    &[
        "orderPrice",
        "createType",
        "orderType",
        "stopOrderType",
        "feeCurrency",
        "execPnl",
        "execValue",
        "feeRate",
        "tradeIv",
        "markIv",
        "markPrice",
        "indexPrice",
        "underlyingPrice",
        "blockTradeId",
        "closedSize",
        "isLeverage",
        "marketUnit",
        "extraFees",
        "execFeeV2",
    ],
);

pub const POSITION: Names = (
    &[
        "category",
        "symbol",
        "side",
        "size",
        "positionIdx",
        "entryPrice",
        "avgPrice",
        "updatedTime",
        "seq",
    ],
    &[
        "positionValue",
        "markPrice",
        "leverage",
        "liqPrice",
        "bustPrice",
        "positionIM",
        "positionMM",
        "positionIMByMp",
        "positionMMByMp",
        "positionBalance",
        "takeProfit",
        "stopLoss",
        "trailingStop",
        "unrealisedPnl",
        "curRealisedPnl",
        "cumRealisedPnl",
        "sessionAvgPrice",
        "breakEvenPrice",
        "riskLimitValue",
        "positionStatus",
        "tpslMode",
        "createdTime",
        "leverageSysUpdatedTime",
        "mmrSysUpdatedTime",
        "riskId",
        "tradeMode",
        "autoAddMargin",
        "adlRankIndicator",
        "openTime",
        "isReduceOnly",
        "delta",
        "gamma",
        "vega",
        "theta",
    ],
);

pub const WALLET: Names = (
    &[
        "accountType",
        "totalEquity",
        "totalWalletBalance",
        "totalMarginBalance",
        "totalAvailableBalance",
        "totalInitialMargin",
        "totalMaintenanceMargin",
        "coin",
    ],
    &[
        "totalPerpUPL",
        "accountIMRate",
        "accountMMRate",
        "accountLTV",
        "accountIMRateByMp",
        "accountMMRateByMp",
        "totalInitialMarginByMp",
        "totalMaintenanceMarginByMp",
        "totalPerpUpl",
    ],
);

pub const COIN: Names = (
    &["coin", "equity", "walletBalance", "locked", "spotBorrow"],
    &[
        "usdValue",
        "borrowAmount",
        "accruedInterest",
        "totalOrderIM",
        "totalPositionIM",
        "totalPositionMM",
        "unrealisedPnl",
        "cumRealisedPnl",
        "bonus",
        "spotHedgingQty",
        "availableToWithdraw",
        "availableToBorrow",
        "colRes",
        "collateralSwitch",
        "marginCollateral",
        "free",
    ],
);

/// Every key of an item is read, or known to be of no use.
pub fn known(name: &str, json: &Value, used: &[&str], unused: &[&str]) {
    for key in json.as_object().unwrap().keys() {
        let is_known = used.contains(&key.as_str()) || unused.contains(&key.as_str());
        assert!(is_known, "{name}: {key} is not known");
    }
}

/// What was read is what the JSON says; absent, `null` and empty are alike.
pub fn same(name: &str, fields: &[(&str, &Text<'_>)], json: &Value) {
    for (key, text) in fields {
        let expected = match json.get(key) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(_) | Value::Object(_)) => {
                assert_eq!(**text, Text::Odd, "{name}: {key}");
                String::new()
            }
            Some(other) => other.to_string(),
        };
        assert_eq!(text.or_empty(), expected, "{name}: {key}");
    }
}

macro_rules! read {
    ($name:expr, $names:expr, $item:expr, $json:expr; $($field:ident),+ $(,)?) => {{
        let texts = [$(&$item.$field),+];
        let fields: Vec<_> = $names.0.iter().copied().zip(texts).collect();
        assert!(fields.len() == $names.0.len() || $names.0.len() == texts.len() + 1);
        known($name, $json, $names.0, $names.1);
        same($name, &fields, $json);
    }};
}

pub fn order_fields(name: &str, item: &OrderItem<'_>, json: &Value) {
    read!(name, ORDER, item, json; category, symbol, order_id, order_link_id, side, order_type,
        price, qty, time_in_force, order_status, cancel_type, reject_reason, leaves_qty,
        cum_exec_qty, cum_exec_value, avg_price, created_time, updated_time, reduce_only,
        position_idx);
}

pub fn execution_fields(name: &str, item: &ExecutionItem<'_>, json: &Value) {
    read!(name, EXECUTION, item, json; category, symbol, order_id, order_link_id, side, order_qty,
        leaves_qty, exec_id, exec_price, exec_qty, exec_fee, exec_type, exec_time, is_maker, seq);
}

pub fn position_fields(name: &str, item: &PositionItem<'_>, json: &Value) {
    read!(name, POSITION, item, json; category, symbol, side, size, position_idx, entry_price,
        avg_price, updated_time, seq);
}

pub fn wallet_fields(name: &str, item: &WalletItem<'_>, json: &Value) {
    read!(name, WALLET, item, json; account_type, total_equity, total_wallet_balance,
        total_margin_balance, total_available_balance, total_initial_margin,
        total_maintenance_margin);
    let coins = json["coin"].as_array().unwrap();
    assert_eq!(item.coin.len(), coins.len(), "{name}");
    for (coin, json) in item.coin.iter().zip(coins) {
        read!(name, COIN, coin, json; coin, equity, wallet_balance, locked, spot_borrow);
    }
}
