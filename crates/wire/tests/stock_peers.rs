//! Both ends against hftbacktest's own channel types, over real shared memory.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use hbl_wire::{
    BotPage, BotPort, Capabilities, ConnectorPort, Hello, LinkEvent, Liveness, Request, SideEvent,
    SideRequest, TO_ALL, WireError, WireEvent, random_bot_id,
};
use hftbacktest::{
    live::ipc::iceoryx::IceoryxBuilder,
    types::{
        ErrorKind, Event, LOCAL_BUY_TRADE_EVENT, LiveError, LiveEvent, LiveRequest, OrdType, Order,
        Side, Status, TimeInForce, Value,
    },
};

const TIMEOUT: Duration = Duration::from_secs(2);

fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!(
        "t-wire-{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

fn hello() -> Hello {
    Hello {
        version: "0".into(),
        kind: "test".into(),
        capabilities: Capabilities::all(),
    }
}

fn event() -> Event {
    Event {
        ev: LOCAL_BUY_TRADE_EVENT,
        exch_ts: 1,
        local_ts: 2,
        px: 3.5,
        qty: -0.0,
        order_id: u64::MAX,
        ival: i64::MIN,
        fval: 4.0,
    }
}

fn order() -> Order {
    let mut order = Order::new(
        u64::MAX - 1,
        -5,
        0.1,
        2.0,
        Side::Sell,
        OrdType::Market,
        TimeInForce::FOK,
    );
    order.status = Status::PartiallyFilled;
    order.req = Status::New;
    order.exec_price_tick = i64::MAX;
    order
}

fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < TIMEOUT, "nothing came");
    }
}

#[test]
fn a_bot_of_hftbacktest_understands_our_connector() {
    let name = name();
    let mut ours = ConnectorPort::open(&name, &hello()).unwrap();
    let theirs = IceoryxBuilder::new(&name).receiver::<LiveEvent>().unwrap();
    ours.send_batch_start(7).unwrap();
    ours.send_feed(TO_ALL, "BTCUSDT", &event()).unwrap();
    ours.send_order(9, "BTCUSDT", &order()).unwrap();
    ours.send_position(TO_ALL, "ETHUSDT", -1.5, 11).unwrap();
    ours.flush().unwrap();
    let long = Value::String("ä".repeat(4_000));
    ours.send_error(TO_ALL, &LiveError::with(ErrorKind::Custom(-3), long))
        .unwrap();
    ours.send_batch_end(7).unwrap();
    ours.flush().unwrap();
    let next = || theirs.receive().unwrap().unwrap();
    assert!(matches!(next(), (7, LiveEvent::BatchStart)));
    assert!(
        matches!(next(), (0, LiveEvent::Feed { symbol, event: e }) if symbol == "BTCUSDT" && e == event())
    );
    assert!(matches!(next(), (9, LiveEvent::Order { order: o, .. })
        if o.order_id == order().order_id && o.status == Status::PartiallyFilled && o.exec_price_tick == i64::MAX));
    assert!(
        matches!(next(), (0, LiveEvent::Position { symbol, qty: -1.5, exch_ts: 11 }) if symbol == "ETHUSDT")
    );
    assert!(matches!(next(), (0, LiveEvent::Error(e)) if e.kind == ErrorKind::Custom(-3)));
    assert!(matches!(next(), (7, LiveEvent::BatchEnd)));
}

#[test]
fn our_connector_understands_a_bot_of_hftbacktest() {
    let name = name();
    let mut ours = ConnectorPort::open(&name, &hello()).unwrap();
    let theirs = IceoryxBuilder::new(&name).sender::<LiveRequest>().unwrap();
    theirs
        .send(
            5,
            &LiveRequest::RegisterInstrument {
                symbol: "X".into(),
                tick_size: 0.5,
                lot_size: 1.0,
            },
        )
        .unwrap();
    theirs
        .send(
            5,
            &LiveRequest::Order {
                symbol: "X".into(),
                order: order(),
            },
        )
        .unwrap();
    let request = until(|| ours.recv().unwrap());
    assert!(
        matches!(request, Request::Register { bot: 5, symbol, tick_size: 0.5, lot_size: 1.0 } if symbol == "X")
    );
    assert!(
        matches!(until(|| ours.recv().unwrap()), Request::Submit { bot: 5, order: o, .. } if o.order_id == order().order_id)
    );
    assert_eq!(ours.liveness(5), Liveness::Stock);
    assert_eq!(ours.decode_errors(), 0);
}

