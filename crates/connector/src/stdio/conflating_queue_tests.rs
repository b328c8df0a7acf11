use serde_json::Value;

use super::*;
use hbl_venues::kit::test_venue::{ask, bid, bought, sold};

fn none(_: u32, _: &mut Vec<Event>) {}

fn read(out: &mut Vec<u8>) -> Vec<Value> {
    let text = String::from_utf8(std::mem::take(out)).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}

/// X (0) with trades and depth, its first book sent.
fn queue() -> ConflatingQueue {
    let mut queue = ConflatingQueue::new(1_700_000_000_000_000_000);
    queue.want_trades(0, "X", true);
    queue.want_depth(0, "X", Some(0));
    let mut out = Vec::new();
    let book = |_, levels: &mut Vec<Event>| levels.extend([bid(99.5, 1.0), ask(100.0, 2.5)]);
    queue.fill(1, &book, &mut out);
    let lines = read(&mut out);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["snapshot"], true);
    assert_eq!(lines[0]["bids"], serde_json::json!([[99.5, 1.0]]));
    assert_eq!(lines[0]["asks"], serde_json::json!([[100.0, 2.5]]));
    queue
}

fn change(queue: &mut ConflatingQueue, events: &[Event]) {
    for event in events {
        queue.event(0, event);
    }
    queue.end_change(0);
}

#[test]
fn a_trade_line_holds_what_the_protocol_says() {
    let mut queue = queue();
    let mut out = Vec::new();
    change(&mut queue, &[bought(100.0, 0.125), sold(99.5, 3.0)]);
    queue.fill_change(1, 0, &mut out);
    let lines = read(&mut out);
    let id = lines[0]["id"].as_u64().unwrap();
    assert!(id > 1_700_000_000_000_000 && id < 1 << 53);
    assert_eq!(
        lines,
        [
            serde_json::json!({"type": "trade", "timestamp": 1_700_000_000_123_u64, "symbol": "X", "price": 100.0, "qty": 0.125, "side": "buy", "is_buyer_maker": false, "id": id}),
            serde_json::json!({"type": "trade", "timestamp": 1_700_000_000_123_u64, "symbol": "X", "price": 99.5, "qty": 3.0, "side": "sell", "is_buyer_maker": true, "id": id + 1}),
        ]
    );
}

#[test]
fn a_reader_that_keeps_up_gets_every_change_in_its_order() {
    let mut queue = queue();
    let mut out = Vec::new();
    change(&mut queue, &[bid(99.5, 0.0), bid(99.4, 2.0)]);
    queue.fill_change(1, 0, &mut out);
    change(&mut queue, &[sold(99.4, 1.0)]);
    queue.fill_change(1, 0, &mut out);
    change(&mut queue, &[bid(99.4, 1.0)]);
    queue.fill_change(1, 0, &mut out);
    let lines = read(&mut out);
    let kinds: Vec<_> = lines.iter().map(|line| line["type"].clone()).collect();
    assert_eq!(kinds, ["depth", "trade", "depth"]);
    assert_eq!(
        lines[0]["bids"],
        serde_json::json!([[99.5, 0.0], [99.4, 2.0]])
    );
    assert_eq!(lines[0]["asks"], serde_json::json!([]));
    assert_eq!(lines[0]["snapshot"], false);
    assert!(lines[2]["last_update_id"].as_u64() > lines[0]["last_update_id"].as_u64());
    assert_eq!(queue.losses(), Losses::default());
}

#[test]
fn changes_that_wait_become_one_with_the_last_of_each_price() {
    let mut queue = queue();
    let mut out = Vec::new();
    change(&mut queue, &[bid(99.5, 7.0), ask(100.0, 0.0)]);
    change(&mut queue, &[bid(99.5, 0.0)]);
    change(&mut queue, &[ask(100.0, 4.0)]);
    queue.fill(1, &none, &mut out);
    let lines = read(&mut out);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["bids"], serde_json::json!([[99.5, 0.0]]));
    assert_eq!(lines[0]["asks"], serde_json::json!([[100.0, 4.0]]));
    assert_eq!(queue.losses().depth_merged, 2);
}

