//! Records beside orders and books: balances, notices, trades, and messages that are passed over.

use std::time::Duration;

use hbl_livebot::{CommandError, LinkStatus, Record, RecordKind};
use hbl_wire::{Balance, ControlEvent, ExecutionDetails, Request, Severity, TO_ALL, VenueSocket};
use hftbacktest::types::{ElapseResult, Order, Side, Status};

use crate::support::{
    HashRig, SYMBOL, accept, buy, config, connector, instrument, kinds, level, name, only, ready,
    registration, request,
};

#[test]
fn foreign_and_senseless_messages_are_counted_and_passed() {
    let (mut connector, mut rig) = ready(&name());
    connector
        .send_feed(TO_ALL, SYMBOL, &level(Side::Buy, f64::NAN, 1.0))
        .unwrap();
    connector
        .send_feed(TO_ALL, SYMBOL, &level(Side::Buy, 1e300, 1.0))
        .unwrap();
    connector
        .send_feed(TO_ALL, "ETHUSDT", &level(Side::Buy, 1.0, 1.0))
        .unwrap();
    connector
        .send_feed(12_345, SYMBOL, &level(Side::Buy, 1.0, 1.0))
        .unwrap();
    connector
        .send_feed(TO_ALL, SYMBOL, &level(Side::Buy, 100.5, 1.0))
        .unwrap();
    connector.flush().unwrap();
    let records = rig.until(RecordKind::Depth);
    let market = only(&records, RecordKind::Depth);
    assert_eq!((market.len(), market[0].px), (1, 100.5));
    let stats = rig.core.stats();
    assert_eq!(
        (stats.decode_errors, stats.unknown_symbols, stats.lost),
        (2, 1, 0)
    );
}

#[test]
fn hftbacktests_own_waits_keep_their_meaning() {
    let (mut connector, mut rig) = ready(&name());
    assert_eq!(
        rig.core.wait_next_feed(true, 1_000_000),
        Ok(ElapseResult::Ok)
    );
    connector
        .send_feed(TO_ALL, SYMBOL, &level(Side::Buy, 100.5, 1.0))
        .unwrap();
    connector
        .send_feed(TO_ALL, SYMBOL, &level(Side::Buy, 100.5, 2.0))
        .unwrap();
    connector.flush().unwrap();
    assert_eq!(
        rig.core.wait_next_feed(true, 1_000_000_000),
        Ok(ElapseResult::MarketFeed)
    );
    assert_eq!(rig.core.record_count(), 1, "one event per call");
    assert_eq!(
        rig.core.wait_next_feed(true, 1_000_000_000),
        Ok(ElapseResult::MarketFeed)
    );
    rig.core.submit(0, buy(5, 99.0), 0).unwrap();
    let Request::Submit { bot, order, .. } = request(&mut connector, &mut rig) else {
        panic!()
    };
    connector
        .send_order(bot, SYMBOL, &accept(&order, Status::New, 10))
        .unwrap();
    connector.flush().unwrap();
    assert_eq!(
        rig.core.wait_order_response(0, 5, 1_000_000_000),
        Ok(ElapseResult::OrderResponse)
    );
    rig.core.cancel(0, 5, 0).unwrap();
    assert_eq!(
        rig.core.submit(0, buy(6, 99.0), 2_000_000),
        Err(CommandError::Timeout)
    );
    let started = std::time::Instant::now();
    assert_eq!(rig.core.elapse(30_000_000), Ok(ElapseResult::Ok));
    assert!(
        (25..200).contains(&started.elapsed().as_millis()),
        "{:?}",
        started.elapsed()
    );
}

