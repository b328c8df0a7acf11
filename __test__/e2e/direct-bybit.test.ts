// A bot whose thread reads Bybit's sockets itself: what it sends and sees over real sockets, and that no other
// thread stands between.
import { readFileSync, readdirSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';

import { LiveClient } from '../../lib/client/live-client.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import {
  quietBook,
  startFakeBybit,
  startStillBybit,
  type FakeBybitVenue,
} from '../support/fake-bybit-venue.js';
import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { openOrdersAt } from '../support/open-orders.js';
import { until } from '../support/until.js';

const clients: LiveClient[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

const xrp = new LiveInstrument('XRPUSDT').connector('bybit').tickSize(0.0001).lotSize(0.1);
const btc = new LiveInstrument('BTCUSDT').connector('bybit').tickSize(0.1).lotSize(0.001);
const quote = (price: number) => ({ side: 'buy', price, qty: 10, timeInForce: 'GTX' }) as const;

async function ready(
  venue: FakeBybitVenue,
  instruments: readonly LiveInstrument[],
  wait: 'adaptive' | 'park' | 'spin' = 'adaptive',
): Promise<LiveClient> {
  const client = new LiveClient({
    instruments: [...instruments],
    backend: 'native',
    wait,
    connector: {
      kind: 'bybit',
      direct: true,
      paper: false,
      config: venue.config,
      env: venue.env,
    },
    onError: () => undefined,
  });
  clients.push(client);
  await client.start();
  await client.ready(20_000);
  return client;
}

/** How often the threads of this name have been given a core. */
function switchesOf(thread: string): number {
  const tasks = readdirSync('/proc/self/task').map((id) => `/proc/self/task/${id}`);
  const named = tasks.filter((task) => readFileSync(`${task}/comm`, 'utf8').trim() === thread);
  expect(named.length).toBeGreaterThan(0);
  const counts = named.map((task) => {
    const [, count] = /^voluntary_ctxt_switches:\s+(\d+)/m.exec(
      readFileSync(`${task}/status`, 'utf8'),
    )!;
    return Number(count);
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

describeNative("a client that reads Bybit's sockets on its bot's thread", () => {
  it.each(['adaptive', 'park', 'spin'] as const)(
    'sends, changes and cancels orders, waiting by %s',
    async (wait) => {
      const venue = await startFakeBybit();
      await quietBook(venue);
      const client = await ready(venue, [xrp], wait);
      expect((await client.submitOrder(quote(2.45))).status).toBe('accepted');
      const [order] = client.getOrders();
      expect((await client.modifyOrder(order!.orderId, { price: 2.46 })).status).toBe('modified');
      expect((await openOrdersAt(venue)).map(({ price }) => Number(price))).toEqual([2.46]);
      expect((await client.cancelOrder(order!.orderId)).status).toBe('canceled');
      expect(await openOrdersAt(venue)).toEqual([]);
    },
  );

  it('leaves frames to the one thread', async () => {
    const venue = await startFakeBybit();
    const client = await ready(venue, [btc]);
    // Asking for instruments and account is over.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    let events = 0;
    client.on('bookUpdate', () => (events += 1));
    const switches = switchesOf('network');
    await until(() => events > 500, 'frames', 20_000);
    expect(switchesOf('network') - switches).toBeLessThan(20);
  });

  it('knows of a lost connection, sends nothing on the old book, and goes on with the next', async () => {
    const venue = await startFakeBybit();
    await quietBook(venue);
    const client = await ready(venue, [xrp]);
    expect((await client.submitOrder(quote(2.45))).status).toBe('accepted');
    await venue.run('faults', { socket: 'public', faults: { delayMs: 3_000 } });
    await venue.run('cut', { socket: 'public' });
    await until(() => client.health.instruments[0]!.bookState !== 'live', 'the loss', 20_000);
    expect(await client.submitOrder(quote(2.44))).toMatchObject({ rule: 'book_not_live' });
    await venue.run('clearFaults');
    await client.ready(20_000);
    await venue.run('cut', { socket: 'private' });
    await venue.run('cut', { socket: 'trade' });
    // Filled while nobody listens.
    await venue.run('place', { symbol: 'XRPUSDT', owner: 'other', side: 'Sell', price: '2.45', qty: '4' }); // prettier-ignore
    await until(() => client.getPosition() === 4, 'the position', 20_000);
    expect(client.getOrders()).toMatchObject([{ state: 'partially_filled', leavesQty: 6 }]);
  });

  it('sleeps while nothing comes and wakes for a frame and for an order', async () => {
    const venue = await startStillBybit();
    const client = await ready(venue, [btc], 'park');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const { user, system } = process.cpuUsage(before);
    // A thread that does not sleep takes two seconds.
    expect((user + system) / 1e6).toBeLessThan(1);
    const started = performance.now();
    const bid = client.snapshot().bids[0]!.price;
    const outcome = await client.submitOrder({ side: 'buy', price: bid - 100, qty: 0.01 });
    expect(outcome.status).toBe('accepted');
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('serves a connector over shared memory beside it', async () => {
    const venue = await startFakeBybit();
    await quietBook(venue);
    const name = uniqueName();
    const other = await startConnector(name, 'sim', 'BTCUSDT');
    try {
      const sim = new LiveInstrument('BTCUSDT').connector(name).tickSize(0.1).lotSize(0.001);
      const client = await ready(venue, [xrp, sim]);
      expect((await client.submitOrder(quote(2.45))).status).toBe('accepted');
      expect((await client.getTrade(5_000))?.symbol).toBe('BTCUSDT');
      expect((await client.cancelAll()).every(({ status }) => status === 'canceled')).toBe(true);
    } finally {
      await other.stop();
    }
  });
});
