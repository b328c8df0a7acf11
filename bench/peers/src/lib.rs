//! What the benchmark programs share: a histogram, their one line of JSON, a market, bots that take it,
//! the two ways of reading a Bybit frame, the connector's end of the wire, and the sockets of a venue that notes when a frame leaves and
//! an order arrives.

pub mod bybit_frames;
pub mod bybit_order_gate;
pub mod bybit_ours;
pub mod bybit_quotes;
pub mod bybit_two_pass;
pub mod clock;
pub mod depth_rows;
pub mod feed_bot;
pub mod floor;
pub mod market;
pub mod own_bot;
pub mod relay;
pub mod socket;
pub mod tls;
pub mod upstream_bot;
pub mod web_socket;

use std::io::Write as _;

use hbl_wire::{Capabilities, ConnectorPort, Destination, Hello, WireError};

/// Nanoseconds in buckets of about 1.6 % width, up to 17 s; fixed size, no allocation to record.
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

const SUB_BITS: u32 = 6;

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; 40 << SUB_BITS],
            total: 0,
        }
    }
}

impl Histogram {
    fn bucket(ns: u64) -> usize {
        let shift = (64 - ns.leading_zeros()).saturating_sub(SUB_BITS + 1);
        ((u64::from(shift) << SUB_BITS) + (ns >> shift)) as usize
    }

    fn value(bucket: usize) -> u64 {
        let shift = (bucket >> SUB_BITS).saturating_sub(1);
        ((bucket - (shift << SUB_BITS)) as u64) << shift
    }

    /// Counts a duration.
    pub fn record(&mut self, ns: u64) {
        let last = self.counts.len() - 1;
        self.counts[Self::bucket(ns).min(last)] += 1;
        self.total += 1;
    }

    /// Durations counted.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.total
    }

    /// The value below which this share of the durations lies, nanoseconds; 0 when none is there.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank among counts far below 2^53"
    )]
    pub fn percentile(&self, share: f64) -> u64 {
        let rank = (self.total as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank && *count > 0 {
                return Self::value(bucket);
            }
        }
        0
    }
}

/// Opens the connector's end of connector `name`, for bots to join.
///
/// # Errors
/// When its services cannot be made.
pub fn open_port(name: &str) -> Result<ConnectorPort, WireError> {
    let hello = Hello {
        version: String::new(),
        kind: "bench".into(),
        capabilities: Capabilities::all(),
        destination: Destination::default(),
    };
    ConnectorPort::open(name, &hello)
}

/// Writes a line of JSON to standard output.
///
/// # Errors
/// When standard output is closed.
pub fn say(line: &serde_json::Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::Histogram;

    #[test]
    fn percentiles_are_within_two_percent() {
        let mut histogram = Histogram::default();
        for ns in 1..=100_000 {
            histogram.record(ns);
        }
        for (share, expected) in [(0.5, 50_000.0), (0.99, 99_000.0)] {
            let found = histogram.percentile(share) as f64;
            assert!((found / expected - 1.0).abs() < 0.02, "{share}: {found}");
        }
        assert_eq!(histogram.count(), 100_000);
    }
}
