//! The session with Bybit: signatures, the clock, the quota, return codes.

pub mod rate_limiter;
pub mod ret_code;
pub mod server_clock;
pub mod sign;
