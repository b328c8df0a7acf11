//! Order reports of the exchange become private messages: order, execution, position, wallet.

use hbl_exchange::{OrderReport, OrderStatus, OrderType, Reject, Side};
use rand::Rng;
use serde_json::{Value, json};

use crate::{
    category::Category,
    conn::Class,
    decimal::trimmed,
    fault::Socket,
    garble::garbled,
    json::extend,
    ledger::LedgerFill,
    order::{Execution, fast, side_name},
    private_update::PrivateUpdate,
    settings::{PostOnlyEnd, StreamOrder},
    venue::{ACCOUNT, Venue},
};

impl Venue {
    /// Takes a report on an order of the account.
    pub(crate) fn on_report(&mut self, report: &OrderReport, ms: i64) {
        let at_us = self.real_us();
        self.journal.reported(report, at_us);
        let Some(&at) = self.by_client.get(&report.client_id) else {
            return;
        };
        let post_only = self.settings.post_only_end;
        let market = &self.markets[report.symbol as usize];
        let category = market.category;
        let order = &mut self.records.orders[at];
        order.leaves = report.leaves_lots;
        order.updated_ms = ms.max(order.updated_ms);
        match report.status {
            OrderStatus::New => order.status = "New",
            OrderStatus::Replaced => {
                order.px_tick = report.px_tick;
                order.lots = report.qty_lots;
            }
            OrderStatus::PartiallyFilled | OrderStatus::Filled => {
                order.cum = report.cum_lots;
                let last = market.spec.px(report.last_px_tick) * market.spec.qty(report.last_lots);
                order.cum_value += last;
                order.cum_fee += report.fee;
                order.status = match report.status {
                    OrderStatus::Filled if order.by_value => "PartiallyFilledCanceled",
                    OrderStatus::Filled => "Filled",
                    _ => "PartiallyFilled",
                };
                self.on_fill(at, report, ms);
            }
            OrderStatus::Rejected => {
                self.refused = report.reason;
                return;
            }
            OrderStatus::Canceled | OrderStatus::Expired => {
                order.status = if category == Category::Spot && order.cum > 0 {
                    "PartiallyFilledCanceled"
                } else {
                    "Cancelled"
                };
                order.reject_reason = match report.reason {
                    None => "EC_PerCancelRequest",
                    Some(Reject::PostOnlyWouldCross) => "EC_PostOnlyWillTakeLiquidity",
                    Some(Reject::FokUnfilled) => "EC_CancelForNoFullFill",
                    Some(Reject::NoLiquidity) => "EC_NoImmediateQtyToFill",
                    Some(_) => "EC_Others",
                };
                if report.reason.is_none() && order.cancel_type == "UNKNOWN" {
                    order.cancel_type = "CancelByUser";
                }
                if report.reason == Some(Reject::SelfTrade) {
                    order.cancel_type = "CancelBySmp";
                }
                let post_only_end = report.reason == Some(Reject::PostOnlyWouldCross);
                if post_only_end && post_only == PostOnlyEnd::Rejected {
                    order.status = "Rejected";
                }
            }
        }
        self.push_order(at);
        let order = &self.records.orders[at];
        if order.status == "Filled" && self.settings.duplicate_filled {
            let mut again = order.json(&self.markets[order.market as usize], self.settings.lean);
            extend(
                &mut again,
                json!({"cancelType": "CancelByUser", "rejectReason": "EC_OrigClOrdIDDoesNotExist"}),
            );
            self.batch.push(PrivateUpdate::Order(at, again));
        }
    }

    fn push_order(&mut self, at: usize) {
        let order = &self.records.orders[at];
        let market = &self.markets[order.market as usize];
        let item = order.json(market, self.settings.lean);
        self.batch.push(PrivateUpdate::Order(at, item));
    }

