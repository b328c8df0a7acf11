// Brings a bot in direct mode into a state and ends it there. Argument: JSON with
// `mode` (`client`, `bot`, `strategy`, alone or in a worker), `state`, `way`, `cycles`, `botId`, `configFile`, `env`
// and the `control` of the fake venue. Says `at`, when the test is to end the process, and `held` after cycles in
// this process.
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

import { create, LiveClient, LiveInstrument, runLive } from '../../../dist/index.js';
import { isOpen } from './order-teller.mjs';
import { venueControl } from './venue-control.mjs';

const SYMBOL = 'BTCUSDT';
/** Below the market of the fake venue, which begins at 60 000, and within what it takes. */
const ORDER = { side: 'buy', price: 57_000, qty: 0.001 };
const STOP_WAIT_MS = 300;
/** Exit code of `exit`. */
const CODE = 7;

const options = isMainThread ? JSON.parse(process.argv[2]) : workerData;
const { mode, state, way, cycles, configFile, env } = options;
const { command, until } = venueControl(options.control);
const say = (text) => process.stdout.write(`${text}\n`);

const common = () => ({
  backend: 'native',
  botId: BigInt(options.botId),
  instruments: [new LiveInstrument(SYMBOL).connector('bybit').tickSize(0.1).lotSize(0.001)],
  connector: {
    kind: 'bybit',
    direct: true,
    paper: false,
    configFile,
    env,
    args: ['--stop-wait-ms', String(STOP_WAIT_MS)],
  },
});

/** Each is made by `open()` and returns how to wait for it, order with it and close it. */
const modes = {
  client() {
    const client = new LiveClient({
      ...common(),
      stopWaitMs: STOP_WAIT_MS,
      onError: () => undefined,
    });
    const started = client.start();
    started.catch(() => undefined);
    return {
      ready: () => started.then(() => client.ready(20_000)),
      submit: () => void client.submitOrder(ORDER),
      cancelAll: () => client.cancelAll(),
      close: () => client.close(),
    };
  },
  bot() {
    const bot = create(common());
    const turn = () => {
      if (bot.closed) return;
      bot.waitBatch(5e6);
      setImmediate(turn);
    };
    setImmediate(turn);
    return {
      ready: async () => {
        while (!bot.depth(0).synced) await sleep(5);
      },
      submit: () => bot.submitOrder(0, { orderId: BigInt(Date.now()), ...ORDER }),
      cancelAll: async () => {
        bot.cancelAll(0);
        while ([...bot.orders(0).values()].some(isOpen)) await sleep(5);
      },
      close: async () => bot.close(),
    };
  },
  strategy() {
    let isReady = false;
    let onSubmitted;
    const run = runLive({
      ...common(),
      strategy: new URL('./direct-end-strategy.mjs', import.meta.url),
      strategyOptions: { order: ORDER, channel: `direct-end-${process.pid}` },
      stopWaitMs: STOP_WAIT_MS,
      handleSignals: way === 'sigterm',
      onLog: (text) => {
        if (text === 'ready') isReady = true;
        if (text === 'submitted') onSubmitted?.();
      },
    });
    run.catch(() => undefined);
    const channel = new BroadcastChannel(`direct-end-${process.pid}`);
    channel.unref();
    return {
      ready: async () => {
        while (!isReady) await sleep(5);
      },
      submit: () =>
        new Promise((resolve) => {
          onSubmitted = resolve;
          channel.postMessage('submit');
        }),
      // Its `onStop` does.
      cancelAll: async () => undefined,
      async close() {
        run.stop();
        await run;
        channel.close();
      },
    };
  },
};

const received = (op) => async () => {
  const { requests } = await command({ cmd: 'journal' });
  return requests.filter((request) => request.op === op).length;
};
const openAtVenue = async () => {
  const { orders } = await command({ cmd: 'truth' });
  return orders.filter(({ orderStatus }) => ['New', 'PartiallyFilled'].includes(orderStatus));
};

/** Sends an order until the venue has one more: before it has read the account a connector refuses. */
async function submitUntilReceived(bot) {
  const count = received('order.create');
  const before = await count();
  await until(async () => {
    if ((await count()) > before) return true;
    await bot.submit();
    await sleep(50);
    return (await count()) > before;
  }, 'an order request at the venue');
}

