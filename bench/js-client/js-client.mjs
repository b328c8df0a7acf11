// Publish → handler on the main thread, against the usual ways to get there.
import { coldLines, coldLinesText } from '../harness/cold-lines.mjs';
import { LATE_MAX_NS, WARM_UP, compareRow, contest } from '../harness/contest.mjs';
import { us } from '../harness/statistics.mjs';
import { clientSide } from './client-side.mjs';
import { latencyTaker } from './latency-taker.mjs';
import { postMessageSide } from './post-message-side.mjs';
import { threadSafeFunctionSide } from './thread-safe-function-side.mjs';
import { wsSide } from './ws-side.mjs';

const complete = ({ received, published, lost, dropped }) =>
  received === published && lost === 0 && dropped === 0;

async function at({ rate, seconds, pairs, withWs, goals }) {
  console.error(` ${rate} events/s`);
  const round = { rate, seconds, makeTaker: () => latencyTaker(rate > 50_000 ? 16 : 1, WARM_UP) };
  const outcome = await contest({
    pairs,
    lateMaxNs: LATE_MAX_NS,
    sides: {
      ours: () => clientSide(round),
      postMessage: () => postMessageSide(round),
      ThreadsafeFunction: () => threadSafeFunctionSide(round),
      ...(withWs ? { 'ws + JSON': () => wsSide(round) } : {}),
      lines: () => coldLines({ rate }),
    },
    show: ({ p50Ns, p99Ns, received, published }) =>
      `p50 ${us(p50Ns)} p99 ${us(p99Ns)}${received === published ? '' : ` (${published - received} lost)`}`,
  });
  const peers = ['postMessage', 'ThreadsafeFunction', ...(withWs ? ['ws + JSON'] : [])];
  return peers.flatMap((peer) =>
    ['p50Ns', 'p99Ns']
      .map((field) => ({ field, part: goals[`${peer} ${field}`] }))
      // The median of every peer stands in the table, the 99th percentile where it has a goal.
      .filter(({ field, part }) => field === 'p50Ns' || part !== undefined)
      .map(({ field, part }) =>
        compareRow({
          outcome,
          what: `${field.slice(0, 3)} at ${rate}/s`,
          peer,
          field,
          show: (of) => `${us(of('p50Ns'))} (p99 ${us(of('p99Ns'))})`,
          goal: part === undefined ? 'none lost' : `<= 1/${part}, none lost`,
          within: (ratio) => part === undefined || ratio <= 1 / part,
          sound: complete,
          reason: (of) =>
            `${coldLinesText(of)}; publisher, bot thread and main thread take turns on two cores: docs/design/waiting.md`,
        }),
      ),
  );
}

export async function run({ quick }) {
  const pairs = quick ? 2 : 3;
  return {
    rows: [
      ...(await at({
        rate: 1_000,
        seconds: 3,
        pairs,
        withWs: true,
        goals: { 'ws + JSON p50Ns': 3 },
      })),
      ...(await at({ rate: 20_000, seconds: 1, pairs, withWs: true, goals: {} })),
      // One JSON message per event cannot be sent at this rate.
      ...(await at({
        rate: 200_000,
        seconds: quick ? 1 : 2,
        pairs,
        withWs: false,
        goals: { 'postMessage p99Ns': 2 },
      })),
    ],
    notes: ['js-client: the ThreadsafeFunction has no shared memory before it, ours has'],
  };
}
