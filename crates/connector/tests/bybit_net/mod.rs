//! The fake venue, the state that a bot sees, and whether both agree.

#![expect(dead_code, reason = "not every test uses all of it")]

pub mod ledger;
pub mod live_machine;
pub mod machine;
pub mod process;
pub mod rig;
pub mod shm_bot;
pub mod truth;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use hbl_fake_bybit::{Config, ControlHandle, FakeBybit};
use serde_json::{Value, json};

pub const KEY: &str = "LOOPKEY0000000001";
pub const SECRET: &str = "loopback-secret-0001";
pub const PREFIX: &str = "hbl";
/// The argument with which orders are real.
pub const REAL: &[&str] = &["--paper=false"];
/// Its book holds only what is placed in it.
pub const XRP: &str = "XRPUSDT";

/// A fake venue on loopback.
pub fn venue(seed: u64) -> FakeBybit {
    venue_with(Config {
        seed,
        ..Config::default()
    })
}

pub fn venue_with(config: Config) -> FakeBybit {
    FakeBybit::start(config).unwrap()
}

/// A config file with the venue's addresses and more lines.
pub fn config_file(venue: &FakeBybit, more: &str) -> tempfile::TempPath {
    let trade = &venue.urls().trade;
    config_without_trade(venue, &format!("trade_url = \"{trade}\"\n{more}"))
}

/// The same with working keys in it.
pub fn config_with_keys(venue: &FakeBybit, more: &str) -> tempfile::TempPath {
    config_file(
        venue,
        &format!("api_key = \"{KEY}\"\nsecret = \"{SECRET}\"\n{more}"),
    )
}

/// The same without the address of the trade socket.
pub fn config_without_trade(venue: &FakeBybit, more: &str) -> tempfile::TempPath {
    let urls = venue.urls();
    config_text(&format!(
        "public_url = \"{}\"\nprivate_url = \"{}\"\nrest_url = \"{}\"\n{more}\n",
        urls.public_linear, urls.private, urls.rest
    ))
}

/// A config file, for its owner only.
pub fn config_text(text: &str) -> tempfile::TempPath {
    let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let permissions = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(file.path(), permissions).unwrap();
    file.into_temp_path()
}

/// Waits until the condition holds.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Places somebody's order at XRPUSDT.
pub fn place(control: &ControlHandle, side: &str, qty: &str, price: &str) {
    place_with(control, side, qty, price, json!({}));
}

/// The same with more fields, which may make it the account's.
pub fn place_with(control: &ControlHandle, side: &str, qty: &str, price: &str, more: Value) {
    let mut order =
        json!({"cmd": "place", "symbol": XRP, "side": side, "qty": qty, "price": price});
    let fields = order.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    control.run_json(order).unwrap();
}

/// Orders, executions and positions of the account as the venue has them.
pub fn truth(control: &ControlHandle) -> Value {
    control.run_json(json!({"cmd": "truth"})).unwrap()
}

/// A number that stands in a text.
pub fn number(value: &Value) -> f64 {
    value.as_str().unwrap_or("0").parse().unwrap_or(0.0)
}
