//! Open orders across connectors that do not know them.

use crate::support::{
    Rig, SYMBOL, answer, buy, config, connector, connector_with, instrument, level, name, only,
    request,
};
use hbl_livebot::{Record, RecordKind};
use hbl_wire::{Capabilities, ConnectorPort, Request, SideEvent};
use hftbacktest::{
    depth::HashMapMarketDepth,
    types::{Bot, Order, Side, Status},
};
use std::time::Duration;

type HashRig = Rig<HashMapMarketDepth>;

const CANNOT_TELL: i64 = -2;
const NOT_LISTED: i64 = -1;

fn registration(connector: &mut ConnectorPort, rig: &mut HashRig) -> u64 {
    match request(connector, rig) {
        Request::Register { bot, .. } => bot,
        other => panic!("not a registration: {other:?}"),
    }
}

/// A bot with open orders of these ids at a connector that sends them to a venue.
fn with_orders(name: &str, ids: &[u64]) -> (ConnectorPort, HashRig, Vec<Order>) {
    let mut connector = connector(name);
    let mut rig = HashRig::new(&config(vec![instrument(name, SYMBOL)]));
    let bot = registration(&mut connector, &mut rig);
    answer(&mut connector, bot, SYMBOL, &[], 0.5);
    rig.until(RecordKind::BookReady);
    let mut orders = Vec::new();
    for id in ids {
        rig.core.submit(0, buy(*id, 99.0), 0).unwrap();
        let Request::Submit { bot, order, .. } = request(&mut connector, &mut rig) else {
            panic!()
        };
        let order = Order {
            status: Status::New,
            exch_timestamp: 10,
            req: Status::None,
            ..order
        };
        connector.send_order(bot, SYMBOL, &order).unwrap();
        connector.flush().unwrap();
        rig.until(RecordKind::Order);
        orders.push(order);
    }
    (connector, rig, orders)
}

fn rejects(records: &[Record]) -> Vec<(u64, i64)> {
    let rejects = only(records, RecordKind::Reject);
    rejects.iter().map(|r| (r.order_id, r.value)).collect()
}

fn status(rig: &HashRig, id: u64) -> Status {
    rig.core.order(0, id).unwrap().status
}

#[test]
fn a_connector_without_keys_ends_no_order_and_one_with_keys_tells_what_became_of_them() {
    let name = name();
    let (first, mut rig, orders) = with_orders(&name, &[1, 2]);
    drop(first);
    let mut keyless = connector(&name);
    let bot = registration(&mut keyless, &mut rig);
    let unknown = SideEvent::OrdersUnknown {
        text: "there is no key".into(),
    };
    keyless.send_side(bot, &unknown).unwrap();
    answer(
        &mut keyless,
        bot,
        SYMBOL,
        &[level(Side::Buy, 98.0, 1.0)],
        0.0,
    );
    let mut records = rig.until(RecordKind::BookReady);
    let ready = only(&records, RecordKind::BookReady)[0];
    assert_eq!(
        ready.status, 1,
        "nothing follows from what it does not name"
    );
    let position = only(&records, RecordKind::Position);
    assert!(position.is_empty(), "the position of nobody's account");
    records.extend(rig.batch(Duration::from_millis(20)));
    let mut told = rejects(&records);
    told.sort_unstable();
    assert_eq!(told, [(1, CANNOT_TELL), (2, CANNOT_TELL)]);
    let notice = only(&records, RecordKind::Notice);
    assert_eq!(
        (notice.len(), notice[0].value, notice[0].status),
        (1, 3110, 1)
    );
    assert_eq!(
        (status(&rig, 1), status(&rig, 2)),
        (Status::New, Status::New)
    );
    assert_eq!(rig.core.bot().position(0), 0.5, "as it was known last");

    // A refused cancellation leaves nothing pending.
    rig.core.cancel(0, 1, 0).unwrap();
    assert!(matches!(
        request(&mut keyless, &mut rig),
        Request::Cancel { .. }
    ));
    let reject = SideEvent::Reject {
        symbol: SYMBOL.into(),
        order_id: 1,
        code: 3110,
        text: "unknown".into(),
    };
    keyless.send_side(bot, &reject).unwrap();
    rig.until(RecordKind::Order);
    rig.batch(Duration::from_millis(20));
    let order = rig.core.order(0, 1).unwrap();
    assert_eq!((order.status, order.req), (Status::New, Status::None));

    // It learns them: the bot asks again, and what is not named now has ended.
    keyless.send_side(bot, &SideEvent::OrdersKnown).unwrap();
    let bot = registration(&mut keyless, &mut rig);
    keyless.send_side(bot, &SideEvent::OrdersKnown).unwrap();
    keyless.send_batch_start(bot).unwrap();
    keyless.flush().unwrap();
    let named = Order {
        exch_timestamp: 30,
        ..orders[1].clone()
    };
    keyless.send_order(bot, SYMBOL, &named).unwrap();
    keyless.send_position(bot, SYMBOL, 0.75, 1).unwrap();
    keyless.send_batch_end(bot).unwrap();
    keyless.flush().unwrap();
    let mut records = rig.until(RecordKind::BookReady);
    records.extend(rig.batch(Duration::from_millis(20)));
    assert_eq!(rejects(&records), [(1, NOT_LISTED)]);
    let ready = only(&records, RecordKind::BookReady);
    assert_eq!(ready.last().unwrap().status, 0);
    assert_eq!(
        (status(&rig, 1), status(&rig, 2)),
        (Status::Expired, Status::New)
    );
    assert_eq!(rig.core.bot().position(0), 0.75);
}

