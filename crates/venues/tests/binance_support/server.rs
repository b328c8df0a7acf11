//! The venue on 127.0.0.1: WebSocket and REST on one port, with faults.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_tungstenite::tungstenite::Message;

use super::market::{Market, exchange_info};
use super::random::Random;

/// What goes wrong, in chances in a thousand per millisecond, message or call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Switches {
    pub cut: u64,
    pub gap: u64,
    pub stall: u64,
    pub double: u64,
    pub rest_429: u64,
    pub behind: u64,
    /// Snapshots come this much later than they were made, milliseconds.
    pub late_ms: u64,
}

pub struct State {
    pub markets: Vec<Market>,
    pub switches: Switches,
    pub frozen: bool,
    pub calls: usize,
    pub refused_calls: usize,
    pub connections: usize,
    pub pongs: usize,
    random: Random,
    /// Connections opened before this number are to end.
    cut_before: usize,
}

/// A running server; it ends with its runtime.
#[derive(Clone)]
pub struct Server {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Server {
    /// Starts on a free port.
    pub async fn start(symbols: &[&str], seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut random = Random(seed);
        let markets = symbols
            .iter()
            .map(|symbol| Market::new(symbol, random.next()))
            .collect();
        let state = Arc::new(Mutex::new(State {
            markets,
            switches: Switches::default(),
            frozen: false,
            calls: 0,
            refused_calls: 0,
            connections: 0,
            pongs: 0,
            random,
            cut_before: 0,
        }));
        let server = Self { port, state };
        let (frames, _) = broadcast::channel(4096);
        tokio::spawn(server.clone().run_market(frames.clone()));
        tokio::spawn(server.clone().accept(listener, frames));
        server
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run_market(self, frames: broadcast::Sender<(String, String)>) {
        let mut beat = tokio::time::interval(Duration::from_millis(1));
        let mut time = 1_700_000_000_000;
        loop {
            beat.tick().await;
            time += 1;
            let mut state = self.state();
            let state = &mut *state;
            if state.random.per_mille(state.switches.cut) {
                state.cut_before = state.connections;
            }
            for market in &mut state.markets {
                let name = market.symbol.to_lowercase();
                if state.frozen {
                    if let Some(depth) = market.depth(time) {
                        let _ = frames.send((format!("{name}@depth@0ms"), depth));
                    }
                    continue;
                }
                market.step();
                let _ = frames.send((format!("{name}@bookTicker"), market.top(time)));
                if time.is_multiple_of(7) {
                    let _ = frames.send((format!("{name}@trade"), market.trade(time)));
                }
                if time.is_multiple_of(5)
                    && let Some(depth) = market.depth(time)
                {
                    let _ = frames.send((format!("{name}@depth@0ms"), depth));
                }
            }
        }
    }

    /// Stops the market after the depth streams have sent everything.
    pub fn freeze(&self) {
        self.state().frozen = true;
    }

    async fn accept(self, listener: TcpListener, frames: broadcast::Sender<(String, String)>) {
        while let Ok((socket, _)) = listener.accept().await {
            let (server, frames) = (self.clone(), frames.subscribe());
            tokio::spawn(async move {
                let mut head = [0; 6];
                if socket.peek(&mut head).await.is_err() {
                    return;
                }
                // The path tells what the connection is for.
                if &head == b"GET /f" {
                    server.rest(socket).await;
                } else {
                    server.stream(socket, frames).await;
                }
            });
        }
    }

    async fn stream(self, socket: TcpStream, mut frames: broadcast::Receiver<(String, String)>) {
        let Ok(mut line) = tokio_tungstenite::accept_async(socket).await else {
            return;
        };
        let number = {
            let mut state = self.state();
            state.connections += 1;
            state.connections
        };
        let mut subscribed = BTreeSet::new();
        let mut ping = tokio::time::interval(Duration::from_millis(50));
        loop {
            tokio::select! {
                message = line.next() => match message {
                    Some(Ok(Message::Text(text))) => {
                        let answer = answer(&text, &mut subscribed);
                        if line.send(Message::text(answer)).await.is_err() { return; }
                    }
                    Some(Ok(Message::Pong(_))) => self.state().pongs += 1,
                    Some(Ok(_)) => {}
                    _ => return,
                },
                _ = ping.tick() => {
                    if line.send(Message::Ping(vec![1].into())).await.is_err() { return; }
                }
                frame = frames.recv() => {
                    let Ok((stream, data)) = frame else { return };
                    if self.state().cut_before >= number { return; }
                    if !subscribed.contains(&stream) { continue; }
                    let (gap, double, stall) = {
                        let mut state = self.state();
                        let switches = state.switches;
                        let gap = state.random.per_mille(switches.gap);
                        let double = state.random.per_mille(switches.double);
                        (gap, double, state.random.per_mille(switches.stall))
                    };
                    if stall {
                        tokio::time::sleep(Duration::from_millis(60)).await;
                    }
                    let text = format!(r#"{{"stream":"{stream}","data":{data}}}"#);
                    for _ in 0..usize::from(!gap) + usize::from(double) {
                        if line.send(Message::text(text.clone())).await.is_err() { return; }
                    }
                }
            }
        }
    }

    /// One answer per connection is enough for a test.
    async fn rest(self, mut socket: TcpStream) {
        let mut bytes = Vec::new();
        let mut part = [0; 2048];
        loop {
            while let Some(end) = bytes.windows(4).position(|at| at == b"\r\n\r\n") {
                let head: Vec<u8> = bytes.drain(..end + 4).collect();
                let (answer, late_ms) = self.answer(&String::from_utf8_lossy(&head));
                tokio::time::sleep(Duration::from_millis(late_ms)).await;
                if socket.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
            match socket.read(&mut part).await {
                Ok(0) | Err(_) => return,
                Ok(read) => bytes.extend_from_slice(&part[..read]),
            }
        }
    }

    fn answer(&self, head: &str) -> (String, u64) {
        let mut state = self.state();
        let state = &mut *state;
        state.calls += 1;
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        if state.random.per_mille(state.switches.rest_429) {
            state.refused_calls += 1;
            return (
                http(
                    429,
                    "Retry-After: 1\r\n",
                    r#"{"code":-1003,"msg":"Too many"}"#,
                ),
                0,
            );
        }
        if path.starts_with("/fapi/v1/exchangeInfo") {
            let names: Vec<&str> = state
                .markets
                .iter()
                .map(|market| market.symbol.as_str())
                .collect();
            return (http(200, "", &exchange_info(&names)), 0);
        }
        let symbol = path
            .split("symbol=")
            .nth(1)
            .and_then(|rest| rest.split('&').next());
        let market = state
            .markets
            .iter()
            .find(|market| Some(market.symbol.as_str()) == symbol);
        let Some(market) = market else {
            return (
                http(400, "", r#"{"code":-1121,"msg":"Invalid symbol."}"#),
                0,
            );
        };
        let ago = if state.random.per_mille(state.switches.behind) {
            60
        } else {
            0
        };
        let late = state.random.below(state.switches.late_ms + 1);
        (
            http(200, "X-MBX-USED-WEIGHT-1M: 3\r\n", &market.snapshot(ago)),
            late,
        )
    }
}

fn answer(text: &str, subscribed: &mut BTreeSet<String>) -> String {
    let request: serde_json::Value = serde_json::from_str(text).unwrap();
    let id = request["id"].as_u64().unwrap();
    let names = request["params"].as_array().cloned().unwrap_or_default();
    let names = names
        .iter()
        .filter_map(|name| name.as_str().map(str::to_owned));
    match request["method"].as_str().unwrap() {
        "SUBSCRIBE" => subscribed.extend(names),
        "UNSUBSCRIBE" => names.for_each(|name| {
            subscribed.remove(&name);
        }),
        _ => {
            let list: Vec<String> = subscribed
                .iter()
                .map(|name| format!("\"{name}\""))
                .collect();
            return format!(r#"{{"result":[{}],"id":{id}}}"#, list.join(","));
        }
    }
    format!(r#"{{"result":null,"id":{id}}}"#)
}

fn http(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}
