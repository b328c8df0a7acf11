//! The fake venue, the state that a bot sees, and whether both agree.

#![expect(dead_code, reason = "not every test uses all of it")]

pub mod ledger;
pub mod machine;
pub mod process;
pub mod shm_bot;
pub mod truth;

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use hbl_fake_bybit::{Config, FakeBybit};
use serde_json::Value;

pub const KEY: &str = "LOOPKEY0000000001";
pub const SECRET: &str = "loopback-secret-0001";
pub const PREFIX: &str = "hbl";

/// A fake venue on loopback.
pub fn venue(seed: u64) -> FakeBybit {
    FakeBybit::start(Config {
        seed,
        ..Config::default()
    })
    .unwrap()
}

/// A config file with the venue's addresses and more lines.
pub fn config_file(venue: &FakeBybit, more: &str) -> tempfile::TempPath {
    let trade = &venue.urls().trade;
    config_without_trade(venue, &format!("trade_url = \"{trade}\"\n{more}"))
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
    let end = Instant::now() + Duration::from_secs(15);
    while !condition() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A number that stands in a text.
pub fn number(value: &Value) -> f64 {
    value.as_str().unwrap_or("0").parse().unwrap_or(0.0)
}
