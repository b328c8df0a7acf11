//! What both kinds of tests over shared memory send.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use hbl_wire::{Capabilities, Hello};
use hftbacktest::types::{Event, LOCAL_BUY_TRADE_EVENT, OrdType, Order, Side, Status, TimeInForce};

pub const TIMEOUT: Duration = Duration::from_secs(2);

pub fn name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!(
        "t-wire-{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

pub fn hello() -> Hello {
    Hello {
        version: "0".into(),
        kind: "test".into(),
        capabilities: Capabilities::all(),
        destination: hbl_wire::Destination::default(),
    }
}

pub fn event() -> Event {
    Event {
        ev: LOCAL_BUY_TRADE_EVENT,
        exch_ts: 1,
        local_ts: 2,
        px: 3.5,
        qty: -0.0,
        order_id: u64::MAX,
        ival: i64::MIN,
        fval: 4.0,
    }
}

pub fn order() -> Order {
    let mut order = Order::new(
        u64::MAX - 1,
        -5,
        0.1,
        2.0,
        Side::Sell,
        OrdType::Market,
        TimeInForce::FOK,
    );
    order.status = Status::PartiallyFilled;
    order.req = Status::New;
    order.exec_price_tick = i64::MAX;
    order
}

pub fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < TIMEOUT, "nothing came");
    }
}
