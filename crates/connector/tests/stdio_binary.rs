//! `connector … --stdio`: JSON lines with the real binary.

use std::time::Duration;

use crate::stdio_book::Book;
use crate::stdio_support::Lines;
use hbl_venues::replay::synth;
use serde_json::{Value, json};

fn subscribe(channel: &str, symbol: &str) -> Value {
    json!({"command": "subscribe", "channel": channel, "symbol": symbol})
}

#[test]
fn a_second_word_that_is_a_kind_starts_that_kind_whatever_the_name_is() {
    for name in ["sim", "replay", "bybit", "binancefutures", "mine"] {
        let keys = [
            ("BYBIT_API_KEY", "some-key"),
            ("BYBIT_API_SECRET", "some-secret"),
        ];
        let ready = Lines::start_with(&[name, "sim", "BTCUSDT"], &keys).next();
        assert_eq!(
            (&ready["status"], &ready["kind"]),
            (&json!("ready"), &json!("sim")),
            "{name}"
        );
    }
}

#[test]
fn the_simulator_speaks_the_protocol() {
    let mut lines = Lines::start(&["sim", "BTCUSDT", "ETHUSDT"]);
    let ready = lines.next();
    assert_eq!(
        (&ready["type"], &ready["status"]),
        (&json!("status"), &json!("ready"))
    );
    assert_eq!(
        (&ready["kind"], &ready["paper"]),
        (&json!("sim"), &json!(true))
    );
    assert_eq!(ready["pid"], lines.pid());
    lines.send(&json!({"command": "ping", "id": 3}));
    assert_eq!(lines.until(|line| line["status"] == "pong")["id"], 3);
    lines.send(&subscribe("depth", "BTCUSDT"));
    let subscribed = lines.until(|line| line["status"] == "subscribed");
    assert_eq!(
        (&subscribed["tick"], &subscribed["lot"]),
        (&json!(0.1), &json!(0.001))
    );
    lines.send(&subscribe("trades", "BTCUSDT"));
    lines.send(&subscribe("trades", "NOSUCH"));
    assert_eq!(lines.until(|line| line["type"] == "error")["code"], 3001);
    lines.write(b"not a command\n");
    assert_eq!(lines.until(|line| line["type"] == "error")["code"], 3107);
    let (mut book, mut depths, mut trade_ids) = (Book::default(), 0, Vec::new());
    while depths < 500 || trade_ids.len() < 20 {
        let line = lines.next();
        let now_ms = std::time::SystemTime::UNIX_EPOCH
            .elapsed()
            .unwrap()
            .as_millis() as u64;
        match line["type"].as_str().unwrap() {
            "depth" => {
                // The first one holds all of it, also when it was sent before this loop began.
                if depths == 0 && line["snapshot"] == false {
                    lines.send(&subscribe("depth", "BTCUSDT"));
                    lines.until(|line| line["status"] == "subscribed");
                    book.apply(&lines.until(|line| line["snapshot"] == true));
                } else {
                    book.apply(&line);
                }
                depths += 1;
            }
            "trade" => {
                assert_eq!(line["symbol"], "BTCUSDT");
                assert_eq!(line["is_buyer_maker"], line["side"] == "sell");
                assert!(line["price"].as_f64().unwrap() > 1000.0);
                let ts = line["timestamp"].as_u64().unwrap();
                assert!(now_ms.abs_diff(ts) < 5_000, "{ts}");
                trade_ids.push(line["id"].as_u64().unwrap());
            }
            _ => {}
        }
    }
    assert!(book.best().is_some());
    assert!(trade_ids.windows(2).all(|pair| pair[0] < pair[1]));
    lines.send(&json!({"command": "unsubscribe", "channel": "trades", "symbol": "BTCUSDT"}));
    lines.until(|line| line["status"] == "unsubscribed");
    for _ in 0..200 {
        assert_ne!(lines.next()["type"], "trade");
    }
    lines.send(&json!({"command": "stop"}));
    lines.until(|line| line["status"] == "stopping");
    assert_eq!(lines.wait().code(), Some(0));
}

#[test]
fn the_end_of_the_input_a_signal_and_a_closed_output_are_clean_ends() {
    let mut lines = Lines::start(&["sim"]);
    lines.next();
    drop(lines.take_input());
    lines.until(|line| line["status"] == "stopping");
    assert_eq!(lines.wait().code(), Some(0));

    let mut lines = Lines::start(&["sim"]);
    lines.next();
    lines.signal(libc::SIGTERM);
    lines.until(|line| line["status"] == "stopping");
    assert_eq!(lines.wait().code(), Some(0));

    let mut lines = Lines::start(&["sim"]);
    lines.next();
    lines.send(&subscribe("depth", "BTCUSDT"));
    lines.next();
    lines.close_output();
    assert_eq!(lines.wait().code(), Some(0));

    // Also when nothing is being written.
    let mut lines = Lines::start(&["sim"]);
    lines.next();
    lines.close_output();
    assert_eq!(lines.wait().code(), Some(0));
}

