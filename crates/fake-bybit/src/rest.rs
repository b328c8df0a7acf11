//! REST calls: routing, signatures, rate limits, faults.

use serde_json::{Value, json};

use crate::fault::{End, Point};
use crate::{
    category::Category,
    fault::{AuthMode, ReplyShape, Socket},
    http::{HttpReply, HttpRequest},
    query::parameters,
    rate::Quota,
    refusal::Refusal,
    reply::{NOT_JSON, Reply},
    sign::sign,
    trading::text,
    venue::{Shared, Venue, lock},
};

/// Says which account a key is of.
const KEY_PATH: &str = "/v5/user/query-api";

/// How the connection's task answers a request.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Send it after this many ms, then end the connection if an end is given.
    Reply(HttpReply, u64, Option<End>),
    /// End without an answer.
    End(End),
    /// Never answer.
    Never,
}

/// Answers a request.
pub(crate) fn answer(shared: &Shared, request: &HttpRequest) -> Answer {
    lock(shared).rest(request)
}

impl Venue {
    fn rest(&mut self, request: &HttpRequest) -> Answer {
        self.count("rest");
        self.count(&format!("rest{}", request.path));
        let op = match request.path.strip_prefix("/v5/order/") {
            Some(name) if request.method == "POST" => format!("order.{name}"),
            _ => request.path.clone(),
        };
        let entry = op.starts_with("order.").then(|| {
            let args = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
            self.journal
                .note_request(self.real_us(), Socket::Rest, &op, &args)
        });
        if let Some(end) = self.cut_here(Socket::Rest, Point::Request) {
            return Answer::End(end);
        }
        let (stall, drop, delay_ms, jitter_ms) = match self.faults.get(&Socket::Rest) {
            Some(f) => (f.stall || f.deaf, f.drop, f.delay_ms, f.jitter_ms),
            None => (false, 0.0, 0, 0),
        };
        if stall {
            return Answer::Never;
        }
        if let Some(status) = self.ip_limit().or_else(|| self.http_fault(Socket::Rest)) {
            return Answer::Reply(HttpReply::html(status), delay_ms, None);
        }
        let rule = self.take_rule(Socket::Rest, &op);
        let reply = self.ruled(rule.as_ref(), |venue| {
            let reply = venue.route(request);
            if let Some(entry) = entry {
                venue.journal.note_outcome(entry, &reply);
            }
            reply
        });
        let rule = rule.unwrap_or_default();
        use rand::Rng;
        let lost = drop > 0.0 && self.rng.random_bool(drop.min(1.0));
        if lost || rule.is_silent() {
            return Answer::End(End::Drop);
        }
        if let Some(end) = self.cut_here(Socket::Rest, Point::Reply) {
            // In the middle of the answer, or before it.
            if end != End::MidFrame {
                return Answer::End(end);
            }
            return Answer::Reply(self.envelope(reply), delay_ms, Some(end));
        }
        let is_order = request.method == "POST";
        let mut wait_ms = delay_ms + rule.delay_ms;
        if jitter_ms > 0 {
            wait_ms += self.rng.random_range(0..=jitter_ms);
        }
        if is_order {
            wait_ms += self.settings.ack_delay_ms;
        }
        if reply.code == 404 {
            return Answer::Reply(HttpReply::html(404), wait_ms, None);
        }
        if matches!(rule.http_status, 403 | 429 | 500..) {
            return Answer::Reply(HttpReply::html(rule.http_status), wait_ms, rule.then);
        }
        let mut http = self.envelope(reply);
        if rule.http_status != 0 {
            http.status = rule.http_status;
        }
        if rule.shape == ReplyShape::NotJson {
            http.body = NOT_JSON.into();
        }
        Answer::Reply(http, wait_ms, rule.then)
    }

    fn ip_limit(&mut self) -> Option<u16> {
        let now_ms = self.real_ms();
        if now_ms < self.banned_until_ms {
            self.count("banned");
            return Some(403);
        }
        let limit = self.settings.ip_rate;
        if self.limiter.take("ip", 1, limit, 5000, now_ms).is_err() {
            self.banned_until_ms = now_ms + self.settings.ban_ms as i64;
            self.count("banned");
            return Some(403);
        }
        None
    }

