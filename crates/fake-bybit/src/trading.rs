//! Orders: create, amend, cancel, cancel-all.

use hbl_exchange::{AmendOrder, CancelOrder, NewOrder, OrderType, Request, Side, TimeInForce};
use serde_json::{Value, json};

use crate::{
    category::Category,
    order::Order,
    refusal::Refusal,
    venue::{ACCOUNT, Venue},
};

/// Open orders of one market at most.
const ACTIVE_MAX: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Create,
    Amend,
    Cancel,
}

impl Op {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "create" => Some(Self::Create),
            "amend" => Some(Self::Amend),
            "cancel" => Some(Self::Cancel),
            _ => None,
        }
    }
}

/// A text field; `""` when it is absent.
pub(crate) fn text<'a>(args: &'a Value, field: &str) -> Result<&'a str, Refusal> {
    match &args[field] {
        Value::Null => Ok(""),
        Value::String(text) => Ok(text),
        _ => Err(Refusal::params(format!("{field} must be a string"))),
    }
}

fn whole(args: &Value, field: &str) -> Result<i64, Refusal> {
    match &args[field] {
        Value::Null => Ok(0),
        value => value
            .as_i64()
            .ok_or_else(|| Refusal::params(format!("{field} must be an integer"))),
    }
}

fn flag(args: &Value, field: &str) -> Result<bool, Refusal> {
    match &args[field] {
        Value::Null => Ok(false),
        Value::Bool(flag) => Ok(*flag),
        _ => Err(Refusal::params(format!("{field} must be a boolean"))),
    }
}

impl Venue {
    /// Executes an operation; returns the answer's `data`.
    pub(crate) fn operate(&mut self, op: Op, args: &Value) -> Result<Value, Refusal> {
        self.pump();
        let result = match op {
            Op::Create => self.create(args, false),
            Op::Amend => self.amend(args),
            Op::Cancel => self.cancel(args),
        };
        self.flush_private();
        self.publish_trades();
        result
    }

    pub(crate) fn market_of(&self, args: &Value) -> Result<(u32, Category), Refusal> {
        let category = Category::parse(text(args, "category")?)
            .ok_or_else(|| Refusal::params("Illegal category"))?;
        let symbol = text(args, "symbol")?;
        let market = self
            .market(category, symbol)
            .ok_or_else(|| Refusal::params("symbol invalid"))?;
        Ok((market, category))
    }

    /// Places an order of the account.
    pub(crate) fn create(&mut self, args: &Value, foreign: bool) -> Result<Value, Refusal> {
        let (market, category) = self.market_of(args)?;
        self.markets[market as usize].listing.check_open()?;
        let side = side_of(args)?;
        let order_type = match text(args, "orderType")? {
            "Limit" => OrderType::Limit,
            "Market" => OrderType::Market,
            _ => return Err(Refusal::params("orderType invalid")),
        };
        let link = text(args, "orderLinkId")?.to_owned();
        self.check_link(&link, category)?;
        let idx = whole(args, "positionIdx")?;
        let legal: &[i64] = match (category, self.settings.hedge) {
            (Category::Linear, true) => &[1, 2],
            _ => &[0],
        };
        if !legal.contains(&idx) {
            return Err(Refusal::new(10001, "position idx not match position mode"));
        }
        let idx = idx as u8;
        let (tif, tif_name) = match (order_type, text(args, "timeInForce")?) {
            (OrderType::Market, _) => (TimeInForce::Ioc, "IOC"),
            (_, "" | "GTC") => (TimeInForce::Gtc, "GTC"),
            (_, "IOC") => (TimeInForce::Ioc, "IOC"),
            (_, "FOK") => (TimeInForce::Fok, "FOK"),
            (_, "PostOnly") => (TimeInForce::Gtx, "PostOnly"),
            _ => return Err(Refusal::params("timeInForce invalid")),
        };
        let px_tick = match order_type {
            OrderType::Market => 0,
            OrderType::Limit => self.check_price(market, category, text(args, "price")?)?,
        };
        let by_value = category == Category::Spot
            && order_type == OrderType::Market
            && side == Side::Buy
            && text(args, "marketUnit")? != "baseCoin";
        let mut lots = self.check_quantity(market, category, text(args, "qty")?, by_value)?;
        if lots > self.markets[market as usize].max_lots() {
            return Err(Refusal::params("Qty too large"));
        }
        let reduce_only = flag(args, "reduceOnly")?;
        let closing =
            reduce_only || (idx == 1 && side == Side::Sell) || (idx == 2 && side == Side::Buy);
        if closing {
            lots = lots.min(self.closable(market, idx, side)?);
        }
        self.check_value(market, category, px_tick, lots, closing)?;
        if category == Category::Spot {
            self.check_coins(market, side, px_tick, lots)?;
        }
        let open = self.by_client.values();
        let open = open.filter(|&&at| self.records.orders[at].market == market);
        if open.count() >= ACTIVE_MAX {
            return Err(Refusal::of(110_020));
        }
        self.last_client_id += 1;
        let client_id = self.last_client_id;
        let id = match category {
            Category::Linear => self.uuid(),
            Category::Spot => format!("18800000{client_id:011}"),
        };
        let now_ms = self.now_ms();
        let at = self.records.orders.len();
        self.records.orders.push(Order {
            id: id.clone(),
            link: link.clone(),
            client_id,
            market,
            side,
            order_type,
            tif: tif_name,
            px_tick,
            lots,
            leaves: lots,
            cum: 0,
            cum_value: 0.0,
            cum_fee: 0.0,
            status: "Created",
            cancel_type: "UNKNOWN",
            reject_reason: "EC_NoError",
            created_ms: now_ms,
            updated_ms: now_ms,
            reduce_only,
            idx,
            by_value,
            foreign,
        });
        let at_us = self.real_us();
        self.journal.created(&self.records.orders[at], at_us);
        self.by_client.insert(client_id, at);
        let spec = &self.markets[market as usize].spec;
        let request = NewOrder {
            account: ACCOUNT,
            symbol: market,
            client_id,
            side,
            order_type,
            tif,
            px: spec.px(px_tick),
            qty: spec.qty(lots),
        };
        if let Err(refusal) = self.request(request.into(), category) {
            self.by_client.remove(&client_id);
            self.journal.never_lived(client_id);
            self.records.orders.truncate(at);
            return Err(refusal);
        }
        self.by_id.insert(id.clone(), at);
        if !link.is_empty() {
            self.by_link.insert(link.clone(), at);
        }
        Ok(json!({"orderId": id, "orderLinkId": link}))
    }