/** Brings a bot into the state; resolves there. */
const states = {
  async connecting() {
    const bot = modes[mode]();
    await sleep(Math.random() * 100);
    return bot;
  },
  async login() {
    const count = async () => (await command({ cmd: 'counters' }))['auth.private'] ?? 0;
    const before = await count();
    await command({ cmd: 'faults', socket: 'private', faults: { auth: 'silent' } });
    await command({ cmd: 'faults', socket: 'trade', faults: { auth: 'silent' } });
    const bot = modes[mode]();
    await until(async () => (await count()) > before, 'a login');
    return bot;
  },
  async live() {
    const bot = modes[mode]();
    await bot.ready();
    await submitUntilReceived(bot);
    await until(async () => (await openAtVenue()).length > 0, 'an open order');
    return bot;
  },
  async 'order in flight'() {
    const bot = await states.live();
    await command({ cmd: 'reply', op: 'order.create', shape: 'none', count: 100 });
    await command({ cmd: 'faults', socket: 'private', faults: { silent: true } });
    await submitUntilReceived(bot);
    return bot;
  },
  async stopping() {
    const bot = await states['order in flight']();
    // The bot that ends others from outside holds its thread while it stops.
    if (isMainThread && (way === 'kill' || way === 'sigterm')) say('at');
    bot.close().catch(() => undefined);
    await sleep(30);
    return bot;
  },
};

/** Takes back what the states do to the venue. */
async function calm() {
  await command({ cmd: 'clearFaults' });
  for (const { orderId } of await openAtVenue()) await command({ cmd: 'cancelOrder', id: orderId });
}

/** A module that Node was reading when a worker was terminated: it does not close the file. */
function isModule(descriptor) {
  try {
    return /\.[cm]?js$/.test(readlinkSync(`/proc/self/fd/${descriptor}`));
  } catch {
    return true; // That of the folder itself is closed again.
  }
}

/** What this process holds. */
function held() {
  const maps = readFileSync('/proc/self/maps', 'utf8');
  const children = readdirSync('/proc/self/task').flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, 'utf8')
      .split(' ')
      .filter((pid) => pid !== ''),
  );
  return {
    descriptors: readdirSync('/proc/self/fd').filter((descriptor) => !isModule(descriptor)).length,
    threads: readdirSync('/proc/self/task').length,
    mappings: maps.match(/\/dev\/shm\//g)?.length ?? 0,
    children: children.length,
  };
}

/** Goes through the cycles, and says how much more is held after the last than after the first. */
async function cyclesHere(one) {
  let first;
  for (let at = 0; at <= cycles; at += 1) {
    await one();
    await calm();
    first ??= held();
  }
  // Threads and sockets of the last one may take a moment.
  let more;
  for (let tries = 0; tries < 100; tries += 1) {
    const now = held();
    more = Object.fromEntries(
      Object.entries(now).map(([what, count]) => [what, count - first[what]]),
    );
    if (Object.values(more).every((count) => count <= 0)) break;
    await sleep(20);
  }
  say(`held ${JSON.stringify({ ...more, children: held().children })}`);
}

async function closeOnce() {
  const bot = await states[state]();
  // What was asked for before the close is done, where there is an account to do it on.
  if (state === 'live') await bot.cancelAll();
  await Promise.all([bot.close(), bot.close()]);
  if (state !== 'live') return;
  const open = await openAtVenue();
  if (open.length > 0) throw new Error(`open after cancelAll and close: ${JSON.stringify(open)}`);
}

async function terminateOnce() {
  const worker = new Worker(new URL(import.meta.url), { workerData: options, env: process.env });
  const ended = once(worker, 'exit');
  worker.on('error', (error) => say(`worker: ${error.stack}`));
  const isThere = await Promise.race([once(worker, 'message').then(() => true), ended]);
  if (isThere === true && state === 'stopping') await sleep(30);
  await worker.terminate();
  await ended;
}

const ways = {
  close: () => cyclesHere(closeOnce),
  terminate: () => cyclesHere(terminateOnce),
  async exit() {
    await states[state]();
    process.exit(CODE);
  },
  async kill() {
    await states[state]();
    if (held().children > 0) say('it has child processes');
    if (state !== 'stopping') say('at');
  },
};
ways.sigterm = ways.kill;

if (isMainThread) await ways[way]();
else {
  if (state === 'stopping') {
    const bot = await states['order in flight']();
    parentPort.postMessage('at');
    await sleep(1);
    await bot.close();
  } else {
    await states[state]();
    parentPort.postMessage('at');
  }
  // Until it is terminated.
  await sleep(600_000);
}
