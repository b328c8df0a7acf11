//! `connector bybit` as a process, with TLS between it and the fake venue.

use std::time::{Duration, Instant};

use crate::bybit_net::process::{BybitProcess, run_to_end};
use crate::bybit_net::shm_bot::ShmBot;
use crate::bybit_net::truth::differences;
use crate::bybit_net::{REAL, XRP, config_text, place, venue, wait_until};
use crate::support::names::unique_name;
use crate::tls_support::TlsFront;
use hbl_fake_bybit::FakeBybit;
use hbl_wire::ControlEvent;
use hftbacktest::types::{Side, Status, TimeInForce};
use serde_json::json;

fn front(venue: &FakeBybit, names: &[&str]) -> TlsFront {
    TlsFront::start(&venue.ports(), names)
}

/// A config file for the venue behind TLS.
fn config(front: &TlsFront, more: &str) -> tempfile::TempPath {
    let [public, private, trade, rest] = front.ports[..] else {
        unreachable!()
    };
    // By address and by name: certificates are for both.
    config_text(&format!(
        "public_url = \"wss://127.0.0.1:{public}/v5/public/linear\"\n\
         private_url = \"wss://localhost:{private}/v5/private\"\n\
         trade_url = \"wss://127.0.0.1:{trade}/v5/trade\"\n\
         rest_url = \"https://localhost:{rest}\"\n{more}\n"
    ))
}

fn trusting(front: &TlsFront) -> String {
    format!("ca_file = {:?}", front.ca_file.to_str().unwrap())
}

#[test]
fn market_data_orders_and_calls_go_through_tls_when_the_authority_is_named() {
    let venue = venue(51);
    let control = venue.control();
    let front = front(&venue, &["127.0.0.1", "localhost"]);
    let process = BybitProcess::start(&unique_name(), &config(&front, &trusting(&front)), REAL);
    let mut bot = ShmBot::xrp(&process);
    place(control, "Sell", "10.0", "2.5100");
    bot.until("a book", |ledger| !ledger.book[1].is_empty());
    let id = bot.open_order(1, Side::Buy, 24_000, 20.0);
    bot.submit(900, Side::Buy, 25_100, 4.0, TimeInForce::IOC);
    bot.until("filled", |ledger| ledger.is(900, Status::Filled));
    bot.cancel(id);
    bot.until("canceled", |ledger| ledger.is(id, Status::Canceled));
    bot.until("as at the venue", |l| {
        differences(l, control, XRP, 0.0001, 50).is_empty()
    });
    // A connection that is cut is made again, through TLS.
    let accepted = front.accepted();
    control
        .run_json(json!({"cmd": "cut", "socket": "public"}))
        .unwrap();
    place(control, "Sell", "5.0", "2.5200");
    bot.until("more of the book", |l| l.book[1].contains_key(&25_200));
    assert!(front.accepted() > accepted);
    assert_eq!(front.refused(), 0);
    assert!(process.stop().0.success());
}

#[test]
fn an_untrusted_certificate_is_refused_with_a_remedy_and_not_tried_without_a_pause() {
    let venue = venue(52);
    let front = front(&venue, &["127.0.0.1", "localhost"]);
    let config = config(&front, "register_wait_ms = 200");
    let process = BybitProcess::start(&unique_name(), &config, REAL);
    let mut bot = ShmBot::xrp(&process);
    let start = Instant::now();
    bot.run_for(Duration::from_millis(4_000));
    for word in ["certificate of 127.0.0.1", "not trusted", "ca_file"] {
        bot.until(word, |ledger| format!("{:?}", ledger.sides).contains(word));
    }
    // Why there are no instruments, too: that is another connection.
    let waits = |e: &ControlEvent| matches!(e, ControlEvent::Notice { code: 3208, text, .. } if text.contains("certificate of localhost"));
    bot.until("the notice", |ledger| ledger.count(waits) > 0);
    wait_until("it is tried again", || front.accepted() >= 4);
    let (attempts, most) = (front.accepted(), 10 * start.elapsed().as_secs() as usize);
    assert!(attempts <= most, "{attempts} attempts instead of {most}");
    assert!(bot.ledger.book[1].is_empty());
    let (status, output) = process.stop();
    assert!(status.success(), "{output}");
    wait_until("no attempt led to anything", || {
        front.refused() == front.accepted()
    });
    assert!(
        output.contains("not trusted") && output.contains("ca_file"),
        "{output}"
    );
}

#[test]
fn a_certificate_for_another_host_is_refused_although_its_authority_is_trusted() {
    let venue = venue(53);
    let front = front(&venue, &["venue.example"]);
    let process = BybitProcess::start(&unique_name(), &config(&front, &trusting(&front)), REAL);
    let mut bot = ShmBot::xrp(&process);
    bot.until("a report", |ledger| {
        format!("{:?}", ledger.sides).contains("is for another host")
    });
    assert!(process.stop().0.success());
    wait_until("no attempt led to anything", || {
        front.refused() == front.accepted()
    });
}

#[test]
fn an_authority_that_cannot_be_read_ends_the_start_with_the_key_and_the_remedy() {
    let venue = venue(54);
    let front = front(&venue, &["127.0.0.1"]);
    let none = config_text("no certificate in here");
    for (path, word) in [
        ("/nowhere/ca.pem", "cannot be read"),
        (none.to_str().unwrap(), "holds no"),
    ] {
        let config = config(&front, &format!("ca_file = {path:?}"));
        let (code, output) = run_to_end(&config, &[], |_| {});
        assert_eq!(code, 2, "{output}");
        assert!(
            output.contains("ca_file") && output.contains(word),
            "{output}"
        );
        assert!(output.contains("PEM"), "{output}");
    }
    assert_eq!(front.accepted(), 0);
}
