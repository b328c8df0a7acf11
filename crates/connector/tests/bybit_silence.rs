//! Silence over real sockets: `connector bybit` against the fake venue, whose connections stay open and
//! say nothing.

use std::time::{Duration, Instant};

use crate::bybit_net::rig::Rig;
use hbl_fake_bybit::{ControlHandle, Socket};
use serde_json::json;

/// Open connections of the public socket.
fn public_connections(control: &ControlHandle) -> usize {
    let all = control.run_json(json!({"cmd": "connections"})).unwrap();
    let all = all.as_array().unwrap().iter();
    all.filter(|conn| conn["socket"] == "public").count()
}

/// These sockets say nothing from now on, pongs included.
fn silent_is_stale(seed: u64, lines: &str, sockets: &[Socket]) {
    let mut rig = Rig::start_with(seed, lines, &[]).with_offer();
    rig.bot.until("live", |ledger| !ledger.stale);
    let control = rig.venue.control();
    for socket in sockets {
        control.faults(*socket, |faults| faults.stall = true);
    }
    let silent = Instant::now();
    rig.bot.run_for(Duration::from_secs(3));
    let open = public_connections(control);
    assert!(!rig.bot.ledger.stale && open == 1, "{lines}: {open} open");
    rig.bot.until("stale", |ledger| ledger.stale);
    let took = silent.elapsed();
    assert!(
        took < Duration::from_secs(10),
        "{lines} {sockets:?}: {took:?}"
    );
    assert!(!rig.bot.ledger.book[1].is_empty(), "old, not wrong");
    for socket in sockets {
        control.faults(*socket, |faults| faults.stall = false);
    }
    rig.bot.until("live again", |ledger| !ledger.stale);
}

#[test]
fn whatever_falls_silent_with_the_connection_open_the_book_is_stale_within_ten_seconds() {
    let everything = &Socket::ALL[..];
    std::thread::scope(|scope| {
        scope.spawn(|| silent_is_stale(61, "", &[Socket::Public]));
        scope.spawn(|| silent_is_stale(62, "", everything));
        scope.spawn(|| silent_is_stale(63, "depths = [50]", everything));
    });
}
