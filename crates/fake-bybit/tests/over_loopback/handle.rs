//! The handle in Rust does what the control commands in JSON do.

use hbl_fake_bybit::{Command, End, Socket};
use serde_json::json;

use crate::support::{post, venue};

#[test]
fn the_rust_handle_does_what_the_json_does_and_bad_commands_are_named() {
    let venue = venue();
    let handle = venue.control().clone();
    handle.settings(|s| s.clock_skew_ms = 1000);
    handle.faults(Socket::Public, |f| f.silent = true);
    let state = handle.run(Command::State).unwrap();
    assert_eq!(
        (
            &state["settings"]["clockSkewMs"],
            &state["faults"]["public"]["silent"]
        ),
        (&json!(1000), &json!(true))
    );
    handle
        .run(Command::Cut {
            socket: None,
            end: End::Reset,
        })
        .unwrap();
    for bad in [
        json!({"cmd": "nope"}),
        json!({"cmd": "set", "settings": {"nope": 1}}),
        json!({"cmd": "set", "settings": {"ackDelayMs": "x"}}),
        json!({"cmd": "faults", "socket": "public", "faults": {"nope": 1}}),
        json!({"cmd": "book", "symbol": "NOPE"}),
        json!({"cmd": "gap", "symbol": "BTCUSDT", "depth": 500}),
        json!({"cmd": "fill", "id": "nope"}),
        json!({"cmd": "inject", "socket": "public", "hex": "0g"}),
    ] {
        assert!(handle.run_json(bad.clone()).is_err(), "{bad}");
    }
    assert_eq!(
        handle.run(Command::State).unwrap(),
        state,
        "nothing changed"
    );
    post(&venue, "/v5/order/create", &json!({}));
    assert_eq!(handle.counter("rest/v5/order/create"), 1);
}