    /// Counts a connect; the status that answers it when there were too many.
    pub(crate) fn connect_limit(&mut self) -> Option<u16> {
        let (limit, now_ms) = (self.settings.connect_rate, self.real_ms());
        let taken = self.limiter.take("connect", 1, limit, 300_000, now_ms);
        if taken.is_err() {
            self.count("connectsOverLimit");
        }
        taken.is_err().then_some(403)
    }

    fn envelope(&self, reply: Reply) -> HttpReply {
        let body = json!({
            "retCode": reply.code, "retMsg": reply.text, "result": reply.data,
            "retExtInfo": reply.ext, "time": self.now_ms(),
        });
        let mut http = HttpReply::json(body.to_string());
        if let Some(quota) = reply.quota {
            http.headers = vec![
                ("X-Bapi-Limit".into(), quota.limit.to_string()),
                ("X-Bapi-Limit-Status".into(), quota.left.to_string()),
                (
                    "X-Bapi-Limit-Reset-Timestamp".into(),
                    quota.reset_ms.to_string(),
                ),
            ];
        }
        http.headers
            .push(("Timenow".into(), self.now_ms().to_string()));
        http
    }

    fn route(&mut self, request: &HttpRequest) -> Reply {
        let post = request.method == "POST";
        let args = if post {
            serde_json::from_slice(&request.body).unwrap_or(Value::Null)
        } else {
            parameters(&request.query)
        };
        let result = match (post, request.path.as_str()) {
            (false, "/v5/market/time") => Ok(self.time()),
            (false, "/v5/market/instruments-info") => self.instruments(&args),
            (false, "/v5/market/orderbook") => self.order_book(&args),
            _ => return self.private_route(request, post, &args),
        };
        match result {
            Ok(data) => Reply::ok(data, None),
            Err(refusal) => Reply::refused(refusal, None),
        }
    }

    fn private_route(&mut self, request: &HttpRequest, post: bool, args: &Value) -> Reply {
        if !is_private_call(&request.path, post) {
            return Reply::refused(Refusal::new(404, ""), None);
        }
        if let Err(refusal) = self.check_signature(request, post) {
            return Reply::refused(refusal, None);
        }
        if post && !args.is_object() {
            return Reply::refused(Refusal::params("body is not a JSON object"), None);
        }
        let path = request.path.as_str();
        if post {
            match path {
                "/v5/position/switch-mode" => return self.switch_mode(args),
                "/v5/position/set-leverage" => return Reply::refused(Refusal::of(110_043), None),
                _ => {}
            }
            return match path.strip_prefix("/v5/order/") {
                Some(name) => self.order_call(Socket::Rest, &format!("order.{name}"), args),
                None => Reply::refused(Refusal::new(404, ""), None),
            };
        }
        let quota = match self.read_quota(path) {
            Ok(quota) => quota,
            Err(quota) => {
                self.count("rateLimited");
                return Reply::refused(Refusal::of(10006), Some(quota));
            }
        };
        if path == KEY_PATH {
            return Reply::ok(self.key_info(request.header("x-bapi-api-key")), Some(quota));
        }
        self.pump();
        self.flush_private();
        match self.list(path, args) {
            Ok(data) => Reply::ok(data, Some(quota)),
            Err(refusal) => Reply::refused(refusal, Some(quota)),
        }
    }

    /// A key as `query-api` shows it.
    fn key_info(&self, key: &str) -> Value {
        json!({
            "id": "13770661", "note": "", "apiKey": key, "readOnly": 0, "secret": "", "type": 1,
            "permissions": {"ContractTrade": ["Order", "Position"], "Spot": ["SpotTrade"]},
            "ips": ["*"], "userID": self.config.user_id, "isMaster": true, "parentUid": "0", "uta": 1,
        })
    }

    fn read_quota(&mut self, path: &str) -> Result<Quota, Quota> {
        let (limit, now_ms) = (self.settings.read_rate, self.now_ms());
        self.limiter.take(path, 1, limit, 1000, now_ms)
    }

