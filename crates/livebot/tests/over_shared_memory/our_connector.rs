//! A bot against our connector's end, over real shared memory.

use crate::support::{
    Rig, SYMBOL, TIMEOUT, answer, buy, config, connector, instrument, kinds, level, name, only,
    request,
};
use hbl_livebot::{
    Command, CommandError, CommandKind, FLAG_SYNTHETIC, LinkStatus, Record, RecordKind, Remote,
};
use hbl_wire::{Balance, Request, Severity, SideEvent, TO_ALL, VenueSocket};
use hftbacktest::{
    depth::{HashMapMarketDepth, MarketDepth, ROIVectorMarketDepth},
    types::{Bot, ElapseResult, Order, Side, Status},
};
use std::{sync::Arc, thread, time::Duration};

type HashRig = Rig<HashMapMarketDepth>;

fn ready(name: &str) -> (hbl_wire::ConnectorPort, HashRig) {
    let mut connector = connector(name);
    let mut rig = HashRig::new(&config(vec![instrument(name, SYMBOL)]));
    let Request::Register { bot, .. } = request(&mut connector, &mut rig) else {
        panic!("not a registration")
    };
    answer(
        &mut connector,
        bot,
        SYMBOL,
        &[level(Side::Buy, 100.0, 1.0), level(Side::Sell, 101.0, 2.0)],
        0.5,
    );
    rig.until(RecordKind::BookReady);
    (connector, rig)
}

fn accept(order: &Order, status: Status, exch_timestamp: i64) -> Order {
    Order {
        status,
        exch_timestamp,
        req: Status::None,
        ..order.clone()
    }
}

fn an_answered_registration_is_a_whole_book<MD: hbl_livebot::Book>() {
    let name = name();
    let mut connector = connector(&name);
    let mut rig = Rig::<MD>::new(&config(vec![instrument(&name, SYMBOL)]));
    let Request::Register {
        bot,
        symbol,
        tick_size,
        lot_size,
    } = request(&mut connector, &mut rig)
    else {
        panic!()
    };
    assert_eq!(
        (bot, symbol.as_str(), tick_size, lot_size),
        (rig.core.id(), SYMBOL, 0.5, 0.001)
    );
    answer(
        &mut connector,
        bot,
        SYMBOL,
        &[level(Side::Buy, 100.0, 1.0), level(Side::Sell, 101.0, 2.0)],
        -0.5,
    );
    let records = rig.until(RecordKind::BookReady);
    let of_batch: Vec<u8> = kinds(&records)
        .into_iter()
        .filter(|kind| !matches!(kind, 8 | 10))
        .collect();
    assert_eq!(of_batch, [1, 6, 4, 4, 2, 11]);
    let levels = only(&records, RecordKind::Depth);
    assert_eq!(
        (levels[0].side, levels[0].px, levels[1].side, levels[1].qty),
        (1, 100.0, 2, 2.0)
    );
    assert!(
        levels
            .iter()
            .all(|record| record.sent_mono_ns > 0 && record.recv_mono_ns >= record.sent_mono_ns)
    );
    let bot = rig.core.bot();
    assert_eq!(
        (
            bot.depth(0).best_bid(),
            bot.depth(0).best_ask(),
            bot.position(0)
        ),
        (100.0, 101.0, -0.5)
    );
    let state: Vec<f64> = rig.state[..5]
        .iter()
        .map(|bits| f64::from_bits(*bits))
        .collect();
    assert_eq!(state, [100.0, 101.0, 1.0, 2.0, -0.5]);
    assert_eq!(f64::from_bits(rig.state[9]), 1.0);
}

#[test]
fn a_registration_is_answered_with_a_whole_book_on_both_depths() {
    an_answered_registration_is_a_whole_book::<HashMapMarketDepth>();
    an_answered_registration_is_a_whole_book::<ROIVectorMarketDepth>();
}