    fn on_fill(&mut self, at: usize, report: &OrderReport, ms: i64) {
        let exec_id = self.uuid();
        let seq = self.seq;
        let order = &self.records.orders[at];
        let market = &self.markets[report.symbol as usize];
        let px = market.spec.px(report.last_px_tick);
        let qty = market.spec.qty(report.last_lots);
        let fill = LedgerFill {
            side: report.side,
            lots: report.last_lots,
            px,
            lot_size: market.spec.lot_size(),
            fee: report.fee,
            now_ms: ms,
            seq,
        };
        let ledger = &mut self.records.ledger;
        let closed = match market.category {
            Category::Linear => ledger.fill_linear(report.symbol, order.idx, fill),
            Category::Spot => {
                ledger.fill_spot(&market.base, fill);
                0
            }
        };
        let rate = if report.maker {
            market.spec.maker_fee_rate()
        } else {
            market.spec.taker_fee_rate()
        };
        // Spot takes the fee of a purchase from the coin.
        let (fee, fee_coin) = match (market.category, report.side) {
            (Category::Spot, Side::Buy) => (report.fee / px, market.base.as_str()),
            _ => (report.fee, "USDT"),
        };
        let order_px = if order.order_type == OrderType::Limit {
            market.px(order.px_tick)
        } else {
            "0".into()
        };
        let item = json!({
            "category": market.category.name(), "symbol": market.symbol,
            "orderId": order.id, "orderLinkId": order.link, "side": side_name(order.side),
            "orderPrice": order_px, "orderQty": market.qty(order.lots),
            "leavesQty": market.qty(order.leaves),
            "orderType": if order.order_type == OrderType::Limit { "Limit" } else { "Market" },
            "stopOrderType": "UNKNOWN", "execId": exec_id, "execPrice": market.px(report.last_px_tick),
            "execQty": market.qty(report.last_lots), "execValue": trimmed(px * qty),
            "execFee": trimmed(fee), "feeRate": trimmed(rate), "feeCurrency": fee_coin,
            "execType": "Trade", "execTime": ms.to_string(), "isMaker": report.maker,
            "isLeverage": "0", "closedSize": market.qty(closed), "createType": "CreateByUser",
            "markPrice": market.px(report.last_px_tick), "indexPrice": "", "underlyingPrice": "",
            "tradeIv": "", "markIv": "", "blockTradeId": "", "execPnl": "0", "seq": seq,
        });
        self.records.executions.push(Execution {
            market: report.symbol,
            order_id: order.id.clone(),
            link: order.link.clone(),
            time_ms: ms,
            item: item.clone(),
        });
        self.batch
            .push(PrivateUpdate::Execution(report.symbol, item.clone()));
        if self.settings.duplicate_executions {
            self.batch
                .push(PrivateUpdate::Execution(report.symbol, item));
        }
    }

    /// Reduce-only orders of flat legs end.
    fn cancel_reduce_only(&mut self) -> bool {
        let ledger = &self.records.ledger;
        let over: Vec<usize> = self
            .by_client
            .values()
            .copied()
            .filter(|&at| {
                let order = &self.records.orders[at];
                let lots = ledger.leg(order.market, order.idx).lots;
                order.is_open() && order.reduce_only && lots * order.side.sign() >= 0
            })
            .collect();
        for &at in &over {
            let order = &mut self.records.orders[at];
            order.cancel_type = "CancelByReduceOnly";
            let request = hbl_exchange::CancelOrder {
                account: ACCOUNT,
                symbol: order.market,
                client_id: order.client_id,
            };
            self.exchange.submit(self.exchange_ns(), request.into());
        }
        !over.is_empty()
    }

