//! Random streams: one per purpose, so that turning one feature on leaves the others as they were.

use rand::SeedableRng as _;

/// A random stream.
pub(crate) type Stream = rand_chacha::ChaCha8Rng;

pub(crate) const ENTRY: u64 = 1;
pub(crate) const RESPONSE: u64 = 2;
pub(crate) const FEED: u64 = 3;
pub(crate) const FAULTS: u64 = 4;
/// The flow of instrument `i` uses `FLOW + i`.
pub(crate) const FLOW: u64 = 1 << 32;

/// The stream `purpose` of `seed`.
pub(crate) fn stream(seed: u64, purpose: u64) -> Stream {
    let mut stream = Stream::seed_from_u64(seed);
    stream.set_stream(purpose);
    stream
}