    /// Sends a request to the exchange and takes its reports.
    fn request(&mut self, request: Request, category: Category) -> Result<(), Refusal> {
        self.refused = None;
        self.exchange.submit(self.exchange_ns(), request);
        self.pump();
        match self.refused.take() {
            Some(reason) => Err(Refusal::from_exchange(reason, category)),
            None => Ok(()),
        }
    }

    /// The order of a request, by `orderId` or else by `orderLinkId`.
    pub(crate) fn named(&self, args: &Value) -> Result<Option<usize>, Refusal> {
        let (id, link) = (text(args, "orderId")?, text(args, "orderLinkId")?);
        if id.is_empty() && link.is_empty() {
            return Err(Refusal::params("orderId or orderLinkId is required"));
        }
        Ok(if id.is_empty() {
            self.by_link.get(link).copied()
        } else {
            self.by_id.get(id).copied()
        })
    }

    fn open_order(&self, args: &Value) -> Result<(usize, Category), Refusal> {
        let (market, category) = self.market_of(args)?;
        let at = self.named(args)?.filter(|&at| {
            let order = &self.records.orders[at];
            order.market == market && order.is_open()
        });
        match at {
            Some(at) => Ok((at, category)),
            None => Err(Refusal::either(category, 110_001, 170_213)),
        }
    }

    fn amend(&mut self, args: &Value) -> Result<Value, Refusal> {
        let (at, category) = self.open_order(args)?;
        let market = self.records.orders[at].market;
        let (mut px, mut qty) = (None, None);
        if !text(args, "price")?.is_empty() {
            let tick = self.check_price(market, category, text(args, "price")?)?;
            px = Some(self.markets[market as usize].spec.px(tick));
        }
        if !text(args, "qty")?.is_empty() {
            let lots = self.check_quantity(market, category, text(args, "qty")?, false)?;
            qty = Some(self.markets[market as usize].spec.qty(lots));
        }
        let request = AmendOrder {
            account: ACCOUNT,
            symbol: market,
            client_id: self.records.orders[at].client_id,
            px,
            qty,
        };
        self.request(request.into(), category)?;
        Ok(self.ids(at))
    }

    fn cancel(&mut self, args: &Value) -> Result<Value, Refusal> {
        let (at, category) = self.open_order(args)?;
        if self.settings.cancel_races > 0 {
            self.settings.cancel_races -= 1;
            self.fill_order(at, None);
            return Err(Refusal::either(category, 110_001, 170_213));
        }
        self.cancel_at(at, category)?;
        Ok(self.ids(at))
    }

    pub(crate) fn cancel_at(&mut self, at: usize, category: Category) -> Result<(), Refusal> {
        let request = CancelOrder {
            account: ACCOUNT,
            symbol: self.records.orders[at].market,
            client_id: self.records.orders[at].client_id,
        };
        self.request(request.into(), category)
    }

    pub(crate) fn ids(&self, at: usize) -> Value {
        let order = &self.records.orders[at];
        json!({"orderId": order.id, "orderLinkId": order.link})
    }

    /// Cancels every open order of a category that `symbol` (or `settleCoin`, `baseCoin`) names.
    pub(crate) fn cancel_all(&mut self, args: &Value) -> Result<Value, Refusal> {
        self.pump();
        let category = Category::parse(text(args, "category")?)
            .ok_or_else(|| Refusal::params("Illegal category"))?;
        let (symbol, base) = (text(args, "symbol")?, text(args, "baseCoin")?);
        let settle = text(args, "settleCoin")?;
        if category == Category::Linear && symbol.is_empty() && base.is_empty() && settle.is_empty()
        {
            return Err(Refusal::params(
                "symbol, baseCoin or settleCoin is required",
            ));
        }
        let named = |market: u32| {
            let info = &self.markets[market as usize];
            info.category == category
                && (symbol.is_empty() || info.symbol == symbol)
                && (base.is_empty() || info.base == base)
                && (settle.is_empty() || settle == info.listing.settle_coin())
        };
        let mut open: Vec<usize> = self
            .by_client
            .values()
            .copied()
            .filter(|&at| {
                self.records.orders[at].is_open() && named(self.records.orders[at].market)
            })
            .collect();
        open.sort_unstable();
        let mut list = Vec::new();
        for at in open {
            if self.cancel_at(at, category).is_ok() {
                list.push(self.ids(at));
            }
        }
        self.flush_private();
        Ok(json!({"list": list, "success": "1"}))
    }
}

fn side_of(args: &Value) -> Result<Side, Refusal> {
    match text(args, "side")? {
        "Buy" => Ok(Side::Buy),
        "Sell" => Ok(Side::Sell),
        _ => Err(Refusal::params("side invalid")),
    }
}