#[test]
fn a_connector_on_paper_has_no_word_on_orders_at_the_venue_and_the_last_one_on_its_own() {
    let name = name();
    let (first, mut rig, orders) = with_orders(&name, &[1]);
    drop(first);
    let paper = || connector_with(&name, Capabilities::all().and(Capabilities::PAPER));
    let mut second = paper();
    let told = rig.until(RecordKind::Notice);
    assert_eq!(rejects(&told), [(1, CANNOT_TELL)]);
    assert_eq!(only(&told, RecordKind::Notice)[0].value, 3110);
    let bot = registration(&mut second, &mut rig);
    answer(&mut second, bot, SYMBOL, &[], 0.0);
    let mut records = rig.until(RecordKind::BookReady);
    records.extend(rig.batch(Duration::from_millis(20)));
    assert_eq!(rejects(&records), []);
    // What the paper exchange does not know it calls ended.
    rig.core.cancel(0, 1, 0).unwrap();
    assert!(matches!(
        request(&mut second, &mut rig),
        Request::Cancel { .. }
    ));
    let reject = SideEvent::Reject {
        symbol: SYMBOL.into(),
        order_id: 1,
        code: 3006,
        text: "unknown".into(),
    };
    second.send_side(bot, &reject).unwrap();
    let ended = Order {
        status: Status::Expired,
        exch_timestamp: 20,
        ..orders[0].clone()
    };
    second.send_order(bot, SYMBOL, &ended).unwrap();
    second.flush().unwrap();
    rig.until(RecordKind::Reject);
    rig.batch(Duration::from_millis(20));
    let order = rig.core.order(0, 1).unwrap();
    assert_eq!((order.status, order.req), (Status::New, Status::None));
    // Its own order ends with it.
    rig.core.submit(0, buy(2, 98.0), 0).unwrap();
    let Request::Submit { order, .. } = request(&mut second, &mut rig) else {
        panic!()
    };
    let open = Order {
        status: Status::New,
        exch_timestamp: 21,
        req: Status::None,
        ..order
    };
    second.send_order(bot, SYMBOL, &open).unwrap();
    second.flush().unwrap();
    rig.until(RecordKind::Order);
    drop(second);
    let mut third = paper();
    let bot = registration(&mut third, &mut rig);
    answer(&mut third, bot, SYMBOL, &[], 0.0);
    let mut records = rig.until(RecordKind::BookReady);
    records.extend(rig.batch(Duration::from_millis(20)));
    assert_eq!(rejects(&records), [(2, NOT_LISTED)]);
    assert_eq!(
        (status(&rig, 1), status(&rig, 2)),
        (Status::New, Status::Expired)
    );
}

#[test]
fn an_order_of_which_nothing_was_heard_is_waited_for_however_often_the_registration_is_repeated() {
    let name = name();
    let (mut first, mut rig, _) = with_orders(&name, &[]);
    rig.core.submit(0, buy(1, 99.0), 0).unwrap();
    assert!(matches!(
        request(&mut first, &mut rig),
        Request::Submit { .. }
    ));
    drop(first);
    let mut second = connector(&name);
    registration(&mut second, &mut rig);
    // It takes more than a second, and the bot asks again.
    let bot = registration(&mut second, &mut rig);
    answer(&mut second, bot, SYMBOL, &[], 0.0);
    let mut records = rig.until(RecordKind::BookReady);
    records.extend(rig.batch(Duration::from_millis(20)));
    assert_eq!(rejects(&records), [(1, NOT_LISTED)]);
    assert_eq!(status(&rig, 1), Status::Expired);
}
