// Publish → first line of a handler in strategy mode, against hftbacktest's own Rust bot loop.
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { LiveInstrument, runLive } from 'hftbacktest-live';
import { peer } from '../harness/build.mjs';
import { start } from '../harness/process.mjs';
import { interleave, median, spread, us } from '../harness/rounds.mjs';

let serial = 0;
const newName = () => `bench-${process.pid}-${++serial}`;

/** One paced round into a JavaScript handler. */
async function ours({ rate, seconds, strategy, sampleEvery }) {
  const name = newName();
  const publisher = start(peer('bench-publisher'), [name, String(rate), String(seconds)]);
  try {
    await publisher.next();
    let result;
    const run = runLive({
      strategy: new URL('./handler.mjs', import.meta.url),
      strategyOptions: { sampleEvery },
      instruments: [new LiveInstrument('BENCH').connector(name).tickSize(0.1).lotSize(0.001)],
      backend: 'native',
      wait: { strategy },
      onLog: (text, values) => {
        if (text === 'result') result = values;
      },
    });
    // The publisher is quiet for 300 ms after the registration: what the start costs is not counted.
    await delay(280);
    const cpuBefore = process.cpuUsage();
    const published = await publisher.next();
    const cpu = process.cpuUsage(cpuBefore);
    run.stop();
    const summary = await run;
    await publisher.ended();
    return {
      ...result,
      published: published.events,
      lost: summary.lost,
      dropped: summary.dropped,
      gaps: summary.gaps,
      rate: published.events / (published.elapsedNs / 1e9),
      cpu: ((cpu.user + cpu.system) * 1000) / published.elapsedNs,
      lateP99Ns: published.lateP99Ns,
    };
  } finally {
    publisher.kill();
  }
}

/** The same round into hftbacktest's stock bot. */
async function stock({ rate, seconds }) {
  const name = newName();
  const publisher = start(peer('bench-publisher'), [name, String(rate), String(seconds)]);
  let bot;
  try {
    await publisher.next();
    bot = start(peer('bench-stock-bot'), [name, '500']);
    const published = await publisher.next();
    await publisher.ended();
    const result = await bot.next();
    await bot.ended();
    return {
      ...result,
      published: published.events,
      cpu: result.cpuNs / result.elapsedNs,
      lateP99Ns: published.lateP99Ns,
    };
  } finally {
    publisher.kill();
    bot?.kill();
  }
}

async function paced({ rate, seconds, pairs, strategy, goal }) {
  console.error(` ${rate} events/s, wait strategy ${strategy}`);
  const { good, voided } = await interleave({
    pairs,
    lateMaxNs: 200_000,
    ours: () => ours({ rate, seconds, strategy, sampleEvery: 1 }),
    theirs: () => stock({ rate, seconds }),
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
  const mine = await ours({ rate, seconds, strategy: 'spin', sampleEvery: 64 });
  const theirs = await stock({ rate, seconds });
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