#[test]
fn our_bot_understands_a_connector_of_hftbacktest() {
    let name = name();
    let mut bot = BotPort::open(&name, 3, TIMEOUT).unwrap();
    assert_eq!(bot.check_link().unwrap(), None);
    let theirs = IceoryxBuilder::new(&name)
        .bot(false)
        .sender::<LiveEvent>()
        .unwrap();
    assert_eq!(bot.check_link().unwrap(), Some(LinkEvent::Connected));
    theirs
        .send(
            0,
            &LiveEvent::Feed {
                symbol: "X".into(),
                event: event(),
            },
        )
        .unwrap();
    let (mut slot, lost) = until(|| bot.recv().unwrap());
    assert_eq!((slot.to(), lost, slot.tail()), (0, 0, None));
    assert!(
        matches!(slot.next_message().unwrap().unwrap(), WireEvent::Feed { symbol: "X", event: e } if e == event())
    );
    let amend = SideRequest::Amend {
        symbol: "X".into(),
        order_id: 1,
        price_tick: 1,
        qty: 1.0,
    };
    assert!(matches!(
        bot.send_side(&amend),
        Err(WireError::Unsupported { what: "modify", .. })
    ));
    drop(theirs);
    assert_eq!(bot.check_link().unwrap(), Some(LinkEvent::Lost));
    let _again = IceoryxBuilder::new(&name)
        .bot(false)
        .sender::<LiveEvent>()
        .unwrap();
    assert_eq!(bot.check_link().unwrap(), Some(LinkEvent::Restarted));
}

#[test]
fn a_connector_of_hftbacktest_understands_our_bot() {
    let name = name();
    let connector = || IceoryxBuilder::new(&name).bot(false);
    let theirs = connector().receiver::<LiveRequest>().unwrap();
    let _events = connector().sender::<LiveEvent>().unwrap();
    let mut bot = BotPort::open(&name, 77, TIMEOUT).unwrap();
    assert_eq!(bot.check_link().unwrap(), Some(LinkEvent::Connected));
    bot.send(&LiveRequest::Order {
        symbol: "X".into(),
        order: order(),
    })
    .unwrap();
    let (id, request) = until(|| theirs.receive().unwrap());
    assert!(
        matches!(request, LiveRequest::Order { symbol, order: o } if symbol == "X" && o.order_id == order().order_id)
    );
    assert_eq!(id, 77);
}

#[test]
fn bots_of_hftbacktest_and_ours_are_served_side_by_side() {
    let name = name();
    let mut connector = ConnectorPort::open(&name, &hello()).unwrap();
    let page = BotPage::own(random_bot_id()).unwrap();
    let mut ours = BotPort::open(&name, 3, TIMEOUT).unwrap();
    assert_eq!(ours.check_link().unwrap(), Some(LinkEvent::Connected));
    connector.send_feed(TO_ALL, "X", &event()).unwrap();
    connector.flush().unwrap();
    let bot = || IceoryxBuilder::new(&name);
    let requests = bot().sender::<LiveRequest>().unwrap();
    let theirs = bot().receiver::<LiveEvent>().unwrap();
    let register = LiveRequest::RegisterInstrument {
        symbol: "X".into(),
        tick_size: 0.5,
        lot_size: 1.0,
    };
    requests.send(5, &register).unwrap();
    ours.send(&register).unwrap();
    let mut asked = [0, 0].map(|_| match until(|| connector.recv().unwrap()) {
        Request::Register { bot, .. } => bot,
        other => panic!("{other:?}"),
    });
    asked.sort_unstable();
    assert_eq!(asked, [3, 5]);
    assert_eq!(connector.liveness(5), Liveness::Stock);
    connector.send_batch_start(5).unwrap();
    connector.send_batch_end(3).unwrap();
    connector.send_feed(TO_ALL, "X", &event()).unwrap();
    connector.flush().unwrap();
    assert_eq!(connector.sent(), 4);

    let heard = [(); 3].map(|()| {
        let (slot, lost) = ours.recv().unwrap().unwrap();
        assert_eq!(lost, 0, "what went to the other kind of bots was counted");
        (slot.to(), slot.tail().unwrap().seq)
    });
    assert_eq!(heard, [(TO_ALL, 1), (3, 2), (TO_ALL, 3)]);
    assert!(ours.recv().unwrap().is_none());
    assert!(matches!(
        theirs.receive().unwrap(),
        Some((5, LiveEvent::BatchStart))
    ));
    assert!(matches!(
        theirs.receive().unwrap(),
        Some((0, LiveEvent::Feed { .. }))
    ));
    assert!(theirs.receive().unwrap().is_none());
    drop(page);
}

