//! `connector bybit` as a process, behind a proxy that alone knows the way to the venue.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::bybit_net::process::BybitProcess;
use crate::bybit_net::shm_bot::ShmBot;
use crate::bybit_net::{REAL, config_text, place, venue};
use crate::support::names::unique_name;
use crate::tls_support::TlsFront;
use hftbacktest::types::{Side, Status};

/// A host that no name server knows.
const HOST: &str = "venue.test";

/// Takes CONNECT for any host and leads to that port of this machine; keeps what it was asked.
fn proxy() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&asked);
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let seen = Arc::clone(&seen);
            std::thread::spawn(move || lead(client, &seen));
        }
    });
    (port, asked)
}

fn lead(mut client: TcpStream, seen: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(client.try_clone().unwrap()).lines();
    let request = lines.next().unwrap().unwrap();
    while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
    let place = request.split(' ').nth(1).unwrap();
    let port: u16 = place.rsplit(':').next().unwrap().parse().unwrap();
    seen.lock().unwrap().push(request.clone());
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    std::thread::spawn(move || std::io::copy(&mut from, &mut to));
    let _ = std::io::copy(&mut server, &mut client);
}

#[test]
fn sockets_and_calls_reach_the_venue_through_the_proxy_of_the_environment() {
    let venue = venue(61);
    let front = TlsFront::start(&venue.ports(), &[HOST]);
    let [public, private, trade, rest] = front.ports[..] else {
        unreachable!()
    };
    let config = config_text(&format!(
        "public_url = \"wss://{HOST}:{public}/v5/public/linear\"\n\
         private_url = \"wss://{HOST}:{private}/v5/private\"\n\
         trade_url = \"wss://{HOST}:{trade}/v5/trade\"\n\
         rest_url = \"https://{HOST}:{rest}\"\n\
         ca_file = {:?}\n",
        front.ca_file.to_str().unwrap()
    ));
    let (port, asked) = proxy();
    let url = format!("http://127.0.0.1:{port}");
    let process = BybitProcess::start_with(&unique_name(), &config, REAL, |command| {
        command.env_remove("NO_PROXY").env_remove("no_proxy");
        command.env("HTTPS_PROXY", &url);
    });
    let mut bot = ShmBot::xrp(&process);
    place(venue.control(), "Sell", "10.0", "2.5100");
    bot.until("a book", |ledger| !ledger.book[1].is_empty());
    let id = bot.open_order(1, Side::Buy, 24_000, 20.0);
    bot.cancel(id);
    bot.until("canceled", |ledger| ledger.is(id, Status::Canceled));
    assert!(front.accepted() >= 4 && front.refused() == 0);
    let asked = asked.lock().unwrap().clone();
    for port in [public, private, trade, rest] {
        let request = format!("CONNECT {HOST}:{port} HTTP/1.1");
        assert!(asked.contains(&request), "{request}: {asked:?}");
    }
    let (status, log) = process.stop();
    assert!(status.success());
    assert!(log.contains(&format!("{url} (HTTPS_PROXY)")), "{log}");
}