/// Fee, order and text of the execution that stands before each order record.
fn executions(records: &[Record]) -> Vec<Option<(f64, u64, String)>> {
    let orders = (0..records.len()).filter(|at| records[*at].kind == RecordKind::Order as u8);
    let before = orders.map(|at| match &records[at.saturating_sub(2)..at] {
        [execution, text] if execution.kind == RecordKind::Execution as u8 => {
            // SAFETY: a record is plain integers and floats of exactly this size.
            let bytes: [u8; 128] = unsafe { core::mem::transmute(*text) };
            let text = &bytes[8..8 + execution.text_len as usize];
            let text = String::from_utf8(text.to_vec()).unwrap();
            Some((execution.px, execution.order_id, text))
        }
        _ => None,
    });
    before.collect()
}

#[test]
fn what_the_venue_says_of_an_execution_stands_right_before_its_order_and_nowhere_else() {
    let (mut connector, mut rig) = ready(&name());
    for id in [5, 6] {
        rig.core.submit(0, buy(id, 99.0), 0).unwrap();
    }
    let Request::Submit { bot, order, .. } = request(&mut connector, &mut rig) else {
        panic!()
    };
    let all = ExecutionDetails {
        fee: Some(-0.25),
        fee_coin: Some("USDT".to_owned()),
        trade_id: Some("e1".to_owned()),
    };
    let only_id = ExecutionDetails {
        trade_id: Some("e2".to_owned()),
        ..ExecutionDetails::default()
    };
    let step = |exec_qty: f64, at: i64| Order {
        leaves_qty: 0.5,
        exec_qty,
        ..accept(&order, Status::PartiallyFilled, at)
    };
    let mut send = |of: &Order, details: &ExecutionDetails, order: &Order| {
        connector.send_execution(bot, SYMBOL, of, details).unwrap();
        connector.send_order(bot, SYMBOL, order).unwrap();
    };
    let other = Order {
        order_id: 6,
        ..step(0.25, 12)
    };
    send(&step(0.25, 10), &all, &step(0.25, 10));
    send(&step(0.25, 11), &only_id, &step(0.25, 11));
    // Of another order, of another state, and of no execution.
    send(&other, &all, &step(0.25, 12));
    send(&step(0.25, 12), &all, &step(0.25, 13));
    send(&step(0.0, 14), &all, &step(0.0, 14));
    connector.send_order(bot, SYMBOL, &step(0.25, 15)).unwrap();
    connector.flush().unwrap();
    let mut records = Vec::new();
    while only(&records, RecordKind::Order).len() < 6 {
        records.extend(rig.until(RecordKind::Order));
    }
    let details_of = executions(&records);
    assert_eq!(details_of[0], Some((-0.25, 5, "USDT\ne1".to_owned())));
    let (fee, id, text) = details_of[1].clone().unwrap();
    assert!(fee.is_nan(), "{fee}");
    assert_eq!((id, text.as_str()), (5, "\ne2"));
    assert_eq!(details_of[2..], [None, None, None, None]);
    assert_eq!(only(&records, RecordKind::Execution).len(), 2);
}

#[test]
fn the_last_trades_are_bounded() {
    use hftbacktest::types::LOCAL_BUY_TRADE_EVENT;
    let (mut connector, mut rig) = ready(&name());
    for px in 1..=5 {
        let trade = hftbacktest::types::Event {
            ev: LOCAL_BUY_TRADE_EVENT,
            ..level(Side::Buy, f64::from(px), 1.0)
        };
        connector.send_feed(TO_ALL, SYMBOL, &trade).unwrap();
        connector.flush().unwrap();
    }
    rig.until(RecordKind::Trade);
    rig.batch(Duration::from_millis(5));
    let mut prices = Vec::new();
    rig.core.last_trades(0, |trade| prices.push(trade.px));
    assert_eq!(prices, [3.0, 4.0, 5.0]);
    rig.core.clear_last_trades(0);
    rig.core.last_trades(0, |_| panic!("not cleared"));
}

fn balance(coin: &str, equity: f64) -> ControlEvent {
    ControlEvent::Balance(Balance {
        coin: coin.into(),
        equity,
        wallet_balance: 2.0,
        available: 3.0,
        initial_margin: 4.0,
        maintenance_margin: f64::NAN,
        unrealised_pnl: -6.0,
        exch_ts: 7,
    })
}