#[test]
fn our_bot_follows_when_the_other_kind_of_connector_takes_over() {
    let name = name();
    let mut bot = BotPort::open(&name, 3, TIMEOUT).unwrap();
    let mut ours = ConnectorPort::open(&name, &hello()).unwrap();
    let stock_bot = IceoryxBuilder::new(&name).receiver::<LiveEvent>().unwrap();
    ours.send_feed(TO_ALL, "X", &event()).unwrap();
    ours.flush().unwrap();
    assert_eq!(bot.check_link().unwrap(), Some(LinkEvent::Connected));
    assert!(bot.is_ours());
    assert!(bot.recv().unwrap().is_some());
    drop((ours, stock_bot));
    assert_eq!(bot.check_link().unwrap(), Some(LinkEvent::Lost));

    let theirs = IceoryxBuilder::new(&name)
        .bot(false)
        .sender::<LiveEvent>()
        .unwrap();
    assert_eq!(bot.check_link().unwrap(), Some(LinkEvent::Restarted));
    assert!(!bot.is_ours());
    theirs.send(3, &LiveEvent::BatchStart).unwrap();
    let (slot, _) = until(|| bot.recv().unwrap());
    assert_eq!((slot.to(), slot.tail()), (3, None));
    drop(theirs);
    assert_eq!(bot.check_link().unwrap(), Some(LinkEvent::Lost));

    let mut ours = ConnectorPort::open(&name, &hello()).unwrap();
    assert_eq!(bot.check_link().unwrap(), Some(LinkEvent::Restarted));
    ours.send_batch_end(TO_ALL).unwrap();
    ours.flush().unwrap();
    let (slot, lost) = until(|| bot.recv().unwrap());
    assert_eq!((slot.tail().map(|tail| tail.seq), lost), (Some(1), 0));
}

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
    let has_last = |bot: &mut BotPort| {
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
    assert_eq!(has_last(&mut bot), (24, 5, vec![3, 4]));

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

    // A reason is heard after what was sent before it, and before what is sent after it.
    connector.send_batch_end(3).unwrap();
    connector.send_side(3, &SideEvent::OrdersKnown).unwrap();
    assert!(bot.recv().unwrap().is_some(), "it went out with the reason");
    assert!(bot.recv_side().is_some());
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

#[test]
fn an_order_is_seen_before_its_amendment_and_a_reason_before_its_order() {
    let name = name();
    let mut connector = ConnectorPort::open(&name, &hello()).unwrap();
    let id = random_bot_id();
    let page = BotPage::own(id).unwrap();
    let mut bot = BotPort::open(&name, id, TIMEOUT).unwrap();
    assert_eq!(bot.check_link().unwrap(), Some(LinkEvent::Connected));
    for _ in 0..100 {
        bot.send(&LiveRequest::Order {
            symbol: "X".into(),
            order: Order {
                req: Status::New,
                ..order()
            },
        })
        .unwrap();
        bot.send_side(&SideRequest::Amend {
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
    let reject = SideEvent::Reject {
        symbol: "X".into(),
        order_id: 1,
        code: 110_007,
        text: "x".repeat(900),
    };
    connector.send_side(id, &reject).unwrap();
    assert!(
        matches!(bot.recv_side(), Some(Ok(SideEvent::Reject { code: 110_007, text, .. })) if text.len() == 200)
    );
    assert!(bot.recv_side().is_none());
    drop(page);
    assert_eq!(connector.liveness(id), Liveness::Dead);
}

#[test]
fn a_bell_wakes_both_ends_long_before_their_time_outs() {
    let name = name();
    let mut connector = ConnectorPort::open(&name, &hello()).unwrap();
    let id = random_bot_id();
    let sender = std::thread::spawn(move || {
        let page = BotPage::own(id).unwrap();
        let mut bot = BotPort::open(&name, id, TIMEOUT).unwrap();
        bot.check_link().unwrap();
        bot.send(&LiveRequest::RegisterInstrument {
            symbol: "X".into(),
            tick_size: 1.0,
            lot_size: 1.0,
        })
        .unwrap();
        let started = Instant::now();
        while bot.recv().unwrap().is_none() {
            page.sleep(TIMEOUT, || bot.has_messages());
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

#[test]
fn foreign_bytes_are_errors_and_nothing_worse() {
    use hbl_wire::{decode_event, decode_request};
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut noise = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for _ in 0..200_000 {
        let mut slot = [0u8; 512];
        for word in slot.chunks_mut(8) {
            word.copy_from_slice(&noise().to_le_bytes());
        }
        slot[0] %= 8;
        let len = usize::try_from(noise() % 700).unwrap();
        let _ = decode_event(&slot, len);
        let _ = decode_request(&slot, len);
    }
    assert!(decode_event(&[0; 512], 513).is_err());
    assert!(decode_event(&[0; 512], usize::MAX).is_err());
    // A string that claims 2^60 bytes: varint marker 253, then eight bytes.
    let mut forged = [0u8; 512];
    forged[0] = 2;
    forged[1] = 253;
    forged[2..10].copy_from_slice(&(1u64 << 60).to_le_bytes());
    assert!(decode_event(&forged, 512).is_err());
    // Two bytes of an event where it should have dozens.
    let mut cut = [0u8; 512];
    cut[..4].copy_from_slice(&[2, 1, b'X', 251]);
    assert!(decode_event(&cut, 4).is_err());
}

#[test]
fn a_second_connector_of_a_name_is_refused_with_the_holder_named() {
    let name = name();
    let _first = ConnectorPort::open(&name, &hello()).unwrap();
    let second = ConnectorPort::open(&name, &hello()).err().unwrap();
    assert!(
        matches!(&second, WireError::AlreadyRunning { pid, .. } if *pid == std::process::id()),
        "{second}"
    );
    assert!(second.to_string().contains("Choose another name"));
    assert!(matches!(
        ConnectorPort::open("", &hello()),
        Err(WireError::Name { .. })
    ));
}
