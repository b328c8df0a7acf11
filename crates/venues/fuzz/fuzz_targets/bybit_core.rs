//! See `checks::core`.
#![no_main]

#[path = "../../tests/bybit_script/mod.rs"]
mod bybit_script;
#[path = "../../tests/bybit_settings/mod.rs"]
mod bybit_settings;
#[path = "../checks/mod.rs"]
#[allow(dead_code, reason = "each target uses one of the checks")]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::core::check(bytes));
