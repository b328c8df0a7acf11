//! A venue as Binance USD-M, for tests.

pub mod bot;
pub mod market;
pub mod random;
pub mod rig;
mod schedules;
