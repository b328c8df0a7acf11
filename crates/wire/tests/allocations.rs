//! Publishing and receiving allocate nothing per event.

mod counting;

use std::time::Duration;

use counting::allocations_of;
use hbl_wire::{
    BotControlBlock, BotPort, Capabilities, ConnectorPort, Hello, TO_ALL, WireEvent, WireEventRef,
    decode_event, encode, random_bot_id,
};
use hftbacktest::types::{Event, LOCAL_BID_DEPTH_EVENT, OrdType, Order, Side, TimeInForce};

const EVENTS: usize = 1_000;

fn event(order_id: u64) -> Event {
    Event {
        ev: LOCAL_BID_DEPTH_EVENT,
        exch_ts: 1,
        local_ts: 2,
        px: 50_000.5,
        qty: 0.25,
        order_id,
        ival: 0,
        fval: 0.0,
    }
}

#[test]
fn events_that_are_published_and_received_allocate_nothing() {
    let name = format!("t-wire-allocations-{}", std::process::id());
    let hello = Hello {
        version: "0".into(),
        kind: "test".into(),
        capabilities: Capabilities::all(),
        destination: hbl_wire::Destination::default(),
    };
    let mut connector = ConnectorPort::open(&name, &hello).unwrap();
    let id = random_bot_id();
    let block = BotControlBlock::own(id).unwrap();
    let mut bot = BotPort::open(&name, id, Duration::from_secs(60)).unwrap();
    bot.check_link().unwrap();
    let order = Order::new(
        7,
        1_000,
        0.5,
        1.0,
        Side::Buy,
        OrdType::Limit,
        TimeInForce::GTC,
    );
    let mut received = 0;
    let mut pass = |events: usize| {
        for n in 0..events as u64 {
            connector.send_batch_start(TO_ALL).unwrap();
            connector.send_feed(TO_ALL, "BTCUSDT", &event(n)).unwrap();
            connector.send_order(id, "BTCUSDT", &order).unwrap();
            connector.send_position(id, "BTCUSDT", 1.5, 3).unwrap();
            connector.send_batch_end(TO_ALL).unwrap();
            connector.flush().unwrap();
            while let Some((mut slot, _)) = bot.recv().unwrap() {
                while let Some(message) = slot.next_message() {
                    received += usize::from(matches!(
                        message.unwrap(),
                        WireEvent::Feed { event, .. } if event.order_id == n
                    ));
                }
            }
        }
    };
    pass(EVENTS);
    let allocations = allocations_of(|| pass(EVENTS));
    assert_eq!(received, 2 * EVENTS);
    assert_eq!(allocations, 0, "in {EVENTS} rounds of five messages");
    drop(block);
}

#[test]
fn the_codec_allocates_nothing() {
    let mut bytes = [0; 512];
    let event = event(1);
    let round = || {
        let symbol = "BTCUSDT";
        let length = encode(
            &WireEventRef::Feed {
                symbol,
                event: &event,
            },
            &mut bytes,
        )
        .unwrap();
        assert!(matches!(
            decode_event(&bytes, length),
            Ok(WireEvent::Feed {
                symbol: "BTCUSDT",
                ..
            })
        ));
    };
    assert_eq!(allocations_of(round), 0);
}
