//! A bot against a publisher made with hftbacktest's own `IceoryxBuilder`.

use crate::support::{HashRig, SYMBOL, buy, config, instrument, level, name, only};
use hbl_livebot::{CommandError, LinkStatus, RecordKind};
use hftbacktest::{
    depth::MarketDepth,
    live::ipc::iceoryx::IceoryxBuilder,
    types::{
        BUY_EVENT, Bot, DEPTH_EVENT, DEPTH_SNAPSHOT_EVENT, Event, LiveEvent, LiveRequest, Order,
        Side, Status,
    },
};

#[test]
fn a_bot_trades_on_a_connector_of_hftbacktest() {
    let name = name();
    let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
    let requests = IceoryxBuilder::new(&name)
        .bot(false)
        .receiver::<LiveRequest>()
        .unwrap();
    let events = IceoryxBuilder::new(&name)
        .bot(false)
        .sender::<LiveEvent>()
        .unwrap();
    let link = only(&rig.until(RecordKind::Link), RecordKind::Link)[0];
    assert_eq!(link.status, LinkStatus::Connected as u8);
    // It reports no flat position, and hftbacktest's bots begin with 0.
    assert_eq!(rig.core.position(0), 0.0);
    let (bot, request) = requests.receive().unwrap().unwrap();
    assert!(matches!(request, LiveRequest::RegisterInstrument { symbol, .. } if symbol == SYMBOL));
    assert_eq!(bot, rig.core.id());

    // Its snapshot, in the form that hftbacktest's own bot ignores.
    let feed = |event| LiveEvent::Feed {
        symbol: SYMBOL.into(),
        event,
    };
    let snapshot = |px, qty| Event {
        ev: DEPTH_SNAPSHOT_EVENT | BUY_EVENT,
        local_ts: 0,
        ..level(Side::Buy, px, qty)
    };
    events.send(bot, &LiveEvent::BatchStart).unwrap();
    events.send(bot, &feed(snapshot(100.0, 1.0))).unwrap();
    events.send(bot, &feed(snapshot(99.5, 2.0))).unwrap();
    events.send(bot, &LiveEvent::BatchEnd).unwrap();
    rig.until(RecordKind::BookReady);
    assert_eq!(rig.core.bot().depth(0).best_bid(), 100.0);
    // A deletion, in the form that hftbacktest's own bot ignores.
    events
        .send(
            0,
            &feed(Event {
                ev: DEPTH_EVENT | BUY_EVENT,
                ..level(Side::Buy, 100.0, 0.0)
            }),
        )
        .unwrap();
    rig.until(RecordKind::Depth);
    assert_eq!(rig.core.bot().depth(0).best_bid(), 99.5);

    rig.core.submit(0, buy(3, 99.0), 0).unwrap();
    let (_, request) = requests.receive().unwrap().unwrap();
    let LiveRequest::Order { order, .. } = request else {
        panic!()
    };
    let order = Order {
        status: Status::Filled,
        req: Status::None,
        exch_timestamp: 5,
        ..order
    };
    events
        .send(
            0,
            &LiveEvent::Order {
                symbol: SYMBOL.into(),
                order,
            },
        )
        .unwrap();
    rig.until(RecordKind::Order);
    assert_eq!(rig.core.order(0, 3).unwrap().status, Status::Filled);
    rig.core.submit(0, buy(4, 99.0), 0).unwrap();
    assert_eq!(rig.core.cancel_all(0), Err(CommandError::Unsupported));
    drop(events);
    let link = only(&rig.until(RecordKind::Link), RecordKind::Link)[0];
    assert_eq!(link.status, LinkStatus::Lost as u8);
}
