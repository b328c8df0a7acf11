//! What must hold for any bytes. The fuzz targets call these, and so does the normal test run, with
//! the project's own frames and seeded changes of them.

#![expect(
    clippy::unwrap_used,
    reason = "a check fails by panicking, under the fuzzer and in tests"
)]

pub mod book;
pub mod core;
pub mod json;
pub mod private;
pub mod public;
pub mod rest;
pub mod trade;

/// A check, and the folder with the files that it starts from.
pub type Check = (&'static str, &'static str, fn(&[u8]));

/// All of them.
pub const ALL: [Check; 6] = [
    ("public", "tests/frames/public", public::check),
    ("private", "tests/frames/private", private::check),
    ("trade", "tests/frames/trade", trade::check),
    ("rest", "tests/frames/rest", rest::check),
    ("book", "fuzz/seeds/book", book::check),
    ("core", "fuzz/seeds/core", core::check),
];
