//! REST lists: orders, executions, positions, wallet; and their pages.

use serde_json::{Value, json};

use crate::{
    category::Category,
    garble::garbled,
    order::Order,
    query::decode,
    refusal::Refusal,
    trading::text,
    venue::{Records, Venue},
};

/// Closed orders that `realtime` still shows.
const CLOSED_MAX: usize = 500;
const WEEK_MS: i64 = 7 * 24 * 3_600_000;

impl Venue {
    /// A list as it is sent.
    pub(crate) fn list(&mut self, path: &str, args: &Value) -> Result<Value, Refusal> {
        let mut answer = self.clean_list(path, args)?;
        let topic = match path {
            "/v5/account/wallet-balance" => "wallet",
            "/v5/execution/list" => "execution",
            "/v5/position/list" => "position",
            _ => "order",
        };
        if let Some(items) = answer["list"].as_array_mut() {
            for item in items {
                *item = garbled(&mut self.garbles, topic, true, item.take());
            }
        }
        Ok(answer)
    }

    fn clean_list(&self, path: &str, args: &Value) -> Result<Value, Refusal> {
        let records = match &self.stale {
            Some(stale) if self.settings.stale_rest => stale.as_ref(),
            _ => &self.records,
        };
        if path == "/v5/account/wallet-balance" {
            return match text(args, "accountType")? {
                "UNIFIED" => Ok(json!({"list": [self.wallet(records)]})),
                _ => Err(Refusal::params("accountType only support UNIFIED")),
            };
        }
        let category = Category::parse(text(args, "category")?)
            .ok_or_else(|| Refusal::params("Illegal category"))?;
        let (items, default, max) = match path {
            "/v5/order/realtime" => (self.realtime(records, category, args)?, 20, 50),
            "/v5/order/history" => (self.history(records, category, args)?, 20, 50),
            "/v5/execution/list" => (self.execution_list(records, category, args)?, 50, 100),
            _ => (self.position_list(records, category, args)?, 20, 200),
        };
        let (list, cursor) = page(items, args, default, max);
        Ok(json!({"category": category.name(), "list": list, "nextPageCursor": cursor}))
    }

    fn fits(&self, market: u32, category: Category, args: &Value) -> Result<bool, Refusal> {
        let info = &self.markets[market as usize];
        let (symbol, base) = (text(args, "symbol")?, text(args, "baseCoin")?);
        let settle = text(args, "settleCoin")?;
        Ok(info.category == category
            && (symbol.is_empty() || symbol == info.symbol)
            && (base.is_empty() || base == info.base)
            && (settle.is_empty() || settle == info.listing.settle_coin()))
    }

    fn needs_scope(category: Category, args: &Value) -> Result<(), Refusal> {
        let given = |field| text(args, field).map(|t| !t.is_empty());
        let mut any = category == Category::Spot;
        for field in ["symbol", "baseCoin", "settleCoin", "orderId", "orderLinkId"] {
            any |= given(field)?;
        }
        if any {
            Ok(())
        } else {
            Err(Refusal::params(
                "Missing some parameters that must be filled in, symbol or settleCoin or baseCoin",
            ))
        }
    }

