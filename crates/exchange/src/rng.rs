//! Random streams: one per purpose, so that turning one feature on leaves the others as they were.

use rand::{Rng as _, RngCore as _, SeedableRng as _};

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

/// 0 to 1, 1 excluded.
pub(crate) fn uniform(stream: &mut Stream) -> f64 {
    stream.random()
}

/// Mean 1.
pub(crate) fn exponential(stream: &mut Stream) -> f64 {
    -(1.0 - uniform(stream)).ln()
}

/// Mean 0, variance 1: four uniform draws added, near enough to a normal one.
pub(crate) fn normal(stream: &mut Stream) -> f64 {
    let bits = stream.next_u64();
    let sum: f64 = (0..4).map(|i| f64::from((bits >> (16 * i)) as u16)).sum();
    (sum / 65_535.0 - 2.0) * 3.0_f64.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(draw: fn(&mut Stream) -> f64) -> (f64, f64) {
        let mut stream = stream(1, 1);
        let draws: Vec<f64> = (0..100_000).map(|_| draw(&mut stream)).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        (
            mean,
            draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 1e5,
        )
    }

    #[test]
    fn draws_have_the_mean_and_variance_they_promise() {
        let near = |(mean, variance): (f64, f64), m: f64, v: f64| {
            assert!(
                (mean - m).abs() < 0.02 && (variance - v).abs() < 0.05,
                "{mean} {variance}"
            );
        };
        near(moments(uniform), 0.5, 1.0 / 12.0);
        near(moments(exponential), 1.0, 1.0);
        near(moments(normal), 0.0, 1.0);
    }

    #[test]
    fn two_purposes_of_one_seed_draw_different_numbers() {
        assert_ne!(stream(1, 1).next_u64(), stream(1, 2).next_u64());
        assert_eq!(stream(1, 1).next_u64(), stream(1, 1).next_u64());
    }
}
