// Publish → first line of a handler in strategy mode, against hftbacktest's own Rust bot loop.
import { interleave, median, spread, us } from '../harness/rounds.mjs';
import { stockBot } from '../harness/stock-bot.mjs';
import { strategyRound } from './strategy-round.mjs';

async function paced({ rate, seconds, pairs, strategy, goal }) {
  console.error(` ${rate} events/s, wait strategy ${strategy}`);
  const { good, voided } = await interleave({
    pairs,
    lateMaxNs: 200_000,
    ours: () => strategyRound({ rate, seconds, strategy, sampleEvery: 1 }),
    theirs: () => stockBot({ rate, seconds }),
  });
  const ratios = good.map((round) => round.ours.p50Ns / round.theirs.p50Ns);
  const ratio = median(ratios);
  const [low, high] = spread(ratios);
  const of = (side, field) => median(good.map((round) => round[side][field]));
  const lost = good.reduce((sum, round) => sum + round.ours.published - round.ours.received, 0);
  return {
    what: `p50 at ${rate}/s, ${strategy}`,
    ours: `${us(of('ours', 'p50Ns'))} (p99 ${us(of('ours', 'p99Ns'))}, ${(of('ours', 'cpu') * 100).toFixed(0)} % cpu)`,
    peer: `${us(of('theirs', 'p50Ns'))} (p99 ${us(of('theirs', 'p99Ns'))}, ${(of('theirs', 'cpu') * 100).toFixed(0)} % cpu)`,
    ratio: `1/${(1 / ratio).toFixed(1)} (1/${(1 / low).toFixed(1)} to 1/${(1 / high).toFixed(1)})`,
    goal: goal === null ? 'shown' : `<= 1/${goal}`,
    held: lost === 0 && (goal === null || ratio <= 1 / goal),
    lost,
    rounds: good,
    voided,
  };
}

async function capacity({ rate, seconds }) {
  console.error(` ${rate} events/s, nothing lost`);
  const mine = await strategyRound({ rate, seconds, strategy: 'spin', sampleEvery: 64 });
  const theirs = await stockBot({ rate, seconds });
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
  const seconds = quick ? 2 : 4;
  const pairs = quick ? 2 : 5;
  return {
    rows: [
      await paced({ rate: 1000, seconds, pairs, strategy: 'spin', goal: 10 }),
      await paced({ rate: 1000, seconds, pairs: quick ? 1 : 3, strategy: 'adaptive', goal: null }),
      await paced({ rate: 10_000, seconds, pairs: quick ? 1 : 3, strategy: 'spin', goal: null }),
      await capacity({ rate: 200_000, seconds }),
    ],
  };
}
