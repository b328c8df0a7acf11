//! The record that tests compare with: every order request that arrived, and every state of every order.
//!
//! It is written where requests arrive and where the exchange reports, before any fault, setting or
//! reply rule applies.

use hbl_exchange::{OrderReport, OrderStatus, Side};
use serde_json::{Value, json};

use crate::{
    fault::Socket,
    market::Market,
    order::{Order, side_name},
    reply::Reply,
};

/// An order request as it came.
#[derive(Clone, Debug)]
struct Request {
    at_us: i64,
    socket: Socket,
    op: String,
    args: Value,
    /// The venue's own rules executed or rejected it.
    executed: bool,
    /// The venue's own code, whatever was answered; `None`: not executed.
    code: Option<i64>,
    /// The same for each item of a batch.
    codes: Vec<i64>,
}

/// An order from its creation on.
#[derive(Clone, Debug)]
struct Life {
    client_id: u64,
    market: u32,
    order_id: String,
    link: String,
    side: Side,
    foreign: bool,
    created_us: i64,
    ended_us: Option<i64>,
    px_tick: i64,
    lots: i64,
    cum_lots: i64,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
struct Step {
    at_us: i64,
    status: OrderStatus,
    px_tick: i64,
    lots: i64,
    cum_lots: i64,
    /// Price in ticks, lots, and whether it was passive.
    fill: Option<(i64, i64, bool)>,
    reason: String,
}

/// A connection from its login to its end.
#[derive(Clone, Debug)]
struct Login {
    conn: u64,
    socket: Socket,
    from_us: i64,
    until_us: Option<i64>,
}

/// All order requests, all orders, and when requests could come in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal {
    requests: Vec<Request>,
    lives: Vec<Life>,
    logins: Vec<Login>,
}

impl Journal {
    /// Adds an order request; returns the number of its entry.
    pub(crate) fn note_request(
        &mut self,
        at_us: i64,
        socket: Socket,
        op: &str,
        args: &Value,
    ) -> usize {
        self.requests.push(Request {
            at_us,
            socket,
            op: op.to_owned(),
            args: args.clone(),
            executed: false,
            code: None,
            codes: Vec::new(),
        });
        self.requests.len() - 1
    }

    /// Adds the true outcome of a request.
    pub(crate) fn note_outcome(&mut self, entry: usize, reply: &Reply) {
        let Some(request) = self.requests.get_mut(entry) else {
            return;
        };
        request.executed = true;
        request.code = Some(reply.code);
        let codes = reply.ext["list"].as_array();
        request.codes = codes.map_or(Vec::new(), |list| {
            list.iter()
                .map(|item| item["code"].as_i64().unwrap_or(-1))
                .collect()
        });
    }

    /// Adds a login that succeeded.
    pub(crate) fn logged_in(&mut self, conn: u64, socket: Socket, at_us: i64) {
        self.logins.push(Login {
            conn,
            socket,
            from_us: at_us,
            until_us: None,
        });
    }

    /// Notes that a connection ends, or that the venue sends nothing more on it; the first time counts.
    pub(crate) fn ended(&mut self, conn: u64, at_us: i64) {
        for login in self.logins.iter_mut().filter(|login| login.conn == conn) {
            login.until_us.get_or_insert(at_us);
        }
    }

    /// Adds an order that goes to the exchange.
    pub(crate) fn created(&mut self, order: &Order, at_us: i64) {
        self.lives.push(Life {
            client_id: order.client_id,
            market: order.market,
            order_id: order.id.clone(),
            link: order.link.clone(),
            side: order.side,
            foreign: order.foreign,
            created_us: at_us,
            ended_us: None,
            px_tick: order.px_tick,
            lots: order.lots,
            cum_lots: 0,
            steps: Vec::new(),
        });
    }

    /// Removes an order that the exchange rejected.
    pub(crate) fn never_lived(&mut self, client_id: u64) {
        self.lives.retain(|life| life.client_id != client_id);
    }

    /// Adds a state that the exchange reported.
    pub(crate) fn reported(&mut self, report: &OrderReport, at_us: i64) {
        let mut lives = self.lives.iter_mut().rev();
        let Some(life) = lives.find(|life| life.client_id == report.client_id) else {
            return;
        };
        let has_fill = matches!(
            report.status,
            OrderStatus::PartiallyFilled | OrderStatus::Filled
        );
        if has_fill {
            life.cum_lots = report.cum_lots;
        }
        if report.status == OrderStatus::Replaced {
            life.px_tick = report.px_tick;
            life.lots = report.qty_lots;
        }
        if report.status.is_final() {
            life.ended_us = Some(at_us);
        }
        life.steps.push(Step {
            at_us,
            status: report.status,
            px_tick: life.px_tick,
            lots: life.lots,
            cum_lots: life.cum_lots,
            fill: has_fill.then_some((report.last_px_tick, report.last_lots, report.maker)),
            reason: report.reason.map_or(String::new(), |r| format!("{r:?}")),
        });
    }

    /// The journal, see [`crate::Command::Journal`].
    pub(crate) fn json(&self, markets: &[Market], now_us: i64) -> Value {
        let requests: Vec<Value> = self.requests.iter().map(Request::json).collect();
        let lives = self.lives.iter();
        let lives: Vec<Value> = lives
            .filter_map(|life| Some(life.json(markets.get(life.market as usize)?)))
            .collect();
        let logins: Vec<Value> = self.logins.iter().map(Login::json).collect();
        json!({"requests": requests, "orders": lives, "logins": logins, "nowUs": now_us})
    }
}

impl Request {
    fn json(&self) -> Value {
        json!({
            "atUs": self.at_us, "socket": self.socket.name(), "op": self.op,
            "args": self.args, "executed": self.executed, "code": self.code, "codes": self.codes,
        })
    }
}

impl Login {
    fn json(&self) -> Value {
        json!({"socket": self.socket.name(), "fromUs": self.from_us, "untilUs": self.until_us})
    }
}

impl Life {
    fn json(&self, market: &Market) -> Value {
        let steps: Vec<Value> = self.steps.iter().map(|step| step.json(market)).collect();
        json!({
            "orderId": self.order_id, "orderLinkId": self.link, "symbol": market.symbol,
            "category": market.category.name(), "side": side_name(self.side),
            "foreign": self.foreign, "createdUs": self.created_us, "endedUs": self.ended_us,
            "price": market.px(self.px_tick), "qty": market.qty(self.lots),
            "filledQty": market.qty(self.cum_lots), "steps": steps,
        })
    }
}

impl Step {
    fn json(&self, market: &Market) -> Value {
        let fill = self.fill.map(|(tick, lots, maker)| {
            json!({"price": market.px(tick), "qty": market.qty(lots), "maker": maker})
        });
        json!({
            "atUs": self.at_us, "status": format!("{:?}", self.status),
            "price": market.px(self.px_tick), "qty": market.qty(self.lots),
            "filledQty": market.qty(self.cum_lots), "fill": fill, "reason": self.reason,
        })
    }
}
