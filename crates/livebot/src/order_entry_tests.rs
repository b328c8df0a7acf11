//! What becomes of a request that could not be sent.

use std::time::{Duration, Instant};

use hbl_wire::{Capabilities, ConnectorPort, Hello, Request};
use hftbacktest::{
    depth::HashMapMarketDepth,
    types::{OrdType, Order, OrderRequest, Side, Status, TimeInForce},
};

use crate::{BotConfig, CommandError, InstrumentConfig, LiveCore, WaitConfig};

type Core = LiveCore<HashMapMarketDepth>;

const SYMBOL: &str = "X";

fn instrument(connector: &str) -> InstrumentConfig {
    InstrumentConfig {
        connector: connector.to_owned(),
        symbol: SYMBOL.to_owned(),
        tick_size: 0.5,
        lot_size: 0.1,
        roi_lb: 0.0,
        roi_ub: 0.0,
        last_trades_capacity: 0,
    }
}

fn request(port: &mut ConnectorPort, core: &mut Core) -> Request {
    let started = Instant::now();
    loop {
        if let Some(request) = port.recv().unwrap() {
            return request;
        }
        assert!(started.elapsed() < Duration::from_secs(3), "no request");
        core.elapse(1_000_000).unwrap();
    }
}

#[test]
fn a_cancel_that_could_not_be_sent_can_be_asked_for_again_at_once() {
    let name = format!("t-entry-{}", std::process::id());
    let hello = Hello {
        version: "0".to_owned(),
        kind: "test".to_owned(),
        capabilities: Capabilities::all(),
        destination: hbl_wire::Destination::default(),
    };
    let mut port = ConnectorPort::open(&name, &hello).unwrap();
    let config = BotConfig {
        instruments: vec![instrument(&name)],
        bot_id: 0,
        wait: WaitConfig::default(),
        heartbeat_timeout: Duration::from_secs(60),
        require_live_book: false,
        order_deadline: None,
        only_looks: false,
    };
    let mut core = Core::new(&config, false).unwrap();
    let Request::Register { bot, .. } = request(&mut port, &mut core) else {
        panic!("not a registration")
    };
    let mut order = Order::new(
        7,
        198,
        0.5,
        1.0,
        Side::Buy,
        OrdType::Limit,
        TimeInForce::GTC,
    );
    order.status = Status::New;
    order.exch_timestamp = 10;
    port.send_batch_start(bot).unwrap();
    port.send_order(bot, SYMBOL, &order).unwrap();
    port.send_batch_end(bot).unwrap();
    port.flush().unwrap();
    core.elapse(20_000_000).unwrap();

    core.shared.borrow_mut().fails_to_send = true;
    for _ in 0..2 {
        assert_eq!(core.cancel(0, 7, 0), Err(CommandError::SendFailed));
        let held = core.order(0, 7).unwrap();
        assert_eq!((held.status, held.req), (Status::New, Status::None));
    }
    // Nor is an order that could not be sent open, or its fate unknown.
    let lost = OrderRequest {
        order_id: 8,
        price: 99.0,
        qty: 1.0,
        side: Side::Buy,
        time_in_force: TimeInForce::GTC,
        order_type: OrdType::Limit,
    };
    assert_eq!(core.submit(0, lost, 0), Err(CommandError::SendFailed));
    core.elapse(1_000_000).unwrap();
    assert_eq!(core.order(0, 8).unwrap().status, Status::Expired);

    core.shared.borrow_mut().fails_to_send = false;
    core.cancel(0, 7, 0).unwrap();
    let sent = request(&mut port, &mut core);
    assert!(
        matches!(sent, Request::Cancel { order_id: 7, .. }),
        "{sent:?}"
    );
}
