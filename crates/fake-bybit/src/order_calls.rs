//! Order requests of both sockets: reply rules, rate limits, batches, execution.

use serde_json::{Map, Value, json};

use crate::{
    category::Category,
    fault::{ReplyRule, Socket},
    rate::Quota,
    refusal::Refusal,
    reply::Reply,
    trading::{Op, text},
    venue::Venue,
};

impl Venue {
    /// Takes the reply rule that matches a request; it counts as used.
    pub(crate) fn take_rule(&mut self, socket: Socket, op: &str) -> Option<ReplyRule> {
        let at = self.rules.iter().position(|rule| {
            rule.socket.is_none_or(|s| s == socket) && (rule.op.is_empty() || rule.op == op)
        })?;
        let rule = self.rules[at].clone();
        if rule.count <= 1 {
            self.rules.remove(at);
        } else {
            self.rules[at].count -= 1;
        }
        Some(rule)
    }

    /// Answers an order operation (`order.create` …, also `order.cancel-all`) by its rule, which decides
    /// whether the request is executed and what the answer says.
    pub(crate) fn ruled(
        &mut self,
        rule: Option<&ReplyRule>,
        run: impl FnOnce(&mut Self) -> Reply,
    ) -> Reply {
        let Some(rule) = rule else {
            return run(self);
        };
        let execute = rule.execute.unwrap_or(rule.ret_code.is_none());
        let mut reply = if execute {
            run(self)
        } else {
            Reply::ok(json!({}), None)
        };
        if let Some(code) = rule.ret_code {
            let standard = Refusal::of(code);
            reply.code = code;
            reply.text = if rule.ret_msg.is_empty() {
                standard.text
            } else {
                rule.ret_msg.clone()
            };
            if code != 0 {
                reply.data = json!({});
            }
            if code == 10006 {
                let (limit, reset_ms) = (self.settings.order_rate, self.now_ms() + 500);
                reply.quota = Some(Quota {
                    limit,
                    left: 0,
                    reset_ms,
                });
            }
        }
        reply
    }

    /// Executes an operation by its name.
    pub(crate) fn order_call(&mut self, socket: Socket, op: &str, args: &Value) -> Reply {
        self.count(&format!("{op}.{}", socket.name()));
        if op == "order.cancel-all" {
            return match self.order_quota(op, args, 1) {
                Err(reply) => reply,
                Ok(quota) => match self.cancel_all(args) {
                    Ok(data) => Reply::ok(data, Some(quota)),
                    Err(refusal) => Reply::refused(refusal, Some(quota)),
                },
            };
        }
        let name = op.strip_prefix("order.").unwrap_or(op);
        if let Some(name) = name.strip_suffix("-batch") {
            return self.batch_call(name, args);
        }
        let Some(op) = Op::parse(name) else {
            return Reply::refused(Refusal::of(10404), None);
        };
        match self.order_quota(name, args, 1) {
            Err(reply) => reply,
            Ok(quota) => match self.operate(op, args) {
                Ok(data) => Reply::ok(data, Some(quota)),
                Err(refusal) => Reply::refused(refusal, Some(quota)),
            },
        }
    }

    fn order_quota(&mut self, name: &str, args: &Value, n: u32) -> Result<Quota, Reply> {
        let category = Category::parse(text(args, "category").unwrap_or_default());
        let category = category.unwrap_or(Category::Linear);
        let limit = match category {
            Category::Linear => self.settings.order_rate,
            Category::Spot => self.settings.order_rate * 2,
        };
        let (key, now_ms) = (format!("{}.{name}", category.name()), self.now_ms());
        let quota = self.limiter.take(&key, n, limit, 1000, now_ms);
        quota.map_err(|quota| {
            self.count("rateLimited");
            Reply::refused(Refusal::of(10006), Some(quota))
        })
    }

    fn batch_call(&mut self, name: &str, args: &Value) -> Reply {
        let Some(op) = Op::parse(name) else {
            return Reply::refused(Refusal::of(10404), None);
        };
        let category = text(args, "category").ok().and_then(Category::parse);
        let (Some(category), Some(requests)) = (category, args["request"].as_array()) else {
            return Reply::refused(Refusal::params("category and request are required"), None);
        };
        let max = match category {
            Category::Linear => 20,
            Category::Spot => 10,
        };
        if requests.is_empty() || requests.len() > max {
            return Reply::refused(Refusal::params("batch size"), None);
        }
        let quota = match self.order_quota(name, args, requests.len() as u32) {
            Err(reply) => return reply,
            Ok(quota) => quota,
        };
        let (mut list, mut codes) = (Vec::new(), Vec::new());
        for request in requests {
            let mut request = request.clone();
            if !request.is_object() {
                request = json!({});
            }
            request["category"] = category.name().into();
            let result = self.operate(op, &request);
            let mut item = Map::new();
            for field in ["category", "symbol", "orderId", "orderLinkId"] {
                let given = request[field].as_str().unwrap_or_default();
                item.insert(field.into(), given.into());
            }
            let (code, msg) = match result {
                Ok(data) => {
                    item.insert("orderId".into(), data["orderId"].clone());
                    item.insert("orderLinkId".into(), data["orderLinkId"].clone());
                    (0, "OK".to_owned())
                }
                Err(refusal) => (refusal.code, refusal.text),
            };
            if op == Op::Create {
                let created = if code == 0 {
                    self.now_ms().to_string()
                } else {
                    String::new()
                };
                item.insert("createAt".into(), created.into());
            }
            list.push(Value::Object(item));
            codes.push(json!({"code": code, "msg": msg}));
        }
        let mut reply = Reply::ok(json!({"list": list}), Some(quota));
        reply.ext = json!({"list": codes});
        reply
    }

    /// Whether a request's time is within its window.
    pub(crate) fn in_window(&self, timestamp_ms: i64, window_ms: i64) -> bool {
        let now_ms = self.now_ms();
        now_ms - window_ms <= timestamp_ms && timestamp_ms < now_ms + 1000
    }
}
