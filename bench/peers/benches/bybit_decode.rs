//! Frame bytes to published events, ours against two passes of `serde_json`:
//! `cargo bench -p hbl-bench-peers --bench bybit_decode`.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use hbl_bench_peers::bybit_frames::{FIRST_U, delta, deltas, trades};
use hbl_bench_peers::bybit_ours::Ours;
use hbl_bench_peers::bybit_two_pass::TwoPass;

const FRAMES: usize = 64;

fn decode(criterion: &mut Criterion) {
    let kinds = [
        ("50-level delta", deltas(FRAMES as u64)),
        ("10 trades", (0..FRAMES as u64).map(trades).collect()),
    ];
    let snapshot = delta("snapshot", FIRST_U);
    for (name, frames) in kinds {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(FRAMES as u64));
        for (way, depths) in [("ours", &[1, 50][..]), ("ours, one depth", &[50])] {
            let Ok(ours) = Ours::start(depths) else {
                continue;
            };
            let ours = std::cell::RefCell::new(ours);
            group.bench_function(way, |bencher| {
                bencher.iter_batched(
                    || {
                        ours.borrow_mut().frame(snapshot.as_bytes());
                    },
                    |()| {
                        for text in &frames {
                            black_box(ours.borrow_mut().frame(text.as_bytes()));
                        }
                    },
                    BatchSize::PerIteration,
                );
            });
        }
        let mut peer = TwoPass::default();
        group.bench_function("two passes", |bencher| {
            bencher.iter(|| {
                for text in &frames {
                    let _ = black_box(peer.frame(text, 1));
                }
            });
        });
        group.finish();
    }
}

criterion_group!(benches, decode);
criterion_main!(benches);
