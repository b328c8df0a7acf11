//! A venue as Binance USD-M, for tests.

pub mod bot;
pub mod market;
pub mod rig;
mod schedules;
pub mod server;

use crate::random;
