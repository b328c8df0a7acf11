// Submit in JavaScript → the simulator's acknowledgement in JavaScript, against the same order path
// with hftbacktest's waits on both sides.
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { LatencyHistogram, LiveClient, LiveInstrument, runLive } from 'hftbacktest-live';
import { peer } from '../harness/build.mjs';
import { coldLines, coldLinesText } from '../harness/cold-lines.mjs';
import { compareRow, contest } from '../harness/contest.mjs';
import { newName } from '../harness/names.mjs';
import { resultOf, start } from '../harness/process.mjs';
import { us } from '../harness/statistics.mjs';
import { quietMarket, startSimulator } from '../harness/simulator.mjs';

const WARM_UP = 20;
const PAUSE_MS = 2;
const PRICE = 40_000;
const instrument = (name) =>
  new LiveInstrument('BTCUSDT').connector(name).tickSize(0.1).lotSize(0.001);

async function onSimulator(side) {
  const name = newName();
  const simulator = await startSimulator(name, quietMarket('BTCUSDT'));
  try {
    return await side(name);
  } finally {
    await simulator.stop();
  }
}

const strategy = (orders, wait) =>
  onSimulator(async (name) => {
    let result;
    const summary = await runLive({
      strategy: new URL('./orders-handler.mjs', import.meta.url),
      strategyOptions: { orders, warmUp: WARM_UP },
      instruments: [instrument(name)],
      backend: 'native',
      wait,
      durationMs: 60_000,
      onLog: (text, values) => {
        if (text === 'result') result = values;
        else console.error(text, values);
      },
    });
    if (result === undefined || summary.handlerErrors > 0)
      throw new Error(`the orders did not come to their end: ${JSON.stringify(summary)}`);
    return result;
  });

const client = (orders) =>
  onSimulator(async (name) => {
    const histogram = new LatencyHistogram();
    const own = new LiveClient({
      instruments: [instrument(name)],
      backend: 'native',
      onError: (error) => console.error(error.message),
    });
    try {
      await own.start();
      await own.ready(10_000);
      for (let i = 0; i < WARM_UP + orders; i++) {
        const startNs = process.hrtime.bigint();
        const { status, order } = await own.submitOrder({ side: 'buy', price: PRICE, qty: 0.001 });
        const tookNs = Number(process.hrtime.bigint() - startNs);
        if (status !== 'accepted') throw new Error(`the order is ${status}`);
        if (i >= WARM_UP) histogram.record(tookNs);
        await own.cancelOrder(order.orderId);
        await delay(PAUSE_MS);
      }
      return {
        received: orders,
        p50Ns: histogram.percentile(50),
        p99Ns: histogram.percentile(99),
      };
    } finally {
      await own.close();
    }
  });

/** hftbacktest's bot; its venue is `bench-upstream-venue`, or `onOurs` our simulator. */
const upstreamOrders = (name, symbol, orders) =>
  resultOf(peer('bench-upstream-orders'), [name, symbol, String(orders)]);

async function upstream(orders) {
  const name = newName();
  const venue = start(peer('bench-upstream-venue'), [name], { stdin: 'pipe' });
  try {
    await venue.next();
    const result = await upstreamOrders(name, 'BTCUSDT', orders);
    venue.stop();
    await venue.ended();
    return result;
  } finally {
    venue.kill();
  }
}

/** About as long a pause as lies between two orders. */
const LINES = { rate: 400 };
const cold = (of) => `an order every 2 ms and more: ${coldLinesText(of)}`;
const REASONS = {
  spin: cold,
  client: (of) =>
    `${cold(of)}; in a trace of client mode near the median two thirds of the time are the main thread's own, and ` +
    'a third the bot waits behind it for a core: docs/design/waiting.md',
};

export async function run({ quick }) {
  const orders = quick ? 200 : 600;
  const outcome = await contest({
    pairs: quick ? 2 : 3,
    sides: {
      spin: () => strategy(orders, 'spin'),
      adaptive: () => strategy(orders, 'adaptive'),
      client: () => client(orders),
      'upstream bot, our simulator': () =>
        onSimulator((name) => upstreamOrders(name, 'BTCUSDT', orders)),
      'upstream waits': () => upstream(orders),
      lines: () => coldLines(LINES),
    },
    show: ({ p50Ns, p99Ns }) => `p50 ${us(p50Ns)} p99 ${us(p99Ns)}`,
  });
  const row = (what, ours, part, against = 'upstream waits') =>
    compareRow({
      outcome,
      what,
      ours,
      peer: against,
      field: 'p50Ns',
      show: (of) => `${us(of('p50Ns'))} (p99 ${us(of('p99Ns'))})`,
      goal: part === null ? 'shown' : `<= 1/${part}`,
      within: (ratio) => part === null || ratio <= 1 / part,
      sound: ({ received }) => received === orders,
      reason: REASONS[ours],
    });
  return {
    rows: [
      row('strategy mode, spin', 'spin', 4),
      row('strategy mode, adaptive', 'adaptive', null),
      row('client mode', 'client', 2),
      row('client mode', 'client', null, 'upstream bot, our simulator'),
    ],
    notes: ["order-rtt: the peer's venue only notes the order, ours matches it"],
  };
}
