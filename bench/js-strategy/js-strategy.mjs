// Publish → first line of a handler in strategy mode, against hftbacktest's own Rust bot loop and
// against the usual Node bot.
import { coldLines, coldLinesText } from '../harness/cold-lines.mjs';
import { LATE_MAX_NS, WARM_UP, compareRow, contest } from '../harness/contest.mjs';
import { us } from '../harness/statistics.mjs';
import { upstreamBot } from '../harness/upstream-bot.mjs';
import { latencyTaker } from '../js-client/latency-taker.mjs';
import { wsSide } from '../js-client/ws-side.mjs';
import { strategyRound } from './strategy-round.mjs';

const WAITS = ['spin', 'adaptive'];
/** Which part of a peer's median ours may be. */
const GOALS = { upstream: 12, 'ws + JSON': 15 };

async function paced({ rate, seconds, pairs, peers }) {
  console.error(` ${rate} events/s`);
  const round = { rate, seconds, skip: WARM_UP };
  const sides = {
    spin: () => strategyRound({ ...round, strategy: 'spin', sampleEvery: 1 }),
    adaptive: () => strategyRound({ ...round, strategy: 'adaptive', sampleEvery: 1 }),
    upstream: () => upstreamBot(round),
    'ws + JSON': () => wsSide({ ...round, makeTaker: () => latencyTaker(1, WARM_UP) }),
  };
  const lines = () => coldLines({ rate });
  const outcome = await contest({
    pairs,
    lateMaxNs: LATE_MAX_NS,
    sides: {
      ...Object.fromEntries([...WAITS, ...peers].map((name) => [name, sides[name]])),
      lines,
    },
    show: ({ p50Ns, p99Ns }) => `p50 ${us(p50Ns)} p99 ${us(p99Ns)}`,
  });
  return peers.flatMap((peer) =>
    WAITS.map((wait) =>
      compareRow({
        outcome,
        what: `p50 at ${rate}/s, ${wait}`,
        ours: wait,
        peer,
        field: 'p50Ns',
        show: (of) =>
          `${us(of('p50Ns'))} (p99 ${us(of('p99Ns'))}, ${(of('cpu') * 100).toFixed(0)} % cpu)`,
        goal: `<= 1/${GOALS[peer]}, none lost`,
        within: (ratio) => ratio <= 1 / GOALS[peer],
        sound: ({ published, received, lost, dropped }) =>
          received === published && lost + dropped === 0,
        reason: (of) =>
          `${coldLinesText(of)}; publisher, strategy and the threads of V8 take turns on two cores: docs/design/waiting.md`,
      }),
    ),
  );
}

async function capacity({ rate, seconds }) {
  console.error(` ${rate} events/s, nothing lost`);
  const mine = await strategyRound({ rate, seconds, strategy: 'spin', sampleEvery: 64 });
  const theirs = await upstreamBot({ rate, seconds });
  const share = (round) => round.received / round.published;
  return {
    what: `received of ${mine.published} at ${Math.round(mine.rate)}/s`,
    ours: `${mine.received} (lost ${mine.lost}, p50 ${us(mine.p50Ns)}, p99 ${us(mine.p99Ns)})`,
    peer: `${theirs.received} (${((1 - share(theirs)) * 100).toFixed(0)} % lost)`,
    ratio: `${(share(mine) / share(theirs)).toFixed(1)}x`,
    goal: 'all received',
    held:
      mine.received === mine.published &&
      mine.lost === 0 &&
      mine.dropped === 0 &&
      mine.rate > rate * 0.99,
    rounds: [{ ours: mine, theirs }],
  };
}

export async function run({ quick }) {
  const pairs = quick ? 2 : 3;
  return {
    rows: [
      ...(await paced({ rate: 1_000, seconds: 4, pairs, peers: ['upstream', 'ws + JSON'] })),
      ...(await paced({ rate: 10_000, seconds: quick ? 1 : 2, pairs, peers: ['upstream'] })),
      await capacity({ rate: 200_000, seconds: quick ? 2 : 4 }),
    ],
  };
}
