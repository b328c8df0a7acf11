// A book frame written by a venue → the order frame read by it: our connector and a strategy against
// a bot of one Node process. The venue measures both alike.
import { compareRow, contest } from '../harness/contest.mjs';
import { us } from '../harness/statistics.mjs';
import { jsonBot, ours, round } from './sides.mjs';

const LATE_MAX_NS = 1_000_000;

async function pace({ rate, every, seconds, pairs }) {
  console.error(` ${rate} frames/s, an order for every ${every}.`);
  const load = { rate, seconds, every };
  const outcome = await contest({
    pairs,
    lateMaxNs: LATE_MAX_NS,
    sides: {
      ours: () => round(load, ours('spin')),
      'ws + JSON': () => round(load, jsonBot),
    },
    show: ({ p50Ns, p99Ns, missing }) => `p50 ${us(p50Ns)} p99 ${us(p99Ns)} missing ${missing}`,
  });
  const row = (field, limit) =>
    compareRow({
      outcome,
      what: `${field.slice(0, 3)} at ${rate} frames/s, ${rate / every} orders/s, spin`,
      peer: 'ws + JSON',
      field,
      show: (of) => us(of(field)),
      goal: `<= ${limit}x`,
      within: (ratio) => ratio <= limit,
      sound: ({ missing, strangers }) => missing === 0 && strangers === 0,
    });
  return [row('p50Ns', 0.7), row('p99Ns', 0.5)];
}

export async function run({ quick }) {
  const [seconds, pairs] = quick ? [2, 1] : [2, 3];
  return {
    rows: [
      ...(await pace({ rate: 200, every: 1, seconds, pairs })),
      ...(await pace({ rate: 1_000, every: 5, seconds, pairs })),
    ],
  };
}
