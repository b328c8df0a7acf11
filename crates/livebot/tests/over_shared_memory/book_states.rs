//! The states of a book, and the orders that they let pass.

use std::time::{Duration, Instant};

use hbl_livebot::{
    BookState, Command, CommandError, CommandKind, OrderNumbers, Record, RecordKind, Remote,
    RingWriter,
};
use hbl_wire::{ConnectorPort, ControlEvent, Request, TO_ALL, VenueSocket};
use hftbacktest::types::{Order, Side, Status};

use crate::support::{
    HashRig, SYMBOL, TIMEOUT, answer, buy, config, connector, instrument, level, name, only,
    registration, request,
};

const QUIET: Duration = Duration::from_millis(20);

fn rig(name: &str) -> HashRig {
    let mut config = config(vec![instrument(name, SYMBOL)]);
    config.require_live_book = true;
    HashRig::new(&config)
}

fn synced_book(connector: &mut ConnectorPort, rig: &mut HashRig) -> Vec<Record> {
    let bot = registration(connector, rig);
    let levels = [level(Side::Buy, 100.0, 1.0), level(Side::Sell, 101.0, 2.0)];
    answer(connector, bot, SYMBOL, &levels, 0.0);
    rig.until(RecordKind::BookReady)
}

fn live(name: &str) -> (ConnectorPort, HashRig) {
    let mut connector = connector(name);
    let mut rig = rig(name);
    synced_book(&mut connector, &mut rig);
    assert_eq!(state(&rig), BookState::Live);
    (connector, rig)
}

/// The state of the core, which must equal that of the state block.
fn state(rig: &HashRig) -> BookState {
    let state = rig.core.book_state(0);
    assert_eq!(f64::from_bits(rig.state[9]), f64::from(state as u8));
    state
}

/// (before, after) of each reported change.
fn changes(records: &[Record]) -> Vec<(i64, u8)> {
    only(records, RecordKind::BookState)
        .iter()
        .map(|record| (record.value, record.status))
        .collect()
}

fn next_changes(rig: &mut HashRig) -> Vec<(i64, u8)> {
    changes(&rig.batch(QUIET))
}

fn side(connector: &mut ConnectorPort, event: &ControlEvent) {
    connector.send_control(TO_ALL, event).unwrap();
    connector.flush().unwrap();
}

fn level_to_all(connector: &mut ConnectorPort, side: Side, px: f64, qty: f64) {
    let level = level(side, px, qty);
    connector.send_feed(TO_ALL, SYMBOL, &level).unwrap();
    connector.flush().unwrap();
}

fn until_state(rig: &mut HashRig, wanted: BookState) {
    let started = Instant::now();
    while rig.core.book_state(0) != wanted {
        assert!(started.elapsed() < TIMEOUT, "{:?}", rig.core.book_state(0));
        rig.batch(Duration::from_millis(5));
    }
}

fn denied(rig: &mut HashRig, connector: &mut ConnectorPort) {
    let submitted = rig.core.submit(0, buy(1_000, 99.0), 0);
    assert_eq!(submitted, Err(CommandError::BookNotLive));
    assert!(rig.core.order(0, 1_000).is_none(), "the bot holds it");
    assert!(connector.recv().unwrap().is_none(), "something was sent");
}

fn resting(connector: &mut ConnectorPort, rig: &mut HashRig, order_id: u64) {
    rig.core.submit(0, buy(order_id, 99.0), 0).unwrap();
    let Request::Submit { bot, order, .. } = request(connector, rig) else {
        panic!("no order")
    };
    let open = Order {
        status: Status::New,
        req: Status::None,
        exch_timestamp: 10,
        ..order
    };
    connector.send_order(bot, SYMBOL, &open).unwrap();
    connector.flush().unwrap();
    rig.until(RecordKind::Order);
}

#[test]
fn a_book_is_disconnected_then_resyncing_then_live_and_orders_wait_for_it() {
    let name = name();
    let mut rig = rig(&name);
    assert_eq!(state(&rig), BookState::Disconnected);
    let down = rig.core.submit(0, buy(1, 99.0), 0);
    assert_eq!(down, Err(CommandError::ConnectorDown));
    let mut connector = connector(&name);
    let mut records = rig.until(RecordKind::Link);
    until_state(&mut rig, BookState::Resyncing);
    let submitted = rig.core.submit(0, buy(1, 99.0), 0);
    assert_eq!(submitted, Err(CommandError::BookNotLive));
    records.extend(synced_book(&mut connector, &mut rig));
    assert_eq!(changes(&records), [(0, 5), (5, 1)]);
    resting(&mut connector, &mut rig, 1);
}

#[test]
fn a_stale_feed_denies_orders_and_changes_and_never_cancels() {
    let (mut connector, mut rig) = live(&name());
    resting(&mut connector, &mut rig, 1);
    let symbol = SYMBOL.to_owned();
    side(&mut connector, &ControlEvent::FeedStale { symbol });
    assert_eq!(next_changes(&mut rig), [(1, 2)]);
    assert_eq!(state(&rig), BookState::Stale);
    denied(&mut rig, &mut connector);
    let amended = rig.core.modify(0, 1, 98.0, 1.0, 0);
    assert_eq!(amended, Err(CommandError::BookNotLive));
    assert!(connector.recv().unwrap().is_none(), "an amend was sent");
    rig.core.cancel(0, 1, 0).unwrap();
    assert!(matches!(
        request(&mut connector, &mut rig),
        Request::Cancel { order_id: 1, .. }
    ));
    rig.core.cancel_all(0).unwrap();
    assert!(matches!(
        request(&mut connector, &mut rig),
        Request::CancelAll { .. }
    ));
    let symbol = SYMBOL.to_owned();
    side(&mut connector, &ControlEvent::FeedLive { symbol });
    assert_eq!(next_changes(&mut rig), [(2, 1)]);
    resting(&mut connector, &mut rig, 2);
}

