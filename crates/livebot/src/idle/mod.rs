//! Waiting for work: the strategies of a bot, and when its thread sleeps between fast messages.

mod rate_detector;
mod waiter;

pub(crate) use rate_detector::{BATCH_SLEEP, RateDetector};
pub(crate) use waiter::Waiter;
pub use waiter::{WaitConfig, WaitStrategy};
