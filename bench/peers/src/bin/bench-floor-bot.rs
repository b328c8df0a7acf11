//! The floor of tick-to-trade: one thread that reads the book's socket, searches the text and writes the order.
//! `bench-floor-bot blocking|spin OPTIONS`: the venue's ready line. `blocking` sleeps in `read`, `spin` asks a
//! socket that does not block again and again. Says `ready` with the first snapshot; ends with its standard
//! input.

use std::{
    env,
    error::Error,
    io::{self, Read as _, Write as _},
    process, str, thread,
    time::{SystemTime, UNIX_EPOCH},
};

use hbl_bench_peers::{
    bybit_quotes::SYMBOL,
    floor::{AskFinder, OrderFrame},
    say,
    socket::Socket,
    tls::trusting,
    web_socket::FrameReader,
};
use hbl_fake_bybit::sign;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, Message};

/// The longest frame is the snapshot, with 50 levels a side.
const LONGEST_FRAME: usize = 65_536;
/// For the login, as the venue's documents have it.
const LOGIN_MS: u64 = 10_000;

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0))
}

fn text_of<'a>(venue: &'a Value, key: &str) -> Result<&'a str, Box<dyn Error>> {
    let text = venue[key].as_str();
    text.ok_or_else(|| format!("the venue names no {key}").into())
}

type Client = tungstenite::WebSocket<Socket>;

/// A WebSocket, and its connection for what comes after the first messages.
fn open(venue: &Value, key: &str) -> Result<(Client, Socket), Box<dyn Error>> {
    let url = text_of(venue, key)?;
    let (_, after) = url.rsplit_once(':').ok_or("no port")?;
    let port = after.split_once('/').map_or(after, |(port, _)| port);
    let tls = venue["authorityPem"].as_str().map(trusting).transpose()?;
    let socket = Socket::connect(port.parse()?, tls.as_ref())?;
    let raw = socket.try_clone()?;
    let (client, _) = tungstenite::client(url, socket)?;
    Ok((client, raw))
}

fn say_to(client: &mut Client, request: &Value) -> Result<(), Box<dyn Error>> {
    client.send(Message::text(request.to_string()))?;
    Ok(())
}

fn hear(client: &mut Client) -> Result<Value, Box<dyn Error>> {
    loop {
        if let Message::Text(text) = client.read()? {
            return Ok(serde_json::from_str(&text)?);
        }
    }
}

/// A connection that orders may be written to.
fn order_entry(venue: &Value) -> Result<Socket, Box<dyn Error>> {
    let (mut client, raw) = open(venue, "tradeUrl")?;
    let expires = unix_ms() + LOGIN_MS;
    let signature = sign(
        text_of(venue, "apiSecret")?,
        &format!("GET/realtime{expires}"),
    );
    let key = text_of(venue, "apiKey")?;
    say_to(
        &mut client,
        &json!({"req_id": "1", "op": "auth", "args": [key, expires, signature]}),
    )?;
    let answer = hear(&mut client)?;
    if answer["retCode"] != 0 {
        return Err(format!("no login: {answer}").into());
    }
    Ok(raw)
}

/// A connection that brings deltas: the snapshot has come.
fn book(venue: &Value) -> Result<Socket, Box<dyn Error>> {
    let (mut client, raw) = open(venue, "publicUrl")?;
    let topic = format!("orderbook.50.{SYMBOL}");
    say_to(
        &mut client,
        &json!({"req_id": "2", "op": "subscribe", "args": [topic]}),
    )?;
    while hear(&mut client)?["type"] != "snapshot" {}
    Ok(raw)
}

/// Takes away what the venue has answered, so that it does not have to wait: nothing is done with it.
fn discard_answers(orders: &Socket, answers: &mut [u8]) -> io::Result<()> {
    orders.tcp().set_nonblocking(true)?;
    let came = orders.tcp().read(answers);
    orders.tcp().set_nonblocking(false)?;
    match came {
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        _ => Ok(()),
    }
}

fn trade(mut book: Socket, mut orders: Socket, spins: bool) -> Result<(), Box<dyn Error>> {
    book.tcp().set_nonblocking(spins)?;
    let (finder, mut order) = (AskFinder::default(), OrderFrame::default());
    let mut frames = FrameReader::new(LONGEST_FRAME);
    let mut answers = vec![0; LONGEST_FRAME];
    let mut last = String::new();
    let mut sent = 0;
    loop {
        match frames.fill(&mut book) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            done => done?,
        }
        while let Some(payload) = frames.take() {
            let Some(price) = finder.price(str::from_utf8(payload)?) else {
                continue;
            };
            if price == last {
                continue;
            }
            sent += 1;
            orders.write_all(order.fill(price, sent, unix_ms()))?;
            last.clear();
            last.push_str(price);
            discard_answers(&orders, &mut answers)?;
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().collect();
    let spins = match args.get(1).map(String::as_str) {
        Some("blocking") => false,
        Some("spin") => true,
        _ => return Err("usage: bench-floor-bot blocking|spin OPTIONS".into()),
    };
    let venue: Value = serde_json::from_str(args.get(2).ok_or("no OPTIONS")?)?;
    let (orders, book) = (order_entry(&venue)?, book(&venue)?);
    thread::spawn(|| {
        let ended = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(i32::from(ended.is_err()));
    });
    say(&json!({"type": "ready"}))?;
    trade(book, orders, spins)
}
