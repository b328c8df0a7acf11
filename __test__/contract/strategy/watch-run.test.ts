import { afterEach, expect, test } from 'vitest';
import {
  runLive,
  watchRun,
  type LiveClient,
  type LiveRun,
  type RunLiveOptions,
} from '../../../lib/index.js';
import { connectorOfSuite } from '../../support/live-connector-process.js';
import { fixture, instrumentOn } from './fixture.js';
import { describeNative } from '../../support/native-suite.js';
import { until } from '../../support/until.js';

const stub: RunLiveOptions = {
  strategy: fixture('quoter.mjs'),
  instruments: [instrumentOn('stub')],
  backend: 'stub',
  stub: { pace: 'asap', fillProbability: 0 },
  onLog: () => undefined,
};

const runs: LiveRun[] = [];
const started = (options: RunLiveOptions): LiveRun => {
  const run = runLive(options);
  runs.push(run);
  return run;
};

afterEach(async () => {
  for (const run of runs) run.stop();
  await Promise.allSettled(runs.splice(0));
});

test('a client that watches a run sees every event of it from the first on', async () => {
  const run = started(stub);
  const client = watchRun(run, { onError: () => undefined });
  let trades = 0;
  const ended = new Set<bigint>();
  client.on('trade', () => {
    trades += 1;
  });
  client.on('orderUpdate', ({ order }) => {
    if (order.state === 'canceled') ended.add(order.orderId);
  });
  await client.start();
  const summary = await run;
  await until(() => client.state === 'closed', 'the client is closed');
  expect(summary.trades).toBeGreaterThan(600);
  expect(trades).toBe(summary.trades);
  expect(ended.size).toBe(summary.ordersSubmitted);
  expect(client.health).toMatchObject({ dropped: 0, state: 'closed' });
});

test('only what runLive returned can be watched', async () => {
  const run = started(stub);
  expect(() => watchRun(Promise.resolve() as unknown as LiveRun)).toThrow(
    /must be the run of a strategy/,
  );
  await run;
});

test('a run that ends before its bot is there rejects its watcher, which keeps nothing alive', async () => {
  const run = started({ ...stub, strategy: fixture('no-strategy.mjs') });
  const watching = watchRun(run).start();
  await expect(run).rejects.toMatchObject({ code: 'ERR_STRATEGY_MODULE' });
  await expect(watching).rejects.toMatchObject({ code: 'ERR_CLOSED' });
});

describeNative('a run that is watched', () => {
  const name = connectorOfSuite('sim', 'BTCUSDT');
  const clients: LiveClient[] = [];
  const watch = async (run: LiveRun): Promise<LiveClient> => {
    const client = watchRun(run, { onError: () => undefined });
    clients.push(client);
    await client.start();
    return client;
  };
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });
  const resting = (): LiveRun =>
    started({
      strategy: fixture('resting.mjs'),
      instruments: [instrumentOn(name)],
      backend: 'native',
      onLog: () => undefined,
    });

  test('shows book, position and orders as they stand to one who comes late', async () => {
    let placed = (): void => undefined;
    const isPlaced = new Promise<void>((resolve) => {
      placed = resolve;
    });
    const run = started({
      strategy: fixture('resting.mjs'),
      instruments: [instrumentOn(name)],
      backend: 'native',
      onLog: (text) => {
        if (text === 'placed') placed();
      },
    });
    await isPlaced;
    const client = await watch(run);
    await client.ready(10_000);
    expect(client.getOrders()).toHaveLength(3);
    expect(client.getOrders()[0]).toMatchObject({ side: 'buy', state: 'new', qty: 0.01 });
    expect(client.getPosition()).toBe(0);
    const { bids, asks, state } = client.snapshot(0, 5);
    expect(state).toBe('live');
    expect(bids).toHaveLength(5);
    expect(bids[0]?.price).toBeLessThan(asks[0]?.price ?? 0);
    expect(client.health.connectors[0]).toMatchObject({ connector: name, orders: 'simulated' });
    run.stop();
    await run;
    await until(() => client.state === 'closed', 'the client is closed');
    expect(client.getOrders(undefined, { all: true }).map(({ state: is }) => is)).toEqual([
      'canceled',
      'canceled',
      'canceled',
    ]);
  });

  test('takes nothing from its watcher', async () => {
    const client = await watch(resting());
    await client.ready(10_000);
    await until(() => client.getOrders().length === 3, 'three orders rest');
    const refused = { code: 'ERR_READ_ONLY', message: /watches a strategy's run/ };
    await expect(
      client.submitOrder({ side: 'buy', price: 40_000, qty: 0.01 }),
    ).rejects.toMatchObject({
      code: refused.code,
    });
    await expect(client.cancelAll()).rejects.toThrow(refused.message);
    await expect(client.quote([])).rejects.toThrow(refused.message);
    expect(() => {
      client.resync();
    }).toThrow(refused.message);
    expect(client.getOrders()).toHaveLength(3);
  });

  test('lets go of a watcher that was never started, and takes one back that was stopped', async () => {
    const run = resting();
    await watchRun(run).close();
    const client = await watch(run);
    await until(() => client.getOrders().length === 3, 'three orders rest');
    await client.stop();
    expect(client.snapshot().synced).toBe(false);
    await client.start();
    await client.ready(10_000);
    expect(client.getOrders()).toHaveLength(3);
    expect(client.snapshot().bids.length).toBeGreaterThan(0);
  });

  test('has one watcher at a time, and outlives it', async () => {
    const run = resting();
    const first = await watch(run);
    await first.ready(10_000);
    expect(() => watchRun(run)).toThrow(/watched already/);
    await first.close();
    const second = await watch(run);
    await second.ready(10_000);
    await until(() => second.getOrders().length === 3, 'three orders rest');
    run.stop();
    expect(await run).toMatchObject({ reason: 'stopped', ordersLeft: [] });
  });
});
