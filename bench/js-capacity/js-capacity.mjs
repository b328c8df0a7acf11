// Events per second into a handler that sums px * qty, in strategy and in client mode.
import { compareRow, contest } from '../harness/contest.mjs';
import { clientSide } from '../js-client/client-side.mjs';
import { postMessageSide } from '../js-client/post-message-side.mjs';
import { strategyRound } from '../js-strategy/strategy-round.mjs';
import { climb } from './climb.mjs';
import { sumTaker } from './sum-taker.mjs';
import { zeromqSide } from './zeromq-side.mjs';

const handler = new URL('./sum-handler.mjs', import.meta.url);
const perSecond = (value) => `${Math.round(value / 1_000)} k/s`;

export async function run({ quick }) {
  // Each side climbs where its limit is; rungs that nobody falls from only take time.
  const ofStrategy = [600_000, 1_000_000, 1_300_000, 1_600_000, 2_000_000];
  const ofClient = [300_000, 500_000, 700_000, 900_000];
  const ofMessages = [200_000, 250_000, 300_000, 350_000, 400_000, 500_000];
  const seconds = 1;
  const outcome = await contest({
    pairs: quick ? 1 : 3,
    sides: {
      strategy: () =>
        climb((rate) => strategyRound({ rate, seconds, strategy: 'spin', handler }), ofStrategy),
      client: () => climb((rate) => clientSide({ rate, seconds, makeTaker: sumTaker }), ofClient),
      postMessage: () =>
        climb((rate) => postMessageSide({ rate, seconds, makeTaker: sumTaker }), ofMessages),
      zeromq: () => zeromqSide({ count: quick ? 100_000 : 300_000 }),
    },
    show: (side) => perSecond(side.perSecond),
  });
  const row = (ours, peer, leastPerSecond, leastRatio, goal) =>
    compareRow({
      outcome,
      what: `${ours} mode, nothing lost`,
      ours,
      peer,
      field: 'perSecond',
      show: (of) => perSecond(of('perSecond')),
      goal: `>= ${perSecond(leastPerSecond)}, ${goal}`,
      within: (ratio) => leastRatio(ratio),
      sound: (side) => side.perSecond >= leastPerSecond,
    });
  const threefold = (ratio) => ratio >= 3;
  const ahead = (ratio) => ratio > 1;
  return {
    rows: [
      row('strategy', 'postMessage', 500_000, threefold, '>= 3x'),
      row('strategy', 'zeromq', 500_000, threefold, '>= 3x'),
      row('client', 'postMessage', 250_000, ahead, '> 1x'),
      row('client', 'zeromq', 250_000, ahead, '> 1x'),
    ],
  };
}
