//! Both ends against hftbacktest's own channel types, over real shared memory.

mod support;

use hbl_wire::{
    BotControlBlock, BotPort, ConnectorPort, ControlRequest, ExecutionDetails, LinkEvent, Liveness,
    Request, TO_ALL, WireError, WireEvent, random_bot_id,
};
use hftbacktest::{
    live::ipc::iceoryx::IceoryxBuilder,
    types::{ErrorKind, LiveError, LiveEvent, LiveRequest, Status, Value},
};
use support::{TIMEOUT, event, hello, name, order, until};

#[test]
fn a_bot_of_hftbacktest_understands_our_connector() {
    let name = name();
    let mut ours = ConnectorPort::open(&name, &hello()).unwrap();
    let theirs = IceoryxBuilder::new(&name).receiver::<LiveEvent>().unwrap();
    ours.send_batch_start(7).unwrap();
    ours.send_feed(TO_ALL, "BTCUSDT", &event()).unwrap();
    // What hftbacktest's messages have no room for is not sent to its bots.
    let details = ExecutionDetails {
        fee: Some(0.1),
        ..ExecutionDetails::default()
    };
    for to in [9, TO_ALL] {
        ours.send_execution(to, "BTCUSDT", &order(), &details)
            .unwrap();
    }
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
    assert_eq!(ours.liveness(5), Liveness::Upstream);
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
    let amend = ControlRequest::Amend {
        symbol: "X".into(),
        order_id: 1,
        price_tick: 1,
        qty: 1.0,
    };
    assert!(matches!(
        bot.send_control(&amend),
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
    let block = BotControlBlock::own(random_bot_id()).unwrap();
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
    assert_eq!(connector.liveness(5), Liveness::Upstream);
    connector.send_batch_start(5).unwrap();
    connector.send_batch_end(3).unwrap();
    connector.send_feed(TO_ALL, "X", &event()).unwrap();
    connector.flush().unwrap();
    assert_eq!(connector.sent(), 4);

    let received = [(); 3].map(|()| {
        let (slot, lost) = ours.recv().unwrap().unwrap();
        assert_eq!(lost, 0, "what went to the other kind of bots was counted");
        (slot.to(), slot.tail().unwrap().seq)
    });
    assert_eq!(received, [(TO_ALL, 1), (3, 2), (TO_ALL, 3)]);
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
    drop(block);
}

#[test]
fn our_bot_follows_when_the_other_kind_of_connector_takes_over() {
    let name = name();
    let mut bot = BotPort::open(&name, 3, TIMEOUT).unwrap();
    let mut ours = ConnectorPort::open(&name, &hello()).unwrap();
    let upstream_bot = IceoryxBuilder::new(&name).receiver::<LiveEvent>().unwrap();
    ours.send_feed(TO_ALL, "X", &event()).unwrap();
    ours.flush().unwrap();
    assert_eq!(bot.check_link().unwrap(), Some(LinkEvent::Connected));
    assert!(bot.is_ours());
    assert!(bot.recv().unwrap().is_some());
    drop((ours, upstream_bot));
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
