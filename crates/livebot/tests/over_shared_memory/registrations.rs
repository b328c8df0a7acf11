//! Registrations: their answers, losses, restarts, several connectors.

use std::{thread, time::Duration};

use hbl_livebot::{BookState, CommandError, LadderMarketDepth, LinkStatus, RecordKind};
use hbl_wire::{ControlEvent, Request, TO_ALL};
use hftbacktest::{
    depth::{HashMapMarketDepth, MarketDepth, ROIVectorMarketDepth},
    types::{Bot, Side},
};

use crate::support::{
    HashRig, Rig, SYMBOL, TIMEOUT, answer, buy, config, connector, instrument, kinds, level, name,
    only, ready, registration, request,
};

fn an_answered_registration_is_a_synced_book<MD: hbl_livebot::Book>() {
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
        .filter(|kind| !matches!(kind, 8 | 10 | 17))
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
fn a_registration_is_answered_with_a_synced_book_on_every_depth() {
    an_answered_registration_is_a_synced_book::<LadderMarketDepth>();
    an_answered_registration_is_a_synced_book::<HashMapMarketDepth>();
    an_answered_registration_is_a_synced_book::<ROIVectorMarketDepth>();
}

#[test]
fn a_registration_without_an_answer_is_sent_again() {
    let name = name();
    let mut connector = connector(&name);
    let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
    registration(&mut connector, &mut rig);
    let bot = registration(&mut connector, &mut rig);
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
fn a_refused_instrument_shows_no_market_and_is_not_asked_for_again() {
    let name = name();
    let mut connector = connector(&name);
    let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
    let bot = registration(&mut connector, &mut rig);
    let refused = ControlEvent::RegisterRefused {
        symbol: SYMBOL.into(),
        code: 3_002,
        text: "tick size".into(),
        sizes: Some((0.25, 0.002)),
    };
    connector.send_control(bot, &refused).unwrap();
    let reported = only(&rig.until(RecordKind::Error), RecordKind::Error);
    assert_eq!((reported.len(), reported[0].value), (1, 3_002));
    assert_eq!((reported[0].px, reported[0].qty), (0.25, 0.002));
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
    let bot = registration(&mut connector, &mut rig);
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
    let bot = registration(&mut connector, &mut rig);
    assert_eq!(
        f64::from_bits(rig.state[9]),
        f64::from(BookState::Gapped as u8),
        "the book still counts as synced"
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
    let bot = registration(&mut second, &mut rig);
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
fn one_bot_on_two_connectors_keeps_their_instruments_apart() {
    let (one, two) = (name(), name());
    let (mut first, mut second) = (connector(&one), connector(&two));
    let mut rig = HashRig::new(&config(vec![
        instrument(&one, SYMBOL),
        instrument(&two, SYMBOL),
    ]));
    for (connector, px) in [(&mut first, 100.0), (&mut second, 200.0)] {
        let bot = registration(connector, &mut rig);
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
fn a_bot_that_joins_a_running_connector_misses_nothing_and_sees_the_link() {
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
