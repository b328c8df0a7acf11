// What waiting costs: processor time without events, and the first event after a second of silence.
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { bareWake } from '../harness/bare-wake.mjs';
import { peer } from '../harness/build.mjs';
import { coldLines, coldLinesText } from '../harness/cold-lines.mjs';
import { LATE_MAX_NS, compareRow, contest } from '../harness/contest.mjs';
import { newName } from '../harness/names.mjs';
import { cpuNs } from '../harness/proc.mjs';
import { start } from '../harness/process.mjs';
import { us } from '../harness/statistics.mjs';
import { quietMarket, simulatorFile, startSimulator } from '../harness/simulator.mjs';
import { upstreamBot } from '../harness/upstream-bot.mjs';
import { strategyRound } from '../js-strategy/strategy-round.mjs';

const SETTLE_MS = 1_000;
/** Events before the silence: the bot has been running, its code is compiled. */
const WARM_UP_EVENTS = 5_000;
/** After a tenth of a second the caches are as they are after a second. */
const LINES = { rate: 10, seconds: 1 };
/** What the upstream bot registers. */
const SYMBOL = 'BENCH';

/** Shares of a core that a bot and its connector take while nothing happens. */
async function silence(launch, seconds) {
  const name = newName();
  const simulator = await startSimulator(name, quietMarket(SYMBOL));
  let bot;
  try {
    bot = await launch(name);
    await delay(SETTLE_MS);
    const pids = [bot.pid, simulator.pid];
    const before = pids.map(cpuNs);
    const startNs = process.hrtime.bigint();
    await delay(seconds * 1_000);
    const elapsedNs = Number(process.hrtime.bigint() - startNs);
    const [ofBot, ofConnector] = pids.map((pid, i) => (cpuNs(pid) - before[i]) / elapsedNs);
    bot.end();
    await bot.ended();
    return { bot: ofBot, connector: ofConnector };
  } finally {
    bot?.kill();
    await simulator.stop();
  }
}

async function startBot(options) {
  const program = path.join(import.meta.dirname, '..', 'harness', 'bot.mjs');
  const bot = start(process.execPath, [program, JSON.stringify(options)], { stdin: 'pipe' });
  await bot.next();
  return { ...bot, end: bot.stop };
}

const ours = (wait) => (name) => startBot({ name, symbol: SYMBOL, wait });

/** The share of a core that a bot takes with the simulated exchange on its own thread. */
async function silenceInDirectMode(wait, seconds) {
  const { file: simFile, remove } = simulatorFile(quietMarket(SYMBOL));
  let bot;
  try {
    bot = await startBot({ name: newName(), symbol: SYMBOL, wait, simFile });
    await delay(SETTLE_MS);
    const before = cpuNs(bot.pid);
    const startNs = process.hrtime.bigint();
    await delay(seconds * 1_000);
    const share = (cpuNs(bot.pid) - before) / Number(process.hrtime.bigint() - startNs);
    bot.end();
    await bot.ended();
    return { bot: share, connector: 0 };
  } finally {
    bot?.kill();
    remove();
  }
}

const percent = (share) => `${(share * 100).toFixed(2)} %`;

/** The upstream bot of the wake-up rows ends after this long without an event. */
const UPSTREAM_IDLE_MS = 2_500;
const FOR_EVER_MS = 3_600_000;
const WAITS = ['adaptive', 'park'];
const LIMIT = 0.02;

async function processorTime({ seconds, pairs }) {
  console.error(' no events');
  const upstream = async (name) => {
    const bot = start(peer('bench-upstream-bot'), [name, String(FOR_EVER_MS)]);
    return { ...bot, end: bot.interrupt };
  };
  const outcome = await contest({
    pairs,
    sides: {
      adaptive: () => silence(ours('adaptive'), seconds),
      park: () => silence(ours('park'), seconds),
      'adaptive, direct mode': () => silenceInDirectMode('adaptive', seconds),
      'park, direct mode': () => silenceInDirectMode('park', seconds),
      upstream: () => silence(upstream, seconds),
    },
    show: ({ bot, connector }) => `bot ${percent(bot)} connector ${percent(connector)}`,
  });
  return [...WAITS, ...WAITS.map((wait) => `${wait}, direct mode`)].map((side) =>
    compareRow({
      outcome,
      what: `cpu without events, ${side}`,
      ours: side,
      peer: 'upstream',
      field: 'bot',
      show: (of) => `bot ${percent(of('bot'))}, connector ${percent(of('connector'))}`,
      goal: `bot <= ${percent(LIMIT)}`,
      sound: ({ bot }) => bot <= LIMIT,
    }),
  );
}

async function wakeUp({ seconds, pairs }) {
  console.error(' one event per second, after a warm-up');
  const round = { rate: 1, seconds, yields: 1, warmUp: WARM_UP_EVENTS };
  const outcome = await contest({
    pairs,
    lateMaxNs: LATE_MAX_NS,
    sides: {
      adaptive: () => strategyRound({ ...round, strategy: 'adaptive', sampleEvery: 1 }),
      park: () => strategyRound({ ...round, strategy: 'park', sampleEvery: 1 }),
      upstream: () => upstreamBot({ ...round, idleMs: UPSTREAM_IDLE_MS }),
      bare: () => bareWake({ rate: round.rate, seconds }),
      lines: () => coldLines(LINES),
    },
    show: ({ p50Ns, p99Ns }) => `p50 ${us(p50Ns)} p99 ${us(p99Ns)}`,
  });
  return WAITS.map((wait) =>
    compareRow({
      outcome,
      what: `p50 after 1 s of silence, ${wait}`,
      ours: wait,
      peer: 'upstream',
      field: 'p50Ns',
      show: (of) => us(of('p50Ns')),
      goal: '<= the upstream bot',
      within: (ratio) => ratio <= 1,
      sound: ({ received, published }) => received === published,
      reason: (of) =>
        `a futex and nothing else takes p50 ${us(of('bare', 'p50Ns'))} to wake a core that has been halted for a second; ` +
        `then code and data come back into the caches (${coldLinesText(of)}): a trace shows plain computing between ` +
        'wake-up and handler, docs/design/waiting.md. The upstream bot never sleeps for longer than 50 µs, for a third of a core',
    }),
  );
}

export async function run({ quick }) {
  const pairs = quick ? 1 : 2;
  return {
    rows: [
      ...(await processorTime({ seconds: quick ? 2 : 4, pairs })),
      ...(await wakeUp({ seconds: quick ? 5 : 8, pairs: quick ? 1 : 2 })),
    ],
  };
}
