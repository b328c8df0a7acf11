//! Requests on WebSockets: ping, login, subscriptions, and their answers.

use serde_json::{Map, Value, json};

use crate::{
    category::Category,
    conn::Class,
    fault::{AuthMode, End, Point, Socket},
    sign::sign,
    venue::Venue,
};

impl Venue {
    /// A text frame arrived.
    pub(crate) fn on_text(&mut self, id: u64, text: &str) {
        let real_ms = self.real_ms();
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        conn.active_ms = real_ms;
        let (socket, conn_id) = (conn.socket, conn.conn_id.clone());
        if self.faults.get(&socket).is_some_and(|f| f.deaf) {
            return;
        }
        let Ok(frame) = serde_json::from_str::<Value>(text) else {
            self.count("badFrames");
            let reply = json!({"success": false, "ret_msg": "error:invalid json", "conn_id": conn_id, "op": ""});
            self.send(id, Class::Answer, reply.to_string(), 0);
            return;
        };
        let op = frame["op"].as_str().unwrap_or_default();
        match (socket, op) {
            (_, "ping") => self.on_ping(id, socket, &frame),
            (Socket::Private | Socket::Trade, "auth") => self.on_auth(id, socket, &frame),
            (Socket::Trade, _) => self.on_trade_frame(id, &frame),
            (_, "subscribe") => self.on_subscribe(id, socket, &frame),
            (_, "unsubscribe") => self.on_unsubscribe(id, &frame),
            _ => {
                let reply = self.answer(id, &frame, op, Err("error:invalid op".into()));
                self.send(id, Class::Answer, reply, 0);
            }
        }
    }

    fn on_ping(&mut self, id: u64, socket: Socket, frame: &Value) {
        self.count(&format!("ping.{}", socket.name()));
        if self.cut(id, Point::Ping) || self.faults.get(&socket).is_some_and(|f| f.no_pong) {
            return;
        }
        let now_ms = self.now_ms().to_string();
        let Some(conn) = self.conns.get(&id) else {
            return;
        };
        let conn_id = &conn.conn_id;
        let mut reply = match socket {
            Socket::Trade => {
                json!({"retCode": 0, "retMsg": "OK", "op": "pong", "data": [now_ms], "connId": conn_id})
            }
            Socket::Private => json!({"op": "pong", "args": [now_ms], "conn_id": conn_id}),
            _ => json!({"success": true, "ret_msg": "pong", "conn_id": conn_id, "op": "ping"}),
        };
        let field = if socket == Socket::Trade {
            "reqId"
        } else {
            "req_id"
        };
        match &frame[field] {
            Value::Null if socket == Socket::Public => reply[field] = "".into(),
            Value::Null => {}
            given => reply[field] = given.clone(),
        }
        self.send(id, Class::Answer, reply.to_string(), 0);
    }

    fn on_auth(&mut self, id: u64, socket: Socket, frame: &Value) {
        self.count(&format!("auth.{}", socket.name()));
        if self.cut(id, Point::Auth) {
            return;
        }
        let mode = self
            .faults
            .get(&socket)
            .map_or(AuthMode::Normal, |f| f.auth);
        if mode == AuthMode::Silent {
            return;
        }
        let result = match mode {
            AuthMode::Normal => self.check_login(id, frame),
            _ => Err((10003, "API key is invalid.")),
        };
        let Some(conn) = self.conns.get_mut(&id) else {
            return;
        };
        if result.is_ok() {
            conn.authed = true;
        }
        let conn_id = conn.conn_id.clone();
        if result.is_ok() {
            let at_us = self.real_us();
            self.journal.logged_in(id, socket, at_us);
        }
        let mut reply = match (socket, result) {
            (Socket::Trade, result) => {
                let (code, text) = result.err().unwrap_or((0, "OK"));
                json!({"retCode": code, "retMsg": text, "op": "auth", "connId": conn_id})
            }
            (_, Ok(())) => {
                json!({"success": true, "ret_msg": "", "op": "auth", "conn_id": conn_id})
            }
            (_, Err(_)) => {
                json!({"success": false, "ret_msg": "Params Error", "op": "auth", "conn_id": conn_id})
            }
        };
        for field in ["req_id", "reqId"] {
            if let Some(given) = frame.get(field) {
                reply[field] = given.clone();
            }
        }
        self.send(id, Class::Answer, reply.to_string(), 0);
        if mode == AuthMode::RefuseAndClose {
            self.end_after(id, End::Close);
        }
        self.cut_after(id, Point::AuthReply);
    }