#[test]
fn a_reader_that_stands_still_makes_nothing_grow_and_gets_the_counts_of_its_losses() {
    let mut queue = queue();
    for round in 0..200_000_u32 {
        let px = f64::from(round % 50_000) / 10.0 + 1.0;
        change(&mut queue, &[bid(px, f64::from(round)), sold(px, 1.0)]);
        queue.line(b"{}".to_vec());
    }
    let feed = queue.feeds[0].as_ref().unwrap();
    assert!(feed.changes.capacity() <= 4 * CHANGES_MAX);
    assert!(queue.trades.capacity() <= 2 * TRADES_MAX && queue.lines.len() <= LINES_MAX);
    let mut lines = Vec::new();
    let book = |_, levels: &mut Vec<Event>| levels.push(bid(5.0, 5.0));
    loop {
        let mut out = Vec::new();
        queue.fill(5_000_000_000, &book, &mut out);
        if out.is_empty() {
            break;
        }
        assert!(out.len() < 2 * PIECE_BYTES);
        lines.extend(read(&mut out));
    }
    assert_eq!(lines[0]["status"], "dropped");
    assert_eq!(lines[0]["trades"], 200_000 - TRADES_MAX);
    let trades: Vec<u64> = lines
        .iter()
        .filter(|l| l["type"] == "trade")
        .map(|l| l["id"].as_u64().unwrap())
        .collect();
    assert_eq!(trades.len(), TRADES_MAX, "the newest are there");
    assert!(trades.is_sorted());
    let depth: Vec<_> = lines.iter().filter(|l| l["type"] == "depth").collect();
    assert_eq!(depth.len(), 1);
    assert_eq!(
        depth[0]["snapshot"], true,
        "too many changes: the book instead"
    );
    assert_eq!(depth[0]["bids"], serde_json::json!([[5.0, 5.0]]));
}

#[test]
fn an_interval_holds_depth_back_and_says_when_it_is_due() {
    let mut queue = queue();
    queue.want_depth(0, "X", Some(100));
    let mut out = Vec::new();
    let book = |_, levels: &mut Vec<Event>| levels.push(bid(5.0, 5.0));
    queue.fill(1000, &book, &mut out);
    assert_eq!(read(&mut out).len(), 1);
    assert_eq!(queue.next_due_ns(), None);
    change(&mut queue, &[bid(5.0, 6.0)]);
    queue.fill_change(1050, 0, &mut out);
    change(&mut queue, &[bid(5.0, 7.0)]);
    queue.fill(1099, &book, &mut out);
    assert!(out.is_empty());
    assert_eq!(queue.next_due_ns(), Some(1100));
    queue.fill(1100, &book, &mut out);
    assert_eq!(read(&mut out)[0]["bids"], serde_json::json!([[5.0, 7.0]]));
    assert_eq!(queue.next_due_ns(), None);
}

#[test]
fn a_stale_book_is_sent_whole_when_it_is_fresh_again() {
    let mut queue = queue();
    let mut out = Vec::new();
    let book = |_, levels: &mut Vec<Event>| levels.push(bid(5.0, 5.0));
    queue.stale(0, true);
    queue.fill(1, &book, &mut out);
    assert!(out.is_empty());
    queue.stale(0, false);
    queue.fill(1, &book, &mut out);
    assert_eq!(read(&mut out)[0]["snapshot"], true);
}

#[test]
fn symbols_without_a_subscription_are_left_out() {
    let mut queue = queue();
    let mut out = Vec::new();
    queue.want_trades(0, "X", false);
    queue.want_depth(0, "X", None);
    change(&mut queue, &[bid(99.5, 7.0), sold(99.5, 1.0)]);
    queue.event(1, &bid(1.0, 1.0));
    queue.fill(1, &none, &mut out);
    assert!(out.is_empty() && !queue.is_wanted(0) && !queue.is_wanted(9));
}
