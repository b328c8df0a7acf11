//! What programs of this package have beyond hftbacktest's protocol, over real shared memory.

mod support;

use std::time::{Duration, Instant};

use hbl_wire::{
    BotControlBlock, BotPort, COIN_BYTES_MAX, ConnectorPort, ControlEvent, ControlRequest,
    ExecutionDetails, LinkEvent, Liveness, Request, TO_ALL, TRADE_ID_BYTES_MAX, WakerAffinity,
    WireEvent, random_bot_id,
};
use hftbacktest::types::{Event, LiveRequest, Order, Status};
use support::{TIMEOUT, event, hello, name, order, until};

#[test]
fn lost_messages_are_counted_to_the_last_one() {
    let name = name();
    let mut connector = ConnectorPort::open(&name, &hello()).unwrap();
    let mut bot = BotPort::open(&name, 3, TIMEOUT).unwrap();
    let sent = 25_000;
    connector.send_feed(TO_ALL, "X", &event()).unwrap();
    connector.flush().unwrap();
    assert!(bot.recv().unwrap().is_some());
    for _ in 0..sent {
        connector.send_feed(TO_ALL, "X", &event()).unwrap();
        connector.flush().unwrap();
    }
    let (mut received, mut lost) = (0, 0);
    while let Some((_, gap)) = bot.recv().unwrap() {
        received += 1;
        lost += gap;
    }
    assert_eq!((received, lost), (10_000, sent - 10_000));
    for _ in 0..sent {
        connector.send_feed(TO_ALL, "X", &event()).unwrap();
        connector.flush().unwrap();
    }
    (received, lost) = (0, 0);
    while let Some((_, gap)) = bot.recv().unwrap() {
        received += 1;
        lost += gap;
    }
    assert_eq!((received, lost), (10_000, sent - 10_000));
}

