//! Seeded fault schedules of venue `binancefutures` without sockets.
//!
//! A failing seed is named; `BINANCE_SEED=n` runs that one alone.

use hbl_venues::binance::CoreSettings;

use super::random::Random;
use super::rig::{Faults, Rig};

fn faults(random: &mut Random) -> Faults {
    // Each schedule has some faults often and leaves others out.
    let mut chance = |most: u64| {
        if random.per_mille(500) {
            random.below(most)
        } else {
            0
        }
    };
    Faults {
        cut: chance(20),
        refuse: chance(300),
        lose: chance(10),
        double: chance(50),
        reorder: chance(30),
        stall: chance(10),
        mute: chance(200),
        unanswered: chance(100),
        refused: chance(200),
        behind: chance(700),
        rest: chance(400),
        rubbish: chance(5),
    }
}

fn schedule(seed: u64) {
    let mut random = Random(seed);
    let mut rig = Rig::new(seed, &["BTCUSDT", "ETHUSDT"], CoreSettings::default());
    rig.depth_every_ms = 1 + random.below(120);
    rig.start();
    rig.faults = faults(&mut random);
    rig.run_for(20_000 + random.below(20_000));
    rig.settle_and_compare();
}

#[test]
fn the_bots_book_is_the_venues_after_any_schedule_of_faults() {
    if let Ok(seed) = std::env::var("BINANCE_SEED") {
        return schedule(seed.parse().unwrap());
    }
    for seed in 0..200 {
        let run = std::panic::catch_unwind(|| schedule(seed));
        assert!(run.is_ok(), "failing seed: run with BINANCE_SEED={seed}");
    }
}
