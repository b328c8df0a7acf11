// Publish → a Rust bot that has applied the event, by wait strategy, with processor time.
import { bareWake } from '../harness/bare-wake.mjs';
import { coldLines, coldLinesText } from '../harness/cold-lines.mjs';
import { compareRow, contest } from '../harness/contest.mjs';
import { oneBot } from '../harness/feed-round.mjs';
import { us } from '../harness/statistics.mjs';

/** Two threads on two cores: the publisher has its own at every rate. */
const LATE_MAX_NS = 200_000;
/** The first events run through code that was never run before. */
const SKIP = 10;
const WAITS = ['spin', 'adaptive', 'park', 'park-apart'];
const percent = (share) => `${(share * 100).toFixed(share < 0.01 ? 2 : 1)} %`;

/** By strategy and rate: what is held, and to which part of the peer's figure; null is shown. */
const GOALS = [
  { wait: 'spin', rates: [100, 1_000, 10_000], field: 'p50Ns', part: 15 },
  { wait: 'spin', rates: [100, 1_000, 10_000], field: 'p99Ns', part: 5 },
  { wait: 'adaptive', rates: [1_000, 10_000], field: 'p50Ns', part: 5 },
  { wait: 'adaptive', rates: [100], field: 'p50Ns', part: null },
  { wait: 'park', rates: [100, 1_000, 10_000], field: 'p50Ns', part: 3 },
  { wait: 'park', rates: [100, 1_000, 10_000], field: 'cpu', part: 10 },
  { wait: 'park', rates: [100, 1_000, 10_000], field: 'p50Ns', part: null, peer: 'park-apart' },
  { wait: 'park', rates: [100, 1_000, 10_000], field: 'p50Ns', part: null, peer: 'bare' },
];
/** Why a row falls short: what a futex and nothing else takes, and where the profile is. */
function floor(of) {
  const [p50, upstream] = [of('bare', 'p50Ns'), of('upstream', 'p50Ns')];
  return (
    `a futex and nothing else takes p50 ${us(p50)} (1/${(upstream / p50).toFixed(1)} of the upstream bot's) and ` +
    `cpu ${percent(of('bare', 'cpu'))} to wake an idle core; profile: docs/design/waiting.md`
  );
}

const cold = (of) =>
  `${coldLinesText(of)}: in the pauses between events code and data leave the caches; a trace shows no call of the ` +
  'kernel and no fault between the event and the handler; profile: docs/design/waiting.md';
const REASONS = { park: floor, spin: cold };

const LABELS = { p50Ns: 'p50', p99Ns: 'p99', cpu: 'cpu' };

function row(outcome, rate, { wait, field, part, peer = 'upstream' }) {
  return compareRow({
    outcome,
    what: `${wait}, ${LABELS[field]} at ${rate}/s`,
    ours: wait,
    peer,
    field,
    show: (of) => `${us(of('p50Ns'))}, p99 ${us(of('p99Ns'))}, cpu ${percent(of('cpu'))}`,
    goal: part === null ? 'shown' : `<= 1/${part}`,
    within: (ratio) => part === null || ratio <= 1 / part,
    sound: ({ isWhole }) => isWhole,
    reason: REASONS[wait],
  });
}

export async function run({ quick }) {
  const rows = [];
  for (const { rate, seconds } of [
    { rate: 100, seconds: quick ? 1 : 1.5 },
    { rate: 1_000, seconds: quick ? 0.5 : 1 },
    { rate: 10_000, seconds: quick ? 0.5 : 1 },
  ]) {
    console.error(` ${rate} events/s`);
    const sides = {};
    for (const wait of [...WAITS, 'upstream'])
      sides[wait] = () => oneBot({ wait, rate, seconds, skip: SKIP, yields: 1 });
    sides.bare = () => bareWake({ rate, seconds });
    sides.lines = () => coldLines({ rate });
    const outcome = await contest({
      pairs: quick ? 2 : 3,
      lateMaxNs: LATE_MAX_NS,
      sides,
      show: ({ p50Ns, p99Ns, cpu = 1 }) => `p50 ${us(p50Ns)} p99 ${us(p99Ns)} cpu ${percent(cpu)}`,
    });
    for (const goal of GOALS) if (goal.rates.includes(rate)) rows.push(row(outcome, rate, goal));
  }
  return { rows };
}
