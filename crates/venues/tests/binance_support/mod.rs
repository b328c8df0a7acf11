//! A venue as Binance USD-M, for tests.

pub mod bot;
pub mod market;
#[path = "../random/mod.rs"]
#[expect(dead_code, reason = "another test uses the rest")]
pub mod random;
pub mod rig;
mod schedules;