    /// Sends the private messages of the request in hand.
    pub(crate) fn flush_private(&mut self) {
        let fills = self
            .batch
            .iter()
            .any(|u| matches!(u, PrivateUpdate::Execution(..)));
        if fills && self.cancel_reduce_only() {
            self.pump();
        }
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return;
        }
        let (mut orders, mut executions, mut markets) = (Vec::new(), Vec::new(), Vec::new());
        for update in batch {
            match update {
                PrivateUpdate::Order(at, item) => {
                    if self.settings.skip_new {
                        orders.retain(|&(other, _, _)| other != at);
                    }
                    let market = self.records.orders[at].market;
                    markets.push(market);
                    orders.push((at, market, item));
                }
                PrivateUpdate::Execution(market, item) => executions.push((market, item)),
            }
        }
        // Closed orders are not looked up by the exchange's id any more.
        let (records, settings) = (&self.records, &self.settings);
        self.by_client.retain(|_, &mut at| {
            let status = records.orders[at].status;
            matches!(status, "New" | "PartiallyFilled" | "Created")
        });
        let orders: Vec<_> = orders.into_iter().map(|(_, m, item)| (m, item)).collect();
        let execution_first = match settings.stream_order {
            StreamOrder::OrderFirst => false,
            StreamOrder::ExecutionFirst => true,
            StreamOrder::Random => self.rng.random(),
        };
        let any_fill = !executions.is_empty();
        if execution_first {
            self.send_topic("execution", executions);
            self.send_topic("order", orders);
        } else {
            self.send_topic("order", orders);
            self.send_topic("execution", executions);
        }
        if any_fill || self.settings.position_on_order {
            markets.sort_unstable();
            markets.dedup();
            self.send_positions(&markets);
        }
        if any_fill {
            self.send_wallet();
        }
    }

    pub(crate) fn send_positions(&mut self, markets: &[u32]) {
        let mut items = Vec::new();
        for &market in markets {
            if self.markets[market as usize].category == Category::Linear {
                let legs = self.legs(&self.records, market);
                items.extend(legs.into_iter().map(|item| (market, item)));
            }
        }
        self.send_topic("position", items);
    }

    pub(crate) fn send_wallet(&mut self) {
        let wallet = self.wallet(&self.records);
        self.send_topic("wallet", vec![(0, wallet)]);
    }

    /// Sends items of a topic to its subscribers.
    pub(crate) fn send_topic(&mut self, topic: &'static str, items: Vec<(u32, Value)>) {
        const KEPT: usize = 1000;
        for (market, item) in &items {
            self.sent.push_back((topic, *market, item.clone()));
            if self.sent.len() > KEPT {
                self.sent.pop_front();
            }
        }
        self.send_items(topic, &items);
    }

    pub(crate) fn send_items(&mut self, topic: &'static str, items: &[(u32, Value)]) {
        // Hedge legs come in one message, as does everything with `coalesce`.
        if self.settings.coalesce || topic == "position" {
            for category in [Category::Linear, Category::Spot] {
                let of_category = |m: &u32| self.markets[*m as usize].category == category;
                let part: Vec<Value> = items
                    .iter()
                    .filter(|(m, _)| of_category(m))
                    .map(|(_, item)| item.clone())
                    .collect();
                self.message(topic, category, part);
            }
        } else {
            for (market, item) in items {
                let category = self.markets[*market as usize].category;
                self.message(topic, category, vec![item.clone()]);
            }
        }
    }

    fn message(&mut self, topic: &'static str, category: Category, data: Vec<Value>) {
        if data.is_empty() {
            return;
        }
        let data: Vec<Value> = data
            .into_iter()
            .map(|item| garbled(&mut self.garbles, topic, false, item))
            .collect();
        let created_ms = self.now_ms();
        let id = self.uuid();
        let narrow = format!("{topic}.{}", category.name());
        let delay_ms = self.settings.private_delay_ms;
        let ids: Vec<u64> = self.conns_of(Socket::Private);
        for conn in ids {
            for name in [topic, narrow.as_str()] {
                if self.subscribed(conn, name) {
                    let text =
                        json!({"topic": name, "id": id, "creationTime": created_ms, "data": data});
                    self.send(conn, Class::Data, text.to_string(), delay_ms);
                }
            }
            if topic == "execution" {
                for name in [
                    "execution.fast",
                    &format!("execution.fast.{}", category.name()),
                ] {
                    if self.subscribed(conn, name) {
                        let trades = data.iter().filter(|item| item["execType"] == "Trade");
                        let data: Vec<Value> = trades.map(fast).collect();
                        let text = json!({"topic": name, "creationTime": created_ms, "data": data});
                        self.send(conn, Class::Data, text.to_string(), delay_ms);
                    }
                }
            }
        }
    }

    pub(crate) fn conns_of(&self, socket: Socket) -> Vec<u64> {
        let of_kind = self.conns.iter().filter(|(_, c)| c.socket == socket);
        of_kind.map(|(&id, _)| id).collect()
    }

    fn subscribed(&self, conn: u64, topic: &str) -> bool {
        self.conns
            .get(&conn)
            .is_some_and(|c| c.topics.contains(topic))
    }
}
