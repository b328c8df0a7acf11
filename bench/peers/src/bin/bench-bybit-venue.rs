//! A Bybit that measures: paced book frames out, and for each that calls for an order the time until
//! the order frame came. `bench-bybit-venue RATE SECONDS EVERY [tls]`: every EVERY-th frame calls for one; with
//! `tls` all three sockets are `wss`, of an authority that the ready line names.
//!
//! Login, account and what becomes of orders are the fake venue's; book and order socket stand in
//! front of it on blocking threads. The first line of standard input starts the frames, its end ends
//! the program.

use std::{
    env,
    error::Error,
    io::BufRead as _,
    net::TcpListener,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Sender, channel},
    },
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hbl_bench_peers::{
    Histogram,
    bybit_order_gate::{self, Log},
    bybit_quotes::{CHEAP_QTY, SYMBOL, delta, snapshot},
    relay, say,
    socket::Socket,
    tls::certified,
    web_socket::{frame, write_text},
};
use hbl_fake_bybit::{Config, FakeBybit, Settings};
use hbl_wire::clock::monotonic_ns;
use serde_json::Value;
use tokio_tungstenite::tungstenite::{self, Message};

/// Orders that teach the bot its rate limit and warm its code; not counted.
const WARM_UP: u64 = 400;
/// Frames at this rate before the measured ones.
const WARM_UP_RATE: u64 = 500;
/// The last orders may still be on their way.
const SETTLE: Duration = Duration::from_millis(300);

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0))
}

/// Who has subscribed the book.
type Reader = Arc<Mutex<Option<Socket>>>;

/// Answers requests of the public socket; a subscription gets its snapshot and makes the client the
/// reader of what follows.
fn serve_book(client: Socket, reader: &Reader) -> Result<(), Box<dyn Error>> {
    let own = client.try_clone()?;
    let mut from_client = tungstenite::accept(client)?;
    let topic = format!("orderbook.50.{SYMBOL}");
    while let Ok(message) = from_client.read() {
        let Message::Text(text) = message else {
            continue;
        };
        let request: Value = serde_json::from_str(&text)?;
        let op = request["op"].as_str().unwrap_or_default();
        let answer = serde_json::json!({
            "success": true, "ret_msg": if op == "ping" { "pong" } else { "" },
            "conn_id": "bench", "req_id": request["req_id"], "op": op,
        });
        let topics = request["args"].as_array().into_iter().flatten();
        let wants_book = op == "subscribe" && topics.into_iter().any(|one| *one == topic.as_str());
        let mut place = reader.lock().unwrap_or_else(PoisonError::into_inner);
        let mut to_client = own.try_clone()?;
        write_text(&mut to_client, &answer.to_string())?;
        if wants_book {
            write_text(&mut to_client, &snapshot(unix_ms()))?;
            *place = Some(to_client);
        }
    }
    Ok(())
}

fn commands(to: Sender<()>) {
    for _ in std::io::stdin().lock().lines().map_while(Result::ok) {
        if to.send(()).is_err() {
            return;
        }
    }
}

/// Sends frame `n` when it is due and returns how late that was.
fn send(
    n: u64,
    cheap: bool,
    due_ns: u64,
    log: &Log,
    reader: &Reader,
) -> Result<u64, Box<dyn Error>> {
    use std::io::Write as _;
    let bytes = frame(&delta(n, cheap, unix_ms()), None);
    let left_ns = due_ns.saturating_sub(monotonic_ns());
    thread::sleep(Duration::from_nanos(left_ns));
    let mut place = reader.lock().unwrap_or_else(PoisonError::into_inner);
    let to = place.as_mut().ok_or("nobody reads the book")?;
    let now_ns = log.leaves(n);
    to.write_all(&bytes)?;
    Ok(now_ns.saturating_sub(due_ns))
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().collect();
    let (rate, seconds, every, is_tls) = match args.as_slice() {
        [_, rate, seconds, every] => (rate, seconds, every, false),
        [_, rate, seconds, every, word] if word == "tls" => (rate, seconds, every, true),
        _ => return Err("usage: bench-bybit-venue RATE SECONDS EVERY [tls]".into()),
    };
    let (rate, seconds, every): (u64, u64, u64) = (rate.parse()?, seconds.parse()?, every.parse()?);
    let settings = Settings {
        order_rate: 100_000,
        position_on_order: false,
        ..Settings::default()
    };
    let venue = FakeBybit::start(Config {
        settings,
        ..Config::default()
    })?;
    let frames = WARM_UP + rate * seconds;
    let log = Arc::new(Log::new(usize::try_from(frames)?));
    let certified = is_tls.then(certified).transpose()?;
    let tls = certified
        .as_ref()
        .map(|certified| Arc::clone(&certified.server));
    let [_, private, trade, _] = venue.ports();
    let trade = bybit_order_gate::serve(trade, tls.clone(), Arc::clone(&log))?;
    let private = match &tls {
        Some(tls) => relay::serve(private, Arc::clone(tls))?,
        None => private,
    };
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let public = listener.local_addr()?.port();
    let reader = Reader::default();
    let readers = Arc::clone(&reader);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let (reader, tls) = (Arc::clone(&readers), tls.clone());
            thread::spawn(move || {
                Socket::accept(client, tls.as_ref())
                    .is_ok_and(|client| serve_book(client, &reader).is_ok())
            });
        }
    });
    let config = Config::default();
    let scheme = if is_tls { "wss" } else { "ws" };
    say(&serde_json::json!({
        "type": "ready", "symbol": SYMBOL, "cheapQty": CHEAP_QTY,
        "publicUrl": format!("{scheme}://127.0.0.1:{public}/v5/public/linear"),
        "tradeUrl": format!("{scheme}://127.0.0.1:{trade}/v5/trade"),
        "privateUrl": format!("{scheme}://127.0.0.1:{private}/v5/private"),
        "restUrl": venue.urls().rest,
        "authorityPem": certified.map(|certified| certified.authority_pem),
        "apiKey": config.api_key, "apiSecret": config.api_secret,
    }))?;
    let (noted, noted_us) = channel();
    thread::spawn(move || commands(noted));
    if noted_us.recv().is_err() {
        return Ok(());
    }
    let mut late = Histogram::default();
    let start_ns = monotonic_ns();
    for n in 0..WARM_UP {
        let due_ns = start_ns + n * 1_000_000_000 / WARM_UP_RATE;
        send(n, true, due_ns, &log, &reader)?;
    }
    let start_ns = monotonic_ns();
    for n in WARM_UP..frames {
        let due_ns = start_ns + (n - WARM_UP) * 1_000_000_000 / rate;
        late.record(send(n, n % every == 0, due_ns, &log, &reader)?);
    }
    thread::sleep(SETTLE);
    let mut took = Histogram::default();
    let called = (WARM_UP..frames).filter(|n| n % every == 0);
    let mut missing = 0;
    for n in called {
        match log.took_ns(n) {
            Some(ns) => took.record(ns),
            None => missing += 1,
        }
    }
    say(&serde_json::json!({
        "type": "result", "orders": took.count(), "missing": missing, "strangers": log.strangers(),
        "p50Ns": took.percentile(0.5), "p90Ns": took.percentile(0.9), "p99Ns": took.percentile(0.99),
        "lateP99Ns": late.percentile(0.99),
    }))?;
    while noted_us.recv().is_ok() {}
    Ok(())
}
