//! Order requests on the trade socket.

use serde_json::{Value, json};

use crate::{
    conn::Class,
    fault::{Point, ReplyRule, ReplyShape, Socket},
    refusal::Refusal,
    reply::{NOT_JSON, Reply},
    venue::Venue,
};

const REQ_ID_MAX: usize = 36;

impl Venue {
    pub(crate) fn on_trade_frame(&mut self, id: u64, frame: &Value) {
        let op = frame["op"].as_str().unwrap_or_default().to_owned();
        let entry =
            self.journal
                .note_request(self.real_us(), Socket::Trade, &op, &frame["args"][0]);
        if self.cut(id, Point::Request) {
            return;
        }
        let rule = self.take_rule(Socket::Trade, &op);
        let reply = match self.check_frame(id, &op, frame) {
            Err(refusal) => {
                let reply = Reply::refused(refusal, None);
                self.journal.note_outcome(entry, &reply);
                reply
            }
            Ok(()) => {
                let args = frame["args"][0].clone();
                self.ruled(rule.as_ref(), |venue| {
                    let reply = venue.order_call(Socket::Trade, &op, &args);
                    venue.journal.note_outcome(entry, &reply);
                    reply
                })
            }
        };
        if self.cut(id, Point::Reply) {
            return;
        }
        let rule = rule.unwrap_or_default();
        if !rule.is_silent() {
            let text = self.trade_reply(id, &op, frame, &reply, &rule);
            let delay_ms = self.settings.ack_delay_ms + rule.delay_ms;
            self.send(id, Class::Answer, text, delay_ms);
        }
        if let Some(end) = rule.then {
            self.end_after(id, end);
        }
        self.cut_after(id, Point::ReplySent);
    }

    fn check_frame(&mut self, id: u64, op: &str, frame: &Value) -> Result<(), Refusal> {
        let known = [
            "create",
            "amend",
            "cancel",
            "create-batch",
            "amend-batch",
            "cancel-batch",
        ];
        let name = op.strip_prefix("order.").unwrap_or_default();
        if !known.contains(&name) {
            return Err(Refusal::of(10404));
        }
        let authed = self.conns.get(&id).is_some_and(|c| c.authed);
        if !authed {
            self.count("orderBeforeAuth");
            return Err(Refusal::of(10005));
        }
        match &frame["reqId"] {
            Value::Null => {}
            Value::String(req_id) if req_id.len() <= REQ_ID_MAX => {
                let conn = self.conns.get_mut(&id);
                if !req_id.is_empty() && conn.is_some_and(|c| !c.req_ids.insert(req_id.clone())) {
                    self.count("duplicateReqId");
                    return Err(Refusal::of(20006));
                }
            }
            _ => return Err(Refusal::params("reqId invalid")),
        }
        let number = |field: &str| match &frame["header"][field] {
            Value::String(text) => text.parse::<i64>().ok(),
            other => other.as_i64(),
        };
        let timestamp = number("X-BAPI-TIMESTAMP");
        let timestamp = timestamp.ok_or_else(|| Refusal::params("header X-BAPI-TIMESTAMP"))?;
        let window_ms = number("X-BAPI-RECV-WINDOW").unwrap_or(5000);
        if !self.in_window(timestamp, window_ms) {
            self.count("outsideWindow");
            return Err(Refusal::of(10002));
        }
        match frame["args"].as_array() {
            Some(args) if args.len() == 1 && args[0].is_object() => Ok(()),
            _ => Err(Refusal::params("args must have one object")),
        }
    }

    fn trade_reply(
        &mut self,
        id: u64,
        op: &str,
        frame: &Value,
        reply: &Reply,
        rule: &ReplyRule,
    ) -> String {
        let trace = self.uuid().replace('-', "");
        let conn_id = self.conns.get(&id).map_or("", |c| c.conn_id.as_str());
        match rule.shape {
            ReplyShape::NotJson => return NOT_JSON.into(),
            ReplyShape::Snake => {
                let text = json!({"success": false, "ret_msg": "Params Error", "op": op, "conn_id": conn_id});
                return text.to_string();
            }
            _ => {}
        }
        let mut header = json!({"Traceid": trace, "Timenow": self.now_ms().to_string()});
        if let Some(quota) = reply.quota {
            header["X-Bapi-Limit"] = quota.limit.to_string().into();
            header["X-Bapi-Limit-Status"] = quota.left.to_string().into();
            header["X-Bapi-Limit-Reset-Timestamp"] = quota.reset_ms.to_string().into();
        }
        let mut text = json!({
            "retCode": reply.code, "retMsg": reply.text, "op": op, "data": reply.data,
            "retExtInfo": reply.ext, "header": header, "connId": conn_id,
        });
        if rule.shape != ReplyShape::NoReqId
            && let Some(req_id) = frame.get("reqId")
        {
            text["reqId"] = req_id.clone();
        }
        text.to_string()
    }
}
