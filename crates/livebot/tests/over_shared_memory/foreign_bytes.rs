//! Robustness of a bot against bytes that no connector would send.

use hbl_livebot::{Outcome, Record, RecordKind};
use hbl_wire::{TO_ALL, WireEventRef, encode};
use hftbacktest::{
    depth::MarketDepth,
    live::ipc::iceoryx::CustomHeader,
    types::{Bot, Event, Side},
};
use iceoryx2::{
    node::NodeBuilder,
    port::publisher::Publisher,
    prelude::{SignalHandlingMode, ipc},
};

use crate::support::{HashRig, SYMBOL, TIMEOUT, config, instrument, level, name, only};
use std::time::{Duration, Instant};

const SLOT_BYTES: usize = 512;

/// Writes any bytes into the bots' service, under a header that may be false.
struct Forger {
    publisher: Publisher<ipc::Service, [u8], CustomHeader>,
    state: u64,
}

impl Forger {
    /// Takes the place of the connector of a bot that is there already.
    fn of(name: &str) -> Self {
        Self::on(&format!("{name}/ToBot"))
    }

    fn on(service: &str) -> Self {
        let node = NodeBuilder::new()
            .signal_handling_mode(SignalHandlingMode::Disabled)
            .create::<ipc::Service>()
            .unwrap();
        let service = node
            .service_builder(&service.try_into().unwrap())
            .publish_subscribe::<[u8]>()
            .user_header::<CustomHeader>()
            .open()
            .unwrap();
        let publisher = service
            .publisher_builder()
            .initial_max_slice_len(SLOT_BYTES)
            .create()
            .unwrap();
        Self {
            publisher,
            state: 0x9e37_79b9_7f4a_7c15,
        }
    }

    fn send(&self, len: usize, bytes: &[u8; SLOT_BYTES]) {
        let mut sample = self.publisher.loan_slice(SLOT_BYTES).unwrap();
        *sample.user_header_mut() = CustomHeader { id: TO_ALL, len };
        sample.payload_mut().copy_from_slice(bytes);
        sample.send().unwrap();
    }

    fn random(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }

    fn noise(&mut self) -> [u8; SLOT_BYTES] {
        core::array::from_fn(|_| self.random().to_le_bytes()[3])
    }
}

fn encoded(event: &Event) -> (usize, [u8; SLOT_BYTES]) {
    let mut bytes = [0; SLOT_BYTES];
    let message = WireEventRef::Feed {
        symbol: SYMBOL,
        event,
    };
    (encode(&message, &mut bytes).unwrap(), bytes)
}

/// A level at a price that nothing else has reaches the bot.
fn expect_delivered(forger: &Forger, rig: &mut HashRig, px: f64) {
    let (len, bytes) = encoded(&level(Side::Buy, px, 7.25));
    forger.send(len, &bytes);
    let started = Instant::now();
    let found = |rig: &mut HashRig| {
        rig.batch(Duration::from_millis(20))
            .iter()
            .any(|record| record.kind == RecordKind::Depth as u8 && record.qty == 7.25)
    };
    while !found(rig) {
        assert!(started.elapsed() < TIMEOUT, "the good event did not come");
    }
    let tick = (px / 0.5).round() as i64;
    assert_eq!(rig.core.bot().depth(0).bid_qty_at_tick(tick), 7.25);
}

#[test]
fn foreign_bytes_are_counted_and_the_next_good_event_is_delivered() {
    let name = name();
    let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
    let mut forger = Forger::of(&name);
    // A bot accepts hftbacktest's encoding once it has seen such a connector.
    rig.until(RecordKind::Link);
    let good = encoded(&level(Side::Buy, 100.0, 1.0));
    let mut expected = 0;
    for round in 0..200 {
        let noise = forger.noise();
        // Lengths beyond the slot, of nothing, and cut off in the midst of a message.
        for len in [usize::MAX, isize::MAX as usize, SLOT_BYTES + 1, 0] {
            forger.send(len, &noise);
        }
        forger.send(1 + round % (good.0 - 1), &good.1);
        // An unknown variant, and a symbol that claims to be longer than the slot.
        let mut forged = good.1;
        forged[0] = 250;
        forger.send(good.0, &forged);
        forged = good.1;
        forged[1] = 253;
        forged[2..10].copy_from_slice(&u64::MAX.to_le_bytes());
        forger.send(good.0, &forged);
        expected += 7;
        if round % 20 == 0 {
            rig.batch(Duration::from_millis(1));
        }
    }
    expect_delivered(&forger, &mut rig, 90.0);
    let stats = rig.core.stats();
    assert_eq!((stats.decode_errors, stats.lost), (expected, 0));
}

