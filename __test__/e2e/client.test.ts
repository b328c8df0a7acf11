// LiveClient against the real connector, over real shared memory.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';

import type { LiveClientOptions } from '../../lib/client/client-options.js';
import { LiveClient } from '../../lib/client/live-client.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { until } from '../support/until.js';

const clients: LiveClient[] = [];
const root = path.resolve(import.meta.dirname, '..', '..');

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

function instrumentOn(name: string): LiveInstrument {
  return new LiveInstrument('BTCUSDT')
    .connector(name)
    .tickSize(0.1)
    .lotSize(0.001)
    .roi(40_000, 60_000);
}

function clientOn(name: string, options: Partial<LiveClientOptions> = {}): LiveClient {
  const client = new LiveClient({
    instruments: [instrumentOn(name)],
    backend: 'native',
    onError: () => undefined,
    ...options,
  });
  clients.push(client);
  return client;
}

/** A price on the grid, so far below the market that it rests. */
function deep(client: LiveClient, ticks = 500): number {
  const best = client.snapshot().bids[0]!.price;
  return (Math.round(best * 10) - ticks) / 10;
}

describeNative('a client on a connector', () => {
  it.each(['hashmap', 'hashmap-upstream', 'roivector'] as const)(
    'receives trades and a book that is never crossed (%s)',
    async (depth) => {
      const name = uniqueName();
      await startConnector(name, 'sim', 'BTCUSDT');
      const client = clientOn(name, { depth });
      let crossed = 0;
      client.on('bookUpdate', () => {
        const { bids, asks } = client.snapshot(0, 1);
        if (bids[0] !== undefined && asks[0] !== undefined && bids[0].price >= asks[0].price)
          crossed += 1;
      });
      await client.start();
      await client.ready(10_000);
      expect(await client.getTrade(10_000)).toMatchObject({ type: 'trade', symbol: 'BTCUSDT' });
      await until(() => client.health.throughput.bookUpdates > 500, 'book updates', 20_000);
      const { health } = client;
      expect(crossed).toBe(0);
      expect(health).toMatchObject({
        backend: 'native',
        gaps: 0,
        lost: 0,
        dropped: 0,
        decodeErrors: 0,
      });
      expect(health.connectors).toMatchObject([
        { connector: name, connected: true, controlChannel: true },
      ]);
      expect(health.latencyUs.feed.count).toBeGreaterThan(100);
      expect(health.latencyUs.main.p50Us).toBeGreaterThan(0);
    },
  );

  it('trades: accepted, modified, canceled, rejected, filled, denied', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
    const client = clientOn(name);
    await client.start();
    await client.ready(10_000);
    const accepted = await client.submitOrder({ side: 'buy', price: deep(client), qty: 0.01 });
    expect(accepted).toMatchObject({ status: 'accepted', order: { state: 'new' } });
    const { orderId } = accepted.order;
    const price = deep(client, 600);
    expect(await client.modifyOrder(orderId, { price })).toMatchObject({
      status: 'modified',
      order: { price },
    });
    expect(await client.cancelOrder(orderId)).toMatchObject({ status: 'canceled' });
    const ask = client.snapshot().asks[0]!.price;
    const through = (Math.round(ask * 10) + 500) / 10;
    expect(
      await client.submitOrder({ side: 'buy', price: through, qty: 0.01, timeInForce: 'GTX' }),
    ).toMatchObject({ status: 'expired', order: { reject: { code: 2001 } } });
    const filled = await client.submitOrder({
      side: 'buy',
      price: through,
      qty: 0.01,
      timeInForce: 'IOC',
    });
    expect(filled).toMatchObject({ status: 'filled', order: { filledQty: 0.01 } });
    await until(() => Math.abs(client.getPosition() - 0.01) < 1e-9, 'the position');
    expect(await client.submitOrder({ side: 'buy', price: 100.05, qty: 0.01 })).toMatchObject({
      status: 'denied',
      rule: 'tick_size',
    });
    expect(client.health.ordersSubmitted).toBe(3);
    expect(client.health.fills).toBeGreaterThanOrEqual(1);
    expect(client.health.latencyUs.order.count).toBe(3);
    const prices = [1, 2, 3].map((i) => deep(client, 500 + i));
    await Promise.all(
      prices.map((each) => client.submitOrder({ side: 'buy', price: each, qty: 0.01 })),
    );
    expect(client.getOrders()).toHaveLength(3);
    expect((await client.cancelAll()).map(({ status }) => status)).toEqual([
      'canceled',
      'canceled',
      'canceled',
    ]);
    expect(client.getOrders()).toEqual([]);
  });

  it('gets balances that agree with its fills and fees, and so does a client that joins later', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
    const client = clientOn(name);
    let cash = 0;
    let fees = 0;
    client.on('orderUpdate', ({ order, fill }) => {
      if (fill === undefined) return;
      const value = fill.price * fill.qty;
      cash += order.side === 'buy' ? -value : value;
      // Taker fee of the simulated venue.
      fees += value * 0.0005;
    });
    await client.start();
    await client.ready(10_000);
    expect(client.getBalance('USDT')).toMatchObject({
      connector: name,
      walletBalance: 1_000_000,
      equity: 1_000_000,
      available: 1_000_000,
      unrealisedPnl: 0,
    });
    const take = async (side: 'buy' | 'sell'): Promise<void> => {
      const { bids, asks } = client.snapshot();
      const best = side === 'buy' ? asks[0]!.price : bids[0]!.price;
      const price = (Math.round(best * 10) + (side === 'buy' ? 500 : -500)) / 10;
      const order = { side, price, qty: 0.25, timeInForce: 'IOC' } as const;
      expect(await client.submitOrder(order)).toMatchObject({
        status: 'filled',
        order: { filledQty: 0.25 },
      });
    };
    await take('buy');
    const wallet = (): number => client.getBalance()?.walletBalance ?? NaN;
    await until(() => Math.abs(wallet() - (1_000_000 - fees)) < 1e-6, 'the fee');
    expect(fees).toBeGreaterThan(0.0005 * 0.25 * 40_000);
    const held = client.getBalance()!;
    expect(held.equity).toBeCloseTo(held.walletBalance! + held.unrealisedPnl!, 6);
    expect(held.unrealisedPnl).not.toBe(0);
    await take('sell');
    await until(() => Math.abs(wallet() - (1_000_000 + cash - fees)) < 1e-6, 'the profit');
    expect(client.getBalance()).toMatchObject({ unrealisedPnl: 0, equity: wallet() });

    const late = clientOn(name);
    await late.start();
    await late.ready(10_000);
    expect(late.getBalance('USDT')).toMatchObject({ walletBalance: wallet(), coin: 'USDT' });
  });

  it('survives the death of its connector: reports it, denies orders meanwhile, trades again after the restart', async () => {
    const name = uniqueName();
    const first = await startConnector(name, 'sim', 'BTCUSDT');
    const links: string[] = [];
    const client = clientOn(name, {
      onConnectionLost: ({ connector, reason }) => links.push(`lost ${connector} ${reason}`),
      onConnectionRestored: ({ connector }) => links.push(`restored ${connector}`),
    });
    await client.start();
    await client.ready(10_000);
    const resting = await client.submitOrder({ side: 'buy', price: deep(client), qty: 0.01 });
    process.kill(first.pid!, 'SIGKILL');
    await until(() => links.length === 1, 'the loss');
    expect(client.health.instruments).toMatchObject([{ bookSynced: false }]);
    expect(client.getOrder(resting.order.orderId)).toMatchObject({ unconfirmed: true });
    expect(await client.submitOrder({ side: 'buy', price: 40_000, qty: 0.01 })).toMatchObject({
      status: 'denied',
      code: 'ERR_CONNECTOR_DOWN',
    });
    await startConnector(name, 'sim', 'BTCUSDT');
    await client.ready(10_000);
    expect(links).toEqual([`lost ${name} connector`, `restored ${name}`]);
    // The new run of the simulated venue does not know the order.
    await until(() => client.getOrder(resting.order.orderId)?.state === 'closed', 'its end');
    expect(await client.submitOrder({ side: 'buy', price: deep(client), qty: 0.01 })).toMatchObject(
      { status: 'accepted' },
    );
    expect(client.health.reconnections).toBe(1);
  });

  it('says why there is no book when the connector refuses the instrument', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
    const client = clientOn(name, { instruments: [instrumentOn(name).tickSize(0.7)] });
    await client.start();
    await expect(client.ready(20_000)).rejects.toMatchObject({
      message: expect.stringContaining('has tick size 0.1') as string,
    });
  });

  it('waits for a connector that comes later', async () => {
    const name = uniqueName();
    const client = clientOn(name);
    await client.start();
    await expect(client.ready(200)).rejects.toMatchObject({ code: 'ERR_CONNECTOR_DOWN' });
    await startConnector(name, 'sim', 'BTCUSDT');
    await client.ready(10_000);
    expect(client.snapshot().synced).toBe(true);
  });

  it('serves instruments of two connectors, and two clients share one connector', async () => {
    const [one, two] = [uniqueName(), uniqueName()];
    await startConnector(one, 'sim', 'BTCUSDT', 'ETHUSDT');
    await startConnector(two, 'sim', 'BTCUSDT');
    const wide = clientOn(one, {
      instruments: [
        instrumentOn(one),
        new LiveInstrument('ETHUSDT').connector(one).tickSize(0.01).lotSize(0.01),
        instrumentOn(two),
      ],
    });
    const narrow = clientOn(one);
    await Promise.all([wide.start(), narrow.start()]);
    await Promise.all([wide.ready(10_000), narrow.ready(10_000)]);
    const order = await wide.submitOrder({
      instrument: `${one}:BTCUSDT`,
      side: 'buy',
      price: deep(wide),
      qty: 0.01,
    });
    expect(order.status).toBe('accepted');
    await until(() => [0, 1, 2].every((asset) => wide.snapshot(asset).bids.length > 5), 'three books'); // prettier-ignore
    expect(narrow.getOrders()).toEqual([]);
  });

  it('finds its open orders again after a restart under the same bot id', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
    const botId = 4_711n;
    const before = clientOn(name, { botId });
    await before.start();
    await before.ready(10_000);
    const { order } = await before.submitOrder({ side: 'buy', price: deep(before), qty: 0.01 });
    await before.close();
    const after = clientOn(name, { botId });
    await after.start();
    await after.ready(10_000);
    await until(() => after.getOrder(order.orderId) !== undefined, 'the order');
    expect(after.getOrder(order.orderId)).toMatchObject({ state: 'new', own: false });
    expect(await after.cancelOrder(order.orderId)).toMatchObject({ status: 'canceled' });
  });

  it('can be stopped and closed at every point, many times over, and lets the process end', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
    const program = `
      import { LiveClient, LiveInstrument } from ${JSON.stringify(path.join(root, 'dist', 'index.js'))};
      const instrument = new LiveInstrument('BTCUSDT').connector(${JSON.stringify(name)}).tickSize(0.1).lotSize(0.001);
      for (let i = 0; i < 10; i += 1) {
        const client = new LiveClient({ instruments: [instrument], backend: 'native' });
        const starting = client.start().catch(() => undefined);
        if (i % 3 > 0) await starting;
        if (i % 3 > 1) await client.ready(20_000);
        await client.close();
      }
      const left = new LiveClient({ instruments: [instrument], backend: 'native' }).unref();
      await left.start();
      console.log('end of the program');
    `;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', program],
      { timeout: 55_000 },
    );
    expect(stdout.trim()).toBe('end of the program');
  });
});
