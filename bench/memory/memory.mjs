// Memory: of the process over bare Node, per event, in /dev/shm, and over time.
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { peer } from '../harness/build.mjs';
import { compareRow, contest } from '../harness/contest.mjs';
import { newName } from '../harness/names.mjs';
import { residentMb, sharedMemoryMb } from '../harness/proc.mjs';
import { start } from '../harness/process.mjs';
import { slopeOf } from '../harness/slope.mjs';

const RATE = 20_000;
const OVER_NODE_MB = 25;
const SHM_MB = 64;
const SLOPE_MB = 0.5;
/** Less than the smallest thing that V8 can allocate for every hundredth event. */
const NOTHING_BYTES = 0.15;
const mb = (value) => `${value.toFixed(1)} MB`;

/** A bot in its own process on the publisher; `onSecond` is called with both. */
async function botRun({ seconds, keepObjects = false, onSecond }) {
  const name = newName();
  const publisher = start(peer('bench-publisher'), [name, String(RATE), String(seconds)]);
  let bot;
  try {
    await publisher.next();
    const options = JSON.stringify({
      name,
      symbol: 'BENCH',
      wait: 'adaptive',
      handler: new URL('./heap-handler.mjs', import.meta.url).href,
      // Until then the loop is compiled, and numbers that cross calls are objects.
      strategyOptions: { keepObjects, warmUp: 2 * RATE },
    });
    const program = path.join(import.meta.dirname, '..', 'harness', 'bot.mjs');
    bot = start(process.execPath, [program, options], { stdin: 'pipe' });
    await bot.next();
    const timer = setInterval(() => onSecond?.(bot.pid, publisher.pid), 1_000);
    const published = await publisher.next().finally(() => clearInterval(timer));
    bot.stop();
    const result = await bot.next();
    const summary = await bot.next();
    await bot.ended();
    // JSON has no NaN: nothing could be measured when garbage was collected between any two looks.
    const bytesPerEvent = result.bytesPerEvent ?? NaN;
    return { ...result, ...summary, bytesPerEvent, published: published.events };
  } finally {
    bot?.kill();
    publisher.kill();
  }
}

const WAIT = 'console.log("{}"); process.stdin.on("end", () => process.exit()).resume();';
const WORKER =
  'new (require("worker_threads").Worker)("setInterval(() => 0, 1000)", { eval: true });';

/** Resident memory of Node with nothing loaded. */
async function bareNodeMb(program) {
  const node = start(process.execPath, ['-e', program], { stdin: 'pipe' });
  try {
    await node.next();
    await delay(300);
    const resident = residentMb(node.pid);
    node.stop();
    await node.ended();
    return resident;
  } finally {
    node.kill();
  }
}

async function heap({ seconds, pairs }) {
  console.error(` heap per event at ${RATE}/s`);
  const outcome = await contest({
    pairs,
    sides: {
      ours: () => botRun({ seconds }),
      'object per event': () => botRun({ seconds, keepObjects: true }),
    },
    show: ({ bytesPerEvent }) => `${bytesPerEvent.toFixed(3)} bytes`,
  });
  return compareRow({
    outcome,
    what: 'heap per event, strategy mode',
    peer: 'object per event',
    field: 'bytesPerEvent',
    show: (of) => `${of('bytesPerEvent').toFixed(2)} bytes`,
    goal: `0 bytes (< ${NOTHING_BYTES})`,
    sound: ({ bytesPerEvent, received, published }) =>
      bytesPerEvent < NOTHING_BYTES && received === published,
    reason: () => 'why it is more in some runs is not known; what else was seen: bench/README.md',
  });
}

export async function run({ quick }) {
  const minutes = Number(process.env.SOAK_MINUTES ?? (quick ? 0.2 : 1.5));
  const heapRow = await heap({ seconds: quick ? 4 : 8, pairs: quick ? 1 : 2 });
  console.error(` ${minutes} min at ${RATE}/s`);
  const { rss: bare, file: bareFile } = await bareNodeMb(WAIT);
  const { rss: withWorker } = await bareNodeMb(WORKER + WAIT);
  const samples = [];
  let shm = { reserved: NaN, touched: NaN, files: 0 };
  const soak = await botRun({
    seconds: Math.round(minutes * 60),
    onSecond: (bot, publisher) => {
      samples.push(residentMb(bot));
      shm = sharedMemoryMb([bot, publisher]);
    },
  });
  const last = samples.at(-1);
  const over = last.rss - bare;
  // Under a minute there are too few samples for more than a look at the program itself.
  const slope = slopeOf(samples.map(({ rss, shared }) => rss - shared));
  return {
    rows: [
      heapRow,
      {
        what: 'resident memory of a bot over bare Node',
        ours: `${mb(over)} (of it shared ${mb(last.shared)})`,
        peer: `bare Node: ${mb(bare)}`,
        ratio: `${(last.rss / bare).toFixed(2)}x`,
        goal: `<= ${OVER_NODE_MB} MB`,
        held: over <= OVER_NODE_MB,
        reason:
          `an empty worker thread of Node takes ${mb(withWorker - bare)} of it, and ${mb(last.file - bareFile)} are pages of ` +
          'programs: what Node runs of its compiler and collector when code is hot, and the addon',
        samples,
      },
      {
        what: `/dev/shm of a connector and a bot, ${shm.files} files`,
        ours: `touched ${mb(shm.touched)}, reserved ${mb(shm.reserved)}`,
        peer: '-',
        ratio: '-',
        goal: `touched <= ${SHM_MB} MB`,
        held: shm.touched <= SHM_MB,
        shm,
      },
      {
        what: `${minutes} min at ${RATE}/s: private memory, losses`,
        ours: `${slope.toFixed(2)} MB/min, lost ${soak.lost}, dropped ${soak.dropped}`,
        peer: '-',
        ratio: '-',
        goal: `<= ${SLOPE_MB} MB/min, none lost`,
        held: slope <= SLOPE_MB && soak.lost === 0 && soak.dropped === 0,
        soak,
      },
    ],
    notes: ['memory: SOAK_MINUTES sets how long the last row takes; ten say what two only suggest'],
  };
}
