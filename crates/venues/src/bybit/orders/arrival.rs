//! How long after it was sent a new order may still reach the venue.

const SECOND_NS: u64 = 1_000_000_000;
/// An order that the venue does not have this long after it was sent cannot arrive any more: it is
/// past the receive window.
pub(crate) const ARRIVAL_NS: u64 = 15 * SECOND_NS;
/// A receive window that is wider lengthens that; clocks may differ by this much.
const CLOCKS_NS: u64 = 10 * SECOND_NS;

/// How long after it was sent a new order may still arrive.
pub(crate) fn arrival_ns(recv_window_ms: u32) -> u64 {
    ARRIVAL_NS.max(u64::from(recv_window_ms) * 1_000_000 + CLOCKS_NS)
}
