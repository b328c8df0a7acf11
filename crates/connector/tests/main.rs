//! The tests of the process, as one program: each program of its own links all of the connector again.

#![expect(
    clippy::unwrap_used,
    reason = "tests and their helpers fail by panicking"
)]

#[path = "../../venues/tests/binance_support/market.rs"]
mod market;
#[path = "../../venues/tests/random/mod.rs"]
#[expect(dead_code, reason = "the venues' tests use the rest")]
mod random;
#[path = "../../venues/tests/binance_support/server.rs"]
mod server;
#[path = "../../venues/tests/shared_data/mod.rs"]
mod shared_data;

mod bybit_net;
#[path = "stdio_support/book.rs"]
mod stdio_book;
mod stdio_support;
mod support;
mod tls_support;

mod binance_binary;
mod bybit_account;
mod bybit_binary;
mod bybit_deadline;
mod bybit_modes;
mod bybit_paper;
mod bybit_proxy;
mod bybit_quota;
mod bybit_restart;
mod bybit_silence;
mod bybit_socket_schedules;
mod bybit_spot;
mod bybit_stop;
mod bybit_tls;
mod bybit_two_connectors;
mod bybit_upstream_restart;
mod bybit_upstream_safety;
mod config_errors;
mod direct_sim;
mod odd_recordings;
mod our_bot;
mod replay_binary;
mod sim_binary;
mod stdio_binary;
mod virtual_sim;