#[test]
fn a_loss_is_counted_and_the_book_is_cleared_and_fetched_anew() {
    let (mut connector, mut rig) = ready(&name());
    for _ in 0..12_000 {
        connector
            .send_feed(TO_ALL, SYMBOL, &level(Side::Buy, 99.0, 3.0))
            .unwrap();
        connector.flush().unwrap();
    }
    let mut records = rig.until(RecordKind::Gap);
    let gap = only(&records, RecordKind::Gap)[0];
    assert_eq!(gap.value, 2_000);
    records.extend(rig.batch(Duration::ZERO));
    assert_eq!(rig.core.stats().lost, 2_000);
    let Request::Register { bot, .. } = request(&mut connector, &mut rig) else {
        panic!("no new registration")
    };
    assert_eq!(
        f64::from_bits(rig.state[9]),
        0.0,
        "the book is still trusted"
    );
    answer(
        &mut connector,
        bot,
        SYMBOL,
        &[level(Side::Buy, 98.0, 1.0)],
        0.5,
    );
    rig.until(RecordKind::BookReady);
    let depth = rig.core.bot().depth(0);
    assert_eq!(
        (depth.best_bid(), depth.bid_qty_at_tick(200)),
        (98.0, 0.0),
        "a level from before the loss survived"
    );
    assert!(depth.best_ask().is_nan());
    assert_eq!(rig.core.stats().resyncs, 1);
}

#[test]
fn a_restarted_connector_is_noticed_and_registered_with_again() {
    let name = name();
    let (first, mut rig) = ready(&name);
    drop(first);
    let lost = only(&rig.until(RecordKind::Link), RecordKind::Link)[0];
    assert_eq!(lost.status, LinkStatus::Lost as u8);
    assert_eq!(
        rig.core.submit(0, buy(1, 99.0), 0),
        Err(CommandError::ConnectorDown)
    );
    let mut second = connector(&name);
    let Request::Register { bot, .. } = request(&mut second, &mut rig) else {
        panic!()
    };
    answer(
        &mut second,
        bot,
        SYMBOL,
        &[level(Side::Sell, 103.0, 1.0)],
        0.0,
    );
    rig.until(RecordKind::BookReady);
    assert_eq!(rig.core.bot().depth(0).best_ask(), 103.0);
    assert_eq!(rig.core.links()[0].status, LinkStatus::Restarted);
    assert_eq!(rig.core.stats().lost, 0, "a new run is not a loss");
}

#[test]
fn an_order_lives_and_its_refusal_comes_with_its_reason() {
    let (mut connector, mut rig) = ready(&name());
    rig.core.submit(0, buy(7, 99.5), 0).unwrap();
    assert_eq!(
        rig.core.submit(0, buy(7, 99.5), 0),
        Err(CommandError::OrderIdExist)
    );
    let Request::Submit { bot, order, .. } = request(&mut connector, &mut rig) else {
        panic!()
    };
    assert_eq!((order.price_tick, order.req), (199, Status::New));
    assert_eq!(
        rig.core.cancel(0, 7, 0),
        Err(CommandError::InvalidOrderStatus),
        "it is not acknowledged yet"
    );
    connector
        .send_order(bot, SYMBOL, &accept(&order, Status::New, 10))
        .unwrap();
    connector.flush().unwrap();
    rig.until(RecordKind::Order);
    rig.core.modify(0, 7, 100.0, 2.0, 0).unwrap();
    assert!(matches!(
        request(&mut connector, &mut rig),
        Request::Amend {
            order_id: 7,
            price_tick: 200,
            qty: 2.0,
            ..
        }
    ));
    rig.core.cancel(0, 7, 0).unwrap();
    assert!(matches!(
        request(&mut connector, &mut rig),
        Request::Cancel { order_id: 7, .. }
    ));
    let reject = SideEvent::Reject {
        symbol: SYMBOL.into(),
        order_id: 7,
        code: 42,
        text: "ä".repeat(90),
    };
    connector.send_side(bot, &reject).unwrap();
    connector
        .send_order(bot, SYMBOL, &accept(&order, Status::Expired, 11))
        .unwrap();
    connector.flush().unwrap();
    let records = rig.until(RecordKind::Order);
    assert_eq!(kinds(&records), [12, 15, 15, 5]);
    assert_eq!(
        (records[0].order_id, records[0].value, records[0].text_len),
        (7, 42, 180)
    );
    assert_eq!(rig.core.order(0, 7).unwrap().status, Status::Expired);
    rig.core.clear_inactive_orders(0).unwrap();
    assert!(rig.core.order(0, 7).is_none());
    for wrong in [
        buy(8, f64::NAN),
        buy(8, 0.0),
        buy(0, 1.0),
        hftbacktest::types::OrderRequest {
            qty: -1.0,
            ..buy(8, 1.0)
        },
    ] {
        assert_eq!(
            rig.core.submit(0, wrong, 0),
            Err(CommandError::InvalidArgument)
        );
    }
    assert_eq!(
        rig.core.submit(3, buy(8, 1.0), 0),
        Err(CommandError::InstrumentNotFound)
    );
    assert_eq!(rig.core.cancel(0, 99, 0), Err(CommandError::OrderNotFound));
}

