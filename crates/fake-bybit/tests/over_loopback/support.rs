//! A small client: WebSockets by tungstenite, HTTP by hand, everything blocking with deadlines.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use hbl_fake_bybit::{Config, FakeBybit, sign};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, Error, Message, WebSocket};

pub const KEY: &str = "LOOPKEY0000000001";
pub const SECRET: &str = "loopback-secret-0001";
/// When nothing came for so long, everything has come, on a busy machine too.
pub const QUIET_MS: u64 = 300;

pub fn venue() -> FakeBybit {
    FakeBybit::start(Config::default()).unwrap()
}

pub fn now_ms() -> i64 {
    let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    passed.as_millis() as i64
}

pub struct Client {
    ws: WebSocket<TcpStream>,
    kept: Vec<Value>,
}

/// What came instead of a JSON frame.
#[derive(Debug)]
pub enum Odd {
    Timeout,
    Closed,
    Error(String),
    NotJson(#[expect(dead_code, reason = "shown by Debug when a test fails")] String),
    Binary(Vec<u8>),
}

impl Client {
    pub fn try_connect(url: &str) -> Result<Self, Error> {
        let address = url.trim_start_matches("ws://").split('/').next().unwrap();
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.set_nodelay(true)?;
        match tungstenite::client(url, stream) {
            Ok((ws, _)) => Ok(Self {
                ws,
                kept: Vec::new(),
            }),
            Err(tungstenite::HandshakeError::Failure(error)) => Err(error),
            Err(tungstenite::HandshakeError::Interrupted(_)) => panic!("handshake timeout"),
        }
    }

    pub fn connect(url: &str) -> Self {
        Self::try_connect(url).unwrap()
    }

    pub fn send(&mut self, frame: Value) {
        self.send_text(&frame.to_string());
    }

    pub fn send_text(&mut self, text: &str) {
        self.ws.send(Message::text(text)).unwrap();
    }

    pub fn next_within(&mut self, ms: u64) -> Result<Value, Odd> {
        let limit = Duration::from_millis(ms.max(1));
        self.ws.get_ref().set_read_timeout(Some(limit)).unwrap();
        match self.ws.read() {
            Ok(Message::Text(text)) => {
                serde_json::from_str(&text).map_err(|_| Odd::NotJson(text.to_string()))
            }
            Ok(Message::Binary(bytes)) => Err(Odd::Binary(bytes.to_vec())),
            Ok(Message::Close(_)) | Err(Error::ConnectionClosed) => Err(Odd::Closed),
            Ok(_) => self.next_within(ms),
            Err(Error::Io(e)) if e.kind() == std::io::ErrorKind::WouldBlock => Err(Odd::Timeout),
            Err(error) => Err(Odd::Error(error.to_string())),
        }
    }

    /// The first frame that fits, kept or new; the others are kept.
    pub fn wait(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.kept.iter().position(&fits) {
            return self.kept.remove(at);
        }
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            match self.next_within(1000) {
                Ok(frame) if fits(&frame) => return frame,
                Ok(frame) => self.kept.push(frame),
                Err(Odd::Timeout) => {}
                Err(odd) => panic!("{what}: {odd:?}, kept {:?}", self.kept),
            }
        }
        panic!("{what} did not come; kept {:#?}", self.kept);
    }

    /// All frames until it is quiet for `ms`, kept ones first.
    pub fn drain(&mut self, ms: u64) -> Vec<Value> {
        let mut frames = std::mem::take(&mut self.kept);
        while let Ok(frame) = self.next_within(ms) {
            frames.push(frame);
        }
        frames
    }

    /// All frames of the next `ms`, kept ones first.
    pub fn collect(&mut self, ms: u64) -> Vec<Value> {
        let mut frames = std::mem::take(&mut self.kept);
        let end = Instant::now() + Duration::from_millis(ms);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return frames;
            }
            match self.next_within(left.as_millis() as u64) {
                Ok(frame) => frames.push(frame),
                Err(Odd::Timeout) => {}
                Err(odd) => panic!("{odd:?}"),
            }
        }
    }

    /// Reads until the connection ends; `false` when it does not within 20 s.
    pub fn ends(&mut self) -> bool {
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            match self.next_within(200) {
                Ok(_) | Err(Odd::Timeout | Odd::NotJson(_) | Odd::Binary(_)) => {}
                Err(Odd::Closed | Odd::Error(_)) => return true,
            }
        }
        false
    }

    pub fn topic(&mut self, topic: &str) -> Value {
        self.wait(topic, |f| f["topic"] == topic)
    }

    pub fn op(&mut self, op: &str) -> Value {
        self.wait(op, |f| f["op"] == op)
    }

    pub fn login(&mut self) -> Value {
        let expires = now_ms() + 10_000;
        let signature = sign(SECRET, &format!("GET/realtime{expires}"));
        self.send(json!({"req_id": "a1", "op": "auth", "args": [KEY, expires, signature]}));
        self.op("auth")
    }

    pub fn subscribe(&mut self, topics: &[&str]) -> Value {
        self.send(json!({"req_id": "s", "op": "subscribe", "args": topics}));
        self.op("subscribe")
    }

    /// Sends an order request and waits for its answer.
    pub fn order(&mut self, req_id: &str, op: &str, args: Value) -> Value {
        self.order_only(req_id, op, args);
        self.wait(req_id, |f| f["reqId"] == req_id)
    }

    pub fn order_only(&mut self, req_id: &str, op: &str, args: Value) {
        self.send(json!({
            "reqId": req_id, "op": op, "args": [args],
            "header": {"X-BAPI-TIMESTAMP": now_ms().to_string(), "X-BAPI-RECV-WINDOW": "5000"},
        }));
    }
}