    fn check_signature(&mut self, request: &HttpRequest, post: bool) -> Result<(), Refusal> {
        let mode = self
            .faults
            .get(&Socket::Rest)
            .map_or(AuthMode::Normal, |f| f.auth);
        let key = request.header("x-bapi-api-key");
        let secret = self.config.secret_of(key);
        let Some(secret) = secret.filter(|_| mode == AuthMode::Normal) else {
            return Err(Refusal::of(10003));
        };
        let timestamp = request.header("x-bapi-timestamp");
        let window = match request.header("x-bapi-recv-window") {
            "" => "5000",
            text => text,
        };
        let payload = if post {
            String::from_utf8_lossy(&request.body).into_owned()
        } else {
            request.query.clone()
        };
        let (Ok(timestamp_ms), Ok(window_ms)) = (timestamp.parse(), window.parse()) else {
            return Err(Refusal::params("X-BAPI-TIMESTAMP or X-BAPI-RECV-WINDOW"));
        };
        if !self.in_window(timestamp_ms, window_ms) {
            self.count("outsideWindow");
            return Err(Refusal::of(10002));
        }
        let origin = format!(
            "{timestamp}{key}{}{payload}",
            request.header("x-bapi-recv-window")
        );
        if request.header("x-bapi-sign") != sign(secret, &origin) {
            self.count("badSignature");
            return Err(Refusal::new(
                10004,
                format!("error sign! origin_string[{origin}]"),
            ));
        }
        Ok(())
    }

    fn time(&self) -> Value {
        let now_ms = self.now_ms();
        json!({"timeSecond": (now_ms / 1000).to_string(), "timeNano": format!("{now_ms}000000")})
    }

    fn instruments(&self, args: &Value) -> Result<Value, Refusal> {
        let category = Category::parse(text(args, "category")?)
            .ok_or_else(|| Refusal::params("Illegal category"))?;
        let (symbol, base) = (text(args, "symbol")?, text(args, "baseCoin")?);
        let fits = |m: &&crate::market::Market| {
            m.category == category
                && (symbol.is_empty() || m.symbol == symbol)
                && (base.is_empty() || m.base == base)
        };
        let fitting = self.markets.iter().filter(fits);
        let list: Vec<Value> = fitting.filter_map(|market| market.listed()).collect();
        if list.is_empty() && !symbol.is_empty() {
            return Err(Refusal::params("Symbol Invalid"));
        }
        let (list, cursor) = crate::lists::page(list, args, 500, 1000);
        Ok(json!({"category": category.name(), "list": list, "nextPageCursor": cursor}))
    }

    fn order_book(&mut self, args: &Value) -> Result<Value, Refusal> {
        self.pump();
        let (market, _) = self.market_of(args)?;
        let limit = text(args, "limit")?.parse().unwrap_or(25);
        let info = &self.markets[market as usize];
        let side = |side| -> Vec<[String; 2]> {
            let levels = self.levels(market, side, limit).into_iter();
            levels
                .map(|(tick, lots)| [info.px(tick), info.qty(lots)])
                .collect()
        };
        let deep = self
            .streams
            .iter()
            .find(|s| s.market == market && s.depth == 1000);
        Ok(json!({
            "s": info.symbol, "b": side(hbl_exchange::Side::Buy), "a": side(hbl_exchange::Side::Sell),
            "ts": self.now_ms(), "u": deep.map_or(0, |s| s.u), "seq": info.seq, "cts": info.cts_ms,
        }))
    }

    fn switch_mode(&mut self, args: &Value) -> Reply {
        let hedge = match args["mode"].as_i64() {
            Some(0) => false,
            Some(3) => true,
            _ => return Reply::refused(Refusal::params("mode"), None),
        };
        let refusal = if hedge == self.settings.hedge {
            Refusal::of(110_025)
        } else if self.records.ledger.legs.values().any(|leg| leg.lots != 0) {
            Refusal::new(
                110_024,
                "You have an existing position, so position mode cannot be switched.",
            )
        } else if !self.by_client.is_empty() {
            Refusal::new(
                110_028,
                "You have existing open orders, so position mode cannot be switched.",
            )
        } else {
            self.settings.hedge = hedge;
            return Reply::ok(json!({}), None);
        };
        Reply::refused(refusal, None)
    }
}

fn is_private_call(path: &str, post: bool) -> bool {
    const READS: [&str; 6] = [
        KEY_PATH,
        "/v5/order/realtime",
        "/v5/order/history",
        "/v5/execution/list",
        "/v5/position/list",
        "/v5/account/wallet-balance",
    ];
    if !post {
        return READS.contains(&path);
    }
    if let Some(name) = path.strip_prefix("/v5/order/") {
        let name = name.strip_suffix("-batch").unwrap_or(name);
        return matches!(name, "create" | "amend" | "cancel" | "cancel-all");
    }
    matches!(
        path,
        "/v5/position/switch-mode" | "/v5/position/set-leverage"
    )
}
