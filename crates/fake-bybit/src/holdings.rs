//! Positions and wallet as JSON.

use serde_json::{Value, json};

use crate::{
    category::Category,
    decimal::trimmed,
    json::extend,
    venue::{Records, Venue},
};

impl Venue {
    /// The legs of a market in the form of the `position` topic: one, or two in hedge mode.
    pub(crate) fn legs(&self, records: &Records, market: u32) -> Vec<Value> {
        let legs: &[u8] = if self.settings.hedge { &[1, 2] } else { &[0] };
        let legs = legs.iter().map(|&idx| self.leg(records, market, idx));
        legs.collect()
    }

    pub(crate) fn leg(&self, records: &Records, market: u32, idx: u8) -> Value {
        let leg = records.ledger.leg(market, idx);
        let info = &self.markets[market as usize];
        let side = match leg.lots {
            0 => "",
            1.. => "Buy",
            _ => "Sell",
        };
        let mut item = json!({
            "category": "linear", "symbol": info.symbol, "side": side,
            "size": info.qty(leg.lots.abs()), "positionIdx": idx,
            "entryPrice": trimmed(leg.entry_px), "updatedTime": leg.updated_ms.to_string(),
            "seq": leg.seq,
        });
        if !self.settings.lean {
            let mark = if info.last_tick > 0 {
                info.spec.px(info.last_tick)
            } else {
                info.start_px
            };
            let qty = info.spec.qty(leg.lots);
            let unrealised = if leg.lots == 0 {
                0.0
            } else {
                (mark - leg.entry_px) * qty
            };
            extend(
                &mut item,
                json!({
                    "positionValue": trimmed(leg.entry_px * qty.abs()), "leverage": "10",
                    "markPrice": trimmed(mark), "liqPrice": "", "bustPrice": "",
                    "unrealisedPnl": trimmed(unrealised), "curRealisedPnl": trimmed(leg.realised),
                    "cumRealisedPnl": trimmed(leg.realised), "positionStatus": "Normal",
                    "adlRankIndicator": 0, "autoAddMargin": 0, "riskId": 1,
                    "riskLimitValue": "2000000", "tradeMode": 0, "tpslMode": "Full",
                    "positionIM": trimmed(leg.entry_px * qty.abs() / 10.0), "positionMM": "0",
                    "positionBalance": "0", "takeProfit": "", "stopLoss": "", "trailingStop": "0",
                    "sessionAvgPrice": "", "createdTime": "1763000000000",
                    "mmrSysUpdatedTime": "", "leverageSysUpdatedTime": "", "isReduceOnly": false,
                }),
            );
        }
        item
    }

    /// The REST form: `avgPrice` instead of `entryPrice`.
    pub(crate) fn rest_position(mut item: Value) -> Value {
        if let Value::Object(fields) = &mut item
            && let Some(entry) = fields.remove("entryPrice")
        {
            fields.insert("avgPrice".into(), entry);
            fields.remove("category");
        }
        item
    }

    /// The wallet in the form of the `wallet` topic.
    pub(crate) fn wallet(&self, records: &Records) -> Value {
        let ledger = &records.ledger;
        let (mut unrealised, mut value) = (0.0, 0.0);
        for (&(market, _), leg) in &ledger.legs {
            let info = &self.markets[market as usize];
            if info.last_tick > 0 && leg.lots != 0 {
                let qty = info.spec.qty(leg.lots);
                unrealised += (info.spec.px(info.last_tick) - leg.entry_px) * qty;
                value += leg.entry_px * qty.abs();
            }
        }
        let margin = value / 10.0;
        let equity = ledger.usdt + unrealised;
        let mut coins = vec![json!({
            "coin": "USDT", "equity": trimmed(equity), "walletBalance": trimmed(ledger.usdt),
            "usdValue": trimmed(equity), "locked": "0", "unrealisedPnl": trimmed(unrealised),
            "totalOrderIM": "0", "totalPositionIM": trimmed(margin), "totalPositionMM": "0",
            "cumRealisedPnl": trimmed(ledger.usdt - self.config.balance_usdt), "bonus": "0",
            "borrowAmount": "0", "accruedInterest": "0", "availableToWithdraw": "",
            "spotBorrow": "0", "spotHedgingQty": "0", "marginCollateral": true, "collateralSwitch": true,
        })];
        for (coin, amount) in &ledger.coins {
            coins.push(json!({
                "coin": coin, "equity": trimmed(*amount), "walletBalance": trimmed(*amount),
                "usdValue": "0", "locked": "0", "unrealisedPnl": "0", "totalOrderIM": "0",
                "totalPositionIM": "0", "borrowAmount": "0", "spotBorrow": "0",
                "marginCollateral": true, "collateralSwitch": false,
            }));
        }
        json!({
            "accountType": "UNIFIED", "totalEquity": trimmed(equity),
            "totalWalletBalance": trimmed(ledger.usdt), "totalMarginBalance": trimmed(equity),
            "totalAvailableBalance": trimmed(equity - margin), "totalPerpUPL": trimmed(unrealised),
            "totalInitialMargin": trimmed(margin), "totalMaintenanceMargin": "0",
            "accountIMRate": "0", "accountMMRate": "0", "accountLTV": "0", "coin": coins,
        })
    }

    /// Index of a market.
    pub(crate) fn market(&self, category: Category, symbol: &str) -> Option<u32> {
        let same = |m: &crate::market::Market| m.category == category && m.symbol == symbol;
        self.markets.iter().position(same).map(|at| at as u32)
    }
}
