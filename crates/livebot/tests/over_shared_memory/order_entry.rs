//! Orders that a bot sends, and orders that it denies.

use hbl_livebot::{CommandError, RecordKind};
use hbl_wire::{ControlEvent, Request};
use hftbacktest::types::{Side, Status};

use crate::support::{
    HashRig, SYMBOL, accept, answer, buy, config, connector, instrument, kinds, level, name, ready,
    registration, request,
};

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
    let reject = ControlEvent::Reject {
        symbol: SYMBOL.into(),
        order_id: 7,
        code: 42,
        text: "ä".repeat(90),
    };
    connector.send_control(bot, &reject).unwrap();
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
fn off_grid_values_are_not_sent_and_noise_of_floats_is_on_the_grid() {
    let (mut connector, mut rig) = ready(&name());
    let with_qty = |qty, order| hftbacktest::types::OrderRequest { qty, ..order };
    // Ticks of 0.5, lots of 0.001.
    for wrong in [
        buy(7, 99.25),
        buy(7, 99.500_01),
        buy(7, 0.2),
        with_qty(0.0015, buy(7, 99.5)),
        with_qty(0.0004, buy(7, 99.5)),
    ] {
        assert_eq!(rig.core.submit(0, wrong, 0), Err(CommandError::OffGrid));
    }
    assert!(rig.core.order(0, 7).is_none());
    rig.core
        .submit(0, with_qty(0.1 + 0.2, buy(7, 99.5 + 1e-9)), 0)
        .unwrap();
    // The first that arrives is the first that was on the grid.
    let Request::Submit { bot, order, .. } = request(&mut connector, &mut rig) else {
        panic!()
    };
    assert_eq!((order.price_tick, order.qty), (199, 0.3));
    connector
        .send_order(bot, SYMBOL, &accept(&order, Status::New, 10))
        .unwrap();
    connector.flush().unwrap();
    rig.until(RecordKind::Order);
    for (price, qty) in [(99.3, 1.0), (99.5, 1.0001)] {
        let changed = rig.core.modify(0, 7, price, qty, 0);
        assert_eq!(changed, Err(CommandError::OffGrid));
    }
    rig.core.modify(0, 7, 100.0, 3.0 * 0.007, 0).unwrap();
    assert!(matches!(
        request(&mut connector, &mut rig),
        Request::Amend {
            price_tick: 200,
            qty: 0.021,
            ..
        }
    ));
    // A market order has no price, and a quantity.
    let market = |id, qty| hftbacktest::types::OrderRequest {
        order_type: hftbacktest::types::OrdType::Market,
        ..with_qty(qty, buy(id, 0.3))
    };
    let off = rig.core.submit(0, market(8, 0.0005), 0);
    assert_eq!(off, Err(CommandError::OffGrid));
    rig.core.submit(0, market(8, 0.002), 0).unwrap();
}

#[test]
fn orders_carry_their_deadline_and_a_bot_that_only_looks_on_sends_none() {
    let name = name();
    let mut connector = connector(&name);
    for only_looks in [false, true] {
        let mut rig = HashRig::new(&hbl_livebot::BotConfig {
            order_deadline: Some(std::time::Duration::from_secs(2)),
            only_looks,
            ..config(vec![instrument(&name, SYMBOL)])
        });
        let bot = registration(&mut connector, &mut rig);
        assert_eq!(connector.only_looks(bot), only_looks);
        answer(
            &mut connector,
            bot,
            SYMBOL,
            &[level(Side::Buy, 100.0, 1.0)],
            0.0,
        );
        rig.until(RecordKind::BookReady);
        let sent = rig.core.submit(0, buy(1, 1.0), 0);
        if only_looks {
            assert_eq!(sent, Err(CommandError::OnlyLooks));
            assert_eq!(
                rig.core.modify(0, 1, 99.0, 1.0, 0),
                Err(CommandError::OnlyLooks)
            );
            continue;
        }
        assert_eq!(sent, Ok(()));
        request(&mut connector, &mut rig);
        let asked = connector.asked();
        let good_for_ns = asked.deadline_mono_ns.unwrap() - asked.sent_mono_ns;
        assert!(
            (1_900_000_000..=2_000_000_000).contains(&good_for_ns),
            "{asked:?}"
        );
        rig.core.cancel_all(0).unwrap();
        request(&mut connector, &mut rig);
        assert_eq!(connector.asked().deadline_mono_ns, Some(u64::MAX));
    }
}