#[test]
fn what_is_sent_before_a_flush_shares_slots_in_its_order_and_is_counted_message_by_message() {
    let name = name();
    let mut connector = ConnectorPort::open(&name, &hello()).unwrap();
    let mut bot = BotPort::open(&name, 3, TIMEOUT).unwrap();
    bot.check_link().unwrap();
    let feed = |order_id| Event {
        order_id,
        ..event()
    };
    connector.send_batch_start(TO_ALL).unwrap();
    for order_id in 0..20 {
        connector.send_feed(TO_ALL, "X", &feed(order_id)).unwrap();
    }
    connector.send_batch_end(TO_ALL).unwrap();
    connector.send_order(3, "X", &order()).unwrap();
    connector.send_order(4, "X", &order()).unwrap();
    let read_all = |bot: &mut BotPort| {
        let mut tos = Vec::new();
        let (mut next, mut feeds, mut slots) = (1, 0, 0);
        while let Some((mut slot, lost)) = bot.recv().unwrap() {
            assert_eq!((lost, slot.next_seq()), (0, next));
            slots += 1;
            let to = slot.to();
            while let Some(message) = slot.next_message() {
                next += 1;
                match message.unwrap() {
                    WireEvent::Feed { symbol: "X", event } => {
                        assert_eq!(event, feed(feeds));
                        feeds += 1;
                    }
                    WireEvent::Order { .. } => tos.push(to),
                    WireEvent::BatchStart => assert_eq!(feeds, 0),
                    WireEvent::BatchEnd => assert_eq!(feeds, 20),
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(slot.left(), 0);
        }
        (next - 1, slots, tos)
    };
    connector.flush().unwrap();
    assert_eq!(read_all(&mut bot), (24, 5, vec![3, 4]));

    // Half of a slot now, the rest after it was given back.
    connector.send_feed(3, "X", &event()).unwrap();
    connector.send_batch_end(3).unwrap();
    assert!(!bot.has_messages(), "nothing left before the flush");
    connector.flush().unwrap();
    let (mut slot, _) = bot.recv().unwrap().unwrap();
    assert!(matches!(
        slot.next_message(),
        Some(Ok(WireEvent::Feed { .. }))
    ));
    bot.put_back(slot);
    assert!(bot.has_messages());
    let (mut slot, lost) = bot.recv().unwrap().unwrap();
    assert_eq!((lost, slot.next_seq(), slot.left()), (0, 26, 1));
    assert!(matches!(slot.next_message(), Some(Ok(WireEvent::BatchEnd))));
    assert!(slot.next_message().is_none());
    bot.put_back(slot);
    assert!(!bot.has_messages() && bot.recv().unwrap().is_none());

    // A reason arrives after what was sent before it, and before what is sent after it.
    connector.send_batch_end(3).unwrap();
    connector
        .send_control(3, &ControlEvent::OrdersKnown)
        .unwrap();
    assert!(bot.recv().unwrap().is_some(), "it went out with the reason");
    assert!(bot.recv_control().is_some());
}

#[test]
fn what_a_venue_says_of_an_execution_comes_right_before_its_order() {
    let name = name();
    let mut connector = ConnectorPort::open(&name, &hello()).unwrap();
    let mut bot = BotPort::open(&name, 3, TIMEOUT).unwrap();
    bot.check_link().unwrap();
    let symbol = "S".repeat(128);
    let sent = Order {
        exch_timestamp: i64::MIN,
        ..order()
    };
    let all = ExecutionDetails {
        fee: Some(-0.000_123),
        fee_coin: Some("USDT".to_owned()),
        trade_id: Some("e1000000-0000-5000-8000-000000000001".to_owned()),
    };
    let nothing = ExecutionDetails::default();
    let longest = ExecutionDetails {
        fee: Some(f64::MAX),
        fee_coin: Some("\u{e9}".repeat(COIN_BYTES_MAX)),
        trade_id: Some("i".repeat(TRADE_ID_BYTES_MAX)),
    };
    let too_long = ExecutionDetails {
        trade_id: Some("i".repeat(TRADE_ID_BYTES_MAX + 1)),
        ..nothing.clone()
    };
    assert!(nothing.is_empty() && !all.is_empty());
    for details in [&all, &nothing, &longest, &too_long] {
        connector
            .send_execution(3, &symbol, &sent, details)
            .unwrap();
        connector.send_order(3, &symbol, &sent).unwrap();
    }
    connector.flush().unwrap();
    let mut read = Vec::new();
    while let Some((mut slot, lost)) = bot.recv().unwrap() {
        assert_eq!(lost, 0);
        while let Some(message) = slot.next_message() {
            read.push(match message.unwrap() {
                WireEvent::Execution {
                    symbol: s,
                    order_id,
                    exch_ts: i64::MIN,
                    details,
                } if s == symbol && order_id == sent.order_id => Some(details),
                WireEvent::Order { .. } => None,
                other => panic!("{other:?}"),
            });
        }
    }
    let cut = ExecutionDetails {
        fee_coin: Some("\u{e9}".repeat(COIN_BYTES_MAX / 2)),
        ..longest
    };
    // A name is cut as in a balance; half an id would be another one.
    let sent_details = [all, nothing.clone(), cut, nothing];
    let expected: Vec<_> = sent_details
        .into_iter()
        .flat_map(|d| [Some(d), None])
        .collect();
    assert_eq!(read, expected);
}

#[test]
fn what_is_left_of_a_slot_goes_with_the_connector_that_sent_it() {
    let name = name();
    let mut bot = BotPort::open(&name, 3, TIMEOUT).unwrap();
    let mut first = ConnectorPort::open(&name, &hello()).unwrap();
    bot.check_link().unwrap();
    first.send_batch_start(3).unwrap();
    first.send_batch_end(3).unwrap();
    first.flush().unwrap();
    let (mut slot, _) = bot.recv().unwrap().unwrap();
    assert!(slot.next_message().is_some());
    bot.put_back(slot);
    drop(first);
    let _second = ConnectorPort::open(&name, &hello()).unwrap();
    assert_eq!(bot.check_link().unwrap(), Some(LinkEvent::Restarted));
    assert!(bot.recv().unwrap().is_none());
}

#[test]
fn messages_in_lost_slots_are_all_counted() {
    let name = name();
    let mut connector = ConnectorPort::open(&name, &hello()).unwrap();
    let mut bot = BotPort::open(&name, 3, TIMEOUT).unwrap();
    let mut send = |slots| {
        for _ in 0..slots {
            for _ in 0..3 {
                connector.send_feed(TO_ALL, "X", &event()).unwrap();
            }
            connector.flush().unwrap();
        }
    };
    send(1);
    assert_eq!(bot.recv().unwrap().unwrap().0.left(), 3);
    send(10_007);
    let (mut received, mut lost) = (0, 0);
    while let Some((slot, gap)) = bot.recv().unwrap() {
        received += u64::from(slot.left());
        lost += gap;
    }
    assert_eq!((received, lost), (30_000, 21));
}

/// A connector, a bot that has found it, and the id of the bot with its control block.
fn connected() -> (ConnectorPort, BotPort, BotControlBlock, u64) {
    let name = name();
    let connector = ConnectorPort::open(&name, &hello()).expect("a port of the connector");
    let id = random_bot_id();
    let block = BotControlBlock::own(id).expect("a control block");
    let mut bot = BotPort::open(&name, id, TIMEOUT).expect("a port of the bot");
    let link = bot.check_link().expect("a link");
    assert_eq!(link, Some(LinkEvent::Connected));
    (connector, bot, block, id)
}

#[test]
fn an_order_is_seen_before_its_amendment_and_a_reason_before_its_order() {
    let (mut connector, mut bot, block, id) = connected();
    for _ in 0..100 {
        bot.send(&LiveRequest::Order {
            symbol: "X".into(),
            order: Order {
                req: Status::New,
                ..order()
            },
        })
        .unwrap();
        bot.send_control(&ControlRequest::Amend {
            symbol: "X".into(),
            order_id: 1,
            price_tick: 2,
            qty: 3.0,
        })
        .unwrap();
        assert!(matches!(
            until(|| connector.recv().unwrap()),
            Request::Submit { .. }
        ));
        assert!(matches!(
            until(|| connector.recv().unwrap()),
            Request::Amend { price_tick: 2, .. }
        ));
    }
    assert_eq!(connector.liveness(id), Liveness::Alive);
    let reject = ControlEvent::Reject {
        symbol: "X".into(),
        order_id: 1,
        code: 110_007,
        text: "x".repeat(900),
    };
    connector.send_control(id, &reject).unwrap();
    assert!(
        matches!(bot.recv_control(), Some(Ok(ControlEvent::Reject { code: 110_007, text, .. })) if text.len() == 200)
    );
    assert!(bot.recv_control().is_none());
    drop(block);
    assert_eq!(connector.liveness(id), Liveness::Dead);
}

/// A bot that takes its orders back and closes its position then must not have the closing order taken
/// back with them.
#[test]
fn requests_are_taken_in_the_order_in_which_they_were_sent_whatever_their_channel() {
    let (mut connector, bot, _block, _) = connected();
    let mut sent = Vec::new();
    for order_id in 0..60 {
        // In threes: order, cancel-all, order.
        if order_id % 3 == 1 {
            sent.push(None);
            let symbol = "X".into();
            bot.send_control(&ControlRequest::CancelAll { symbol })
                .unwrap();
            continue;
        }
        sent.push(Some(order_id));
        bot.send(&LiveRequest::Order {
            symbol: "X".into(),
            order: Order {
                order_id,
                req: Status::New,
                ..order()
            },
        })
        .unwrap();
    }
    let mut taken = Vec::new();
    while let Some(request) = connector.recv().unwrap() {
        taken.push(match request {
            Request::Submit { order, .. } => Some(order.order_id),
            Request::CancelAll { .. } => None,
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(taken, sent);
}

#[test]
fn a_bell_wakes_both_ends_long_before_their_time_outs() {
    let name = name();
    let mut connector = ConnectorPort::open(&name, &hello()).unwrap();
    let id = random_bot_id();
    let sender = std::thread::spawn(move || {
        let block = BotControlBlock::own(id).unwrap();
        let mut bot = BotPort::open(&name, id, TIMEOUT).unwrap();
        bot.check_link().unwrap();
        bot.send(&LiveRequest::RegisterInstrument {
            symbol: "X".into(),
            tick_size: 1.0,
            lot_size: 1.0,
        })
        .unwrap();
        let (mut affinity, started) = (WakerAffinity::new(true), Instant::now());
        while bot.recv().unwrap().is_none() {
            block.sleep(TIMEOUT, &mut affinity, || bot.has_messages());
        }
        assert!(started.elapsed() < TIMEOUT / 2, "slept through the bell");
    });
    until(|| {
        connector.wait(TIMEOUT);
        connector.recv().unwrap()
    });
    std::thread::sleep(Duration::from_millis(100));
    connector.send_feed(id, "X", &event()).unwrap();
    connector.flush().unwrap();
    sender.join().unwrap();
}