#[test]
fn noise_and_flipped_bits_never_end_a_bot() {
    let name = name();
    let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
    let mut forger = Forger::of(&name);
    let (good_len, good) = encoded(&level(Side::Sell, 120.0, 1.0));
    for _ in 0..200 {
        for _ in 0..100 {
            let noise = forger.noise();
            let len = usize::try_from(forger.random() % 600).unwrap();
            forger.send(len, &noise);
            let mut flipped = good;
            for _ in 0..=forger.random() % 3 {
                let bit = usize::try_from(forger.random()).unwrap() % (good_len * 8);
                flipped[bit / 8] ^= 1 << (bit % 8);
            }
            forger.send(good_len, &flipped);
        }
        rig.batch(Duration::from_millis(1));
    }
    let stats = rig.core.stats();
    assert!(stats.decode_errors > 10_000, "{stats:?}");
    assert!(matches!(
        rig.core.wait_batch(0, usize::MAX),
        Ok(Outcome::Records(_))
    ));
    // Chance may have left a batch open; its end closes it.
    let mut end = [0; SLOT_BYTES];
    let len = encode(&WireEventRef::BatchEnd, &mut end).unwrap();
    forger.send(len, &end);
    expect_delivered(&forger, &mut rig, 80.0);
}

/// Messages in a row with the tail of this package's connectors, which claims `count` of them.
fn own_slot(seq: u64, count: u16, messages: &[&[u8]]) -> (usize, [u8; SLOT_BYTES]) {
    let mut bytes = [0; SLOT_BYTES];
    let mut len = 0;
    for message in messages {
        bytes[len..len + message.len()].copy_from_slice(message);
        len += message.len();
    }
    bytes[488..494].copy_from_slice(b"hblTl2");
    bytes[494..496].copy_from_slice(&count.to_le_bytes());
    bytes[496..504].copy_from_slice(&seq.to_le_bytes());
    (len, bytes)
}

/// A message of this package's protocol: its length, kind 0 for hftbacktest's encoding, its bytes.
fn own_message(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = u16::try_from(1 + body.len()).unwrap().to_le_bytes();
    [&len[..], &[kind], body].concat()
}

/// All messages that are there.
fn all(rig: &mut HashRig) -> Vec<Record> {
    let mut records = Vec::new();
    loop {
        let some = rig.batch(Duration::ZERO);
        if some.is_empty() {
            return records;
        }
        records.extend(some);
    }
}

#[test]
fn a_damaged_slot_of_our_connector_costs_what_is_damaged_and_the_rest_counts_as_lost() {
    let name = name();
    let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
    let forger = Forger::on(&format!("{name}/Main/ToBot"));
    let (len, bytes) = encoded(&level(Side::Buy, 100.0, 1.0));
    let good = own_message(0, &bytes[..len]);
    let unknown = own_message(77, b"from a later version");
    let empty = [0, 0].to_vec();
    let too_long = [0xff, 0xff, 0].to_vec();
    let send = |seq, count, messages: &[&[u8]]| {
        let (len, bytes) = own_slot(seq, count, messages);
        forger.send(len, &bytes);
    };
    send(1, 3, &[&good, &unknown, &good]);
    send(4, 2, &[&empty, &good]);
    let levels = only(&all(&mut rig), RecordKind::Depth);
    let numbers: Vec<u64> = levels.iter().map(|level| level.seq).collect();
    assert_eq!(numbers, [1, 3, 5]);
    let stats = rig.core.stats();
    assert_eq!((stats.received, stats.decode_errors, stats.lost), (5, 2, 0));

    // Nothing behind a false length can be found: those messages are lost, and the bot knows it.
    send(6, 4, &[&good, &too_long, &good]);
    let records = all(&mut rig);
    assert_eq!(only(&records, RecordKind::Depth).len(), 1);
    assert_eq!(only(&records, RecordKind::Gap).len(), 1);
    let stats = rig.core.stats();
    assert_eq!((stats.decode_errors, stats.lost), (3, 3));

    // A length that goes beyond the slot, and a slot that says it is full and holds nothing.
    let (_, bytes) = own_slot(10, 1, &[&good]);
    forger.send(usize::MAX, &bytes);
    forger.send(0, &own_slot(11, 9, &[]).1);
    send(20, 0, &[]);
    send(20, 1, &[&good]);
    assert_eq!(only(&all(&mut rig), RecordKind::Depth).len(), 2);
    let stats = rig.core.stats();
    assert_eq!((stats.decode_errors, stats.lost), (4, 12));
}

#[test]
fn noise_in_slots_of_our_connector_never_ends_a_bot() {
    let name = name();
    let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
    let mut forger = Forger::on(&format!("{name}/Main/ToBot"));
    let (len, bytes) = encoded(&level(Side::Sell, 120.0, 1.0));
    let good = own_message(0, &bytes[..len]);
    // Lengths, kinds and symbols of the five, and the tail. Not prices: a book that jumps by a million
    // million levels is searched level by level.
    let head = 3 + 2 + SYMBOL.len();
    let places: Vec<usize> = (0..5)
        .flat_map(|n| n * good.len()..n * good.len() + head)
        .chain(488..504)
        .collect();
    let mut seq = 1;
    for _ in 0..200 {
        for _ in 0..100 {
            let (len, mut slot) = own_slot(seq, 5, &[&good, &good, &good, &good, &good]);
            seq += 5;
            for _ in 0..=forger.random() % 3 {
                let at = usize::try_from(forger.random()).unwrap();
                let byte = places[at % places.len()];
                slot[byte] ^= 1 << (forger.random() % 8);
            }
            forger.send(len, &slot);
        }
        all(&mut rig);
    }
    let stats = rig.core.stats();
    assert!(
        stats.received > 80_000 && stats.decode_errors > 1_000,
        "{stats:?}"
    );
}