    /// Newest first.
    fn orders<'a>(
        &self,
        records: &'a Records,
        category: Category,
        args: &Value,
    ) -> Result<Vec<&'a Order>, Refusal> {
        let (id, link) = (text(args, "orderId")?, text(args, "orderLinkId")?);
        let mut orders = Vec::new();
        for order in records.orders.iter().rev() {
            let named = match (id, link) {
                ("", "") => self.fits(order.market, category, args)?,
                ("", link) => order.link == link,
                (id, _) => order.id == id,
            };
            if named && self.markets[order.market as usize].category == category {
                orders.push(order);
            }
        }
        Ok(orders)
    }

    fn realtime(
        &self,
        records: &Records,
        category: Category,
        args: &Value,
    ) -> Result<Vec<Value>, Refusal> {
        Self::needs_scope(category, args)?;
        let named = !text(args, "orderId")?.is_empty() || !text(args, "orderLinkId")?.is_empty();
        let closed = text(args, "openOnly")? == "1";
        let orders = self.orders(records, category, args)?;
        let wanted = orders
            .into_iter()
            .filter(|o| named || o.is_open() != closed);
        Ok(wanted
            .take(CLOSED_MAX)
            .map(|o| self.order_item(o))
            .collect())
    }

    fn order_item(&self, order: &Order) -> Value {
        let mut item = order.json(&self.markets[order.market as usize], self.settings.lean);
        if let Value::Object(fields) = &mut item {
            fields.remove("category");
        }
        item
    }

    fn history(
        &self,
        records: &Records,
        category: Category,
        args: &Value,
    ) -> Result<Vec<Value>, Refusal> {
        let (start_ms, end_ms) = self.range(args)?;
        let status = text(args, "orderStatus")?;
        let orders = self.orders(records, category, args)?;
        let wanted = orders.into_iter().filter(|o| {
            !o.is_open()
                && (start_ms..=end_ms).contains(&o.created_ms)
                && (status.is_empty() || status == o.status)
        });
        Ok(wanted.map(|o| self.order_item(o)).collect())
    }

    fn range(&self, args: &Value) -> Result<(i64, i64), Refusal> {
        let number = |field| -> Result<Option<i64>, Refusal> {
            match text(args, field)? {
                "" => Ok(None),
                text => text.parse().map(Some).map_err(|_| Refusal::params(field)),
            }
        };
        let (start, end) = (number("startTime")?, number("endTime")?);
        let range = match (start, end) {
            (None, None) => (self.now_ms() - WEEK_MS, i64::MAX),
            (Some(start), None) => (start, start + WEEK_MS),
            (None, Some(end)) => (end - WEEK_MS, end),
            (Some(start), Some(end)) => (start, end),
        };
        if range.1 != i64::MAX && range.1 - range.0 > WEEK_MS {
            return Err(Refusal::params(
                "The time range between startTime and endTime is more than 7 days",
            ));
        }
        Ok(range)
    }

    fn execution_list(
        &self,
        records: &Records,
        category: Category,
        args: &Value,
    ) -> Result<Vec<Value>, Refusal> {
        let (id, link) = (text(args, "orderId")?, text(args, "orderLinkId")?);
        let kind = text(args, "execType")?;
        let (start_ms, end_ms) = self.range(args)?;
        let mut list = Vec::new();
        for execution in records.executions.iter().rev() {
            let wanted = self.fits(execution.market, category, args)?
                && (id.is_empty() || id == execution.order_id)
                && (link.is_empty() || link == execution.link)
                && (kind.is_empty() || execution.item["execType"] == kind)
                && (start_ms..=end_ms).contains(&execution.time_ms);
            if wanted {
                let mut item = execution.item.clone();
                if let Value::Object(fields) = &mut item {
                    fields.remove("category");
                }
                list.push(item);
            }
        }
        Ok(list)
    }

    fn position_list(
        &self,
        records: &Records,
        category: Category,
        args: &Value,
    ) -> Result<Vec<Value>, Refusal> {
        if category == Category::Spot {
            return Err(Refusal::params("category"));
        }
        let symbol = text(args, "symbol")?;
        if symbol.is_empty() && text(args, "settleCoin")?.is_empty() {
            return Err(Refusal::params("symbol or settleCoin is required"));
        }
        let mut list = Vec::new();
        for market in 0..self.markets.len() as u32 {
            if !self.fits(market, category, args)? {
                continue;
            }
            let legs = self.legs(records, market).into_iter();
            let wanted = legs.filter(|leg| !symbol.is_empty() || leg["size"] != "0");
            list.extend(wanted.map(Self::rest_position));
        }
        Ok(list)
    }
}

/// The page of a list at the cursor, and the cursor of the next one (`""`: none).
pub(crate) fn page(
    items: Vec<Value>,
    args: &Value,
    default: usize,
    max: usize,
) -> (Vec<Value>, String) {
    let field = |name: &str| args[name].as_str().unwrap_or_default();
    let limit: usize = field("limit").parse().unwrap_or(default);
    let limit = limit.clamp(1, max);
    // A client may encode the cursor once more.
    let cursor = decode(&decode(field("cursor")));
    let at = cursor.strip_prefix("lo:").unwrap_or("0");
    let at: usize = at
        .split('&')
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(0);
    let next = if at + limit < items.len() {
        format!("lo%3A{}%26p%3D1", at + limit)
    } else {
        String::new()
    };
    (items.into_iter().skip(at).take(limit).collect(), next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_their_cursor_to_the_end() {
        let items: Vec<Value> = (0..5).map(Value::from).collect();
        let (mut got, mut cursor) = (Vec::new(), String::new());
        loop {
            let args = json!({"limit": "2", "cursor": cursor});
            let (page, next) = page(items.clone(), &args, 20, 50);
            got.extend(page);
            if next.is_empty() {
                break;
            }
            cursor = next;
        }
        assert_eq!(got, items);
    }
}
