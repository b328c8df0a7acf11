//! The tests of the venues, as one program: each program of its own links all of them again. What counts
//! allocations has a program of its own, `allocations.rs`.

#![expect(
    clippy::unwrap_used,
    reason = "tests and their helpers fail by panicking"
)]

mod binance_support;
mod bybit_rig;
mod bybit_script;
mod bybit_settings;
mod bybit_support;
mod random;
mod shared_data;

mod binance_changes;
mod binance_core;
mod binance_recording;
mod binance_silence;
mod binance_sockets;
mod bybit_account;
mod bybit_changes;
mod bybit_checks;
mod bybit_core;
mod bybit_fees;
mod bybit_frames;
mod bybit_rate_limit;
mod bybit_schedules;
mod bybit_shared_account;
mod bybit_silence;
mod bybit_spot;
mod bybit_unreadable;
mod bybit_upstream_market;
mod bybit_upstream_orders;
mod kinds;
mod listings;
mod shared_recording;
