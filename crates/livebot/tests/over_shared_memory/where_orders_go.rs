//! Connectors of one name that send orders to different places.

use crate::support::{
    HashRig, SYMBOL, answer, buy, config, connector_to, instrument, level, name, only, request,
};
use hbl_livebot::{CommandError, Record, RecordKind, Requirement};
use hbl_wire::{Capabilities, ConnectorPort, Destination, Orders, Request};
use hftbacktest::types::Side;
use std::time::{Duration, Instant};

fn to(name: &str, orders: Orders, environment: &str) -> ConnectorPort {
    let destination = Destination::new(orders, environment);
    connector_to(name, Capabilities::all(), destination)
}

/// Serves the bot's registration, with a book.
fn serve(connector: &mut ConnectorPort, rig: &mut HashRig) -> Vec<Record> {
    let started = Instant::now();
    let mut reported = Vec::new();
    let bot = loop {
        match connector.recv().unwrap() {
            Some(Request::Register { bot, .. }) => break bot,
            Some(other) => panic!("not a registration: {other:?}"),
            // What the bot says of the link comes before it registers.
            None => reported.extend(rig.batch(Duration::from_millis(1))),
        }
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "no registration"
        );
    };
    let book = [level(Side::Buy, 99.0, 1.0), level(Side::Sell, 100.0, 1.0)];
    answer(connector, bot, SYMBOL, &book, 0.0);
    reported.extend(rig.until(RecordKind::BookReady));
    reported
}

fn notices(records: &[Record]) -> Vec<i64> {
    let notices = only(records, RecordKind::Notice);
    notices.iter().map(|notice| notice.value).collect()
}

/// The bot's next request that is no question about an order.
fn next(connector: &mut ConnectorPort, rig: &mut HashRig) -> Request {
    loop {
        let asked = request(connector, rig);
        if !matches!(asked, Request::AskOrder { .. }) {
            return asked;
        }
    }
}

/// The request of a submission that reaches the connector, if one does.
fn submitted(connector: &mut ConnectorPort, rig: &mut HashRig, id: u64) -> Request {
    rig.core.submit(0, buy(id, 98.0), 0).unwrap();
    next(connector, rig)
}

#[test]
fn orders_that_would_go_elsewhere_than_before_are_denied_until_the_program_agrees() {
    let name = name();
    let mut paper = to(&name, Orders::Paper, "mainnet");
    let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
    assert_eq!(notices(&serve(&mut paper, &mut rig)), []);
    assert!(matches!(
        submitted(&mut paper, &mut rig, 1),
        Request::Submit { .. }
    ));
    drop(paper);
    let others = [
        (Orders::Real, "mainnet"),
        (Orders::Paper, "testnet"),
        (Orders::Unknown, ""),
    ];
    for (orders, environment) in others {
        let mut other = to(&name, orders, environment);
        assert_eq!(notices(&serve(&mut other, &mut rig)), [3112]);
        let link = &rig.core.links()[0];
        assert_eq!(link.info.destination, Destination::new(orders, environment));
        assert!(!link.agreed);
        let denied = rig.core.submit(0, buy(2, 98.0), 0);
        assert_eq!(denied, Err(CommandError::OrdersChanged));
        assert!(rig.core.order(0, 2).is_none(), "it is nowhere");
        let denied = rig.core.modify(0, 1, 97.0, 1.0, 0);
        assert_eq!(denied, Err(CommandError::OrdersChanged));
        // Cancellations always pass.
        rig.core.cancel_all(0).unwrap();
        loop {
            match next(&mut other, &mut rig) {
                // Orders that this connector may not know are cancelled one by one.
                Request::Cancel { .. } => {}
                Request::CancelAll { .. } => break,
                got => panic!("{got:?}"),
            }
        }
        // The program agrees to the destination that it saw, not to the present one.
        let seen = Destination::new(Orders::Real, "demo").tag();
        assert_eq!(
            rig.core.agree_orders(0, seen),
            Err(CommandError::OrdersChanged)
        );
    }
    let mut real = to(&name, Orders::Real, "mainnet");
    serve(&mut real, &mut rig);
    let tag = Destination::new(Orders::Real, "mainnet").tag();
    rig.core.agree_orders(0, tag).unwrap();
    assert!(rig.core.links()[0].agreed);
    assert!(matches!(
        submitted(&mut real, &mut rig, 3),
        Request::Submit { .. }
    ));
    // It holds for the next run of the same.
    drop(real);
    let mut real = to(&name, Orders::Real, "mainnet");
    assert_eq!(notices(&serve(&mut real, &mut rig)), []);
    assert!(matches!(
        submitted(&mut real, &mut rig, 4),
        Request::Submit { .. }
    ));
}

#[test]
fn an_order_that_was_sent_to_paper_is_not_taken_by_a_real_connector_of_the_same_name() {
    let name = name();
    let mut paper = to(&name, Orders::Paper, "mainnet");
    let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
    serve(&mut paper, &mut rig);
    drop(paper);
    // The bot has not noticed yet.
    let mut real = to(&name, Orders::Real, "mainnet");
    rig.core.submit(0, buy(7, 98.0), 0).unwrap();
    let got = std::iter::from_fn(|| real.recv().unwrap()).collect::<Vec<_>>();
    assert!(
        matches!(
            &got[..],
            [Request::Elsewhere {
                order_id: 7,
                order: Some(_),
                ..
            }]
        ),
        "{got:?}"
    );
}

#[test]
fn a_requirement_denies_orders_before_the_first_one() {
    let name = name();
    let demands = |orders, environment: &str| Requirement {
        orders,
        environment: environment.to_owned(),
    };
    let mut rig = HashRig::new(&config(vec![instrument(&name, SYMBOL)]));
    rig.core.require(demands(Orders::Real, "testnet"));
    for (orders, environment) in [(Orders::Real, "mainnet"), (Orders::Unknown, "")] {
        let mut other = to(&name, orders, environment);
        let reported = notices(&serve(&mut other, &mut rig));
        assert!(reported.contains(&3113), "{reported:?}");
        let denied = rig.core.submit(0, buy(1, 98.0), 0);
        assert_eq!(denied, Err(CommandError::OrdersNotAsRequired));
        // Agreement does not replace the requirement.
        let tag = Destination::new(orders, environment).tag();
        rig.core.agree_orders(0, tag).unwrap();
        let denied = rig.core.submit(0, buy(1, 98.0), 0);
        assert_eq!(denied, Err(CommandError::OrdersNotAsRequired));
        drop(other);
    }
    let mut right = to(&name, Orders::Real, "testnet");
    serve(&mut right, &mut rig);
    rig.core
        .agree_orders(0, Destination::new(Orders::Real, "testnet").tag())
        .unwrap();
    assert!(matches!(
        submitted(&mut right, &mut rig, 1),
        Request::Submit { .. }
    ));
    rig.batch(Duration::from_millis(1));
}
