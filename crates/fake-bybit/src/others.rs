//! The rest of the market: orders of other accounts, their trades with the client's orders, funding.

use hbl_exchange::{CancelAll, NewOrder, OrderType, Side, TimeInForce};
use serde_json::{Value, json};

use crate::{
    category::Category,
    decimal::trimmed,
    error::CommandError,
    order::Execution,
    venue::{TAKER, Venue},
};

/// An order of another account.
#[derive(Debug)]
pub(crate) struct OtherOrder<'a> {
    pub(crate) side: &'a str,
    pub(crate) qty: &'a str,
    pub(crate) price: Option<&'a str>,
    pub(crate) tif: &'a str,
}

impl Venue {
    pub(crate) fn place_other(
        &mut self,
        market: u32,
        order: &OtherOrder<'_>,
    ) -> Result<Value, CommandError> {
        let invalid = |what: &str| CommandError::Invalid(what.to_owned());
        let info = &self.markets[market as usize];
        let side = match order.side {
            "Buy" => Side::Buy,
            "Sell" => Side::Sell,
            _ => return Err(invalid("side")),
        };
        let lots = info.lots(order.qty).filter(|&lots| lots > 0);
        let lots = lots.ok_or_else(|| invalid("qty"))?;
        let tick = match order.price {
            None => None,
            Some(px) => Some(
                info.ticks(px)
                    .filter(|&t| t > 0)
                    .ok_or_else(|| invalid("price"))?,
            ),
        };
        let tif = match order.tif {
            "GTC" => TimeInForce::Gtc,
            "IOC" => TimeInForce::Ioc,
            "FOK" => TimeInForce::Fok,
            "PostOnly" => TimeInForce::Gtx,
            _ => return Err(invalid("timeInForce")),
        };
        self.submit_other(market, side, tick, lots, tif);
        self.after();
        Ok(json!({"clientId": self.last_client_id}))
    }

    fn submit_other(
        &mut self,
        market: u32,
        side: Side,
        tick: Option<i64>,
        lots: i64,
        tif: TimeInForce,
    ) {
        self.last_client_id += 1;
        let rests = tick.is_some() && matches!(tif, TimeInForce::Gtc | TimeInForce::Gtx);
        let account = if rests {
            /// Above the fixed accounts.
            const FIRST: u64 = 1000;
            let account = FIRST + self.last_client_id;
            // The amount is finite.
            let _ = self.exchange.set_initial_balance(account, 1e15);
            self.others.push(account);
            account
        } else {
            TAKER
        };
        let spec = &self.markets[market as usize].spec;
        let request = NewOrder {
            account,
            symbol: market,
            client_id: self.last_client_id,
            side,
            order_type: if tick.is_some() {
                OrderType::Limit
            } else {
                OrderType::Market
            },
            tif: if tick.is_some() {
                tif
            } else {
                TimeInForce::Ioc
            },
            px: spec.px(tick.unwrap_or(0)),
            qty: spec.qty(lots),
        };
        self.exchange.submit(self.exchange_ns(), request.into());
        self.pump();
    }

    /// Publishes what a command did, at once.
    pub(crate) fn after(&mut self) {
        self.flush_private();
        self.publish_trades();
    }

    pub(crate) fn cancel_others(&mut self) {
        for account in std::mem::take(&mut self.others) {
            let request = CancelAll {
                account,
                symbol: None,
            };
            self.exchange.submit(self.exchange_ns(), request.into());
        }
        self.pump();
    }

    /// Others sell (or buy) through to an open order, lot by lot in its own level, until `lots` of
    /// it (`None`: all) are executed.
    pub(crate) fn fill_order(&mut self, at: usize, lots: Option<i64>) {
        /// Requests at most: the market may run away.
        const STEPS_MAX: u32 = 200_000;
        let order = self.records.orders[at].clone();
        let target = order.cum + lots.unwrap_or(order.leaves).min(order.leaves);
        let by = order.side.opposite();
        for _ in 0..STEPS_MAX {
            let now = &self.records.orders[at];
            if now.cum >= target || !now.is_open() {
                return;
            }
            let (tick, left) = (now.px_tick, target - now.cum);
            let better = |t: i64| order.side.sign() * t > order.side.sign() * tick;
            let levels = self.levels(order.market, order.side, 0);
            let ahead: i64 = levels.iter().filter(|l| better(l.0)).map(|l| l.1).sum();
            let here = levels.iter().find(|l| l.0 == tick).map_or(0, |l| l.1);
            let chunk = match ahead {
                0 if here == now.leaves => left,
                0 => 1,
                ahead => ahead,
            };
            self.submit_other(order.market, by, Some(tick), chunk, TimeInForce::Ioc);
        }
    }

    /// A funding payment of the position of a symbol.
    pub(crate) fn funding(&mut self, symbol: &str, rate: f64) -> Result<Value, CommandError> {
        let unknown = || CommandError::Unknown(symbol.to_owned());
        let market = self.market(Category::Linear, symbol).ok_or_else(unknown)?;
        let now_ms = self.now_ms();
        let legs: &[u8] = if self.settings.hedge { &[1, 2] } else { &[0] };
        let mut paid = 0.0;
        for &idx in legs {
            let leg = self.records.ledger.leg(market, idx);
            if leg.lots == 0 {
                continue;
            }
            let info = &self.markets[market as usize];
            let px = if info.last_tick > 0 {
                info.spec.px(info.last_tick)
            } else {
                info.start_px
            };
            let qty = info.spec.qty(leg.lots.abs());
            let fee = rate * px * qty * leg.lots.signum() as f64;
            let side = if leg.lots > 0 { "Buy" } else { "Sell" };
            self.records.ledger.usdt -= fee;
            paid += fee;
            let exec_id = self.uuid();
            let info = &self.markets[market as usize];
            let order_id = format!("{}-{symbol}-{idx}-{side}", now_ms / 1000);
            let item = json!({
                "category": "linear", "symbol": symbol, "orderId": order_id, "orderLinkId": "",
                "side": side, "orderPrice": "0", "orderQty": "0", "leavesQty": "0",
                "orderType": "UNKNOWN", "stopOrderType": "UNKNOWN", "execId": exec_id,
                "execPrice": trimmed(px), "execQty": info.qty(leg.lots.abs()),
                "execValue": trimmed(px * qty), "execFee": trimmed(fee), "feeRate": trimmed(rate),
                "execType": "Funding", "execTime": now_ms.to_string(), "isMaker": false,
                "closedSize": "0", "seq": self.seq,
            });
            self.records.executions.push(Execution {
                market,
                order_id,
                link: String::new(),
                time_ms: now_ms,
                item: item.clone(),
            });
            self.send_topic("execution", vec![(market, item)]);
        }
        self.send_wallet();
        Ok(json!({"paid": trimmed(paid)}))
    }
}