/// The text that follows the record at `at`.
fn text_after(records: &[Record], at: usize) -> String {
    let record = &records[at + 1];
    assert_eq!(record.kind, RecordKind::Text as u8);
    // SAFETY: a record is plain bytes; its text stands at the end.
    let bytes: [u8; 128] = unsafe { core::mem::transmute(*record) };
    let len = records[at].text_len as usize;
    String::from_utf8(bytes[8..8 + len].to_vec()).unwrap()
}

#[test]
fn balances_come_with_the_answer_before_the_book_is_ready_and_when_they_change() {
    let name = name();
    let mut connector = connector(&name);
    let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
    let bot = registration(&mut connector, &mut rig);
    connector.send_batch_start(bot).unwrap();
    connector.send_position(bot, SYMBOL, 0.5, 3).unwrap();
    connector.send_control(bot, &balance("USDT", 1.0)).unwrap();
    connector.send_control(bot, &balance("", 10.0)).unwrap();
    connector.send_batch_end(bot).unwrap();
    connector.flush().unwrap();
    let records = rig.until(RecordKind::BookReady);
    let of = |records: &[Record], kind: RecordKind| -> Vec<usize> {
        let places = records.iter().enumerate();
        let those = places.filter(|(_, record)| record.kind == kind as u8);
        those.map(|(at, _)| at).collect()
    };
    let at = of(&records, RecordKind::Balance);
    assert_eq!(at.len(), 2, "{:?}", kinds(&records));
    let coin = &records[at[0]];
    assert_eq!(
        (coin.px, coin.qty, coin.leaves_qty, coin.exec_qty),
        (1.0, 2.0, 3.0, 4.0)
    );
    assert!(coin.exec_px.is_nan());
    assert_eq!((coin.extra, coin.exch_ts_ns), (-6.0, 7));
    assert_eq!(text_after(&records, at[0]), "USDT");
    assert_eq!((records[at[1]].px, records[at[1]].text_len), (10.0, 0));
    assert!(at[1] < of(&records, RecordKind::BookReady)[0]);

    connector
        .send_control(TO_ALL, &balance("BTC", 11.0))
        .unwrap();
    let records = rig.until(RecordKind::Balance);
    let at = of(&records, RecordKind::Balance)[0];
    assert_eq!(
        (records[at].px, text_after(&records, at)),
        (11.0, "BTC".into())
    );
}

#[test]
fn notices_and_connections_of_the_venue_are_records_of_their_own() {
    let (mut connector, mut rig) = ready(&name());
    let notice = |symbol: &str| ControlEvent::Notice {
        severity: Severity::Error,
        code: 3213,
        symbol: symbol.into(),
        order_id: 5,
        text: "words".into(),
    };
    let lost = ControlEvent::Socket {
        socket: VenueSocket::Private,
        up: false,
        text: "closed".into(),
    };
    for event in [&notice(SYMBOL), &notice("OTHER"), &notice(""), &lost] {
        connector.send_control(TO_ALL, event).unwrap();
    }
    let records = rig.until(RecordKind::Link);
    let notices = only(&records, RecordKind::Notice);
    let seen = |record: &Record| (record.status, record.value, record.order_id);
    let seen: Vec<_> = notices.iter().map(seen).collect();
    assert_eq!(
        seen,
        [(2, 3213, 5), (2, 3213, 0)],
        "one is about a symbol that this bot does not have"
    );
    let at = records
        .iter()
        .position(|record| record.kind == RecordKind::Link as u8);
    let at = at.unwrap();
    let link = &records[at];
    assert_eq!(
        (link.status, link.value),
        (LinkStatus::SocketDown as u8, VenueSocket::Private as i64)
    );
    assert_eq!(text_after(&records, at), "closed");
}