#[test]
fn a_lost_market_data_connection_is_disconnected_and_a_lost_private_one_is_not() {
    let (mut connector, mut rig) = live(&name());
    let socket = |socket, up| ControlEvent::Socket {
        socket,
        up,
        text: String::new(),
    };
    side(&mut connector, &socket(VenueSocket::Private, false));
    assert_eq!(next_changes(&mut rig), []);
    side(&mut connector, &socket(VenueSocket::Public, false));
    let symbol = SYMBOL.to_owned();
    side(&mut connector, &ControlEvent::FeedStale { symbol });
    assert_eq!(next_changes(&mut rig), [(1, 0)]);
    denied(&mut rig, &mut connector);
    side(&mut connector, &socket(VenueSocket::Public, true));
    assert_eq!(next_changes(&mut rig), [(0, 2)]);
    denied(&mut rig, &mut connector);
    let symbol = SYMBOL.to_owned();
    side(&mut connector, &ControlEvent::FeedLive { symbol });
    assert_eq!(next_changes(&mut rig), [(2, 1)]);
}

#[test]
fn a_gap_is_gapped_until_the_book_is_synced_again() {
    let (mut connector, mut rig) = live(&name());
    for _ in 0..12_000 {
        level_to_all(&mut connector, Side::Buy, 99.0, 3.0);
    }
    let records = rig.until(RecordKind::Gap);
    assert_eq!(changes(&records), [(1, 3)]);
    assert_eq!(state(&rig), BookState::Gapped);
    let submitted = rig.core.submit(0, buy(1, 99.0), 0);
    assert_eq!(submitted, Err(CommandError::BookNotLive));
    let records = synced_book(&mut connector, &mut rig);
    assert_eq!(changes(&records), [(3, 1)]);
}

#[test]
fn a_message_that_cannot_be_read_is_a_gap_and_the_book_is_asked_for_anew() {
    let (mut connector, mut rig) = live(&name());
    level_to_all(&mut connector, Side::Buy, f64::NAN, 1.0);
    assert_eq!(next_changes(&mut rig), [(1, 3)]);
    denied(&mut rig, &mut connector);
    let records = synced_book(&mut connector, &mut rig);
    assert_eq!(changes(&records), [(3, 1)]);
    assert_eq!(rig.core.stats().decode_errors, 1);
}

#[test]
fn an_emptied_book_is_not_live_although_no_connector_calls_it_stale() {
    let (mut connector, mut rig) = live(&name());
    level_to_all(&mut connector, Side::Buy, 100.0, 0.0);
    assert_eq!(next_changes(&mut rig), [], "one side is a book");
    level_to_all(&mut connector, Side::Sell, 101.0, 0.0);
    assert_eq!(next_changes(&mut rig), [(1, 5)]);
    denied(&mut rig, &mut connector);
    level_to_all(&mut connector, Side::Sell, 101.0, 1.0);
    assert_eq!(next_changes(&mut rig), [(5, 1)]);
}

#[test]
fn sides_that_stay_crossed_are_reported_once_and_until_they_part() {
    let (mut connector, mut rig) = live(&name());
    level_to_all(&mut connector, Side::Buy, 101.5, 1.0);
    assert_eq!(
        next_changes(&mut rig),
        [],
        "a change may bring one side first"
    );
    until_state(&mut rig, BookState::Crossed);
    denied(&mut rig, &mut connector);
    level_to_all(&mut connector, Side::Sell, 101.0, 0.0);
    assert_eq!(next_changes(&mut rig), [(4, 1)]);
}

#[test]
fn a_connector_that_is_gone_is_disconnected() {
    let name = name();
    let (connector, mut rig) = live(&name);
    drop(connector);
    rig.until(RecordKind::Link);
    assert_eq!(state(&rig), BookState::Disconnected);
}

#[test]
fn a_bot_that_does_not_ask_for_a_live_book_trades_on_any() {
    let name = name();
    let mut connector = connector(&name);
    let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
    synced_book(&mut connector, &mut rig);
    let symbol = SYMBOL.to_owned();
    side(&mut connector, &ControlEvent::FeedStale { symbol });
    assert_eq!(next_changes(&mut rig), [(1, 2)]);
    resting(&mut connector, &mut rig, 1);
}

#[test]
fn an_order_of_another_thread_is_denied_with_the_state_of_its_book() {
    let (mut connector, mut rig) = live(&name());
    let remote = std::sync::Arc::new(Remote::new(None::<RingWriter>, Box::new(|| {})));
    rig.core.bind(remote.clone());
    let symbol = SYMBOL.to_owned();
    side(&mut connector, &ControlEvent::FeedStale { symbol });
    next_changes(&mut rig);
    let kind = CommandKind::Submit(OrderNumbers {
        side: 1,
        price: 99.0,
        qty: 1.0,
        time_in_force: 0,
        order_type: 0,
    });
    let command = Command {
        number: 0,
        asset: 0,
        order_id: 7,
        kind,
        deadline_ns: None,
    };
    let number = remote.command(command).unwrap();
    let outcome = only(&rig.until(RecordKind::Command), RecordKind::Command)[0];
    assert_eq!((outcome.order_id, outcome.value), (number, 7));
    assert_eq!(outcome.status, CommandError::BookNotLive as u8);
    assert_eq!(outcome.req, BookState::Stale as u8);
    assert!(connector.recv().unwrap().is_none());
}
