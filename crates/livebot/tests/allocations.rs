//! Receiving events, applying them to the bot and writing their records allocates nothing per event.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../wire/tests/counting/mod.rs"]
mod counting;
#[path = "over_shared_memory/support.rs"]
#[expect(dead_code, reason = "this test needs a part of the helpers")]
mod support;

use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use counting::allocations_of;
use hbl_livebot::{
    Book, LadderMarketDepth, Outcome, RECORD_BYTES, RING_HEADER_BYTES, RecordKind, Remote,
    RingWriter,
};
use hbl_wire::{ConnectorPort, Request, TO_ALL};
use hftbacktest::depth::{HashMapMarketDepth, ROIVectorMarketDepth};
use hftbacktest::types::{Event, LOCAL_BUY_TRADE_EVENT, Side};
use support::{Rig, SYMBOL, answer, config, connector, instrument, level, name, request};

const ROUNDS: u32 = 1_000;
/// Records of one round: start, ten levels, a trade, a position, end.
const RECORDS: usize = 14;

fn ready<MD: Book>() -> (ConnectorPort, Rig<MD>) {
    let name = name();
    let mut connector = connector(&name);
    let mut rig = Rig::<MD>::new(&config(vec![instrument(&name, SYMBOL)]));
    let Request::Register { bot, .. } = request(&mut connector, &mut rig) else {
        panic!("not a registration")
    };
    let levels = [level(Side::Buy, 100.0, 1.0), level(Side::Sell, 101.0, 2.0)];
    answer(&mut connector, bot, SYMBOL, &levels, 0.5);
    rig.until(RecordKind::BookReady);
    (connector, rig)
}

fn publish(connector: &mut ConnectorPort, round: u32) {
    connector.send_batch_start(TO_ALL).unwrap();
    for n in 0..5 {
        let qty = f64::from((round + n) % 7 + 1);
        let bid = level(Side::Buy, 100.0 - f64::from(n), qty);
        let ask = level(Side::Sell, 101.0 + f64::from(n), qty);
        connector.send_feed(TO_ALL, SYMBOL, &bid).unwrap();
        connector.send_feed(TO_ALL, SYMBOL, &ask).unwrap();
    }
    let trade = Event {
        ev: LOCAL_BUY_TRADE_EVENT,
        ..level(Side::Buy, 101.0, 1.0)
    };
    connector.send_feed(TO_ALL, SYMBOL, &trade).unwrap();
    connector
        .send_position(TO_ALL, SYMBOL, f64::from(round), 1)
        .unwrap();
    connector.send_batch_end(TO_ALL).unwrap();
    connector.flush().unwrap();
}

/// The check of the links, every 10 ms, may allocate; events never do.
fn waits_allocate_nothing<MD: Book>() {
    const LOOK: u64 = 4;
    let (mut connector, mut rig) = ready::<MD>();
    let mut records = 0;
    let mut pass = || {
        for round in 0..ROUNDS {
            publish(&mut connector, round);
            match rig.core.wait_batch(1_000_000_000, usize::MAX).unwrap() {
                Outcome::Records(written) => records += written,
                Outcome::Stopped => panic!("stopped"),
            }
        }
    };
    pass();
    let started = Instant::now();
    let allocations = allocations_of(&mut pass);
    let looks = 1 + u64::try_from(started.elapsed().as_millis()).unwrap() / 10;
    assert!(records >= 2 * ROUNDS as usize * RECORDS, "{records}");
    assert!(allocations <= LOOK * looks, "{allocations}");
}

#[test]
fn waits_of_a_bot_on_a_ladder_book_allocate_nothing() {
    waits_allocate_nothing::<LadderMarketDepth>();
}

#[test]
fn waits_of_a_bot_on_a_hash_map_book_allocate_nothing() {
    waits_allocate_nothing::<HashMapMarketDepth>();
}

#[test]
fn waits_of_a_bot_on_a_vector_book_allocate_nothing() {
    waits_allocate_nothing::<ROIVectorMarketDepth>();
}

/// As the main thread's client has it. The bot reports its counters every 50 ms, which may allocate.
#[test]
fn filling_a_ring_allocates_nothing_but_the_reports() {
    const CELLS: usize = 1_024;
    const REPORT: u64 = 16;
    let (mut connector, mut rig) = ready::<LadderMarketDepth>();
    let bytes = RING_HEADER_BYTES + CELLS * RECORD_BYTES;
    let mut memory = vec![0u64; bytes / 8];
    let base = NonNull::new(memory.as_mut_ptr().cast::<u8>()).unwrap();
    // SAFETY: the memory outlives the bot that writes to it, and nothing else writes records.
    let ring = unsafe { RingWriter::new(base, bytes) }.unwrap();
    rig.core
        .bind(Arc::new(Remote::new(Some(ring), Box::new(|| {}))));
    // SAFETY: the header begins with the counters of written and, 64 bytes on, of read records.
    let counters = unsafe {
        let words = base.as_ptr().cast::<AtomicU32>();
        [&*words, &*words.add(16)]
    };
    let mut pass = || {
        for round in 0..ROUNDS {
            publish(&mut connector, round);
            rig.core.run(0).unwrap();
            counters[1].store(counters[0].load(Ordering::Acquire), Ordering::Release);
        }
    };
    pass();
    let started = Instant::now();
    let allocations = allocations_of(&mut pass);
    let reports = 1 + u64::try_from(started.elapsed().as_millis()).unwrap() / 50;
    assert!(counters[0].load(Ordering::Acquire) as usize >= 2 * ROUNDS as usize * RECORDS);
    assert!(allocations <= REPORT * reports, "{allocations}");
    drop(rig);
    drop(memory);
}
