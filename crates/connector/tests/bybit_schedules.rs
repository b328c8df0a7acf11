//! Seeded schedules of faults against a small venue in the test: connections cut or gone mute,
//! answers lost, late or repeated, book messages missing. When the faults end, everything must be
//! as at the venue. `BYBIT_SEED=n` runs one seed, `BYBIT_SEEDS=n` that many.

#[path = "bybit_support/mod.rs"]
mod bybit_support;

use bybit_support::{Run, STORM_MS};

fn run(seed: u64) {
    let mut run = Run::new(seed);
    run.storm(STORM_MS);
    run.calm(240_000);
    run.check();
}

#[test]
fn whatever_happens_the_end_is_as_at_the_venue() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    if let Some(seed) = number("BYBIT_SEED") {
        run(seed);
        return;
    }
    for seed in 0..number("BYBIT_SEEDS").unwrap_or(200) {
        let outcome = std::panic::catch_unwind(|| run(seed));
        assert!(outcome.is_ok(), "failing seed: run with BYBIT_SEED={seed}");
    }
}

#[test]
fn without_faults_the_venue_is_ready_and_orders_live() {
    let mut run = Run::new(0);
    run.faults = false;
    run.storm(20_000);
    run.calm(30_000);
    run.check();
    assert!(run.submitted() > 20, "{}", run.submitted());
    assert!(run.venue.executions.len() > 5);
    assert_eq!(run.connects, 3, "one connection for each socket");
}
