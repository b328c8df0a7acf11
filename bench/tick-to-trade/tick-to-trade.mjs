// A book frame written by a venue → the order frame read by it: our connector and a strategy against
// a bot of one Node process. The venue measures both alike.
import { compareRow, contest } from '../harness/contest.mjs';
import { us } from '../harness/statistics.mjs';
import { jsonBot, ours, round } from './sides.mjs';

/** The venue shares two cores with the bot: it is late when the bot keeps them busy, and that counts. */
const LATE_MAX_NS = 10_000_000;

const WAITS_FOR_CORES =
  'six threads in turn on two cores: in a trace the slowest 5 % of the frames waited seven times as long for a core as ' +
  'those near the median, behind a thread of the kernel, the agent of the machine and threads of V8: docs/design/waiting.md';

async function pace({ rate, every, seconds, pairs }) {
  console.error(` ${rate} frames/s, an order for every ${every}.`);
  const load = { rate, seconds, every };
  const outcome = await contest({
    pairs,
    lateMaxNs: LATE_MAX_NS,
    sides: {
      adaptive: () => round(load, ours('adaptive')),
      spin: () => round(load, ours('spin')),
      'ws + JSON': () => round(load, jsonBot),
    },
    show: ({ p50Ns, p99Ns, missing }) => `p50 ${us(p50Ns)} p99 ${us(p99Ns)} missing ${missing}`,
  });
  const row = (wait, field, limit) =>
    compareRow({
      outcome,
      what: `${field.slice(0, 3)} at ${rate} frames/s, ${rate / every} orders/s, ${wait}`,
      ours: wait,
      peer: 'ws + JSON',
      field,
      show: (of) => us(of(field)),
      goal: limit === null ? 'shown' : `<= ${limit}x`,
      within: (ratio) => limit === null || ratio <= limit,
      sound: ({ missing, strangers }) => missing === 0 && strangers === 0,
      reason: () => WAITS_FOR_CORES,
    });
  return [
    row('adaptive', 'p50Ns', 0.7),
    row('adaptive', 'p99Ns', 0.5),
    row('spin', 'p50Ns', null),
    row('spin', 'p99Ns', null),
  ];
}

export async function run({ quick }) {
  const [seconds, pairs] = quick ? [2, 1] : [2, 2];
  return {
    rows: [
      ...(await pace({ rate: 200, every: 1, seconds, pairs })),
      ...(await pace({ rate: 1_000, every: 5, seconds, pairs })),
    ],
  };
}