#[test]
fn what_was_filled_while_the_connector_was_dead_is_told_once_and_then_the_end() {
    let name = name();
    let (mut first, mut rig) = ready(&name);
    rig.core.submit(0, buy(1, 99.0), 0).unwrap();
    let Request::Submit { bot, order, .. } = request(&mut first, &mut rig) else {
        panic!()
    };
    let step = |leaves: f64, exec: f64, at: i64| Order {
        leaves_qty: order.qty * leaves,
        exec_qty: order.qty * exec,
        exec_price_tick: order.price_tick,
        ..accept(&order, Status::PartiallyFilled, at)
    };
    first
        .send_order(bot, SYMBOL, &step(0.75, 0.25, 10))
        .unwrap();
    first.flush().unwrap();
    rig.until(RecordKind::Order);
    drop(first);
    let mut second = connector(&name);
    let Request::Register { bot, .. } = request(&mut second, &mut rig) else {
        panic!()
    };
    second.send_batch_start(bot).unwrap();
    second.flush().unwrap();
    // An ended order that this bot does not follow, the fill that it knows, one that it does not.
    let mut other = accept(&order, Status::Canceled, 9);
    other.order_id = 77;
    let end = Order {
        leaves_qty: order.qty * 0.25,
        ..accept(&order, Status::Canceled, 13)
    };
    for order in [other, step(0.75, 0.25, 10), step(0.25, 0.5, 12), end] {
        second.send_order(bot, SYMBOL, &order).unwrap();
        second.flush().unwrap();
    }
    second.send_position(bot, SYMBOL, 0.0, 1).unwrap();
    second.send_batch_end(bot).unwrap();
    second.flush().unwrap();
    let records = rig.until(RecordKind::BookReady);
    let told: Vec<_> = only(&records, RecordKind::Order)
        .into_iter()
        .map(|r| (r.order_id, r.status, r.exec_qty / order.qty))
        .collect();
    assert_eq!(
        told,
        [
            (1, Status::PartiallyFilled as u8, 0.5),
            (1, Status::Canceled as u8, 0.0)
        ]
    );
    assert_eq!(rig.core.order(0, 1).unwrap().status, Status::Canceled);
    assert!(rig.core.order(0, 77).is_none());
}

#[test]
fn an_order_that_the_connector_forgot_ends_after_the_next_answer() {
    let name = name();
    let (mut first, mut rig) = ready(&name);
    for id in [1, 2] {
        rig.core.submit(0, buy(id, 99.0), 0).unwrap();
        let Request::Submit { bot, order, .. } = request(&mut first, &mut rig) else {
            panic!()
        };
        first
            .send_order(bot, SYMBOL, &accept(&order, Status::New, 10))
            .unwrap();
        first.flush().unwrap();
        rig.until(RecordKind::Order);
    }
    let kept = rig.core.order(0, 2).unwrap().clone();
    drop(first);
    let mut second = connector(&name);
    let Request::Register { bot, .. } = request(&mut second, &mut rig) else {
        panic!()
    };
    second.send_batch_start(bot).unwrap();
    second
        .send_order(bot, SYMBOL, &accept(&kept, Status::New, 12))
        .unwrap();
    second.send_position(bot, SYMBOL, 0.0, 1).unwrap();
    second.send_batch_end(bot).unwrap();
    second.flush().unwrap();
    let records = rig.until(RecordKind::BookReady);
    rig.batch(Duration::from_millis(20));
    let ended: Vec<Record> = only(&records, RecordKind::Order)
        .into_iter()
        .filter(|record| record.flags & FLAG_SYNTHETIC != 0)
        .collect();
    assert_eq!(
        ended
            .iter()
            .map(|record| record.order_id)
            .collect::<Vec<_>>(),
        [1]
    );
    assert_eq!(rig.core.order(0, 1).unwrap().status, Status::Expired);
    assert_eq!(rig.core.order(0, 2).unwrap().status, Status::New);
}

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
    assert_eq!(kinds(&records), [4]);
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

