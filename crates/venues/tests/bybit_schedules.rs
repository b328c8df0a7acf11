//! Seeded schedules of faults against a small venue in the test: connections cut or gone mute,
//! answers lost, late or repeated, book messages missing. When the faults end, everything must be
//! as at the venue. `BYBIT_SEED=n` runs one seed, `BYBIT_SEEDS=n` that many.

use crate::bybit_support::{Run, STORM_MS};

fn run(seed: u64, deaths: bool, oddities: bool) {
    let mut run = Run::new(seed);
    run.deaths = deaths;
    run.oddities = oddities;
    run.storm(STORM_MS);
    run.calm(240_000);
    run.check();
}

fn seeds(deaths: bool, oddities: bool) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    if let Some(seed) = number("BYBIT_SEED") {
        run(seed, deaths, oddities);
        return;
    }
    for seed in 0..number("BYBIT_SEEDS").unwrap_or(200) {
        let outcome = std::panic::catch_unwind(|| run(seed, deaths, oddities));
        assert!(outcome.is_ok(), "failing seed: run with BYBIT_SEED={seed}");
    }
}

#[test]
fn whatever_happens_the_end_is_as_at_the_venue() {
    seeds(false, false);
}

/// The connector is killed in between, and the bot lives on: orders, fills and position, no fill twice.
#[test]
fn whatever_happens_and_whenever_the_connector_dies_the_end_is_as_at_the_venue() {
    seeds(true, false);
}

/// Instruments change, and what the venue says of the account cannot always be read.
#[test]
fn whatever_changes_or_cannot_be_read_the_end_is_as_at_the_venue() {
    seeds(false, true);
}

#[test]
fn orders_filled_while_the_connector_is_dead_are_filled_at_the_bot() {
    let filled = |run: &Run| run.bot.orders.values().map(|seen| seen.filled).sum::<f64>();
    let mut with_fills = 0;
    for seed in 0..20 {
        let mut run = Run::new(seed);
        run.faults = false;
        run.storm(10_000);
        let before = filled(&run);
        run.die_for(5_000);
        run.calm(30_000);
        run.check();
        assert_eq!(run.died, 1);
        with_fills += usize::from(filled(&run) > before);
    }
    assert!(with_fills > 5, "{with_fills} of 20");
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