#[test]
fn a_reader_that_stands_still_costs_no_memory_and_gets_a_right_book_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("sim.toml");
    let text = "[[symbols]]\nsymbol = \"BTCUSDT\"\nlevels_per_second = 150000.0\ntrades_per_second = 20000.0\nlevels = 400\n";
    std::fs::write(&config, text).unwrap();
    let mut lines = Lines::start(&["sim", config.to_str().unwrap()]);
    lines.next();
    lines.send(&subscribe("depth", "BTCUSDT"));
    lines.send(&subscribe("trades", "BTCUSDT"));
    std::thread::sleep(Duration::from_millis(1500));
    let before = lines.resident_kb();
    std::thread::sleep(Duration::from_millis(2000));
    let after = lines.resident_kb();
    assert!(after < before + 4_096, "{before} kB, {after} kB");
    let mut book = Book::default();
    let dropped = loop {
        let line = lines.next();
        match line["type"].as_str().unwrap() {
            "depth" => book.apply(&line),
            "status" if line["status"] == "dropped" => break line,
            _ => {}
        }
    };
    assert!(dropped["trades"].as_u64() > Some(1000), "{dropped}");
    let mut depths = 0;
    while depths < 50 {
        let line = lines.next();
        if line["type"] == "depth" {
            book.apply(&line);
            depths += 1;
        }
    }
    let levels = book.sides[0].len() + book.sides[1].len();
    assert!((100..4000).contains(&levels), "{levels} levels");
}

#[test]
fn a_replay_begins_with_the_first_subscription_and_ends_with_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("btcusdt_20240808.gz");
    let start_ns = 1_700_000_000_000_000_000;
    synth::write_lines(&path, &synth::usdm_lines("BTCUSDT", start_ns, 100)).unwrap();
    let mut lines = Lines::start(&[
        "replay",
        path.to_str().unwrap(),
        "--speed",
        "max",
        "--rebase-time=false",
        "--exit-at-end",
    ]);
    assert_eq!(lines.next()["status"], "ready");
    lines.write(
        b"{\"command\":\"subscribe\",\"channel\":\"depth\",\"symbol\":\"BTCUSDT\"}\n{\"command\":\"subscribe\",\"channel\":\"trades\",\"symbol\":\"BTCUSDT\"}\n",
    );
    let (mut book, mut trades, mut sold) = (Book::default(), 0, 0);
    loop {
        let line = lines.next();
        match line["type"].as_str().unwrap() {
            "depth" => book.apply(&line),
            "trade" => {
                trades += 1;
                sold += u32::from(line["side"] == "sell");
                assert_eq!(line["timestamp"], start_ns / 1_000_000);
                assert_eq!(line["qty"], 0.01);
            }
            _ if line["status"] == "stopping" => break,
            _ => {}
        }
    }
    assert_eq!((trades, sold), (100, 50));
    assert_eq!(book.best(), Some((1100, 1101)));
    assert_eq!(lines.wait().code(), Some(0));
}

#[test]
fn a_replay_answers_with_the_sizes_that_are_given_and_refuses_those_it_cannot_show() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("btcusdt_20240808.gz");
    let start_ns = 1_700_000_000_000_000_000;
    synth::write_lines(&path, &synth::usdm_lines("BTCUSDT", start_ns, 100)).unwrap();
    let mut lines = Lines::start(&["replay", path.to_str().unwrap(), "--speed", "step"]);
    let mut ask = |channel: &str, sizes: Value| {
        let mut line = subscribe(channel, "BTCUSDT");
        for (key, size) in sizes.as_object().unwrap() {
            line[key] = size.clone();
        }
        lines.send(&line);
        lines.until(|line| line["status"] == "subscribed" || line["type"] == "error")
    };
    let own = ask("trades", json!({}));
    assert_eq!((&own["tick"], &own["lot"]), (&json!(0.1), &json!(0.01)));
    let given = ask("depth", json!({"tick": 0.05, "lot": 0.005}));
    assert_eq!(
        (&given["tick"], &given["lot"]),
        (&json!(0.05), &json!(0.005))
    );
    let kept = ask("trades", json!({}));
    assert_eq!((&kept["tick"], &kept["lot"]), (&json!(0.05), &json!(0.005)));
    for coarse in [json!({"tick": 0.3}), json!({"lot": 0.07})] {
        let refused = ask("depth", coarse);
        assert_eq!(refused["code"], 3002, "{refused}");
        assert!(
            refused["message"]
                .as_str()
                .unwrap()
                .contains("recorded in steps"),
            "{refused}"
        );
    }
}