#[test]
fn commands_from_another_thread_interrupt_a_long_wait() {
    let (mut connector, mut rig) = ready(&name());
    let remote = Arc::new(Remote::new(None, Box::new(|| {})));
    rig.core.bind(remote.clone());
    let commander = remote.clone();
    let thread = thread::spawn(move || {
        thread::sleep(Duration::from_millis(50));
        let command = |order_id, kind| Command {
            number: 0,
            asset: 0,
            order_id,
            kind,
        };
        let submit = CommandKind::Submit {
            side: 1,
            price: 99.0,
            qty: 1.0,
            time_in_force: 0,
            order_type: 0,
        };
        assert_eq!(commander.command(command(4, submit)), Some(1));
        assert_eq!(commander.command(command(77, CommandKind::Cancel)), Some(2));
    });
    let started = std::time::Instant::now();
    let refused = rig.batch(TIMEOUT);
    assert!(
        started.elapsed() < TIMEOUT / 2,
        "the command waited for the time-out"
    );
    assert_eq!(kinds(&refused), [13]);
    assert_eq!(
        (refused[0].order_id, refused[0].status, refused[0].value),
        (2, CommandError::OrderNotFound as u8, 77)
    );
    thread.join().unwrap();
    assert!(matches!(
        request(&mut connector, &mut rig),
        Request::Submit { .. }
    ));
    remote.stop();
    assert_eq!(
        rig.core.wait_batch(1_000_000_000, 10),
        Ok(hbl_livebot::Outcome::Stopped)
    );
    assert_eq!(
        remote.command(Command {
            number: 0,
            asset: 0,
            order_id: 1,
            kind: CommandKind::Cancel
        }),
        None
    );
}

#[test]
fn one_bot_on_two_connectors_keeps_their_instruments_apart() {
    let (one, two) = (name(), name());
    let (mut first, mut second) = (connector(&one), connector(&two));
    let mut rig = HashRig::new(&config(vec![
        instrument(&one, SYMBOL),
        instrument(&two, SYMBOL),
    ]));
    for (connector, px) in [(&mut first, 100.0), (&mut second, 200.0)] {
        let Request::Register { bot, .. } = request(connector, &mut rig) else {
            panic!()
        };
        answer(connector, bot, SYMBOL, &[level(Side::Buy, px, 1.0)], 0.0);
        rig.until(RecordKind::BookReady);
    }
    let bids: Vec<f64> = (0..2)
        .map(|asset| rig.core.bot().depth(asset).best_bid())
        .collect();
    assert_eq!(bids, [100.0, 200.0]);
    drop(first);
    let link = only(&rig.until(RecordKind::Link), RecordKind::Link)[0];
    assert_eq!((link.asset, link.status), (0, LinkStatus::Lost as u8));
    assert_eq!(
        rig.core.submit(0, buy(1, 1.0), 0),
        Err(CommandError::ConnectorDown)
    );
    assert_eq!(rig.core.submit(1, buy(1, 1.0), 0), Ok(()));
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

#[test]
fn a_bot_that_joins_a_running_connector_misses_nothing_and_is_told_of_the_link() {
    let name = name();
    let mut connector = connector(&name);
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let (ready, is_ready) = std::sync::mpsc::channel::<()>();
    // iceoryx2's ports live on one thread, so the bots come from another.
    let bots = thread::spawn(move || {
        is_ready.recv().unwrap();
        for _ in 0..20 {
            let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
            let first = rig.until(RecordKind::Depth);
            assert_eq!(
                kinds(&first)[..2],
                [RecordKind::Link as u8, RecordKind::BookReset as u8]
            );
            rig.batch(Duration::from_millis(5));
            assert_eq!((rig.core.stats().gaps, rig.core.stats().lost), (0, 0));
        }
        drop(stop);
    });
    ready.send(()).unwrap();
    while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
        connector
            .send_feed(TO_ALL, SYMBOL, &level(Side::Buy, 100.0, 1.0))
            .unwrap();
        connector.flush().unwrap();
        thread::sleep(Duration::from_micros(50));
    }
    bots.join().unwrap();
}