    fn check_login(&self, id: u64, frame: &Value) -> Result<(), (i64, &'static str)> {
        let args = frame["args"].as_array().map_or(&[][..], Vec::as_slice);
        let [key, expires, signature] = args else {
            return Err((10001, "Params Error"));
        };
        if self.conns.get(&id).is_some_and(|c| c.authed) {
            return Err((20001, "Repeat auth"));
        }
        let expires = match expires {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let Ok(expires_ms) = expires.parse::<i64>() else {
            return Err((10001, "Params Error"));
        };
        let secret = key.as_str().and_then(|key| self.config.secret_of(key));
        let Some(secret) = secret else {
            return Err((10003, "API key is invalid."));
        };
        let expected = sign(secret, &format!("GET/realtime{expires}"));
        if signature.as_str() != Some(&expected) || expires_ms <= self.now_ms() {
            return Err((10004, "Params Error"));
        }
        Ok(())
    }

    /// Ends a connection after what is queued for it.
    pub(crate) fn end_after(&mut self, id: u64, end: End) {
        if let Some(conn) = self.conns.get(&id) {
            conn.push(crate::conn::Out::EndAfter(end));
        }
    }

    /// Ends a connection after the answer, if a cut waits at this point.
    pub(crate) fn cut_after(&mut self, id: u64, point: Point) {
        if let Some(socket) = self.conns.get(&id).map(|c| c.socket)
            && let Some(end) = self.cut_here(socket, point)
        {
            self.end_after(id, end);
        }
    }

    fn answer(&self, id: u64, frame: &Value, op: &str, result: Result<&str, String>) -> String {
        let conn = self.conns.get(&id);
        let mut reply = Map::new();
        let (success, text) = match result {
            Ok(text) => (true, text.to_owned()),
            Err(text) => (false, text),
        };
        reply.insert("success".into(), success.into());
        reply.insert("ret_msg".into(), text.into());
        reply.insert(
            "conn_id".into(),
            conn.map_or("", |c| c.conn_id.as_str()).into(),
        );
        match frame.get("req_id") {
            Some(given) => {
                reply.insert("req_id".into(), given.clone());
            }
            None if conn.is_some_and(|c| c.socket == Socket::Public) => {
                reply.insert("req_id".into(), "".into());
            }
            None => {}
        }
        reply.insert("op".into(), op.into());
        Value::Object(reply).to_string()
    }

    fn on_subscribe(&mut self, id: u64, socket: Socket, frame: &Value) {
        self.count(&format!("subscribe.{}", socket.name()));
        if self.cut(id, Point::Subscribe) {
            return;
        }
        let ok = if socket == Socket::Spot {
            "subscribe"
        } else {
            ""
        };
        let topics = match self.check_topics(id, socket, frame) {
            Ok(topics) => topics,
            Err(text) => {
                self.count(&format!("subscribeRefused.{}", socket.name()));
                let reply = self.answer(id, frame, "subscribe", Err(text));
                self.send(id, Class::Answer, reply, 0);
                return;
            }
        };
        for topic in &topics {
            self.count(&format!("topic.{}.{topic}", socket.name()));
        }
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.topics.extend(topics.iter().cloned());
        }
        let reply = self.answer(id, frame, "subscribe", Ok(ok));
        let snapshot_first = self.settings.snapshot_before_ack;
        if !snapshot_first {
            self.send(id, Class::Answer, reply.clone(), 0);
            self.cut_after(id, Point::SubscribeReply);
        }
        let category = match socket {
            Socket::Spot => Category::Spot,
            _ => Category::Linear,
        };
        if socket != Socket::Private {
            for topic in &topics {
                self.first_snapshot(id, category, topic);
            }
        }
        if snapshot_first {
            self.send(id, Class::Answer, reply, 0);
            self.cut_after(id, Point::SubscribeReply);
        }
    }

    fn check_topics(&self, id: u64, socket: Socket, frame: &Value) -> Result<Vec<String>, String> {
        const CHARACTERS_MAX: usize = 21_000;
        const SPOT_MAX: usize = 10;
        let conn = self.conns.get(&id).ok_or("")?;
        if socket == Socket::Private && !conn.authed {
            return Err("Request not authorized".into());
        }
        let args = frame["args"].as_array().filter(|args| !args.is_empty());
        let args = args.ok_or("error:no topics")?;
        if socket == Socket::Spot && args.len() > SPOT_MAX {
            return Err("error:args size >10".into());
        }
        let mut topics: Vec<String> = Vec::with_capacity(args.len());
        for arg in args {
            let topic = arg.as_str().unwrap_or_default();
            if !self.handles(socket, topic)
                || self.settings.refuse_topics.iter().any(|t| t == topic)
            {
                return Err(format!("error:handler not found,topic:{topic}"));
            }
            if conn.topics.contains(topic) || topics.iter().any(|t| t == topic) {
                return Err(format!("error:already subscribed,topic:{topic}"));
            }
            topics.push(topic.to_owned());
        }
        let length =
            |topics: &mut dyn Iterator<Item = &String>| topics.map(String::len).sum::<usize>();
        if length(&mut conn.topics.iter()) + length(&mut topics.iter()) > CHARACTERS_MAX {
            return Err("error:args characters exceed 21000".into());
        }
        let wide = |t: &String| !t.contains('.') || t == "execution.fast";
        if socket == Socket::Private && topics.iter().any(wide) && !topics.iter().all(wide) {
            return Err("error:all-in-one and categorised topics in one request".into());
        }
        Ok(topics)
    }

    fn handles(&self, socket: Socket, topic: &str) -> bool {
        let category = match socket {
            Socket::Public => Category::Linear,
            Socket::Spot => Category::Spot,
            _ => {
                let narrow = topic
                    .strip_suffix(".linear")
                    .or(topic.strip_suffix(".spot"));
                return matches!(
                    narrow.unwrap_or(topic),
                    "order" | "execution" | "position" | "wallet" | "execution.fast"
                ) && topic != "wallet.linear"
                    && topic != "wallet.spot"
                    && topic != "position.spot";
            }
        };
        match topic.strip_prefix("publicTrade.") {
            Some(symbol) => self.market(category, symbol).is_some(),
            None => self.stream(category, topic).is_some(),
        }
    }

    fn on_unsubscribe(&mut self, id: u64, frame: &Value) {
        if let Some(socket) = self.conns.get(&id).map(|c| c.socket) {
            self.count(&format!("unsubscribe.{}", socket.name()));
        }
        if let Some(conn) = self.conns.get_mut(&id) {
            for topic in frame["args"].as_array().into_iter().flatten() {
                conn.topics.remove(topic.as_str().unwrap_or_default());
            }
        }
        let reply = self.answer(id, frame, "unsubscribe", Ok(""));
        self.send(id, Class::Answer, reply, 0);
    }
}