pub fn private(venue: &FakeBybit) -> Client {
    let mut client = Client::connect(&venue.urls().private);
    assert_eq!(client.login()["success"], true);
    let reply = client.subscribe(&["order", "execution", "position", "wallet"]);
    assert_eq!(reply["success"], true, "{reply}");
    client
}

pub fn trade(venue: &FakeBybit) -> Client {
    let mut client = Client::connect(&venue.urls().trade);
    assert_eq!(client.login()["retCode"], 0);
    client
}

/// Arguments of a limit order for XRPUSDT, whose book holds nothing but what is placed.
pub fn xrp(side: &str, qty: &str, price: &str, link: &str) -> Value {
    json!({
        "category": "linear", "symbol": "XRPUSDT", "side": side, "orderType": "Limit",
        "qty": qty, "price": price, "timeInForce": "GTC", "positionIdx": 0, "orderLinkId": link,
    })
}

pub fn with(mut args: Value, field: &str, value: Value) -> Value {
    args[field] = value;
    args
}

pub struct HttpAnswer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl HttpAnswer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// One request on a connection of its own; `None` when the connection ends without a whole answer.
pub fn http(
    base: &str,
    method: &str,
    target: &str,
    headers: &str,
    body: &str,
) -> Option<HttpAnswer> {
    let mut stream = TcpStream::connect(base.trim_start_matches("http://")).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(6))).ok()?;
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut text = Vec::new();
    stream.read_to_end(&mut text).ok()?;
    let text = String::from_utf8(text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head
        .lines()
        .find_map(|l| l.strip_prefix("Content-Length: "))?;
    if body.len() < length.parse().ok()? {
        return None;
    }
    Some(HttpAnswer {
        status: head.split(' ').nth(1)?.parse().ok()?,
        head: head.to_owned(),
        body: body.to_owned(),
    })
}

pub fn signed_at(timestamp_ms: i64, payload: &str) -> String {
    let signature = sign(SECRET, &format!("{timestamp_ms}{KEY}5000{payload}"));
    format!(
        "X-BAPI-API-KEY: {KEY}\r\nX-BAPI-TIMESTAMP: {timestamp_ms}\r\nX-BAPI-RECV-WINDOW: 5000\r\nX-BAPI-SIGN: {signature}\r\n"
    )
}

pub fn try_get(venue: &FakeBybit, path: &str, query: &str) -> Option<HttpAnswer> {
    let headers = signed_at(now_ms(), query);
    http(
        &venue.urls().rest,
        "GET",
        &format!("{path}?{query}"),
        &headers,
        "",
    )
}

pub fn get(venue: &FakeBybit, path: &str, query: &str) -> Value {
    try_get(venue, path, query).unwrap().json()
}

pub fn post(venue: &FakeBybit, path: &str, body: &Value) -> Value {
    let body = body.to_string();
    let headers = signed_at(now_ms(), &body);
    http(&venue.urls().rest, "POST", path, &headers, &body)
        .unwrap()
        .json()
}

pub fn control(venue: &FakeBybit, command: Value) -> Value {
    let reply = http(
        &venue.urls().rest,
        "POST",
        "/__control",
        "",
        &command.to_string(),
    )
    .unwrap();
    let reply = reply.json();
    assert_eq!(reply["ok"], true, "{command}: {reply}");
    reply["result"].clone()
}

pub const BOOK: &str = "orderbook.50.BTCUSDT";

pub fn faults(venue: &FakeBybit, socket: &str, faults: Value) {
    control(
        venue,
        json!({"cmd": "faults", "socket": socket, "faults": faults}),
    );
}

pub fn public(venue: &FakeBybit) -> Client {
    let mut client = Client::connect(&venue.urls().public_linear);
    client.subscribe(&[BOOK]);
    client.topic(BOOK);
    client
}

pub fn place(side: &str, qty: &str, price: &str) -> Value {
    json!({"cmd": "place", "symbol": "XRPUSDT", "side": side, "qty": qty, "price": price})
}

pub fn items(frames: &[Value], topic: &str) -> Vec<Value> {
    let of_topic = frames.iter().filter(|f| f["topic"] == topic);
    of_topic
        .flat_map(|f| f["data"].as_array().unwrap().clone())
        .collect()
}

pub fn statuses(frames: &[Value]) -> Vec<String> {
    let items = items(frames, "order");
    items
        .iter()
        .map(|i| i["orderStatus"].as_str().unwrap().to_owned())
        .collect()
}