#[test]
fn a_registration_that_nobody_answers_is_sent_again() {
    let name = name();
    let mut connector = connector(&name);
    let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
    assert!(matches!(
        request(&mut connector, &mut rig),
        Request::Register { .. }
    ));
    let Request::Register { bot, .. } = request(&mut connector, &mut rig) else {
        panic!()
    };
    answer(
        &mut connector,
        bot,
        SYMBOL,
        &[level(Side::Buy, 100.0, 1.0)],
        0.0,
    );
    rig.until(RecordKind::BookReady);
}

#[test]
fn an_id_is_free_again_once_its_bot_is_gone_even_if_the_remote_stays() {
    let name = name();
    let mut config = config(vec![instrument(&name, SYMBOL)]);
    config.bot_id = 0x00ab_0000 + u64::from(std::process::id());
    let remote = Arc::new(Remote::new(None, Box::new(|| {})));
    let mut rig = HashRig::new(&config);
    rig.core.bind(remote.clone());
    let twin = hbl_livebot::LiveCore::<HashMapMarketDepth>::new(&config, false).err();
    assert!(twin.is_some_and(|error| error.to_string().contains("already running")));
    drop(rig);
    let second = HashRig::new(&config);
    remote.stop();
    drop(second);
    remote.close();
    HashRig::new(&config);
}

#[test]
fn a_refused_instrument_shows_no_market_and_is_not_asked_for_again() {
    let name = name();
    let mut connector = connector(&name);
    let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
    let Request::Register { bot, .. } = request(&mut connector, &mut rig) else {
        panic!("not a registration")
    };
    let refused = SideEvent::RegisterRefused {
        symbol: SYMBOL.into(),
        code: 3_002,
        text: "tick size".into(),
    };
    connector.send_side(bot, &refused).unwrap();
    let told = only(&rig.until(RecordKind::Error), RecordKind::Error);
    assert_eq!((told.len(), told[0].value), (1, 3_002));
    connector
        .send_feed(TO_ALL, SYMBOL, &level(Side::Buy, 100.0, 1.0))
        .unwrap();
    connector.flush().unwrap();
    let later = rig.batch(Duration::from_millis(1_300));
    assert_eq!(kinds(&later), [] as [u8; 0]);
    assert!(rig.core.bot().depth(0).best_bid().is_nan());
    assert!(connector.recv().unwrap().is_none(), "it asked again");
}

#[test]
fn a_batch_comes_whole_in_one_wait_even_when_it_replaces_the_book() {
    let name = name();
    let mut connector = connector(&name);
    let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
    let Request::Register { bot, .. } = request(&mut connector, &mut rig) else {
        panic!("not a registration")
    };
    let levels: Vec<_> = (1..=900)
        .map(|step| level(Side::Buy, f64::from(step) * 0.5, 1.0))
        .collect();
    answer(&mut connector, bot, SYMBOL, &levels, 0.0);
    let batch = rig.batch(TIMEOUT);
    let of_batch: Vec<u8> = kinds(&batch)
        .into_iter()
        .filter(|kind| matches!(kind, 1 | 2 | 11))
        .collect();
    assert_eq!(of_batch, [1, 2, 11]);
    assert_eq!(only(&batch, RecordKind::Depth).len(), 900);
}

fn balance(coin: &str, equity: f64) -> SideEvent {
    SideEvent::Balance(Balance {
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
    let Request::Register { bot, .. } = request(&mut connector, &mut rig) else {
        panic!("not a registration")
    };
    connector.send_batch_start(bot).unwrap();
    connector.send_position(bot, SYMBOL, 0.5, 3).unwrap();
    connector.send_side(bot, &balance("USDT", 1.0)).unwrap();
    connector.send_side(bot, &balance("", 10.0)).unwrap();
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

    connector.send_side(TO_ALL, &balance("BTC", 11.0)).unwrap();
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
    let notice = |symbol: &str| SideEvent::Notice {
        severity: Severity::Error,
        code: 3213,
        symbol: symbol.into(),
        order_id: 5,
        text: "words".into(),
    };
    let lost = SideEvent::Socket {
        socket: VenueSocket::Private,
        up: false,
        text: "closed".into(),
    };
    for event in [&notice(SYMBOL), &notice("OTHER"), &notice(""), &lost] {
        connector.send_side(TO_ALL, event).unwrap();
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
