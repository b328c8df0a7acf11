//! A venue that accepts every order, behind the waits of hftbacktest's own connector: it takes all
//! requests that are there and sleeps 1 µs. `bench-upstream-venue NAME`: ends with its standard input.

use std::{
    collections::HashMap,
    env,
    error::Error,
    io::Read as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use hbl_bench_peers::{open_port, say};
use hbl_wire::{
    ConnectorPort, Request,
    clock::{monotonic_ns, unix_ns},
};
use hftbacktest::types::{Order, Status};

/// What hftbacktest's connector gives `Node::wait` between two looks.
const UPSTREAM_WAIT: Duration = Duration::from_micros(1);
const HEARTBEAT_NS: u64 = 200_000_000;

fn answer(
    port: &mut ConnectorPort,
    orders: &mut HashMap<u64, Order>,
    request: Request,
) -> Result<(), Box<dyn Error>> {
    match request {
        Request::Register { bot, symbol, .. } => {
            port.send_batch_start(bot)?;
            port.send_position(bot, &symbol, 0.0, 1)?;
            port.send_batch_end(bot)?;
        }
        Request::Submit { bot, symbol, order } => {
            let mut order = order;
            order.status = Status::New;
            order.req = Status::None;
            order.exch_timestamp = unix_ns();
            port.send_order(bot, &symbol, &order)?;
            orders.insert(order.order_id, order);
        }
        Request::Cancel {
            bot,
            symbol,
            order_id,
            ..
        } => {
            if let Some(mut order) = orders.remove(&order_id) {
                order.status = Status::Canceled;
                order.req = Status::None;
                order.leaves_qty = 0.0;
                order.exch_timestamp = unix_ns();
                port.send_order(bot, &symbol, &order)?;
            }
        }
        Request::Amend { .. }
        | Request::CancelAll { .. }
        | Request::AskOrder { .. }
        | Request::Elsewhere { .. } => {}
    }
    port.flush()?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().collect();
    let [_, name] = args.as_slice() else {
        return Err("usage: bench-upstream-venue NAME".into());
    };
    let mut port = open_port(name)?;
    let ended = Arc::new(AtomicBool::new(false));
    let end = Arc::clone(&ended);
    thread::spawn(move || {
        let mut rest = [0; 64];
        let mut input = std::io::stdin().lock();
        while input.read(&mut rest).is_ok_and(|read| read > 0) {}
        end.store(true, Ordering::Relaxed);
    });
    say(&serde_json::json!({ "type": "ready" }))?;
    let mut orders = HashMap::new();
    let mut next_beat_ns = 0;
    while !ended.load(Ordering::Relaxed) {
        while let Some(request) = port.recv()? {
            answer(&mut port, &mut orders, request)?;
        }
        if monotonic_ns() > next_beat_ns {
            port.heartbeat();
            next_beat_ns = monotonic_ns() + HEARTBEAT_NS;
        }
        thread::sleep(UPSTREAM_WAIT);
    }
    Ok(())
}
