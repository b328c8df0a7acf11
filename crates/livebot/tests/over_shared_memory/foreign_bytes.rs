//! A bot whose connector's service carries bytes that no connector would send.

use hbl_livebot::{Outcome, RecordKind};
use hbl_wire::{TO_ALL, WireEventRef, encode};
use hftbacktest::{
    depth::{HashMapMarketDepth, MarketDepth},
    live::ipc::iceoryx::CustomHeader,
    types::{Bot, Event, Side},
};
use iceoryx2::{
    node::NodeBuilder,
    port::publisher::Publisher,
    prelude::{SignalHandlingMode, ipc},
};

use crate::support::{Rig, SYMBOL, TIMEOUT, config, instrument, level, name};
use std::time::{Duration, Instant};

const SLOT_BYTES: usize = 512;

/// Writes whatever it is given into the bots' service, under a header that may lie.
struct Forger {
    publisher: Publisher<ipc::Service, [u8], CustomHeader>,
    state: u64,
}

impl Forger {
    /// Takes the place of the connector of a bot that is there already.
    fn of(name: &str) -> Self {
        let node = NodeBuilder::new()
            .signal_handling_mode(SignalHandlingMode::Disabled)
            .create::<ipc::Service>()
            .unwrap();
        let service = node
            .service_builder(&format!("{name}/ToBot").as_str().try_into().unwrap())
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
fn expect_delivered(forger: &Forger, rig: &mut Rig<HashMapMarketDepth>, px: f64) {
    let (len, bytes) = encoded(&level(Side::Buy, px, 7.25));
    forger.send(len, &bytes);
    let started = Instant::now();
    let found = |rig: &mut Rig<HashMapMarketDepth>| {
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
    let mut rig = Rig::<HashMapMarketDepth>::new(&config(vec![instrument(&name, SYMBOL)]));
    let mut forger = Forger::of(&name);
    // A bot listens to another kind of connector than ours from when it has seen one.
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
        // A variant that there is not, and a symbol that claims to be longer than the slot.
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
    let mut rig = Rig::<HashMapMarketDepth>::new(&config(vec![instrument(&name, SYMBOL)]));
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
