// The highest rate that a Rust bot follows with nothing lost, its book applied.
import { compareRow, contest } from '../harness/contest.mjs';
import { oneBot } from '../harness/feed-round.mjs';
import { climb } from '../js-capacity/climb.mjs';

const perSecond = (value) => `${(value / 1_000).toFixed(value < 100_000 ? 1 : 0)} k/s`;
/** Reading the clock costs as much as an event does: only now and then at these rates. */
const SAMPLE_EVERY = 64;
/** A full queue of 10 000 events takes the upstream bot most of a second. */
const IDLE_MS = 200;

export async function run({ quick }) {
  const seconds = quick ? 0.5 : 1;
  const side = (wait, rates) => () =>
    climb(async (rate) => {
      const round = await oneBot({
        wait,
        rate,
        seconds,
        sampleEvery: SAMPLE_EVERY,
        idleMs: IDLE_MS,
      });
      // A wrong book is as bad as a lost event.
      return { ...round, lost: round.lost + (round.isWhole ? 0 : 1) };
    }, rates);
  const outcome = await contest({
    pairs: quick ? 1 : 2,
    sides: {
      ours: side('spin', [400_000, 700_000, 1_000_000, 1_300_000, 1_600_000, 2_000_000]),
      upstream: side('upstream', [8_000, 12_000, 16_000, 20_000, 25_000, 30_000, 40_000]),
    },
    show: (result) => perSecond(result.perSecond),
  });
  const row = compareRow({
    outcome,
    what: 'events/s, nothing lost, book applied',
    peer: 'upstream',
    field: 'perSecond',
    show: (of) => perSecond(of('perSecond')),
    goal: '>= 40x',
    within: (ratio) => ratio >= 40,
  });
  return { rows: [row] };
}
